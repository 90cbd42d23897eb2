/*
 * camd/segment.h - reading and writing a camera's segments
 *
 * Everything about memory order is in these functions: a capture, a tracker or an outside reader that uses
 * them needs no barrier of its own. Functions that can fail return 0 or -errno; results come through the last
 * parameters, which are untouched on failure. Nothing here allocates memory, prints, or blocks unless its
 * name says wait.
 *
 * Readers' functions may be called by any number of threads at once on one mapping, also by those of a forked child;
 * those of a capture or a tracker by one thread of one process. Whoever unmaps sees to it that nobody reads any more.
 * Who writes a segment can truncate it, and whoever reads what is no longer there gets SIGBUS.
 */
#ifndef CAMD_SEGMENT_H
#define CAMD_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "camd/api.h"
#include "camd/shm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whose side of the segments is mapped writable. */
enum camd_role {
    CAMD_ROLE_READER,  /* nothing: an outsider */
    CAMD_ROLE_CAPTURE, /* capture's block and the frames */
    CAMD_ROLE_TRACKER, /* the tracker's block, result, in, best */
};

/*
 * File descriptors of one camera's segments, -1 where absent (result, in and out may be). They stay the
 * caller's: once mapped they can be closed.
 */
struct camd_segment_fds {
    int info, ctl, result, in, out;
    int frames[CAMD_SLOTS_MAX];
    uint32_t frame_count;
    int best; /* 0 means absent, too: programs that know of none need not be changed */
};

/* One camera's segments, mapped. Made by camd_segments_map, unmapped by camd_segments_unmap; one owner. */
struct camd_segments {
    enum camd_role role;
    const struct camd_info *info;
    /* each writable only by its role: a store elsewhere is a SIGSEGV */
    struct camd_capture_block *capture;
    struct camd_tracker_block *tracker;
    struct camd_detector_block *detector;
    struct camd_result_ring *result; /* may be NULL, as in and out */
    struct camd_request_ring *in;
    struct camd_answer_ring *out;
    size_t in_bytes, out_bytes;
    uint8_t *frames[CAMD_SLOTS_MAX];
    /* checked copies of info's numbers: use these, not the shared ones */
    uint32_t width, height, slots, frame_bytes;
    uint64_t generation;
    /* the tracker's only: readers have camd_best_find (client.h). NULL: none */
    uint8_t *best;
    uint32_t best_count, best_bytes; /* entries, and bytes of the longest JPEG */
};

/* A frame as a reader sees it. pixels points into the slot; it is whole under the rules of the function only. */
struct camd_frame {
    const uint8_t *pixels; /* I420, frame_bytes */
    uint32_t slot, sequence, flags, epoch;
    uint64_t frame_id;
    int64_t stream_time_ns, arrival_ns, wall_ns;
};

/* What capture knows about a frame it writes. */
struct camd_frame_times {
    int64_t stream_time_ns, arrival_ns, wall_ns;
    uint32_t flags; /* enum camd_frame_flags */
};

/*
 * Maps and checks the segments: magic, ABI major, sizes of files against the numbers in info.
 * -EPROTO: not camd's or another version; -EBADMSG: numbers and sizes disagree; else from pread, fstat and mmap.
 */
CAMD_API int camd_segments_map(struct camd_segments *segments, const struct camd_segment_fds *fds,
                               enum camd_role role);
/* Makes them all zero, too; of such ones it does nothing. */
CAMD_API void camd_segments_unmap(struct camd_segments *segments);

/* True once the daemon removed or replaced these segments. */
CAMD_API bool camd_segments_gone(const struct camd_segments *segments);

/* ---- sequence locks ---- */

/* Writer: makes the word odd before, even (and never 0) after the change. One writer at a time. */
CAMD_API void camd_sequence_write_begin(uint32_t *word);
CAMD_API void camd_sequence_write_end(uint32_t *word);
/*
 * Reader: begin returns the word, or 0 when there is nothing whole now; valid tells whether the copy made
 * since is whole.
 */
CAMD_API uint32_t camd_sequence_read_begin(const uint32_t *word);
CAMD_API bool camd_sequence_read_valid(const uint32_t *word, uint32_t begun);

/* ---- capture ---- */

/*
 * Takes over capture's block: a new epoch, and every slot that a killed predecessor left half-written becomes
 * empty. To be called once a process after mapping. first_frame_id: the daemon's floor for ids (the block's
 * own counter wins when it is higher), so that ids also go on over new segments.
 */
CAMD_API void camd_capture_begin(struct camd_segments *segments, uint64_t first_frame_id);

/*
 * Picks the next slot that is neither leased nor queued and makes its sequence odd; pixels is where to write
 * frame_bytes. With at least CAMD_SLOTS_MIN slots there always is one; -EAGAIN only if the tracker's block is
 * nonsense. At most one slot is open at a time.
 */
CAMD_API int camd_capture_slot_open(struct camd_segments *segments, uint32_t *slot, uint8_t **pixels);
/* Gives the open slot back without a frame. Its old picture is lost. */
CAMD_API void camd_capture_slot_discard(struct camd_segments *segments, uint32_t slot);
/*
 * Publishes the open slot as the newest frame: id, times, the counters frames, skipped and gaps, the ring
 * entry when the tracker's queue has room (else skipped counts), the futex wake-up. queued tells whether the
 * tracker's eventfd should be signalled. Returns the frame's id.
 */
CAMD_API uint64_t camd_capture_publish(struct camd_segments *segments, uint32_t slot,
                                       const struct camd_frame_times *times, bool *queued);
/* True while the tracker's queue has room: `pace = no` waits for it. */
CAMD_API bool camd_capture_queue_has_room(const struct camd_segments *segments);

/* ---- tracker ---- */

/* Takes over the tracker's block after a start: drops the lease of a dead predecessor; the ring's tail stays. */
CAMD_API void camd_tracker_begin(struct camd_segments *segments);
/*
 * Takes the oldest queued frame and leases its slot, so that capture leaves it alone until
 * camd_tracker_release. Frames overwritten before that (they can be after a restart) are counted as lost and
 * passed over. -EAGAIN: nothing queued.
 */
CAMD_API int camd_tracker_take(struct camd_segments *segments, struct camd_frame *frame);
/* Gives the lease back. Returns false when the frame was changed under the lease (a capture that breaks the rules). */
CAMD_API bool camd_tracker_release(struct camd_segments *segments, const struct camd_frame *frame);
/* Counts a processed frame and stamps the progress time. Not for frames that were only dropped. */
CAMD_API void camd_tracker_progress(struct camd_segments *segments, int64_t now_ns);
/*
 * Where to write the next result; fill it (all but sequence) and publish. Readers of the ring never see it
 * half written. Only between begin and publish may it be written.
 */
CAMD_API struct camd_result *camd_result_begin(struct camd_segments *segments);
CAMD_API void camd_result_publish(struct camd_segments *segments, struct camd_result *result);

/*
 * Best pictures. Entry i is at camd_best_entry, of i below segments->best_count; its JPEG follows at CAMD_BEST_HEAD_BYTES.
 * Only between camd_sequence_write_begin and _end of its word may it be written, by the tracker.
 */
CAMD_API struct camd_best *camd_best_entry(const struct camd_segments *segments, uint32_t i);

/* ---- readers, of any role ---- */

/*
 * The newest frame, not leased: pixels may change at any time, so copy first, then ask camd_frame_whole, and drop
 * the copy when it says false. While capture writes into the newest frame's own slot, it is the one before.
 * -EAGAIN: no frame yet, or all were overwritten while we looked: try again.
 */
CAMD_API int camd_frame_newest(const struct camd_segments *segments, struct camd_frame *frame);
CAMD_API bool camd_frame_whole(const struct camd_segments *segments, const struct camd_frame *frame);
/*
 * newest + copy + whole in one, repeated a bounded number of times. pixels has room for frame_bytes, and on success
 * frame->pixels is it; on failure it may hold anything. -EAGAIN: none yet or always overwritten.
 */
CAMD_API int camd_frame_copy(const struct camd_segments *segments, void *pixels, struct camd_frame *frame);
/* As camd_frame_copy, of the frame with that id, which a result names: -ENOENT when it is not in a slot any more. */
CAMD_API int camd_frame_copy_of(const struct camd_segments *segments, uint64_t frame_id, void *pixels,
                                struct camd_frame *frame);
/*
 * The ids of the oldest and the newest frame that are in slots now; the slots of others between them may be used
 * again. -EAGAIN: none.
 */
CAMD_API int camd_frame_range(const struct camd_segments *segments, uint64_t *oldest, uint64_t *newest);
/*
 * Waits on the publish word until a frame is there that came after newest_seen, a value of camd_frame_published.
 * 0, -ETIMEDOUT, or -EINTR on a signal. timeout_ns: relative; 0 or less only looks.
 */
CAMD_API int camd_frame_wait(const struct camd_segments *segments, uint32_t newest_seen, int64_t timeout_ns);
/* The publish word as it is now, to be taken before looking for a frame. */
CAMD_API uint32_t camd_frame_published(const struct camd_segments *segments);

/*
 * The newest whole result, or that of a frame; counts are bounded by the array sizes. -EAGAIN: none yet, or always
 * overwritten; -ENOENT: none of that frame (any more), or no segment `result`.
 */
CAMD_API int camd_result_newest(const struct camd_segments *segments, struct camd_result *result);
CAMD_API int camd_result_of_frame(const struct camd_segments *segments, uint64_t frame_id,
                                  struct camd_result *result);

/* The region grid and the mount's state. -EAGAIN: never written, or written too often while we looked. */
CAMD_API int camd_grid_read(const struct camd_segments *segments, struct camd_grid *grid);
CAMD_API int camd_ptz_read(const struct camd_segments *segments, struct camd_ptz *ptz);

#ifdef __cplusplus
}
#endif

#endif

/*
 * camd/shm.h - the shared-memory segments of a camera (contract 1)
 *
 * For every camera the daemon creates POSIX shared-memory segments named <prefix><camera>.<part>, for example
 * "camd.front.info" (a file /dev/shm/camd.front.info). The daemon creates each of them at its full size before
 * any worker gets it, and removes them when the camera goes. Workers receive them as file descriptors on their
 * channel (camd/worker.h); everybody else maps them read-only by name (camd/client.h).
 *
 *   part      written by               content
 *   info      camd                     struct camd_info
 *   ctl       capture, tracker,        one block each: struct camd_capture_block, camd_tracker_block,
 *             detector                 camd_detector_block at offsets CAMD_BLOCK_CAPTURE, _TRACKER, _DETECTOR
 *   frameN    capture                  one picture: I420, limited range, planes Y, U, V one after the other without
 *                                      padding: width*height, then twice (width/2)*(height/2) bytes
 *   result    tracker                  struct camd_result_ring
 *   in, out   tracker, detector        struct camd_request_ring, struct camd_answer_ring (when a detector is used)
 *   best      tracker                  the best pictures of objects: info's best_count entries of struct camd_best and a JPEG
 *
 * The word "atomic" below means: accessed with the __atomic builtins (or C11 atomics of the same size); its
 * memory order is named. Plain fields are ordered by the sequence word that guards them. All numbers are in the
 * machine's byte order: segments never leave the machine. Times are nanoseconds; "monotonic" is CLOCK_MONOTONIC.
 *
 * A sequence word ("sequence lock") is odd while its writer changes what it guards and even otherwise; 0 means
 * never written. A reader takes the word (acquire), gives up when it is odd or 0, copies, issues an acquire fence,
 * and accepts the copy only when the word still has the same value. camd_sequence_* in camd/segment.h do this.
 *
 * Version: readers refuse another abi_major; a higher abi_minor only ever uses fields that were reserved.
 */
#ifndef CAMD_SHM_H
#define CAMD_SHM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CAMD_STATIC_ASSERT static_assert
extern "C" {
#else
#define CAMD_STATIC_ASSERT _Static_assert
#endif

enum {
    CAMD_ABI_MAJOR = 1,
    CAMD_ABI_MINOR = 4, /* 1: best pictures; 2: the detector's times; 3: capture's idle; 4: objects' ids */

    CAMD_NAME_MAX = 40, /* bytes of a camera's name, [A-Za-z0-9_-], without the final NUL */
    CAMD_SLOTS_MIN = 4, /* one being written, one leased, two queued */
    CAMD_SLOTS_MAX = 64,
    CAMD_SIZE_MIN = 16, /* width and height in pixels; both are even */
    CAMD_SIZE_MAX = 8192,
    CAMD_RING_SIZE = 8,    /* entries of the frame ring (a power of two) */
    CAMD_QUEUE_DEPTH = 2,  /* of which at most so many are in use */
    CAMD_RESULTS = 8,      /* results kept */
    CAMD_OBJECTS_MAX = 64, /* a result's limits */
    CAMD_MOTION_MAX = 64,
    CAMD_REGIONS_MAX = 16,
    CAMD_GRID_SIDE = 8, /* the region grid has 8 by 8 cells */
    CAMD_LABELS_MAX = 96,
    CAMD_LABEL_BYTES = 32,
    CAMD_REQUESTS = 4,     /* entries of .in and .out */
    CAMD_ANSWER_ROWS = 64, /* detections of one answer */
    CAMD_DETECTOR_TIMES = 12,
    CAMD_BEST_MAX = 256, /* entries of .best */
    CAMD_BEST_KB_MAX = 1024,
    CAMD_BEST_HEAD_BYTES = 128,

    CAMD_BLOCK_BYTES = 16384, /* a block of ctl: a page on every machine with pages of 4 or 16 KiB */
    CAMD_BLOCK_CAPTURE = 0,   /* offsets in ctl */
    CAMD_BLOCK_TRACKER = CAMD_BLOCK_BYTES,
    CAMD_BLOCK_DETECTOR = 2 * CAMD_BLOCK_BYTES,
    CAMD_CTL_BYTES = 3 * CAMD_BLOCK_BYTES,
};

#define CAMD_INFO_MAGIC UINT64_C(0x4f464e49444d4143) /* "CAMDINFO" in memory on a little-endian machine */

/* A box in pixels of the frame: left, top, right, bottom. */
struct camd_box {
    int32_t x1, y1, x2, y2;
};

/* ---- info: written by camd only ---- */

enum camd_segment_state {
    CAMD_SEGMENTS_LIVE = 1,
    CAMD_SEGMENTS_GONE = 2, /* removed or replaced: map the camera's new segments, if there are any */
};

/* One cell of the region grid: objects whose centre was in this cell. */
struct camd_grid_cell {
    uint32_t count;  /* samples, capped by the daemon so that old ones are forgotten */
    float mean;      /* mean size: side of the object's region as a fraction of the frame's width */
    float deviation; /* population standard deviation of the same */
    uint32_t reserved;
};

/* The region grid under its sequence lock; cells[x][y], x from the left, y from the top. */
struct camd_grid {
    uint32_t sequence; /* atomic */
    uint32_t reserved;
    struct camd_grid_cell cells[CAMD_GRID_SIDE][CAMD_GRID_SIDE];
};

/* What the camera's mount does, under its sequence lock. */
struct camd_ptz {
    uint32_t sequence;  /* atomic */
    uint32_t moving;    /* 1: the camera pans, tilts or zooms */
    int64_t changed_ns; /* monotonic */
};

struct camd_info {
    uint64_t magic; /* CAMD_INFO_MAGIC */
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t state;      /* atomic (acquire): enum camd_segment_state */
    uint64_t generation; /* differs each time the camera's segments are made again */
    uint32_t width;      /* pixels */
    uint32_t height;
    uint32_t slots;       /* segments frame0 .. frame<slots-1> */
    uint32_t frame_bytes; /* width*height*3/2 */
    uint32_t input_width; /* of the detector's tensor; 0: no detector */
    uint32_t input_height;
    int64_t created_ns;  /* wall clock */
    char camera[48];     /* NUL-terminated */
    uint32_t best_count; /* entries of .best; 0: there is none */
    uint32_t best_bytes; /* of the longest JPEG that fits in an entry */
    uint8_t reserved[16];

    struct camd_ptz ptz;   /* offset 128 */
    struct camd_grid grid; /* offset 144 */
    uint32_t label_count;  /* offset 1176 */
    uint32_t reserved_labels;
    char labels[CAMD_LABELS_MAX][CAMD_LABEL_BYTES];
};

/* ---- ctl: capture's block ---- */

enum camd_frame_flags {
    CAMD_FRAME_GAP = 1,          /* frames are missing before this one: reconnect, lost packets */
    CAMD_FRAME_DAMAGED = 2,      /* smeared: by errors, or made from one that was */
    CAMD_FRAME_SIZE_CHANGED = 4, /* the first one after the stream changed its size */
};

/* What is in a slot; guarded by its own sequence word, which also guards the picture in segment frameN. */
struct camd_slot {
    uint32_t sequence; /* atomic */
    uint32_t flags;    /* enum camd_frame_flags */
    uint64_t frame_id; /* from 1, never reused, going on over restarts of capture; 0: the slot is empty */
    int64_t stream_time_ns; /* the stream's own time, from 0 at its start */
    int64_t arrival_ns;     /* monotonic, when the frame's packet arrived */
    int64_t wall_ns;        /* wall clock at the same moment */
    uint32_t epoch;         /* counts starts of capture: stream times of two epochs can't be compared */
    uint32_t reserved[5];
};

/* A frame offered to the tracker. */
struct camd_ring_entry {
    uint64_t frame_id;
    int64_t stream_time_ns;
    int64_t arrival_ns;
    int64_t wall_ns;
    uint32_t slot;
    uint32_t sequence; /* the slot's when the frame was written: another value there means overwritten */
    uint32_t epoch;
    uint32_t flags;
};

/*
 * The ring: capture fills entry[head % CAMD_RING_SIZE] and then stores head+1 (release), only while
 * head - tail < CAMD_QUEUE_DEPTH. The tracker reads the entry at tail and stores tail+1 in its own block
 * (release) once it holds the lease. Both count entries ever queued and survive the processes.
 */
struct camd_capture_block {
    uint32_t publish; /* atomic; futex word: +1 and a wake-up for every frame in a slot */
    uint32_t newest; /* atomic (release): 1 + slot of the newest frame (being rewritten, at times); 0: none */
    uint64_t head;   /* atomic (release) */
    uint64_t next_frame_id; /* id of the next frame; written by the running capture only */
    uint32_t epoch;
    uint32_t reserved0;

    /* progress and counters; atomic (relaxed), each by itself; they count on over restarts */
    uint64_t frames;     /* frames written to slots */
    int64_t progress_ns; /* monotonic, of the last frame written */
    uint64_t packets;
    uint64_t bytes;
    uint64_t decoded; /* pictures that left the decoder */
    uint64_t damaged; /* packets or pictures with errors */
    uint64_t skipped; /* frames in a slot that were not queued, since the tracker is behind */
    uint64_t gaps;
    uint64_t reopened;          /* starts of the file when it loops */
    uint32_t camera_fps_milli;  /* frames written in a second, times 1000, over the last 10 s */
    uint32_t skipped_fps_milli; /* of those, not queued */
    uint32_t idle;              /* 1: nothing moves, and only key pictures are decoded (idle_decode) */
    uint32_t reserved3;
    uint64_t reserved1[17];

    struct camd_ring_entry ring[CAMD_RING_SIZE]; /* offset 256 */
    uint8_t reserved2[384];
    struct camd_slot slots[CAMD_SLOTS_MAX]; /* offset 1024 */
};

/* ---- ctl: the tracker's block ---- */

struct camd_tracker_block {
    uint64_t tail;  /* atomic (release): ring entries taken */
    uint32_t lease; /* atomic (sequentially consistent): 1 + slot that the tracker reads, 0: none */
    uint32_t reserved0;

    uint64_t frames;        /* frames processed; atomic (relaxed), as all that follows */
    int64_t progress_ns;    /* monotonic, end of the last one */
    uint64_t lost;          /* queued frames that were overwritten before they were leased */
    uint64_t motion_frames; /* frames with motion boxes, calibrated */
    uint64_t detections;    /* regions sent to the detector */
    uint64_t regions_left_out;
    uint64_t detector_timeouts;
    uint32_t process_fps_milli;
    uint32_t detection_fps_milli;
    uint32_t objects; /* objects tracked now */
    uint32_t motion;  /* 1: motion is reported as on */
    uint32_t calibrating;
    uint32_t motion_time_ns; /* motion detection, mean of the recent frames */
    uint64_t late_answers;   /* of the detector, to which nobody waited any more */
    uint64_t best_written;   /* best pictures; since ABI minor 1 */
    uint32_t best_time_ns;   /* what one costs, mean of the recent ones */
    uint32_t reserved1;
    uint64_t left_out;       /* objects, detections, motion boxes without room; since ABI minor 1 */
    uint64_t next_object_id; /* no object has had this one or a higher one; 0: unknown; since ABI minor 4 */
    uint64_t reserved2[11];
};

/* ---- ctl: the detector's block ---- */

/* The most that an answer took, in microseconds, to be counted in times[i]; the last one has no limit. */
#define CAMD_DETECTOR_TIME_LIMITS_US                                                                         \
    {                                                                                                        \
        1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000                      \
    }

/* Written with pwrite, which may copy a number byte by byte: believe what is there at two looks. */
struct camd_detector_block {
    uint64_t answered; /* atomic (relaxed), as all that follows */
    uint64_t late;     /* answers dropped since nobody waited any more */
    uint64_t errors;   /* answers with a status other than 0 */
    int64_t progress_ns;
    uint32_t inference_ns; /* mean of the recent ones */
    uint32_t reserved0;
    int64_t busy_since_ns; /* monotonic, since when it is at one of this camera's requests; 0: at none */
    uint64_t times_sum_ns; /* of all answers without an error, late ones, too; since ABI minor 2 */
    uint64_t times[CAMD_DETECTOR_TIMES]; /* how many of them took so long: CAMD_DETECTOR_TIME_LIMITS_US */
    uint64_t reserved1[2];
};

/* ---- result: per frame, written by the tracker ---- */

enum camd_object_flags {
    CAMD_OBJECT_STATIONARY = 1,
    CAMD_OBJECT_FALSE_POSITIVE = 2, /* not yet believed */
    CAMD_OBJECT_PREDICTED = 4,      /* not detected in this frame: box is an estimate */
};

struct camd_object {
    uint64_t id;
    uint32_t label; /* index into info's labels */
    float score;
    struct camd_box box;
    uint32_t flags; /* enum camd_object_flags */
    uint32_t reserved[3];
};

enum camd_result_flags {
    CAMD_RESULT_CALIBRATING = 1, /* motion boxes mean nothing yet */
    CAMD_RESULT_MOTION = 2,      /* motion is reported as on */
    CAMD_RESULT_PTZ = 4,         /* the camera moves: one motion box of 10..90 % */
};

struct camd_result {
    uint32_t sequence; /* atomic */
    uint32_t flags;    /* enum camd_result_flags */
    uint64_t frame_id;
    int64_t arrival_ns;
    int64_t wall_ns;
    int64_t done_ns; /* monotonic, when the tracker had it */
    uint32_t epoch;
    uint32_t slot;
    uint32_t object_count;
    uint32_t motion_count;
    uint32_t region_count;
    uint32_t reserved;
    struct camd_object objects[CAMD_OBJECTS_MAX];
    struct camd_box motion[CAMD_MOTION_MAX];
    struct camd_box regions[CAMD_REGIONS_MAX];
};

struct camd_result_ring {
    uint64_t written; /* atomic (release): results ever written; the newest is results[(written-1) % 8] */
    uint8_t reserved[56];
    struct camd_result results[CAMD_RESULTS];
};

/* ---- in and out: detection requests ----------------------------------------------------------------------
 *
 * Request i and answer i are a pair. The tracker fills request and tensor of a FREE entry, a request_id never used before in
 * these segments, and stores POSTED (release); then it signals request_event. From there on the entry is the detector's, until
 * one of two things:
 *
 *   - the detector stores the answer's request_id (release) after all the rest of it, and signals answer_event. The
 *     tracker loads it (acquire): when it and the answer's generation are the request's, it takes the rows and then stores
 *     FREE (release).
 *   - camd says that the detector is down: the tracker adds 1 to the request's generation (release) and stores FREE. What a
 *     detector that was only slow writes later has the old generation, and is no answer.
 *
 * A time-out of the tracker's is neither. The detector never writes to `in`: it knows by its answers which requests it
 * has served.
 *
 * The tensor shows the whole region, its aspect kept: scaled by r = min(width / region's width, height / region's
 * height) and put at the left top; the rest is grey 114. Where a region exceeds the frame it is black.
 */

enum camd_request_state {
    CAMD_REQUEST_FREE = 0,   /* the tracker may fill it */
    CAMD_REQUEST_POSTED = 1, /* the detector owns entry and tensor */
};

struct camd_request {
    uint32_t state;      /* atomic (acquire/release): enum camd_request_state */
    uint32_t generation; /* atomic: bumped by the tracker when its detector died */
    uint64_t request_id; /* never 0 */
    uint64_t frame_id;
    struct camd_box region; /* pixels of the frame; right and bottom exclusive */
    uint32_t width, height; /* of the tensor */
    int64_t posted_ns;      /* monotonic */
    uint32_t reserved[18];
};

/*
 * Followed by CAMD_REQUESTS tensors from offset CAMD_BLOCK_BYTES on, tensor_stride bytes (at least width*height*3) from
 * one to the next: uint8, height x width x 3, channels in the order that the detector's configuration says.
 */
struct camd_request_ring {
    uint32_t tensor_stride;
    uint32_t reserved[15];
    struct camd_request requests[CAMD_REQUESTS];
};

struct camd_answer {
    uint64_t request_id; /* atomic (release), written last: the answer to that request is whole */
    uint32_t generation;
    int32_t status; /* 0, or -errno: the detector failed, which is not "no objects" */
    uint32_t rows;
    uint32_t inference_ns;
    uint32_t reserved[10];
    /* class, score 0..1, ymin, xmin, ymax, xmax; boxes 0..1 of the region; the best score first */
    float row[CAMD_ANSWER_ROWS][6];
};

struct camd_answer_ring {
    struct camd_answer answers[CAMD_REQUESTS];
};

/* ---- best: written by the tracker -------------------------------------------------------------------------
 *
 * info's best_count entries, each of CAMD_BEST_HEAD_BYTES and best_bytes, one after the other: how large they are is camd's
 * word, and never the writer's. An entry is empty until its word is even and its object_id is not 0. An object has one
 * entry at most. What is in it stays for at least CAMD_BEST_KEPT_NS after its object has ended (ended_ns), over a restart of
 * the tracker, too; the entry of an object that goes on may become that of another.
 */

#define CAMD_BEST_KEPT_NS INT64_C(60000000000)

struct camd_best {
    uint32_t sequence; /* atomic; guards the head and the JPEG */
    uint32_t reserved0;
    uint64_t object_id;   /* 0: empty */
    uint64_t frame_id;    /* the frame that it shows */
    int64_t wall_ns;      /* when that frame arrived */
    int64_t ended_ns;     /* monotonic, when the object ended; 0: it is tracked */
    struct camd_box box;  /* the object, within the frame; its right and bottom pixels belong to it */
    struct camd_box view; /* the part of the frame that the JPEG shows, right and bottom outside of it */
    uint32_t width;       /* of the JPEG, both even; smaller than the view when that was scaled */
    uint32_t height;
    uint32_t jpeg_bytes; /* at most best_bytes; a baseline JPEG, 4:2:0 */
    uint32_t label;      /* index into info's labels */
    float score;         /* of the detection */
    float worth;         /* 0..1: how good a picture it is, by sharpness, size and score */
    uint32_t reserved[8];
    /* the JPEG follows, at CAMD_BEST_HEAD_BYTES */
};

/* ---- the layout is a contract: what is checked here never changes within one abi_major ---- */

CAMD_STATIC_ASSERT(sizeof(struct camd_box) == 16, "box");
CAMD_STATIC_ASSERT(sizeof(struct camd_grid_cell) == 16, "grid cell");
CAMD_STATIC_ASSERT(offsetof(struct camd_info, ptz) == 128, "info.ptz");
CAMD_STATIC_ASSERT(offsetof(struct camd_info, grid) == 144, "info.grid");
CAMD_STATIC_ASSERT(offsetof(struct camd_info, label_count) == 1176, "info.label_count");
CAMD_STATIC_ASSERT(sizeof(struct camd_info) == 4256, "info");
CAMD_STATIC_ASSERT(sizeof(struct camd_slot) == 64, "slot");
CAMD_STATIC_ASSERT(sizeof(struct camd_ring_entry) == 48, "ring entry");
CAMD_STATIC_ASSERT(offsetof(struct camd_capture_block, frames) == 32, "capture.frames");
CAMD_STATIC_ASSERT(offsetof(struct camd_capture_block, idle) == 112, "capture.idle");
CAMD_STATIC_ASSERT(offsetof(struct camd_capture_block, ring) == 256, "capture.ring");
CAMD_STATIC_ASSERT(offsetof(struct camd_capture_block, slots) == 1024, "capture.slots");
CAMD_STATIC_ASSERT(sizeof(struct camd_capture_block) <= CAMD_BLOCK_BYTES, "capture block");
CAMD_STATIC_ASSERT(offsetof(struct camd_tracker_block, frames) == 16, "tracker.frames");
CAMD_STATIC_ASSERT(offsetof(struct camd_tracker_block, next_object_id) == 128, "tracker.next_object_id");
CAMD_STATIC_ASSERT(sizeof(struct camd_tracker_block) <= CAMD_BLOCK_BYTES, "tracker block");
CAMD_STATIC_ASSERT(sizeof(struct camd_detector_block) <= CAMD_BLOCK_BYTES, "detector block");
CAMD_STATIC_ASSERT(sizeof(struct camd_object) == 48, "object");
CAMD_STATIC_ASSERT(offsetof(struct camd_result, objects) == 64, "result.objects");
CAMD_STATIC_ASSERT(sizeof(struct camd_result) == 64 + 64 * 48 + 64 * 16 + 16 * 16, "result");
CAMD_STATIC_ASSERT(offsetof(struct camd_result_ring, results) == 64, "results");
CAMD_STATIC_ASSERT(sizeof(struct camd_request) == 128, "request");
CAMD_STATIC_ASSERT(sizeof(struct camd_answer) == 64 + 64 * 6 * 4, "answer");
CAMD_STATIC_ASSERT(offsetof(struct camd_info, best_count) == 104, "info.best_count");
CAMD_STATIC_ASSERT(sizeof(struct camd_best) == CAMD_BEST_HEAD_BYTES, "best");

#ifdef __cplusplus
}
#endif

#endif

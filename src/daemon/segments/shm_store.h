/*
 * shm_store.h - the daemon's side of the segments: creating, passing on, reading without risk, removing
 *
 * camd maps no segment: it reads and writes them with pread and pwrite, so that a worker that truncates or
 * scribbles over them can neither kill nor mislead it. What it reads is copied first and checked after.
 *
 * Descriptors: two a frame (read-write and read-only), four for the rest: a daemon with many cameras raises
 * RLIMIT_NOFILE.
 */
#ifndef CAMD_DAEMON_SEGMENTS_SHM_STORE_H
#define CAMD_DAEMON_SEGMENTS_SHM_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "camd/shm.h"

#define SHM_STORE_DIRECTORY "/dev/shm" /* where glibc's shm_open looks */

enum {
    SHM_STORE_INPUT_MAX = 4096,                  /* pixels of a tensor's side */
    SHM_STORE_PREFIX_MAX = 64,                   /* bytes of a prefix, so that every name fits in NAME_MAX */
    SHM_STORE_SEGMENTS_MAX = CAMD_SLOTS_MAX + 5, /* frames, info, ctl, result, in, out */
};

/* ---- the instance: shm_instance.c ---- */

/*
 * Takes the flock on <prefix>lock, which says that the prefix is ours. *lock_fd is the caller's; closing it
 * gives the prefix up. The lock's file is never unlinked, not even at exit: a second camd could have opened
 * the old file and lock it while a third one makes and locks a new one. -EWOULDBLOCK: another camd has it.
 * -EACCES: the file is another user's, who could keep it locked for ever: remove it, or choose another
 * prefix. -ENAMETOOLONG.
 */
int shm_store_lock(const char *prefix, int *lock_fd);
/*
 * Removes what a killed predecessor left: regular files in /dev/shm whose names match <prefix><camera>.<part>
 * in full, and nothing else. Only under the lock. Returns how many were removed, or -errno when the directory
 * can't be read or something could not be removed (all the others are, all the same).
 */
int shm_store_sweep(const char *prefix);
/*
 * True when name (without a slash) is <prefix><camera>.<part>: part is info, ctl, result, in, out or frameN,
 * N from 0 to CAMD_SLOTS_MAX - 1 without leading zeros. camera gets the name's part (may be NULL).
 */
bool shm_store_parse_name(const char *prefix, const char *name, char camera[CAMD_NAME_MAX + 1]);
/* True when names with it are no longer than names can be, and stay in /dev/shm. */
bool shm_store_prefix_is_usable(const char *prefix);
/* Sizes of the file system behind /dev/shm; the machine's memory stands in for a mount without a limit. */
int shm_store_space(uint64_t *total_bytes, uint64_t *free_bytes);

/* ---- one camera's segments ---- */

struct shm_plan {
    const char *prefix, *camera; /* copied */
    uint32_t width, height;      /* even, CAMD_SIZE_MIN..CAMD_SIZE_MAX */
    uint32_t slots;              /* CAMD_SLOTS_MIN..CAMD_SLOTS_MAX */
    uint64_t generation;
    uint64_t first_frame_id;
    gid_t group; /* (gid_t)-1: leave */
    /* of the detector's tensor, at most SHM_STORE_INPUT_MAX; 0: no detector, and no segments in and out */
    uint32_t input_width, input_height;
    char (*labels)[CAMD_LABEL_BYTES]; /* copied; what the numbers of labels stand for */
    uint32_t label_count;             /* at most CAMD_LABELS_MAX */
};

struct grid;
/* Who gets descriptors. */
enum shm_side { SHM_SIDE_CAPTURE = 1, SHM_SIDE_TRACKER = 2, SHM_SIDE_DETECTOR = 4 };

struct shm_store; /* one camera's segments; owns names and descriptors */

/*
 * Starts creating. Nothing is on disk yet: call step once a loop turn, each of which creates one segment,
 * until it returns 1 (all there); 0: more to do; -errno: it failed (-ENOSPC: /dev/shm is full), free it. info
 * comes last, so that an outsider who can read it finds everything. A name that is taken already is a
 * left-over, since the prefix is ours: it is replaced, and those who have the old file mapped keep that. So
 * new segments may be made while the camera's old store still exists, and freeing the old one then leaves the
 * new one's names alone. new: -EINVAL when the plan is outside its limits, -ENOMEM.
 */
int shm_store_new(struct shm_store **store, const struct shm_plan *plan);
int shm_store_step(struct shm_store *store);
/* Marks the segments gone for those who have them mapped, removes the names that are ours, closes. NULL is fine. */
void shm_store_free(struct shm_store *store);

/* Of the plan; bytes is what all segments take in /dev/shm, as budget_camera_bytes. */
uint32_t shm_store_width(const struct shm_store *store);
uint32_t shm_store_height(const struct shm_store *store);
uint32_t shm_store_slots(const struct shm_store *store);
uint64_t shm_store_generation(const struct shm_store *store);
uint64_t shm_store_bytes(const struct shm_store *store);
/* Of the detector's tensor; 0: none. */
uint32_t shm_store_input_width(const struct shm_store *store);
uint32_t shm_store_input_height(const struct shm_store *store);
uint64_t shm_store_first_frame_id(const struct shm_store *store);

/*
 * Descriptors for a worker's `frames`, or a detector's `attach`, in order with their names ("info", "ctl", ...): those
 * that the side writes, writable, and those that it reads, read-only. ctl is writable for all, since each has its
 * block there: they map it and close it before they parse anything. The descriptors stay the store's. Returns their
 * number, at most CAMD_MESSAGE_FDS - 4; 0 until step has returned 1, and for a detector without in and out.
 */
size_t shm_store_descriptors(const struct shm_store *store, enum shm_side side, int *fds, char names[][16]);

/*
 * True while every name still leads to our file and that has its full size: somebody may have unlinked or
 * truncated one. Worth asking when a watch says so and when a worker died of SIGBUS. One stat a segment.
 */
bool shm_store_intact(const struct shm_store *store);

/*
 * Copies of the workers' blocks; -EIO when a worker truncated the segment. The numbers are the worker's: any
 * value is possible, and what belongs together may have been changed between.
 */
int shm_store_read_capture(const struct shm_store *store, struct camd_capture_block *block);
int shm_store_read_tracker(const struct shm_store *store, struct camd_tracker_block *block);
int shm_store_read_detector(const struct shm_store *store, struct camd_detector_block *block);
/* The requests and answers as they are now, tensors and rows left out; -ENOENT without in and out. */
struct shm_exchange {
    struct camd_request requests[CAMD_REQUESTS];
    uint64_t answered[CAMD_REQUESTS]; /* request ids of the answers */
    uint32_t generations[CAMD_REQUESTS];
};
int shm_store_read_exchange(const struct shm_store *store, struct shm_exchange *exchange);
/* The tracker died: what it leased can be written again. -EIO as above. */
int shm_store_clear_lease(const struct shm_store *store);
/* Publishes in info, under the sequence lock. */
int shm_store_set_ptz(struct shm_store *store, bool moving, int64_t now_ns);
int shm_store_set_grid(struct shm_store *store, const struct grid *grid);

#endif

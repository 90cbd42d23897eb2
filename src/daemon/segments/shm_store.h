/*
 * shm_store.h - one camera's segments: making them, opening them for those who use them, removing them
 *
 * camd maps no segment: it reads and writes them with pread and pwrite, so that a worker that truncates or scribbles
 * over them can neither kill nor mislead it. What workers write, and what camd publishes: shm_blocks.h.
 *
 * A store has two descriptors, of info and ctl; the other segments are known by name, device and number of their inode.
 * They are opened for whoever gets them, and have to be the very files that were made.
 *
 * Making and removing touch every page: each is done in steps of bounded time, for a queue like shm_work.h to take.
 */
#ifndef CAMD_DAEMON_SEGMENTS_SHM_STORE_H
#define CAMD_DAEMON_SEGMENTS_SHM_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "camd/shm.h"
#include "daemon/segments/shm_name.h"

enum {
    SHM_STORE_INPUT_MAX = 4096,                                   /* pixels of a tensor's side */
    SHM_STORE_SEGMENTS_MAX = CAMD_SLOTS_MAX + SHM_PART_COUNT - 1, /* of frames there are as many as slots */
    SHM_STORE_PIECE_BYTES = 1 << 20, /* allocated by one step at most: some 0.4 ms */
    SHM_STORE_PROBLEM_BYTES = 320,
};

struct file_watch;
struct shm_work;

struct shm_plan {
    const char *prefix, *camera; /* copied */
    uint32_t width, height;      /* even, CAMD_SIZE_MIN..CAMD_SIZE_MAX */
    uint32_t slots;              /* CAMD_SLOTS_MIN..CAMD_SLOTS_MAX */
    uint64_t generation;
    uint64_t first_frame_id;
    gid_t group; /* (gid_t)-1: leave */
    /* of the detector's tensor, at most SHM_STORE_INPUT_MAX; 0: no detector, and no segments in and out */
    uint32_t input_width, input_height;
    uint32_t best_pictures,
        best_max_kb; /* at most CAMD_BEST_MAX, CAMD_BEST_KB_MAX; 0 pictures: no segment best */
    char (*labels)[CAMD_LABEL_BYTES]; /* copied; what the numbers of labels stand for */
    uint32_t label_count;             /* at most CAMD_LABELS_MAX */
    struct file_watch *watch;         /* told of every segment while it has its name; NULL: none */
    void *owner;                      /* for the watch */
};

/* Who uses segments. */
enum shm_side { SHM_SIDE_CAPTURE = 1, SHM_SIDE_TRACKER = 2, SHM_SIDE_DETECTOR = 4 };

struct shm_store; /* owns names, two descriptors, and watches */

/* ---- making ---- */

/* Nothing is on disk yet. -EINVAL when the plan is outside its limits, -ENOMEM. */
int shm_store_new(struct shm_store **store, const struct shm_plan *plan);
/*
 * Makes the next piece. 1: all is there; 0: more to do; -errno: it failed (-ENOSPC: /dev/shm is full) and is to be
 * removed. info comes last, so that an outsider who can read it finds everything.
 *
 * What has a segment's name already is in the way, since the prefix is ours: it is cleared away, and those who have it
 * mapped keep that. So new segments may be made while the camera's old store still exists, and removing the old one
 * then leaves the new one's names alone.
 */
int shm_store_step(struct shm_store *store);
/* After a failure: "cannot make /dev/shm/camd.front.frame0: ...", and what has that name, if anything has. */
void shm_store_explain(const struct shm_store *store, int error, char problem[SHM_STORE_PROBLEM_BYTES]);

/* ---- removing ---- */

/*
 * Removes the next piece: 0: more to do; 1: nothing is left. The first step closes the descriptors and tells those who
 * have the segments mapped; they keep what they have until they unmap it. After it nothing but this and free may be
 * called.
 */
int shm_store_remove_step(struct shm_store *store);
/* Removes what is left to remove, at once, and frees the store. NULL is fine. */
void shm_store_free(struct shm_store *store);
/* The same in the pieces of a queue, which the store is given to; removed is told when nothing of it is left. */
void shm_store_discard(struct shm_store *store, struct shm_work *work, void (*removed)(void *context),
                       void *context);

/* ---- using ---- */

/* Of the plan; bytes and files are what all segments take in /dev/shm. */
uint32_t shm_store_width(const struct shm_store *store);
uint32_t shm_store_height(const struct shm_store *store);
uint32_t shm_store_slots(const struct shm_store *store);
uint64_t shm_store_generation(const struct shm_store *store);
uint64_t shm_store_bytes(const struct shm_store *store);
uint32_t shm_store_files(const struct shm_store *store);
/* Of the detector's tensor; 0: none. */
uint32_t shm_store_input_width(const struct shm_store *store);
uint32_t shm_store_input_height(const struct shm_store *store);
uint64_t shm_store_first_frame_id(const struct shm_store *store);

/*
 * Opens segments for a worker's `frames`, or a detector's `attach`, in order with their names ("info", "ctl", ...): those
 * that the side writes, writable, and those that it reads, read-only. ctl is writable for all, since each has its
 * block there: they map it and close it before they parse anything.
 *
 * The descriptors are the caller's, to be closed when they are sent. Each is an open file of its own, so that what
 * one worker does to its flags or locks is nobody else's business. Returns their number, at most CAMD_MESSAGE_FDS - 4; 0
 * before step has returned 1, and for a detector without in and out; -ESTALE: one is not the file that was made
 * (shm_store_intact says which); other -errno for want of descriptors or memory.
 */
int shm_store_open(const struct shm_store *store, enum shm_side side, int *fds, char names[][SHM_PART_BYTES]);

/*
 * True while every name leads to the file that was made, of its full size, and the fixed part of info says what was
 * written there; otherwise problem (may be NULL) says what is not so. Worth asking before a worker starts, and when the
 * watch says so. One lstat a segment.
 */
bool shm_store_intact(const struct shm_store *store, char problem[SHM_STORE_PROBLEM_BYTES]);

/* ---- shm_store_handoff.c ---- */

/* For an upgrade: a store that is complete; a new reference. */
json_t *shm_store_hand_over(const struct shm_store *store);
/*
 * The same in the next program. plan: prefix, camera, group, watch and owner; the rest is in the record. 0, -ENOMEM,
 * -EINVAL, or what can only be removed: -EPROTONOSUPPORT, segments of another major version, and -ESTALE, those whose
 * header, which is looked at by name, is not what the record says.
 */
int shm_store_take_over(struct shm_store **store, const struct shm_plan *plan, const json_t *record);

/* The record's segments are not used any more: their names go. Whoever has them mapped keeps them. */
void shm_store_leave_over(const json_t *record, const char *prefix);

#endif

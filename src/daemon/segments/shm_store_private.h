/* shm_store_private.h - what a store is made of: for shm_store*.c and shm_blocks.c */
#ifndef CAMD_DAEMON_SEGMENTS_SHM_STORE_PRIVATE_H
#define CAMD_DAEMON_SEGMENTS_SHM_STORE_PRIVATE_H

#include <stddef.h>
#include <sys/types.h>

#include "daemon/segments/shm_name.h"
#include "daemon/segments/shm_store.h"
#include "daemon/segments/shm_work.h"

/* Places in struct shm_store; behind the frames come in and out, when there is a detector, and best, when it is wanted. */
enum { SEGMENT_INFO = 0, SEGMENT_CTL, SEGMENT_RESULT, SEGMENT_FRAME0 };

struct segment {
    ino_t inode; /* 0: not made, or removed */
    int watch;   /* its number there */
};

struct shm_store {
    char base[SHM_NAME_BYTES - SHM_PART_BYTES + 1]; /* "/<prefix><camera>." */
    char camera[CAMD_NAME_MAX + 1];
    uint32_t width, height, slots;
    uint32_t input_width, input_height;
    uint32_t best_pictures, best_max_kb;
    uint64_t generation, first_frame_id;
    int64_t created_ns; /* wall clock */
    gid_t group;
    uint32_t ptz_sequence, grid_sequence; /* as they are in info */
    struct file_watch *watch;
    void *owner;

    int info_fd, ctl_fd; /* -1: not made, or removed */
    char *labels;        /* as they stand in info; NULL once they do */
    uint32_t label_count;

    size_t created;     /* segments that are there, while making */
    bool is_going;      /* it is being removed */
    size_t looked_at;   /* segments, then */
    int piece_fd;       /* the segment that is being allocated, or given back; -1: none */
    uint64_t piece_end; /* how much of it is there */

    struct shm_task removal; /* when it is discarded */
    void (*removed)(void *context);
    void *removed_context;

    dev_t device; /* of all of them */
    size_t segment_count;
    struct segment segments[];
};

/* "/<prefix><camera>.<part>" */
void segment_name(const struct shm_store *store, size_t index, char name[SHM_NAME_BYTES]);
uint64_t segment_bytes(const struct shm_store *store, size_t index);
/* A new open file of a segment: its descriptor, or -errno (-ESTALE: not the file that was made). */
int segment_open(const struct shm_store *store, size_t index, int flags);

bool store_is_complete(const struct shm_store *store);
bool store_has_detector(const struct shm_store *store);
size_t store_index_in(const struct shm_store *store);
/* The segment to be made now; info comes last. */
size_t store_next_index(const struct shm_store *store);

/* What stands in info, up to its sequence locks, and the labels. */
void store_info(const struct shm_store *store, struct camd_info *info);

#endif

/*
 * shm_blocks.h - what workers write into a camera's segments, read without risk, and what camd publishes there
 *
 * The numbers are the workers': any value is possible, and what belongs together may have been changed between. They are
 * copied first and checked after. -EIO when a worker truncated the segment; then nothing is changed.
 */
#ifndef CAMD_DAEMON_SEGMENTS_SHM_BLOCKS_H
#define CAMD_DAEMON_SEGMENTS_SHM_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/shm.h"

struct grid;
struct shm_store;

/* What stands before its ring; ring and slots, most of it, are left as they are: camd goes by none of them. */
int shm_blocks_capture(const struct shm_store *store, struct camd_capture_block *block);
int shm_blocks_tracker(const struct shm_store *store, struct camd_tracker_block *block);
int shm_blocks_detector(const struct shm_store *store, struct camd_detector_block *block);

/*
 * The requests and answers as they are now, tensors and rows left out. -ENOENT without in and out. They are opened for
 * it, and closed again: -ESTALE when they are not the files that were made.
 */
struct shm_exchange {
    struct camd_request requests[CAMD_REQUESTS];
    uint64_t answered[CAMD_REQUESTS]; /* request ids of the answers */
    uint32_t generations[CAMD_REQUESTS];
};
int shm_blocks_exchange(const struct shm_store *store, struct shm_exchange *exchange);

/* The tracker died: what it leased can be written again. */
int shm_blocks_clear_lease(const struct shm_store *store);
/* Published in info, under the sequence lock. */
int shm_blocks_set_ptz(struct shm_store *store, bool moving, int64_t now_ns);
int shm_blocks_set_grid(struct shm_store *store, const struct grid *grid);

#endif

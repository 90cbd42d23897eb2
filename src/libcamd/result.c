/* The ring of results: written by the tracker, read by everybody. */
#include <errno.h>

#include "camd/segment.h"

enum {
    RESULT_READ_TRIES = 16, /* before a reader that is overtaken each time gives up */
};

struct camd_result *camd_result_begin(struct camd_segments *segments)
{
    struct camd_result_ring *const ring = segments->result;
    struct camd_result *const result = &ring->results[ring->written % CAMD_RESULTS];

    /* A tracker that was killed between begin and publish left an odd word in this very entry: it stays odd. */
    camd_sequence_write_begin(&result->sequence);
    return result;
}

void camd_result_publish(struct camd_segments *segments, struct camd_result *result)
{
    struct camd_result_ring *const ring = segments->result;
    camd_sequence_write_end(&result->sequence);
    __atomic_store_n(&ring->written, ring->written + 1, __ATOMIC_RELEASE);
}

static uint32_t result_bounded(uint32_t count, uint32_t most)
{
    return count < most ? count : most;
}

/* Copies an entry; false while it is written or when it was overwritten meanwhile. */
static bool result_copy(const struct camd_result *shared, struct camd_result *copy)
{
    const uint32_t begun = camd_sequence_read_begin(&shared->sequence);
    if (begun == 0)
        return false;
    *copy = *shared;
    if (!camd_sequence_read_valid(&shared->sequence, begun))
        return false;
    copy->object_count = result_bounded(copy->object_count, CAMD_OBJECTS_MAX);
    copy->motion_count = result_bounded(copy->motion_count, CAMD_MOTION_MAX);
    copy->region_count = result_bounded(copy->region_count, CAMD_REGIONS_MAX);
    return true;
}

int camd_result_newest(const struct camd_segments *segments, struct camd_result *result)
{
    const struct camd_result_ring *const ring = segments->result;
    if (!ring)
        return -ENOENT;
    for (int tries = 0; tries < RESULT_READ_TRIES; tries++) {
        const uint64_t written = __atomic_load_n(&ring->written, __ATOMIC_ACQUIRE);
        struct camd_result copy;
        if (written != 0 && result_copy(&ring->results[(written - 1) % CAMD_RESULTS], &copy)) {
            *result = copy;
            return 0;
        }
    }
    return -EAGAIN;
}

int camd_result_of_frame(const struct camd_segments *segments, uint64_t frame_id, struct camd_result *result)
{
    const struct camd_result_ring *const ring = segments->result;
    for (uint32_t i = 0; ring && i < CAMD_RESULTS; i++) {
        struct camd_result copy;

        /* The id alone first, to copy one result and not eight; what counts is the copy's. */
        if (__atomic_load_n(&ring->results[i].frame_id, __ATOMIC_RELAXED) == frame_id &&
            result_copy(&ring->results[i], &copy) && copy.frame_id == frame_id) {
            *result = copy;
            return 0;
        }
    }
    return -ENOENT;
}

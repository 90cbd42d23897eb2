/*
 * turns.h - whose request is served next
 *
 * The cameras take turns: after one request of a camera comes the next camera that has one, however many the first one has
 * waiting; so with n cameras a request that is its camera's oldest waits for at most n - 1 others. Within a camera the oldest
 * request, that with the lowest id, is first. Pure: no I/O, no time.
 */
#ifndef CAMD_DETECTOR_TURNS_H
#define CAMD_DETECTOR_TURNS_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/shm.h"

/* What a camera has waiting. */
struct turns_camera {
    uint32_t waiting; /* bit i: entry i */
    uint64_t request_ids[CAMD_REQUESTS];
};

/* Zero-initialised. */
struct turns {
    uint32_t next; /* the camera whose turn it is */
};

struct turn {
    uint32_t camera, entry;
};

/* False when nothing waits; *turn is untouched then. */
bool turns_take(struct turns *turns, const struct turns_camera *cameras, uint32_t count, struct turn *turn);
/* The camera is no longer there: those behind it have moved one place to the front. A new one goes to the end. */
void turns_remove(struct turns *turns, uint32_t camera);

#endif

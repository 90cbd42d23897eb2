/*
 * best_ring.h - which object has which entry of the segment best, and which one makes room for another
 *
 * An object has one entry at most. One that has none gets, in this order:
 *   1. an entry that is empty;
 *   2. that of the object which ended first, when that is BEST_RING_KEPT_NS ago or more;
 *   3. that of the object, among those that are still there, whose picture is worth least, when the new one is clearly
 *      better: worth more than BEST_RING_BETTER times as much.
 * Otherwise it gets none for now. So what an object that has ended left behind is always there for a minute, and a young
 * object never takes the place of an old one with a picture that is no better.
 *
 * Pure: knows who has what, not the pictures.
 */
#ifndef CAMD_TRACKER_BEST_RING_H
#define CAMD_TRACKER_BEST_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/shm.h"

#define BEST_RING_KEPT_NS CAMD_BEST_KEPT_NS
#define BEST_RING_BETTER  1.2F

enum { BEST_RING_NONE = -1 };

struct best_place {
    uint64_t object_id; /* 0: empty */
    int64_t ended_ns;   /* monotonic; 0: the object is there */
    float worth;
};

struct best_ring {
    uint32_t count;
    struct best_place places[CAMD_BEST_MAX];
};

/* Empty places; count at most CAMD_BEST_MAX. */
void best_ring_init(struct best_ring *ring, uint32_t count);
/*
 * A place as a predecessor left it, which nobody is to be believed: its object is gone, and ended now when it had
 * not, or says that it did in the future.
 */
void best_ring_restore(struct best_ring *ring, uint32_t place, uint64_t object_id, int64_t ended_ns,
                       float worth, int64_t now_ns);

/* The object's place, or BEST_RING_NONE. */
int best_ring_find(const struct best_ring *ring, uint64_t object_id);
/* Whether a picture is clearly better than one worth so much; than none (0), any is. */
bool best_ring_is_better(float worth, float than);
/* Where a picture of an object that has no place would go now, or BEST_RING_NONE. Changes nothing. */
int best_ring_room(const struct best_ring *ring, float worth, int64_t now_ns);
/* The place is the object's, which is there. Returns the object that has lost it: 0 when it had ended, or nobody had it. */
uint64_t best_ring_take(struct best_ring *ring, int place, uint64_t object_id, float worth);
/* The object has ended. */
void best_ring_end(struct best_ring *ring, int place, int64_t now_ns);

#endif

#include "tracker/best_ring.h"

#include <math.h>
#include <string.h>

void best_ring_init(struct best_ring *ring, uint32_t count)
{
    memset(ring, 0, sizeof(*ring));
    ring->count = count;
}

void best_ring_restore(struct best_ring *ring, uint32_t place, uint64_t object_id, int64_t ended_ns,
                       float worth, int64_t now_ns)
{
    ring->places[place] = (struct best_place){
        .object_id = object_id,
        .ended_ns = ended_ns > 0 && ended_ns < now_ns ? ended_ns : now_ns,
        .worth = isfinite(worth) ? worth : 0.0F,
    };
}

int best_ring_find(const struct best_ring *ring, uint64_t object_id)
{
    for (uint32_t i = 0; i < ring->count; i++)
        if (ring->places[i].object_id == object_id)
            return (int)i;
    return BEST_RING_NONE;
}

bool best_ring_is_better(float worth, float than)
{
    return worth > than * BEST_RING_BETTER;
}

static bool is_there(const struct best_place *place)
{
    return place->object_id != 0 && place->ended_ns == 0;
}

/* Whether a place is to be given away rather than another: the one that is empty, or whose object ended first. */
static bool goes_before(const struct best_place *place, const struct best_place *other)
{
    if (place->object_id == 0 || other->object_id == 0)
        return place->object_id == 0 && other->object_id != 0;
    return place->ended_ns < other->ended_ns;
}

/* The place that nobody needs any more. */
static int find_free(const struct best_ring *ring, int64_t now_ns)
{
    int best = BEST_RING_NONE;
    for (uint32_t i = 0; i < ring->count; i++) {
        const struct best_place *place = &ring->places[i];
        if (is_there(place) || (place->object_id != 0 && now_ns - place->ended_ns < BEST_RING_KEPT_NS))
            continue;
        if (best == BEST_RING_NONE || goes_before(place, &ring->places[best]))
            best = (int)i;
    }
    return best;
}

static int find_worst(const struct best_ring *ring)
{
    int worst = BEST_RING_NONE;
    for (uint32_t i = 0; i < ring->count; i++)
        if (is_there(&ring->places[i]) &&
            (worst == BEST_RING_NONE || ring->places[i].worth < ring->places[worst].worth))
            worst = (int)i;
    return worst;
}

int best_ring_room(const struct best_ring *ring, float worth, int64_t now_ns)
{
    const int free_place = find_free(ring, now_ns);
    if (free_place != BEST_RING_NONE)
        return free_place;
    const int worst = find_worst(ring);

    return worst != BEST_RING_NONE && best_ring_is_better(worth, ring->places[worst].worth) ? worst
                                                                                            : BEST_RING_NONE;
}

uint64_t best_ring_take(struct best_ring *ring, int place, uint64_t object_id, float worth)
{
    struct best_place *taken = &ring->places[place];
    const uint64_t loser = is_there(taken) && taken->object_id != object_id ? taken->object_id : 0;
    *taken = (struct best_place){.object_id = object_id, .worth = worth};
    return loser;
}

void best_ring_end(struct best_ring *ring, int place, int64_t now_ns)
{
    ring->places[place].ended_ns = now_ns;
}

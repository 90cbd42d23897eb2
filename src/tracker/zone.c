#include "tracker/zone.h"

#include <string.h>

#include "tracker/polygon.h"

bool zone_is_for(const struct zone *zone, const char *label)
{
    for (uint32_t i = 0; i < zone->object_count; i++)
        if (strcmp(zone->objects[i], label) == 0)
            return true;
    return zone->object_count == 0;
}

/* Whether it counts as in the zone now. */
static bool stays(const struct zone *zone, uint32_t index, int64_t now_ns, struct zone_presence *presence)
{
    if (presence->frames[index] < zone->inertia)
        presence->frames[index]++;
    if (presence->frames[index] < zone->inertia)
        return false;
    if (presence->since_ns[index] == 0)
        presence->since_ns[index] = now_ns;
    return now_ns - presence->since_ns[index] >= zone->loitering_ns;
}

/* Outside. What was reached is kept: only a presence that has not lasted yet wears off. */
static void leaves(const struct zone *zone, uint32_t index, struct zone_presence *presence)
{
    if (presence->frames[index] > 0 && presence->frames[index] < zone->inertia)
        presence->frames[index]--;
    presence->since_ns[index] = 0;
}

void zone_update(const struct zone *zones, uint32_t zone_count, uint32_t wanted, uint32_t frame_width,
                 uint32_t frame_height, const struct camd_box *box, int64_t now_ns,
                 struct zone_presence *presence)
{
    int32_t x = box->x1 + (box->x2 - box->x1) / 2;
    presence->current = 0;
    for (uint32_t i = 0; i < zone_count; i++) {
        if (!(wanted & (UINT32_C(1) << i)))
            continue;
        if (!polygon_contains(&zones[i].polygon, frame_width, frame_height, x, box->y2))
            leaves(&zones[i], i, presence);
        else if (stays(&zones[i], i, now_ns, presence))
            presence->current |= UINT32_C(1) << i;
    }
    presence->entered |= presence->current;
}

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

const struct filter *zone_filter(const struct zone *zone, const char *label)
{
    for (uint32_t i = 0; i < zone->filter_count; i++)
        if (strcmp(zone->filters[i].label, label) == 0)
            return &zone->filters[i];
    return NULL;
}

const char *zone_measure_ground(struct zone *zone)
{
    struct quadrilateral corners, sides;
    if (zone->polygon.count != QUADRILATERAL_CORNERS)
        return "distances: expected a zone of four corners";
    for (int i = 0; i < QUADRILATERAL_CORNERS; i++)
        corners.corners[i] = (struct plane_point){zone->polygon.points[i].x, zone->polygon.points[i].y};
    if (!quadrilateral_is_convex(&corners))
        return "distances: expected corners of which no three are on a line, and sides that do not cross";
    if (!quadrilateral_of_sides(zone->distances, &sides))
        return "distances: expected each shorter than the others together";
    perspective_make(&zone->ground, &corners, &sides);
    return NULL;
}

/* ---- one zone ---- */

static bool is_inside(const struct zone *zone, const struct zone_visitor *visitor)
{
    const struct camd_box *box = &visitor->box;
    return polygon_contains(&zone->polygon, visitor->frame_width, visitor->frame_height,
                            box->x1 + (box->x2 - box->x1) / 2, box->y2);
}

static bool passes(const struct filter *filter, const struct zone_visitor *visitor)
{
    const struct detection seen = {.box = visitor->box, .score = visitor->score};
    return !filter || (visitor->computed_score >= filter->threshold &&
                       filter_check(filter, NULL, 0, visitor->frame_width, visitor->frame_height, &seen) ==
                           FILTER_PASSED);
}

static struct speed speed_in(const struct zone *zone, const struct zone_visitor *visitor)
{
    return zone->has_distances
               ? speed_measure(visitor->places, &zone->ground,
                               (double)visitor->frame_width / visitor->frame_height, visitor->taken_ns)
               : (struct speed){.known = false};
}

/* Whether it counts as in the zone now. */
static bool stays(const struct zone *zone, uint32_t index, const struct zone_visitor *visitor,
                  const struct speed *speed, struct zone_presence *presence)
{
    if (presence->frames[index] < zone->inertia)
        presence->frames[index]++;
    if (presence->frames[index] < zone->inertia)
        return false;
    if (zone->speed_threshold > 0.0 && !(speed->known && speed->value >= zone->speed_threshold)) {
        presence->since_ns[index] = 0;
        return false;
    }
    if (presence->since_ns[index] == 0)
        presence->since_ns[index] = visitor->now_ns;
    return visitor->now_ns - presence->since_ns[index] >= zone->loitering_ns;
}

/* Outside. What was reached is kept: only a presence that has not lasted yet wears off. */
static void leaves(const struct zone *zone, uint32_t index, struct zone_presence *presence)
{
    if (presence->frames[index] > 0 && presence->frames[index] < zone->inertia)
        presence->frames[index]--;
    presence->since_ns[index] = 0;
}

void zone_update(const struct zone *zones, uint32_t zone_count, const struct zone_visitor *visitor,
                 struct zone_presence *presence)
{
    const uint32_t before = presence->current;
    presence->current = 0;
    presence->speed = (struct speed){.known = false};
    for (uint32_t i = 0; i < zone_count; i++) {
        const uint32_t bit = UINT32_C(1) << i;
        if (!(visitor->wanted & bit))
            continue;
        if (!is_inside(&zones[i], visitor)) {
            leaves(&zones[i], i, presence);
            continue;
        }
        /* as the reference has it: what is in the zone has passed its filter, and need not pass it again */
        if (!(before & bit) && visitor->filters && !passes(visitor->filters[i], visitor))
            continue;
        const struct speed speed = speed_in(&zones[i], visitor);
        if (!presence->speed.known)
            presence->speed = speed;
        if (stays(&zones[i], i, visitor, &speed, presence))
            presence->current |= bit;
    }
    presence->entered |= presence->current;
}

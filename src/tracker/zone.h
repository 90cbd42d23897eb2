/*
 * zone.h - which zones an object is in
 *
 * An object is where its box's bottom centre is. It counts as in a zone once it was there for some frames (inertia), so
 * that a box that wobbles over the border does not come and go, and, where that is asked for, once it has stayed long
 * enough, is large or sure enough (the zone's filters, which an object that is in the zone has passed) and while it is fast
 * enough. Pure; times come as arguments.
 */
#ifndef CAMD_TRACKER_ZONE_H
#define CAMD_TRACKER_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/shm.h"
#include "tracker/filter.h"
#include "tracker/mask.h"
#include "tracker/speed.h"

enum {
    ZONES_MAX = 16,
    ZONE_OBJECTS_MAX = 32, /* labels that a zone is for */
    ZONE_FILTERS_MAX = 16, /* labels that it has filters for */
    ZONE_INERTIA_DEFAULT = 3,
};

struct zone {
    char name[CAMD_NAME_MAX + 1];
    struct mask_polygon polygon;
    uint32_t inertia;      /* frames, at least 1 */
    int64_t loitering_ns;  /* 0: at once */
    uint32_t object_count; /* 0: for all labels */
    char objects[ZONE_OBJECTS_MAX][CAMD_LABEL_BYTES];
    uint32_t filter_count;
    struct filter filters[ZONE_FILTERS_MAX];
    bool has_distances;
    /* Metres: the sides, from the first corner to the second and on. */
    double distances[QUADRILATERAL_CORNERS];
    double speed_threshold;    /* metres a second; 0: however slow */
    struct perspective ground; /* of a zone with distances: from shares of the frame to metres */
};

/* One object's presence in the zones; all 0 at first. Bit n stands for the n-th zone. */
struct zone_presence {
    uint32_t current;            /* in them now */
    uint32_t entered;            /* ever */
    uint16_t frames[ZONES_MAX];  /* of inertia, 0 to the zone's */
    int64_t since_ns[ZONES_MAX]; /* when loitering began; 0: it has not */
    struct speed speed;          /* by the first zone with distances that it is inside of */
};

/* The object, as zones look at it. */
struct zone_visitor {
    uint32_t wanted;                     /* bits of the zones that are for its label */
    const struct filter *const *filters; /* of its label, a pointer for each zone; NULL: none */
    uint32_t frame_width, frame_height;
    struct camd_box box;
    float score, computed_score;
    const struct speed_places *places; /* where it was */
    int64_t now_ns, taken_ns;
};

bool zone_is_for(const struct zone *zone, const char *label);
/* The zone's filter for the label, or NULL. */
const struct filter *zone_filter(const struct zone *zone, const char *label);

/*
 * Makes the ground of a zone with distances. NULL, or why there is none (static): its corners are not four, or make no
 * figure that can lie flat, or the distances can't be its sides.
 */
const char *zone_measure_ground(struct zone *zone);

/* Looks where the object is now. Zones that went with a change of configuration: begin with a presence of all 0. */
void zone_update(const struct zone *zones, uint32_t zone_count, const struct zone_visitor *visitor,
                 struct zone_presence *presence);

#endif

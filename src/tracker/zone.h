/*
 * zone.h - which zones an object is in
 *
 * An object is where its box's bottom centre is. It counts as in a zone once it was there for some frames (inertia), so
 * that a box that wobbles over the border does not come and go, and, where loitering is asked for, once it has stayed
 * that long. Pure; the time comes as an argument.
 */
#ifndef CAMD_TRACKER_ZONE_H
#define CAMD_TRACKER_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/shm.h"
#include "tracker/mask.h"

enum {
    ZONES_MAX = 32,
    ZONE_OBJECTS_MAX = 32, /* labels that a zone is for */
    ZONE_INERTIA_DEFAULT = 3,
};

struct zone {
    char name[CAMD_NAME_MAX + 1];
    struct mask_polygon polygon;
    uint32_t inertia;      /* frames, at least 1 */
    int64_t loitering_ns;  /* 0: at once */
    uint32_t object_count; /* 0: for all labels */
    char objects[ZONE_OBJECTS_MAX][CAMD_LABEL_BYTES];
};

/* One object's presence in the zones; all 0 at first. Bit n stands for the n-th zone. */
struct zone_presence {
    uint32_t current;            /* in them now */
    uint32_t entered;            /* ever */
    uint16_t frames[ZONES_MAX];  /* of inertia, 0 to the zone's */
    int64_t since_ns[ZONES_MAX]; /* when loitering began; 0: it has not */
};

bool zone_is_for(const struct zone *zone, const char *label);

/*
 * Looks where the object is now. Zones that went with a change of configuration: begin with a presence of all 0.
 * wanted: bits of the zones that are for its label.
 */
void zone_update(const struct zone *zones, uint32_t zone_count, uint32_t wanted, uint32_t frame_width,
                 uint32_t frame_height, const struct camd_box *box, int64_t now_ns,
                 struct zone_presence *presence);

#endif

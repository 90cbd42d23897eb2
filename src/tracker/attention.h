/*
 * attention.h - which regions of a frame are looked into, when not all can be
 *
 * Regions about tracked objects, about motion and, in the first frame, where the grid knows objects. There may be
 * more than a frame has time for: the most valuable go first, and one that was left out gains with every frame, so that
 * a tree in the wind can neither take the machine nor hide a person for good. No I/O, no memory of its own.
 */
#ifndef CAMD_TRACKER_ATTENTION_H
#define CAMD_TRACKER_ATTENTION_H

#include <stdbool.h>
#include <stdint.h>

#include "tracker/region.h"

enum { ATTENTION_WAITING_MAX = 64 };

/* In the order of their value. */
enum attention_rank {
    ATTENTION_OBJECTS,     /* tracked objects are in it */
    ATTENTION_NEAR_OBJECT, /* motion beside one */
    ATTENTION_MOTION,
    ATTENTION_STARTUP,
};

struct attention_region {
    struct camd_box region;
    enum attention_rank rank;
    uint32_t waited; /* frames for which it has been left out */
};

/* Regions that were left out. All 0 at first. */
struct attention {
    uint32_t waiting_count;
    struct attention_region waiting[ATTENTION_WAITING_MAX];
};

/* What a frame offers. */
struct attention_frame {
    struct region_frame frame;
    bool whole_frame; /* the frame itself is a region, the first, when anything is to be looked for */
    bool squares;     /* beside the whole frame, too */
    bool first;       /* regions from the grid, too */
    bool everywhere;  /* a region of the frame's size, too: motion tells nothing of where to look */
    const struct camd_grid *grid;
    const struct camd_box *objects; /* boxes of tracked objects, and of those found but not tracked */
    uint32_t object_count;          /* at most REGION_BOXES_MAX */
    const struct camd_box *motion;
    uint32_t motion_count; /* at most CAMD_MOTION_MAX */
};

struct attention_choice {
    uint32_t count; /* most valuable first */
    struct attention_region regions[CAMD_REGIONS_MAX];
    uint32_t left_out;
};

/* most: 1 to CAMD_REGIONS_MAX. */
void attention_choose(struct attention *attention, const struct attention_frame *frame, uint32_t most,
                      struct attention_choice *choice);

/* The regions from `from` on were not looked into after all: they wait, and are left out. */
void attention_postpone(struct attention *attention, struct attention_choice *choice, uint32_t from);

#endif

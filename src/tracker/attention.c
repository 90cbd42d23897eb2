#include "tracker/attention.h"

#include <stdlib.h>

#include "tracker/box.h"

enum { CANDIDATES_MAX = REGION_BOXES_MAX + CAMD_MOTION_MAX + REGION_STARTUP_MAX + 1 };

#define SAME_REGION_IOU 0.4 /* a region that was left out is found again by */

struct candidates {
    uint32_t count;
    struct attention_region list[CANDIDATES_MAX];
};

/* How long a region like this has been waiting. */
static uint32_t waited(const struct attention *attention, const struct camd_box *region)
{
    uint32_t longest = 0;
    for (uint32_t i = 0; i < attention->waiting_count; i++) {
        const struct attention_region *waiting = &attention->waiting[i];
        if (waiting->waited > longest && box_iou(&waiting->region, region) >= SAME_REGION_IOU)
            longest = waiting->waited;
    }
    return longest;
}

static void add(const struct attention *attention, struct candidates *candidates,
                const struct camd_box *region, enum attention_rank rank)
{
    for (uint32_t i = 0; i < candidates->count; i++)
        if (box_equal(&candidates->list[i].region, region))
            return;
    candidates->list[candidates->count++] =
        (struct attention_region){*region, rank, waited(attention, region)};
}

static bool is_covered(const struct candidates *candidates, const struct camd_box *box)
{
    for (uint32_t i = 0; i < candidates->count; i++)
        if (box_contains(&candidates->list[i].region, box))
            return true;
    return false;
}

static bool is_near_object(const struct attention_frame *frame, const struct camd_box *cluster)
{
    for (uint32_t i = 0; i < frame->object_count; i++)
        if (box_overlap(cluster, &frame->objects[i]))
            return true;
    return false;
}

static void add_objects(const struct attention *attention, const struct attention_frame *frame,
                        struct candidates *candidates)
{
    struct region_clusters clusters;
    region_cluster(&frame->frame, frame->objects, frame->object_count, &clusters);
    for (uint32_t i = 0; i < clusters.count; i++) {
        struct camd_box region = region_of_cluster(&frame->frame, &clusters.unions[i]);
        add(attention, candidates, &region, ATTENTION_OBJECTS);
    }
}

static void add_motion(const struct attention *attention, const struct attention_frame *frame,
                       struct candidates *candidates)
{
    struct camd_box boxes[CAMD_MOTION_MAX];
    struct region_clusters clusters;
    uint32_t count = 0;
    for (uint32_t i = 0; i < frame->motion_count; i++)
        if (!is_covered(candidates, &frame->motion[i]))
            boxes[count++] = frame->motion[i];
    region_cluster(&frame->frame, boxes, count, &clusters);
    for (uint32_t i = 0; i < clusters.count; i++) {
        struct camd_box region = region_of_motion(&frame->frame, &clusters.unions[i], frame->grid);
        add(attention, candidates, &region,
            is_near_object(frame, &clusters.unions[i]) ? ATTENTION_NEAR_OBJECT : ATTENTION_MOTION);
    }
}

static void add_everything(const struct attention *attention, const struct attention_frame *frame,
                           struct candidates *candidates)
{
    const struct camd_box whole = {0, 0, frame->frame.width, frame->frame.height};
    struct camd_box region = region_around(&frame->frame, &whole, 1.0);
    add(attention, candidates, &region, ATTENTION_MOTION);
}

static void add_startup(const struct attention *attention, const struct attention_frame *frame,
                        struct candidates *candidates)
{
    struct camd_box regions[REGION_STARTUP_MAX];
    uint32_t count = region_startup(&frame->frame, frame->grid, regions);
    for (uint32_t i = 0; i < count; i++)
        add(attention, candidates, &regions[i], ATTENTION_STARTUP);
}

/* Each frame of waiting is worth a rank. */
static int by_value(const void *left, const void *right)
{
    const struct attention_region *a = left, *b = right;
    int64_t value_a = (int64_t)a->rank - a->waited, value_b = (int64_t)b->rank - b->waited;
    if (value_a != value_b)
        return value_a < value_b ? -1 : 1;
    if (a->waited != b->waited)
        return a->waited > b->waited ? -1 : 1;
    if (a->region.x1 != b->region.x1)
        return a->region.x1 < b->region.x1 ? -1 : 1;
    if (a->region.y1 != b->region.y1)
        return a->region.y1 < b->region.y1 ? -1 : 1;
    return a->region.x2 - b->region.x2;
}

static void wait(struct attention *attention, const struct attention_region *region)
{
    if (attention->waiting_count == ATTENTION_WAITING_MAX)
        return;
    struct attention_region *waiting = &attention->waiting[attention->waiting_count++];
    *waiting = *region;
    waiting->waited++;
}

/* The squares that compete for the detector. */
static void find_squares(const struct attention *attention, const struct attention_frame *frame,
                         struct candidates *candidates)
{
    add_objects(attention, frame, candidates);
    add_motion(attention, frame, candidates);
    if (frame->everywhere)
        add_everything(attention, frame, candidates);
    if (frame->first)
        add_startup(attention, frame, candidates);
    qsort(candidates->list, candidates->count, sizeof(candidates->list[0]), by_value);
}

void attention_choose(struct attention *attention, const struct attention_frame *frame, uint32_t most,
                      struct attention_choice *choice)
{
    struct candidates candidates = {.count = 0};
    uint32_t taken = 0;
    find_squares(attention, frame, &candidates);

    choice->count = 0;
    if (frame->whole_frame && candidates.count > 0) {
        const struct camd_box whole = {0, 0, frame->frame.width, frame->frame.height};
        choice->regions[choice->count++] =
            (struct attention_region){.region = whole, .rank = ATTENTION_OBJECTS};
        if (!frame->squares)
            candidates.count = 0;
    }
    while (choice->count < most && taken < candidates.count)
        choice->regions[choice->count++] = candidates.list[taken++];
    choice->left_out = candidates.count - taken;
    attention->waiting_count = 0;
    for (uint32_t i = taken; i < candidates.count; i++)
        wait(attention, &candidates.list[i]);
}

void attention_postpone(struct attention *attention, struct attention_choice *choice, uint32_t from)
{
    for (uint32_t i = from; i < choice->count; i++)
        wait(attention, &choice->regions[i]);
    if (from < choice->count) {
        choice->left_out += choice->count - from;
        choice->count = from;
    }
}

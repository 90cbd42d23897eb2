#include "tracker/reduce.h"

#include <stdlib.h>

#include "tracker/box.h"

enum { CLIP_MARGIN = 5 }; /* pixels */

#define CLIPPED_SCORE    0.6F
#define COMPARABLE_SHARE 0.05 /* a box with a smaller share of a larger one's area stands for itself */

bool reduce_is_clipped(const struct detection *detection, int32_t frame_width, int32_t frame_height)
{
    const struct camd_box *box = &detection->box, *region = &detection->region;
    return (region->x1 > CLIP_MARGIN && box->x1 - region->x1 <= CLIP_MARGIN) ||
           (region->y1 > CLIP_MARGIN && box->y1 - region->y1 <= CLIP_MARGIN) ||
           (frame_width - region->x2 > CLIP_MARGIN && region->x2 - box->x2 <= CLIP_MARGIN) ||
           (frame_height - region->y2 > CLIP_MARGIN && region->y2 - box->y2 <= CLIP_MARGIN);
}

/* Without the pixel more that box_area counts: suppression's convention. */
static int64_t bare_area(const struct camd_box *box)
{
    return (int64_t)(box->x2 - box->x1) * (box->y2 - box->y1);
}

static double bare_iou(const struct camd_box *a, const struct camd_box *b)
{
    struct camd_box common;
    if (!box_intersection(a, b, &common))
        return 0.0;
    int64_t shared = bare_area(&common), whole = bare_area(a) + bare_area(b) - shared;
    return whole > 0 ? (double)shared / (double)whole : 0.0;
}

struct candidate {
    struct detection detection;
    float rank; /* its score, or what a clipped one counts as */
    uint32_t order;
};

static int by_label_and_rank(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    if (a->detection.label != b->detection.label)
        return a->detection.label < b->detection.label ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank > b->rank ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

static int by_label_and_area(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    if (a->detection.label != b->detection.label)
        return a->detection.label < b->detection.label ? -1 : 1;
    int64_t area_a = bare_area(&a->detection.box), area_b = bare_area(&b->detection.box);
    if (area_a != area_b)
        return area_a < area_b ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

static uint32_t collect(const struct detection_list *list, int32_t width, int32_t height, float score_min,
                        struct candidate *candidates)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct detection *detection = &list->list[i];
        float rank = reduce_is_clipped(detection, width, height) ? CLIPPED_SCORE : detection->score;
        if (rank > score_min)
            candidates[count++] = (struct candidate){*detection, rank, i};
    }
    return count;
}

/* candidates: in the order of by_label_and_rank. Returns how many are left, numbered in that order. */
static uint32_t suppress(struct candidate *candidates, uint32_t count,
                         const struct label_traits *const *traits)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct detection *detection = &candidates[i].detection;
        bool keep = true;
        for (uint32_t k = kept; keep && k > 0 && candidates[k - 1].detection.label == detection->label; k--)
            keep = bare_iou(&candidates[k - 1].detection.box, &detection->box) <=
                   traits[detection->label]->nms_iou;
        if (keep) {
            candidates[kept] = candidates[i];
            candidates[kept].order = kept;
            kept++;
        }
    }
    return kept;
}

bool reduce_is_inside(const struct camd_box *small, const struct camd_box *large,
                      const struct label_traits *traits)
{
    double area = (double)box_area(small);
    return area / (double)box_area(large) >= COMPARABLE_SHARE &&
           (double)box_common_area(small, large) / area > traits->containment;
}

/* candidates: in the order of by_label_and_area. */
static void contain(const struct candidate *candidates, uint32_t count,
                    const struct label_traits *const *traits, struct detection_list *list)
{
    list->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct detection *detection = &candidates[i].detection;
        bool keep = true;
        for (uint32_t k = i + 1; keep && k < count && candidates[k].detection.label == detection->label; k++)
            keep = !reduce_is_inside(&detection->box, &candidates[k].detection.box, traits[detection->label]);
        if (keep)
            list->list[list->count++] = *detection;
    }
}

void reduce_detections(struct detection_list *list, const struct label_traits *const *traits,
                       int32_t frame_width, int32_t frame_height, float score_min)
{
    struct candidate candidates[DETECTIONS_MAX];
    uint32_t count = collect(list, frame_width, frame_height, score_min, candidates);
    qsort(candidates, count, sizeof(candidates[0]), by_label_and_rank);
    count = suppress(candidates, count, traits);
    qsort(candidates, count, sizeof(candidates[0]), by_label_and_area);
    contain(candidates, count, traits, list);
}

/*
 * box.h - boxes in pixels of the frame
 *
 * A box's right and bottom pixels belong to it, as the reference counts: a box whose corners are the same
 * is one pixel. Pure.
 */
#ifndef CAMD_TRACKER_BOX_H
#define CAMD_TRACKER_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "camd/shm.h"

/* Pixels; 0 for a box whose corners are the wrong way round. */
int64_t box_area(const struct camd_box *box);
/* Whether they have a pixel in common: boxes that only touch do. */
bool box_overlap(const struct camd_box *a, const struct camd_box *b);
bool box_contains(const struct camd_box *outer, const struct camd_box *inner);
bool box_equal(const struct camd_box *a, const struct camd_box *b);
/* False, with common untouched, when they don't overlap. */
bool box_intersection(const struct camd_box *a, const struct camd_box *b, struct camd_box *common);
/* Pixels in common. */
int64_t box_common_area(const struct camd_box *a, const struct camd_box *b);
/* Intersection over union, 0..1. */
double box_iou(const struct camd_box *a, const struct camd_box *b);
struct camd_box box_union(const struct camd_box *a, const struct camd_box *b);

/* A box between pixels: a mean, or a percentile. */
struct box_real {
    double x1, y1, x2, y2;
};
struct box_real box_real(const struct camd_box *box);
/* Intersection over union by the same rules; 0 when either is not a box of numbers. */
double box_real_iou(const struct box_real *a, const struct box_real *b);

enum { BOX_MEDIAN_MAX = 16 };
/* The arithmetic mean of each corner. count: at least 1. */
struct box_real box_average(const struct camd_box *boxes, size_t count);
/* The one in the middle by area; of an even number, the later. count: 1 to BOX_MEDIAN_MAX. */
struct camd_box box_median(const struct camd_box *boxes, size_t count);

/*
 * Merges boxes in their order: one is joined to every earlier group whose IoU with it is above iou, else it begins a
 * group. Groups may grow into each other: they are not looked at again. merged has room for count. Returns how many.
 */
size_t box_reduce(const struct camd_box *boxes, size_t count, double iou, struct camd_box *merged);

#endif

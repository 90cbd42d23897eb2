/*
 * region_size.h - the side of the square region around a box
 *
 * What the tracker cuts out for the detector and what the region grid learns is the same length. Pure.
 */
#ifndef CAMD_GRID_REGION_SIZE_H
#define CAMD_GRID_REGION_SIZE_H

#include <stdint.h>

enum { REGION_SIDE_STANDARD = 320 }; /* the smallest region while no detector's input size is known */
#define REGION_FACTOR_CLUSTER 1.35   /* of the longer side of a box that objects are in */

/* The box's longer side times factor, rounded down to a multiple of 4, and never below least; pixels. */
static inline int32_t region_side(int32_t box_width, int32_t box_height, double factor, int32_t least)
{
    const int32_t longer = box_width > box_height ? box_width : box_height;
    const int32_t side = (int32_t)((double)longer * factor / 4.0) * 4;
    return side > least ? side : least;
}

#endif

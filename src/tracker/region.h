/*
 * region.h - which squares of a frame a detector looks into
 *
 * The reference's region selection: boxes that fit into one square are clustered, and each cluster gets a
 * square somewhat larger than it; where objects of a known size appear (the region grid), a cluster of motion gets a
 * square of that size. Regions are inside the frame where they fit, else they exceed it to the right and below. Pure,
 * no memory of its own.
 */
#ifndef CAMD_TRACKER_REGION_H
#define CAMD_TRACKER_REGION_H

#include <stdint.h>

#include "camd/shm.h"

enum {
    REGION_BOXES_MAX = 256,     /* boxes that are clustered at a time */
    REGION_STARTUP_MAX = 8,     /* regions for the first frame */
    REGION_SIDE_FALLBACK = 320, /* smallest region for a large detector */
};

/* Side of the region by that of what is in it. */
#define REGION_FACTOR_CLUSTER 1.35
#define REGION_FACTOR_MOTION  2.0
#define REGION_FACTOR_LEARNED 1.0

struct region_frame {
    int32_t width, height; /* pixels of the frame */
    int32_t side_min;      /* of a region, as region_side_min gives it */
};

/* The smallest region of a detector with that input: its larger side up to 320, in steps of 4. */
int32_t region_side_min(uint32_t input_width, uint32_t input_height);

/* The square with its centre at the box's, factor times the box's larger side (down to a multiple of 4). */
struct camd_box region_around(const struct region_frame *frame, const struct camd_box *box, double factor);

/* How far a cluster that begins with this box may reach: so that the box has a tenth of the region's area. */
struct camd_box region_cluster_boundary(const struct camd_box *box, int32_t side_min);

struct region_clusters {
    uint32_t count;
    struct camd_box unions[REGION_BOXES_MAX]; /* of the boxes in a cluster */
    uint16_t cluster[REGION_BOXES_MAX];       /* of each box */
};

/*
 * Greedy, in the boxes' order: each box not yet in a cluster begins one and takes those that lie within its boundary,
 * unless the region would grow beyond the smallest with a member of less than a twentieth of its area. count: at most
 * REGION_BOXES_MAX.
 */
void region_cluster(const struct region_frame *frame, const struct camd_box *boxes, uint32_t count,
                    struct region_clusters *clusters);

/* The region of a cluster of objects, from the union of its boxes. */
struct camd_box region_of_cluster(const struct region_frame *frame, const struct camd_box *cluster);

/*
 * The region of a cluster of motion: that of motion about it, or, where the grid knows larger objects, the size learned.
 * (The reference takes twice that size, which is not what it learned.)
 */
struct camd_box region_of_motion(const struct region_frame *frame, const struct camd_box *cluster,
                                 const struct camd_grid *grid);

/*
 * Regions for the first frame: the cells with the most samples, each at its centre with its mean size. Returns how
 * many; cells without samples give none.
 */
uint32_t region_startup(const struct region_frame *frame, const struct camd_grid *grid,
                        struct camd_box regions[REGION_STARTUP_MAX]);

#endif

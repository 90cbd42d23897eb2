/*
 * grid.h - the region grid of a camera: where in the picture objects of which size appear
 *
 * The frame is divided into CAMD_GRID_SIDE by CAMD_GRID_SIDE cells, each with the number, mean and population
 * standard deviation of the region sizes of the objects whose centre was in it. Sizes and
 * places are relative to the frame, so a grid outlives a change of the camera's size.
 *
 * A cell takes constant memory: mean and deviation are updated by Welford's method (B. P. Welford, "Note on a Method
 * for Calculating Corrected Sums of Squares and Products", Technometrics 4(3), 1962). Its count stops at
 * GRID_COUNT_MAX, and from there on the same formula is an exponentially weighted mean and deviation with weight
 * 1/GRID_COUNT_MAX for a new sample: what is old is forgotten.
 *
 * Pure: no time, no memory, no calls.
 */
#ifndef CAMD_GRID_GRID_H
#define CAMD_GRID_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/shm.h"

enum { GRID_COUNT_MAX = 1000 };

/* cells[x][y], as published in struct camd_info; all zeros: nothing is known. */
struct grid {
    struct camd_grid_cell cells[CAMD_GRID_SIDE][CAMD_GRID_SIDE];
};

/* What an object's best box says: a cell, and the side of the region around the box over the frame's width. */
struct grid_sample {
    uint32_t x, y; /* of the cell */
    double size;
};

/*
 * The sample that a box makes. least: the smallest region, the longer side of the detector's input, pixels. 0, or
 * -EINVAL when the box is not one with an area within the frame, or the frame has none.
 */
int grid_sample_of_box(const struct camd_box *box, uint32_t width, uint32_t height, uint32_t least,
                       struct grid_sample *sample);
void grid_add(struct grid *grid, const struct grid_sample *sample);

/* The counts of all cells together. */
uint32_t grid_samples(const struct grid *grid);
/* True when every cell could have been made by grid_add: for grids that come from elsewhere. */
bool grid_is_sane(const struct grid *grid);

#endif

/* verbs_grid.h - how full the cells of a region grid are, for its map in text and for the one on a picture */
#ifndef CAMD_CAMCTL_VERBS_GRID_H
#define CAMD_CAMCTL_VERBS_GRID_H

#include <stdint.h>

/* How full a cell is beside the fullest one: 0 (few) .. GRID_HEATS - 1. count and most: 1 and up. */
enum { GRID_HEATS = 4 };
int grid_heat(int64_t count, int64_t most);

#endif

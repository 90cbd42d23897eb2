/* grid_overlay.h - the region grid drawn over a picture: the number of objects in each cell, and below it their sizes */
#ifndef CAMD_CAMCTL_GRID_OVERLAY_H
#define CAMD_CAMCTL_GRID_OVERLAY_H

#include <jansson.h>

#include "picture/picture.h"

/* cells: as in the answer to the verb grid. How many cells had something to be drawn. */
size_t grid_overlay_draw(struct picture *picture, const json_t *cells);

#endif

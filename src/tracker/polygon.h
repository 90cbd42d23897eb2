/* polygon.h - whether a point is in a zone or a mask. Pure. */
#ifndef CAMD_TRACKER_POLYGON_H
#define CAMD_TRACKER_POLYGON_H

#include <stdbool.h>
#include <stdint.h>

#include "tracker/mask.h"

/*
 * A point in pixels of the frame. Corners become whole pixels, the border belongs to the polygon, and where it crosses
 * itself the even-odd rule holds: as for masks (mask.h).
 */
bool polygon_contains(const struct mask_polygon *polygon, uint32_t frame_width, uint32_t frame_height,
                      int32_t x, int32_t y);

#endif

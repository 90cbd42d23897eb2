/*
 * mask.h - where the motion detector does not look
 *
 * Draws polygons at the frame's size and reduces them to the motion picture's size by averaging areas, as the
 * reference does: a pixel is masked only when its area lies in the polygons (but for a sliver that
 * rounds to nothing). Pure, but for a row buffer while it works.
 */
#ifndef CAMD_TRACKER_MASK_H
#define CAMD_TRACKER_MASK_H

#include <stddef.h>
#include <stdint.h>

enum {
    MASK_POLYGONS_MAX = 32,
    MASK_POINTS_MAX = 64, /* corners of one polygon */
    MASK_POINTS_MIN = 3,
};

struct mask_point {
    double x, y; /* 0..1 of the frame */
};

struct mask_polygon {
    uint32_t count;
    struct mask_point points[MASK_POINTS_MAX];
};

/*
 * Writes width * height bytes: 0 masked, 255 looked at. Corners become whole pixels (truncated), borders
 * belong to the polygon, and where a polygon crosses itself the even-odd rule holds. 0 or -ENOMEM, mask
 * untouched then.
 */
int mask_draw(const struct mask_polygon *polygons, size_t polygon_count, uint32_t frame_width,
              uint32_t frame_height, uint8_t *mask, uint32_t width, uint32_t height);

#endif

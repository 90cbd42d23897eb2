/*
 * worth.h - how good a picture of an object a frame is
 *
 * A number from 0 to 1, the product of what makes a picture worth keeping: that it is sharp, that the object is large in it,
 * that the detector is sure, and that no side of the frame cuts the object off. Pure. Boxes are as box.h has them: right and
 * bottom belong to them.
 */
#ifndef CAMD_TRACKER_WORTH_H
#define CAMD_TRACKER_WORTH_H

#include <stdint.h>

#include "camd/shm.h"

/* A picture, and where the object is in it. */
struct worth_sight {
    const uint8_t *luma;
    uint32_t width, height; /* of the frame, which luma has without padding */
    struct camd_box box;
    float score; /* of the detection, 0..1 */
};

/*
 * All but sharpness, as if that were perfect: what the worth can be at most, without a look at the pixels. 0 for a
 * box that is not in the frame.
 */
float worth_most(const struct worth_sight *sight);
/*
 * How steep the object's edges are, 0..1: the sum of squared differences of neighbours beside that of pixels four
 * apart, which is the same for a blurred edge as for a sharp one. So it does not depend on contrast, and where there
 * are no edges noise does not count as some. About 1 for edges of one pixel, 0.57 of two, 0.36 of four. Some ten
 * thousand pixels are looked at, at most.
 */
float worth_sharpness(const struct worth_sight *sight);
float worth_of(const struct worth_sight *sight);

#endif

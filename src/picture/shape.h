/*
 * shape.h - polygons on a picture: what a zone or a mask covers
 *
 * Pure. Corners are shares of the picture's sides, 0 to 1; whatever is outside the picture is cut off.
 */
#ifndef CAMD_PICTURE_SHAPE_H
#define CAMD_PICTURE_SHAPE_H

#include "picture/picture.h"

struct shape_point {
    double x, y;
};

/* How the inside is tinted, so that kinds can be told apart without colours, too. */
enum shape_fill {
    SHAPE_TINTED,
    SHAPE_RISING,  /* stripes from the left bottom to the right top */
    SHAPE_FALLING, /* and from the left top to the right bottom */
};

/* The outline, closed, and the inside (where it crosses itself: the even-odd rule). Corners that are no numbers: nothing. */
void shape_draw(struct picture *picture, const struct shape_point *points, size_t count,
                enum picture_colour colour, enum shape_fill fill);

#endif

/*
 * orientation.h - pictures that lie on their side or stand on their head, and putting them upright
 *
 * Cameras that were mounted so, and telephones, say how their pictures are to be turned: in a display matrix of the file or
 * stream. Quarter turns and mirrors are done; what is askew stays as it is.
 */
#ifndef CAMD_CAPTURE_ORIENTATION_H
#define CAMD_CAPTURE_ORIENTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/colours.h"

/* The upright picture's columns are rows of the given one, if transposed; then left and right, top and bottom change. */
struct orientation {
    bool transposed, flips_x, flips_y;
};

/* matrix: nine numbers as libavutil has them, or NULL, which is upright. */
struct orientation orientation_of_matrix(const int32_t *matrix);

bool orientation_is_upright(struct orientation orientation);
bool orientations_equal(struct orientation a, struct orientation b);
/* Makes width and height of a picture those of the upright one, and the other way round. */
void orientation_turn_size(struct orientation orientation, int *width, int *height);
/* By how many degrees, clockwise, and whether it is mirrored besides, from left to right after the turn. */
int orientation_degrees(struct orientation orientation, bool *mirrored);

/* Writes the upright picture, of even width and height; the two do not overlap. */
void orientation_turn(struct orientation orientation, const struct planes *to, const struct planes *from,
                      int width, int height);

#endif

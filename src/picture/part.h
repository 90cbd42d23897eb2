/*
 * part.h - a part of a picture as a picture of its own, smaller where it is to be
 *
 * Pure. Pictures are I420, as struct picture's; sides and corners are even, so that luma and chroma go together.
 */
#ifndef CAMD_PICTURE_PART_H
#define CAMD_PICTURE_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "picture/picture.h"

/*
 * Fills to, whose size is set and at most that of the part, from the part of the picture (right and bottom are
 * outside of it): each of its pixels is the mean of those that it stands for. The part lies within the picture, and
 * all its corners are even.
 */
void picture_part(struct picture *to, const uint8_t *pixels, uint32_t width, uint32_t height,
                  const struct camd_box *part);

/*
 * The smallest part of a picture with even corners that has the box in it (right and bottom are outside of it), and
 * around it, where the picture goes on, a margin of so many pixels. False when the box has nothing in common with the
 * picture.
 */
bool picture_part_around(struct camd_box *part, const struct camd_box *box, int32_t margin, uint32_t width,
                         uint32_t height);

#endif

/*
 * appearance.h - whether a part of the picture still looks the same
 *
 * A part of the luma plane is brought to one size and blurred a little; two of these are compared by zero-mean normalised
 * cross-correlation, and by how far the one is shifted against the other: C. D. Kuglin, D. C. Hines, "The phase
 * correlation image alignment method", 1975, with a Hann window and the centroid about the peak. Pure.
 */
#ifndef CAMD_TRACKER_APPEARANCE_H
#define CAMD_TRACKER_APPEARANCE_H

#include <stdint.h>

#include "camd/shm.h"

enum { APPEARANCE_SIDE = 96 };

struct appearance {
    uint8_t levels[APPEARANCE_SIDE][APPEARANCE_SIDE];
};

/* The part of the plane (rows without padding) in box, which is cut to the frame; by averaging areas. */
void appearance_take(const uint8_t *luma, uint32_t frame_width, uint32_t frame_height,
                     const struct camd_box *box, struct appearance *appearance);

/* -1..1; two pictures of one colour each are the same (1), one and another that is not are unlike (0). */
double appearance_correlation(const struct appearance *a, const struct appearance *b);

/* How far b is shifted against a, as a fraction of the side: 0 to about 0.7. */
double appearance_shift(const struct appearance *a, const struct appearance *b);

#endif

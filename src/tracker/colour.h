/*
 * colour.h - what an object looks like, in few numbers
 *
 * Histograms of brightness and of both colour differences, of the upper and of the lower part of the object's
 * box. Two looks at a person in the same camera are more alike than looks at two people, mostly; that is all
 * they are good for. Where there are no colours, as at night, brightness is compared alone: else all objects would look
 * alike by their common lack of them. Source: M. J. Swain and D. H. Ballard, Color Indexing (1991), for histograms
 * compared by their intersection. Pure, no heap.
 */
#ifndef CAMD_TRACKER_COLOUR_H
#define CAMD_TRACKER_COLOUR_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/shm.h"

enum {
    COLOUR_PARTS = 2,  /* of the box, from the top */
    COLOUR_PLANES = 3, /* Y, U, V */
    COLOUR_BINS = 12,
};

struct colour {
    bool known;
    float chroma; /* how far its colours are from grey, in the mean: levels of U and V together */
    float bins[COLOUR_PARTS][COLOUR_PLANES][COLOUR_BINS]; /* each histogram's sum is 1 */
};

/*
 * Of a box in an I420 picture; known is false when the box has no pixels in it. The number of pixels looked at does not
 * depend on the size of the box.
 */
void colour_measure(struct colour *colour, const uint8_t *pixels, uint32_t width, uint32_t height,
                    const struct camd_box *box);

/* 0 (nothing in common) to 1 (the same). Both known. */
float colour_likeness(const struct colour *a, const struct colour *b);

/* Moves colour towards another look at the same object by a share, 0..1. */
void colour_learn(struct colour *colour, const struct colour *look, float share);

#endif

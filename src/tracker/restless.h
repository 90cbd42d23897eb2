/*
 * restless.h - what comes and goes all the time: leaves in the wind, rain, a noisy sensor
 *
 * Two memories of a scene. Each pixel's: how often it turned from still to changed or back of late; the more often,
 * the more it has to differ (after the "blinking pixels" of P.-L. St-Charles, G.-A. Bilodeau, R. Bergevin,
 * "SuBSENSE", 2015). What comes and stays, or passes, turns twice. And the scene's: how many small contours a picture
 * has where there was none in the picture before. An object is there for several pictures, a drop of rain in one:
 * where such contours are many, those without a forerunner do not count. No I/O; the memory of the pixels is the
 * caller's.
 */
#ifndef CAMD_TRACKER_RESTLESS_H
#define CAMD_TRACKER_RESTLESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracker/contour.h"

/* One row of pixels: what they are, were on average, and remember. */
struct restless_row {
    const uint8_t *picture, *levels;
    uint8_t *differed;  /* 1: by more than the threshold in the picture before */
    uint16_t *restless; /* how often that changed of late: 65536 would be always */
    uint8_t *changed;   /* result: 1 where it differs by more than it has to */
    uint32_t width;
};

/* Tells whether any pixel changed; remembers. */
bool restless_compare(const struct restless_row *row, uint8_t threshold);

struct restless_contours {
    double sudden;  /* small contours of a picture without a forerunner, mean */
    uint32_t count; /* the picture before */
    struct contour before[CONTOUR_MAX];
};

/* Leaves out small contours without a forerunner where they are usual, and remembers the list. pixels: of the picture. */
void restless_filter(struct restless_contours *contours, uint32_t pixels, struct contour_list *list);

#endif

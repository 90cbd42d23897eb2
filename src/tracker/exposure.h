/*
 * exposure.h - a picture that is brighter or darker than the scene, all of it alike
 *
 * A camera that chooses another exposure, and a cloud before the sun, make every level so many times as high. Samples of
 * the picture beside the same places of the scene tell how many times. Where half of them agree, the picture can be brought
 * back, and what is new in it then is only what is not of the scene. What lights one place is left as it is. Pure.
 */
#ifndef CAMD_TRACKER_EXPOSURE_H
#define CAMD_TRACKER_EXPOSURE_H

#include <stddef.h>
#include <stdint.h>

enum { EXPOSURE_BINS = 64 }; /* equal ratios, from EXPOSURE_MOST times as dark to as many times as bright */
#define EXPOSURE_MOST  4.0F
#define EXPOSURE_BLACK 16.0F  /* luma, limited range: no exposure makes more or less of it */
#define EXPOSURE_GREY  128.0F /* chroma, the same */

/* Of one picture; all 0 at first. */
struct exposure_samples {
    uint32_t count, bins[EXPOSURE_BINS];
};

/* A pixel's luma, limited range, in the scene and now. One that is nearly black there, or white, tells nothing. */
void exposure_add(struct exposure_samples *samples, float scene, float now);

/*
 * By what the picture is to be multiplied; 1: not at all. A small part of the difference is left.
 */
float exposure_correction(const struct exposure_samples *samples);

/* Multiplies a row's luma above black and its chroma about grey. */
void exposure_correct(float *y, float *u, float *v, size_t width, float correction);

#endif

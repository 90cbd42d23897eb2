/*
 * background.h - which pixels don't belong to the scene
 *
 * A mixture of Gaussians a pixel: Z. Zivkovic, F. van der Heijden, "Efficient adaptive density estimation per image pixel for
 * the task of background subtraction", 2006, on luma and chroma, with light shadows left out. Works on a picture reduced by
 * a whole factor. No I/O; memory is taken by background_init only.
 */
#ifndef CAMD_TRACKER_BACKGROUND_H
#define CAMD_TRACKER_BACKGROUND_H

#include <stdbool.h>
#include <stdint.h>

enum { BACKGROUND_MODES = 3 };

/* One way that a pixel looks. weight 0: none. */
struct background_mode {
    float weight, variance;
    float y, u, v;
};

struct background {
    uint32_t frame_width, frame_height;
    uint32_t step;                 /* pixels of the frame in a pixel of the reduced picture, each way */
    uint32_t width, height;        /* of the reduced picture */
    uint64_t frames;               /* learnt from */
    struct background_mode *modes; /* of each pixel, the heaviest first */
    uint8_t *hold;                 /* 1: what is new there is learnt slowly; the caller's to set */
    uint8_t *figure;               /* 1: not of the scene */
    uint8_t *luma;                 /* the reduced picture */
    uint32_t *columns,
        *sums; /* a row of the reduced picture while it is made: of the frame's columns, and of its own */
};

/* rows: of the reduced picture, about. 0, -EINVAL for a frame without pixels, or -ENOMEM; untouched then. */
int background_init(struct background *background, uint32_t frame_width, uint32_t frame_height,
                    uint32_t rows);
void background_fini(struct background *background);

/* Looks at an I420 picture and learns from it; figure is set. memory: frames that are remembered. */
void background_update(struct background *background, const uint8_t *pixels, double memory);

#endif

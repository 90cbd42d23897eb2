/*
 * background.h - which pixels don't belong to the scene
 *
 * Works on a picture reduced by a whole factor, of whose pixels mixture.h learns how they look. No I/O; memory is taken by
 * background_init only.
 */
#ifndef CAMD_TRACKER_BACKGROUND_H
#define CAMD_TRACKER_BACKGROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "tracker/mixture.h"

/*
 * Of the usual rate, where hold is set; lighting.h learns as slowly. A tenth of a pixel's weight makes a way that it looks part
 * of the scene: that takes twenty minutes.
 */
#define BACKGROUND_HOLD_FACTOR 0.0025F

struct background {
    uint32_t frame_width, frame_height;
    uint32_t step;          /* pixels of the frame in a pixel of the reduced picture, each way */
    uint32_t width, height; /* of the reduced picture */
    uint64_t frames;        /* learnt from, since it began or was restarted */
    bool is_restarted;
    struct mixture mixture; /* of each row of the reduced picture, in whole groups */
    uint8_t *hold;          /* 1: what is new there is learnt slowly; the caller's to set */
    uint8_t *figure;        /* 1: not of the scene */
    uint8_t *luma;          /* the reduced picture */
    uint16_t *columns;      /* of the frame, added up over a row of the reduced picture */
    float *y, *u, *v;       /* a row of the reduced picture */
};

/*
 * rows: of the reduced picture, about. 0, -EINVAL for a frame without pixels or with too many for so few rows, or
 * -ENOMEM; untouched then.
 */
int background_init(struct background *background, uint32_t frame_width, uint32_t frame_height,
                    uint32_t rows);
void background_fini(struct background *background);

/* The scene is another one: the next pictures are it, except where hold is set. */
void background_restart(struct background *background);

/*
 * Looks at an I420 picture, of even sides, and learns from it; figure is set. memory: frames that are remembered, 1
 * or more. any_exposure: a picture that is brighter or darker as a whole is the same
 * scene, which becomes so when it lasts for seconds.
 */
void background_update(struct background *background, const uint8_t *pixels, double memory,
                       bool any_exposure);

#endif

/*
 * lighting.h - which parts of what is new in a picture only became lighter or darker
 *
 * The background of the movers compares levels, so that a cloud's edge or a pool of light is as new to it as a
 * person. Here the picture's structure is compared with that of a scene that is learnt slowly (light.h), at half of
 * the movers' size each way, which averages the noise of the dark away. What is under a track is learnt more slowly.
 * No I/O; memory is taken by lighting_init only.
 */
#ifndef CAMD_TRACKER_LIGHTING_H
#define CAMD_TRACKER_LIGHTING_H

#include <stdbool.h>
#include <stdint.h>

#include "tracker/figures.h"

struct lighting {
    uint32_t whole_width, whole_height; /* of the picture */
    uint32_t width, height;             /* of the halved one */
    uint32_t frames;                    /* that the scene is of */
    double noise;                       /* standard deviation of a pixel of the halved picture, levels */
    float *scene;
    uint8_t *levels;   /* the scene, rounded */
    uint8_t *picture;  /* now */
    uint8_t *previous; /* the picture before */
    uint8_t *things;   /* of each pixel: 1 where a thing is, which light does not explain */
    void *room;        /* for light_clear */
};

/* width, height: of the whole picture. 0 or -ENOMEM; untouched then. */
int lighting_init(struct lighting *lighting, uint32_t width, uint32_t height);
void lighting_fini(struct lighting *lighting);

/* The next picture is another scene. */
void lighting_restart(struct lighting *lighting);

/* Looks at a picture (width * height levels, limited range): things are set. */
void lighting_look(struct lighting *lighting, const uint8_t *luma);

/* The part of the picture that was looked at where something is that the scene does not have, or lacks: 0..1. */
double lighting_thing_share(const struct lighting *lighting);

/* Full range, of one place. */
struct lighting_levels {
    uint8_t scene, now;
};

/* Of a pixel of the whole picture. */
struct lighting_levels lighting_levels_at(const struct lighting *lighting, int32_t x, int32_t y);
/* Whether it is as much darker than the scene as a shadow is, and not black. */
bool lighting_is_shade(const struct lighting_levels *levels);
/* Whether a figure of the whole picture is one of light: most of it has the structure of the scene, or none. */
bool lighting_explains(const struct lighting *lighting, const struct figures *figures,
                       const struct figure *figure);
/*
 * Whether a figure of the whole picture is where something of the scene was that is gone: the scene has an outline there, and
 * the picture has none.
 */
bool lighting_is_gap(const struct lighting *lighting, const struct figures *figures,
                     const struct figure *figure);
/*
 * Leaves of such a figure, or of all for NULL, what may be a thing in that light, as doubtful pixels; the figures
 * have to be found again.
 */
void lighting_reduce(const struct lighting *lighting, struct figures *figures, const struct figure *figure);

/*
 * Learns from the picture that was looked at, so that the scene is of as many as memory says, 1 or more; of what is
 * held (1 in the whole picture's pixels) more slowly.
 */
void lighting_learn(struct lighting *lighting, const uint8_t *hold, double memory);

#endif

/*
 * movers.h - objects without a detector: what moves
 *
 * Pixels that don't belong to the scene, and did not only become lighter or darker, make figures; a figure, or several of one
 * object, or a part of one that several objects share, becomes a detection. What an object's size is at each height of the picture is learnt from figures that
 * stand alone, and where the tracks expect objects tells which of them share a figure. No I/O; bounded memory.
 */
#ifndef CAMD_TRACKER_MOVERS_H
#define CAMD_TRACKER_MOVERS_H

#include "tracker/background.h"
#include "tracker/detection.h"
#include "tracker/figures.h"
#include "tracker/lighting.h"
#include "tracker/mask.h"
#include "tracker/panning.h"
#include "tracker/shade.h"
#include "tracker/tracks.h"

enum {
    MOVERS_ROWS = 288, /* of the picture that is looked at, about */
    MOVERS_CANDIDATES_MAX = 128,
};

/* Upright objects' height as a line over the y of their feet, weighted least squares; and their shape. All in pixels of the
 * reduced picture. */
struct movers_scale {
    double weight, y, yy, height, y_height; /* sums */
    double ratio;                           /* width by height, mean */
    double upright, all; /* figures that stand alone: those that are higher than wide, all */
    bool is_weather;     /* rain or snow, in the last picture: they are less exact */
};

/* Something new that may become an object: it has to move first. */
struct movers_candidate {
    struct camd_box first, last;
    int32_t step_x, step_y; /* of its middle, from the last picture but one to the last */
    bool is_guess;          /* it went so far in one picture that it may as well be something else */
    uint32_t pictures;      /* in which it was seen */
    bool seen;              /* in this one */
};

struct movers {
    bool ready;
    bool is_unsure; /* the last picture as a whole was another one: what it shows says nothing of objects */
    uint32_t other_pictures;   /* in a row, up to that one */
    uint32_t changed_pictures; /* in a row, up to the last one: most of their pixels are none of the scene */
    uint32_t left_out;         /* figures of the last picture for which there was no room */
    uint32_t candidate_count;
    struct movers_candidate candidates[MOVERS_CANDIDATES_MAX];
    double new_mean;   /* candidates of a picture that were not there before */
    double small_mean; /* figures of a picture that are too small, less those that objects leave */
    struct background background;
    struct lighting lighting;
    struct panning panning;
    uint8_t *looked_at; /* 0 where masked */
    struct figures figures;
    struct shade shade;
    struct movers_scale scale;
};

struct movers_input {
    uint32_t width, height; /* of the frame */
    const uint8_t *pixels;  /* I420 */
    double fps;
    const struct mask_polygon *masks; /* where not to look; other ones: movers_fini before */
    size_t mask_count;
    const struct tracks *tracks;
    bool ignore_light; /* what only light makes is no object */
};

/* All 0 is a fresh one; the first picture takes the memory. */
void movers_fini(struct movers *movers);
/* Detections of label 0 in the whole frame: none while it is unsure. 0 or -ENOMEM. */
int movers_detect(struct movers *movers, const struct movers_input *input, struct detection_list *found);

#endif

/*
 * motion.h - motion detection on the luma plane
 *
 * The reference's detector: the picture is reduced to a hundred rows or so, its contrast stretched,
 * blurred and compared with a running average; what differs, grown by a pixel, gives contours, and large ones
 * give boxes. While calibrating (at first, and after the whole picture changed) the average follows fast and
 * boxes mean nothing. No I/O; memory is taken by motion_init only.
 */
#ifndef CAMD_TRACKER_MOTION_H
#define CAMD_TRACKER_MOTION_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/shm.h"
#include "tracker/contour.h"
#include "tracker/contrast.h"
#include "tracker/restless.h"

struct motion_settings {
    int threshold;              /* levels by which a pixel differs: 1..255 */
    double contour_area;        /* pixels of the reduced picture; smaller contours are left out */
    double frame_alpha;         /* how much of each picture the average takes, when calibrated: 0..1 */
    double lightning_threshold; /* fraction of the picture from which it is calibrated again */
    double skip_threshold;      /* fraction from which a picture is left out altogether; 0: none */
    bool improve_contrast;
    bool ignore_light;    /* changes of light only give no boxes */
    bool ignore_restless; /* what comes and goes all the time has to differ more */
};

/* What one picture showed. boxes: in pixels of the frame; right and bottom are exclusive, as in the reference. */
struct motion_outcome {
    bool calibrating;   /* boxes mean nothing yet */
    double fraction;    /* area of all contours by that of the picture, those of light too */
    uint32_t box_count; /* 0..CAMD_MOTION_MAX: of more, the largest */
    uint32_t left_out;  /* areas that had no room */
    struct camd_box boxes[CAMD_MOTION_MAX];
};

/* The detector's state. Made by motion_init, freed by motion_fini; one owner. */
struct motion {
    uint32_t frame_width, frame_height; /* pixels of the luma plane, rows without padding */
    uint32_t width, height;             /* of the reduced picture */
    double scale;                       /* frame_height / height: also for the columns of boxes */

    uint32_t *columns, *rows; /* of the frame, that the reduced picture is made of */
    float *average;
    uint8_t *levels; /* the average, rounded half to even */
    /* The same, before what is there now came: the average takes its structure over bit by bit. */
    uint8_t *scene;
    uint8_t *mask;      /* 0: not looked at, 255: looked at */
    uint8_t *reduced;   /* the picture before the blur */
    uint8_t *line;      /* a row of it between the blur's passes, with CONTOUR_PAD */
    uint8_t *picture;   /* after the blur */
    uint8_t *changed;   /* 1 where it differs from the average; with CONTOUR_PAD, as the next two */
    uint8_t *widened;   /* changed, grown to the left and right */
    int8_t *figures;    /* grown up and down too; contour_find marks it */
    uint8_t *differed;  /* as restless_compare has it */
    uint16_t *restless; /* the same */
    void *room;         /* for light_clear */
    void *memory;       /* that all of them are parts of */

    bool begun; /* the average is of something */
    bool masked;
    bool calibrating;
    uint32_t calibrated_frames; /* pictures since the last change of all of it */
    uint32_t learnt;            /* pictures that the average is of */
    uint32_t motion_frames;     /* pictures in a row with contours */
    struct contrast contrast;
    struct contour_list contours;
    struct restless_contours before;
};

/*
 * motion_height: rows of the reduced picture; 0, or more than the frame has: the frame's own. Nothing is
 * masked. 0, -EINVAL for a frame without pixels, or -ENOMEM; motion is untouched then.
 */
int motion_init(struct motion *motion, uint32_t frame_width, uint32_t frame_height, uint32_t motion_height);
void motion_fini(struct motion *motion);

/*
 * Sets the mask (width * height bytes, 0: not looked at; NULL: none) and starts again, since the average knows
 * nothing of what was masked before. The contrast's history stays.
 */
void motion_set_mask(struct motion *motion, const uint8_t *mask);

/* The next picture is another view: begins again with it. */
void motion_restart(struct motion *motion);

/*
 * Looks at the next picture. luma: frame_width * frame_height bytes, read once each, so that a writer that
 * breaks the rules spoils boxes at worst.
 */
void motion_detect(struct motion *motion, const struct motion_settings *settings, const uint8_t *luma,
                   struct motion_outcome *outcome);

#endif

/*
 * stationary.h - whether an object stands still
 *
 * The reference's way: a box is compared with the mean of the object's recent boxes, and their median with the
 * place that the object has taken; for kinds of objects whose boxes jump about (vehicles, things put down), a stationary
 * one only moves when the picture at its place changes, too. No I/O and no memory of its own; the picture is read by
 * stationary_update only.
 */
#ifndef CAMD_TRACKER_STATIONARY_H
#define CAMD_TRACKER_STATIONARY_H

#include <stdbool.h>
#include <stdint.h>

#include "tracker/appearance.h"
#include "tracker/box.h"
#include "tracker/label.h"

enum {
    STATIONARY_HISTORY_MAX = 10, /* recent boxes */
    STATIONARY_SAMPLES_MAX = 10, /* boxes that make up the place */
    STATIONARY_SHIFTS = 5,       /* recent shifts of the picture */
};

/* The picture at a place. */
struct anchor {
    bool set;
    struct camd_box box;
    struct appearance appearance;
    double shifts[STATIONARY_SHIFTS];
    uint32_t shift_count; /* ever; the oldest are overwritten */
    uint32_t changed;     /* looks in a row that saw it change */
};

struct stationary {
    uint32_t motionless;       /* updates in a row without a move */
    uint32_t position_changes; /* times that it began to move */

    struct camd_box history[STATIONARY_HISTORY_MAX]; /* the oldest first */
    uint32_t history_count;
    struct camd_box samples[STATIONARY_SAMPLES_MAX];
    uint32_t sample_count;
    struct box_real position; /* its place */
    struct anchor anchor;
};

/* A frame's picture, and how many more anchors may be compared with it: that takes time. */
struct stationary_picture {
    const uint8_t *luma; /* rows without padding; NULL: none, boxes decide */
    uint32_t width, height;
    uint32_t looks; /* counts down; at 0 objects that would be looked at stay as they are */
};

/* A new object, whose place is still the whole frame. */
void stationary_init(struct stationary *stationary, uint32_t frame_width, uint32_t frame_height);

/* Its box in the next frame. threshold: motionless updates from which it is stationary. False when it moved. */
bool stationary_update(struct stationary *stationary, const struct label_traits *traits, uint32_t threshold,
                       const struct camd_box *box, struct stationary_picture *picture);

/* What two looks at one place say, for tests and the classifier itself: whether the object stays. */
bool stationary_judge(struct anchor *anchor, double correlation, double shift);

#endif

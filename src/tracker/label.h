/*
 * label.h - what is known of some kinds of objects
 *
 * How much two boxes of a kind may overlap, and how far one may shift and still stand: the reference's tables, by name.
 * Pure.
 */
#ifndef CAMD_TRACKER_LABEL_H
#define CAMD_TRACKER_LABEL_H

#include <stdbool.h>
#include <stdint.h>

struct label_traits {
    const char *name;
    double nms_iou;     /* of two detections with more, the less certain one goes */
    double containment; /* a box with more of its area inside a larger one goes */

    /* a box's IoU with the mean of its recent ones */
    double known_active_iou;     /* below: it moved, whatever else is known */
    double stationary_check_iou; /* below, when stationary: it may have moved */
    double active_check_iou;     /* below, when not stationary: it may have moved */
    uint32_t history;            /* recent boxes */
    bool classified;             /* moves only if its picture does, too (stationary.h) */
};

/* Never NULL: the same traits for all names that have none of their own. */
const struct label_traits *label_traits(const char *name);

#endif

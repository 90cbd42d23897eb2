/*
 * filter.h - which detections count
 *
 * A detector's answer is placed into the frame, and passes the filters of its label and the object masks in the
 * reference's order. Pure.
 */
#ifndef CAMD_TRACKER_FILTER_H
#define CAMD_TRACKER_FILTER_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "tracker/detection.h"
#include "tracker/mask.h"

enum {
    FILTERS_MAX = CAMD_LABELS_MAX,
    OBJECT_MASKS_MAX = MASK_POLYGONS_MAX,
    ROW_VALUES = 6, /* class, score, ymin, xmin, ymax, xmax */
};

/* Areas are pixels, or, between 0 and 1, a fraction of the frame. Ratios are width by height. */
struct filter {
    char label[CAMD_LABEL_BYTES];
    float min_score; /* less certain detections don't begin an object */
    float threshold; /* what an object's computed score has to reach once to be believed */
    double min_area, max_area;
    double min_ratio, max_ratio;
};

/* Where objects are not wanted: those whose bottom centre lies in it. */
struct object_mask {
    char label[CAMD_LABEL_BYTES]; /* empty: of any label */
    struct mask_polygon polygon;
};

#define FILTER_DEFAULTS                                                                                      \
    {                                                                                                        \
        .min_score = 0.5F, .threshold = 0.7F, .min_area = 0.0, .max_area = 24000000.0, .min_ratio = 0.0,     \
        .max_ratio = 24000000.0                                                                              \
    }

/* What lets everything pass. */
#define FILTER_OPEN                                                                                          \
    {                                                                                                        \
        .max_area = INFINITY, .max_ratio = INFINITY                                                          \
    }

/*
 * A row of an answer about that region, as a detection: its box inside the frame, whole pixels. False, with detection
 * untouched, when the row is no box in the frame (or no numbers at all), its class is none of label_count, or its score
 * is not above 0 and at most 1.
 */
bool filter_place(const float row[ROW_VALUES], const struct camd_box *region, uint32_t frame_width,
                  uint32_t frame_height, uint32_t label_count, struct detection *detection);

/* Why a detection does not count. */
enum filter_verdict {
    FILTER_PASSED,
    FILTER_TOO_SMALL,
    FILTER_TOO_LARGE,
    FILTER_SCORE,
    FILTER_TOO_NARROW,
    FILTER_TOO_WIDE,
    FILTER_MASKED,
};

/* One detection against the filter of its label; masks: mask_count pointers to those that hold for the label. */
enum filter_verdict filter_check(const struct filter *filter, const struct mask_polygon *const *masks,
                                 uint32_t mask_count, uint32_t frame_width, uint32_t frame_height,
                                 const struct detection *detection);

#endif

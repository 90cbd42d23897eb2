/*
 * detection.h - what a detector found, and the port through which the pipeline asks for it
 *
 * The pipeline does not know who detects: a detector process (over shared memory), a back-end in the same process
 * (camd-replay) or a file with detections. All of them answer through one function.
 */
#ifndef CAMD_TRACKER_DETECTION_H
#define CAMD_TRACKER_DETECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "camd/segment.h"
#include "camd/shm.h"

enum { DETECTIONS_MAX = CAMD_REGIONS_MAX * CAMD_ANSWER_ROWS };

/* One object found in one region. Boxes are in pixels of the frame, right and bottom inclusive as the reference's. */
struct detection {
    struct camd_box box;
    struct camd_box region; /* where it was looked for */
    float score;            /* 0..1 */
    uint32_t label;         /* index into the labels of `info` */
    bool weak;              /* fit to go on with an object, not to begin one, whatever its score */
};

struct detection_list {
    uint32_t count;
    uint32_t full_answers; /* about regions, with all the rows that they have room for: there may be more */
    struct detection list[DETECTIONS_MAX];
};

/*
 * Looks into the regions of a frame, the first ones first; appends to found in any order. Regions are squares that
 * may exceed the frame to the right and below, or, for a detector that takes letterboxed pictures, the whole frame.
 * Returns 0; on failure -errno (-ETIMEDOUT: no answer in time; -EPIPE: no detector), which never means "no objects":
 * what was found before stays in found, and *answered tells how many of the regions, in their order, were looked
 * into. Fewer than region_count with 0: the frame's time was over.
 */
struct detection_port {
    void *context;
    /* Asked for the whole frame each time, whatever moves: detections are not looked for but known. */
    bool every_frame;
    int (*detect)(void *context, const struct camd_frame *frame, const struct camd_box *regions,
                  uint32_t region_count, struct detection_list *found, uint32_t *answered);
};

#endif

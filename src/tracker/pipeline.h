/*
 * pipeline.h - what the tracker does with a frame, step by step
 *
 * The order is the reference's (spec C4): the mount's state, motion, regions, detection, tracking, result.
 * Regions, detection and tracking go between look_for_motion and note_activity in pipeline_frame; what they
 * find has its place in struct camd_result. No I/O: the frame, the time and the mount's state come as
 * arguments.
 */
#ifndef CAMD_TRACKER_PIPELINE_H
#define CAMD_TRACKER_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "activity.h"
#include "camd/segment.h"
#include "motion.h"
#include "settings.h"

struct pipeline {
    struct settings settings;
    struct motion motion; /* of the frames' size, when has_motion */
    bool has_motion;
    struct activity activity;

    /* of the last frame */
    struct camd_frame frame; /* pixels is NULL: they are the capture's again */
    bool ptz_moving;
    struct motion_outcome outcome;
};

/* Settings as given, no frames yet. */
void pipeline_init(struct pipeline *pipeline, const struct settings *settings);
void pipeline_fini(struct pipeline *pipeline);

/*
 * Frames have this size from now on. What was learnt stays when they had it before. 0 or -ENOMEM, pipeline as
 * it was then.
 */
int pipeline_set_size(struct pipeline *pipeline, uint32_t width, uint32_t height);

/*
 * New settings, from the next frame on; other masks or another height of the motion picture start motion
 * anew. 0 or -ENOMEM, the old settings hold then.
 */
int pipeline_configure(struct pipeline *pipeline, const struct settings *settings);

/* Looks at a frame of the size that was set. ptz_moving: the camera pans, tilts or zooms. */
void pipeline_frame(struct pipeline *pipeline, const struct camd_frame *frame, bool ptz_moving,
                    int64_t now_ns);

/* Time passed without a frame: motion may be over. */
void pipeline_tick(struct pipeline *pipeline, int64_t now_ns);
/* When pipeline_tick has something to do; INT64_MAX for never. */
int64_t pipeline_deadline_ns(const struct pipeline *pipeline);

/* Writes what the last frame gave; all but the sequence word. */
void pipeline_write_result(const struct pipeline *pipeline, int64_t now_ns, struct camd_result *result);

#endif

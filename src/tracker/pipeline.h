/*
 * pipeline.h - what the tracker does with a frame, step by step
 *
 * The order is the reference's: the mount's state, motion, regions, detection, tracking, result. No I/O but
 * through the port to the detector: the frame, the time, the labels, the grid and the mount's state come as arguments;
 * the same frames give the same results. Large: not for the stack.
 */
#ifndef CAMD_TRACKER_PIPELINE_H
#define CAMD_TRACKER_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/segment.h"
#include "tracker/activity.h"
#include "tracker/detect.h"
#include "tracker/frame_time.h"
#include "tracker/limits.h"
#include "tracker/motion.h"
#include "tracker/movers.h"
#include "tracker/objects.h"
#include "tracker/policy.h"
#include "tracker/tracker_settings.h"

/* Who the pipeline works with. */
struct pipeline_ports {
    struct detection_port detection; /* for the back-ends in other processes; detect NULL: none there now */
    struct objects_listener listener;
    uint64_t first_object_id; /* from 1 up */
};

/* What the last frame took of the detector. */
struct pipeline_counts {
    uint32_t regions;  /* looked into */
    uint32_t left_out; /* regions for which there was no time */
    int error;         /* of the detector: -errno, or 0 */
};

struct pipeline {
    struct settings settings;
    struct motion motion; /* of the frames' size, when has_motion */
    bool has_motion;
    struct activity activity;

    struct pipeline_ports ports;
    uint32_t label_count;
    char labels[CAMD_LABELS_MAX][CAMD_LABEL_BYTES];
    struct camd_grid grid;
    struct policy policy; /* of settings and labels */
    struct detect detect;
    struct movers movers; /* when the back-end is motion */
    struct objects objects;

    struct frame_time time;

    /* of the last frame */
    struct camd_frame frame; /* pixels is NULL: they are the capture's again */
    bool ptz_moving;
    uint32_t pictures; /* that motion has looked at since it began with this view, up to FIRST_PICTURES */
    struct motion_outcome outcome;
    struct pipeline_counts counts;
    struct limits limits; /* what had no room, in all frames */
};

/* Settings as given, no frames yet; no labels, an empty grid, nobody to work with. */
void pipeline_init(struct pipeline *pipeline, const struct settings *settings);
void pipeline_fini(struct pipeline *pipeline);

/* Before the first frame. The port's detector may come and go: pipeline->ports.detection is the caller's to change. */
void pipeline_connect(struct pipeline *pipeline, const struct pipeline_ports *ports);
/* The labels of `info`; other ones end all objects. */
void pipeline_set_labels(struct pipeline *pipeline, const char (*labels)[CAMD_LABEL_BYTES], uint32_t count);
/* What was learnt of where objects of which size appear; from the next frame on. */
void pipeline_set_grid(struct pipeline *pipeline, const struct camd_grid *grid);
/* Ids of objects below this one are taken; what no id can be is passed over (objects.h). */
void pipeline_skip_object_ids(struct pipeline *pipeline, uint64_t next_id);
/* Ends all objects, which the listener hears of. */
void pipeline_end_objects(struct pipeline *pipeline, enum object_reason reason);

/*
 * Frames have this size from now on. What was learnt stays when they had it before. 0 or -ENOMEM, pipeline as
 * it was then.
 */
int pipeline_set_size(struct pipeline *pipeline, uint32_t width, uint32_t height);

/*
 * New settings, from the next frame on; other masks or another height of the motion picture start motion
 * again; another back-end, or labels that are not tracked any more, end objects. 0 or -ENOMEM, the old settings hold then.
 */
int pipeline_configure(struct pipeline *pipeline, const struct settings *settings);

/* Looks at a frame of the size that was set, unless it is damaged. ptz_moving: the camera pans, tilts or zooms. */
void pipeline_frame(struct pipeline *pipeline, const struct camd_frame *frame, bool ptz_moving,
                    int64_t now_ns);

/* Time passed without a frame: motion may be over. */
void pipeline_tick(struct pipeline *pipeline, int64_t now_ns);
/* When pipeline_tick has something to do; INT64_MAX for never. */
int64_t pipeline_deadline_ns(const struct pipeline *pipeline);

/* Writes what the last frame gave; all but the sequence word. */
void pipeline_write_result(const struct pipeline *pipeline, int64_t now_ns, struct camd_result *result);

#endif

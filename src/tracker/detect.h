/*
 * detect.h - one frame's detection: where to look, what was found, what it means for the objects
 *
 * The reference's steps: stationary objects that nothing touches are not looked for, and are taken to be where
 * they were; regions come from the other objects, from motion, at first from the grid; what the detector finds is filtered
 * and reduced. A detector that fails says nothing about objects: none ages by it, and the same holds for those that
 * there was no time to look for. No I/O but through the port.
 */
#ifndef CAMD_TRACKER_DETECT_H
#define CAMD_TRACKER_DETECT_H

#include "tracker/attention.h"
#include "tracker/detection.h"
#include "tracker/objects.h"
#include "tracker/policy.h"
#include "tracker/tracker_settings.h"

struct detect {
    struct attention attention;
    uint32_t since_stationary; /* frames since stationary objects were detected */
    bool begun;                /* the first frame was looked at */
    uint32_t untracked_count;  /* found in the last frame, but not tracked */
    struct camd_box untracked[REGION_BOXES_MAX];

    /* of the last frame */
    struct attention_choice choice; /* regions looked into */
    int error;                      /* of the detector: -errno, or 0 */
    uint32_t left_out;              /* detections for which there was no room */

    struct detection_list found, weak; /* room to work in */
    enum sighting sightings[DETECTIONS_MAX];
    bool kept[TRACKS_MAX]; /* stationary objects that are not looked for */
};

/* What a frame is looked at with. */
struct detect_input {
    const struct settings *settings;
    const struct policy *policy;
    const struct camd_grid *grid;
    const struct detection_port *port; /* detect NULL: there is no detector now */
    const struct camd_frame *frame;
    const struct object_frame *objects_frame;
    const struct camd_box *motion; /* boxes that mean something */
    uint32_t motion_count;
    bool everywhere; /* there are none that do: while motion is calibrating, or not looked for */
};

void detect_init(struct detect *detect);
void detect_frame(struct detect *detect, const struct detect_input *input, struct objects *objects);

/*
 * The part that begins when the detections are there: filters, reduction, objects. found: as the detector gave them, all
 * regions of the frame having been looked into.
 */
void detect_take(struct detect *detect, const struct detect_input *input, struct objects *objects);

#endif

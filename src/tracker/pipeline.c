#include "pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A moving camera shows motion everywhere: this part of the frame, in tenths, stands for it. */
enum { PTZ_BOX_FROM = 1, PTZ_BOX_TO = 9, PTZ_BOX_PARTS = 10 };

void pipeline_init(struct pipeline *pipeline, const struct settings *settings)
{
    *pipeline = (struct pipeline){.settings = *settings, .outcome.calibrating = true};
}

void pipeline_fini(struct pipeline *pipeline)
{
    if (pipeline->has_motion)
        motion_fini(&pipeline->motion);
    pipeline->has_motion = false;
}

/* ---- sizes and settings ----------------------------------------------------------------------------------
 */

static int apply_masks(struct motion *motion, const struct settings *settings)
{
    if (settings->mask_count == 0) {
        motion_set_mask(motion, NULL);
        return 0;
    }
    uint8_t *mask = malloc((size_t)motion->width * motion->height);
    if (!mask)
        return -ENOMEM;
    int result = mask_draw(settings->masks, settings->mask_count, motion->frame_width, motion->frame_height,
                           mask, motion->width, motion->height);
    if (result == 0)
        motion_set_mask(motion, mask);
    free(mask);
    return result;
}

/* Puts a new motion detector in the place of the old one. */
static int renew_motion(struct pipeline *pipeline, const struct settings *settings, uint32_t width,
                        uint32_t height)
{
    struct motion motion;
    int result = motion_init(&motion, width, height, settings->motion_height);
    if (result < 0)
        return result;
    result = apply_masks(&motion, settings);
    if (result < 0) {
        motion_fini(&motion);
        return result;
    }
    pipeline_fini(pipeline);
    pipeline->motion = motion;
    pipeline->has_motion = true;
    pipeline->outcome.calibrating = true;
    return 0;
}

int pipeline_set_size(struct pipeline *pipeline, uint32_t width, uint32_t height)
{
    const struct motion *motion = &pipeline->motion;
    if (pipeline->has_motion && motion->frame_width == width && motion->frame_height == height)
        return 0;
    return renew_motion(pipeline, &pipeline->settings, width, height);
}

int pipeline_configure(struct pipeline *pipeline, const struct settings *settings)
{
    struct motion *motion = &pipeline->motion;
    int result = 0;
    if (!pipeline->has_motion)
        result = 0;
    else if (settings->motion_height != pipeline->settings.motion_height)
        result = renew_motion(pipeline, settings, motion->frame_width, motion->frame_height);
    else if (!settings_masks_are_equal(settings, &pipeline->settings))
        result = apply_masks(motion, settings);
    if (result < 0)
        return result;
    pipeline->settings = *settings;
    if (!settings->motion)
        pipeline->activity.active = false;
    return 0;
}

/* ---- a frame ---------------------------------------------------------------------------------------------
 */

static void set_ptz_box(const struct motion *motion, struct motion_outcome *outcome)
{
    int32_t width = (int32_t)motion->frame_width, height = (int32_t)motion->frame_height;
    outcome->box_count = 1;
    outcome->boxes[0] = (struct camd_box){
        .x1 = width * PTZ_BOX_FROM / PTZ_BOX_PARTS,
        .y1 = height * PTZ_BOX_FROM / PTZ_BOX_PARTS,
        .x2 = width * PTZ_BOX_TO / PTZ_BOX_PARTS,
        .y2 = height * PTZ_BOX_TO / PTZ_BOX_PARTS,
    };
}

/* While the camera moves nothing is learnt: the average would be of everything it passes. */
static void look_for_motion(struct pipeline *pipeline, const uint8_t *luma)
{
    struct motion_outcome *outcome = &pipeline->outcome;
    if (!pipeline->settings.motion)
        outcome->box_count = 0;
    else if (pipeline->ptz_moving)
        set_ptz_box(&pipeline->motion, outcome);
    else
        motion_detect(&pipeline->motion, &pipeline->settings.detector, luma, outcome);
}

static void note_activity(struct pipeline *pipeline, int64_t now_ns)
{
    if (pipeline->outcome.box_count > 0 && !pipeline->outcome.calibrating)
        activity_seen(&pipeline->activity, now_ns);
    else
        activity_expire(&pipeline->activity, now_ns, pipeline->settings.off_delay_ns);
}

void pipeline_frame(struct pipeline *pipeline, const struct camd_frame *frame, bool ptz_moving,
                    int64_t now_ns)
{
    pipeline->frame = *frame;
    pipeline->frame.pixels = NULL;
    pipeline->ptz_moving = ptz_moving;
    look_for_motion(pipeline, frame->pixels);
    note_activity(pipeline, now_ns);
}

void pipeline_tick(struct pipeline *pipeline, int64_t now_ns)
{
    activity_expire(&pipeline->activity, now_ns, pipeline->settings.off_delay_ns);
}

int64_t pipeline_deadline_ns(const struct pipeline *pipeline)
{
    return activity_deadline_ns(&pipeline->activity, pipeline->settings.off_delay_ns);
}

/* ---- the result ------------------------------------------------------------------------------------------
 */

static uint32_t result_flags(const struct pipeline *pipeline)
{
    uint32_t flags = 0;
    if (pipeline->outcome.calibrating)
        flags |= CAMD_RESULT_CALIBRATING;
    if (pipeline->activity.active)
        flags |= CAMD_RESULT_MOTION;
    if (pipeline->ptz_moving)
        flags |= CAMD_RESULT_PTZ;
    return flags;
}

void pipeline_write_result(const struct pipeline *pipeline, int64_t now_ns, struct camd_result *result)
{
    const struct camd_frame *frame = &pipeline->frame;
    result->flags = result_flags(pipeline);
    result->frame_id = frame->frame_id;
    result->arrival_ns = frame->arrival_ns;
    result->wall_ns = frame->wall_ns;
    result->done_ns = now_ns;
    result->epoch = frame->epoch;
    result->slot = frame->slot;
    result->object_count = 0;
    result->motion_count = pipeline->outcome.box_count;
    result->region_count = 0;
    result->reserved = 0;
    memcpy(result->motion, pipeline->outcome.boxes, pipeline->outcome.box_count * sizeof(*result->motion));
}

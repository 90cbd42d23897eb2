#include "tracker/pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is in the first pictures is no motion: for so many objects are looked for everywhere. */
enum { FIRST_PICTURES = 10 };

/* How many stationary objects a frame is looked at for, at most: each takes a part of a millisecond. */
enum { LOOKS_A_FRAME = 3 };

#define NS_PER_S 1e9

/* A moving camera shows motion everywhere: this part of the frame, in tenths, stands for it. */
enum { PTZ_BOX_FROM = 1, PTZ_BOX_TO = 9, PTZ_BOX_PARTS = 10 };

void pipeline_init(struct pipeline *pipeline, const struct settings *settings)
{
    static const struct pipeline_ports nobody = {.first_object_id = 1};
    memset(pipeline, 0, sizeof(*pipeline));
    pipeline->settings = *settings;
    pipeline->outcome.calibrating = true;
    detect_init(&pipeline->detect);
    pipeline_connect(pipeline, &nobody);
}

void pipeline_fini(struct pipeline *pipeline)
{
    if (pipeline->has_motion)
        motion_fini(&pipeline->motion);
    pipeline->has_motion = false;
    movers_fini(&pipeline->movers);
}

/* ---- whom it works with, what is known ---- */

/*
 * What begins a track: with a detector, what the label's filter lets through. Known detections and what moves have scores on
 * scales of their own, for which the tracks' default is made.
 */
static float start_score(const struct pipeline *pipeline)
{
    bool judged = pipeline->settings.detection.backend == SETTINGS_BACKEND_PROCESS &&
                  !pipeline->ports.detection.every_frame;
    return policy_start_score(&pipeline->policy, judged);
}

static void begin_objects(struct pipeline *pipeline, uint64_t first_id)
{
    struct tracker_settings_tracking tracking = tracker_settings_tracking(&pipeline->settings);
    objects_init(&pipeline->objects, &tracking, start_score(pipeline), first_id, &pipeline->ports.listener,
                 pipeline->motion.frame_width, pipeline->motion.frame_height);
}

void pipeline_connect(struct pipeline *pipeline, const struct pipeline_ports *ports)
{
    pipeline->ports = *ports;
    begin_objects(pipeline, ports->first_object_id);
}

static void remake_policy(struct pipeline *pipeline)
{
    struct tracker_settings_tracking tracking = tracker_settings_tracking(&pipeline->settings);
    policy_make(&pipeline->policy, &pipeline->settings, (const char(*)[CAMD_LABEL_BYTES])pipeline->labels,
                pipeline->label_count);
    objects_configure(&pipeline->objects, &tracking, start_score(pipeline));
}

void pipeline_set_labels(struct pipeline *pipeline, const char (*labels)[CAMD_LABEL_BYTES], uint32_t count)
{
    if (count > CAMD_LABELS_MAX)
        count = CAMD_LABELS_MAX;
    size_t bytes = count * sizeof(*labels);
    if (count == pipeline->label_count && memcmp(labels, pipeline->labels, bytes) == 0)
        return;
    pipeline_end_objects(pipeline, OBJECT_REASON_SETTINGS);
    memcpy(pipeline->labels, labels, bytes);
    pipeline->label_count = count;
    remake_policy(pipeline);
}

void pipeline_set_grid(struct pipeline *pipeline, const struct camd_grid *grid)
{
    pipeline->grid = *grid;
}

void pipeline_skip_object_ids(struct pipeline *pipeline, uint64_t next_id)
{
    objects_skip_ids(&pipeline->objects, next_id);
}

void pipeline_end_objects(struct pipeline *pipeline, enum object_reason reason)
{
    objects_end_all(&pipeline->objects, reason, pipeline->motion.frame_width, pipeline->motion.frame_height);
}

/* ---- sizes and settings ---- */

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
    if (pipeline->has_motion)
        motion_fini(&pipeline->motion);
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
    int result = renew_motion(pipeline, &pipeline->settings, width, height);
    if (result < 0)
        return result;
    movers_fini(&pipeline->movers);
    pipeline->pictures = 0;
    pipeline_end_objects(pipeline, OBJECT_REASON_RESIZED);
    detect_init(&pipeline->detect);
    return 0;
}

/* What follows from the new settings for objects. */
static void adopt_settings(struct pipeline *pipeline, const struct settings *settings)
{
    const struct settings_detector *old = &pipeline->settings.detection, *new = &settings->detection;
    bool other_detector = old->backend != new->backend || strcmp(old->name, new->name) != 0;
    bool other_zones = !tracker_settings_zones_are_equal(settings, &pipeline->settings);
    if (new->backend != SETTINGS_BACKEND_MOTION)
        movers_fini(&pipeline->movers);
    pipeline->settings = *settings;
    if (other_detector) {
        pipeline->pictures = 0;
        pipeline_end_objects(pipeline, OBJECT_REASON_SETTINGS);
        detect_init(&pipeline->detect);
    }
    remake_policy(pipeline);
    objects_end_unwanted(&pipeline->objects, &pipeline->policy);
    if (other_zones)
        objects_forget_zones(&pipeline->objects);
}

int pipeline_configure(struct pipeline *pipeline, const struct settings *settings)
{
    struct motion *motion = &pipeline->motion;
    int result = 0;
    if (!pipeline->has_motion)
        result = 0;
    else if (settings->motion_height != pipeline->settings.motion_height)
        result = renew_motion(pipeline, settings, motion->frame_width, motion->frame_height);
    else if (!tracker_settings_masks_are_equal(settings, &pipeline->settings))
        result = apply_masks(motion, settings);
    if (result < 0)
        return result;
    if (!tracker_settings_masks_are_equal(settings, &pipeline->settings))
        movers_fini(&pipeline->movers); /* its masks are drawn when it begins */
    adopt_settings(pipeline, settings);
    if (!settings->motion)
        pipeline->activity.active = false;
    return 0;
}

/* ---- a frame ---- */

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

/* The camera has stopped somewhere else. */
static void take_another_view(struct pipeline *pipeline)
{
    motion_restart(&pipeline->motion);
    movers_fini(&pipeline->movers);
    pipeline->pictures = 0;
}

/* While the camera moves nothing is learnt: the average would be of everything it passes. */
static void look_for_motion(struct pipeline *pipeline, const uint8_t *luma)
{
    struct motion_outcome *outcome = &pipeline->outcome;
    outcome->left_out = 0;
    if (!pipeline->settings.motion)
        outcome->box_count = 0;
    else if (pipeline->ptz_moving)
        set_ptz_box(&pipeline->motion, outcome);
    else
        motion_detect(&pipeline->motion, &pipeline->settings.detector, luma, outcome);
}

static void no_objects(struct pipeline *pipeline, const struct object_frame *frame, const uint8_t *pixels)
{
    (void)pipeline;
    (void)frame;
    (void)pixels;
}

static struct detect_input detect_input(const struct pipeline *pipeline, const struct object_frame *frame)
{
    return (struct detect_input){
        .settings = &pipeline->settings,
        .policy = &pipeline->policy,
        .grid = &pipeline->grid,
        .port = &pipeline->ports.detection,
        .objects_frame = frame,
        .everywhere = true,
    };
}

/* What moves is an object. While the camera itself moves that is everything, so nothing is said of objects. */
static void moving_objects(struct pipeline *pipeline, const struct object_frame *frame, const uint8_t *pixels)
{
    struct detect_input input = detect_input(pipeline, frame);
    struct detect *detect = &pipeline->detect;
    detect->choice.count = 0;
    detect->choice.left_out = 0;
    struct movers_input movers = {
        .width = frame->width,
        .height = frame->height,
        .pixels = pixels,
        .fps = pipeline->settings.tracking.fps,
        .masks = pipeline->settings.masks,
        .mask_count = pipeline->settings.mask_count,
        .tracks = &pipeline->objects.tracks,
        .ignore_light = pipeline->settings.detector.ignore_light,
    };
    detect->error = pipeline->ptz_moving ? 0 : movers_detect(&pipeline->movers, &movers, &detect->found);
    if (pipeline->ptz_moving || detect->error < 0 || pipeline->movers.is_unsure)
        objects_hold(&pipeline->objects, frame->taken_ns);
    else
        detect_take(detect, &input, &pipeline->objects);
}

/*
 * Objects that a detector finds. While motion tells nothing, they may be anywhere: the reference looks at nothing new then,
 * and in a place that is never quiet it never begins.
 */
static void detected_objects(struct pipeline *pipeline, const struct object_frame *frame,
                             const uint8_t *pixels)
{
    struct detect_input input = detect_input(pipeline, frame);
    struct camd_frame picture = pipeline->frame;
    picture.pixels = pixels;
    input.frame = &picture;
    input.everywhere =
        !pipeline->settings.motion || pipeline->outcome.calibrating || pipeline->pictures < FIRST_PICTURES;
    input.motion = pipeline->outcome.boxes;
    input.motion_count = input.everywhere ? 0 : pipeline->outcome.box_count;
    detect_frame(&pipeline->detect, &input, &pipeline->objects);
}

static void look_for_objects(struct pipeline *pipeline, const uint8_t *pixels, int64_t now_ns)
{
    static void (*const backends[])(struct pipeline * pipeline, const struct object_frame *frame,
                                    const uint8_t *pixels) = {
        [SETTINGS_BACKEND_NONE] = no_objects,
        [SETTINGS_BACKEND_MOTION] = moving_objects,
        [SETTINGS_BACKEND_PROCESS] = detected_objects,
    };
    const struct settings *settings = &pipeline->settings;
    /* of this frame, whoever looks at it, or nobody */
    pipeline->detect.left_out = pipeline->movers.left_out = 0;
    struct stationary_picture picture = {
        .luma = pipeline->ptz_moving ? NULL : pixels,
        .width = pipeline->motion.frame_width,
        .height = pipeline->motion.frame_height,
        .looks = LOOKS_A_FRAME,
    };
    struct object_frame frame = {
        .width = pipeline->motion.frame_width,
        .height = pipeline->motion.frame_height,
        .pixels = pixels,
        .frame_id = pipeline->frame.frame_id,
        .now_ns = now_ns,
        .taken_ns =
            frame_time_next(&pipeline->time, &pipeline->frame, (int64_t)(NS_PER_S / settings->tracking.fps)),
        .wall_ns = pipeline->frame.wall_ns,
        .zones = settings->zones,
        .zone_count = settings->zone_count,
        .stationary_threshold = tracker_settings_tracking(settings).stationary_threshold,
        .picture = &picture,
    };
    backends[settings->detection.backend](pipeline, &frame, pixels);
    pipeline->counts = (struct pipeline_counts){pipeline->detect.choice.count,
                                                pipeline->detect.choice.left_out, pipeline->detect.error};
}

static void note_activity(struct pipeline *pipeline, int64_t now_ns)
{
    if (pipeline->outcome.box_count > 0 && !pipeline->outcome.calibrating)
        activity_seen(&pipeline->activity, now_ns);
    else
        activity_expire(&pipeline->activity, now_ns, pipeline->settings.off_delay_ns);
}

/* What had no room in this frame. */
static void note_limits(struct pipeline *pipeline)
{
    const struct detect *detect = &pipeline->detect;
    const bool has_objects = pipeline->settings.detection.backend != SETTINGS_BACKEND_NONE;
    const bool is_asked = pipeline->settings.detection.backend == SETTINGS_BACKEND_PROCESS;
    const bool moves = pipeline->settings.detection.backend == SETTINGS_BACKEND_MOTION;
    const uint32_t shown = objects_present(&pipeline->objects);
    const uint32_t counts[LIMIT_COUNT] = {
        [LIMIT_TRACKS] = has_objects ? pipeline->objects.tracks.left_out : 0,
        [LIMIT_DETECTIONS] = has_objects ? detect->left_out : 0,
        [LIMIT_ANSWERS] = is_asked ? detect->found.full_answers : 0,
        [LIMIT_REGIONS] = is_asked ? detect->choice.left_out : 0,
        [LIMIT_FIGURES] = moves ? pipeline->movers.left_out : 0,
        [LIMIT_MOTION] = pipeline->outcome.left_out,
        [LIMIT_SHOWN] = shown > CAMD_OBJECTS_MAX ? shown - CAMD_OBJECTS_MAX : 0,
    };
    for (int i = 0; i < LIMIT_COUNT; i++)
        limits_note(&pipeline->limits, (enum limit)i, counts[i], pipeline->frame.frame_id);
}

/* Smear moves and looks like anything: nothing is learnt from it, and objects stay as they were. */
static void pass_over_damaged(struct pipeline *pipeline)
{
    pipeline->outcome.box_count = 0;
    pipeline->detect.choice.count = 0;
    pipeline->counts = (struct pipeline_counts){0};
}

void pipeline_frame(struct pipeline *pipeline, const struct camd_frame *frame, bool ptz_moving,
                    int64_t now_ns)
{
    pipeline->frame = *frame;
    pipeline->frame.pixels = NULL;
    if (pipeline->ptz_moving && !ptz_moving)
        take_another_view(pipeline);
    pipeline->ptz_moving = ptz_moving;
    if (frame->flags & CAMD_FRAME_DAMAGED) {
        pass_over_damaged(pipeline);
        return;
    }
    if (!ptz_moving && pipeline->pictures < FIRST_PICTURES)
        pipeline->pictures++;
    look_for_motion(pipeline, frame->pixels);
    look_for_objects(pipeline, frame->pixels, now_ns);
    note_activity(pipeline, now_ns);
    note_limits(pipeline);
}

void pipeline_tick(struct pipeline *pipeline, int64_t now_ns)
{
    activity_expire(&pipeline->activity, now_ns, pipeline->settings.off_delay_ns);
}

int64_t pipeline_deadline_ns(const struct pipeline *pipeline)
{
    return activity_deadline_ns(&pipeline->activity, pipeline->settings.off_delay_ns);
}

/* ---- the result ---- */

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
    objects_write(&pipeline->objects, result);
    result->motion_count = pipeline->outcome.box_count;
    result->region_count = pipeline->detect.choice.count;
    for (uint32_t i = 0; i < result->region_count; i++)
        result->regions[i] = pipeline->detect.choice.regions[i].region;
    result->reserved = 0;
    memcpy(result->motion, pipeline->outcome.boxes, pipeline->outcome.box_count * sizeof(*result->motion));
}

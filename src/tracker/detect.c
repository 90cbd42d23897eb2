#include "tracker/detect.h"

#include <errno.h>
#include <string.h>

#include "tracker/box.h"
#include "tracker/reduce.h"

enum { SHRINK_MAX = 2 };

#define LOOKED_AT_SHARE 0.9 /* of an object in a region: then it would have been found whole */

void detect_init(struct detect *detect)
{
    memset(detect, 0, sizeof(*detect));
}

/* ---- where to look ---- */

static bool touches_motion(const struct detect_input *input, const struct camd_box *box)
{
    for (uint32_t i = 0; i < input->motion_count; i++)
        if (box_overlap(&input->motion[i], box))
            return true;
    return false;
}

/* Stationary objects that are not looked for in this frame. */
static void note_kept(struct detect *detect, const struct detect_input *input, const struct objects *objects)
{
    struct tracker_settings_tracking tracking = tracker_settings_tracking(input->settings);
    bool due = detect->since_stationary >= tracking.stationary_interval;
    detect->since_stationary = due ? 0 : detect->since_stationary + 1;
    for (uint32_t i = 0; i < TRACKS_MAX; i++) {
        const struct object *object = &objects->list[i];
        detect->kept[i] = !due && object->id != 0 &&
                          object->stationary.motionless >= tracking.stationary_threshold &&
                          objects->tracks.list[i].disappeared == 0 && !touches_motion(input, &object->box);
    }
}

/* The boxes that regions are made about; returns how many. */
static uint32_t wanted_boxes(const struct detect *detect, const struct detect_input *input,
                             const struct objects *objects, struct camd_box boxes[REGION_BOXES_MAX])
{
    struct tracker_settings_tracking tracking = tracker_settings_tracking(input->settings);
    uint32_t count = 0;
    for (uint32_t i = 0; i < TRACKS_MAX && count < REGION_BOXES_MAX; i++) {
        const struct object *object = &objects->list[i];
        if (object->id == 0 || detect->kept[i])
            continue;
        bool stands = object->stationary.motionless >= tracking.stationary_threshold;
        boxes[count++] = stands ? object->box : objects->tracks.list[i].estimate;
    }
    for (uint32_t i = 0; i < detect->untracked_count && count < REGION_BOXES_MAX; i++)
        boxes[count++] = detect->untracked[i];
    return count;
}

/*
 * Whether so much of a frame is lost in the tensor that squares are worth their time beside the whole frame: what is
 * about 60 pixels high in the frame has fewer than 30 in it then, and detectors begin to miss it.
 */
static bool needs_squares(const struct settings_detector *detector, const struct objects *objects)
{
    return objects->width > SHRINK_MAX * detector->width || objects->height > SHRINK_MAX * detector->height;
}

/* The smallest region: squares beside the whole frame must not be enlarged, which makes detectors see things. */
static int32_t smallest_region(const struct settings_detector *detector)
{
    uint32_t longer = detector->width > detector->height ? detector->width : detector->height;
    int32_t least = region_side_min(detector->width, detector->height);
    return detector->letterbox && (int32_t)longer > least ? (int32_t)longer : least;
}

static void choose_regions(struct detect *detect, const struct detect_input *input,
                           const struct objects *objects)
{
    struct camd_box boxes[REGION_BOXES_MAX];
    const struct settings_detector *detector = &input->settings->detection;
    struct attention_frame frame = {
        .frame = {(int32_t)objects->width, (int32_t)objects->height, smallest_region(detector)},
        .whole_frame = detector->letterbox,
        .squares = needs_squares(detector, objects),
        .first = !detect->begun,
        .everywhere = input->everywhere,
        .grid = input->grid,
        .objects = boxes,
        .object_count = wanted_boxes(detect, input, objects, boxes),
        .motion = input->motion,
        .motion_count = input->motion_count,
    };
    detect->begun = true;
    if (!input->port->every_frame) {
        attention_choose(&detect->attention, &frame, input->settings->max_regions, &detect->choice);
        return;
    }
    detect->choice.count = 1;
    detect->choice.left_out = 0;
    detect->choice.regions[0] =
        (struct attention_region){.region = {0, 0, frame.frame.width, frame.frame.height}};
}

/* Asks the detector. False when nothing at all is known of the frame. */
static bool ask(struct detect *detect, const struct detect_input *input)
{
    struct attention_choice *choice = &detect->choice;
    struct camd_box regions[CAMD_REGIONS_MAX];
    uint32_t answered = 0;
    detect->found.count = detect->found.full_answers = 0;
    if (choice->count == 0)
        return true;
    for (uint32_t i = 0; i < choice->count; i++)
        regions[i] = choice->regions[i].region;
    detect->error = input->port->detect ? input->port->detect(input->port->context, input->frame, regions,
                                                              choice->count, &detect->found, &answered)
                                        : -EPIPE;
    if (detect->found.count > DETECTIONS_MAX)
        detect->found.count = DETECTIONS_MAX;
    attention_postpone(&detect->attention, choice, answered < choice->count ? answered : choice->count);
    return choice->count > 0;
}

/* ---- what was found ---- */

/*
 * Whether a detection that is confident may begin an object. What does not move and is not sure is a part of the scene more
 * often than an object; an object that came to rest is tracked already. Says yes where motion tells nothing.
 */
static bool may_begin(const struct detect_input *input, const struct detection *detection)
{
    const float sure = input->policy->labels[detection->label].filter->threshold;
    return input->everywhere || input->port->every_frame || detection->score >= sure ||
           touches_motion(input, &detection->box);
}

/* Sorts them out: the confident ones stay in found, weak ones go to weak. */
static void judge(struct detect *detect, const struct detect_input *input, const struct objects *objects)
{
    struct detection_list *found = &detect->found;
    uint32_t confident = 0;
    detect->weak.count = 0;
    for (uint32_t i = 0; i < found->count; i++) {
        const struct detection *detection = &found->list[i];
        enum policy_verdict verdict = policy_judge(input->policy, objects->width, objects->height, detection);
        if (verdict == POLICY_CONFIDENT && !may_begin(input, detection))
            verdict = POLICY_WEAK;
        switch (verdict) {
        case POLICY_CONFIDENT:
            found->list[confident++] = *detection;
            break;
        case POLICY_WEAK:
            detect->weak.list[detect->weak.count] = *detection;
            detect->weak.list[detect->weak.count++].weak = true;
            break;
        case POLICY_DROPPED:
            break;
        }
    }
    found->count = confident;
}

/* Whether one of the first count detections found is the same object. */
static bool is_found(const struct detect *detect, const struct policy *policy, uint32_t count, uint32_t label,
                     const struct camd_box *box)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct detection *detection = &detect->found.list[i];
        if (detection->label == label && box_iou(&detection->box, box) > policy->traits[label]->nms_iou)
            return true;
    }
    return false;
}

/* Whether a weak detection is the same object as one of the first count detections found, or a part of it. */
static bool is_part_of_found(const struct detect *detect, const struct policy *policy, uint32_t count,
                             const struct detection *weak)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct detection *detection = &detect->found.list[i];
        if (detection->label == weak->label &&
            reduce_is_inside(&weak->box, &detection->box, policy->traits[weak->label]))
            return true;
    }
    return is_found(detect, policy, count, weak->label, &weak->box);
}

static void append(struct detect *detect, const struct detection *detection, enum sighting sighting)
{
    if (detect->found.count == DETECTIONS_MAX) {
        detect->left_out++;
        return;
    }
    detect->sightings[detect->found.count] = sighting;
    detect->found.list[detect->found.count++] = *detection;
}

/* One detection an object: confident ones, then weak ones of objects that have none. */
static void reduce(struct detect *detect, const struct detect_input *input, const struct objects *objects)
{
    const struct policy *policy = input->policy;
    int32_t width = (int32_t)objects->width, height = (int32_t)objects->height;
    bool one_each = input->port->every_frame; /* known detections are one an object already */
    if (!one_each) {
        reduce_detections(&detect->found, policy->traits, width, height, 0.0F);
        reduce_detections(&detect->weak, policy->traits, width, height, 0.0F);
    }
    uint32_t confident = detect->found.count;
    for (uint32_t i = 0; i < confident; i++)
        detect->sightings[i] = SIGHTING_NEW;
    for (uint32_t i = 0; i < detect->weak.count; i++) {
        const struct detection *weak = &detect->weak.list[i];
        if (one_each || !is_part_of_found(detect, policy, confident, weak))
            append(detect, weak, SIGHTING_NEW);
    }
}

static bool was_looked_at(const struct detect *detect, const struct camd_box *box)
{
    double area = (double)box_area(box);
    for (uint32_t i = 0; i < detect->choice.count; i++)
        if ((double)box_common_area(&detect->choice.regions[i].region, box) >= LOOKED_AT_SHARE * area)
            return true;
    return false;
}

/* Lost objects for which there was no time are not missed once more. */
static void hold_lost(const struct detect *detect, struct objects *objects)
{
    for (uint32_t i = 0; i < TRACKS_MAX; i++) {
        struct track *track = &objects->tracks.list[i];
        track->not_looked_for = detect->choice.left_out > 0 && track->id != 0 && track->disappeared > 0 &&
                                !was_looked_at(detect, &track->estimate);
    }
}

/* Objects that were not looked for are taken to be where they are thought to be. */
static void add_not_looked_for(struct detect *detect, const struct detect_input *input,
                               const struct objects *objects)
{
    uint32_t found = detect->found.count;
    for (uint32_t i = 0; i < TRACKS_MAX; i++) {
        const struct object *object = &objects->list[i];
        const struct track *track = &objects->tracks.list[i];
        if (object->id == 0 || track->disappeared > 0 || object->label >= input->policy->label_count)
            continue;
        struct detection same = {
            .box = detect->kept[i] ? object->box : track->estimate,
            .region = object->region,
            .score = object->score,
            .label = object->label,
        };
        bool held = !detect->kept[i] && detect->choice.left_out > 0 && !was_looked_at(detect, &same.box);
        if ((detect->kept[i] || held) && !is_found(detect, input->policy, found, same.label, &same.box))
            append(detect, &same, held ? SIGHTING_HELD : SIGHTING_KEPT);
    }
}

/* Found, confident, and of no track: they are looked for again in the next frame. */
static void note_untracked(struct detect *detect, const struct objects *objects)
{
    detect->untracked_count = 0;
    for (uint32_t i = 0; i < detect->found.count && detect->untracked_count < REGION_BOXES_MAX; i++)
        if (objects->tracks.track_of[i] == TRACKS_NONE && detect->found.list[i].score > REDUCE_SCORE_MIN)
            detect->untracked[detect->untracked_count++] = detect->found.list[i].box;
}

void detect_take(struct detect *detect, const struct detect_input *input, struct objects *objects)
{
    judge(detect, input, objects);
    reduce(detect, input, objects);
    add_not_looked_for(detect, input, objects);
    hold_lost(detect, objects);
    objects_update(objects, input->policy, input->objects_frame, &detect->found, detect->sightings);
    note_untracked(detect, objects);
}

void detect_frame(struct detect *detect, const struct detect_input *input, struct objects *objects)
{
    detect->error = 0;
    note_kept(detect, input, objects);
    choose_regions(detect, input, objects);
    if (ask(detect, input))
        detect_take(detect, input, objects);
    else
        objects_hold(objects, input->objects_frame->taken_ns);
}

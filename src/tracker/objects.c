#include "tracker/objects.h"

#include <string.h>

static void configure(struct tracks_settings *own, const struct tracker_settings_tracking *tracking,
                      float start_score)
{
    *own = (struct tracks_settings){
        .fps = tracking->fps,
        .max_disappeared = tracking->max_disappeared,
        .min_initialized = tracking->min_initialized,
        .start_score = start_score,
    };
}

void objects_init(struct objects *objects, const struct tracker_settings_tracking *tracking,
                  float start_score, uint64_t first_id, const struct objects_listener *listener,
                  uint32_t width, uint32_t height)
{
    struct tracks_settings settings;
    configure(&settings, tracking, start_score);
    objects->listener = *listener;
    objects->width = width;
    objects->height = height;
    tracks_init(&objects->tracks, &settings, width, height);
    objects->tracks.next_id = first_id;
    for (uint32_t i = 0; i < TRACKS_MAX; i++)
        objects->list[i].id = 0;
}

void objects_skip_ids(struct objects *objects, uint64_t next_id)
{
    if (next_id > objects->tracks.next_id && next_id < OBJECTS_ID_MAX)
        objects->tracks.next_id = next_id;
}

void objects_configure(struct objects *objects, const struct tracker_settings_tracking *tracking,
                       float start_score)
{
    struct tracks_settings settings;
    configure(&settings, tracking, start_score);
    tracks_configure(&objects->tracks, &settings);
}

/* ---- events ---- */

static void tell(struct objects *objects, const struct object *object, enum object_phase phase,
                 enum object_reason reason, uint64_t frame_id, int64_t wall_ns)
{
    struct object_event event = {phase, reason, frame_id, wall_ns, object};
    if (objects->listener.event)
        objects->listener.event(objects->listener.context, &event);
}

static void end(struct objects *objects, struct object *object, enum object_reason reason, uint64_t frame_id,
                int64_t wall_ns)
{
    if (object->started)
        tell(objects, object, OBJECT_END, reason, frame_id, wall_ns);
    object->id = 0;
}

void objects_end_all(struct objects *objects, enum object_reason reason, uint32_t width, uint32_t height)
{
    for (uint32_t i = 0; i < TRACKS_MAX; i++) {
        struct object *object = &objects->list[i];
        if (object->id != 0)
            end(objects, object, reason, 0, object->seen_wall_ns);
    }
    objects->width = width;
    objects->height = height;
    tracks_set_size(&objects->tracks, width, height);
}

void objects_end_unwanted(struct objects *objects, const struct policy *policy)
{
    for (uint32_t i = 0; i < TRACKS_MAX; i++) {
        struct object *object = &objects->list[i];
        if (object->id == 0 || (object->label < policy->label_count && policy->labels[object->label].tracked))
            continue;
        end(objects, object, OBJECT_REASON_SETTINGS, 0, object->seen_wall_ns);
        objects->tracks.list[i].id = 0;
    }
}

void objects_forget_zones(struct objects *objects)
{
    for (uint32_t i = 0; i < TRACKS_MAX; i++)
        object_forget_zones(&objects->list[i]);
}

/* ---- a frame ---- */

/* Objects whose tracks are gone; their places may have new tracks already. */
static void end_lost(struct objects *objects, const struct object_frame *frame)
{
    for (uint32_t i = 0; i < TRACKS_MAX; i++) {
        struct object *object = &objects->list[i];
        if (object->id == 0 || object->id == objects->tracks.list[i].id)
            continue;
        bool left = object_is_at_side(object, frame->width, frame->height);
        end(objects, object, left ? OBJECT_REASON_LEFT : OBJECT_REASON_LOST, frame->frame_id, frame->wall_ns);
    }
}

static void find_detections(struct objects *objects, uint32_t count)
{
    for (uint32_t i = 0; i < TRACKS_MAX; i++)
        objects->detection_of[i] = TRACKS_NONE;
    for (uint32_t i = 0; i < count; i++)
        if (objects->tracks.track_of[i] != TRACKS_NONE)
            objects->detection_of[objects->tracks.track_of[i]] = (int32_t)i;
}

static struct object_rules rules_of(const struct policy *policy, uint32_t label)
{
    const struct label_policy *own = &policy->labels[label];
    return (struct object_rules){
        .traits = policy->traits[label],
        .threshold = own->filter->threshold,
        .stationary_limit = own->stationary_limit,
        .zones = own->zones,
        .zone_filters = own->zone_filters,
    };
}

/*
 * One that stood there for too long has ended, but its track goes on, so that what stands there does not begin an
 * object again at once, as it does with the reference. When it moves it is a new one.
 */
static void pass_over_dismissed(struct objects *objects, uint32_t place, const struct object_rules *rules,
                                const struct object_frame *frame, const struct object_sight *sight)
{
    struct object *object = &objects->list[place];
    struct track *track = &objects->tracks.list[place];
    if (object->started)
        tell(objects, object, OBJECT_END, OBJECT_REASON_STATIONARY, frame->frame_id, frame->wall_ns);
    object->started = false;
    if (object->stationary.motionless > 0)
        return;
    track->id = objects->tracks.next_id++;
    object_begin(object, track->id, track->label, frame, sight);
    object_update(object, rules, frame, sight);
}

static void update_object(struct objects *objects, uint32_t place, const struct policy *policy,
                          const struct object_frame *frame, const struct detection *detection)
{
    const struct track *track = &objects->tracks.list[place];
    const struct object_rules rules = rules_of(policy, track->label);
    struct object *object = &objects->list[place];
    struct object_sight sight = {
        .box = track->estimate, .score = track->score, .detected = detection != NULL};
    if (detection) {
        sight.box = detection->box;
        sight.region = detection->region;
        sight.score = detection->score;
    }
    if (object->id == 0)
        object_begin(object, track->id, track->label, frame, &sight);
    object_update(object, &rules, frame, &sight);
    if (object->is_dismissed) {
        pass_over_dismissed(objects, place, &rules, frame, &sight);
        return;
    }
    enum object_phase phase;
    if (track->confirmed && object_has_news(object, frame->now_ns, &phase))
        tell(objects, object, phase, OBJECT_REASON_NONE, frame->frame_id, frame->wall_ns);
}

void objects_update(struct objects *objects, const struct policy *policy, const struct object_frame *frame,
                    const struct detection_list *found, const enum sighting *sightings)
{
    tracks_update(&objects->tracks, found->list, found->count, frame->pixels, frame->taken_ns);
    end_lost(objects, frame);
    find_detections(objects, found->count);
    uint32_t first = objects->first_place;
    for (uint32_t i = 0; i < TRACKS_MAX; i++) {
        uint32_t place = (first + i) % TRACKS_MAX;
        const struct track *track = &objects->tracks.list[place];
        int32_t detection = objects->detection_of[place];
        if (track->id == 0 || track->label >= policy->label_count)
            continue;
        if (detection != TRACKS_NONE && sightings[detection] == SIGHTING_HELD) {
            objects->list[place].detected = false;
            continue;
        }
        uint32_t looks = frame->picture->looks;
        update_object(objects, place, policy, frame,
                      detection != TRACKS_NONE ? &found->list[detection] : NULL);
        if (detection != TRACKS_NONE && sightings[detection] == SIGHTING_NEW)
            objects->list[place].found_frame_id = frame->frame_id;
        if (frame->picture->looks != looks)
            objects->first_place = (place + 1) % TRACKS_MAX; /* whose turn it is in the next frame */
    }
}

void objects_hold(struct objects *objects, int64_t taken_ns)
{
    tracks_hold(&objects->tracks, taken_ns);
    for (uint32_t i = 0; i < TRACKS_MAX; i++)
        objects->list[i].detected = false;
}

/* ---- the result ---- */

bool objects_is_shown(const struct objects *objects, uint32_t place)
{
    const struct object *object = &objects->list[place];
    return object->id != 0 && objects->tracks.list[place].present && !object->is_dismissed;
}

uint32_t objects_present(const struct objects *objects)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < TRACKS_MAX; i++)
        count += objects_is_shown(objects, i);
    return count;
}

static uint32_t flags_of(const struct object *object)
{
    uint32_t flags = 0;
    if (object->is_stationary)
        flags |= CAMD_OBJECT_STATIONARY;
    if (!object->believed)
        flags |= CAMD_OBJECT_FALSE_POSITIVE;
    if (!object->detected)
        flags |= CAMD_OBJECT_PREDICTED;
    return flags;
}

void objects_write(const struct objects *objects, struct camd_result *result)
{
    result->object_count = 0;
    for (uint32_t i = 0; i < TRACKS_MAX && result->object_count < CAMD_OBJECTS_MAX; i++) {
        const struct object *object = &objects->list[i];
        const struct track *track = &objects->tracks.list[i];
        if (!objects_is_shown(objects, i))
            continue;
        result->objects[result->object_count++] = (struct camd_object){
            .id = object->id,
            .label = object->label,
            .score = object->score,
            .box = track->estimate,
            .flags = flags_of(object),
        };
    }
}

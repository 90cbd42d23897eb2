#include "tracker/object_message.h"

#include <math.h>

#include "tracker/box.h"

/* A float's digits beyond its precision mean nothing to those who read events. */
static double score_json(float score)
{
    return round((double)score * 1e4) / 1e4;
}

static json_t *box_json(const struct camd_box *box)
{
    return json_pack("[i, i, i, i]", box->x1, box->y1, box->x2, box->y2);
}

/* Names of the zones whose bits are set. */
static json_t *zones_json(const struct settings *settings, uint32_t bits)
{
    json_t *names = json_array();
    for (uint32_t i = 0; names && i < settings->zone_count; i++)
        if (bits & (UINT32_C(1) << i))
            json_array_append_new(names, json_string(settings->zones[i].name));
    return names;
}

/* Where its bottom centre was: [x, y, wall clock]. */
static json_t *path_json(const struct object *object)
{
    json_t *path = json_array();
    for (uint32_t i = 0; path && i < object->path_count; i++) {
        const struct object_point *point = &object->path[i];
        json_array_append_new(path, json_pack("[i, i, I]", point->x, point->y, (json_int_t)point->wall_ns));
    }
    return path;
}

static json_t *best_json(const struct object_best *best)
{
    return json_pack("{s:I, s:I, s:f, s:o, s:o}", "frame_id", (json_int_t)best->frame_id, "wall_ns",
                     (json_int_t)best->wall_ns, "score", score_json(best->score), "box", box_json(&best->box),
                     "region", box_json(&best->region));
}

static const char *label_of(const struct object *object, const struct policy *policy)
{
    return object->label < policy->label_count ? policy->labels[object->label].name : "";
}

/* Below it the direction is the box's jitter. */
#define DIRECTED_SPEED 0.3

static json_t *rounded_json(double value, double parts)
{
    return json_real(round(value * parts) / parts);
}

/* At the end what was measured last, since by then most have left the zone. */
static const struct speed *speed_of(const struct object_event *event)
{
    const struct object *object = event->object;
    return event->phase == OBJECT_END ? &object->speeds.last : &object->speeds.now;
}

static int add_speed(json_t *message, const struct object_event *event)
{
    const struct speed *speed = speed_of(event);
    const struct object_speeds *all = &event->object->speeds;
    const bool is_directed = speed->known && speed->value >= DIRECTED_SPEED;
    return json_object_set_new(message, "speed",
                               speed->known ? rounded_json(speed->value, 100.0) : json_null()) |
           json_object_set_new(message, "average_speed",
                               all->count > 0 ? rounded_json(all->sum / all->count, 100.0) : json_null()) |
           json_object_set_new(message, "direction",
                               is_directed ? json_integer(lround(speed->direction) % 360) : json_null());
}

json_t *report_object(const struct object_event *event, const struct policy *policy,
                      const struct settings *settings)
{
    const struct object *object = event->object;
    json_t *message = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:s, s:f, s:f, s:f, s:o, s:o, s:I, s:o, s:o, s:b, s:i, s:i, s:I, s:I, s:I, s:I, s:o, s:o}",
        "type", "event", "event", "object", "phase", object_phase_word(event->phase), "reason",
        object_reason_word(event->reason), "id", (json_int_t)object->id, "label", label_of(object, policy),
        "score", score_json(object->score), "computed_score", score_json(object->computed_score), "top_score",
        score_json(object->top_score), "box", box_json(&object->box), "region", box_json(&object->region),
        "area", (json_int_t)box_area(&object->box), "zones", zones_json(settings, object->zones.current),
        "entered_zones", zones_json(settings, object->zones.entered), "stationary",
        (int)object->is_stationary, "motionless", (int)object->stationary.motionless, "position_changes",
        (int)object->stationary.position_changes, "start_ns", (json_int_t)object->start_wall_ns, "seen_ns",
        (json_int_t)object->seen_wall_ns, "wall_ns", (json_int_t)event->wall_ns, "frame_id",
        (json_int_t)event->frame_id, "path", path_json(object), "best", best_json(&object->best));
    if (message && add_speed(message, event) == 0)
        return message;
    json_decref(message);
    return NULL;
}

json_t *report_grid_sample(const struct object *object, const struct policy *policy)
{
    return json_pack("{s:s, s:o, s:s}", "type", "grid_sample", "box", box_json(&object->best.box), "label",
                     label_of(object, policy));
}

bool report_is_grid_sample(const struct object_event *event)
{
    return event->phase == OBJECT_END && event->object->believed;
}

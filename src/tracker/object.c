#include "tracker/object.h"

#include <math.h>
#include <string.h>

#include "tracker/box.h"

#define PATH_STEP       0.05 /* of the frame's larger side: nearer points are left out */
#define BETTER_SCORE    0.05F
#define BETTER_AREA     1.1
#define SIDE_SHARE      0.02 /* of the frame's larger side */
#define UPDATE_AFTER_NS INT64_C(60000000000)

const char *object_phase_word(enum object_phase phase)
{
    static const char *const words[] = {
#define X(id, word) word,
        OBJECT_PHASES(X)
#undef X
    };
    return words[phase];
}

const char *object_reason_word(enum object_reason reason)
{
    static const char *const words[] = {
#define X(id, word) word,
        OBJECT_REASONS(X)
#undef X
    };
    return words[reason];
}

/* ---- scores ---- */

static float median_score(const struct object *object)
{
    float ordered[OBJECT_SCORES] = {0};
    uint32_t count = object->score_count < OBJECT_SCORES ? object->score_count : OBJECT_SCORES;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = i;
        for (; at > 0 && ordered[at - 1] > object->scores[i]; at--)
            ordered[at] = ordered[at - 1];
        ordered[at] = object->scores[i];
    }
    /* missing ones are 0, so they come first */
    uint32_t missing = count < OBJECT_SCORES_LEAST ? OBJECT_SCORES_LEAST - count : 0, all = count + missing;
    float low = (all - 1) / 2 < missing ? 0.0F : ordered[(all - 1) / 2 - missing];
    float high = all / 2 < missing ? 0.0F : ordered[all / 2 - missing];
    return (low + high) / 2.0F;
}

static void add_score(struct object *object, const struct object_sight *sight, float threshold)
{
    object->scores[object->score_count++ % OBJECT_SCORES] = sight->detected ? sight->score : 0.0F;
    object->computed_score = median_score(object);
    if (object->computed_score > object->top_score)
        object->top_score = object->computed_score;
    if (object->computed_score >= threshold)
        object->believed = true;
}

/* ---- best picture and path ---- */

static bool touches_side(const struct camd_box *box, uint32_t width, uint32_t height, double margin)
{
    return box->x1 <= margin || box->y1 <= margin || box->x2 >= width - 1.0 - margin ||
           box->y2 >= height - 1.0 - margin;
}

bool object_is_at_side(const struct object *object, uint32_t frame_width, uint32_t frame_height)
{
    double margin = SIDE_SHARE * (frame_width > frame_height ? frame_width : frame_height);
    return touches_side(&object->box, frame_width, frame_height, margin);
}

static bool is_better(const struct object *object, const struct object_frame *frame,
                      const struct object_sight *sight)
{
    const struct object_best *best = &object->best;
    bool cut = touches_side(&sight->box, frame->width, frame->height, 0.0),
         best_is_cut = touches_side(&best->box, frame->width, frame->height, 0.0);
    if (cut != best_is_cut)
        return best_is_cut;
    return sight->score > best->score + BETTER_SCORE ||
           (sight->score >= best->score - BETTER_SCORE &&
            (double)box_area(&sight->box) > BETTER_AREA * (double)box_area(&best->box));
}

static void take_best(struct object *object, const struct object_frame *frame,
                      const struct object_sight *sight)
{
    object->best =
        (struct object_best){sight->box, sight->region, sight->score, frame->frame_id, frame->wall_ns};
}

/* Of a path that is full every second point goes, but for the first. */
static void thin_path(struct object *object)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < object->path_count; i += 2)
        object->path[kept++] = object->path[i];
    object->path_count = kept;
}

static void add_to_path(struct object *object, const struct object_frame *frame)
{
    struct object_point now = {object->box.x1 + (object->box.x2 - object->box.x1) / 2, object->box.y2,
                               frame->wall_ns};
    if (object->path_count > 0) {
        const struct object_point *last = &object->path[object->path_count - 1];
        double side = frame->width > frame->height ? frame->width : frame->height;
        if (hypot(now.x - last->x, now.y - last->y) < PATH_STEP * side)
            return;
    }
    if (object->path_count == OBJECT_PATH_MAX)
        thin_path(object);
    object->path[object->path_count++] = now;
}

/* ---- places, zones, speed ---- */

/* A box that the frame's side cuts has its bottom centre somewhere else. */
static bool is_cut(const struct camd_box *box, const struct object_frame *frame)
{
    return box->x1 <= 0 || box->x2 >= (int32_t)frame->width - 1 || box->y2 >= (int32_t)frame->height - 1;
}

static void note_place(struct object *object, const struct object_frame *frame)
{
    const struct camd_box *box = &object->box;
    if (!is_cut(box, frame))
        speed_note(&object->places, frame->taken_ns, (box->x1 + box->x2) / 2.0 / frame->width,
                   (double)box->y2 / frame->height);
}

static void note_speed(struct object_speeds *speeds, const struct speed *speed, int64_t taken_ns)
{
    if (speed->known) {
        speeds->last = *speed;
        speeds->last_ns = taken_ns;
        speeds->sum += speed->value;
        speeds->count++;
    }
    speeds->now = speeds->last;
    speeds->now.known = speeds->last.known && taken_ns - speeds->last_ns <= SPEED_WINDOW_NS;
}

static void look_at_zones(struct object *object, const struct object_rules *rules,
                          const struct object_frame *frame)
{
    const struct zone_visitor visitor = {
        .wanted = rules->zones,
        .filters = rules->zone_filters,
        .frame_width = frame->width,
        .frame_height = frame->height,
        .box = object->box,
        .score = object->score,
        .computed_score = object->computed_score,
        .places = &object->places,
        .now_ns = frame->now_ns,
        .taken_ns = frame->taken_ns,
    };
    zone_update(frame->zones, frame->zone_count, &visitor, &object->zones);
    note_speed(&object->speeds, &object->zones.speed, frame->taken_ns);
}

/* ---- a frame ---- */

void object_begin(struct object *object, uint64_t id, uint32_t label, const struct object_frame *frame,
                  const struct object_sight *sight)
{
    memset(object, 0, sizeof(*object));
    object->id = id;
    object->label = label;
    object->start_wall_ns = frame->wall_ns;
    stationary_init(&object->stationary, frame->width, frame->height);
    take_best(object, frame, sight);
}

void object_update(struct object *object, const struct object_rules *rules, const struct object_frame *frame,
                   const struct object_sight *sight)
{
    object->detected = sight->detected;
    object->box = sight->box;
    add_score(object, sight, rules->threshold);
    if (sight->detected) {
        object->region = sight->region;
        object->score = sight->score;
        object->seen_wall_ns = frame->wall_ns;
        if (is_better(object, frame, sight))
            take_best(object, frame, sight);
        stationary_update(&object->stationary, rules->traits, frame->stationary_threshold, &sight->box,
                          frame->picture);
        add_to_path(object, frame);
        note_place(object, frame);
    }
    object->is_stationary = object->stationary.motionless > frame->stationary_threshold;
    if (object->is_stationary && rules->stationary_limit != 0 &&
        object->stationary.motionless - frame->stationary_threshold > rules->stationary_limit)
        object->is_dismissed = true;
    look_at_zones(object, rules, frame);
}

bool object_has_news(struct object *object, int64_t now_ns, enum object_phase *phase)
{
    struct object_told now = {object->zones.current, object->stationary.position_changes,
                              object->is_stationary, object->speeds.now.known, now_ns};
    const struct object_told *told = &object->told;
    if (!object->believed)
        return false;
    if (object->started && now.zones == told->zones && now.position_changes == told->position_changes &&
        now.stationary == told->stationary && now.speed_known <= told->speed_known &&
        now_ns - told->now_ns < UPDATE_AFTER_NS)
        return false;
    *phase = object->started ? OBJECT_UPDATE : OBJECT_START;
    object->told = now;
    object->started = true;
    return true;
}

void object_forget_zones(struct object *object)
{
    object->zones = (struct zone_presence){0};
    if (object->told.zones != 0)
        object->told.zones = OBJECT_ZONES_GONE;
}

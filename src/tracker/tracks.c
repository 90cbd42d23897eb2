#include "tracks.h"

#include <math.h>
#include <string.h>

/*
 * Chosen on footage at 3 to 25 frames a second so that small changes of any of them change little (tests/eval). Distances
 * are tracks_distance, times are seconds.
 */
struct tuning {
    double gate;          /* what detections of an object at rest differ by */
    double gate_speed;    /* what it may move besides its prediction, a second */
    double gate_max;
    double recent;        /* seen a moment ago: this long */
    double present;       /* how long a prediction can be relied on */
    double lost_gate;
    double lost_gate_speed;
    double lost_gate_max;
    double start_overlap; /* a detection that has so much in common with one that has a track starts none */
    double evidence;      /* of sure detections are so many needed to confirm */
    double center_process, size_process;
    double iou_weight;
    double measurement;
    double start_score;
    double sure_score;
    double velocity_keep;
    double size_weight;
    double reid_velocity;
    double low_gate;
    double present_hits;
    double present_hidden;
    double hidden;
    double hidden_noise;
    double score_noise;
    double size_noise;
    double colour_weight;
    double colour_even;
    double colour_least;
    double colour_share;
    double lost_colour_weight;
    double adopt;
    double confirmed_by;
};

struct tuning tracks_tuning = {
    .gate = 0.7,
    .gate_speed = 1.0,
    .gate_max = 1.5,
    .recent = 0.4,
    .present = 0.05,
    .lost_gate = 0.8,
    .lost_gate_speed = 1.5,
    .lost_gate_max = 4.0,
    .start_overlap = 0.6,
    .evidence = 3.0,
    .center_process = 0.1,
    .size_process = 0.003,
    .iou_weight = 0.0,
    .measurement = 3.4,
    .start_score = 0.6,
    .sure_score = 0.9,
    .velocity_keep = 0.98,
    .size_weight = 1.0,
    .reid_velocity = 1.0,
    .low_gate = 1.0,
    .present_hits = 0.0,
    .present_hidden = 0.2,
    .hidden = 0.3,
    .hidden_noise = 0.0,
    .score_noise = 0.0,
    .size_noise = 1.0,
    .colour_weight = 1.0,
    .colour_even = 0.8,
    .colour_least = 0.7,
    .colour_share = 0.1,
    .lost_colour_weight = 2.0,
    .adopt = 1.0,
    .confirmed_by = 0,
};
#define T tracks_tuning

enum { FPS_MAX = 1000, SECONDS_DISAPPEARED = 5, INITIALIZED_LEAST = 2 };

/* ---- boxes ---- */

static bool box_is_sound(const struct track_box *box)
{
    return isfinite(box->x1) && isfinite(box->y1) && isfinite(box->x2) && isfinite(box->y2) &&
           box->x2 > box->x1 && box->y2 > box->y1;
}

static double ratio_less_one(double a, double b)
{
    return fmax(a, b) / fmin(a, b) - 1.0;
}

double tracks_distance(const struct track_box *detection, const struct track_box *track)
{
    if (!box_is_sound(detection) || !box_is_sound(track))
        return INFINITY;
    double width = track->x2 - track->x1, height = track->y2 - track->y1;
    double dx = (detection->x1 + detection->x2 - track->x1 - track->x2) / 2.0 / width;
    double dy = (detection->y2 - track->y2) / height;
    double dw = ratio_less_one(detection->x2 - detection->x1, width) * T.size_weight;
    double dh = ratio_less_one(detection->y2 - detection->y1, height) * T.size_weight;
    return sqrt(dx * dx + dy * dy + dw * dw + dh * dh);
}

static double intersection_area(const struct track_box *a, const struct track_box *b)
{
    double width = fmin(a->x2, b->x2) - fmax(a->x1, b->x1), height = fmin(a->y2, b->y2) - fmax(a->y1, b->y1);
    return width > 0.0 && height > 0.0 ? width * height : 0.0;
}

static double area(const struct track_box *box)
{
    return (box->x2 - box->x1) * (box->y2 - box->y1);
}

static double overlap(const struct track_box *a, const struct track_box *b)
{
    double common = intersection_area(a, b);
    return common / (area(a) + area(b) - common);
}

/* The part of a detection's box that is within the frame; false when nothing is. */
static bool box_of(const struct tracks *tracks, const struct camd_box *detected, struct track_box *box)
{
    *box = (struct track_box){
        .x1 = fmax(detected->x1, 0.0),
        .y1 = fmax(detected->y1, 0.0),
        .x2 = fmin(detected->x2, tracks->width),
        .y2 = fmin(detected->y2, tracks->height),
    };
    return box->x2 > box->x1 && box->y2 > box->y1;
}

static int32_t clip(double value, double most)
{
    return (int32_t)lround(fmin(fmax(value, 0.0), most));
}

static void set_estimate(const struct tracks *tracks, struct track *track)
{
    const struct kalman *filters = track->filters;
    double half_width = fmax(filters[2].position, 1.0) / 2.0, half_height = fmax(filters[3].position, 1.0) / 2.0;
    track->box = (struct track_box){
        .x1 = filters[0].position - half_width,
        .y1 = filters[1].position - half_height,
        .x2 = filters[0].position + half_width,
        .y2 = filters[1].position + half_height,
    };
    track->estimate = (struct camd_box){
        .x1 = clip(track->box.x1, tracks->width - 1.0),
        .y1 = clip(track->box.y1, tracks->height - 1.0),
        .x2 = clip(track->box.x2, tracks->width - 1.0),
        .y2 = clip(track->box.y2, tracks->height - 1.0),
    };
}

static double covered(const struct tracks *tracks, const struct track_box *box, int32_t self)
{
    double most = 0.0;
    for (int32_t i = 0; i < (int32_t)tracks->detection_count; i++)
        if (i != self && tracks->boxes[i].y2 > box->y2)
            most = fmax(most, intersection_area(&tracks->boxes[i], box) / area(box));
    return most;
}

/* ---- one track ---- */

static void coordinates_of(const struct track_box *box, double coordinates[TRACK_COORDINATES])
{
    coordinates[0] = (box->x1 + box->x2) / 2.0;
    coordinates[1] = (box->y1 + box->y2) / 2.0;
    coordinates[2] = box->x2 - box->x1;
    coordinates[3] = box->y2 - box->y1;
}

static struct kalman_noise noise_of(int coordinate)
{
    return (struct kalman_noise){.measurement = T.measurement, .process = coordinate < 2 ? T.center_process : T.size_process};
}

static void predict(const struct tracks *tracks, struct track *track)
{
    for (int i = 0; i < TRACK_COORDINATES; i++) {
        const struct kalman_noise noise = noise_of(i);
        if (track->disappeared > 0)
            track->filters[i].velocity *= i < 2 ? T.velocity_keep : 0.0;
        kalman_predict(&track->filters[i], &noise);
    }
    set_estimate(tracks, track);
}

static double evidence_of(const struct tracks *tracks, double score)
{
    double need = tracks->settings.min_initialized, sure = fmin(T.evidence, need);
    double weight = fmin(fmax((score - 0.5) / (T.sure_score - 0.5), 0.0), 1.0);
    return weight / sure + (1.0 - weight) / need;
}

static void note_hit(const struct tracks *tracks, struct track *track, const struct detection *detection)
{
    track->score = detection->score;
    track->detected = detection->box;
    track->hits++;
    track->disappeared = 0;
    track->evidence += evidence_of(tracks, detection->score);
    if (track->evidence >= 1.0 - 1e-9)
        track->confirmed = true;
    track->present = track->confirmed;
}

static void hit(const struct tracks *tracks, struct track *track, const struct track_box *box,
                const struct detection *detection, int32_t self)
{
    double weak = 1.0 + T.hidden_noise * tracks->covered[self] + T.score_noise * (1.0 - detection->score);
    double coordinates[TRACK_COORDINATES];
    coordinates_of(box, coordinates);
    struct track_box last;
    bool gap = track->disappeared > 1 && box_of(tracks, &track->detected, &last);
    double before[TRACK_COORDINATES];
    if (gap)
        coordinates_of(&last, before);
    for (int i = 0; i < TRACK_COORDINATES; i++) {
        struct kalman_noise noise = noise_of(i);
        noise.measurement *= i < 2 ? weak : weak * T.size_noise;
        kalman_update(&track->filters[i], &noise, coordinates[i]);
        if (gap && track->disappeared > T.recent * tracks->settings.fps && T.reid_velocity > 0) {
            kalman_start(&track->filters[i], coordinates[i]);
            if (i < 2)
                track->filters[i].velocity = (coordinates[i] - before[i]) / (track->disappeared) * T.reid_velocity;
        }
    }
    note_hit(tracks, track, detection);
    set_estimate(tracks, track);
    if (tracks->looks[self].known && (!track->colour.known || tracks->covered[self] < T.hidden))
        colour_learn(&track->colour, &tracks->looks[self], (float)T.colour_share);
}

static void miss(const struct tracks *tracks, struct track *track)
{
    double seconds = track->disappeared / tracks->settings.fps;
    track->present = track->confirmed && track->hits >= T.present_hits &&
        (seconds <= T.present || (seconds <= T.present_hidden && track->present && covered(tracks, &track->box, -1) > T.hidden));
    uint32_t limit = track->confirmed ? tracks->settings.max_disappeared : track->hits;
    if (limit > tracks->settings.max_disappeared)
        limit = tracks->settings.max_disappeared;
    double x = track->filters[0].position, y = track->filters[1].position;
    bool left = x < 0 || y < 0 || x > tracks->width || y > tracks->height;
    if (track->disappeared > limit || left)
        *track = (struct track){0};
}

/* ---- association ---- */

typedef bool (*track_question)(const struct tracks *tracks, const struct track *track);

static double seconds_lost(const struct tracks *tracks, const struct track *track)
{
    return track->disappeared / tracks->settings.fps;
}

static bool is_recent(const struct tracks *tracks, const struct track *track)
{
    return track->confirmed && seconds_lost(tracks, track) <= T.recent;
}

static bool is_lost(const struct tracks *tracks, const struct track *track)
{
    return track->confirmed && !is_recent(tracks, track);
}

static bool is_tentative(const struct tracks *tracks, const struct track *track)
{
    (void)tracks;
    return !track->confirmed;
}

static bool is_near(const struct tracks *tracks, const struct track *track)
{
    return !is_lost(tracks, track);
}

static double likeness(const struct tracks *tracks, const struct track *track, int32_t i)
{
    const struct track_box *box = &tracks->boxes[i];
    double seconds = seconds_lost(tracks, track), gate, distance = tracks_distance(box, &track->box);
    bool lost = is_lost(tracks, track);
    double alike = track->colour.known && tracks->looks[i].known
                       ? (double)colour_likeness(&track->colour, &tracks->looks[i]) - T.colour_even
                       : 0.0;
    if (lost) {
        struct track_box last;
        if (box_of(tracks, &track->detected, &last))
            distance = fmin(distance, tracks_distance(box, &last));
        gate = fmin(T.lost_gate + T.lost_gate_speed * seconds, T.lost_gate_max);
        if (alike < T.colour_least - T.colour_even)
            return 0.0;
    } else {
        gate = fmin(T.gate + T.gate_speed * seconds, T.gate_max);
    }
    if (!(distance < gate))
        return 0.0;
    return 1.0 - distance / gate + T.iou_weight * overlap(box, &track->box) +
           (lost ? T.lost_colour_weight : T.colour_weight) * alike;
}

/* A new track that was just confirmed may be one that was lost: then it goes on with that one's id. */
static void adopt(struct tracks *tracks, struct track *track, int32_t i)
{
    struct track *best = NULL;
    double most = 0.0;
    for (int32_t j = 0; j < TRACKS_MAX; j++) {
        struct track *lost = &tracks->list[j];
        if (lost->id == 0 || lost == track || lost->label != track->label || lost->disappeared == 0 ||
            !is_lost(tracks, lost) || lost->disappeared < track->age)
            continue;
        double worth = likeness(tracks, lost, i);
        if (worth > most) {
            most = worth;
            best = lost;
        }
    }
    if (!best)
        return;
    track->id = best->id;
    track->age = best->age;
    track->hits += best->hits;
    struct colour c = best->colour;
    if (c.known)
        colour_learn(&c, &track->colour, 0.3f);
    track->colour = c;
    *best = (struct track){0};
}

static void associate(struct tracks *tracks, const struct detection *detections, track_question wanted, double least,
                      double most)
{
    struct assignment *assignment = &tracks->assignment;
    assignment->rows = assignment->columns = 0;
    for (int32_t i = 0; i < TRACKS_MAX; i++) {
        const struct track *track = &tracks->list[i];
        if (track->id != 0 && track->disappeared > 0 && wanted(tracks, track))
            tracks->rows[assignment->rows++] = i;
    }
    for (uint32_t i = 0; i < tracks->detection_count; i++) {
        double score = detections[tracks->order[i]].score;
        if (!tracks->taken[i] && score >= least && score < most)
            tracks->columns[assignment->columns++] = (int32_t)i;
    }
    if (assignment->rows == 0 || assignment->columns == 0)
        return;
    for (uint32_t r = 0; r < assignment->rows; r++) {
        const struct track *track = &tracks->list[tracks->rows[r]];
        for (uint32_t c = 0; c < assignment->columns; c++) {
            int32_t i = tracks->columns[c];
            bool same = detections[tracks->order[i]].label == track->label;
            assignment->worth[r][c] = same ? (float)likeness(tracks, track, i) : 0.0f;
        }
    }
    assignment_solve(assignment);
    for (uint32_t r = 0; r < assignment->rows; r++) {
        if (assignment->column_of[r] == ASSIGNMENT_NONE)
            continue;
        int32_t i = tracks->columns[assignment->column_of[r]];
        uint32_t index = tracks->order[i];
        struct track *track = &tracks->list[tracks->rows[r]];
        bool before = track->confirmed;
        hit(tracks, track, &tracks->boxes[i], &detections[index], i);
        if (!before && track->confirmed && T.adopt > 0.5)
            adopt(tracks, track, i);
        tracks->taken[i] = true;
        tracks->track_of[index] = tracks->rows[r];
    }
}

/* ---- starts ---- */

static bool is_double(const struct tracks *tracks, const struct detection *detections, uint32_t i)
{
    for (uint32_t j = 0; j < tracks->detection_count; j++)
        if (j != i && tracks->taken[j] && detections[tracks->order[j]].label == detections[tracks->order[i]].label &&
            overlap(&tracks->boxes[j], &tracks->boxes[i]) > T.start_overlap)
            return true;
    return false;
}

static int32_t free_place(struct tracks *tracks)
{
    int32_t longest = TRACKS_NONE;
    for (int32_t i = 0; i < TRACKS_MAX; i++) {
        const struct track *track = &tracks->list[i];
        if (track->id == 0)
            return i;
        if (track->disappeared > 0 &&
            (longest == TRACKS_NONE || track->disappeared > tracks->list[longest].disappeared))
            longest = i;
    }
    return longest;
}

static void start(struct tracks *tracks, const struct detection *detections, uint32_t i)
{
    uint32_t index = tracks->order[i];
    int32_t place = free_place(tracks);
    if (place == TRACKS_NONE)
        return;
    struct track *track = &tracks->list[place];
    double coordinates[TRACK_COORDINATES];
    *track = (struct track){.id = tracks->next_id++, .label = detections[index].label, .age = 1};
    coordinates_of(&tracks->boxes[i], coordinates);
    for (int c = 0; c < TRACK_COORDINATES; c++)
        kalman_start(&track->filters[c], coordinates[c]);
    track->colour = tracks->looks[i];
    note_hit(tracks, track, &detections[index]);
    set_estimate(tracks, track);
    tracks->taken[i] = true;
    tracks->track_of[index] = place;
}

/* ---- a frame ---- */

static void sort_detections(struct tracks *tracks, const struct detection *detections, uint32_t count, const uint8_t *pixels)
{
    uint32_t sorted = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct track_box box;
        tracks->track_of[i] = TRACKS_NONE;
        if (!isfinite(detections[i].score) || !box_of(tracks, &detections[i].box, &box))
            continue;
        uint32_t place = sorted < TRACKS_DETECTIONS_MAX ? sorted++ : TRACKS_DETECTIONS_MAX;
        if (place == TRACKS_DETECTIONS_MAX) {
            if (detections[tracks->order[place - 1]].score >= detections[i].score)
                continue;
            place--;
        }
        for (; place > 0 && detections[tracks->order[place - 1]].score < detections[i].score; place--)
            tracks->order[place] = tracks->order[place - 1];
        tracks->order[place] = i;
    }
    for (uint32_t i = 0; i < sorted; i++) {
        (void)box_of(tracks, &detections[tracks->order[i]].box, &tracks->boxes[i]);
        tracks->taken[i] = false;
    }
    tracks->detection_count = sorted;
    for (uint32_t i = 0; i < sorted; i++) {
        tracks->covered[i] = covered(tracks, &tracks->boxes[i], (int32_t)i);
        tracks->looks[i].known = false;
        if (pixels)
            colour_measure(&tracks->looks[i], pixels, (uint32_t)tracks->width, (uint32_t)tracks->height, &detections[tracks->order[i]].box);
    }
}

void tracks_update(struct tracks *tracks, const struct detection *detections, uint32_t count, const uint8_t *pixels)
{
    count = count < DETECTIONS_MAX ? count : DETECTIONS_MAX;
    sort_detections(tracks, detections, count, pixels);
    for (int32_t i = 0; i < TRACKS_MAX; i++) {
        struct track *track = &tracks->list[i];
        if (track->id == 0)
            continue;
        predict(tracks, track);
        track->age++;
        track->disappeared++;
    }
    double start_score = tracks->settings.start_score;
    associate(tracks, detections, is_recent, start_score, INFINITY);
    associate(tracks, detections, is_near, start_score, INFINITY);
    associate(tracks, detections, is_near, -INFINITY, start_score);
    associate(tracks, detections, is_lost, start_score, INFINITY);
    for (int32_t i = 0; i < TRACKS_MAX; i++)
        if (tracks->list[i].id != 0 && tracks->list[i].disappeared > 0)
            miss(tracks, &tracks->list[i]);
    for (uint32_t i = 0; i < tracks->detection_count; i++)
        if (!tracks->taken[i] && detections[tracks->order[i]].score >= start_score && !is_double(tracks, detections, i))
            start(tracks, detections, i);
    (void)is_tentative;
}

void tracks_hold(struct tracks *tracks)
{
    for (int32_t i = 0; i < TRACKS_MAX; i++) {
        struct track *track = &tracks->list[i];
        for (int c = 0; track->id != 0 && c < TRACK_COORDINATES; c++) {
            track->filters[c].velocity *= c < 2 ? 0.9 : 0;
            track->filters[c].position += track->filters[c].velocity;
        }
        if (track->id != 0)
            set_estimate(tracks, track);
    }
    tracks->detection_count = 0;
}

/* ---- settings ---- */

void tracks_configure(struct tracks *tracks, const struct tracks_settings *settings)
{
    struct tracks_settings *own = &tracks->settings;
    *own = *settings;
    own->fps = settings->fps > 0.0 ? fmin(settings->fps, FPS_MAX) : 1.0;
    if (own->max_disappeared == 0)
        own->max_disappeared = (uint32_t)fmax(SECONDS_DISAPPEARED * own->fps, 1.0);
    if (own->min_initialized == 0)
        own->min_initialized = (uint32_t)fmax(own->fps / 2.0, INITIALIZED_LEAST);
    if (!(own->start_score > 0.0f))
        own->start_score = (float)T.start_score;
}

void tracks_set_size(struct tracks *tracks, uint32_t width, uint32_t height)
{
    tracks->width = width;
    tracks->height = height;
    memset(tracks->list, 0, sizeof tracks->list);
}

void tracks_init(struct tracks *tracks, const struct tracks_settings *settings, uint32_t width, uint32_t height)
{
    memset(tracks, 0, sizeof *tracks);
    tracks->next_id = 1;
    tracks_configure(tracks, settings);
    tracks_set_size(tracks, width, height);
}

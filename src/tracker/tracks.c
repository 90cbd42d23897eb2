#include "tracker/tracks.h"

#include <math.h>
#include <string.h>

/*
 * Found on two street scenes at 25, 12.5, 8.3, 6.3 and 4.2 frames a second, forwards and backwards, with detections dropped,
 * moved and made up, and on made-up crowds, as values around which little changes. Distances are tracks_distance's, times
 * seconds.
 */
static const struct tuning {
    double gate,
        gate_speed; /* how far a detection may be from the prediction, and more for each second missed */
    double recent;  /* a track missed for longer is lost */
    double lost_gate, lost_gate_speed, lost_gate_most;
    double even_colour, colour_weight; /* colours less alike than this speak against, others for it */
    double colour_share;               /* what a look adds to the track's colour */
    double hidden;                     /* the part of a box behind another one that makes it hidden */
    double present, present_hidden;    /* a prediction is relied on for so long; when hidden, longer */
    double measurement, process;       /* the reference's noise, of a sure detection */
    double size_noise,
        score_noise;              /* how much noisier sizes are; and detections, by what their score lacks */
    double lost_velocity;         /* the share that is believed of how fast a lost track seems to have been */
    double sure_score, sure_time; /* detections that good confirm in this time */
    double start_overlap;         /* a detection that has more in common with one taken starts nothing */
} tuning = {
    .gate = 0.7,
    .gate_speed = 0.8,
    .recent = 0.45,
    .lost_gate = 1.2,
    .lost_gate_speed = 1.0,
    .lost_gate_most = 2.2,
    .even_colour = 0.8,
    .colour_weight = 5.0,
    .colour_share = 0.1,
    .hidden = 0.5,
    .present = 0.15,
    .present_hidden = 0.25,
    .measurement = 3.4,
    .process = 0.1,
    .size_noise = 3.4,
    .score_noise = 5.0,
    .lost_velocity = 0.7,
    .sure_score = 0.85,
    .sure_time = 0.12,
    .start_overlap = 0.5,
};

#define START_SCORE_DEFAULT 0.7f
#define WEAK_SCORE          0.5 /* a detection like this is worth one count of the reference's */
#define ROLL                0.9 /* of the velocity is left after a frame without a detector */
#define ROUNDING            1e-9

enum { FPS_MAX = 1000, DISAPPEARED_SECONDS = 5, INITIALIZED_LEAST = 2, SURE_HITS_LEAST = 2 };

enum { CENTRE_X, CENTRE_Y, WIDTH, HEIGHT };

/* ---- boxes ---- */

static bool is_sound(const struct track_box *box)
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
    if (!is_sound(detection) || !is_sound(track))
        return INFINITY;
    double width = track->x2 - track->x1, height = track->y2 - track->y1;
    double x = (detection->x1 + detection->x2 - track->x1 - track->x2) / 2.0 / width;
    double y = (detection->y2 - track->y2) / height;
    double w = ratio_less_one(detection->x2 - detection->x1, width);
    double h = ratio_less_one(detection->y2 - detection->y1, height);
    return sqrt(x * x + y * y + w * w + h * h);
}

static double area(const struct track_box *box)
{
    return (box->x2 - box->x1) * (box->y2 - box->y1);
}

static double common_area(const struct track_box *a, const struct track_box *b)
{
    double width = fmin(a->x2, b->x2) - fmax(a->x1, b->x1), height = fmin(a->y2, b->y2) - fmax(a->y1, b->y1);
    return width > 0.0 && height > 0.0 ? width * height : 0.0;
}

static double iou(const struct track_box *a, const struct track_box *b)
{
    double common = common_area(a, b);
    return common / (area(a) + area(b) - common);
}

/* The part within the frame; false when there is none. */
static bool clip_box(const struct tracks *tracks, const struct camd_box *box, struct track_box *clipped)
{
    *clipped = (struct track_box){
        .x1 = fmax(box->x1, 0.0),
        .y1 = fmax(box->y1, 0.0),
        .x2 = fmin(box->x2, tracks->width),
        .y2 = fmin(box->y2, tracks->height),
    };
    return clipped->x2 > clipped->x1 && clipped->y2 > clipped->y1;
}

/*
 * The part of a box that is hidden by one of this frame's detections. What stands lower in the picture is in front: cameras
 * look down.
 */
static double hidden_part(const struct tracks *tracks, const struct track_box *box)
{
    double most = 0.0;
    for (uint32_t i = 0; i < tracks->candidate_count; i++) {
        const struct track_box *other = &tracks->candidates[i].box;
        if (other->y2 > box->y2)
            most = fmax(most, common_area(other, box));
    }
    return most / area(box);
}

/* ---- one track ---- */

static double seconds_missed(const struct tracks *tracks, const struct track *track)
{
    return track->disappeared / tracks->settings.fps;
}

static bool is_lost(const struct tracks *tracks, const struct track *track)
{
    return track->confirmed && seconds_missed(tracks, track) > tuning.recent;
}

static void coordinates_of(const struct track_box *box, double coordinates[TRACK_COORDINATES])
{
    coordinates[CENTRE_X] = (box->x1 + box->x2) / 2.0;
    coordinates[CENTRE_Y] = (box->y1 + box->y2) / 2.0;
    coordinates[WIDTH] = box->x2 - box->x1;
    coordinates[HEIGHT] = box->y2 - box->y1;
}

static int32_t pixel(double value, double most)
{
    return (int32_t)lround(fmin(fmax(value, 0.0), most));
}

static void set_estimate(const struct tracks *tracks, struct track *track)
{
    double x = track->filters[CENTRE_X].position, y = track->filters[CENTRE_Y].position;
    double width = fmax(track->filters[WIDTH].position, 1.0);
    double height = fmax(track->filters[HEIGHT].position, 1.0);
    track->box = (struct track_box){x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0};
    track->estimate = (struct camd_box){
        .x1 = pixel(track->box.x1, tracks->width - 1.0),
        .y1 = pixel(track->box.y1, tracks->height - 1.0),
        .x2 = pixel(track->box.x2, tracks->width - 1.0),
        .y2 = pixel(track->box.y2, tracks->height - 1.0),
    };
}

/* less_sure: 1 for a sure detection, more for others. */
static struct kalman_noise noise_of(int coordinate, double less_sure)
{
    double size = coordinate >= WIDTH ? tuning.size_noise : 1.0;
    return (struct kalman_noise){.measurement = tuning.measurement * size * less_sure,
                                 .process = tuning.process};
}

/* What isn't seen may walk on, but it does not grow or shrink. */
static void predict(const struct tracks *tracks, struct track *track)
{
    for (int i = 0; i < TRACK_COORDINATES; i++) {
        const struct kalman_noise noise = noise_of(i, 1.0);
        if (i >= WIDTH && track->disappeared > 0)
            track->filters[i].velocity = 0.0;
        kalman_predict(&track->filters[i], &noise);
    }
    set_estimate(tracks, track);
    track->age++;
    track->disappeared++;
}

/* The part of what confirms that one hit is worth. */
static double worth_of_hit(const struct tracks *tracks, double score)
{
    double weak_hits = tracks->settings.min_initialized + 1.0;
    double sure_hits = fmin(fmax(tuning.sure_time * tracks->settings.fps, SURE_HITS_LEAST), weak_hits);
    double sure = fmin(fmax((score - WEAK_SCORE) / (tuning.sure_score - WEAK_SCORE), 0.0), 1.0);
    return sure / sure_hits + (1.0 - sure) / weak_hits;
}

static void note_hit(const struct tracks *tracks, struct track *track,
                     const struct tracks_candidate *candidate)
{
    track->score = candidate->detection->score;
    track->detected = candidate->detection->box;
    track->hits++;
    track->disappeared = 0;
    track->hit_worth = worth_of_hit(tracks, track->score);
    track->evidence += track->hit_worth;
    if (track->evidence >= 1.0 - ROUNDING)
        track->confirmed = true;
    track->present = track->confirmed;
    if (candidate->colour.known && (!track->colour.known || candidate->hidden < tuning.hidden))
        colour_learn(&track->colour, &candidate->colour, (float)tuning.colour_share);
    set_estimate(tracks, track);
}

/* After a long time the filter knows little: what is known is where it was and where it is. */
static void restart_filters(const struct tracks *tracks, struct track *track,
                            const double coordinates[TRACK_COORDINATES])
{
    struct track_box last;
    double before[TRACK_COORDINATES];
    bool known = clip_box(tracks, &track->detected, &last);
    if (known)
        coordinates_of(&last, before);
    for (int i = 0; i < TRACK_COORDINATES; i++) {
        kalman_start(&track->filters[i], coordinates[i]);
        if (known && i < WIDTH)
            track->filters[i].velocity =
                (coordinates[i] - before[i]) / track->disappeared * tuning.lost_velocity;
    }
}

static void hit(const struct tracks *tracks, struct track *track, const struct tracks_candidate *candidate)
{
    double coordinates[TRACK_COORDINATES];
    double lacking = fmin(fmax(1.0 - (double)candidate->detection->score, 0.0), 1.0);
    coordinates_of(&candidate->box, coordinates);
    if (is_lost(tracks, track)) {
        restart_filters(tracks, track, coordinates);
    } else {
        for (int i = 0; i < TRACK_COORDINATES; i++) {
            const struct kalman_noise noise = noise_of(i, 1.0 + tuning.score_noise * lacking);
            kalman_update(&track->filters[i], &noise, coordinates[i]);
        }
    }
    note_hit(tracks, track, candidate);
}

static bool has_left(const struct tracks *tracks, const struct track *track)
{
    double x = track->filters[CENTRE_X].position, y = track->filters[CENTRE_Y].position;
    return x < 0.0 || y < 0.0 || x > tracks->width || y > tracks->height;
}

/* Nobody looked where it is: all that this frame tells of it is the time that passed. */
static void hold(struct track *track)
{
    track->age--;
    track->disappeared--;
}

static void miss(const struct tracks *tracks, struct track *track)
{
    double seconds = seconds_missed(tracks, track);
    track->evidence -= track->hit_worth;
    bool ends = track->confirmed ? track->disappeared > tracks->settings.max_disappeared
                                 : track->evidence < -ROUNDING;
    if (ends || has_left(tracks, track)) {
        track->id = 0;
        return;
    }
    if (seconds > tuning.present)
        track->present = track->present && seconds <= tuning.present_hidden &&
                         hidden_part(tracks, &track->box) > tuning.hidden;
}

/* ---- association ---- */

/* Above 0 the more the more alike; 0 when they can't be the same. */
static double likeness(const struct tracks *tracks, const struct track *track,
                       const struct tracks_candidate *candidate)
{
    double seconds = seconds_missed(tracks, track);
    double gate = tuning.gate + tuning.gate_speed * seconds;
    double distance = tracks_distance(&candidate->box, &track->box), colours = 0.0;
    struct track_box last;

    if (candidate->detection->label != track->label)
        return 0.0;
    if (is_lost(tracks, track)) {
        gate = fmin(tuning.lost_gate + tuning.lost_gate_speed * seconds, tuning.lost_gate_most);
        if (clip_box(tracks, &track->detected, &last))
            distance = fmin(distance, tracks_distance(&candidate->box, &last));
    }
    if (!(distance < gate))
        return 0.0;
    if (track->colour.known && candidate->colour.known)
        colours = (double)colour_likeness(&track->colour, &candidate->colour) - tuning.even_colour;
    return fmax(1.0 - distance / gate + tuning.colour_weight * colours, 0.0);
}

/* A new track that was just confirmed goes on as the lost one that it is most like, if there is one. */
static struct track *take_up_lost(struct tracks *tracks, struct track *track,
                                  const struct tracks_candidate *candidate)
{
    struct track *best = NULL;
    double most = 0.0;
    for (int i = 0; i < TRACKS_MAX; i++) {
        struct track *lost = &tracks->list[i];
        /* Seen after the new one appeared, it was another. */
        if (lost->id == 0 || !is_lost(tracks, lost) || lost->disappeared < track->age)
            continue;
        double worth = likeness(tracks, lost, candidate);
        if (worth > most) {
            most = worth;
            best = lost;
        }
    }
    if (!best)
        return track;
    struct track taken_up = *track;
    taken_up.id = best->id;
    taken_up.age = best->age;
    taken_up.hits += best->hits;
    taken_up.colour = best->colour;
    *best = taken_up;
    track->id = 0;
    return best;
}

static void assign(struct tracks *tracks, const struct detection *detections, struct track *track,
                   struct tracks_candidate *candidate)
{
    bool was_confirmed = track->confirmed;
    hit(tracks, track, candidate);
    candidate->taken = true;
    if (!was_confirmed && track->confirmed)
        track = take_up_lost(tracks, track, candidate);
    tracks->track_of[candidate->detection - detections] = (int32_t)(track - tracks->list);
}

typedef bool (*track_question)(const struct tracks *tracks, const struct track *track);

static bool is_recent(const struct tracks *tracks, const struct track *track)
{
    return track->confirmed && !is_lost(tracks, track);
}

static bool is_not_lost(const struct tracks *tracks, const struct track *track)
{
    return !is_lost(tracks, track);
}

/* Assigns the weak detections, or those that are not, to the tracks for which wanted is true. */
static void associate(struct tracks *tracks, const struct detection *detections, track_question wanted,
                      bool weak)
{
    struct assignment *assignment = &tracks->assignment;
    assignment->rows = assignment->columns = 0;
    for (int i = 0; i < TRACKS_MAX; i++) {
        struct track *track = &tracks->list[i];
        if (track->id != 0 && track->disappeared > 0 && wanted(tracks, track))
            tracks->rows[assignment->rows++] = track;
    }
    for (uint32_t i = 0; i < tracks->candidate_count; i++) {
        struct tracks_candidate *candidate = &tracks->candidates[i];
        if (!candidate->taken && candidate->weak == weak)
            tracks->columns[assignment->columns++] = candidate;
    }
    for (uint32_t row = 0; row < assignment->rows; row++)
        for (uint32_t column = 0; column < assignment->columns; column++)
            assignment->worth[row][column] =
                (float)likeness(tracks, tracks->rows[row], tracks->columns[column]);
    assignment_solve(assignment);
    for (uint32_t row = 0; row < assignment->rows; row++)
        if (assignment->column_of[row] != ASSIGNMENT_NONE)
            assign(tracks, detections, tracks->rows[row], tracks->columns[assignment->column_of[row]]);
}

/* ---- new tracks ---- */

/* Whether it is the same object as another detection, which has a track. */
static bool is_double(const struct tracks *tracks, const struct tracks_candidate *candidate)
{
    for (uint32_t i = 0; i < tracks->candidate_count; i++) {
        const struct tracks_candidate *other = &tracks->candidates[i];
        if (other->taken && other->detection->label == candidate->detection->label &&
            iou(&other->box, &candidate->box) > tuning.start_overlap)
            return true;
    }
    return false;
}

/* A free place, else that of the track missed for longest; NULL when none was missed. */
static struct track *find_place(struct tracks *tracks)
{
    struct track *longest = NULL;
    for (int i = 0; i < TRACKS_MAX; i++) {
        struct track *track = &tracks->list[i];
        if (track->id == 0)
            return track;
        if (track->disappeared > (longest ? longest->disappeared : 0))
            longest = track;
    }
    return longest;
}

static void start(struct tracks *tracks, const struct detection *detections,
                  struct tracks_candidate *candidate)
{
    struct track *track = find_place(tracks);
    double coordinates[TRACK_COORDINATES];
    if (!track)
        return;
    *track = (struct track){.id = tracks->next_id++, .label = candidate->detection->label, .age = 1};
    coordinates_of(&candidate->box, coordinates);
    for (int i = 0; i < TRACK_COORDINATES; i++)
        kalman_start(&track->filters[i], coordinates[i]);
    note_hit(tracks, track, candidate);
    candidate->taken = true;
    tracks->track_of[candidate->detection - detections] = (int32_t)(track - tracks->list);
}

/* ---- a frame ---- */

/* Keeps the best, equal ones in their order. */
static void insert(struct tracks *tracks, const struct tracks_candidate *candidate)
{
    float score = candidate->detection->score;
    uint32_t place = tracks->candidate_count;
    if (place == TRACKS_DETECTIONS_MAX) {
        if (tracks->candidates[--place].detection->score >= score)
            return;
    } else {
        tracks->candidate_count++;
    }
    for (; place > 0 && tracks->candidates[place - 1].detection->score < score; place--)
        tracks->candidates[place] = tracks->candidates[place - 1];
    tracks->candidates[place] = *candidate;
}

static void choose_candidates(struct tracks *tracks, const struct detection *detections, uint32_t count,
                              const uint8_t *pixels)
{
    tracks->candidate_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct tracks_candidate candidate = {.detection = &detections[i]};
        candidate.weak = detections[i].weak || detections[i].score < tracks->settings.start_score;
        tracks->track_of[i] = TRACKS_NONE;
        if (isfinite(detections[i].score) && clip_box(tracks, &detections[i].box, &candidate.box))
            insert(tracks, &candidate);
    }
    for (uint32_t i = 0; i < tracks->candidate_count; i++) {
        struct tracks_candidate *candidate = &tracks->candidates[i];
        candidate->hidden = hidden_part(tracks, &candidate->box);
        if (pixels)
            colour_measure(&candidate->colour, pixels, (uint32_t)tracks->width, (uint32_t)tracks->height,
                           &candidate->detection->box);
    }
}

void tracks_update(struct tracks *tracks, const struct detection *detections, uint32_t count,
                   const uint8_t *pixels)
{
    choose_candidates(tracks, detections, count < DETECTIONS_MAX ? count : DETECTIONS_MAX, pixels);
    for (int i = 0; i < TRACKS_MAX; i++)
        if (tracks->list[i].id != 0)
            predict(tracks, &tracks->list[i]);

    associate(tracks, detections, is_recent, false);
    associate(tracks, detections, is_not_lost, false);
    associate(tracks, detections, is_not_lost, true);
    associate(tracks, detections, is_lost, false);

    for (int i = 0; i < TRACKS_MAX; i++) {
        struct track *track = &tracks->list[i];
        if (track->id != 0 && track->disappeared > 0 && track->not_looked_for && !has_left(tracks, track))
            hold(track);
        else if (track->id != 0 && track->disappeared > 0)
            miss(tracks, track);
        track->not_looked_for = false;
    }
    for (uint32_t i = 0; i < tracks->candidate_count; i++) {
        struct tracks_candidate *candidate = &tracks->candidates[i];
        if (!candidate->taken && !candidate->weak && !is_double(tracks, candidate))
            start(tracks, detections, candidate);
    }
}

void tracks_hold(struct tracks *tracks)
{
    for (int i = 0; i < TRACKS_MAX; i++) {
        struct track *track = &tracks->list[i];
        if (track->id == 0)
            continue;
        for (int c = CENTRE_X; c <= CENTRE_Y; c++) {
            track->filters[c].velocity *= ROLL;
            track->filters[c].position += track->filters[c].velocity;
        }
        set_estimate(tracks, track);
    }
}

/* ---- settings ---- */

void tracks_configure(struct tracks *tracks, const struct tracks_settings *settings)
{
    struct tracks_settings *own = &tracks->settings;
    *own = *settings;
    own->fps = settings->fps > 0.0 ? fmin(settings->fps, FPS_MAX) : 1.0;
    if (own->max_disappeared == 0)
        own->max_disappeared = (uint32_t)fmax(DISAPPEARED_SECONDS * own->fps, 1.0);
    if (own->min_initialized == 0)
        own->min_initialized = (uint32_t)fmax(own->fps / 2.0, INITIALIZED_LEAST);
    if (!(own->start_score > 0.0f))
        own->start_score = START_SCORE_DEFAULT;
}

void tracks_set_size(struct tracks *tracks, uint32_t width, uint32_t height)
{
    tracks->width = width;
    tracks->height = height;
    for (int i = 0; i < TRACKS_MAX; i++)
        tracks->list[i].id = 0;
}

void tracks_init(struct tracks *tracks, const struct tracks_settings *settings, uint32_t width,
                 uint32_t height)
{
    memset(tracks, 0, sizeof *tracks);
    tracks->next_id = 1;
    tracks_configure(tracks, settings);
    tracks_set_size(tracks, width, height);
}

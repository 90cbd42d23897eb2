#include "tracker/tracks.h"

#include <math.h>
#include <string.h>

#include "tracker/match.h"

#define START_OVERLAP 0.5 /* IoU: a detection that has more in common with one taken starts nothing */

#define NS_PER_S 1e9

enum { FPS_MAX = 1000, DISAPPEARED_SECONDS = 5, INITIALIZED_LEAST = 2 };

/* ---- time ---- */

/* Seconds from the last frame to this one. */
static double pass_time(struct tracks *tracks, int64_t taken_ns)
{
    tracks->frame.first = tracks->taken_ns == TRACKS_NEVER;
    bool risen = !tracks->frame.first && taken_ns > tracks->taken_ns;
    double seconds =
        risen ? ((double)taken_ns - (double)tracks->taken_ns) / NS_PER_S : 1.0 / tracks->settings.fps;
    tracks->taken_ns = taken_ns;
    return seconds;
}

static struct track_rules rules(const struct tracks *tracks)
{
    return (struct track_rules){
        .start_score = (double)tracks->settings.start_score,
        .least_worth = 1.0 / (tracks->settings.min_initialized + 1.0),
    };
}

/* How long a lost track is looked for, with half a frame's time for what clocks are off. */
static double seconds_to_end(const struct tracks *tracks)
{
    return (tracks->settings.max_disappeared + 0.5) / tracks->settings.fps;
}

/* ---- association ---- */

/*
 * The part of a box that is hidden by one of this frame's detections. What stands lower in the picture is in front: cameras
 * look down.
 */
static double hidden_part(const struct tracks *tracks, const struct track_box *box)
{
    double most = 0.0;
    for (uint32_t i = 0; i < tracks->look_count; i++) {
        const struct track_box *other = &tracks->looks[i].box;
        if (other->y2 > box->y2)
            most = fmax(most, track_box_common_area(other, box));
    }
    return most / track_box_area(box);
}

/* What a detection has in common with one that was there in the last frame, and that nobody had. */
static double left_over_part(const struct tracks *tracks, const struct track_look *look)
{
    double most = 0.0;
    for (uint32_t i = 0; i < tracks->left_over_count; i++)
        if (tracks->left_over[i].label == look->detection->label)
            most = fmax(most, track_box_iou(&tracks->left_over[i].box, &look->box));
    return most;
}

static void keep_left_over(struct tracks *tracks)
{
    tracks->left_over_count = 0;
    for (uint32_t i = 0; i < tracks->look_count; i++)
        if (!tracks->looks[i].taken)
            tracks->left_over[tracks->left_over_count++] =
                (struct tracks_left_over){tracks->looks[i].box, tracks->looks[i].detection->label};
}

/* The lost track that a new one is most like, or NULL. look: the new one's last. */
static struct track *find_lost(struct tracks *tracks, const struct track *track,
                               const struct track_look *look)
{
    struct track *best = NULL;
    double most = 0.0;
    for (int i = 0; i < TRACKS_MAX; i++) {
        struct track *lost = &tracks->list[i];
        /* Seen after the new one appeared, it was another. */
        if (lost->id == 0 || !track_is_lost(lost) || lost->disappeared < track->age)
            continue;
        double worth = match_worth(lost, look, &tracks->frame);
        if (worth > most) {
            most = worth;
            best = lost;
        }
    }
    return best;
}

/* The new track goes on as the lost one. */
static void take_up(struct track *lost, struct track *track)
{
    struct track taken_up = *track;
    taken_up.id = lost->id;
    taken_up.age = lost->age;
    taken_up.hits += lost->hits;
    taken_up.colour = lost->colour;
    taken_up.has_travelled = taken_up.has_travelled || lost->has_travelled;
    *lost = taken_up;
    track->id = 0;
}

static void note_taken(struct tracks *tracks, const struct detection *detections, const struct track *track,
                       struct track_look *look)
{
    look->taken = true;
    tracks->track_of[look->detection - detections] = (int32_t)(track - tracks->list);
}

/* What the assignment found, and after that, who of those that are new and believed now was known before. */
static void take_assigned(struct tracks *tracks, const struct detection *detections)
{
    const struct assignment *assignment = &tracks->assignment;
    const struct track_rules own = rules(tracks);
    bool was_confirmed[TRACKS_MAX];
    for (uint32_t row = 0; row < assignment->rows; row++) {
        struct track *track = tracks->rows[row];
        was_confirmed[row] = track->confirmed;
        if (assignment->column_of[row] == ASSIGNMENT_NONE)
            continue;
        struct track_look *look = tracks->columns[assignment->column_of[row]];
        track_hit(track, &tracks->frame, look, &own);
        note_taken(tracks, detections, track, look);
    }
    for (uint32_t row = 0; row < assignment->rows; row++) {
        struct track *track = tracks->rows[row];
        if (was_confirmed[row] || !track->confirmed)
            continue;
        struct track_look *look = tracks->columns[assignment->column_of[row]];
        struct track *lost = find_lost(tracks, track, look);
        if (lost) {
            take_up(lost, track);
            note_taken(tracks, detections, lost, look);
        }
    }
}

/* Assigns the weak detections, or those that are not, to the tracks that they may go on with. */
static void associate(struct tracks *tracks, const struct detection *detections, bool weak)
{
    struct assignment *assignment = &tracks->assignment;
    assignment->rows = assignment->columns = 0;
    for (int i = 0; i < TRACKS_MAX; i++) {
        struct track *track = &tracks->list[i];
        if (track->id != 0 && track->disappeared > 0 && !(weak && track_is_lost(track)))
            tracks->rows[assignment->rows++] = track;
    }
    for (uint32_t i = 0; i < tracks->look_count; i++) {
        struct track_look *look = &tracks->looks[i];
        if (!look->taken && look->weak == weak)
            tracks->columns[assignment->columns++] = look;
    }
    for (uint32_t row = 0; row < assignment->rows; row++)
        for (uint32_t column = 0; column < assignment->columns; column++)
            assignment->worth[row][column] =
                (float)match_worth(tracks->rows[row], tracks->columns[column], &tracks->frame);
    assignment_solve(assignment);
    take_assigned(tracks, detections);
}

/* ---- misses and new tracks ---- */

/* A track without a detection in this frame. */
static void miss(const struct tracks *tracks, struct track *track)
{
    if (!track_miss(track) || track->missed_s > seconds_to_end(tracks))
        track->id = 0;
    else if (track->present)
        track->present = track_is_reliable(track, &tracks->frame, hidden_part(tracks, &track->box));
}

/* Whether it is the same object as another detection, which has a track. */
static bool is_double(const struct tracks *tracks, const struct track_look *look)
{
    for (uint32_t i = 0; i < tracks->look_count; i++) {
        const struct track_look *other = &tracks->looks[i];
        if (other->taken && other->detection->label == look->detection->label &&
            track_box_iou(&other->box, &look->box) > START_OVERLAP)
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

static void start(struct tracks *tracks, const struct detection *detections, struct track_look *look)
{
    const struct track_rules own = rules(tracks);
    struct track *track = find_place(tracks);
    if (!track) {
        tracks->left_out++;
        return;
    }
    track_begin(track, tracks->next_id++, &tracks->frame, look, &own);
    note_taken(tracks, detections, track, look);
}

/* ---- a frame ---- */

/* Keeps the best, equal ones in their order. */
static void insert(struct tracks *tracks, const struct track_look *look)
{
    float score = look->detection->score;
    uint32_t place = tracks->look_count;
    if (place == TRACKS_DETECTIONS_MAX) {
        tracks->left_out++;
        if (tracks->looks[--place].detection->score >= score)
            return;
    } else {
        tracks->look_count++;
    }
    for (; place > 0 && tracks->looks[place - 1].detection->score < score; place--)
        tracks->looks[place] = tracks->looks[place - 1];
    tracks->looks[place] = *look;
}

static void choose_looks(struct tracks *tracks, const struct detection *detections, uint32_t count,
                         const uint8_t *pixels)
{
    tracks->look_count = 0;
    tracks->left_out = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct track_look look = {.detection = &detections[i]};
        look.weak = detections[i].weak || detections[i].score < tracks->settings.start_score;
        tracks->track_of[i] = TRACKS_NONE;
        if (isfinite(detections[i].score) &&
            track_box_clip(&look.box, &detections[i].box, tracks->frame.width, tracks->frame.height))
            insert(tracks, &look);
    }
    for (uint32_t i = 0; i < tracks->look_count; i++) {
        struct track_look *look = &tracks->looks[i];
        look->hidden = hidden_part(tracks, &look->box);
        look->left_over = left_over_part(tracks, look);
        if (pixels)
            colour_measure(&look->colour, pixels, (uint32_t)tracks->frame.width,
                           (uint32_t)tracks->frame.height, &look->detection->box);
    }
}

/* What became of a track that had no detection in this frame. */
static void settle(const struct tracks *tracks, struct track *track, double seconds)
{
    if (track->not_looked_for)
        track_excuse(track, seconds);
    else
        miss(tracks, track);
    if (track_has_left(track, &tracks->frame))
        track->id = 0;
}

void tracks_update(struct tracks *tracks, const struct detection *detections, uint32_t count,
                   const uint8_t *pixels, int64_t taken_ns)
{
    double seconds = pass_time(tracks, taken_ns);
    choose_looks(tracks, detections, count < DETECTIONS_MAX ? count : DETECTIONS_MAX, pixels);
    for (int i = 0; i < TRACKS_MAX; i++)
        if (tracks->list[i].id != 0)
            track_predict(&tracks->list[i], &tracks->frame, seconds);

    associate(tracks, detections, false);
    associate(tracks, detections, true);

    for (int i = 0; i < TRACKS_MAX; i++) {
        struct track *track = &tracks->list[i];
        if (track->id != 0 && track->disappeared > 0)
            settle(tracks, track, seconds);
        track->not_looked_for = false;
    }
    for (uint32_t i = 0; i < tracks->look_count; i++) {
        struct track_look *look = &tracks->looks[i];
        if (!look->taken && !look->weak && !is_double(tracks, look))
            start(tracks, detections, look);
    }
    keep_left_over(tracks);
}

void tracks_hold(struct tracks *tracks, int64_t taken_ns)
{
    double seconds = pass_time(tracks, taken_ns);
    tracks->left_out = 0;
    for (int i = 0; i < TRACKS_MAX; i++)
        if (tracks->list[i].id != 0)
            track_roll(&tracks->list[i], &tracks->frame, seconds);
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
        own->start_score = TRACKS_START_SCORE;
}

void tracks_set_size(struct tracks *tracks, uint32_t width, uint32_t height)
{
    tracks->frame = (struct track_frame){.width = width, .height = height};
    for (int i = 0; i < TRACKS_MAX; i++)
        tracks->list[i].id = 0;
}

void tracks_init(struct tracks *tracks, const struct tracks_settings *settings, uint32_t width,
                 uint32_t height)
{
    memset(tracks, 0, sizeof(*tracks));
    tracks->next_id = 1;
    tracks->taken_ns = TRACKS_NEVER;
    tracks_configure(tracks, settings);
    tracks_set_size(tracks, width, height);
}

#include "tracker/track.h"

#include <math.h>
#include <string.h>

/*
 * How detections scatter about an object and how objects move: standard deviations in sizes of the object. They are those
 * under which what was measured is likeliest, rounded: on two street scenes the detections of annotated people among 1,272,
 * and the annotations themselves, each at 25, 12.5 and 5 frames a second. They agree at all three rates, which numbers a
 * frame do not. With one of them changed by half, the mean of all scores falls by two points at most.
 */
#define POSITION_NOISE 0.05 /* of a detection's centre: 0.03 to 0.045 heights there */
#define SIZE_NOISE     0.1  /* of its width and height: 0.06 to 0.09 heights */
#define POSITION_WALK  0.15 /* a root of a second: detections err the same way for some frames */
#define SIZE_WALK      0.2  /* a root of a second: so do their sizes, and arms and legs swing */
#define ACCELERATION   0.4  /* speed gained, a root of a second: 0.12 to 0.37 heights */
/* A second, of what is seen for the first time. People had 0.8; this is for cars, and costs people nothing. */
#define SPEED 2.0
/* In pixels: boxes are made of whole ones, of a picture that may have been made smaller. */
#define PIXEL_NOISE 1.0
/*
 * The variance of a detection is so many times larger, by what its score lacks: those below 0.7 scattered twice as far.
 * Y. Du and others, GIAOTracker (2021), scale it with the score as well.
 */
#define SCORE_NOISE 5.0

/*
 * Whether there is an object at all: the logarithms of the odds for it are summed, hit by hit, until they are 99 to 1. A.
 * Wald, Sequential Tests of Statistical Hypotheses (1945). Scores are taken as probabilities, but for a factor, since
 * detectors have scales of their own: who says from which score on a detection may start a track, says that one of that
 * score is rather right. Of one detector's detections those from 0.7, its start score, to 0.8 were right 4 times in 10 and
 * those from 0.98 on 99 times in 100; of another one's those from 0.5, its start score, to 0.55 5 times in 10 and those
 * from 0.6 on 98 times in 100. However low the scores, the reference's number of hits (spec C6) is enough.
 */
#define CONFIRMED_ODDS 4.6 /* ln(99) */
#define START_ODDS     1.0 /* e to 1 */
/* What is there in the first frame did not have to appear just then, as what comes later: odds of about 20 to 1. */
#define FIRST_ODDS  3.0
#define SCORE_LEAST 0.01
#define SCORE_MOST  0.9999

/*
 * How long a prediction can be relied on: while it is right more often than wrong. Counted on two street scenes and
 * surveillance footage with two detectors, and where detections were made from annotations, good to poor: it is the less
 * often right the longer nothing was found, which counts less when it is clear why, and the less evidence there is for the
 * object; with up to twice what confirms 4 to 7 times in 10, with four to eight times as much 6 to 9 times. At the frame's
 * side it is wrong 8 times in 10, and half of the times when the last score was low.
 */
#define RELIABLE_S          0.25
#define RELIABLE_HIDDEN_S   0.35 /* when it is behind another object */
#define RELIABLE_EVIDENCE_S 0.1  /* for each time what confirms */
#define HIDDEN              0.5  /* the part of it that makes it so */
/* A score is low that far below the start score: its odds are 0.6 times those. */
#define DOUBTFUL_ODDS (-0.5)

#define LOST_S 0.45 /* a step and a half of a person, from which on it may have turned */
/* Of a longer time in which nobody looked nothing is known: what is near afterwards is the same. */
#define STEP_MOST_S 2.0
#define ROLL_S      1.0 /* in which the speed of what nobody looks at falls to a third */

#define JOURNEY_HEIGHTS 0.5
#define JOURNEY_LEAST   0.03 /* of the picture's height */

#define COLOUR_SHARE 0.1F /* what a look adds to the track's colour: it is that of the last ten */
#define COLOUR_CLEAR 0.2  /* of a look, at most, hidden: else its colours are another's */
#define ROUNDING     1e-9

/* ---- boxes ---- */

double track_box_area(const struct track_box *box)
{
    return (box->x2 - box->x1) * (box->y2 - box->y1);
}

double track_box_common_area(const struct track_box *a, const struct track_box *b)
{
    double width = fmin(a->x2, b->x2) - fmax(a->x1, b->x1), height = fmin(a->y2, b->y2) - fmax(a->y1, b->y1);
    return width > 0.0 && height > 0.0 ? width * height : 0.0;
}

double track_box_iou(const struct track_box *a, const struct track_box *b)
{
    double common = track_box_common_area(a, b);
    return common / (track_box_area(a) + track_box_area(b) - common);
}

bool track_box_clip(struct track_box *clipped, const struct camd_box *box, double width, double height)
{
    *clipped = (struct track_box){
        .x1 = fmax(box->x1, 0.0),
        .y1 = fmax(box->y1, 0.0),
        .x2 = fmin(box->x2, width),
        .y2 = fmin(box->y2, height),
    };
    return clipped->x2 > clipped->x1 && clipped->y2 > clipped->y1;
}

void track_box_coordinates(const struct track_box *box, double coordinates[TRACK_COORDINATES])
{
    coordinates[TRACK_X] = (box->x1 + box->x2) / 2.0;
    coordinates[TRACK_Y] = (box->y1 + box->y2) / 2.0;
    coordinates[TRACK_WIDTH] = box->x2 - box->x1;
    coordinates[TRACK_HEIGHT] = box->y2 - box->y1;
}

/* ---- where it is ---- */

static double square(double value)
{
    return value * value;
}

static bool is_size(int coordinate)
{
    return coordinate >= TRACK_WIDTH;
}

static double side(const struct track *track, int coordinate)
{
    return fmax(track->filters[coordinate].position, 1.0);
}

/* Mean of width and height, pixels; 1 at least. */
static double size_of(const struct track *track)
{
    return (side(track, TRACK_WIDTH) + side(track, TRACK_HEIGHT)) / 2.0;
}

double track_noise(const struct track *track, int coordinate, double score)
{
    double lacking = fmin(fmax(1.0 - score, 0.0), 1.0);
    double noise = (is_size(coordinate) ? SIZE_NOISE : POSITION_NOISE) * size_of(track);
    return square(noise) * (1.0 + SCORE_NOISE * lacking) + square(PIXEL_NOISE);
}

static int32_t pixel(double value, double most)
{
    return (int32_t)lround(fmin(fmax(value, 0.0), most));
}

static void set_estimate(struct track *track, const struct track_frame *frame)
{
    double x = track->filters[TRACK_X].position, y = track->filters[TRACK_Y].position;
    double width = side(track, TRACK_WIDTH), height = side(track, TRACK_HEIGHT);
    track->box = (struct track_box){x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0};
    track->estimate = (struct camd_box){
        .x1 = pixel(track->box.x1, frame->width - 1.0),
        .y1 = pixel(track->box.y1, frame->height - 1.0),
        .x2 = pixel(track->box.x2, frame->width - 1.0),
        .y2 = pixel(track->box.y2, frame->height - 1.0),
    };
}

static void move_on(struct track *track, double seconds)
{
    double size = size_of(track);
    const struct kalman_noise moving = {square(POSITION_WALK * size), square(ACCELERATION * size)};
    const struct kalman_noise growing = {square(SIZE_WALK * size), 0.0};
    for (int i = 0; i < TRACK_COORDINATES; i++)
        kalman_predict(&track->filters[i], is_size(i) ? &growing : &moving, seconds);
}

void track_predict(struct track *track, const struct track_frame *frame, double seconds)
{
    move_on(track, fmin(seconds, STEP_MOST_S));
    set_estimate(track, frame);
    track->rolled_s = 0.0;
    track->age++;
    track->disappeared++;
    track->missed_s += seconds;
}

void track_roll(struct track *track, const struct track_frame *frame, double seconds)
{
    double left = exp(-seconds / ROLL_S);
    struct kalman before[TRACK_COORDINATES];
    memcpy(before, track->filters, sizeof(before));
    move_on(track, fmin(seconds, fmax(STEP_MOST_S - track->rolled_s, 0.0)));
    track->rolled_s += seconds;
    for (int i = 0; i < TRACK_COORDINATES; i++) {
        track->filters[i].position = before[i].position + before[i].velocity * ROLL_S * (1.0 - left);
        track->filters[i].velocity = before[i].velocity * left;
    }
    set_estimate(track, frame);
}

/* ---- hits and misses ---- */

/* The logarithm of the odds for a score. */
static double odds(double score)
{
    double likely = fmin(fmax(score, SCORE_LEAST), SCORE_MOST);
    return log(likely / (1.0 - likely));
}

/* How far it has to go before it has gone anywhere, pixels: wind moves a branch by its width, or by some pixels. */
static double journey(const struct track *track, const struct track_frame *frame)
{
    const double size = fmax(side(track, TRACK_WIDTH), side(track, TRACK_HEIGHT) * JOURNEY_HEIGHTS);
    return fmax(size, frame->height * JOURNEY_LEAST);
}

static void note_hit(struct track *track, const struct track_frame *frame, const struct track_look *look,
                     const struct track_rules *rules)
{
    double above = odds((double)look->detection->score) - odds(rules->start_score);
    track->score = look->detection->score;
    track->detected = look->detection->box;
    track->hits++;
    track->disappeared = 0;
    track->missed_s = 0.0;
    track->doubtful = above < DOUBTFUL_ODDS;
    track->hit_worth = fmax((START_ODDS + above) / CONFIRMED_ODDS, rules->least_worth);
    track->evidence += track->hit_worth;
    if (track->evidence >= 1.0 - ROUNDING)
        track->confirmed = true;
    track->present = track->confirmed;
    if (look->colour.known && (!track->colour.known || look->hidden < COLOUR_CLEAR))
        colour_learn(&track->colour, &look->colour, COLOUR_SHARE);
    set_estimate(track, frame);
    if (hypot(track->filters[TRACK_X].position - track->begun_x,
              track->filters[TRACK_Y].position - track->begun_y) >= journey(track, frame))
        track->has_travelled = true;
}

void track_begin(struct track *track, uint64_t id, const struct track_frame *frame,
                 const struct track_look *look, const struct track_rules *rules)
{
    double coordinates[TRACK_COORDINATES];
    *track = (struct track){.id = id, .label = look->detection->label, .age = 1};
    if (frame->first)
        track->evidence = FIRST_ODDS / CONFIRMED_ODDS;
    track_box_coordinates(&look->box, coordinates);
    track->begun_x = coordinates[TRACK_X];
    track->begun_y = coordinates[TRACK_Y];
    for (int i = TRACK_WIDTH; i <= TRACK_HEIGHT; i++)
        track->filters[i].position = coordinates[i];
    double speed = square(SPEED * size_of(track));
    for (int i = 0; i < TRACK_COORDINATES; i++)
        kalman_start(&track->filters[i], coordinates[i],
                     track_noise(track, i, (double)look->detection->score), is_size(i) ? 0.0 : speed);
    note_hit(track, frame, look, rules);
}

void track_hit(struct track *track, const struct track_frame *frame, const struct track_look *look,
               const struct track_rules *rules)
{
    double coordinates[TRACK_COORDINATES], noise[TRACK_COORDINATES];
    track_box_coordinates(&look->box, coordinates);
    for (int i = 0; i < TRACK_COORDINATES; i++)
        noise[i] = track_noise(track, i, (double)look->detection->score);
    for (int i = 0; i < TRACK_COORDINATES; i++)
        kalman_update(&track->filters[i], coordinates[i], noise[i]);
    note_hit(track, frame, look, rules);
}

void track_excuse(struct track *track, double seconds)
{
    track->age--;
    track->disappeared--;
    track->missed_s = track->disappeared > 0 ? fmax(track->missed_s - seconds, 0.0) : 0.0;
}

bool track_miss(struct track *track)
{
    track->evidence -= track->hit_worth;
    return track->confirmed || track->evidence >= -ROUNDING;
}

/* ---- what can be said of it ---- */

bool track_is_lost(const struct track *track)
{
    return track->confirmed && track->disappeared > 1 && track->missed_s > LOST_S;
}

bool track_has_left(const struct track *track, const struct track_frame *frame)
{
    double x = track->filters[TRACK_X].position, y = track->filters[TRACK_Y].position;
    return x < 0.0 || y < 0.0 || x > frame->width || y > frame->height;
}

static bool touches_side(const struct track_box *box, const struct track_frame *frame)
{
    return box->x1 <= 1.0 || box->y1 <= 1.0 || box->x2 >= frame->width - 2.0 ||
           box->y2 >= frame->height - 2.0;
}

bool track_is_reliable(const struct track *track, const struct track_frame *frame, double hidden)
{
    double most_s = hidden > HIDDEN ? RELIABLE_HIDDEN_S : RELIABLE_S;
    return track->missed_s <= fmin(most_s, RELIABLE_EVIDENCE_S * track->evidence) + ROUNDING &&
           !track->doubtful && !touches_side(&track->box, frame);
}

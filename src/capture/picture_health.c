#include "capture/picture_health.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS INT64_C(1000000000)

enum {
    MOTION_LEVELS = 4, /* grey levels by which a block's brightness changes: encoders alone come to two */
    REST_SHARE = 12,   /* one in so many pictures is the same as the one before */
};

/* ---- frozen ---- */

void picture_health_note_key(struct picture_health *health, int64_t now_ns)
{
    if (health->key_ns > 0)
        health->intervals_ns[health->interval_next++ % PICTURE_INTERVALS] = now_ns - health->key_ns;
    health->key_ns = now_ns;
}

/* The present one counts as well: it may be the longest already. */
static int64_t key_interval_ns(const struct picture_health *health)
{
    int64_t longest_ns = health->key_ns > 0 ? health->picture_ns - health->key_ns : 0;
    for (int i = 0; i < PICTURE_INTERVALS; i++)
        if (health->intervals_ns[i] > longest_ns)
            longest_ns = health->intervals_ns[i];
    return longest_ns;
}

static int64_t frozen_after_ns(const struct picture_health *health, const struct picture_limits *limits)
{
    const int64_t intervals_ns = 2 * key_interval_ns(health);
    return intervals_ns > limits->ns[PICTURE_FROZEN] ? intervals_ns : limits->ns[PICTURE_FROZEN];
}

/* whole 0: with any. */
static struct picture_shown *find_shown(struct picture_health *health, uint64_t sample, uint64_t whole)
{
    for (int i = 0; i < PICTURE_SHOWN; i++)
        if (health->shown[i].sample == sample && (whole == 0 || health->shown[i].whole == whole))
            return &health->shown[i];
    return NULL;
}

static void add_shown(struct picture_health *health, uint64_t sample, uint64_t whole)
{
    health->shown[health->shown_next++ % PICTURE_SHOWN] = (struct picture_shown){sample, whole};
}

void picture_health_begin(struct picture_health *health)
{
    const struct picture_shown *last = find_shown(health, health->last, 0);
    const struct picture_shown kept = last ? *last : (struct picture_shown){0};
    memset(health->shown, 0, sizeof(health->shown));
    health->shown[0] = kept;
    health->shown_next = 1;
}

static void begin_afresh(struct picture_health *health)
{
    health->lasts_ns[PICTURE_FROZEN] = 0;
    health->alike = health->repeated = 0;
    health->is_frozen = false;
}

/* Whether something in it moves, more than an encoder that makes the picture finer. */
static bool has_motion(const struct picture_health *health, const struct picture_sample *sample)
{
    const int most = MOTION_LEVELS * PICTURE_BLOCK_PIXELS;
    for (uint32_t i = 0; i < sample->columns * sample->rows; i++)
        if (abs(sample->brightness[i] - health->before[i]) > most)
            return true;
    return false;
}

/* Whether all bytes of the picture are to be looked at. */
static bool note_bytes(struct picture_health *health, const struct picture_sample *picture, int64_t passed_ns,
                       int64_t now_ns, const struct picture_limits *limits)
{
    const uint64_t sample = picture->bytes;
    const bool is_repeated = health->pictures > 1 && sample == health->last;
    health->last = sample;
    const bool is_new = !find_shown(health, sample, 0);
    if (is_new)
        add_shown(health, sample, 0);
    if (is_new || has_motion(health, picture)) {
        begin_afresh(health);
        return false;
    }
    health->lasts_ns[PICTURE_FROZEN] += passed_ns;
    health->alike++;
    health->repeated += is_repeated;
    /* the samples may have missed what moves: near the end of the patience all bytes are looked at */
    if (health->lasts_ns[PICTURE_FROZEN] < limits->ns[PICTURE_FROZEN] / 2 ||
        now_ns - health->whole_ns < SECOND_NS)
        return false;
    health->whole_ns = now_ns;
    return true;
}

void picture_health_note_whole(struct picture_health *health, uint64_t bytes)
{
    struct picture_shown *shown = find_shown(health, health->last, 0);
    if (!shown || find_shown(health, health->last, bytes))
        return;
    if (shown->whole == 0) {
        shown->whole = bytes;
        return;
    }
    add_shown(health, health->last, bytes);
    begin_afresh(health);
}

static bool has_frozen(const struct picture_health *health, const struct picture_limits *limits)
{
    return health->alike >= PICTURE_SAME_MIN && health->repeated >= health->alike / REST_SHARE &&
           health->lasts_ns[PICTURE_FROZEN] >= frozen_after_ns(health, limits);
}

/* ---- black and covered: in grey levels, of which black is 16 ---- */

#define BLACK_LEVEL                                                                                          \
    32.0 /* black, marked as of the wrong range, is 30: no block of black pictures is brighter */
#define BLACK_SPREAD    4.0  /* all blocks are nearly the same */
#define BLACK_ROUGHNESS 0.25 /* next to no noise in the picture */
#define BLACK_FLICKER   0.1  /* nothing changes from picture to picture */
#define DARK_LEVEL      40.0 /* so dark is a night, too */
#define DIM_LEVEL                                                                                            \
    80.0 /* where there is more noise than this, it hides fine detail: shapes are looked at, too */
#define DIM_ROUGHNESS 3.0
#define PLAIN_DETAIL  0.015 /* shares of the picture: without detail, with some again, with plenty */
#define DETAIL_AGAIN  0.03
#define CLEAR_DETAIL  0.15
#define RECENT        0.25f /* weight of a picture in the mean of the last few */
enum { SETTLED = 12 };      /* pictures after which that mean is one */

/* What is looked at of a picture, and what is told of it. */
struct look {
    uint32_t first, end; /* blocks */
    double brightness, darkest, brightest, roughness, flicker;
};

static double level_of(uint16_t brightness)
{
    return (double)brightness / PICTURE_BLOCK_PIXELS;
}

static struct look look_at(const struct picture_health *health, const struct picture_sample *sample)
{
    const uint32_t margin = sample->rows / 9;
    struct look look = {.first = margin * sample->columns, .end = (sample->rows - margin) * sample->columns};
    uint64_t brightness = 0, roughness = 0, flicker = 0;
    uint16_t darkest = UINT16_MAX, brightest = 0;
    for (uint32_t i = look.first; i < look.end; i++) {
        const int change = sample->brightness[i] - health->before[i];
        brightness += sample->brightness[i];
        roughness += sample->roughness[i];
        flicker += (uint64_t)(change < 0 ? -change : change);
        if (sample->brightness[i] > brightest)
            brightest = sample->brightness[i];
        if (sample->brightness[i] < darkest)
            darkest = sample->brightness[i];
    }
    const double blocks = (double)(look.end - look.first);
    look.brightness = (double)brightness / (blocks * PICTURE_BLOCK_PIXELS);
    look.darkest = level_of(darkest);
    look.brightest = level_of(brightest);
    look.roughness = (double)roughness / (blocks * PICTURE_BLOCK_STEPS);
    look.flicker = (double)flicker / (blocks * PICTURE_BLOCK_PIXELS);
    return look;
}

static bool is_black(const struct look *look)
{
    return look->brightest <= BLACK_LEVEL && look->brightest - look->darkest <= BLACK_SPREAD &&
           look->roughness <= BLACK_ROUGHNESS && look->flicker <= BLACK_FLICKER;
}

static void average(float *mean, double value, bool is_first)
{
    *mean += is_first ? (float)value - *mean : RECENT * ((float)value - *mean);
}

static void average_all(struct picture_health *health, const struct picture_sample *sample,
                        const struct look *look)
{
    const bool is_first = health->averaged == 0;
    float roughness = (float)health->roughness;
    average(&roughness, look->roughness, is_first);
    health->roughness = roughness;
    for (uint32_t i = look->first; i < look->end; i++) {
        average(&health->level[i], level_of(sample->brightness[i]), is_first);
        average(&health->across[i], (double)sample->bend_across[i] / (2 * PICTURE_STRIP_PIXELS), is_first);
        average(&health->down[i], (double)sample->bend_down[i] / (2 * PICTURE_STRIP_PIXELS), is_first);
    }
    health->averaged++;
}

/* Of three blocks in a row, how far the one in the middle is from the mean of its neighbours. */
static bool has_shape(const struct picture_health *health, uint32_t block, float least)
{
    const float *level = health->level;
    const uint32_t column = block % health->columns;
    return column > 0 && column + 1 < health->columns &&
           fabsf(level[block - 1] - 2 * level[block] + level[block + 1]) > 2 * least;
}

static double detail_of(const struct picture_health *health, const struct look *look)
{
    const float least = 1.0f + 0.4f * (float)health->roughness; /* more than the noise of a few pictures */
    const bool shapes_count = look->brightness < DIM_LEVEL && health->roughness > DIM_ROUGHNESS;
    uint32_t blocks = 0;
    for (uint32_t i = look->first; i < look->end; i++)
        blocks += fabsf(health->across[i]) > least || fabsf(health->down[i]) > least ||
                  (shapes_count && has_shape(health, i, least));
    return (double)blocks / (double)(look->end - look->first);
}

static bool is_covered(struct picture_health *health, const struct look *look, int64_t now_ns)
{
    const bool was_plain = health->is_plain;
    if (health->averaged < SETTLED)
        return false;
    if (health->detail >= CLEAR_DETAIL) {
        health->clear_ns = now_ns;
        health->clear_picture = health->pictures;
    }
    health->is_plain = health->detail < (was_plain ? DETAIL_AGAIN : PLAIN_DETAIL);
    if (health->is_plain && !was_plain)
        health->is_sudden =
            health->clear_ns > 0 && (now_ns - health->clear_ns <= PICTURE_SUDDEN_NS ||
                                     health->pictures - health->clear_picture <= PICTURE_SUDDEN);
    return health->is_plain && (health->is_sudden || look->brightness > DARK_LEVEL);
}

static void note_light(struct picture_health *health, const struct picture_sample *sample, int64_t passed_ns,
                       int64_t now_ns)
{
    if (sample->columns != health->columns || sample->rows != health->rows)
        health->averaged = 0;
    health->columns = sample->columns;
    health->rows = sample->rows;
    const struct look look = look_at(health, sample);
    average_all(health, sample, &look);
    health->brightness = look.brightness;
    health->detail = detail_of(health, &look);
    health->lasts_ns[PICTURE_BLACK] = is_black(&look) ? health->lasts_ns[PICTURE_BLACK] + passed_ns : 0;
    health->lasts_ns[PICTURE_COVERED] =
        is_covered(health, &look, now_ns) ? health->lasts_ns[PICTURE_COVERED] + passed_ns : 0;
    memcpy(health->before, sample->brightness, sizeof(health->before));
}

/* ---- the whole ---- */

bool picture_health_note(struct picture_health *health, const struct picture_sample *sample, int64_t now_ns,
                         const struct picture_limits *limits)
{
    const int64_t most_ns = limits->apart_ns > PICTURE_STEP_NS ? limits->apart_ns : PICTURE_STEP_NS;
    int64_t passed_ns = health->picture_ns > 0 ? now_ns - health->picture_ns : 0;
    if (passed_ns > most_ns)
        passed_ns = most_ns;
    health->picture_ns = now_ns;
    health->pictures++;
    const bool wants_whole =
        limits->ns[PICTURE_FROZEN] > 0 && note_bytes(health, sample, passed_ns, now_ns, limits);
    health->is_frozen = health->is_frozen || has_frozen(health, limits);
    note_light(health, sample, passed_ns, now_ns);
    return wants_whole;
}

bool picture_limits_any(const struct picture_limits *limits)
{
    for (int trouble = PICTURE_GOOD + 1; trouble < PICTURE_TROUBLES; trouble++)
        if (limits->ns[trouble] > 0)
            return true;
    return false;
}

static bool holds(const struct picture_health *health, enum picture_trouble trouble,
                  const struct picture_limits *limits)
{
    if (limits->ns[trouble] <= 0)
        return false;
    if (trouble == PICTURE_FROZEN)
        return health->is_frozen;
    return health->lasts_ns[trouble] >= limits->ns[trouble];
}

static double measure_of(const struct picture_health *health, enum picture_trouble trouble)
{
    switch (trouble) {
    case PICTURE_BLACK:
        return health->brightness;
    case PICTURE_COVERED:
        return health->detail;
    case PICTURE_FROZEN:
        return (double)health->lasts_ns[PICTURE_FROZEN] / (double)SECOND_NS;
    case PICTURE_GOOD:
    case PICTURE_TROUBLES:
        break;
    }
    return 0;
}

enum picture_trouble picture_health_judge(const struct picture_health *health,
                                          const struct picture_limits *limits, double *measure)
{
    for (int trouble = PICTURE_GOOD + 1; trouble < PICTURE_TROUBLES; trouble++)
        if (holds(health, (enum picture_trouble)trouble, limits)) {
            *measure = measure_of(health, (enum picture_trouble)trouble);
            return (enum picture_trouble)trouble;
        }
    return PICTURE_GOOD;
}

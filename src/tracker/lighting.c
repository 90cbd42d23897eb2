#include "tracker/lighting.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/background.h"
#include "tracker/box.h"
#include "tracker/light.h"

#define OUTLINE_SHARE 0.7  /* or of its outline, when it is of one colour */
#define THING_SHARE   0.5  /* of a figure: then it is one */
#define SHADE_LEAST   0.15 /* of the scene's level, in the shadows of the sun: the sky still lights them */
#define SHADE_MOST    0.85 /* the same, at a shadow's edge */
#define GAP_FACTOR    1.5 /* times as strong as in the picture is an outline in the scene: something was there */
#define GAP_LEAST     8.0  /* levels, in the mean: less is none */
#define GAP_MOST      20.0 /* the same: more is something there now, or a pattern that says nothing */
#define NOISE_RATE    0.05 /* of the picture's own in what is remembered */
#define NOISE_GROWTH  2.0  /* a picture that differs more is another scene, not a noisier one */
#define NOISE_FIRST   2.0
/* The median of the absolute difference of two normal values, by their standard deviation: sqrt(2) * 0.6745. */
#define MEDIAN_DIFFERENCE 0.9539
/* In light.h's windows noise has an energy of its own; structure has to have twice that. */
#define THRESHOLD_BY_NOISE 9.0
#define THRESHOLD_LEAST    8.0
#define THRESHOLD_MOST     60.0

/* Pixels about a figure's box: from so far off, so many. */
enum { AROUND_OFF = 4, AROUND = 8 };

int lighting_init(struct lighting *lighting, uint32_t width, uint32_t height)
{
    uint32_t half_width = width > 1 ? width / 2 : 1, half_height = height > 1 ? height / 2 : 1;
    size_t pixels = (size_t)half_width * half_height;
    struct lighting made = {
        .whole_width = width,
        .whole_height = height,
        .width = half_width,
        .height = half_height,
        .noise = NOISE_FIRST,
        .scene = calloc(pixels, sizeof(*made.scene)),
        .levels = calloc(pixels, 1),
        .picture = calloc(pixels, 1),
        .previous = calloc(pixels, 1),
        .things = calloc(pixels, 1),
        .room = malloc(light_room_bytes(half_width)),
    };
    if (!made.scene || !made.levels || !made.picture || !made.previous || !made.things || !made.room) {
        lighting_fini(&made);
        return -ENOMEM;
    }
    *lighting = made;
    return 0;
}

void lighting_fini(struct lighting *lighting)
{
    free(lighting->scene);
    free(lighting->levels);
    free(lighting->picture);
    free(lighting->previous);
    free(lighting->things);
    free(lighting->room);
    memset(lighting, 0, sizeof(*lighting));
}

void lighting_restart(struct lighting *lighting)
{
    lighting->frames = 0;
}

/* From limited range to the full one, in which light.h knows black and white: of a sum of four levels. */
static inline uint8_t full_range(uint32_t sum)
{
    enum { BLACK = 4 * 16, RANGE = 4 * 219 };
    uint32_t above = sum > BLACK ? sum - BLACK : 0, level = above * UINT8_MAX / RANGE;
    return (uint8_t)(level < UINT8_MAX ? level : UINT8_MAX);
}

static void halve_row(const uint8_t *restrict upper, const uint8_t *restrict lower, uint8_t *restrict row,
                      size_t width)
{
    for (size_t x = 0; x < width; x++)
        row[x] = full_range((uint32_t)upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1]);
}

static void halve(struct lighting *lighting, const uint8_t *luma)
{
    for (uint32_t y = 0; y < lighting->height; y++) {
        const uint8_t *upper = luma + (size_t)2 * y * lighting->whole_width;
        const uint8_t *lower = upper + (lighting->whole_height > 1 ? lighting->whole_width : 0);
        uint8_t *row = lighting->picture + (size_t)y * lighting->width;
        if (lighting->whole_width > 1)
            halve_row(upper, lower, row, lighting->width);
        else
            row[0] = full_range(2 * ((uint32_t)upper[0] + lower[0]));
    }
}

/* The value below which half of the differences are, between whole levels too: light and things change less than that. */
static double median_of(const uint32_t counts[UINT8_MAX + 1], size_t pixels)
{
    double below = 0.0, half = (double)pixels / 2.0;
    int level = 0;
    while (level < UINT8_MAX && below + counts[level] < half)
        below += counts[level++];
    double part = counts[level] > 0 ? (half - below) / counts[level] : 0.0;
    return level == 0 ? part / 2.0 : level - 0.5 + part; /* 0 stands for what is below a half */
}

/*
 * How often two pictures differ by how many levels. Neighbours count apart, since equal differences would wait for
 * each other.
 */
static void count_differences(const uint8_t *a, const uint8_t *b, size_t pixels,
                              uint32_t counts[UINT8_MAX + 1])
{
    enum { APART = 4 };
    uint32_t parts[APART][UINT8_MAX + 1] = {{0}};
    size_t i = 0;
    for (; i + APART <= pixels; i += APART)
        for (size_t k = 0; k < APART; k++)
            parts[k][abs(a[i + k] - b[i + k])]++;
    for (; i < pixels; i++)
        parts[0][abs(a[i] - b[i])]++;
    for (int level = 0; level <= UINT8_MAX; level++)
        counts[level] = parts[0][level] + parts[1][level] + parts[2][level] + parts[3][level];
}

static void estimate_noise(struct lighting *lighting)
{
    size_t pixels = (size_t)lighting->width * lighting->height;
    uint32_t counts[UINT8_MAX + 1];
    count_differences(lighting->picture, lighting->previous, pixels, counts);
    double noise = median_of(counts, pixels) / MEDIAN_DIFFERENCE;
    lighting->noise += NOISE_RATE * (fmin(noise, NOISE_GROWTH * lighting->noise + 0.5) - lighting->noise);
}

void lighting_look(struct lighting *lighting, const uint8_t *luma)
{
    uint8_t *previous = lighting->previous;
    lighting->previous = lighting->picture;
    lighting->picture = previous;
    halve(lighting, luma);
    if (lighting->frames == 0) {
        memset(lighting->things, 0, (size_t)lighting->width * lighting->height);
        return;
    }
    estimate_noise(lighting);
    const struct light_pictures pictures = {
        .now = lighting->picture,
        .before = lighting->levels,
        .width = lighting->width,
        .height = lighting->height,
        .threshold =
            (uint8_t)fmin(fmax(THRESHOLD_BY_NOISE * lighting->noise, THRESHOLD_LEAST), THRESHOLD_MOST),
        .changed = lighting->things,
        .stride = lighting->width,
    };
    const struct light_area whole = {0, 0, lighting->width, lighting->height};
    memset(lighting->things, 1, (size_t)lighting->width * lighting->height);
    light_clear(&pictures, &whole, lighting->room);
}

/* Half of the position, within the halved picture. */
static uint32_t halved(int32_t at, uint32_t size)
{
    uint32_t half = (uint32_t)at / 2;
    return half < size ? half : size - 1;
}

/* Whether a thing shows at a pixel of the whole picture. */
static bool is_thing(const struct lighting *lighting, int32_t x, int32_t y)
{
    size_t row = (size_t)halved(y, lighting->height) * lighting->width;
    return lighting->things[row + halved(x, lighting->width)] != 0;
}

struct lighting_levels lighting_levels_at(const struct lighting *lighting, int32_t x, int32_t y)
{
    const size_t at = (size_t)halved(y, lighting->height) * lighting->width + halved(x, lighting->width);
    return (struct lighting_levels){lighting->levels[at], lighting->picture[at]};
}

bool lighting_is_shade(const struct lighting_levels *levels)
{
    return levels->now >= SHADE_LEAST * levels->scene && levels->now <= SHADE_MOST * levels->scene;
}

/* Whether a pixel of the figure is at its edge; figures keep off the picture's sides. */
static bool is_outline(const struct figures *figures, int32_t x, int32_t y)
{
    const uint8_t *pixel = figures->mask + (size_t)y * figures->width + (size_t)x;
    return !pixel[-1] || !pixel[1] || !pixel[-(ptrdiff_t)figures->width] || !pixel[figures->width];
}

bool lighting_explains(const struct lighting *lighting, const struct figures *figures,
                       const struct figure *figure)
{
    const struct camd_box *box = &figure->box;
    uint32_t things = 0, outline = 0, outline_things = 0;
    for (int32_t y = box->y1; y <= box->y2; y++)
        for (int32_t x = box->x1; x <= box->x2; x++) {
            if (!figures_has(figures, figure, x, y))
                continue;
            bool at_edge = is_outline(figures, x, y), thing = is_thing(lighting, x, y);
            things += thing;
            outline += at_edge;
            outline_things += at_edge && thing;
        }
    return things < THING_SHARE * figure->pixels && outline_things < OUTLINE_SHARE * outline;
}

/* How many levels a picture's edge at a pixel has; at its sides it has none. */
static int32_t edge_at(const struct lighting *lighting, const uint8_t *picture, uint32_t x, uint32_t y)
{
    if (x == 0 || y == 0 || x + 1 >= lighting->width || y + 1 >= lighting->height)
        return 0;
    const uint8_t *pixel = picture + (size_t)y * lighting->width + x;
    const int32_t across = abs(pixel[1] - pixel[-1]),
                  down = abs(pixel[lighting->width] - pixel[-(ptrdiff_t)lighting->width]);
    return across > down ? across : down;
}

/*
 * How many levels the scene's edges about a box have, in the mean: stripes or railings are along any outline, and are none of
 * something that was there.
 */
static double edges_around(const struct lighting *lighting, const struct camd_box *box)
{
    const int32_t right = (int32_t)lighting->width * 2 - 1, bottom = (int32_t)lighting->height * 2 - 1;
    const struct camd_box whole = {0, 0, right, bottom},
                          off = {box->x1 - AROUND_OFF, box->y1 - AROUND_OFF, box->x2 + AROUND_OFF,
                                 box->y2 + AROUND_OFF},
                          far_off = {off.x1 - AROUND, off.y1 - AROUND, off.x2 + AROUND, off.y2 + AROUND};
    struct camd_box seen;
    uint32_t count = 0, sum = 0;
    if (!box_intersection(&far_off, &whole, &seen))
        return 0.0;
    for (int32_t y = seen.y1; y <= seen.y2; y += 2)
        for (int32_t x = seen.x1; x <= seen.x2; x += 2) {
            if (y >= off.y1 && y <= off.y2 && x >= off.x1 && x <= off.x2)
                continue;
            count++;
            sum += (uint32_t)edge_at(lighting, lighting->levels, (uint32_t)x / 2, (uint32_t)y / 2);
        }
    return count > 0 ? (double)sum / count : 0.0;
}

bool lighting_is_gap(const struct lighting *lighting, const struct figures *figures,
                     const struct figure *figure)
{
    const struct camd_box *box = &figure->box;
    int64_t outline = 0, now = 0, scene = 0;
    for (int32_t y = box->y1; y <= box->y2; y++)
        for (int32_t x = box->x1; x <= box->x2; x++) {
            if (!figures_has(figures, figure, x, y) || !is_outline(figures, x, y))
                continue;
            const uint32_t column = halved(x, lighting->width), row = halved(y, lighting->height);
            outline++;
            now += edge_at(lighting, lighting->picture, column, row);
            scene += edge_at(lighting, lighting->levels, column, row);
        }
    return (double)scene >= GAP_LEAST * (double)outline && (double)now < GAP_MOST * (double)outline &&
           (double)scene >= GAP_FACTOR * (double)now &&
           (double)scene >= GAP_FACTOR * edges_around(lighting, box) * (double)outline;
}

void lighting_reduce(const struct lighting *lighting, struct figures *figures, const struct figure *figure)
{
    const struct camd_box whole = {0, 0, (int32_t)figures->width - 1, (int32_t)figures->height - 1};
    const struct camd_box *box = figure ? &figure->box : &whole;
    for (int32_t y = box->y1; y <= box->y2; y++)
        for (int32_t x = box->x1; x <= box->x2; x++) {
            uint8_t *pixel = &figures->mask[(size_t)y * figures->width + (size_t)x];
            if (*pixel != 0 && (!figure || figures_has(figures, figure, x, y)))
                *pixel = is_thing(lighting, x, y) ? FIGURES_DOUBTFUL : 0;
        }
}

double lighting_thing_share(const struct lighting *lighting)
{
    size_t pixels = (size_t)lighting->width * lighting->height, things = 0;
    for (size_t i = 0; i < pixels; i++)
        things += lighting->things[i];
    return (double)things / (double)pixels;
}

/* As in motion.c: a small float with it added and taken away is rounded half to even, in vectors too. */
#define ROUNDING 12582912.0F

struct learning {
    float rate, held_rate;
};

/* hold: of the whole picture's pixels, two for each here. */
static void learn_row(const struct learning *learning, const uint8_t *restrict picture,
                      const uint8_t *restrict hold, float *restrict scene, uint8_t *restrict levels,
                      size_t width)
{
    const float rate = learning->rate, held_rate = learning->held_rate;
    for (size_t x = 0; x < width; x++) {
        float learnt = scene[x] + (hold[2 * x] ? held_rate : rate) * ((float)picture[x] - scene[x]);
        scene[x] = learnt;
        levels[x] = (uint8_t)(int)((learnt + ROUNDING) - ROUNDING);
    }
}

void lighting_learn(struct lighting *lighting, const uint8_t *hold, double memory)
{
    bool is_young = ++lighting->frames < memory; /* then it is the mean of all of them */
    float rate = is_young ? 1.0F / (float)lighting->frames : (float)(1.0 / memory);
    /*
     * From the second picture on, or who comes soon after the start and waits is part of the scene at once. Of the first nothing
     * is held: nothing, or another scene, is what would stay there.
     */
    const struct learning learning = {rate,
                                      lighting->frames == 1 ? rate : BACKGROUND_HOLD_FACTOR / (float)memory};
    for (uint32_t y = 0; y < lighting->height; y++) {
        size_t at = (size_t)y * lighting->width;
        learn_row(&learning, lighting->picture + at, hold + (size_t)2 * y * lighting->whole_width,
                  lighting->scene + at, lighting->levels + at, lighting->width);
    }
}

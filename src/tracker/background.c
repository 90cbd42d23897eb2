#include "tracker/background.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    MODES = BACKGROUND_MODES,
    CHROMA_MIDDLE = 128,
    YOUNG_FRAMES = 30, /* whose mean is the first background */
};

static const float INITIAL_VARIANCE = 20.0F, LEAST_VARIANCE = 6.0F, MOST_VARIANCE = 80.0F;
static const float FIGURE_DISTANCE = 20.0F; /* squared, in variances: further off is no background */
static const float MODE_DISTANCE = 9.0F;    /* nearer is the same mode */
static const float BACKGROUND_SHARE = 0.9F; /* of the weight: so much is background */
static const float FORGET = 0.05F;          /* modes without support lose so much of the rate */
static const float SHADOW_LEAST = 0.72F;    /* of the background's luma: darker is no shadow */
static const float HOLD_FACTOR = 0.1F;

int background_init(struct background *background, uint32_t frame_width, uint32_t frame_height, uint32_t rows)
{
    if (frame_width == 0 || frame_height == 0 || rows == 0)
        return -EINVAL;
    uint32_t step = (frame_height + rows / 2) / rows;
    if (step > frame_width)
        step = frame_width; /* of a very narrow frame a column is left */
    if (step == 0)
        step = 1;
    uint32_t width = frame_width / step, height = frame_height / step;
    size_t pixels = (size_t)width * height;
    struct background made = {
        .frame_width = frame_width,
        .frame_height = frame_height,
        .step = step,
        .width = width,
        .height = height,
        .modes = calloc(pixels * MODES, sizeof(*made.modes)),
        .hold = calloc(pixels, 1),
        .figure = calloc(pixels, 1),
        .luma = calloc(pixels, 1),
        .columns = calloc(frame_width, sizeof(*made.columns)),
        .sums = calloc(width, sizeof(*made.sums)),
    };
    if (!made.modes || !made.hold || !made.figure || !made.luma || !made.columns || !made.sums) {
        background_fini(&made);
        return -ENOMEM;
    }
    *background = made;
    return 0;
}

void background_fini(struct background *background)
{
    free(background->modes);
    free(background->hold);
    free(background->figure);
    free(background->luma);
    free(background->columns);
    free(background->sums);
    memset(background, 0, sizeof(*background));
}

struct colour {
    float y, u, v;
};

/* No fmaxf and fminf, which are calls because of numbers that are none: there are none here. */
static float larger(float a, float b)
{
    return a > b ? a : b;
}

static float smaller(float a, float b)
{
    return a < b ? a : b;
}

static bool is_shadow(const struct background_mode *mode, const struct colour *colour)
{
    float share = colour->y / larger(mode->y, 1.0F);
    if (share < SHADOW_LEAST || share > 1.0F)
        return false;
    float du = colour->u - CHROMA_MIDDLE - share * (mode->u - CHROMA_MIDDLE),
          dv = colour->v - CHROMA_MIDDLE - share * (mode->v - CHROMA_MIDDLE);
    return du * du + dv * dv < MODE_DISTANCE * mode->variance;
}

/* Takes the colour into a mode, which moves ahead of lighter ones. */
static void support(struct background_mode *modes, int index, const struct colour *colour, float distance,
                    float rate)
{
    struct background_mode *mode = &modes[index];
    float share = rate / mode->weight;
    if (share > 1.0F)
        share = 1.0F;
    mode->y += share * (colour->y - mode->y);
    mode->u += share * (colour->u - mode->u);
    mode->v += share * (colour->v - mode->v);
    mode->variance =
        smaller(larger(mode->variance + share * (distance - mode->variance), LEAST_VARIANCE), MOST_VARIANCE);
    for (; index > 0 && modes[index - 1].weight < modes[index].weight; index--) {
        struct background_mode lighter = modes[index - 1];
        modes[index - 1] = modes[index];
        modes[index] = lighter;
    }
}

static void begin_mode(struct background_mode *modes, const struct colour *colour, float rate)
{
    int index = 0;
    while (index < MODES - 1 && modes[index].weight > 0.0F)
        index++;
    modes[index] =
        (struct background_mode){larger(rate, 1e-6F), INITIAL_VARIANCE, colour->y, colour->u, colour->v};
    for (; index > 0 && modes[index - 1].weight < modes[index].weight; index--) {
        struct background_mode lighter = modes[index - 1];
        modes[index - 1] = modes[index];
        modes[index] = lighter;
    }
}

static void normalise(struct background_mode *modes)
{
    float sum = 0.0F;
    for (int i = 0; i < MODES; i++)
        sum += modes[i].weight;
    for (int i = 0; i < MODES && sum > 0.0F; i++)
        modes[i].weight /= sum;
}

/* Whether the pixel is a figure's; learns. */
static bool look(struct background_mode *modes, const struct colour *colour, float rate, float held_rate)
{
    bool background = false, shadow = false;
    int match = -1;
    float before = 0.0F, match_distance = 0.0F;
    for (int i = 0; i < MODES && modes[i].weight > 0.0F; i++) {
        float dy = colour->y - modes[i].y, du = colour->u - modes[i].u, dv = colour->v - modes[i].v;
        float distance = dy * dy + du * du + dv * dv;
        if (before < BACKGROUND_SHARE) {
            background = background || distance < FIGURE_DISTANCE * modes[i].variance;
            shadow = shadow || (!background && is_shadow(&modes[i], colour));
        }
        before += modes[i].weight;
        if (match < 0 && distance < MODE_DISTANCE * modes[i].variance) {
            match = i;
            match_distance = distance;
        }
    }
    float used = background ? rate : held_rate;
    for (int i = 0; i < MODES; i++) {
        modes[i].weight = modes[i].weight * (1.0F - used) - used * FORGET;
        if (i == match)
            modes[i].weight += used;
        if (modes[i].weight < 0.0F && i != match)
            modes[i].weight = 0.0F;
    }
    if (match >= 0 && modes[match].weight > 0.0F)
        support(modes, match, colour, match_distance, used);
    else
        begin_mode(modes, colour, used);
    normalise(modes);
    return !background && !shadow;
}

static void add_line(uint32_t *restrict columns, const uint8_t *restrict line, size_t width)
{
    for (size_t x = 0; x < width; x++)
        columns[x] += line[x];
}

/* Down the columns first, many at once: that is most of it. */
static void sum_row(const struct background *background, const uint8_t *luma, uint32_t row)
{
    const size_t step = background->step, width = background->width * step;
    uint32_t *columns = background->columns;
    memset(columns, 0, width * sizeof(*columns));
    for (size_t y = row * step; y < (row + 1) * step; y++)
        add_line(columns, luma + y * background->frame_width, width);
    for (size_t x = 0; x < background->width; x++) {
        uint32_t sum = 0;
        for (size_t i = 0; i < step; i++)
            sum += columns[x * step + i];
        background->sums[x] = sum;
    }
}

void background_update(struct background *background, const uint8_t *pixels, double memory)
{
    uint32_t step = background->step, chroma_width = background->frame_width / 2;
    size_t luma_bytes = (size_t)background->frame_width * background->frame_height;
    const uint8_t *u = pixels + luma_bytes, *v = u + luma_bytes / 4;
    bool first = background->frames == 0; /* of which nothing is known: there are no figures in it */
    bool young = background->frames < YOUNG_FRAMES;
    float rate = young ? 1.0F / (float)(background->frames + 1) : (float)(1.0 / memory);
    float held_rate = young ? rate : rate * HOLD_FACTOR;
    float scale = 1.0F / (float)(step * step);
    for (uint32_t y = 0; y < background->height; y++) {
        uint32_t chroma_y = (y * step + step / 2) / 2;
        if (chroma_y >= background->frame_height / 2)
            chroma_y = background->frame_height / 2 - 1;
        sum_row(background, pixels, y);
        for (uint32_t x = 0; x < background->width; x++) {
            size_t at = (size_t)y * background->width + x;
            uint32_t chroma_x = (x * step + step / 2) / 2;
            if (chroma_x >= chroma_width)
                chroma_x = chroma_width - 1;
            size_t chroma = (size_t)chroma_y * chroma_width + chroma_x;
            struct colour colour = {(float)background->sums[x] * scale, u[chroma], v[chroma]};
            bool figure =
                look(&background->modes[at * MODES], &colour, rate, background->hold[at] ? held_rate : rate);
            background->figure[at] = figure && !first;
            background->luma[at] = (uint8_t)(colour.y + 0.5F);
        }
    }
    background->frames++;
}

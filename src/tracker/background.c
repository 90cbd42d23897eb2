#include "tracker/background.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/exposure.h"

enum {
    GROUP = MIXTURE_GROUP,
    YOUNG_FRAMES = 30,                 /* at least, whose mean is the first background */
    STEP_MAX = UINT16_MAX / UINT8_MAX, /* pixels whose sum fits a column's */
    SAMPLED = 8,                       /* of so many pixels each way one tells of the exposure */
};

/* Of the time that is remembered: the mean of so long is the first background, lest who walks there at the start is all of it. */
static const double YOUNG_TIME = 1.0 / 5.0;

/* The same: so fast does the scene follow another exposure, as light that was switched on. */
static const double EXPOSURE_TIME = 1.0 / 15.0;

/* ---- memory ---- */

static uint32_t groups_of(uint32_t width)
{
    return (width + GROUP - 1) / GROUP;
}

static int take_memory(struct background *background)
{
    const size_t groups = groups_of(background->width);
    /* the last group of a row reaches into the next one, which is looked at after it */
    const size_t pixels = (size_t)background->width * background->height + GROUP - 1;
    background->hold = calloc(pixels, 1);
    background->figure = calloc(pixels, 1);
    background->luma = calloc(pixels, 1);
    background->columns = calloc(background->frame_width, sizeof(*background->columns));
    background->y = calloc(groups * GROUP, sizeof(*background->y));
    background->u = calloc(groups * GROUP, sizeof(*background->u));
    background->v = calloc(groups * GROUP, sizeof(*background->v));
    if (!background->hold || !background->figure || !background->luma || !background->columns ||
        !background->y || !background->u || !background->v)
        return -ENOMEM;
    return mixture_init(&background->mixture, groups * background->height);
}

int background_init(struct background *background, uint32_t frame_width, uint32_t frame_height, uint32_t rows)
{
    if (frame_width == 0 || frame_height == 0 || rows == 0)
        return -EINVAL;
    uint32_t step = (frame_height + rows / 2) / rows;
    if (step > frame_width)
        step = frame_width; /* of a very narrow frame a column is left */
    if (step == 0)
        step = 1;
    if (step > STEP_MAX)
        return -EINVAL;
    struct background made = {
        .frame_width = frame_width,
        .frame_height = frame_height,
        .step = step,
        .width = frame_width / step,
        .height = frame_height / step,
    };
    if (take_memory(&made) < 0) {
        background_fini(&made);
        return -ENOMEM;
    }
    *background = made;
    return 0;
}

void background_fini(struct background *background)
{
    mixture_fini(&background->mixture);
    free(background->hold);
    free(background->figure);
    free(background->luma);
    free(background->columns);
    free(background->y);
    free(background->u);
    free(background->v);
    memset(background, 0, sizeof(*background));
}

void background_restart(struct background *background)
{
    background->frames = 0;
    background->is_restarted = true;
}

/* ---- the reduced picture ---- */

/* Where a row of it lies in the frame, and where it is put. */
struct reduction {
    const uint8_t *luma, *u, *v; /* of its first line, and of the chroma line that is nearest to its middle */
    size_t stride;               /* from one line to the next */
    uint16_t *columns;
    float *y_row, *u_row, *v_row;
    uint8_t *luma_row;
    size_t width;
};

static struct reduction reduction_of(const struct background *background, const uint8_t *pixels, uint32_t y)
{
    const size_t width = background->frame_width, height = background->frame_height, step = background->step;
    const size_t middle = (y * step + step / 2) / 2, line = middle < height / 2 ? middle : height / 2 - 1;
    const uint8_t *u = pixels + width * height, *v = u + width * height / 4;
    return (struct reduction){
        .luma = pixels + y * step * width,
        .u = u + line * (width / 2),
        .v = v + line * (width / 2),
        .stride = width,
        .columns = background->columns,
        .y_row = background->y,
        .u_row = background->u,
        .v_row = background->v,
        .luma_row = background->luma + (size_t)y * background->width,
        .width = background->width,
    };
}

/* Two columns beside each other, aligned as these are: which of them is which does not matter to their sum. */
typedef uint32_t column_pair __attribute__((may_alias, aligned(sizeof(uint16_t))));

enum { PAIRED_STEP_MAX = 16 }; /* half of its pixels add up in 16 bits */

static inline int32_t sum_of_columns(const uint16_t *columns, size_t step)
{
    uint32_t sum = 0;
    if (step % 2 != 0 || step > PAIRED_STEP_MAX) {
        for (size_t i = 0; i < step; i++)
            sum += columns[i];
        return (int32_t)sum;
    }
    for (size_t i = 0; i < step / 2; i++)
        sum += ((const column_pair *)columns)[i];
    return (int32_t)((sum & UINT16_MAX) + (sum >> 16));
}

/* Down the columns first, many at once: that is most of it. */
static inline void reduce_luma(const struct reduction *row, size_t step)
{
    const uint8_t *luma = row->luma;
    uint16_t *restrict columns = row->columns;
    float *restrict means = row->y_row;
    const float scale = 1.0F / (float)(step * step);
    const size_t stride = row->stride, width = row->width;
    for (size_t x = 0; x < width * step; x++) {
        uint16_t sum = 0;
        for (size_t i = 0; i < step; i++)
            sum = (uint16_t)(sum + luma[i * stride + x]);
        columns[x] = sum;
    }
    for (size_t x = 0; x < width; x++)
        means[x] = (float)sum_of_columns(columns + x * step, step) * scale;
}

/* The chroma samples that are nearest to the middle of each pixel. */
static inline void pick_chroma(const struct reduction *row, size_t step)
{
    const uint8_t *restrict u = row->u, *restrict v = row->v;
    float *restrict u_row = row->u_row, *restrict v_row = row->v_row;
    const size_t width = row->width;
    for (size_t x = 0; x < width; x++) {
        const size_t middle = step % 2 == 0 ? x * (step / 2) + step / 4 : (x * step + step / 2) / 2;
        u_row[x] = u[middle];
        v_row[x] = v[middle];
    }
}

static void keep_luma(const float *restrict means, uint8_t *restrict luma, size_t width)
{
    for (size_t x = 0; x < width; x++)
        luma[x] = (uint8_t)(int)(means[x] + 0.5F);
}

static inline void reduce_by(const struct reduction *row, size_t step)
{
    reduce_luma(row, step);
    pick_chroma(row, step);
    keep_luma(row->y_row, row->luma_row, row->width);
}

/* The steps of 576, 720, 1080 and 2160 lines are known to the compiler. */
static void reduce(const struct reduction *row, size_t step)
{
    switch (step) {
    case 2:
        reduce_by(row, 2);
        break;
    case 3:
        reduce_by(row, 3);
        break;
    case 4:
        reduce_by(row, 4);
        break;
    case 8:
        reduce_by(row, 8);
        break;
    default:
        reduce_by(row, step);
        break;
    }
}

/* By what a picture is to be multiplied to have the scene's exposure. Single pixels of the frame are enough to tell. */
static float correction_of(const struct background *background, const uint8_t *pixels)
{
    const size_t step = background->step, groups = groups_of(background->width);
    struct exposure_samples samples = {0};
    for (size_t y = SAMPLED / 2; y < background->height; y += SAMPLED) {
        const uint8_t *luma = pixels + (y * step + step / 2) * background->frame_width + step / 2;
        const struct mixture_look *looks = background->mixture.looks[0] + y * groups;
        for (size_t x = SAMPLED / 2; x < background->width; x += SAMPLED)
            exposure_add(&samples, looks[x / GROUP].y[x % GROUP], luma[x * step]);
    }
    return exposure_correction(&samples);
}

/* ---- learning ---- */

/* The first pictures are taken as their mean. */
static struct mixture_rates rates_of(const struct background *background, double memory)
{
    const bool is_young = (double)background->frames < fmax(YOUNG_FRAMES, YOUNG_TIME * memory);
    const bool is_first = is_young && !background->is_restarted;
    const float lasting = (float)(1.0 / memory), young = 1.0F / (float)(background->frames + 1);
    return (struct mixture_rates){is_young ? young : lasting,
                                  is_first ? young : lasting * BACKGROUND_HOLD_FACTOR};
}

void background_update(struct background *background, const uint8_t *pixels, double memory, bool any_exposure)
{
    const struct mixture_rates rates = rates_of(background, memory);
    const uint32_t groups = groups_of(background->width);
    const float correction =
        any_exposure && background->frames > 0 ? correction_of(background, pixels) : 1.0F;
    for (uint32_t y = 0; y < background->height; y++) {
        const size_t at = (size_t)y * background->width;
        const struct reduction reduction = reduction_of(background, pixels, y);
        const struct mixture_row row = {
            .first = (size_t)y * groups,
            .count = groups,
            .y = background->y,
            .u = background->u,
            .v = background->v,
            .hold = background->hold + at,
            .figures = background->figure + at,
        };
        reduce(&reduction, background->step);
        if (correction != 1.0F)
            exposure_correct(background->y, background->u, background->v, background->width, correction);
        mixture_look(&background->mixture, &rates, &row);
    }
    if (correction != 1.0F) /* a wall and who is before it differ by more levels in more light */
        mixture_brighten(&background->mixture, (size_t)groups * background->height,
                         powf(correction, -(float)fmin(1.0 / (EXPOSURE_TIME * memory), 1.0)));
    if (background->frames == 0) /* nothing is known of the scene: there are no figures in it */
        memset(background->figure, 0, (size_t)background->width * background->height);
    background->frames++;
}

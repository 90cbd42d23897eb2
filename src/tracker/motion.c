#include "tracker/motion.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tracker/light.h"

_Static_assert((int)CONTOUR_MAX == (int)CAMD_MOTION_MAX, "every contour kept has room as a box");

#define CALIBRATING_ALPHA 0.2
/* Calibrated once the contours cover less than this, in at most so many boxes. */
#define CALM_FRACTION 0.05

enum {
    CALM_BOXES = 4,
    LASTING_FRAMES = 10,   /* pictures with contours before the average takes them in */
    NOISY_MEAN = 16,       /* pictures: the noise of a mean of more does not count */
    CALIBRATING_MOST = 30, /* pictures: then the average has followed whatever there is */
    ALIGNMENT = 64,        /* a cache line, and the widest vector */
    HISTOGRAMS = 4,
    ROWS_AHEAD = 3, /* that are asked for: one takes less time than memory does */
};

/*
 * The blur's outer weight, exp(-1/2) / (1 + 2 exp(-1/2)), times 2^16. With d the sum of both neighbours less
 * twice the middle, middle + (d * weight >> 16) is the exact truncated result for every middle and d that
 * bytes can give.
 */
enum { BLUR_WEIGHT = 17961, BLUR_SHIFT = 16 };

/*
 * Adding and taking away 1.5 * 2^23 rounds a small float half to even; unlike rintf it is vectorised
 * everywhere.
 */
#define ROUNDING 12582912.0F

/* ---- memory ---- */

/* Bytes of a part, such that the next one is aligned and loops may load a whole vector at its end. */
static size_t part_bytes(size_t bytes)
{
    return (bytes + 2 * ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Where each sample of the reduced picture lies in the frame: the nearest one at or before it. */
static void fill_positions(uint32_t *positions, uint32_t count, uint32_t frame_count)
{
    /* The inverse of the inverse, as in the reference's resize: a product may fall just short of a whole number. */
    double step = 1.0 / ((double)count / frame_count);
    for (uint32_t i = 0; i < count; i++) {
        double position = floor(i * step);
        positions[i] = position < frame_count ? (uint32_t)position : frame_count - 1;
    }
}

/* How much memory the parts take, and where they lie in it; at NULL they are only counted. */
static size_t divide(struct motion *motion, uint8_t *memory)
{
    const uint32_t width = motion->width, height = motion->height;
    const size_t pixels = (size_t)width * height, padded = contour_picture_bytes(width, height);
    const struct {
        void *part; /* the pointer to it */
        size_t bytes;
    } parts[] = {
        {&motion->columns, width * sizeof(*motion->columns)},
        {&motion->rows, height * sizeof(*motion->rows)},
        {&motion->average, pixels * sizeof(*motion->average)},
        {&motion->levels, pixels},
        {&motion->scene, pixels},
        {&motion->mask, pixels},
        {&motion->reduced, pixels},
        {&motion->line, width + 2 * CONTOUR_PAD},
        {&motion->picture, pixels},
        {&motion->changed, padded},
        {&motion->widened, padded},
        {&motion->figures, padded},
        {&motion->differed, pixels},
        {&motion->restless, pixels * sizeof(*motion->restless)},
        {&motion->room, light_room_bytes(width)},
    };
    size_t at = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        uint8_t *part = memory ? memory + at : NULL;
        memcpy(parts[i].part, &part, sizeof(part));
        at += part_bytes(parts[i].bytes);
    }
    return at;
}

int motion_init(struct motion *motion, uint32_t frame_width, uint32_t frame_height, uint32_t motion_height)
{
    if (frame_width == 0 || frame_height == 0)
        return -EINVAL;
    const uint32_t height = motion_height == 0 || motion_height > frame_height ? frame_height : motion_height,
                   width = (uint32_t)((uint64_t)height * frame_width / frame_height);
    struct motion made = {
        .frame_width = frame_width,
        .frame_height = frame_height,
        .width = width > 0 ? width : 1,
        .height = height,
        .scale = (double)frame_height / height,
    };
    const size_t bytes = divide(&made, NULL);
    made.memory = aligned_alloc(ALIGNMENT, bytes);
    if (!made.memory)
        return -ENOMEM;
    memset(made.memory, 0, bytes); /* the margins stay zero for good */
    divide(&made, made.memory);
    fill_positions(made.columns, made.width, frame_width);
    fill_positions(made.rows, height, frame_height);
    contrast_init(&made.contrast);
    motion_set_mask(&made, NULL);
    *motion = made;
    return 0;
}

void motion_fini(struct motion *motion)
{
    free(motion->memory);
    *motion = (struct motion){0};
}

void motion_set_mask(struct motion *motion, const uint8_t *mask)
{
    size_t pixels = (size_t)motion->width * motion->height;
    motion->masked = mask != NULL;
    for (size_t i = 0; mask && i < pixels; i++)
        motion->mask[i] = mask[i] ? UINT8_MAX : 0;
    motion_restart(motion);
}

void motion_restart(struct motion *motion)
{
    motion->begun = false;
    motion->calibrating = true;
    motion->motion_frames = 0;
}

/* ---- steps 2 to 5: a small, clear, blurred picture ---- */

/* Asks for a row of the frame. The rows are far apart, so that the processor does not see the next ones coming. */
static void row_prefetch(const uint8_t *row, uint32_t bytes)
{
    for (uint32_t at = 0; at < bytes; at += ALIGNMENT)
        __builtin_prefetch(row + at);
}

/*
 * Takes the samples and counts their levels. Neighbours count in different histograms, since equal levels
 * would wait for each other.
 */
static void reduce(struct motion *motion, const uint8_t *luma, uint32_t histogram[CONTRAST_LEVELS])
{
    uint32_t counts[HISTOGRAMS][CONTRAST_LEVELS] = {{0}};
    const uint32_t *restrict columns = motion->columns;
    uint32_t width = motion->width;
    for (uint32_t y = 0; y < motion->height; y++) {
        const uint8_t *source = luma + (size_t)motion->rows[y] * motion->frame_width;
        uint8_t *restrict row = motion->reduced + (size_t)y * width;
        if (y + ROWS_AHEAD < motion->height)
            row_prefetch(luma + (size_t)motion->rows[y + ROWS_AHEAD] * motion->frame_width,
                         motion->frame_width);
        size_t x = 0;
        for (; x + HISTOGRAMS <= width; x += HISTOGRAMS)
            for (size_t i = 0; i < HISTOGRAMS; i++) {
                row[x + i] = source[columns[x + i]];
                counts[i][row[x + i]]++;
            }
        for (; x < width; x++) {
            row[x] = source[columns[x]];
            counts[0][row[x]]++;
        }
    }
    for (uint32_t level = 0; level < CONTRAST_LEVELS; level++)
        histogram[level] = counts[0][level] + counts[1][level] + counts[2][level] + counts[3][level];
}

static void apply_table(uint8_t *restrict picture, size_t pixels, const uint8_t table[CONTRAST_LEVELS])
{
    for (size_t i = 0; i < pixels; i++)
        picture[i] = table[picture[i]];
}

static void apply_mask(uint8_t *restrict picture, size_t pixels, const uint8_t *restrict mask)
{
    for (size_t i = 0; i < pixels; i++)
        picture[i] &= mask[i];
}

/* One pass of the blur: each result is truncated to a level, as the reference does between its passes too. */
static void blur_row(const uint8_t *before, const uint8_t *middle, const uint8_t *after,
                     uint8_t *restrict result, uint32_t width)
{
    for (size_t x = 0; x < width; x++) {
        int16_t d = (int16_t)(before[x] + after[x] - 2 * middle[x]);
        int16_t change = (int16_t)(d * BLUR_WEIGHT >> BLUR_SHIFT);
        result[x] = (uint8_t)(middle[x] + change);
    }
}

/* Down the columns, then along the rows; beyond an edge the picture is mirrored, its last pixel twice. */
static void blur(struct motion *motion)
{
    uint8_t *line = motion->line;
    uint32_t width = motion->width, last = motion->height - 1;
    for (uint32_t y = 0; y <= last; y++) {
        const uint8_t *middle = motion->reduced + (size_t)y * width;
        const uint8_t *above = y > 0 ? middle - width : middle;
        const uint8_t *below = y < last ? middle + width : middle;
        blur_row(above, middle, below, line + 1, width);
        line[0] = line[1];
        line[width + 1] = line[width];
        blur_row(line, line + 1, line + 2, motion->picture + (size_t)y * width, width);
    }
}

static void prepare(struct motion *motion, const struct motion_settings *settings, const uint8_t *luma)
{
    uint32_t histogram[CONTRAST_LEVELS];
    uint8_t table[CONTRAST_LEVELS];
    size_t pixels = (size_t)motion->width * motion->height;
    reduce(motion, luma, histogram);
    if (settings->improve_contrast && contrast_update(&motion->contrast, histogram, (uint32_t)pixels, table))
        apply_table(motion->reduced, pixels, table);
    if (motion->masked)
        apply_mask(motion->reduced, pixels, motion->mask);
    blur(motion);
}

/* ---- steps 6 to 8: what changed ---- */

/* Marks the pixels of a row that differ from the average by more than threshold; tells whether there are any. */
static bool compare_row(const uint8_t *restrict picture, const uint8_t *restrict levels, uint8_t threshold,
                        uint8_t *restrict changed, uint32_t width)
{
    uint8_t any = 0;
    for (size_t x = 0; x < width; x++) {
        uint8_t more = picture[x] > levels[x] ? picture[x] : levels[x];
        uint8_t less = picture[x] > levels[x] ? levels[x] : picture[x];
        changed[x] = (uint8_t)(more - less) > threshold;
        any |= changed[x];
    }
    return any;
}

static void grow_row(const uint8_t *a, const uint8_t *b, const uint8_t *c, uint8_t *restrict result,
                     uint32_t width)
{
    for (size_t x = 0; x < width; x++)
        result[x] = a[x] | b[x] | c[x];
}

/* The mean of n pictures is noisy itself, so that the difference from it is sqrt(1 + 1/n) times as noisy as a picture. */
static uint8_t threshold_of(const struct motion *motion, const struct motion_settings *settings)
{
    double threshold = settings->threshold;
    if (motion->learnt > 0 && motion->learnt <= NOISY_MEAN)
        threshold = round(threshold * sqrt(1.0 + 1.0 / motion->learnt));
    return (uint8_t)fmin(threshold, UINT8_MAX);
}

/* Marks what differs from the average in the whole picture; tells whether anything does. */
static bool compare(struct motion *motion, const struct motion_settings *settings)
{
    uint32_t width = motion->width;
    size_t stride = (size_t)width + 2 * CONTOUR_PAD, first = stride * CONTOUR_PAD + CONTOUR_PAD;
    uint8_t threshold = threshold_of(motion, settings);
    bool any = false;
    for (uint32_t y = 0; y < motion->height; y++) {
        size_t at = (size_t)y * width;
        const struct restless_row row = {
            .picture = motion->picture + at,
            .levels = motion->levels + at,
            .differed = motion->differed + at,
            .restless = motion->restless + at,
            .changed = motion->changed + first + y * stride,
            .width = width,
        };
        any |= settings->ignore_restless
                   ? restless_compare(&row, threshold)
                   : compare_row(row.picture, row.levels, threshold, row.changed, width);
    }
    return any;
}

/* Lists the contours of what changed, grown by one pixel in each direction. */
static void list_contours(struct motion *motion, double least_area)
{
    uint32_t width = motion->width, height = motion->height;
    size_t stride = (size_t)width + 2 * CONTOUR_PAD, first = stride * CONTOUR_PAD + CONTOUR_PAD;
    for (uint32_t y = 0; y < height; y++) {
        const uint8_t *row = motion->changed + first + y * stride;
        grow_row(row - 1, row, row + 1, motion->widened + first + y * stride, width);
    }
    for (uint32_t y = 0; y < height; y++) {
        const uint8_t *row = motion->widened + first + y * stride;
        grow_row(row - stride, row, row + stride, (uint8_t *)motion->figures + first + y * stride, width);
    }
    contour_find(motion->figures, width, height, least_area, &motion->contours);
}

static void find_contours(struct motion *motion, const struct motion_settings *settings)
{
    if (compare(motion, settings)) {
        list_contours(motion, settings->contour_area);
        return;
    }
    motion->contours.total_area = 0.0;
    motion->contours.found = motion->contours.count = 0;
}

/* Takes what only light changed out of the contours. */
static void leave_out_light(struct motion *motion, const struct motion_settings *settings)
{
    struct contour_list *contours = &motion->contours;
    size_t stride = (size_t)motion->width + 2 * CONTOUR_PAD;
    const struct light_pictures pictures = {
        .now = motion->picture,
        .before = motion->scene,
        .width = motion->width,
        .height = motion->height,
        .threshold = (uint8_t)settings->threshold,
        .changed = motion->changed + stride * CONTOUR_PAD + CONTOUR_PAD,
        .stride = stride,
    };
    const struct light_area whole = {0, 0, motion->width, motion->height};
    if (contours->found > contours->count)
        light_clear(&pictures, &whole, motion->room);
    for (uint32_t i = 0; contours->found == contours->count && i < contours->count; i++) {
        const struct contour *contour = &contours->kept[i];
        const struct light_area area = {contour->x, contour->y, contour->width, contour->height};
        light_clear(&pictures, &area, motion->room);
    }
    list_contours(motion, settings->contour_area);
}

/* ---- steps 9 to 13: what it means ---- */

static void learn(struct motion *motion, double alpha)
{
    const uint8_t *restrict picture = motion->picture;
    uint8_t *restrict levels = motion->levels;
    float *restrict average = motion->average;
    size_t pixels = (size_t)motion->width * motion->height;
    float part = (float)alpha;
    for (size_t i = 0; i < pixels; i++) {
        float learnt = average[i] + part * ((float)picture[i] - average[i]);
        average[i] = learnt;
        levels[i] = (uint8_t)(int)((learnt + ROUNDING) - ROUNDING);
    }
}

/* The first picture is the background. */
static void begin(struct motion *motion)
{
    size_t pixels = (size_t)motion->width * motion->height;
    for (size_t i = 0; i < pixels; i++)
        motion->average[i] = motion->picture[i];
    memcpy(motion->levels, motion->picture, pixels);
    memcpy(motion->scene, motion->picture, pixels);
    memset(motion->differed, 0, pixels);
    memset(motion->restless, 0, pixels * sizeof(*motion->restless));
    motion->before = (struct restless_contours){0};
    motion->learnt = 0;
    motion->begun = true;
}

/* How much of this picture the average takes: at first as much as of each before it, so that it is their mean. */
static double share_of(struct motion *motion, double alpha)
{
    if (motion->calibrating)
        return CALIBRATING_ALPHA;
    if (alpha * (motion->learnt + 1) < 1.0 && alpha > 0.0)
        return 1.0 / ++motion->learnt;
    return alpha;
}

/* is_other: the picture as a whole is not what it was. */
static void judge_calibration(struct motion *motion, double fraction, bool is_other)
{
    bool is_calm = fraction < CALM_FRACTION && motion->contours.found <= CALM_BOXES;
    motion->calibrated_frames = is_other ? 0 : motion->calibrated_frames + 1;
    if (is_calm || motion->calibrated_frames >= CALIBRATING_MOST)
        motion->calibrating = false;
    if (is_other)
        motion->calibrating = true;
}

/* Whether the average takes this picture: what just came may go again. */
static bool is_lasting(struct motion *motion)
{
    bool differs = motion->contours.found > 0;
    motion->motion_frames = differs ? motion->motion_frames + 1 : 0;
    if (motion->calibrating && motion->motion_frames == LASTING_FRAMES)
        contrast_init(&motion->contrast);
    return !differs || motion->motion_frames >= LASTING_FRAMES;
}

/* Takes over the levels but for what is hidden (1, else 0): both are read, so that no branch has to be guessed. */
static void take_row(uint8_t *restrict scene, const uint8_t *restrict levels, const uint8_t *restrict hidden,
                     uint32_t width)
{
    for (size_t x = 0; x < width; x++) {
        uint8_t kept = (uint8_t)-hidden[x];
        scene[x] = (uint8_t)((scene[x] & kept) | (levels[x] & ~kept));
    }
}

/* What has come and is no light hides the scene, which stays as it was there. */
static void remember_scene(struct motion *motion, bool has_things)
{
    uint32_t width = motion->width;
    size_t stride = (size_t)width + 2 * CONTOUR_PAD, first = stride * CONTOUR_PAD + CONTOUR_PAD;
    if (!has_things)
        memcpy(motion->scene, motion->levels, (size_t)width * motion->height);
    for (uint32_t y = 0; has_things && y < motion->height; y++)
        take_row(motion->scene + (size_t)y * width, motion->levels + (size_t)y * width,
                 motion->changed + first + y * stride, width);
}

static void list_boxes(const struct motion *motion, struct motion_outcome *outcome)
{
    for (uint32_t i = 0; i < motion->contours.count; i++) {
        const struct contour *contour = &motion->contours.kept[i];
        outcome->boxes[i] = (struct camd_box){
            .x1 = (int32_t)(contour->x * motion->scale),
            .y1 = (int32_t)(contour->y * motion->scale),
            .x2 = (int32_t)((contour->x + contour->width) * motion->scale),
            .y2 = (int32_t)((contour->y + contour->height) * motion->scale),
        };
    }
    outcome->box_count = motion->contours.count;
}

void motion_detect(struct motion *motion, const struct motion_settings *settings, const uint8_t *luma,
                   struct motion_outcome *outcome)
{
    prepare(motion, settings, luma);
    if (!motion->begun)
        begin(motion);
    find_contours(motion, settings);

    double fraction = motion->contours.total_area / ((double)motion->width * motion->height);
    bool is_skipped = settings->skip_threshold > 0.0 && fraction > settings->skip_threshold;
    judge_calibration(motion, fraction, is_skipped || fraction > settings->lightning_threshold);
    bool is_learnt = is_lasting(motion);
    outcome->fraction = fraction;
    outcome->calibrating = motion->calibrating;
    outcome->box_count = outcome->left_out = 0;
    if (settings->ignore_light && !motion->calibrating && motion->contours.found > 0)
        leave_out_light(motion, settings);
    if (!is_skipped && !motion->calibrating)
        outcome->left_out = motion->contours.found - motion->contours.count;
    if (settings->ignore_restless)
        restless_filter(&motion->before, motion->width * motion->height, &motion->contours);
    if (!is_skipped)
        list_boxes(motion, outcome);
    if (is_learnt)
        learn(motion, share_of(motion, settings->frame_alpha));
    if (settings->ignore_light)
        remember_scene(motion, outcome->box_count > 0 && !motion->calibrating);
}

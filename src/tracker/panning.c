#include "tracker/panning.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Sizes are in pixels of the quartered picture. Where the numbers come from: they were chosen by measuring. The scenes of
 * tests/eval/empty.py that turn, zoom, drift, shake and flash, and people in those that shake, have the same scores when one of
 * fourteen of them is about a third to a half smaller or larger; but with a NEW_LEAST of 0.05 a zoom makes objects. CHANGED_LEAST,
 * ZOOM_STEP, STANDS_WITHIN, BLOCKS_LEAST and those of LOST, ASTRAY and LEARNT were not varied. What test_panning.c says bounds
 * MOST (0.5), FOUND_SHARE (0.35), REACH (4) and BLOCK (8) from below, SETTLE_SECONDS (5) from above, TURN_SHARE (0.03 and 0.06)
 * on both sides: with the values in brackets a test fails.
 */
enum {
    QUARTER = 4,
    SURROUNDINGS = 4, /* each way: what a level is compared with */
    BLOCK = 12,       /* side of what is searched for */
    REACH = 6,        /* how far it may have gone between two pictures that are compared */
    SIDE = 2 * REACH + 1,
    BLOCKS_MAX = 12,  /* each way */
    BLOCKS_LEAST = 9, /* that have structure, to say anything */
    QUADRANTS = 4,
    QUADRANTS_LEAST = 3, /* in which it has to be so: what fills a half of the picture is no turn */
    ZOOMS_MOST = 6,      /* in and out: beyond, the blocks at the sides have gone out of reach */
    LOST_LEAST = 3,      /* pictures in a row without the reference, at rest, and LOST_SECONDS at least */
};

#define BLOCK_PIXELS      ((double)BLOCK * BLOCK)
#define TEXTURE_LEAST     2.0  /* levels, of a block that has structure */
#define CHANGED_SHARE     0.25 /* of its structure, by which a block that moved differs from what was there */
#define CHANGED_LEAST     1.0  /* levels */
#define FOUND_SHARE       0.5 /* the same, of what is there now, at most: it may have gone half a pixel further */
#define MOST              0.7   /* of the blocks with structure */
#define QUADRANT_MOST     0.5   /* of those of a quadrant */
#define ZOOM_STEP         0.015 /* of the sizes: half a pixel at the sides of a picture of 72 rows */
#define TURN_SHARE        0.04  /* of the picture's width, from where it rested: so far it only sways */
#define STEPS_MOST        3.0   /* from the reference: it is replaced, since it is soon out of reach */
#define STANDS_WITHIN     1.0
#define LOST_SECONDS      0.6 /* for so long it is not found, at rest: then another one is taken */
#define ASTRAY_SECONDS    5.0 /* without a step that is found: it turned to waves or driven snow */
#define REFERENCE_SECONDS 5.0
#define SETTLE_SECONDS    2.5   /* of a turn without a step: it has stopped */
#define NEW_LEAST         0.015 /* of the picture, of a camera that turns */
#define LEARNT_SECONDS    4.0   /* of other views in what was learnt, at most */

int panning_init(struct panning *panning, uint32_t width, uint32_t height)
{
    const uint32_t quarter_width = width / QUARTER, quarter_height = height / QUARTER;
    const size_t pixels = (size_t)quarter_width * quarter_height + 1;
    struct panning made = {
        .whole_width = width,
        .whole_height = height,
        .width = quarter_width,
        .height = quarter_height,
        .picture = calloc(pixels, 1),
        .reference = calloc(pixels, 1),
        .levels = calloc(pixels, 1),
        .columns = calloc((size_t)width + 1, sizeof(*made.columns)),
    };
    if (!made.picture || !made.reference || !made.levels || !made.columns) {
        panning_fini(&made);
        return -ENOMEM;
    }
    *panning = made;
    return 0;
}

void panning_fini(struct panning *panning)
{
    free(panning->picture);
    free(panning->reference);
    free(panning->levels);
    free(panning->columns);
    memset(panning, 0, sizeof(*panning));
}

/* ---- structure ---- */

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Down the columns first, many at once. */
static void quarter_row(const uint8_t *restrict luma, size_t stride, uint32_t *restrict columns,
                        uint8_t *restrict levels, size_t width)
{
    for (size_t x = 0; x < QUARTER * width; x++)
        columns[x] = (uint32_t)luma[x] + luma[stride + x] + luma[2 * stride + x] + luma[3 * stride + x];
    for (size_t x = 0; x < width; x++) {
        const uint32_t *four = columns + QUARTER * x;
        levels[x] = (uint8_t)((four[0] + four[1] + four[2] + four[3]) / (QUARTER * QUARTER));
    }
}

static void quarter(struct panning *panning, const uint8_t *luma)
{
    for (uint32_t y = 0; y < panning->height; y++)
        quarter_row(luma + (size_t)QUARTER * y * panning->whole_width, panning->whole_width, panning->columns,
                    panning->levels + (size_t)y * panning->width, panning->width);
}

/* Each pixel with its neighbours, so that half a pixel more or less makes no difference. */
static void soften(uint8_t *levels, size_t count, size_t step)
{
    uint32_t before = levels[0];
    for (size_t i = 0; i < count; i++) {
        const uint32_t here = levels[i * step], after = i + 1 < count ? levels[(i + 1) * step] : here;
        levels[i * step] = (uint8_t)((before + 2 * here + after + 2) / 4);
        before = here;
    }
}

static void soften_all(struct panning *panning)
{
    for (uint32_t y = 0; y < panning->height; y++)
        soften(panning->levels + (size_t)y * panning->width, panning->width, 1);
    for (uint32_t x = 0; x < panning->width; x++)
        soften(panning->levels + x, panning->height, panning->width);
}

static void add_row(uint32_t *restrict columns, const uint8_t *restrict levels, size_t width)
{
    for (size_t x = 0; x < width; x++)
        columns[x] += levels[x];
}

static void take_row(uint32_t *restrict columns, const uint8_t *restrict levels, size_t width)
{
    for (size_t x = 0; x < width; x++)
        columns[x] -= levels[x];
}

/* columns: sums of so many rows about this one. What is beyond the picture's sides does not count. */
static void row_structure(const uint32_t *columns, uint32_t rows, const uint8_t *levels, int8_t *structure,
                          uint32_t width)
{
    uint32_t sum = 0;
    for (uint32_t x = 0; x < least(SURROUNDINGS, width); x++)
        sum += columns[x];
    for (uint32_t x = 0; x < width; x++) {
        sum += x + SURROUNDINGS < width ? columns[x + SURROUNDINGS] : 0;
        sum -= x > SURROUNDINGS ? columns[x - SURROUNDINGS - 1] : 0;
        const uint32_t count = least(x + SURROUNDINGS + 1, width) - (x - least(x, SURROUNDINGS));
        const float above = levels[x] - (float)sum / (float)(rows * count);
        structure[x] = (int8_t)fminf(fmaxf(above, INT8_MIN), INT8_MAX);
    }
}

static void find_structure(struct panning *panning)
{
    const uint32_t width = panning->width, height = panning->height;
    const uint8_t *levels = panning->levels;
    uint32_t *columns = panning->columns, rows = least(SURROUNDINGS, height);
    memset(columns, 0, width * sizeof(*columns));
    for (uint32_t y = 0; y < rows; y++)
        add_row(columns, levels + (size_t)y * width, width);
    for (uint32_t y = 0; y < height; y++) {
        const size_t at = (size_t)y * width;
        if (y + SURROUNDINGS < height) {
            add_row(columns, levels + at + (size_t)SURROUNDINGS * width, width);
            rows++;
        }
        if (y > SURROUNDINGS) {
            take_row(columns, levels + at - (size_t)(SURROUNDINGS + 1) * width, width);
            rows--;
        }
        row_structure(columns, rows, levels + at, panning->picture + at, width);
    }
}

/* ---- blocks ---- */

struct block {
    uint32_t x, y;  /* of its left upper pixel */
    double texture; /* levels of a pixel, in the mean */
};

struct blocks {
    uint32_t count; /* with structure */
    uint32_t moved; /* of these: what was there is no longer there */
    uint32_t quadrant_count[QUADRANTS], quadrant_moved[QUADRANTS];
    struct block list[BLOCKS_MAX * BLOCKS_MAX]; /* those that moved */
};

/* A block of the reference, and what is now so far from there: mean difference of a pixel. */
static double difference(const struct panning *panning, const struct block *block, int dx, int dy)
{
    uint32_t sum = 0;
    for (int y = 0; y < BLOCK; y++) {
        const size_t row = (size_t)block->y + (size_t)y, moved_row = (size_t)((int)row + dy);
        const int8_t *before = panning->reference + row * panning->width + block->x,
                     *now = panning->picture + moved_row * panning->width + (size_t)((int)block->x + dx);
        for (int x = 0; x < BLOCK; x++)
            sum += (uint32_t)abs(before[x] - now[x]);
    }
    return sum / BLOCK_PIXELS;
}

static double texture_of(const struct panning *panning, const struct block *block)
{
    uint32_t sum = 0;
    for (uint32_t y = block->y; y < block->y + BLOCK; y++)
        for (uint32_t x = block->x; x < block->x + BLOCK; x++)
            sum += (uint32_t)abs(panning->reference[(size_t)y * panning->width + x]);
    return sum / BLOCK_PIXELS;
}

static uint32_t quadrant_of(const struct panning *panning, const struct block *block)
{
    return (block->x + BLOCK / 2 >= panning->width / 2) + 2U * (block->y + BLOCK / 2 >= panning->height / 2);
}

static void look_at_block(const struct panning *panning, struct block *block, struct blocks *blocks)
{
    const uint32_t quadrant = quadrant_of(panning, block);
    block->texture = texture_of(panning, block);
    if (block->texture < TEXTURE_LEAST)
        return;
    blocks->count++;
    blocks->quadrant_count[quadrant]++;
    if (difference(panning, block, 0, 0) < fmax(CHANGED_SHARE * block->texture, CHANGED_LEAST))
        return;
    blocks->quadrant_moved[quadrant]++;
    blocks->list[blocks->moved++] = *block;
}

/* How many blocks there is room for in one direction: all that they may have gone to is in the picture, too. */
static uint32_t blocks_along(uint32_t size)
{
    return size > 2 * REACH ? least((size - 2 * REACH) / BLOCK, BLOCKS_MAX) : 0;
}

/* The place of one of so many blocks, which are spread evenly. */
static uint32_t place_of(uint32_t index, uint32_t count, uint32_t size)
{
    return count > 1 ? REACH + index * (size - 2 * REACH - BLOCK) / (count - 1) : (size - BLOCK) / 2;
}

static void find_blocks(const struct panning *panning, struct blocks *blocks)
{
    const uint32_t columns = blocks_along(panning->width), rows = blocks_along(panning->height);
    for (uint32_t row = 0; row < rows; row++)
        for (uint32_t column = 0; column < columns; column++) {
            struct block block = {.x = place_of(column, columns, panning->width),
                                  .y = place_of(row, rows, panning->height)};
            look_at_block(panning, &block, blocks);
        }
}

/* Whether what has structure is not where it was, in most of the picture. */
static bool is_all_another(const struct blocks *blocks)
{
    uint32_t quadrants = 0;
    if (blocks->count < BLOCKS_LEAST || blocks->moved < MOST * blocks->count)
        return false;
    for (int i = 0; i < QUADRANTS; i++)
        quadrants += blocks->quadrant_moved[i] > 0 &&
                     blocks->quadrant_moved[i] >= QUADRANT_MOST * blocks->quadrant_count[i];
    return quadrants >= QUADRANTS_LEAST;
}

/* ---- the step that explains them ---- */

/* How many blocks a step of the camera explains. */
struct vote {
    struct panning_place step;
    uint32_t count;
};

/* found: for each block, each way it may have gone, whether it is there. */
static struct vote count_votes(const struct panning *panning, const struct blocks *blocks,
                               bool (*found)[SIDE][SIDE], double zoom)
{
    uint32_t votes[SIDE][SIDE] = {{0}};
    struct vote best = {.step.zoom = zoom};
    for (uint32_t i = 0; i < blocks->moved; i++) {
        const struct block *block = &blocks->list[i];
        const int by_zoom_x = (int)lround(zoom * (block->x + BLOCK / 2.0 - panning->width / 2.0)),
                  by_zoom_y = (int)lround(zoom * (block->y + BLOCK / 2.0 - panning->height / 2.0));
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) {
                const int at_x = x + by_zoom_x, at_y = y + by_zoom_y;
                if (at_x >= 0 && at_x < SIDE && at_y >= 0 && at_y < SIDE)
                    votes[y][x] += found[i][at_y][at_x];
            }
    }
    best.count = votes[REACH][REACH]; /* of several, the least */
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            if (votes[y][x] > best.count)
                best = (struct vote){{x - REACH, y - REACH, zoom}, votes[y][x]};
    return best;
}

static void search(const struct panning *panning, const struct blocks *blocks, bool (*found)[SIDE][SIDE])
{
    for (uint32_t i = 0; i < blocks->moved; i++)
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++)
                found[i][y][x] = difference(panning, &blocks->list[i], x - REACH, y - REACH) <=
                                 FOUND_SHARE * blocks->list[i].texture;
}

static struct vote better_of(struct vote a, struct vote b)
{
    return b.count > a.count ? b : a;
}

/* Whether one step of the camera explains where most of the picture is now; that which explains most, without a zoom if it can. */
static bool find_step(const struct panning *panning, const struct blocks *blocks, struct panning_place *step)
{
    bool found[BLOCKS_MAX * BLOCKS_MAX][SIDE][SIDE];
    search(panning, blocks, found);
    struct vote best = count_votes(panning, blocks, found, 0.0);
    for (int i = 1; i <= ZOOMS_MOST && best.count < MOST * blocks->count; i++) {
        best = better_of(best, count_votes(panning, blocks, found, i * ZOOM_STEP));
        best = better_of(best, count_votes(panning, blocks, found, -i * ZOOM_STEP));
    }
    *step = best.step;
    return best.count >= MOST * blocks->count;
}

/* ---- the view ---- */

static struct panning_place sum_of(const struct panning_place *a, const struct panning_place *b)
{
    return (struct panning_place){a->x + b->x, a->y + b->y, a->zoom + b->zoom};
}

/* In quarter pixels; a zoom counts double, as no wind makes one. */
static double distance(const struct panning *panning, const struct panning_place *a,
                       const struct panning_place *b)
{
    return fmax(hypot(a->x - b->x, a->y - b->y), fabs(a->zoom - b->zoom) * panning->width);
}

static struct panning_place difference_of(const struct panning_place *a, const struct panning_place *b)
{
    return (struct panning_place){a->x - b->x, a->y - b->y, a->zoom - b->zoom};
}

static double distance_from_rest(const struct panning *panning)
{
    static const struct panning_place rest;
    return distance(panning, &panning->place, &rest);
}

static void take_reference(struct panning *panning)
{
    int8_t *reference = panning->reference;
    panning->reference = panning->picture;
    panning->picture = reference;
    panning->reference_place = panning->place;
    panning->reference_age = panning->lost = 0;
}

/* At rest it stays where it is found elsewhere: it tells how far the view has gone since. */
static bool is_old(const struct panning *panning, bool is_another, double fps)
{
    const double most = REFERENCE_SECONDS * fps;
    const bool stays = panning->state != PANNING_MOVES && is_another && panning->still < most;
    return panning->reference_age >= most && !stays;
}

/* Whether the reference can't be found, or, of a camera that turns, not much longer. */
static bool is_out_of_reach(const struct panning *panning, double fps)
{
    if (panning->state != PANNING_MOVES)
        return panning->lost >= fmax(LOST_SECONDS * fps, LOST_LEAST);
    return panning->lost > 0 || distance(panning, &panning->place, &panning->reference_place) >= STEPS_MOST;
}

/* One that is found among many that are not may be found by chance. */
static void note_lost(struct panning *panning, bool is_lost)
{
    const bool is_astray = is_lost && panning->state == PANNING_MOVES;
    panning->lost = is_lost ? panning->lost + 1 : 0;
    if (is_astray)
        panning->astray++;
    else if (panning->astray > 0)
        panning->astray--;
    panning->has_strayed = panning->has_strayed || is_astray;
}

/*
 * Where the view is now, from where the reference was: that stays while it can be found, so that the small errors of many steps
 * don't add up. What no step explains is something else, or went too fast.
 */
static void find_place(struct panning *panning, double fps)
{
    struct blocks blocks = {0};
    struct panning_place step = {0};
    find_blocks(panning, &blocks);
    const bool is_another = is_all_another(&blocks);
    panning->reference_age++;
    note_lost(panning, is_another && !find_step(panning, &blocks, &step));
    if (panning->lost > 0)
        panning->still = 0;
    else
        panning->place = sum_of(&panning->reference_place, &step);
    if (is_out_of_reach(panning, fps)) {
        take_reference(panning);
    } else if (is_old(panning, is_another, fps)) {
        if (panning->state != PANNING_MOVES)
            panning->place = (struct panning_place){0}; /* nothing has changed for long: it rests here */
        take_reference(panning);
    }
}

/* For how long it has stood where it is. */
static void note_standing(struct panning *panning)
{
    panning->still++;
    if (distance(panning, &panning->place, &panning->stood) <= STANDS_WITHIN)
        return;
    panning->stood = panning->place;
    panning->still = 0;
}

static enum panning_state rest(struct panning *panning)
{
    if (distance_from_rest(panning) >= TURN_SHARE * panning->width) {
        panning->moving = panning->astray = 0;
        panning->has_strayed = false;
        return PANNING_MOVES;
    }
    return PANNING_RESTS;
}

static enum panning_state move(struct panning *panning, double fps)
{
    panning->moving++;
    if (panning->still < fmax(SETTLE_SECONDS * fps, 2.0) && panning->astray < ASTRAY_SECONDS * fps)
        return PANNING_MOVES;
    const bool is_back = !panning->has_strayed && distance_from_rest(panning) < TURN_SHARE * panning->width &&
                         panning_seconds(panning, fps) < LEARNT_SECONDS;
    panning->reference_place = difference_of(&panning->reference_place, &panning->place);
    panning->place = panning->stood = (struct panning_place){0};
    return is_back ? PANNING_RESTS : PANNING_HAS_MOVED;
}

enum panning_state panning_look(struct panning *panning, const uint8_t *luma, double new_share, double fps)
{
    const bool has_room = blocks_along(panning->width) > 0 && blocks_along(panning->height) > 0;
    if (!has_room || (panning->has_begun && panning->state != PANNING_MOVES && new_share < NEW_LEAST))
        return panning->state = PANNING_RESTS;
    quarter(panning, luma);
    soften_all(panning);
    find_structure(panning);
    if (!panning->has_begun) {
        take_reference(panning);
        panning->has_begun = true;
        return panning->state;
    }
    find_place(panning, fps);
    note_standing(panning);
    panning->state = panning->state == PANNING_MOVES ? move(panning, fps) : rest(panning);
    return panning->state;
}

double panning_seconds(const struct panning *panning, double fps)
{
    return panning->moving / fps;
}

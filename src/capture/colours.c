#include "capture/colours.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Kr and Kb: what red and blue are worth in the luma (ITU-R BT.601, BT.709 and BT.2020). */
static const struct {
    const char *word;
    double red, blue;
} matrices[COLOURS_MATRICES] = {
    [COLOURS_MATRIX_UNMARKED] = {"", 0.299, 0.114},
    [COLOURS_BT601] = {"bt601", 0.299, 0.114},
    [COLOURS_BT709] = {"bt709", 0.2126, 0.0722},
    [COLOURS_BT2020] = {"bt2020", 0.2627, 0.0593},
};

static const char *const range_words[] = {
    [COLOURS_RANGE_UNMARKED] = "", [COLOURS_LIMITED] = "limited", [COLOURS_FULL] = "full"};

/* ---- words ---- */

void colours_word(const struct colours *colours, char word[COLOURS_WORD_BYTES])
{
    const char *matrix = matrices[colours->matrix].word, *range = range_words[colours->range];
    snprintf(word, COLOURS_WORD_BYTES, "%s%s%s", matrix, *matrix && *range ? "-" : "", range);
}

bool colours_parse(const char *word, struct colours *colours)
{
    if (strcmp(word, "auto") == 0) {
        *colours = (struct colours){0};
        return true;
    }
    for (int matrix = 0; matrix < COLOURS_MATRICES; matrix++)
        for (int range = 0; range <= COLOURS_FULL; range++) {
            const struct colours candidate = {(enum colours_matrix)matrix, (enum colours_range)range};
            char candidate_word[COLOURS_WORD_BYTES];
            colours_word(&candidate, candidate_word);
            if (*word && strcmp(word, candidate_word) == 0) {
                *colours = candidate;
                return true;
            }
        }
    return false;
}

struct colours colours_override(struct colours marked, const struct colours *said)
{
    if (said->matrix != COLOURS_MATRIX_UNMARKED)
        marked.matrix = said->matrix;
    if (said->range != COLOURS_RANGE_UNMARKED)
        marked.range = said->range;
    return marked;
}

/* ---- numbers ---- */

enum {
    /* A share of one is just too much for them: shares are given as what is more or less than one. */
    SHARE_BITS = 15,
    SUM_BITS = 6, /* what is summed up in: 255 and its shares fit 16 bits, which vectors have most of */
    CHROMA_MIDDLE = 128,
    LUMA_BLACK = 16, /* in limited range */
    BLOCK = 32,      /* chroma samples that are converted at once: room for the widest vectors */
};

/* Of luma and chroma, in limited range; in full range all are of 255 steps. */
#define LUMA_STEPS   219.0
#define CHROMA_STEPS 224.0
#define FULL_STEPS   255.0

static int16_t share(double value)
{
    return (int16_t)lround(value * (1 << SHARE_BITS));
}

static int16_t step(double value)
{
    return (int16_t)lround(value * (1 << SUM_BITS));
}

bool colours_need_matrix(const struct colours *colours)
{
    return colours->matrix != COLOURS_MATRIX_UNMARKED && colours->matrix != COLOURS_BT601;
}

/*
 * The range alone: by these numbers, which differ from the exact ones in the last place, all bytes become those of
 * libswscale.
 */
static const struct colours_map range_map = {
    .luma_y = -4626,
    .luma_base = LUMA_BLACK << SUM_BITS,
    .blue_u = -3985,
    .blue_base = 997,
    .red_v = -3985,
    .red_base = 997,
};

/*
 * Of a picture's Y, Cb and Cr follow red, green and blue by its own matrix, and of these Y, Cb and Cr by the slots'. Y is in
 * each of the three, so that it stays, and Cb and Cr become others without it.
 */
bool colours_map_make(struct colours_map *map, const struct colours *colours)
{
    const double from_red = matrices[colours->matrix].red, from_blue = matrices[colours->matrix].blue;
    const double to_red = matrices[COLOURS_BT601].red, to_blue = matrices[COLOURS_BT601].blue;
    bool full = colours->range == COLOURS_FULL;
    if (!colours_need_matrix(colours)) {
        *map = range_map;
        return full;
    }

    /* R - Y = red_cr * Cr, B - Y = blue_cb * Cb, and G - Y follows of both */
    double red_cr = 2 * (1 - from_red), blue_cb = 2 * (1 - from_blue);
    double from_green = 1 - from_red - from_blue, to_green = 1 - to_red - to_blue;
    double green_cb = -blue_cb * from_blue / from_green, green_cr = -red_cr * from_red / from_green;
    double luma_cb = to_green * green_cb + to_blue * blue_cb, luma_cr = to_red * red_cr + to_green * green_cr;
    double luma_scale = full ? LUMA_STEPS / FULL_STEPS : 1;
    double chroma_scale = full ? CHROMA_STEPS / FULL_STEPS : 1;
    double luma_of_chroma = LUMA_STEPS / (full ? FULL_STEPS : CHROMA_STEPS);

    double blue_u = chroma_scale * (blue_cb - luma_cb) / (2 * (1 - to_blue));
    double red_v = chroma_scale * (red_cr - luma_cr) / (2 * (1 - to_red));

    *map = (struct colours_map){
        .luma_y = share(luma_scale - 1),
        .luma_u = share(luma_of_chroma * luma_cb),
        .luma_v = share(luma_of_chroma * luma_cr),
        .luma_base = step(full ? LUMA_BLACK : 0),
        .blue_u = share(blue_u - 1),
        .blue_v = share(chroma_scale * -luma_cr / (2 * (1 - to_blue))),
        .blue_base = step((1 - blue_u) * CHROMA_MIDDLE),
        .red_u = share(chroma_scale * -luma_cb / (2 * (1 - to_red))),
        .red_v = share(red_v - 1),
        .red_base = step((1 - red_v) * CHROMA_MIDDLE),
    };
    return true;
}

/* ---- pictures ---- */

/* A stretch of a picture, two lines high: where compilers see that nothing overlaps, and how long it is. */
struct block {
    uint8_t luma[2][2 * BLOCK], u[BLOCK], v[BLOCK];
};

/* A share of a sample of nine bits with its sign, in SUM_BITS. Of 16 bits in and out: one instruction for many samples. */
static int16_t share_of(int16_t sample, int16_t share)
{
    int16_t shifted = (int16_t)(sample * (1 << (SUM_BITS + 16 - SHARE_BITS)));
    return (int16_t)((shifted * share) >> 16);
}

static uint8_t rounded(int16_t sum)
{
    int16_t value = (int16_t)((int16_t)(sum + (1 << (SUM_BITS - 1))) >> SUM_BITS);
    return (uint8_t)(value < 0 ? 0 : value > UINT8_MAX ? UINT8_MAX : value);
}

/* Of each sample: itself, a share of itself, and what it gets of others. */
static inline void row_add(int16_t own_share, uint8_t *samples, const int16_t *shares, int count)
{
    int16_t wide[2 * BLOCK];
    for (int i = 0; i < count; i++)
        wide[i] = samples[i];
    for (int i = 0; i < count; i++)
        wide[i] = (int16_t)((wide[i] << SUM_BITS) + share_of(wide[i], own_share) + shares[i]);
    for (int i = 0; i < count; i++)
        samples[i] = rounded(wide[i]);
}

/* Gives each pair of pixels what it gets of the chroma, too. */
static void block_chroma(struct colours_map map, struct block *block, int16_t luma_shares[2 * BLOCK])
{
    int16_t u[BLOCK], v[BLOCK], shares[BLOCK];
    for (int i = 0; i < BLOCK; i++) {
        u[i] = (int16_t)(block->u[i] - CHROMA_MIDDLE);
        v[i] = (int16_t)(block->v[i] - CHROMA_MIDDLE);
    }
    for (int i = 0; i < BLOCK; i++)
        shares[i] = (int16_t)(map.luma_base + share_of(u[i], map.luma_u) + share_of(v[i], map.luma_v));
    for (int i = 0; i < BLOCK; i++)
        luma_shares[2 * i] = luma_shares[2 * i + 1] = shares[i];
    for (int i = 0; i < BLOCK; i++)
        shares[i] = (int16_t)(map.blue_base + share_of(v[i], map.blue_v));
    row_add(map.blue_u, block->u, shares, BLOCK);
    for (int i = 0; i < BLOCK; i++)
        shares[i] = (int16_t)(map.red_base + share_of(u[i], map.red_u));
    row_add(map.red_v, block->v, shares, BLOCK);
}

static void block_convert(const struct colours_map *map, struct block *block)
{
    int16_t luma_shares[2 * BLOCK];
    block_chroma(*map, block, luma_shares);
    row_add(map->luma_y, block->luma[0], luma_shares, 2 * BLOCK);
    row_add(map->luma_y, block->luma[1], luma_shares, 2 * BLOCK);
}

/* Four rows of planes: two of luma, and their chroma. */
struct rows {
    uint8_t *luma[2], *u, *v;
};

static struct rows rows_of(const struct planes *planes, int pair)
{
    uint8_t *luma = planes->data[0] + (ptrdiff_t)2 * pair * planes->strides[0];
    return (struct rows){
        .luma = {luma, luma + planes->strides[0]},
        .u = planes->data[1] + (ptrdiff_t)pair * planes->strides[1],
        .v = planes->data[2] + (ptrdiff_t)pair * planes->strides[2],
    };
}

static void rows_convert(const struct colours_map *map, const struct rows *to, const struct rows *from,
                         size_t at, size_t count)
{
    struct block block;
    memcpy(block.luma[0], from->luma[0] + 2 * at, 2 * count);
    memcpy(block.luma[1], from->luma[1] + 2 * at, 2 * count);
    memcpy(block.u, from->u + at, count);
    memcpy(block.v, from->v + at, count);
    block_convert(map, &block);
    memcpy(to->luma[0] + 2 * at, block.luma[0], 2 * count);
    memcpy(to->luma[1] + 2 * at, block.luma[1], 2 * count);
    memcpy(to->u + at, block.u, count);
    memcpy(to->v + at, block.v, count);
}

void colours_convert(const struct colours_map *map, const struct planes *to, const struct planes *from,
                     int width, int height)
{
    size_t count = (size_t)width / 2;
    for (int pair = 0; pair < height / 2; pair++) {
        const struct rows to_rows = rows_of(to, pair), from_rows = rows_of(from, pair);
        size_t at = 0;
        for (; at + BLOCK <= count; at += BLOCK)
            rows_convert(map, &to_rows, &from_rows, at, BLOCK);
        if (at < count)
            rows_convert(map, &to_rows, &from_rows, at, count - at);
    }
}

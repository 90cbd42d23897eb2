#include "capture/picture_sample.h"

#include <string.h>

#define MULTIPLIER UINT64_C(0x9E3779B97F4A7C15) /* odd, and its bits are well mixed */

static uint64_t mix(uint64_t state, uint64_t word)
{
    state = (state ^ word) * MULTIPLIER;
    return state ^ state >> 32;
}

/* Four 16-bit numbers in a word, added up. */
static uint16_t sum_of_lanes(uint64_t lanes)
{
    return (uint16_t)(lanes * UINT64_C(0x0001000100010001) >> 48);
}

/* Of four numbers up to 255 and four others, in 16-bit lanes: how far they are apart. */
static uint64_t distances(uint64_t a, uint64_t b)
{
    const uint64_t ones = UINT64_C(0x0001000100010001), signs = ones << 15;
    const uint64_t difference = ((a | signs) - b) ^ signs;
    const uint64_t is_negative = difference >> 15 & ones;
    return (difference ^ is_negative * UINT64_C(0xFFFF)) + is_negative;
}

/* Of four strips of a block side by side: 0 where brightness rises or falls evenly. */
static int16_t bend_of(const uint16_t strips[4])
{
    return (int16_t)(strips[0] - strips[1] - strips[2] + strips[3]);
}

/* A row of a block is a word of the machine: its pixels are added up and compared four at a time. */
static void take_block(struct picture_sample *sample, uint32_t index, const uint64_t block[PICTURE_BLOCK])
{
    const uint64_t low_bytes = UINT64_C(0x00FF00FF00FF00FF);
    uint64_t columns = 0, roughness = 0, bytes = 0, pair = 0;
    uint16_t rows[4];
    for (uint64_t y = 0; y < PICTURE_BLOCK; y++) {
        const uint64_t word = block[y];
        const uint64_t even = word & low_bytes, odd = word >> 8 & low_bytes;
        roughness += distances(even, odd);
        bytes += word * (MULTIPLIER + 2 * y);
        pair = y % 2 == 0 ? even + odd : pair + even + odd;
        if (y % 2 == 1) {
            rows[y / 2] = sum_of_lanes(pair);
            columns += pair;
        }
    }
    const uint16_t strips[4] = {(uint16_t)columns, (uint16_t)(columns >> 16), (uint16_t)(columns >> 32),
                                (uint16_t)(columns >> 48)};
    sample->brightness[index] = sum_of_lanes(columns);
    sample->roughness[index] = sum_of_lanes(roughness);
    sample->bend_across[index] = bend_of(strips);
    sample->bend_down[index] = bend_of(rows);
    sample->bytes = mix(sample->bytes, bytes);
}

static uint32_t blocks_along(uint32_t pixels, uint32_t most)
{
    return pixels / PICTURE_BLOCK < most ? pixels / PICTURE_BLOCK : most;
}

/* Where the block in the middle of its share of the picture begins. */
static uint32_t place_of(uint32_t number, uint32_t count, uint32_t pixels)
{
    return (2 * number + 1) * pixels / (2 * count) - PICTURE_BLOCK / 2;
}

/* A row of blocks, line by line of the picture: memory is read in its order, which is what takes the time. */
static void gather(uint64_t blocks[PICTURE_COLUMNS][PICTURE_BLOCK], uint32_t columns, const uint8_t *lines,
                   uint32_t width)
{
    uint32_t places[PICTURE_COLUMNS];
    for (uint32_t column = 0; column < columns; column++)
        places[column] = place_of(column, columns, width);
    for (uint32_t y = 0; y < PICTURE_BLOCK; y++)
        for (uint32_t column = 0; column < columns; column++)
            memcpy(&blocks[column][y], lines + (size_t)y * width + places[column], sizeof(blocks[column][y]));
}

void picture_sample_take(struct picture_sample *sample, const uint8_t *luma, uint32_t width, uint32_t height)
{
    sample->columns = blocks_along(width, PICTURE_COLUMNS);
    sample->rows = blocks_along(height, PICTURE_ROWS);
    sample->bytes = mix(width, height);
    for (uint32_t row = 0; row < sample->rows; row++) {
        uint64_t blocks[PICTURE_COLUMNS][PICTURE_BLOCK];
        gather(blocks, sample->columns, luma + (size_t)place_of(row, sample->rows, height) * width, width);
        for (uint32_t column = 0; column < sample->columns; column++)
            take_block(sample, row * sample->columns + column, blocks[column]);
    }
}

/* Four at a time, since each has to wait for its last product. */
uint64_t picture_bytes(const uint8_t *pixels, size_t length)
{
    enum { LANES = 4 };
    uint64_t lanes[LANES] = {1, 2, 3, 4}, words[LANES], last = length;
    size_t at = 0;

    for (; at + sizeof(words) <= length; at += sizeof(words)) {
        memcpy(words, pixels + at, sizeof(words));
        for (int i = 0; i < LANES; i++)
            lanes[i] = mix(lanes[i], words[i]);
    }
    for (; at < length; at++)
        last = mix(last, pixels[at]);
    for (int i = 0; i < LANES; i++)
        last = mix(last, lanes[i]);
    return last;
}

#include "field_clip.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    COLUMNS = FIELD_CLIP_WIDTH / 16, /* macroblocks */
    ROWS = FIELD_CLIP_HEIGHT / 32,   /* of a field */
    MACROBLOCKS = COLUMNS * ROWS,
    UNIT_BYTES = MACROBLOCKS * 400 + 64,
    SEQUENCE = 0x67, /* first bytes of NAL units */
    PICTURE = 0x68,
    KEY_SLICE = 0x65,
    SLICE = 0x61,
};

/* The bits of a NAL unit. */
struct bits {
    uint8_t bytes[UNIT_BYTES];
    size_t count;
};

static void put(struct bits *bits, unsigned int width, uint32_t value)
{
    for (unsigned int i = width; i-- > 0; bits->count++)
        bits->bytes[bits->count / 8] |= (uint8_t)((value >> i & 1) << (7 - bits->count % 8));
}

/* Exponential-Golomb: ITU-T H.264 9.1. */
static void put_number(struct bits *bits, uint32_t value)
{
    unsigned int width = 0;
    while ((value + 1) >> (width + 1))
        width++;
    put(bits, width, 0);
    put(bits, width + 1, value + 1);
}

static void put_numbers(struct bits *bits, const int *numbers, int count)
{
    for (int i = 0; i < count; i++)
        put_number(bits, (uint32_t)numbers[i]);
}

static void align(struct bits *bits)
{
    bits->count = (bits->count + 7) / 8 * 8;
}

static void write_unit(FILE *file, int type, struct bits *bits)
{
    int zeros = 0;
    put(bits, 1, 1);
    align(bits);
    fwrite("\0\0\0\1", 1, 4, file);
    fputc(type, file);
    for (size_t i = 0; i < bits->count / 8; i++) {
        if (zeros >= 2 && bits->bytes[i] <= 3) { /* else it might look like a start code */
            fputc(3, file);
            zeros = 0;
        }
        fputc(bits->bytes[i], file);
        zeros = bits->bytes[i] == 0 ? zeros + 1 : 0;
    }
}

/* 7.3.2.1 and 7.3.2.2: Main profile, fields, output in the order of decoding, 50 pictures a second. */
static void write_parameters(FILE *file)
{
    enum { PROFILE_MAIN = 77, LEVEL = 30, FIELDS_A_SECOND = 100 };
    struct bits sequence = {0}, picture = {0};

    put(&sequence, 8, PROFILE_MAIN);
    put(&sequence, 16, LEVEL);
    put_numbers(&sequence, (const int[]){0, 0, 2, 2},
                4); /* its number, frame_num of 4 bits, order, references */
    put(&sequence, 1, 0);
    put_numbers(&sequence, (const int[]){COLUMNS - 1, ROWS - 1}, 2);
    put(&sequence, 4, 2);    /* fields, no MBAFF, direct_8x8_inference, no cropping */
    put(&sequence, 6, 0x21); /* of the VUI there is timing only */
    put(&sequence, 32, 1);
    put(&sequence, 32, FIELDS_A_SECOND);
    put(&sequence, 5, 0x10); /* fixed rate */
    write_unit(file, SEQUENCE, &sequence);

    put_numbers(&picture, (const int[]){0, 0}, 2);
    put(&picture, 2, 0);
    put_numbers(&picture, (const int[]){0, 0, 0}, 3);
    put(&picture, 3, 0);
    put_numbers(&picture, (const int[]){0, 0, 0}, 3);
    put(&picture, 3, 4); /* slices say how they are deblocked */
    write_unit(file, PICTURE, &picture);
}

static void put_macroblock(struct bits *bits, int luma)
{
    align(bits);
    for (int i = 0; i < 256; i++)
        put(bits, 8, (uint32_t)luma);
    for (int i = 0; i < 128; i++)
        put(bits, 8, 128);
}

/* 7.3.3: the first fields of a group are of samples, the others of one macroblock of samples and of what was there before. */
static void write_field(FILE *file, int pair, int group, bool is_bottom)
{
    enum { ALL_INTRA = 7, ALL_PREDICTED = 5, PCM = 25, PCM_AMONG_PREDICTED = 30 };
    const int number = pair % group, moving = pair % MACROBLOCKS;
    const bool is_intra = number == 0, is_key = is_intra && !is_bottom;
    struct bits bits = {0};

    put_numbers(&bits, (const int[]){0, is_intra ? ALL_INTRA : ALL_PREDICTED, 0}, 3);
    put(&bits, 4, (uint32_t)number % 16);
    put(&bits, 2, is_bottom ? 3 : 2);
    if (is_key)
        put_number(&bits, (uint32_t)(pair / group % 2));
    put(&bits, is_intra && !is_key ? 1 : is_intra ? 2 : 3, 0); /* nothing special about references */
    put_numbers(&bits, (const int[]){0, 1}, 2);                /* no other quantiser, no deblocking */
    for (int i = 0; is_intra && i < MACROBLOCKS; i++) {
        put_number(&bits, PCM);
        put_macroblock(&bits, 40 + (pair * 7 + i * 20 + is_bottom * 11) % 180);
    }
    if (!is_intra) {
        put_numbers(&bits, (const int[]){moving, PCM_AMONG_PREDICTED}, 2);
        put_macroblock(&bits, 40 + (pair * 13 + is_bottom * 31) % 180);
    }
    if (!is_intra && moving < MACROBLOCKS - 1)
        put_number(&bits, (uint32_t)(MACROBLOCKS - 1 - moving));
    write_unit(file, is_key ? KEY_SLICE : SLICE, &bits);
}

void field_clip_write(const char *path, int pairs, int group)
{
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        abort();
    }
    for (int pair = 0; pair < pairs; pair++) {
        if (pair % group == 0)
            write_parameters(file);
        write_field(file, pair, group, false);
        write_field(file, pair, group, true);
    }
    fclose(file);
}

/*
 * colours.h - what the numbers of a picture mean, and turning them into what slots hold
 *
 * Slots hold BT.601 in limited range. A picture that its stream marks as something else is converted; one without a mark is
 * left as it is, for most of them are BT.601 anyway. Pure.
 */
#ifndef CAMD_CAPTURE_COLOURS_H
#define CAMD_CAPTURE_COLOURS_H

#include <stdbool.h>
#include <stdint.h>

enum colours_matrix {
    COLOURS_MATRIX_UNMARKED,
    COLOURS_BT601,
    COLOURS_BT709,
    COLOURS_BT2020,
    COLOURS_MATRICES
};
enum colours_range { COLOURS_RANGE_UNMARKED, COLOURS_LIMITED, COLOURS_FULL };

struct colours {
    enum colours_matrix matrix;
    enum colours_range range;
};

enum { COLOURS_WORD_BYTES = 16 };

/*
 * A value of the key `colours`: auto (nothing is said), a matrix (bt601, bt709, bt2020), a range (limited, full), or both
 * (bt709-full). False: it is none.
 */
bool colours_parse(const char *word, struct colours *colours);
/* Such a word for colours; "" where nothing is marked. */
void colours_word(const struct colours *colours, char word[COLOURS_WORD_BYTES]);

/* What is said in one of them, over what is marked in the other. */
struct colours colours_override(struct colours marked, const struct colours *said);

/* Planes of an I420 picture. */
struct planes {
    uint8_t *data[4];
    int strides[4];
};

/*
 * What each of a pixel's numbers gets of the three: of itself what is more or less than all of it, of blue and red, when
 * they are of others, what is more or less than their middle, in 1/2^15; and what is added, in 1/64 of a step.
 */
struct colours_map {
    int16_t luma_y, luma_u, luma_v, luma_base;
    int16_t blue_u, blue_v, blue_base;
    int16_t red_u, red_v, red_base;
};

/* Whether their matrix is not the slots'. */
bool colours_need_matrix(const struct colours *colours);

/* False: pictures of these colours are what slots hold. */
bool colours_map_make(struct colours_map *map, const struct colours *colours);

/* Converts a picture of even size; from and to may be the same, or do not overlap. */
void colours_convert(const struct colours_map *map, const struct planes *to, const struct planes *from,
                     int width, int height);

#endif

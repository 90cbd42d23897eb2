#include "picture/ruler.h"

#include <stdbool.h>
#include <stdio.h>

enum {
    DIVISIONS = 100, /* marks on a side */
    HALF = 5,        /* every so many marks a longer one */
    WHOLE = 10,      /* a line through the picture, and a number */
    LETTERS = 3,     /* of a number: 0.1 */
    MARK_ROOM = 3,   /* pixels, at least, from one mark to the next */
    DARK = 16,
    LIGHT = 235,
    STRENGTH_LINE = 96,  /* what is below is still seen */
    STRENGTH_MARK = 200, /* of marks along the edges */
};

/* One side of the picture, x or y, in a way that both can be drawn by the same code. */
struct side {
    struct picture *picture;
    bool is_down; /* y, from the top */
    int32_t length, other;
};

/*
 * Pixels from..to across the side at its place `at`: a light line, with a dark one beside it, so that it is seen on
 * anything.
 */
static void draw_across(const struct side *side, int32_t at, int32_t from, int32_t to, int32_t thick,
                        unsigned int strength)
{
    const struct camd_box light = side->is_down ? (struct camd_box){from, at, to, at + thick}
                                                : (struct camd_box){at, from, at + thick, to};
    const struct camd_box dark = side->is_down ? (struct camd_box){from, at + thick, to, at + 2 * thick}
                                               : (struct camd_box){at + thick, from, at + 2 * thick, to};
    picture_mix_luma(side->picture, &light, LIGHT, strength);
    picture_mix_luma(side->picture, &dark, DARK, strength);
}

static int32_t place_of(const struct side *side, int mark)
{
    return side->length * mark / DIVISIONS;
}

/* How long marks are, the longer ones. */
static int32_t mark_pixels(const struct picture *picture)
{
    return 6 * (int32_t)picture_text_scale(picture);
}

static void draw_mark(const struct side *side, int mark, int32_t thick)
{
    const int32_t at = place_of(side, mark), whole = mark_pixels(side->picture);
    const int32_t length = mark % HALF == 0 ? whole : whole / 2;
    draw_across(side, at, 0, length, thick, STRENGTH_MARK);
    draw_across(side, at, side->other - length, side->other, thick, STRENGTH_MARK);
    if (mark % WHOLE == 0)
        draw_across(side, at, length, side->other - length, thick, STRENGTH_LINE);
}

static void draw_number(const struct side *side, int mark)
{
    struct picture *picture = side->picture;
    const uint32_t scale = picture_text_scale(picture);
    char text[8];
    snprintf(text, sizeof(text), "0.%d", mark / WHOLE);
    const int32_t half =
        (side->is_down ? picture_text_height(scale) : picture_text_width(LETTERS, scale)) / 2;
    const int32_t at = place_of(side, mark) - half, edge = mark_pixels(picture);
    picture_draw_text(picture, side->is_down ? edge : at, side->is_down ? at : edge, PICTURE_SHADE, text);
}

static void draw_side(const struct side *side)
{
    const int32_t thick = (int32_t)(picture_text_scale(side->picture) + 1) / 2;
    const int step = side->length / DIVISIONS >= MARK_ROOM * thick ? 1 : HALF;
    for (int mark = step; mark < DIVISIONS; mark += step)
        draw_mark(side, mark, thick);
}

/* Marks from one number to the next, so that they don't cover each other. */
static int marks_a_number(const struct side *side)
{
    const uint32_t scale = picture_text_scale(side->picture);
    const int32_t needed = side->is_down ? picture_text_height(scale) : picture_text_width(LETTERS, scale);
    if (place_of(side, WHOLE) > needed)
        return WHOLE;
    return place_of(side, 2 * WHOLE) > needed ? 2 * WHOLE : HALF * WHOLE;
}

static void number_side(const struct side *side)
{
    const int step = marks_a_number(side);
    for (int mark = step; mark < DIVISIONS; mark += step)
        draw_number(side, mark);
}

static struct side side_of(struct picture *picture, bool is_down)
{
    const int32_t width = (int32_t)picture->width, height = (int32_t)picture->height;
    return (struct side){picture, is_down, is_down ? height : width, is_down ? width : height};
}

void ruler_draw_lines(struct picture *picture)
{
    const struct side across = side_of(picture, false), down = side_of(picture, true);
    draw_side(&across);
    draw_side(&down);
}

void ruler_draw_numbers(struct picture *picture)
{
    const struct side across = side_of(picture, false), down = side_of(picture, true);
    number_side(&across);
    number_side(&down);
}

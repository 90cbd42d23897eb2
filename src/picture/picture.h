/*
 * picture.h - drawing on a picture of one's own: boxes, bars and text
 *
 * Pure: no files, no segments. Whatever is outside the picture is cut off.
 */
#ifndef CAMD_PICTURE_PICTURE_H
#define CAMD_PICTURE_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "camd/shm.h"

/* I420: planes Y, U, V one after the other, width*height*3/2 bytes; both sides even. Limited range at first. */
struct picture {
    uint32_t width, height;
    uint8_t *pixels; /* the caller's */
};

/* Room for a picture of that size, whose pixels are free()'s in the end. 0 or -ENOMEM, and the picture is untouched then. */
int picture_make(struct picture *picture, uint32_t width, uint32_t height);

/* What something stands for decides its colour. */
enum picture_colour {
    PICTURE_MOTION,
    PICTURE_REGION,     /* where objects were looked for */
    PICTURE_OBJECT,     /* that moves */
    PICTURE_STATIONARY, /* that has not moved for long */
    PICTURE_DOUBTFUL,   /* not believed to be one, so far */
    PICTURE_COLD,       /* a region grid's cells: few objects, ... */
    PICTURE_WARM,
    PICTURE_HOT, /* ... the most */
    PICTURE_ZONE,
    PICTURE_MOTION_MASK, /* where motion is not looked at */
    PICTURE_OBJECT_MASK, /* where objects are not believed */
    PICTURE_NEW,         /* a polygon that is being drawn up */
    PICTURE_SHADE,       /* dark, for text that has to be read over anything */
    PICTURE_COLOUR_COUNT
};

/* All of it in one colour. */
void picture_fill(struct picture *picture, enum picture_colour colour);

/* A line's pixels: 2, and more the larger the picture is. */
uint32_t picture_line_pixels(const struct picture *picture);

/* Draws the outline of a box; anything may be in the box. */
void picture_draw_box(struct picture *picture, const struct camd_box *box, enum picture_colour colour);

/* Mixes the colour over the picture: strength 0 (nothing) to 255 (only the colour). */
void picture_tint(struct picture *picture, const struct camd_box *box, enum picture_colour colour,
                  unsigned int strength);

/*
 * Text on a bar of the colour, the bar's left top at x, y, moved into the picture where it would stick out. ASCII; other
 * bytes appear as boxes. Letters are 7 * picture_text_scale pixels high. Returns the bar's height in pixels.
 */
uint32_t picture_draw_text(struct picture *picture, int32_t x, int32_t y, enum picture_colour colour,
                           const char *text);
/* The same with dots of letters of so many pixels. */
uint32_t picture_draw_text_scaled(struct picture *picture, int32_t x, int32_t y, uint32_t scale,
                                  enum picture_colour colour, const char *text);
/* The bar's width in pixels: with so many letters, their dots of so many pixels. */
int32_t picture_text_width(size_t letters, uint32_t scale);
/* The bar's height. */
int32_t picture_text_height(uint32_t scale);
/* Pixels a dot of a letter is wide and high, by the size of the picture: 1 and up. */
uint32_t picture_text_scale(const struct picture *picture);

/* Makes the luma of a box lighter or darker, by mixing: luma as limited range has it, strength 0 to 255. Colours stay. */
void picture_mix_luma(struct picture *picture, const struct camd_box *box, uint8_t luma,
                      unsigned int strength);

#endif

/* picture.c - drawing on a picture */
#include "picture/picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "picture/font.h"

enum { BLACK = 16, WHITE = 235 };

int picture_make(struct picture *picture, uint32_t width, uint32_t height)
{
    uint8_t *pixels = malloc((size_t)width * height / 2 * 3);
    if (!pixels)
        return -ENOMEM;
    *picture = (struct picture){width, height, pixels};
    return 0;
}

/* BT.601, limited range. */
static const struct {
    uint8_t y, u, v;
} colours[PICTURE_COLOUR_COUNT] = {
    [PICTURE_MOTION] = {145, 54, 34},        /* green */
    [PICTURE_REGION] = {90, 212, 91},        /* light blue */
    [PICTURE_OBJECT] = {182, 34, 160},       /* amber */
    [PICTURE_STATIONARY] = {140, 156, 90},   /* steel */
    [PICTURE_DOUBTFUL] = {150, 128, 128},    /* grey */
    [PICTURE_COLD] = {60, 200, 110},         /* blue */
    [PICTURE_WARM] = {180, 40, 150},         /* yellow */
    [PICTURE_HOT] = {90, 90, 240},           /* red */
    [PICTURE_ZONE] = {160, 160, 40},         /* cyan */
    [PICTURE_MOTION_MASK] = {140, 90, 205},  /* salmon: light enough for dark letters */
    [PICTURE_OBJECT_MASK] = {155, 180, 172}, /* violet, as light */
    [PICTURE_NEW] = {190, 60, 60},           /* light green */
    [PICTURE_SHADE] = {24, 128, 128},        /* nearly black */
};

static uint32_t clamp(int64_t value, uint32_t limit)
{
    return value < 0 ? 0 : value > limit ? limit : (uint32_t)value;
}

static void fill_plane(uint8_t *plane, uint32_t stride, uint32_t x1, uint32_t y1, uint32_t x2, uint32_t y2,
                       uint8_t value)
{
    for (uint32_t y = y1; y < y2 && x1 < x2; y++)
        memset(plane + (size_t)y * stride + x1, value, x2 - x1);
}

/* x1,y1 inclusive, x2,y2 exclusive, cut to the picture and widened to whole chroma samples. */
static void fill(struct picture *picture, int64_t left, int64_t top, int64_t right, int64_t bottom,
                 enum picture_colour colour)
{
    uint32_t width = picture->width, height = picture->height;
    uint32_t x1 = clamp(left, width) & ~1u, y1 = clamp(top, height) & ~1u;
    uint32_t x2 = (clamp(right, width) + 1) & ~1u, y2 = (clamp(bottom, height) + 1) & ~1u;
    size_t luma = (size_t)width * height;
    uint8_t *u = picture->pixels + luma, *v = u + luma / 4;
    fill_plane(picture->pixels, width, x1, y1, x2, y2, colours[colour].y);
    fill_plane(u, width / 2, x1 / 2, y1 / 2, x2 / 2, y2 / 2, colours[colour].u);
    fill_plane(v, width / 2, x1 / 2, y1 / 2, x2 / 2, y2 / 2, colours[colour].v);
}

void picture_fill(struct picture *picture, enum picture_colour colour)
{
    fill(picture, 0, 0, picture->width, picture->height, colour);
}

/* 2 pixels, 4 from 360 lines, 8 at 1080 */
uint32_t picture_line_pixels(const struct picture *picture)
{
    return picture->height / 360 * 2 + 2;
}

void picture_draw_box(struct picture *picture, const struct camd_box *box, enum picture_colour colour)
{
    int64_t thick = picture_line_pixels(picture);
    int64_t x1 = box->x1, y1 = box->y1, x2 = box->x2, y2 = box->y2;
    if (x2 <= x1 || y2 <= y1)
        return;
    fill(picture, x1, y1, x2, y1 + thick < y2 ? y1 + thick : y2, colour);
    fill(picture, x1, y2 - thick > y1 ? y2 - thick : y1, x2, y2, colour);
    fill(picture, x1, y1, x1 + thick < x2 ? x1 + thick : x2, y2, colour);
    fill(picture, x2 - thick > x1 ? x2 - thick : x1, y1, x2, y2, colour);
}

static void mix_plane(uint8_t *plane, uint32_t stride, uint32_t x1, uint32_t y1, uint32_t x2, uint32_t y2,
                      uint8_t value, unsigned int strength)
{
    for (uint32_t y = y1; y < y2; y++)
        for (uint32_t x = x1; x < x2; x++) {
            uint8_t *at = plane + (size_t)y * stride + x;
            *at = (uint8_t)((*at * (255 - strength) + value * strength + 127) / 255);
        }
}

void picture_tint(struct picture *picture, const struct camd_box *box, enum picture_colour colour,
                  unsigned int strength)
{
    uint32_t width = picture->width, height = picture->height;
    uint32_t x1 = clamp(box->x1, width) & ~1u, y1 = clamp(box->y1, height) & ~1u;
    uint32_t x2 = clamp(box->x2, width) & ~1u, y2 = clamp(box->y2, height) & ~1u;
    size_t luma = (size_t)width * height;
    uint8_t *u = picture->pixels + luma, *v = u + luma / 4;
    if (strength > 255)
        strength = 255;
    mix_plane(picture->pixels, width, x1, y1, x2, y2, colours[colour].y, strength);
    mix_plane(u, width / 2, x1 / 2, y1 / 2, x2 / 2, y2 / 2, colours[colour].u, strength);
    mix_plane(v, width / 2, x1 / 2, y1 / 2, x2 / 2, y2 / 2, colours[colour].v, strength);
}

void picture_mix_luma(struct picture *picture, const struct camd_box *box, uint8_t luma,
                      unsigned int strength)
{
    mix_plane(picture->pixels, picture->width, clamp(box->x1, picture->width),
              clamp(box->y1, picture->height), clamp(box->x2, picture->width),
              clamp(box->y2, picture->height), luma, strength < 255 ? strength : 255);
}

/* ---- text ---- */

enum { LINES_A_DOT = 288, COLUMNS_A_DOT = 384 };

/* The narrower side decides: pictures may stand upright. */
uint32_t picture_text_scale(const struct picture *picture)
{
    const uint32_t by_height = picture->height / LINES_A_DOT, by_width = picture->width / COLUMNS_A_DOT;
    const uint32_t scale = by_height < by_width ? by_height : by_width;
    return scale > 1 ? scale : 1;
}

int32_t picture_text_width(size_t letters, uint32_t scale)
{
    return (int32_t)(letters * (FONT_COLUMNS + 1) * scale + scale);
}

int32_t picture_text_height(uint32_t scale)
{
    return (int32_t)((FONT_ROWS + 2) * scale);
}

/* A square of scale pixels; luma only, the bar's colour stays. */
static void draw_dot(struct picture *picture, int64_t x, int64_t y, uint32_t scale, uint8_t luma)
{
    fill_plane(picture->pixels, picture->width, clamp(x, picture->width), clamp(y, picture->height),
               clamp(x + scale, picture->width), clamp(y + scale, picture->height), luma);
}

static void draw_letter(struct picture *picture, int64_t x, int64_t y, uint32_t scale, uint8_t luma,
                        char letter)
{
    const uint8_t *rows = font_glyph(letter);
    const int64_t top = y + (font_descends(letter) ? (int64_t)scale : 0);
    for (int row = 0; row < FONT_ROWS; row++)
        for (int column = 0; column < FONT_COLUMNS; column++)
            if (rows[row] >> (FONT_COLUMNS - 1 - column) & 1)
                draw_dot(picture, x + column * (int64_t)scale, top + row * (int64_t)scale, scale, luma);
}

/* A place for size pixels, from at on, that lies within limit if it can. */
static int64_t moved_in(int64_t at, int64_t size, int64_t limit)
{
    if (at + size > limit)
        at = limit - size;
    return at < 0 ? 0 : at;
}

uint32_t picture_draw_text_scaled(struct picture *picture, int32_t x, int32_t y, uint32_t scale,
                                  enum picture_colour colour, const char *text)
{
    const uint32_t step = (FONT_COLUMNS + 1) * scale;
    const int64_t width = picture_text_width(strlen(text), scale), height = picture_text_height(scale);
    int64_t left = moved_in(x, width, picture->width), top = moved_in(y, height, picture->height);
    uint8_t luma = colours[colour].y > (BLACK + WHITE) / 2 ? BLACK : WHITE;
    fill(picture, left, top, left + width, top + height, colour);
    for (size_t i = 0; text[i] && left + (int64_t)(i * step) < picture->width; i++)
        draw_letter(picture, left + scale + (int64_t)(i * step), top + scale, scale, luma, text[i]);
    return (uint32_t)height;
}

uint32_t picture_draw_text(struct picture *picture, int32_t x, int32_t y, enum picture_colour colour,
                           const char *text)
{
    return picture_draw_text_scaled(picture, x, y, picture_text_scale(picture), colour, text);
}

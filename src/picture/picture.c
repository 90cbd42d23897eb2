/* picture.c - drawing on a picture */
#include "picture/picture.h"

#include <string.h>

#include "picture/font.h"

enum { BLACK = 16, WHITE = 235 };

/* BT.601, limited range. */
static const struct {
    uint8_t y, u, v;
} colours[PICTURE_COLOUR_COUNT] = {
    [PICTURE_MOTION] = {145, 54, 34},      /* green */
    [PICTURE_REGION] = {90, 212, 91},      /* light blue */
    [PICTURE_OBJECT] = {182, 34, 160},     /* amber */
    [PICTURE_STATIONARY] = {140, 156, 90}, /* steel */
    [PICTURE_DOUBTFUL] = {150, 128, 128},  /* grey */
    [PICTURE_COLD] = {60, 200, 110},       /* blue */
    [PICTURE_WARM] = {180, 40, 150},       /* yellow */
    [PICTURE_HOT] = {90, 90, 240},         /* red */
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

void picture_draw_box(struct picture *picture, const struct camd_box *box, enum picture_colour colour)
{
    int64_t thick = picture->height / 360 * 2 + 2; /* 2 pixels, 4 from 360 lines, 8 at 1080 */
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

/* ---- text ---- */

uint32_t picture_text_scale(const struct picture *picture)
{
    return picture->height < 480 ? 1 : picture->height / 288;
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

    for (int row = 0; row < FONT_ROWS; row++)
        for (int column = 0; column < FONT_COLUMNS; column++)
            if (rows[row] >> (FONT_COLUMNS - 1 - column) & 1)
                draw_dot(picture, x + column * (int64_t)scale, y + row * (int64_t)scale, scale, luma);
}

/* A place for size pixels, from at on, that lies within limit if it can. */
static int64_t moved_in(int64_t at, int64_t size, int64_t limit)
{
    if (at + size > limit)
        at = limit - size;
    return at < 0 ? 0 : at;
}

uint32_t picture_draw_text(struct picture *picture, int32_t x, int32_t y, enum picture_colour colour,
                           const char *text)
{
    uint32_t scale = picture_text_scale(picture), step = (FONT_COLUMNS + 1) * scale;
    int64_t width = (int64_t)strlen(text) * step + scale, height = (FONT_ROWS + 2) * (int64_t)scale;
    int64_t left = moved_in(x, width, picture->width), top = moved_in(y, height, picture->height);
    uint8_t luma = colours[colour].y > (BLACK + WHITE) / 2 ? BLACK : WHITE;

    fill(picture, left, top, left + width, top + height, colour);
    for (size_t i = 0; text[i] && left + (int64_t)(i * step) < picture->width; i++)
        draw_letter(picture, left + scale + (int64_t)(i * step), top + scale, scale, luma, text[i]);
    return (uint32_t)height;
}

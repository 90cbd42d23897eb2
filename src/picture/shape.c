#include "picture/shape.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum {
    CROSSINGS_MAX = 256,   /* of one line of the picture with the sides */
    BLOCK = 2,             /* pixels that share their colour */
    STRENGTH = 60,         /* of the tint */
    STRENGTH_STRIPE = 150, /* of a stripe's tint */
    STRIPE_EVERY = 8,      /* line widths from one stripe to the next */
};

/* Corners far outside, of which nothing is seen, would only take time to be drawn to. */
#define FAR_OUTSIDE 2.0

static bool is_drawable(const struct shape_point *points, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabs(points[i].x) <= FAR_OUTSIDE && fabs(points[i].y) <= FAR_OUTSIDE))
            return false;
    return count > 0;
}

/* ---- the outline ---- */

static void draw_square(struct picture *picture, double x, double y, double thick, enum picture_colour colour)
{
    const struct camd_box square = {
        (int32_t)lround(x - thick / 2),
        (int32_t)lround(y - thick / 2),
        (int32_t)lround(x + thick / 2),
        (int32_t)lround(y + thick / 2),
    };
    picture_tint(picture, &square, colour, 255);
}

/* A square at each step of a pixel. */
static void draw_side(struct picture *picture, const struct shape_point *from, const struct shape_point *to,
                      enum picture_colour colour)
{
    const double x = from->x * picture->width, y = from->y * picture->height;
    const double across = (to->x - from->x) * picture->width, down = (to->y - from->y) * picture->height;
    const double thick = picture_line_pixels(picture);
    const int steps = (int)ceil(fmax(fabs(across), fabs(down))) + 1;
    for (int i = 0; i <= steps; i++)
        draw_square(picture, x + across * i / steps, y + down * i / steps, thick, colour);
}

/* ---- the inside ---- */

/* Where the line at height y crosses the sides, in pixels, in no order. */
static size_t find_crossings(const struct picture *picture, const struct shape_point *points, size_t count,
                             double y, double crossings[CROSSINGS_MAX])
{
    size_t found = 0;
    for (size_t i = 0; i < count && found < CROSSINGS_MAX; i++) {
        const struct shape_point *a = &points[i], *b = &points[(i + 1) % count];
        const double ay = a->y * picture->height, by = b->y * picture->height;
        if ((ay <= y) == (by <= y))
            continue;
        crossings[found++] = (a->x + (b->x - a->x) * (y - ay) / (by - ay)) * picture->width;
    }
    return found;
}

static int by_size(const void *a, const void *b)
{
    const double *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static bool is_stripe(const struct picture *picture, int32_t x, int32_t y, enum shape_fill fill)
{
    const int32_t width = (int32_t)picture_line_pixels(picture);
    const int32_t across = fill == SHAPE_RISING ? x + y : x - y + (int32_t)picture->height;
    return fill != SHAPE_TINTED && across % (STRIPE_EVERY * width) < width;
}

static void tint_span(struct picture *picture, double from, double to, int32_t y, enum picture_colour colour,
                      enum shape_fill fill)
{
    const int32_t left = (int32_t)lround(fmax(from, 0) / BLOCK) * BLOCK;
    const int32_t right = (int32_t)lround(fmin(to, picture->width) / BLOCK) * BLOCK;
    for (int32_t x = left; x < right; x += BLOCK) {
        const struct camd_box block = {x, y, x + BLOCK, y + BLOCK};
        picture_tint(picture, &block, colour, is_stripe(picture, x, y, fill) ? STRENGTH_STRIPE : STRENGTH);
    }
}

static void tint_inside(struct picture *picture, const struct shape_point *points, size_t count,
                        enum picture_colour colour, enum shape_fill fill)
{
    for (int32_t y = 0; y < (int32_t)picture->height; y += BLOCK) {
        double crossings[CROSSINGS_MAX];
        const size_t found = find_crossings(picture, points, count, y + BLOCK / 2.0, crossings);
        qsort(crossings, found, sizeof(crossings[0]), by_size);
        for (size_t i = 0; i + 1 < found; i += 2)
            tint_span(picture, crossings[i], crossings[i + 1], y, colour, fill);
    }
}

void shape_draw(struct picture *picture, const struct shape_point *points, size_t count,
                enum picture_colour colour, enum shape_fill fill)
{
    if (!is_drawable(points, count))
        return;
    tint_inside(picture, points, count, colour, fill);
    for (size_t i = 0; i < count; i++)
        draw_side(picture, &points[i], &points[(i + 1) % count], colour);
}

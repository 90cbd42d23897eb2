#include "tracker/mask.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FRACTION_BITS = 16 }; /* of crossings, in fixed point */

/* A side of a polygon in pixels. */
struct side {
    int32_t x1, y1, x2, y2;
};

/* Marks the pixels from the first to the last column, cut to the row. */
static void span_mark(uint8_t *row, uint32_t width, int64_t first, int64_t last)
{
    if (first < 0)
        first = 0;
    if (last >= width)
        last = (int64_t)width - 1;
    if (first <= last)
        memset(row + first, 0, (size_t)(last - first) + 1);
}

static void sort(int64_t *values, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        int64_t value = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static struct side side_make(const struct mask_point *from, const struct mask_point *to, uint32_t width,
                             uint32_t height)
{
    return (struct side){
        .x1 = (int32_t)(from->x * width),
        .y1 = (int32_t)(from->y * height),
        .x2 = (int32_t)(to->x * width),
        .y2 = (int32_t)(to->y * height),
    };
}

static struct side side_reversed(struct side side)
{
    return (struct side){.x1 = side.x2, .y1 = side.y2, .x2 = side.x1, .y2 = side.y1};
}

static bool side_is_outside(const struct side *side, int32_t right, int32_t bottom)
{
    return (side->x1 > right && side->x2 > right) || (side->y1 > bottom && side->y2 > bottom);
}

/*
 * Cuts the ends that lie one pixel outside (a coordinate of 1.0) back to the frame, along the side. False
 * when the whole side is outside; that can also show when one end is cut: a side past the frame's corner touches
 * neither edge.
 */
static bool side_clip(struct side *side, int32_t right, int32_t bottom)
{
    for (int end = 0; end < 2; end++) {
        if (side_is_outside(side, right, bottom))
            return false;
        if (side->y1 > bottom) {
            side->x1 += (bottom - side->y1) * (side->x2 - side->x1) / (side->y2 - side->y1);
            side->y1 = bottom;
        }
        if (side_is_outside(side, right, bottom))
            return false;
        if (side->x1 > right) {
            side->y1 += (right - side->x1) * (side->y2 - side->y1) / (side->x2 - side->x1);
            side->x1 = right;
        }
        *side = side_reversed(*side);
    }
    return true;
}

/*
 * Marks the pixels in row y of a line along the side, one pixel wide (Bresenham's, drawn from its left end: a
 * point midway between two pixels goes to the one nearer to that end).
 */
static void side_mark(const struct side *side, int32_t y, uint8_t *row, uint32_t width)
{
    struct side down = side->y1 <= side->y2 ? *side : side_reversed(*side);
    if (y < down.y1 || y > down.y2)
        return;
    int64_t left = down.x1 < down.x2 ? down.x1 : down.x2;
    int64_t right = down.x1 < down.x2 ? down.x2 : down.x1;
    int64_t across = down.x2 - down.x1, height = down.y2 - down.y1, reach = right - left;
    if (height == 0) {
        span_mark(row, width, left, right);
        return;
    }
    /* twice the distance from the upper end, times height */
    int64_t distance = 2 * across * (y - down.y1);
    if (reach <= height) {
        int64_t column = down.x1 - floor_divide(height - distance, 2 * height);
        span_mark(row, width, column, column);
        return;
    }
    /* A flat side has several pixels in a row: those whose height on the side rounds to y. */
    int64_t first = down.x1 + floor_divide(distance - reach, 2 * height) + 1;
    int64_t last = down.x1 + floor_divide(distance + reach, 2 * height);
    span_mark(row, width, first > left ? first : left, last < right ? last : right);
}

/* Where the side, not a level one, crosses row y, in fixed point. */
static int64_t side_crossing(const struct side *side, int32_t y)
{
    const int64_t one = INT64_C(1) << FRACTION_BITS;
    int64_t slope = (side->x2 - side->x1) * one / (side->y2 - side->y1);
    return side->x1 * one + (y - side->y1) * slope;
}

/* Marks what the polygon covers of row y of the frame. */
static void polygon_mark(const struct mask_polygon *polygon, uint32_t frame_height, int32_t y, uint8_t *row,
                         uint32_t width)
{
    int64_t crossings[MASK_POINTS_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < polygon->count; i++) {
        const struct mask_point *from = &polygon->points[i];
        const struct mask_point *to = &polygon->points[(i + 1) % polygon->count];
        struct side side = side_make(from, to, width, frame_height);
        /* half open, so that a corner counts once */
        if ((y < side.y1) != (y < side.y2))
            crossings[count++] = side_crossing(&side, y);
        if (side_clip(&side, (int32_t)width - 1, (int32_t)frame_height - 1))
            side_mark(&side, y, row, width);
    }
    sort(crossings, count);
    /* Whole pixels between two crossings; the lines have marked those that are cut. */
    const int64_t rest = (INT64_C(1) << FRACTION_BITS) - 1;
    for (size_t i = 0; i + 1 < count; i += 2)
        span_mark(row, width, (crossings[i] + rest) >> FRACTION_BITS, crossings[i + 1] >> FRACTION_BITS);
}

/* How much of [index, index + 1] lies in [from, to]. */
static double overlap(uint32_t index, double from, double to)
{
    return fmin(index + 1.0, to) - fmax(index, from);
}

/* Adds a row of the frame (1 per pixel looked at), times weight, to the open area of the pixels of a mask row. */
static void row_add(const uint8_t *row, uint32_t frame_width, double weight, double *open, uint32_t width)
{
    double scale = (double)frame_width / width;
    for (uint32_t x = 0; x < width; x++) {
        double from = x * scale, to = fmin((x + 1) * scale, frame_width);
        double sum = 0.0;
        for (uint32_t i = (uint32_t)from; i < to; i++)
            sum += row[i] * overlap(i, from, to);
        open[x] += sum * weight;
    }
}

int mask_draw(const struct mask_polygon *polygons, size_t polygon_count, uint32_t frame_width,
              uint32_t frame_height, uint8_t *mask, uint32_t width, uint32_t height)
{
    if (polygon_count == 0) {
        memset(mask, UINT8_MAX, (size_t)width * height);
        return 0;
    }
    /* One row of the frame at a time: a whole one is 8 MB at 3840x2160. */
    uint8_t *row = malloc(frame_width);
    double *open = malloc(width * sizeof(*open));
    if (!row || !open) {
        free(row);
        free(open);
        return -ENOMEM;
    }
    double scale = (double)frame_height / height;
    double area = scale * frame_width / width;
    for (uint32_t y = 0; y < height; y++) {
        memset(open, 0, width * sizeof(*open));
        double from = y * scale, to = fmin((y + 1) * scale, frame_height);
        for (uint32_t i = (uint32_t)from; i < to; i++) {
            memset(row, 1, frame_width);
            for (size_t p = 0; p < polygon_count; p++)
                polygon_mark(&polygons[p], frame_height, (int32_t)i, row, frame_width);
            row_add(row, frame_width, overlap(i, from, to), open, width);
        }
        /* 255 * open / area, rounded half to even as the reference's resize does, is 0 up to a half. */
        for (uint32_t x = 0; x < width; x++)
            mask[(size_t)y * width + x] = 255.0 * open[x] > 0.5 * area ? UINT8_MAX : 0;
    }
    free(row);
    free(open);
    return 0;
}

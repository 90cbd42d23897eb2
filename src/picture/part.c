#include "picture/part.h"

#include <string.h>

struct plane {
    const uint8_t *from;
    uint8_t *to;
    uint32_t from_stride; /* and to is without padding */
    uint32_t from_width, from_height, width, height;
};

/* The pieces, of whole pixels, into which a line of so many is cut: one after the other, without a division each. */
struct pieces {
    uint32_t length, count;      /* of the line, and of pieces */
    uint32_t least, rest, rests; /* a piece's length, or one more, when the rests come to a whole one */
};

static struct pieces pieces_of(uint32_t length, uint32_t count)
{
    return (struct pieces){length, count, length / count, length % count, 0};
}

static uint32_t next_piece(struct pieces *pieces)
{
    pieces->rests += pieces->rest;
    if (pieces->rests < pieces->count)
        return pieces->least;
    pieces->rests -= pieces->count;
    return pieces->least + 1;
}

static uint32_t sum_of(const uint8_t *from, uint32_t stride, uint32_t width, uint32_t height)
{
    uint32_t sum = 0;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            sum += from[(size_t)y * stride + x];
    return sum;
}

/* One line: each of its pixels is the mean of a piece of so many lines. */
static void fill_line(const struct plane *plane, const uint8_t *from, uint32_t lines, uint8_t *to)
{
    struct pieces columns = pieces_of(plane->from_width, plane->width);
    const uint32_t counts[2] = {columns.least * lines, (columns.least + 1) * lines};
    /* multiplied by instead of divided: exact for pieces of up to 4096 pixels, and at most one off beyond */
    const uint64_t inverses[2] = {(UINT64_C(1) << 32) / counts[0] + 1, (UINT64_C(1) << 32) / counts[1] + 1};
    for (uint32_t x = 0; x < plane->width; x++) {
        const uint32_t wide = next_piece(&columns), longer = wide - columns.least;
        to[x] = (uint8_t)((sum_of(from, plane->from_stride, wide, lines) + counts[longer] / 2) *
                              inverses[longer] >>
                          32);
        from += wide;
    }
}

static void fill(const struct plane *plane)
{
    struct pieces rows = pieces_of(plane->from_height, plane->height);
    const bool same = plane->from_width == plane->width && plane->from_height == plane->height;
    const uint8_t *from = plane->from;
    for (uint32_t y = 0; y < plane->height; y++) {
        const uint32_t lines = next_piece(&rows);
        uint8_t *to = plane->to + (size_t)y * plane->width;
        if (same)
            memcpy(to, from, plane->width);
        else
            fill_line(plane, from, lines, to);
        from += (size_t)lines * plane->from_stride;
    }
}

void picture_part(struct picture *to, const uint8_t *pixels, uint32_t width, uint32_t height,
                  const struct camd_box *part)
{
    const uint32_t x = (uint32_t)part->x1, y = (uint32_t)part->y1;
    struct plane plane = {
        .from = pixels + (size_t)y * width + x,
        .to = to->pixels,
        .from_stride = width,
        .from_width = (uint32_t)(part->x2 - part->x1),
        .from_height = (uint32_t)(part->y2 - part->y1),
        .width = to->width,
        .height = to->height,
    };
    fill(&plane);
    plane.from_stride = width / 2;
    plane.from_width /= 2;
    plane.from_height /= 2;
    plane.width /= 2;
    plane.height /= 2;
    plane.to = to->pixels + (size_t)to->width * to->height;
    plane.from = pixels + (size_t)width * height + (size_t)(y / 2) * (width / 2) + x / 2;
    fill(&plane);
    plane.to += (size_t)plane.width * plane.height;
    plane.from += (size_t)width * height / 4;
    fill(&plane);
}

static int32_t within(int64_t value, uint32_t limit)
{
    return (int32_t)(value < 0 ? 0 : value > limit ? limit : value);
}

bool picture_part_around(struct camd_box *part, const struct camd_box *box, int32_t margin, uint32_t width,
                         uint32_t height)
{
    if (box->x1 >= box->x2 || box->y1 >= box->y2 || box->x2 <= 0 || box->y2 <= 0 ||
        box->x1 >= (int64_t)width || box->y1 >= (int64_t)height)
        return false;
    *part = (struct camd_box){
        .x1 = within((int64_t)box->x1 - margin, width) & ~1,
        .y1 = within((int64_t)box->y1 - margin, height) & ~1,
        .x2 = within(((int64_t)box->x2 + margin + 1) & ~INT64_C(1), width),
        .y2 = within(((int64_t)box->y2 + margin + 1) & ~INT64_C(1), height),
    };
    return true;
}

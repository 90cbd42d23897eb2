#include "picture/part.h"

#include <string.h>

struct plane {
    const uint8_t *from;
    uint8_t *to;
    uint32_t from_stride; /* and to is without padding */
    uint32_t from_width, from_height, width, height;
};

/* The mean of what one pixel stands for. */
static uint8_t mean(const struct plane *plane, uint32_t x, uint32_t y)
{
    const uint32_t x1 = x * plane->from_width / plane->width, x2 = (x + 1) * plane->from_width / plane->width;
    const uint32_t y1 = y * plane->from_height / plane->height,
                   y2 = (y + 1) * plane->from_height / plane->height;
    const uint32_t count = (x2 - x1) * (y2 - y1);
    uint32_t sum = count / 2;

    for (uint32_t row = y1; row < y2; row++)
        for (uint32_t column = x1; column < x2; column++)
            sum += plane->from[(size_t)row * plane->from_stride + column];
    return (uint8_t)(sum / count);
}

static void fill(const struct plane *plane)
{
    const bool same = plane->from_width == plane->width && plane->from_height == plane->height;

    for (uint32_t y = 0; y < plane->height; y++) {
        uint8_t *to = plane->to + (size_t)y * plane->width;

        if (same)
            memcpy(to, plane->from + (size_t)y * plane->from_stride, plane->width);
        for (uint32_t x = 0; x < plane->width && !same; x++)
            to[x] = mean(plane, x, y);
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

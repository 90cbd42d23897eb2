#include "tracker/polygon.h"

struct corner {
    int64_t x, y;
};

static struct corner corner_of(const struct mask_polygon *polygon, uint32_t index, uint32_t width,
                               uint32_t height)
{
    const struct mask_point *point = &polygon->points[index];
    return (struct corner){(int64_t)(point->x * width), (int64_t)(point->y * height)};
}

static bool is_between(int64_t value, int64_t a, int64_t b)
{
    return a < b ? value >= a && value <= b : value >= b && value <= a;
}

bool polygon_contains(const struct mask_polygon *polygon, uint32_t frame_width, uint32_t frame_height,
                      int32_t x, int32_t y)
{
    bool inside = false;
    for (uint32_t i = 0; i < polygon->count; i++) {
        struct corner a = corner_of(polygon, i, frame_width, frame_height);
        struct corner b = corner_of(polygon, (i + 1) % polygon->count, frame_width, frame_height);
        int64_t side = (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x);
        if (side == 0 && is_between(x, a.x, b.x) && is_between(y, a.y, b.y))
            return true;
        /* the ray to the right crosses this side */
        if ((a.y > y) != (b.y > y) && (side > 0) == (b.y > a.y))
            inside = !inside;
    }
    return inside;
}

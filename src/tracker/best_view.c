#include "tracker/best_view.h"

#include <math.h>

#include "picture/part.h"

enum { MARGIN_SHARE = 4, SIDE_MIN = 2 };

static uint64_t area(const struct camd_box *part)
{
    return (uint64_t)(part->x2 - part->x1) * (uint64_t)(part->y2 - part->y1);
}

/* The widest margin with which the part has no more pixels; least is one that is taken in any case. */
static void grow(struct camd_box *part, const struct camd_box *object, int32_t least, uint32_t width,
                 uint32_t height, uint64_t pixels)
{
    int32_t fits = least, too_wide = (int32_t)(width > height ? width : height) + 1;
    struct camd_box wider;
    while (too_wide - fits > 1) {
        const int32_t margin = fits + (too_wide - fits) / 2;
        picture_part_around(&wider, object, margin, width, height);
        if (area(&wider) <= pixels)
            fits = margin;
        else
            too_wide = margin;
    }
    picture_part_around(part, object, fits, width, height);
}

static uint32_t reduced(int32_t side, double scale)
{
    const uint32_t even = (uint32_t)(side * scale) & ~UINT32_C(1);
    return even < SIDE_MIN ? SIDE_MIN : even;
}

bool best_view_choose(struct best_view *view, const struct camd_box *object, uint32_t width, uint32_t height,
                      uint64_t pixels)
{
    const int32_t across = object->x2 - object->x1, down = object->y2 - object->y1;
    const int32_t least = (across > down ? across : down) / MARGIN_SHARE;
    struct camd_box part;
    if (!picture_part_around(&part, object, least, width, height))
        return false;
    if (area(&part) <= pixels)
        grow(&part, object, least, width, height, pixels);
    const double scale = area(&part) > pixels ? sqrt((double)pixels / (double)area(&part)) : 1.0;

    *view = (struct best_view){
        .part = part,
        .width = scale < 1.0 ? reduced(part.x2 - part.x1, scale) : (uint32_t)(part.x2 - part.x1),
        .height = scale < 1.0 ? reduced(part.y2 - part.y1, scale) : (uint32_t)(part.y2 - part.y1),
    };
    return true;
}

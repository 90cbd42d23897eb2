#include "tracker/filter.h"

#include <math.h>

#include "tracker/polygon.h"

/* Whole pixels from least to most; an infinite value goes to the nearer end. */
static int32_t clamp_pixel(double value, double least, double most)
{
    return (int32_t)(value < least ? least : value > most ? most : value);
}

bool filter_place(const float row[ROW_VALUES], const struct camd_box *region, uint32_t frame_width,
                  uint32_t frame_height, uint32_t label_count, struct detection *detection)
{
    for (int i = 0; i < ROW_VALUES; i++)
        if (!isfinite(row[i]))
            return false;
    double width = region->x2 - region->x1, height = region->y2 - region->y1;
    double right = (double)frame_width - 1.0, bottom = (double)frame_height - 1.0;
    struct camd_box box = {
        .x1 = clamp_pixel(row[3] * width + region->x1, 0.0, right),
        .y1 = clamp_pixel(row[2] * height + region->y1, 0.0, bottom),
        .x2 = clamp_pixel(row[5] * width + region->x1, 0.0, right),
        .y2 = clamp_pixel(row[4] * height + region->y1, 0.0, bottom),
    };
    if (!(row[0] >= 0.0F && row[0] < (float)label_count && row[1] > 0.0F && row[1] <= 1.0F) ||
        box.x1 >= (int32_t)right || box.y1 >= (int32_t)bottom || box.x2 <= box.x1 || box.y2 <= box.y1)
        return false;
    *detection = (struct detection){
        .box = box,
        .region = *region,
        .score = row[1],
        .label = (uint32_t)row[0],
    };
    return true;
}

static double pixels(double area, double frame_area)
{
    return area > 0.0 && area < 1.0 ? area * frame_area : area;
}

static bool is_masked(const struct mask_polygon *const *masks, uint32_t mask_count, uint32_t frame_width,
                      uint32_t frame_height, const struct camd_box *box)
{
    int32_t x = (box->x1 + box->x2) / 2;
    for (uint32_t i = 0; i < mask_count; i++)
        if (polygon_contains(masks[i], frame_width, frame_height, x, box->y2))
            return true;
    return false;
}

enum filter_verdict filter_check(const struct filter *filter, const struct mask_polygon *const *masks,
                                 uint32_t mask_count, uint32_t frame_width, uint32_t frame_height,
                                 const struct detection *detection)
{
    const struct camd_box *box = &detection->box;
    double width = box->x2 - box->x1, height = box->y2 - box->y1;
    double area = width * height, ratio = width / fmax(1.0, height);
    double frame_area = (double)frame_width * frame_height;
    if (pixels(filter->min_area, frame_area) > area)
        return FILTER_TOO_SMALL;
    if (pixels(filter->max_area, frame_area) < area)
        return FILTER_TOO_LARGE;
    if (filter->min_score > detection->score)
        return FILTER_SCORE;
    if (filter->min_ratio > ratio)
        return FILTER_TOO_NARROW;
    if (filter->max_ratio < ratio)
        return FILTER_TOO_WIDE;
    if (is_masked(masks, mask_count, frame_width, frame_height, box))
        return FILTER_MASKED;
    return FILTER_PASSED;
}

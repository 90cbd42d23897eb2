#include "tracker/box.h"

#include <math.h>

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t most(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

int64_t box_area(const struct camd_box *box)
{
    int64_t width = (int64_t)box->x2 - box->x1 + 1, height = (int64_t)box->y2 - box->y1 + 1;
    return width > 0 && height > 0 ? width * height : 0;
}

bool box_overlap(const struct camd_box *a, const struct camd_box *b)
{
    return a->x1 <= b->x2 && a->x2 >= b->x1 && a->y1 <= b->y2 && a->y2 >= b->y1;
}

bool box_contains(const struct camd_box *outer, const struct camd_box *inner)
{
    return inner->x1 >= outer->x1 && inner->y1 >= outer->y1 && inner->x2 <= outer->x2 &&
           inner->y2 <= outer->y2;
}

bool box_equal(const struct camd_box *a, const struct camd_box *b)
{
    return a->x1 == b->x1 && a->y1 == b->y1 && a->x2 == b->x2 && a->y2 == b->y2;
}

bool box_intersection(const struct camd_box *a, const struct camd_box *b, struct camd_box *common)
{
    if (!box_overlap(a, b))
        return false;
    *common = (struct camd_box){
        .x1 = most(a->x1, b->x1),
        .y1 = most(a->y1, b->y1),
        .x2 = least(a->x2, b->x2),
        .y2 = least(a->y2, b->y2),
    };
    return true;
}

int64_t box_common_area(const struct camd_box *a, const struct camd_box *b)
{
    struct camd_box common;
    return box_intersection(a, b, &common) ? box_area(&common) : 0;
}

double box_iou(const struct camd_box *a, const struct camd_box *b)
{
    int64_t common = box_common_area(a, b);
    return common > 0 ? (double)common / (double)(box_area(a) + box_area(b) - common) : 0.0;
}

struct camd_box box_union(const struct camd_box *a, const struct camd_box *b)
{
    return (struct camd_box){
        .x1 = least(a->x1, b->x1),
        .y1 = least(a->y1, b->y1),
        .x2 = most(a->x2, b->x2),
        .y2 = most(a->y2, b->y2),
    };
}

struct box_real box_real(const struct camd_box *box)
{
    return (struct box_real){box->x1, box->y1, box->x2, box->y2};
}

static double real_area(const struct box_real *box)
{
    return (box->x2 - box->x1 + 1.0) * (box->y2 - box->y1 + 1.0);
}

double box_real_iou(const struct box_real *a, const struct box_real *b)
{
    struct box_real common = {
        .x1 = fmax(a->x1, b->x1),
        .y1 = fmax(a->y1, b->y1),
        .x2 = fmin(a->x2, b->x2),
        .y2 = fmin(a->y2, b->y2),
    };
    if (!(common.x1 <= common.x2 && common.y1 <= common.y2))
        return 0.0;
    double shared = real_area(&common), iou = shared / (real_area(a) + real_area(b) - shared);
    return iou > 0.0 ? iou : 0.0;
}

struct box_real box_average(const struct camd_box *boxes, size_t count)
{
    struct box_real sum = {0};
    for (size_t i = 0; i < count; i++) {
        sum.x1 += boxes[i].x1;
        sum.y1 += boxes[i].y1;
        sum.x2 += boxes[i].x2;
        sum.y2 += boxes[i].y2;
    }
    double n = (double)count;
    return (struct box_real){sum.x1 / n, sum.y1 / n, sum.x2 / n, sum.y2 / n};
}

struct camd_box box_median(const struct camd_box *boxes, size_t count)
{
    struct camd_box ordered[BOX_MEDIAN_MAX];
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && box_area(&ordered[at - 1]) > box_area(&boxes[i]); at--)
            ordered[at] = ordered[at - 1];
        ordered[at] = boxes[i];
    }
    return ordered[count / 2];
}

size_t box_reduce(const struct camd_box *boxes, size_t count, double iou, struct camd_box *merged)
{
    size_t groups = 0;
    for (size_t i = 0; i < count; i++) {
        bool joined = false;
        for (size_t k = 0; k < groups; k++) {
            if (box_iou(&boxes[i], &merged[k]) <= iou)
                continue;
            merged[k] = box_union(&boxes[i], &merged[k]);
            joined = true;
        }
        if (!joined)
            merged[groups++] = boxes[i];
    }
    return groups;
}

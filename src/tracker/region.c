#include "tracker/region.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "tracker/box.h"

enum { SIDE_STEP = 4 };

#define SEED_AREA_SHARE   0.1  /* of a seed in the largest region of its cluster */
#define MEMBER_AREA_SHARE 0.05 /* of any member, at least */
#define BOUNDARY_MARGIN   1.1

int32_t region_side_min(uint32_t input_width, uint32_t input_height)
{
    uint32_t side = input_width > input_height ? input_width : input_height;
    if (side >= REGION_SIDE_FALLBACK)
        return REGION_SIDE_FALLBACK;
    return (int32_t)((side + SIDE_STEP - 1) / SIDE_STEP * SIDE_STEP);
}

static int32_t clamp_offset(double offset, int32_t frame_side, int32_t side)
{
    int32_t most = frame_side > side ? frame_side - side : 0;
    if (offset < 0.0)
        return 0;
    return offset > (double)most ? most : (int32_t)offset;
}

/* The square of that side with its centre there. */
static struct camd_box place(const struct region_frame *frame, double x, double y, double size)
{
    int32_t side = (int32_t)(floor(size / SIDE_STEP) * SIDE_STEP);
    if (side < frame->side_min)
        side = frame->side_min;
    int32_t left = clamp_offset(x - side / 2.0, frame->width, side);
    int32_t top = clamp_offset(y - side / 2.0, frame->height, side);
    return (struct camd_box){left, top, left + side, top + side};
}

struct camd_box region_around(const struct region_frame *frame, const struct camd_box *box, double factor)
{
    int32_t width = box->x2 - box->x1, height = box->y2 - box->y1;
    return place(frame, width / 2.0 + box->x1, height / 2.0 + box->y1,
                 (width > height ? width : height) * factor);
}

struct camd_box region_cluster_boundary(const struct camd_box *box, int32_t side_min)
{
    double width = box->x2 - box->x1, height = box->y2 - box->y1;
    int32_t side = (int32_t)sqrt(fabs(width * height) / SEED_AREA_SHARE);
    if (side < side_min)
        side = side_min;
    double x = width / 2.0 + box->x1, y = height / 2.0 + box->y1;
    double reach_x = trunc(side - width / 2.0 * BOUNDARY_MARGIN);
    double reach_y = trunc(side - height / 2.0 * BOUNDARY_MARGIN);
    return (struct camd_box){(int32_t)(x - reach_x), (int32_t)(y - reach_y), (int32_t)(x + reach_x),
                             (int32_t)(y + reach_y)};
}

/* Whether the smallest member is large enough for the region of them all. */
static bool fits(const struct region_frame *frame, const struct camd_box *whole, int64_t smallest)
{
    struct camd_box region = region_of_cluster(frame, whole);
    return region.x2 - region.x1 <= frame->side_min ||
           (double)smallest / (double)box_area(&region) >= MEMBER_AREA_SHARE;
}

void region_cluster(const struct region_frame *frame, const struct camd_box *boxes, uint32_t count,
                    struct region_clusters *clusters)
{
    bool used[REGION_BOXES_MAX] = {false};
    clusters->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (used[i])
            continue;
        struct camd_box boundary = region_cluster_boundary(&boxes[i], frame->side_min), whole = boxes[i];
        int64_t smallest = box_area(&boxes[i]);
        clusters->cluster[i] = (uint16_t)clusters->count;
        /* boxes before i are in clusters already */
        for (uint32_t k = i + 1; k < count; k++) {
            if (used[k] || !box_contains(&boundary, &boxes[k]))
                continue;
            struct camd_box wider = box_union(&whole, &boxes[k]);
            int64_t area = box_area(&boxes[k]), smaller = area < smallest ? area : smallest;
            if (!fits(frame, &wider, smaller))
                continue;
            whole = wider;
            smallest = smaller;
            used[k] = true;
            clusters->cluster[k] = (uint16_t)clusters->count;
        }
        clusters->unions[clusters->count++] = whole;
    }
}

struct camd_box region_of_cluster(const struct region_frame *frame, const struct camd_box *cluster)
{
    return region_around(frame, cluster, REGION_FACTOR_CLUSTER);
}

static double within(double value, double limit)
{
    return value < limit ? value : limit;
}

struct camd_box region_of_motion(const struct region_frame *frame, const struct camd_box *cluster,
                                 const struct camd_grid *grid)
{
    struct camd_box region = region_around(frame, cluster, REGION_FACTOR_MOTION);
    double x = region.x1 + (within(region.x2, frame->width) - region.x1) / 2.0;
    double y = region.y1 + (within(region.y2, frame->height) - region.y1) / 2.0;
    int column = (int)(x / frame->width * CAMD_GRID_SIDE), row = (int)(y / frame->height * CAMD_GRID_SIDE);
    if (column < 0 || column >= CAMD_GRID_SIDE || row < 0 || row >= CAMD_GRID_SIDE)
        return region;
    const struct camd_grid_cell *cell = &grid->cells[column][row];
    double size = (double)(region.x2 - region.x1) / frame->width;
    /* written so that a mean that is not a number changes nothing */
    if (cell->count == 0 || !(size < (double)cell->mean - (double)cell->deviation))
        return region;
    return place(frame, x, y, within(cell->mean, 1.0) * frame->width * REGION_FACTOR_LEARNED);
}

uint32_t region_startup(const struct region_frame *frame, const struct camd_grid *grid,
                        struct camd_box regions[REGION_STARTUP_MAX])
{
    bool taken[CAMD_GRID_SIDE][CAMD_GRID_SIDE] = {{false}};
    uint32_t found = 0;
    while (found < REGION_STARTUP_MAX) {
        uint32_t best = 0;
        int column = 0, row = 0;
        for (int x = 0; x < CAMD_GRID_SIDE; x++)
            for (int y = 0; y < CAMD_GRID_SIDE; y++) {
                if (taken[x][y] || grid->cells[x][y].count <= best)
                    continue;
                best = grid->cells[x][y].count;
                column = x;
                row = y;
            }
        if (best == 0)
            break;
        taken[column][row] = true;
        double mean = within(fmax(grid->cells[column][row].mean, 0.0), 1.0);
        regions[found++] =
            place(frame, (column + 0.5) * frame->width / CAMD_GRID_SIDE,
                  (row + 0.5) * frame->height / CAMD_GRID_SIDE, mean * frame->width * REGION_FACTOR_LEARNED);
    }
    return found;
}

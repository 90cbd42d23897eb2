#include "grid/grid.h"

#include <errno.h>
#include <math.h>

#include "grid/region_size.h"

/* The largest size that a box in a frame can have: as high as the highest frame, as narrow as the narrowest. */
#define SIZE_MAX_RELATIVE (REGION_FACTOR_CLUSTER * CAMD_SIZE_MAX / CAMD_SIZE_MIN)

static uint32_t cell_index(int32_t low, int32_t high, uint32_t length)
{
    const double centre = ((double)low + (double)high) / 2.0 / (double)length;
    const uint32_t index = (uint32_t)(centre * CAMD_GRID_SIDE);
    return index < CAMD_GRID_SIDE ? index : CAMD_GRID_SIDE - 1;
}

int grid_sample_of_box(const struct camd_box *box, uint32_t width, uint32_t height, uint32_t least,
                       struct grid_sample *sample)
{
    if (width < CAMD_SIZE_MIN || width > CAMD_SIZE_MAX || height < CAMD_SIZE_MIN || height > CAMD_SIZE_MAX ||
        least > CAMD_SIZE_MAX)
        return -EINVAL;
    if (box->x1 < 0 || box->y1 < 0 || box->x2 <= box->x1 || box->y2 <= box->y1 || box->x2 > (int32_t)width ||
        box->y2 > (int32_t)height)
        return -EINVAL;
    const int32_t side =
        region_side(box->x2 - box->x1, box->y2 - box->y1, REGION_FACTOR_CLUSTER, (int32_t)least);
    sample->x = cell_index(box->x1, box->x2, width);
    sample->y = cell_index(box->y1, box->y2, height);
    sample->size = (double)side / (double)width;
    return 0;
}

void grid_add(struct grid *grid, const struct grid_sample *sample)
{
    struct camd_grid_cell *cell = &grid->cells[sample->x][sample->y];
    if (cell->count < GRID_COUNT_MAX)
        cell->count++;
    const double weight = 1.0 / (double)cell->count;
    const double difference = sample->size - (double)cell->mean;
    const double variance = (double)cell->deviation * (double)cell->deviation;
    cell->mean = (float)((double)cell->mean + weight * difference);
    cell->deviation = (float)sqrt((1.0 - weight) * (variance + weight * difference * difference));
}

uint32_t grid_samples(const struct grid *grid)
{
    uint32_t samples = 0;
    for (int x = 0; x < CAMD_GRID_SIDE; x++)
        for (int y = 0; y < CAMD_GRID_SIDE; y++)
            samples += grid->cells[x][y].count;
    return samples;
}

static bool cell_is_sane(const struct camd_grid_cell *cell)
{
    if (cell->count == 0)
        return cell->mean == 0.0f && cell->deviation == 0.0f;
    /* comparisons with what is not a number are false */
    return cell->count <= GRID_COUNT_MAX && cell->mean >= 0.0f && (double)cell->mean <= SIZE_MAX_RELATIVE &&
           cell->deviation >= 0.0f && (double)cell->deviation <= SIZE_MAX_RELATIVE;
}

bool grid_is_sane(const struct grid *grid)
{
    for (int x = 0; x < CAMD_GRID_SIDE; x++) {
        for (int y = 0; y < CAMD_GRID_SIDE; y++) {
            if (!cell_is_sane(&grid->cells[x][y]))
                return false;
        }
    }
    return true;
}

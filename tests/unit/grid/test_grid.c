/* test_grid.c - the region grid: samples of boxes, and what cells make of them, against sums over all samples */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grid/grid.h"
#include "grid/region_size.h"

static void test_side_of_a_region(void **state)
{
    (void)state;
    assert_int_equal(region_side(100, 50, 1.35, 0), 132); /* 135 down to a multiple of 4 */
    assert_int_equal(region_side(50, 100, 1.35, 0), 132);
    assert_int_equal(region_side(100, 50, 1.35, 320), 320);
    assert_int_equal(region_side(300, 50, 1.35, 320), 404);
    assert_int_equal(region_side(320, 320, 1.0, 320), 320);
    assert_int_equal(region_side(1, 1, 1.35, 0), 0);
}

static void test_sample_of_a_box(void **state)
{
    static const struct {
        struct camd_box box;
        uint32_t width, height, x, y;
        double size;
    } cases[] = {
        {{0, 0, 100, 100}, 1280, 720, 0, 0, 320.0 / 1280},
        {{600, 300, 900, 500}, 1280, 720, 4, 4, 404.0 / 1280},
        {{0, 0, 1280, 720}, 1280, 720, 4, 4, 1728.0 / 1280}, /* larger than the frame */
        {{1276, 716, 1280, 720}, 1280, 720, 7, 7, 320.0 / 1280},
        {{0, 0, 16, 16}, 16, 16, 4, 4, 320.0 / 16},
        {{159, 89, 160, 90}, 1280, 720, 0, 0, 320.0 / 1280}, /* the centre decides: just left of the border */
        {{159, 89, 161, 91}, 1280, 720, 1, 1, 320.0 / 1280}, /* on it: the next cell */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct grid_sample sample;
        assert_int_equal(grid_sample_of_box(&cases[i].box, cases[i].width, cases[i].height, 320, &sample), 0);
        assert_int_equal(sample.x, cases[i].x);
        assert_int_equal(sample.y, cases[i].y);
        assert_true(fabs(sample.size - cases[i].size) < 1e-12);
    }
}

static void test_what_is_no_box_in_the_frame_is_refused(void **state)
{
    static const struct camd_box bad[] = {
        {-1, 0, 10, 10}, {0, -1, 10, 10},    {0, 0, 1281, 10},
        {0, 0, 10, 721}, {10, 0, 10, 10},    {0, 10, 10, 10},
        {11, 0, 10, 10}, {0, 11, 10, 10},    {INT32_MIN, 0, INT32_MAX, 10},
        {0, 0, 0, 0},    {1280, 0, 1281, 9}, {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN},
    };
    const struct camd_box good = {0, 0, 10, 10};
    struct grid_sample sample = {7, 7, 7.0};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(grid_sample_of_box(&bad[i], 1280, 720, 320, &sample), -EINVAL);
    assert_int_equal(grid_sample_of_box(&good, 0, 720, 320, &sample), -EINVAL);
    assert_int_equal(grid_sample_of_box(&good, 1280, 0, 320, &sample), -EINVAL);
    assert_int_equal(grid_sample_of_box(&good, UINT32_MAX, 720, 320, &sample), -EINVAL);
    assert_int_equal(grid_sample_of_box(&good, 1280, 720, UINT32_MAX, &sample), -EINVAL);
    assert_int_equal(sample.x, 7); /* untouched */
}

/* Weight of each sample by the definition: equal up to the cap, then a new one takes 1/cap from all before. */
static void brute_force(const double *sizes, size_t count, double *mean, double *deviation)
{
    double *weights = calloc(count, sizeof(*weights));
    double sum = 0, squares = 0;
    assert_non_null(weights);
    for (size_t i = 0; i < count; i++) {
        const double share = i < GRID_COUNT_MAX ? 1.0 / (double)(i + 1) : 1.0 / GRID_COUNT_MAX;
        for (size_t k = 0; k < i; k++)
            weights[k] *= 1.0 - share;
        weights[i] = share;
    }
    for (size_t i = 0; i < count; i++)
        sum += weights[i] * sizes[i];
    for (size_t i = 0; i < count; i++)
        squares += weights[i] * (sizes[i] - sum) * (sizes[i] - sum);
    free(weights);
    *mean = sum;
    *deviation = sqrt(squares);
}

static void test_cells_agree_with_sums_over_all_samples(void **state)
{
    enum { COUNT = 2500 };
    static double sizes[COUNT];
    struct grid grid = {0};
    unsigned short seed[3] = {1, 2, 3};
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        double mean, deviation;
        const struct grid_sample sample = {3, 5, 0.05 + erand48(seed) * (i < 1500 ? 0.3 : 1.2)};
        sizes[i] = sample.size;
        grid_add(&grid, &sample);
        if (i > 12 && i % 125 != 0 && i != GRID_COUNT_MAX - 1 && i != GRID_COUNT_MAX && i != COUNT - 1)
            continue;
        brute_force(sizes, i + 1, &mean, &deviation);
        const struct camd_grid_cell *cell = &grid.cells[3][5];
        assert_int_equal(cell->count, i + 1 < GRID_COUNT_MAX ? i + 1 : GRID_COUNT_MAX);
        assert_true(fabs((double)cell->mean - mean) < 1e-5);
        assert_true(fabs((double)cell->deviation - deviation) < 1e-5);
        assert_true(grid_is_sane(&grid));
    }
    assert_int_equal(grid_samples(&grid), GRID_COUNT_MAX);
    /* nothing elsewhere */
    memset(&grid.cells[3][5], 0, sizeof(grid.cells[3][5]));
    assert_int_equal(grid_samples(&grid), 0);
}

static void test_one_size_only_has_no_deviation(void **state)
{
    struct grid grid = {0};
    const struct grid_sample sample = {0, 7, 0.3};
    (void)state;
    for (int i = 0; i < 3000; i++)
        grid_add(&grid, &sample);
    assert_true(fabs((double)grid.cells[0][7].mean - 0.3) < 1e-6);
    assert_true((double)grid.cells[0][7].deviation < 1e-6);
}

static void test_old_sizes_are_forgotten(void **state)
{
    struct grid grid = {0};
    struct grid_sample sample = {0, 0, 0.2};
    (void)state;
    for (int i = 0; i < 100000; i++)
        grid_add(&grid, &sample);
    sample.size = 0.8;
    for (int i = 0; i < 8 * GRID_COUNT_MAX; i++)
        grid_add(&grid, &sample);
    assert_true(fabs((double)grid.cells[0][0].mean - 0.8) < 1e-3);
    assert_true((double)grid.cells[0][0].deviation < 0.02);
}

static void test_sanity(void **state)
{
    static const struct camd_grid_cell bad[] = {
        {.count = 0, .mean = 0.1f},
        {.count = 0, .deviation = 0.1f},
        {.count = GRID_COUNT_MAX + 1, .mean = 0.1f},
        {.count = UINT32_MAX, .mean = 0.1f},
        {.count = 1, .mean = -0.1f},
        {.count = 1, .mean = NAN},
        {.count = 1, .mean = INFINITY},
        {.count = 1, .mean = 1e6f},
        {.count = 1, .mean = 0.1f, .deviation = -0.1f},
        {.count = 1, .mean = 0.1f, .deviation = NAN},
        {.count = 1, .mean = 0.1f, .deviation = INFINITY},
    };
    (void)state;
    struct grid grid = {0};
    assert_true(grid_is_sane(&grid));
    grid.cells[7][7] = (struct camd_grid_cell){.count = GRID_COUNT_MAX, .mean = 1.0f, .deviation = 0.5f};
    assert_true(grid_is_sane(&grid));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        grid.cells[7][7] = bad[i];
        assert_false(grid_is_sane(&grid));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_side_of_a_region),
        cmocka_unit_test(test_sample_of_a_box),
        cmocka_unit_test(test_what_is_no_box_in_the_frame_is_refused),
        cmocka_unit_test(test_cells_agree_with_sums_over_all_samples),
        cmocka_unit_test(test_one_size_only_has_no_deviation),
        cmocka_unit_test(test_old_sizes_are_forgotten),
        cmocka_unit_test(test_sanity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

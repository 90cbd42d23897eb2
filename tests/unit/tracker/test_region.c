/* Regions: the reference's numbers (spec, test vectors). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tracker/box.h"
#include "tracker/region.h"

#define BOX(...) (&(struct camd_box){__VA_ARGS__})

static struct region_clusters clusters;
static struct camd_grid grid;

static void assert_box(const struct camd_box *box, const struct camd_box *expected)
{
    if (!box_equal(box, expected))
        fail_msg("(%d,%d,%d,%d) is not (%d,%d,%d,%d)", box->x1, box->y1, box->x2, box->y2, expected->x1,
                 expected->y1, expected->x2, expected->y2);
}

static void assert_around(int32_t height, int32_t width, const struct camd_box *box, double factor,
                          const struct camd_box *expected)
{
    struct region_frame frame = {width, height, 320};
    struct camd_box region = region_around(&frame, box, factor);
    assert_box(&region, expected);
}

static void regions_about_boxes_are_the_vectors(void **state)
{
    (void)state;
    assert_around(720, 1280, BOX(100, 100, 200, 300), 2, BOX(0, 0, 400, 400));
    assert_around(720, 1280, BOX(0, 0, 50, 50), 2, BOX(0, 0, 320, 320));
    assert_around(720, 1280, BOX(1200, 650, 1280, 720), 1.35, BOX(960, 400, 1280, 720));
    assert_around(480, 640, BOX(100, 100, 500, 450), 1.35, BOX(30, 0, 570, 540));
    assert_around(576, 768, BOX(630, 240, 680, 320), 2, BOX(448, 120, 768, 440));
    assert_around(100, 100, BOX(10, 10, 20, 20), 2, BOX(0, 0, 320, 320));
}

static void the_smallest_region_is_the_detectors_input_up_to_320(void **state)
{
    (void)state;
    assert_int_equal(region_side_min(300, 300), 300);
    assert_int_equal(region_side_min(301, 200), 304);
    assert_int_equal(region_side_min(224, 224), 224);
    assert_int_equal(region_side_min(320, 320), 320);
    assert_int_equal(region_side_min(640, 480), 320);
}

static void boundaries_are_the_vectors(void **state)
{
    (void)state;
    struct camd_box boundary = region_cluster_boundary(BOX(100, 100, 200, 200), 160);
    assert_box(&boundary, BOX(-111, -111, 411, 411));
    boundary = region_cluster_boundary(BOX(202, 150, 252, 200), 160);
    assert_box(&boundary, BOX(95, 43, 359, 307));
    boundary = region_cluster_boundary(BOX(900, 900, 950, 950), 160);
    assert_box(&boundary, BOX(793, 793, 1057, 1057));
    boundary = region_cluster_boundary(BOX(215, 215, 325, 325), 160);
    assert_box(&boundary, BOX(-16, -16, 556, 556));
}

/* Clusters of boxes in the vectors' frame; each box is in exactly one. */
static void cluster(const struct camd_box *boxes, uint32_t count, uint32_t expected)
{
    struct region_frame frame = {2000, 1000, 160};
    region_cluster(&frame, boxes, count, &clusters);
    assert_int_equal(clusters.count, expected);
    for (uint32_t i = 0; i < count; i++)
        assert_in_range(clusters.cluster[i], 0, expected - 1);
}

#define CLUSTER(expected, ...)                                                                               \
    cluster((const struct camd_box[]){__VA_ARGS__},                                                          \
            sizeof((const struct camd_box[]){__VA_ARGS__}) / sizeof(struct camd_box), expected)

static void assert_region(uint32_t index, int32_t x1, int32_t y1, int32_t x2, int32_t y2)
{
    struct region_frame frame = {2000, 1000, 160};
    struct camd_box region = region_of_cluster(&frame, &clusters.unions[index]);
    assert_box(&region, BOX(x1, y1, x2, y2));
}

static void boxes_that_fit_into_one_region_are_clustered(void **state)
{
    (void)state;
    CLUSTER(2, {100, 100, 200, 200}, {202, 150, 252, 200}, {900, 900, 950, 950});
    assert_int_equal(clusters.cluster[0], clusters.cluster[1]);
    assert_region(0, 74, 48, 278, 252);
    assert_region(1, 845, 840, 1005, 1000);
    CLUSTER(2, {100, 100, 200, 200}, {202, 150, 252, 200}, {210, 160, 260, 210}, {900, 900, 950, 950},
            {905, 905, 955, 955});
    assert_int_equal(clusters.cluster[0], clusters.cluster[1]);
    assert_int_equal(clusters.cluster[0], clusters.cluster[2]);
    assert_int_equal(clusters.cluster[3], clusters.cluster[4]);
    assert_region(0, 72, 47, 288, 263);
    assert_region(1, 847, 840, 1007, 1000);
    CLUSTER(1, {100, 100, 200, 200}, {215, 215, 325, 325});
    assert_region(0, 62, 62, 362, 362);
    CLUSTER(1, {480, 0, 540, 128}, {536, 0, 558, 99});
    assert_region(0, 433, 0, 605, 172);
}

static void boxes_too_far_off_or_too_small_for_it_are_not(void **state)
{
    (void)state;
    CLUSTER(2, {100, 100, 600, 600}, {655, 100, 700, 145});
    assert_region(0, 14, 14, 686, 686);
    assert_region(1, 597, 42, 757, 202);
    CLUSTER(2, {100, 100, 200, 200}, {305, 305, 415, 415});
    assert_region(0, 70, 70, 230, 230);
    assert_region(1, 280, 280, 440, 440);
    CLUSTER(2, {460, 0, 561, 144}, {565, 0, 586, 71});
    assert_region(0, 414, 0, 606, 192);
    assert_region(1, 495, 0, 655, 160);
    CLUSTER(2, {460, 0, 532, 129}, {586, 0, 606, 46});
    assert_region(0, 410, 0, 582, 172);
    assert_region(1, 516, 0, 676, 160);
}

static int clear_grid(void **state)
{
    (void)state;
    grid = (struct camd_grid){0};
    return 0;
}

static void set_cell(int x, int y, uint32_t count, float mean, float deviation)
{
    grid.cells[x][y] = (struct camd_grid_cell){.count = count, .mean = mean, .deviation = deviation};
}

static void motion_in_a_known_cell_gets_the_size_learned(void **state)
{
    (void)state;
    struct region_frame frame = {1280, 720, 320};
    const struct camd_box *box = BOX(450, 450, 550, 550);
    struct camd_box region = region_of_motion(&frame, box, &grid);
    assert_box(&region, BOX(340, 340, 660, 660));
    set_cell(3, 5, 1, 0.26F, 0.01F);
    region = region_of_motion(&frame, box, &grid);
    assert_box(&region, BOX(340, 340, 660, 660));
    set_cell(3, 5, 1, 0.5F, 0.1F);
    region = region_of_motion(&frame, box, &grid); /* not twice that */
    assert_box(&region, BOX(180, 80, 820, 720));
    set_cell(3, 5, 1, 0.1F, 0.01F);
    region = region_of_motion(&frame, box, &grid);
    assert_box(&region, BOX(340, 340, 660, 660));
    set_cell(3, 5, 1, NAN, 0.01F);
    region = region_of_motion(&frame, box, &grid);
    assert_box(&region, BOX(340, 340, 660, 660));
}

static void startup_regions_are_of_the_best_cells(void **state)
{
    (void)state;
    struct region_frame frame = {1280, 720, 320};
    struct camd_box regions[REGION_STARTUP_MAX];
    assert_int_equal(region_startup(&frame, &grid, regions), 0);
    set_cell(3, 5, 5, 0.3F, 0.0F);
    set_cell(0, 0, 2, 0.2F, 0.0F);
    assert_int_equal(region_startup(&frame, &grid, regions), 2);
    assert_box(&regions[0], BOX(368, 303, 752, 687));
    assert_box(&regions[1], BOX(0, 0, 320, 320));
    for (int i = 0; i < CAMD_GRID_SIDE; i++)
        set_cell(7, i, 9, INFINITY, NAN);
    assert_int_equal(region_startup(&frame, &grid, regions), REGION_STARTUP_MAX);
    assert_box(&regions[0], BOX(0, 0, 1280, 1280));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_about_boxes_are_the_vectors),
        cmocka_unit_test(the_smallest_region_is_the_detectors_input_up_to_320),
        cmocka_unit_test(boundaries_are_the_vectors),
        cmocka_unit_test(boxes_that_fit_into_one_region_are_clustered),
        cmocka_unit_test(boxes_too_far_off_or_too_small_for_it_are_not),
        cmocka_unit_test_setup(motion_in_a_known_cell_gets_the_size_learned, clear_grid),
        cmocka_unit_test_setup(startup_regions_are_of_the_best_cells, clear_grid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Boxes: the reference's numbers (spec, test vectors). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tracker/box.h"

#define BOX(...) (&(struct camd_box){__VA_ARGS__})

static void assert_near(double value, double expected, double tolerance)
{
    if (!(value >= expected - tolerance && value <= expected + tolerance))
        fail_msg("%.9g is not %.9g", value, expected);
}

static void area_counts_both_corners(void **state)
{
    (void)state;
    assert_int_equal(box_area(BOX(0, 0, 10, 10)), 121);
    assert_int_equal(box_area(BOX(5, 5, 5, 5)), 1);
    assert_int_equal(box_area(BOX(5, 5, 3, 9)), 0);
}

static void boxes_that_touch_overlap(void **state)
{
    (void)state;
    const struct camd_box *a = BOX(100, 100, 200, 200), *b = BOX(50, 50, 150, 150),
                          *c = BOX(250, 250, 350, 350);
    assert_true(box_overlap(a, b) && box_overlap(b, a));
    assert_false(box_overlap(a, c));
    assert_true(box_overlap(BOX(0, 0, 10, 10), BOX(10, 10, 20, 20)));
    assert_false(box_overlap(BOX(0, 0, 10, 10), BOX(11, 0, 20, 10)));
}

static void intersections_are_the_vectors(void **state)
{
    (void)state;
    struct camd_box common = {1, 2, 3, 4};
    assert_false(box_intersection(BOX(2012, 191, 2031, 205), BOX(887, 92, 985, 151), &common));
    assert_true(box_equal(&common, BOX(1, 2, 3, 4)));
    assert_true(box_intersection(BOX(887, 92, 985, 151), BOX(899, 128, 1080, 175), &common));
    assert_true(box_equal(&common, BOX(899, 128, 985, 151)));
}

static void iou_is_the_vectors(void **state)
{
    (void)state;
    assert_near(box_iou(BOX(0, 0, 10, 10), BOX(5, 5, 15, 15)), .174757, 5e-7);
    assert_near(box_iou(BOX(0, 0, 10, 10), BOX(10, 10, 20, 20)), .00414938, 5e-9);
    assert_true(box_iou(BOX(0, 0, 10, 10), BOX(11, 0, 20, 10)) == 0.0);
    struct box_real a = box_real(BOX(0, 0, 10, 10)), b = box_real(BOX(5, 5, 15, 15)), none = {0, 0, NAN, 10};
    assert_near(box_real_iou(&a, &b), .174757, 5e-7);
    assert_true(box_real_iou(&a, &none) == 0.0);
}

static void the_median_is_by_area(void **state)
{
    (void)state;
    const struct camd_box squares[] = {{0, 0, 10, 10}, {0, 0, 20, 20}, {0, 0, 30, 30}, {0, 0, 5, 5}};
    struct camd_box median = box_median(squares, 4);
    assert_true(box_equal(&median, BOX(0, 0, 20, 20)));
}

static void the_average_is_the_arithmetic_mean(void **state)
{
    (void)state;
    enum { ROUNDS = 5000, MOST = 10 };
    uint32_t random = 1;
    for (int round = 0; round < ROUNDS; round++) {
        struct camd_box boxes[MOST];
        int64_t sums[4] = {0};
        size_t count = (size_t)round % MOST + 1;
        for (size_t i = 0; i < count; i++) {
            int32_t values[4];
            for (int k = 0; k < 4; k++) {
                random = random * 1664525 + 1013904223;
                values[k] = (int32_t)(random >> 20);
                sums[k] += values[k];
            }
            boxes[i] = (struct camd_box){values[0], values[1], values[2], values[3]};
        }
        struct box_real mean = box_average(boxes, count);
        assert_true(mean.x1 == (double)sums[0] / (double)count && mean.y1 == (double)sums[1] / (double)count);
        assert_true(mean.x2 == (double)sums[2] / (double)count && mean.y2 == (double)sums[3] / (double)count);
    }
}

static void a_box_is_merged_into_every_group_it_overlaps(void **state)
{
    (void)state;
    const struct camd_box boxes[] = {{144, 290, 221, 459}, {225, 178, 426, 341}, {343, 105, 584, 250}};
    struct camd_box merged[3];
    assert_int_equal(box_reduce(boxes, 3, 0.0, merged), 2);
    assert_true(box_equal(&merged[0], BOX(144, 290, 221, 459)));
    assert_true(box_equal(&merged[1], BOX(225, 105, 584, 341)));
    const struct camd_box chain[] = {{0, 0, 10, 10}, {20, 0, 30, 10}, {8, 0, 22, 10}};
    assert_int_equal(box_reduce(chain, 3, 0.0, merged), 2);
    assert_true(box_equal(&merged[0], BOX(0, 0, 22, 10)));
    assert_true(box_equal(&merged[1], BOX(8, 0, 30, 10)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(area_counts_both_corners),
        cmocka_unit_test(boxes_that_touch_overlap),
        cmocka_unit_test(intersections_are_the_vectors),
        cmocka_unit_test(iou_is_the_vectors),
        cmocka_unit_test(the_median_is_by_area),
        cmocka_unit_test(the_average_is_the_arithmetic_mean),
        cmocka_unit_test(a_box_is_merged_into_every_group_it_overlaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

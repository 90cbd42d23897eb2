#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "detector/candidates.h"

static const struct detector_picture PICTURE = {NULL, 100, 100, 100, 50};

static void add(struct candidates *candidates, uint32_t label, float score, float x1, float y1, float x2,
                float y2)
{
    const struct candidate candidate = {
        .x1 = x1, .y1 = y1, .x2 = x2, .y2 = y2, .score = score, .label = label};
    candidates_add(candidates, &candidate);
}

static struct detector_rows choose(struct candidates *candidates)
{
    struct detector_rows rows;
    candidates_choose(candidates, 0.45F, &PICTURE, &rows);
    return rows;
}

static void overlapping_boxes_of_one_class_become_one(void **state)
{
    (void)state;
    struct candidates candidates = {0};
    add(&candidates, 0, 0.6F, 10, 10, 30, 40);
    add(&candidates, 0, 0.9F, 11, 10, 31, 40);
    add(&candidates, 1, 0.7F, 11, 10, 31, 40); /* another class */
    add(&candidates, 0, 0.5F, 60, 10, 80, 40); /* elsewhere */
    const struct detector_rows rows = choose(&candidates);
    assert_int_equal(rows.count, 3);
    assert_float_equal(rows.row[0][1], 0.9, 1e-6);
    assert_float_equal(rows.row[1][1], 0.7, 1e-6);
    assert_float_equal(rows.row[1][0], 1, 1e-6);
    assert_float_equal(rows.row[2][1], 0.5, 1e-6);
}

/* IoU of two boxes 10 wide with d between: (10 - d) / (10 + d). */
static void the_threshold_is_where_it_is_said_to_be(void **state)
{
    (void)state;
    struct candidates near_enough = {0}, far_enough = {0};
    add(&near_enough, 0, 0.9F, 10, 10, 20, 20);
    add(&near_enough, 0, 0.8F, 13.7F, 10, 23.7F, 20); /* 0.460 */
    assert_int_equal(choose(&near_enough).count, 1);
    add(&far_enough, 0, 0.9F, 10, 10, 20, 20);
    add(&far_enough, 0, 0.8F, 13.9F, 10, 23.9F, 20); /* 0.439 */
    assert_int_equal(choose(&far_enough).count, 2);
}

/* Greedy: what the best one suppresses suppresses nothing itself. */
static void a_suppressed_box_suppresses_nothing(void **state)
{
    (void)state;
    struct candidates candidates = {0};
    add(&candidates, 0, 0.9F, 0, 0, 10, 10);
    add(&candidates, 0, 0.8F, 3, 0, 13, 10);
    add(&candidates, 0, 0.7F, 6, 0, 16, 10);
    const struct detector_rows rows = choose(&candidates);
    assert_int_equal(rows.count, 2);
    assert_float_equal(rows.row[1][1], 0.7, 1e-6);
}

static void boxes_are_fractions_of_the_content(void **state)
{
    (void)state;
    struct candidates candidates = {0};
    add(&candidates, 3, 0.9F, -5, 10, 25, 70);
    add(&candidates, 3, 0.8F, 10, 51, 25, 80); /* beside it */
    const struct detector_rows rows = choose(&candidates);
    static const float EXPECTED[6] = {3, 0.9F, 0.2F, 0, 1, 0.25F};
    assert_int_equal(rows.count, 1);
    for (int i = 0; i < 6; i++)
        assert_float_equal(rows.row[0][i], EXPECTED[i], 1e-6);
}

static void nonsense_is_left_out(void **state)
{
    (void)state;
    struct candidates candidates = {0};
    add(&candidates, 0, NAN, 0, 0, 10, 10);
    add(&candidates, 0, INFINITY, 0, 0, 10, 10);
    add(&candidates, 0, 0.9F, NAN, 0, 10, 10);
    add(&candidates, 0, 0.9F, 0, 0, INFINITY, 10);
    add(&candidates, 0, 0.9F, 10, 0, 10, 10);
    add(&candidates, 0, 0.9F, 10, 20, 20, 10);
    assert_int_equal(choose(&candidates).count, 0);
}

/* A model of 16-bit numbers rounds 1 up at times, and who takes rows refuses scores above 1. */
static void a_score_that_was_rounded_up_is_1(void **state)
{
    (void)state;
    struct candidates candidates = {0};
    assert_float_equal(candidates_highest_score(&candidates), 0, 0);
    add(&candidates, 0, 0.5F, 0, 0, 10, 10);
    add(&candidates, 1, 1.0005F, 20, 0, 30, 10);
    add(&candidates, 2, 0.7F, 40, 0, 50, 10);
    assert_float_equal(candidates_highest_score(&candidates), 1.0005, 1e-6);
    const struct detector_rows rows = choose(&candidates);
    assert_int_equal(rows.count, 3);
    assert_float_equal(rows.row[0][1], 1, 0);
}

/* More than there is room for: the best remain, and of equal ones the first. */
static void the_best_remain_of_many(void **state)
{
    (void)state;
    static struct candidates candidates;
    enum { MANY = 5 * CANDIDATES_MAX };
    srand(5);
    for (int i = 0; i < MANY; i++) {
        const float at = (float)(i % 90);
        add(&candidates, (uint32_t)i % 200, (float)(rand() % 1000) / 2000, at, 0, at + 5, 5);
        if (i % 50 == 0)
            add(&candidates, 1000 + (uint32_t)i, 0.6F + (float)i / (4 * MANY), at, 0, at + 5, 5);
    }
    assert_int_equal(candidates.count, CANDIDATES_MAX);
    const struct detector_rows rows = choose(&candidates);
    assert_int_equal(rows.count, CAMD_ANSWER_ROWS);
    for (uint32_t i = 0; i < rows.count; i++) {
        assert_true(rows.row[i][0] == 1000 + (MANY - 1) / 50 * 50 - 50 * (float)i);
        assert_true(i == 0 || rows.row[i][1] < rows.row[i - 1][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlapping_boxes_of_one_class_become_one),
        cmocka_unit_test(the_threshold_is_where_it_is_said_to_be),
        cmocka_unit_test(a_suppressed_box_suppresses_nothing),
        cmocka_unit_test(boxes_are_fractions_of_the_content),
        cmocka_unit_test(nonsense_is_left_out),
        cmocka_unit_test(a_score_that_was_rounded_up_is_1),
        cmocka_unit_test(the_best_remain_of_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Corners that were read off a picture: pixels and shares, slips of the hand, and shapes that are no place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "camctl/corners.h"

enum { WORDS_MAX = CONFIG_POINTS_MAX + 8 };

static struct corners corners;
static struct corners_problem problem;

/* "1,1 2,2 ..." */
static bool read_line(const char *line)
{
    static char copy[4096], *words[WORDS_MAX];
    size_t count = 0;
    assert_true(strlen(line) < sizeof(copy));
    strcpy(copy, line);
    for (char *word = strtok(copy, " "); word && count < WORDS_MAX; word = strtok(NULL, " "))
        words[count++] = word;
    return corners_read(&corners, words, count, &problem);
}

/* What comes out of words on a picture of 101x51, or "" when it is refused. */
static const char *made(const char *line)
{
    static char text[CORNERS_TEXT_BYTES];
    text[0] = '\0';
    if (read_line(line) && corners_scale(&corners, 101, 51, &problem) && corners_check(&corners, &problem))
        corners_write(&corners, text);
    return text;
}

static void assert_fault(const char *line, enum corners_fault fault, size_t first, size_t second)
{
    assert_string_equal(made(line), "");
    assert_int_equal(problem.fault, fault);
    assert_int_equal(problem.first, first);
    assert_int_equal(problem.second, second);
}

static void test_faults_name_the_words_though_some_are_repeated(void **state)
{
    (void)state;
    assert_fault("1,1 1,1 300,1 20,30", CORNERS_OUTSIDE, 3, 0);
    assert_fault("0,0 0,0 100,50 100,50 100,0 0,50", CORNERS_CROSSING, 1, 5);
    assert_string_equal(made("0.1,0.1 0.10001,0.1 0.3,0.1 0.3,0.3"), "0.1,0.1 0.3,0.1 0.3,0.3");
}

static void test_pixels_and_shares(void **state)
{
    (void)state;
    assert_string_equal(made("0,0 100,0 100,50 0,50"), "0,0 1,0 1,1 0,1");
    assert_string_equal(made("10,5 33,5 20,40"), "0.1,0.1 0.33,0.1 0.2,0.8");
    assert_string_equal(made("0,0 1,0 1,1 0,1"), "0,0 1,0 1,1 0,1");
    assert_string_equal(made("0.1,0.1 0.123456,0.9 0.5,0.5"), "0.1,0.1 0.1235,0.9 0.5,0.5");
    /* one of them above 1 is enough */
    assert_string_equal(made("0,0 1,0 50,50"), "0,0 0.01,0 0.5,1");
}

static void test_a_slip_of_the_hand_is_moved_to_the_edge(void **state)
{
    (void)state;
    assert_string_equal(made("0,0 101,0 102,51"), "0,0 1,0 1,1");
    assert_int_equal(corners.moved, 2);
    assert_string_equal(made("10,10 50,10 50,40"), "0.1,0.2 0.5,0.2 0.5,0.8");
    assert_int_equal(corners.moved, 0);
    assert_fault("0,0 150,0 100,50", CORNERS_OUTSIDE, 2, 0);
    assert_fault("0,0 50,0 -9,50", CORNERS_OUTSIDE, 3, 0);
    assert_fault("0,0 nan,0 1,1", CORNERS_NO_POINT, 2, 0);
}

static void test_corners_that_come_twice(void **state)
{
    (void)state;
    assert_string_equal(made("0,0 100,0 100,0 100,50 0,50 0,0"), "0,0 1,0 1,1 0,1");
    assert_fault("0,0 100,0 0,0", CORNERS_TOO_FEW, 2, 0);
    assert_fault("5,5 5,5 5,5", CORNERS_TOO_FEW, 1, 0);
}

static void test_words_that_are_no_corners(void **state)
{
    char line[16 * (CONFIG_POINTS_MAX + 1)] = "";
    (void)state;
    assert_fault("", CORNERS_TOO_FEW, 0, 0);
    assert_fault("0,0 1", CORNERS_NO_POINT, 2, 0);
    assert_fault("0,0 1,", CORNERS_NO_POINT, 2, 0);
    assert_fault("0,0 ,1", CORNERS_NO_POINT, 2, 0);
    assert_fault("0,0 1,1,1", CORNERS_NO_POINT, 2, 0);
    assert_fault("0x0 1,1 2,2", CORNERS_NO_POINT, 1, 0);
    for (int i = 0; i <= CONFIG_POINTS_MAX; i++)
        sprintf(line + strlen(line), "%d,%d ", i, i % 2);
    assert_fault(line, CORNERS_TOO_MANY, 0, 0);
}

static void test_sides_must_not_cross(void **state)
{
    (void)state;
    assert_fault("0,0 100,50 100,0 0,50", CORNERS_CROSSING, 1, 3);
    assert_fault("0,0 0.5,0 1,0 1,1 0.5,0 0,1", CORNERS_CROSSING, 1,
                 4);                                             /* two places that touch in a point */
    assert_fault("0,0 1,0 0.5,0 0.5,1", CORNERS_CROSSING, 1, 2); /* back on itself */
    assert_fault("0.5,0 0.5,1 0,0 1,0", CORNERS_CROSSING, 1, 3); /* through another corner */
    assert_string_equal(made("0,0 1,0 1,1 0.5,0.1 0,1"),
                        "0,0 1,0 1,1 0.5,0.1 0,1");                      /* pointing inwards is fine */
    assert_string_equal(made("0,0 0.5,0 1,0 1,1"), "0,0 0.5,0 1,0 1,1"); /* and so is a corner on a side */
}

static void test_something_has_to_be_inside(void **state)
{
    (void)state;
    assert_fault("0.1,0.1 0.2,0.2 0.3,0.3", CORNERS_ON_A_LINE, 0, 0);
    assert_fault("0.1,0.1 0.1,0.1001 0.1001,0.1", CORNERS_ON_A_LINE, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults_name_the_words_though_some_are_repeated),
        cmocka_unit_test(test_pixels_and_shares),
        cmocka_unit_test(test_a_slip_of_the_hand_is_moved_to_the_edge),
        cmocka_unit_test(test_corners_that_come_twice),
        cmocka_unit_test(test_words_that_are_no_corners),
        cmocka_unit_test(test_sides_must_not_cross),
        cmocka_unit_test(test_something_has_to_be_inside),
    };
    return cmocka_run_group_tests_name("corners", tests, NULL, NULL);
}

/* Leaves and rain come and go; what comes and stays, or passes, does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/restless.h"

enum { THRESHOLD = 30, PIXELS = 100 * 100 };

static uint8_t picture, level, differed, changed;
static uint16_t restless;
static struct restless_contours contours;

static int set_up(void **state)
{
    (void)state;
    level = 100;
    differed = 0;
    restless = 0;
    contours = (struct restless_contours){0};
    return 0;
}

/* A picture of one pixel: whether it counts as changed. */
static bool see(uint8_t value)
{
    const struct restless_row row = {&picture, &level, &differed, &restless, &changed, 1};
    picture = value;
    bool any = restless_compare(&row, THRESHOLD);
    assert_int_equal(any, changed);
    return any;
}

static void a_still_pixel_has_the_threshold(void **state)
{
    (void)state;
    for (int i = 0; i < 500; i++)
        assert_false(see(130));
    assert_true(see(131));
    assert_true(see(69));
    set_up(state);
    assert_true(see(131));
    assert_int_equal(level, 100); /* that is the caller's */
}

static void a_leaf_in_the_wind_has_to_differ_more(void **state)
{
    (void)state;
    int seen = 0;
    for (int i = 0; i < 300; i++)
        seen += see(i % 2 == 0 ? 160 : 100);
    assert_in_range(seen, 3, 30); /* of 150 */
    assert_false(see(190));
}

/* But not for ever, and never more than four times the threshold. */
static void even_there_a_great_change_is_one(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++)
        see(i % 2 == 0 ? 160 : 100);
    assert_false(see(220));
    assert_true(see(221));
    for (int i = 0; i < 1000; i++)
        see(100);
    assert_true(see(135));
}

static void what_comes_and_stays_is_not_restless(void **state)
{
    (void)state;
    for (int i = 0; i < 160; i++)
        assert_true(see(145));
    for (int passage = 0; passage < 20; passage++) /* a person each ten seconds */
        for (int i = 0; i < 50; i++)
            assert_int_equal(see(i < 5 ? 170 : 100), i < 5);
}

/* ---- contours -------------------------------------------------------------------------------------------------- */

static struct contour_list list;

static void put(uint32_t x, uint32_t y, uint32_t size)
{
    list.kept[list.count++] = (struct contour){x, y, size, size, size * size};
    list.found++;
    list.total_area += size * size;
}

static void drops(uint32_t seed)
{
    memset(&list, 0, sizeof(list));
    for (uint32_t i = 0; i < 3; i++)
        put((seed * 37 + i * 31) % 90, (seed * 59 + i * 41) % 90, 4);
}

static void drops_of_rain_are_left_out_once_it_rains(void **state)
{
    (void)state;
    uint32_t shown = 0;
    for (uint32_t i = 0; i < 100; i++) {
        drops(i);
        restless_filter(&contours, PIXELS, &list);
        assert_int_equal(list.found, list.count);
        if (i < 5)
            assert_int_equal(list.count, 3);
        else if (i >= 20)
            shown += list.count;
    }
    assert_in_range(shown, 0, 40); /* of 240: those that happen to be near another one */
}

static void an_object_in_the_rain_stays(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        drops(i);
        if (i >= 50)
            put(i - 50, 40, 8);
        restless_filter(&contours, PIXELS, &list);
        bool found = false;
        for (uint32_t k = 0; k < list.count; k++)
            found |= list.kept[k].width == 8;
        assert_int_equal(found, i > 50);
    }
}

static void a_large_one_is_no_drop(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 50; i++) {
        drops(i);
        restless_filter(&contours, PIXELS, &list);
    }
    drops(50);
    put(60, 60, 11);
    restless_filter(&contours, PIXELS, &list);
    assert_int_equal(list.kept[list.count - 1].width, 11);
}

/* Without rain all are there at once. */
static void one_that_comes_now_and_then_stays(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        memset(&list, 0, sizeof(list));
        if (i % 5 == 0)
            put(i % 90, i * 7 % 90, 4);
        restless_filter(&contours, PIXELS, &list);
        assert_int_equal(list.count, i % 5 == 0);
    }
}

#define RESTLESS_TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RESTLESS_TEST(a_still_pixel_has_the_threshold),
        RESTLESS_TEST(a_leaf_in_the_wind_has_to_differ_more),
        RESTLESS_TEST(even_there_a_great_change_is_one),
        RESTLESS_TEST(what_comes_and_stays_is_not_restless),
        RESTLESS_TEST(drops_of_rain_are_left_out_once_it_rains),
        RESTLESS_TEST(an_object_in_the_rain_stays),
        RESTLESS_TEST(a_large_one_is_no_drop),
        RESTLESS_TEST(one_that_comes_now_and_then_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

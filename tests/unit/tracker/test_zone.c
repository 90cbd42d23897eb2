/* Being in a zone: its filters, and how fast an object is in it. Inertia and loitering: test_object.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/zone.h"

enum { WIDTH = 1000, HEIGHT = 500 };
#define FRAME_NS INT64_C(200000000)

static struct zone zones[2];
static struct filter filter;
static const struct filter *filters[2];
static struct zone_presence presence;
static struct speed_places places;
static struct zone_visitor visitor;

/* From above: 20 m by 10 m are the whole picture, so that a pixel is 2 cm. */
static int set_up(void **state)
{
    (void)state;
    memset(zones, 0, sizeof(zones));
    memset(&presence, 0, sizeof(presence));
    memset(&places, 0, sizeof(places));
    filter = (struct filter)FILTER_OPEN;
    filters[0] = filters[1] = NULL;
    for (int i = 0; i < 2; i++)
        zones[i] = (struct zone){
            .name = "yard",
            .polygon = {.count = 4, .points = {{0, 0}, {1, 0}, {1, 1}, {0, 1}}},
            .inertia = 1,
            .distances = {20, 10, 20, 10},
        };
    visitor = (struct zone_visitor){
        .wanted = 3,
        .filters = filters,
        .frame_width = WIDTH,
        .frame_height = HEIGHT,
        .box = {100, 100, 150, 200},
        .score = .8F,
        .computed_score = .7F,
        .places = &places,
        .now_ns = 1,
    };
    return 0;
}

static uint32_t look(void)
{
    visitor.now_ns += FRAME_NS;
    visitor.taken_ns += FRAME_NS;
    zone_update(zones, 1, &visitor, &presence);
    return presence.current;
}

/* It is seen that many pixels further to the right. */
static uint32_t move(int pixels)
{
    visitor.box.x1 += pixels;
    visitor.box.x2 += pixels;
    speed_note(&places, visitor.taken_ns + FRAME_NS, (visitor.box.x1 + visitor.box.x2) / 2.0 / WIDTH,
               (double)visitor.box.y2 / HEIGHT);
    return look();
}

static void measure(double threshold)
{
    zones[0].has_distances = true;
    zones[0].speed_threshold = threshold;
    assert_null(zone_measure_ground(&zones[0]));
}

/* The box has 50 by 100 pixels. */
static void each_key_of_a_filter_keeps_out(void **state)
{
    (void)state;
    static const struct {
        double *key;
        double in, out;
    } cases[] = {
        {&filter.min_area, 5000, 5001}, {&filter.min_area, .01, .0101}, {&filter.max_area, 5000, 4999},
        {&filter.min_ratio, .5, .51},   {&filter.max_ratio, .5, .49},
    };
    filters[0] = &filter;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int out = 0; out < 2; out++) {
            memset(&presence, 0, sizeof(presence));
            filter = (struct filter)FILTER_OPEN;
            *cases[i].key = out ? cases[i].out : cases[i].in;
            if (look() != (out ? 0 : 1))
                fail_msg("case %zu: %s", i, out ? "in" : "out");
        }
    }
    filter = (struct filter)FILTER_OPEN;
    memset(&presence, 0, sizeof(presence));
    filter.threshold = .75F;
    assert_int_equal(look(), 0);
    visitor.computed_score = .75F;
    assert_int_equal(look(), 1);
    memset(&presence, 0, sizeof(presence));
    filter.min_score = .9F;
    assert_int_equal(look(), 0);
    visitor.score = .9F;
    assert_int_equal(look(), 1);
}

/* As the reference: filters are for coming in. */
static void what_is_in_the_zone_need_not_pass_again(void **state)
{
    (void)state;
    filters[0] = &filter;
    filter.min_area = 4000;
    assert_int_equal(look(), 1);
    visitor.box.x1 += 30; /* half hidden */
    visitor.computed_score = 0;
    assert_int_equal(look(), 1);
    visitor.wanted = 0; /* elsewhere for a frame */
    look();
    visitor.wanted = 3;
    assert_int_equal(look(), 0);
}

/* As the reference: what a filter keeps out is not nearer to being in the zone, and not farther from it. */
static void inertia_counts_what_passes(void **state)
{
    (void)state;
    filters[0] = &filter;
    zones[0].inertia = 3;
    look();
    look();
    filter.min_area = 6000;
    for (int i = 0; i < 5; i++)
        assert_int_equal(look(), 0);
    filter.min_area = 0;
    assert_int_equal(look(), 1);
}

/* 10 pixels a frame are 50 a second: 1 m/s. */
static void speed_is_metres_a_second(void **state)
{
    (void)state;
    move(10);
    assert_false(presence.speed.known); /* no distances */
    measure(0);
    memset(&places, 0, sizeof(places));
    for (int i = 0; i < 10; i++) {
        assert_int_equal(move(10), 1); /* without a threshold it is in the zone however fast */
        assert_int_equal(presence.speed.known, i >= 2);
    }
    assert_true(fabs(presence.speed.value - 1) < 1e-6);
    visitor.box = (struct camd_box){0, 1100, 10, 1200}; /* outside of it */
    look();
    assert_false(presence.speed.known);
}

static void only_fast_objects_are_in_a_zone_with_a_threshold(void **state)
{
    (void)state;
    measure(1.5);
    for (int i = 0; i < 12; i++)
        assert_int_equal(move(10), 0); /* 1 m/s */
    uint32_t in = 0;
    for (int i = 0; i < 10; i++)
        in = move(20); /* 2 m/s */
    assert_int_equal(in, 1);
    assert_true(presence.speed.value > 1.99);
    assert_int_equal(look(), 1); /* not detected for a moment: what is known of it holds */
    for (int i = 0; i < 10; i++)
        in = move(5);
    assert_int_equal(in, 0); /* slow again */
    assert_int_equal(presence.entered, 1);
    for (int i = 0; i < 12; i++)
        in = look(); /* not seen for longer: unknown */
    assert_int_equal(in, 0);
    assert_false(presence.speed.known);
}

static void the_speed_is_that_of_the_first_zone_that_tells(void **state)
{
    (void)state;
    memcpy(zones[1].distances, (const double[]){40, 20, 40, 20}, sizeof(zones[1].distances));
    zones[1].has_distances = true;
    zones[1].speed_threshold = 1.5;
    assert_null(zone_measure_ground(&zones[1]));
    for (int i = 0; i < 12; i++) {
        move(10);
        zone_update(zones, 2, &visitor, &presence);
    }
    assert_int_equal(presence.current, 3); /* by its own measure it is fast */
    assert_true(fabs(presence.speed.value - 2) < 1e-6);
    measure(1.5);
    zone_update(zones, 2, &visitor, &presence);
    assert_int_equal(presence.current, 2);
    assert_true(fabs(presence.speed.value - 1) < 1e-6);
}

static void distances_that_measure_nothing_are_told(void **state)
{
    (void)state;
    zones[0].polygon.count = 3;
    assert_non_null(strstr(zone_measure_ground(&zones[0]), "four corners"));
    zones[0].polygon.count = 4;
    zones[0].polygon.points[2] = (struct mask_point){.5, 0};
    assert_non_null(strstr(zone_measure_ground(&zones[0]), "on a line"));
    zones[1].distances[3] = 60;
    assert_non_null(strstr(zone_measure_ground(&zones[1]), "shorter than the others"));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_key_of_a_filter_keeps_out),
        TEST(what_is_in_the_zone_need_not_pass_again),
        TEST(inertia_counts_what_passes),
        TEST(speed_is_metres_a_second),
        TEST(only_fast_objects_are_in_a_zone_with_a_threshold),
        TEST(the_speed_is_that_of_the_first_zone_that_tells),
        TEST(distances_that_measure_nothing_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

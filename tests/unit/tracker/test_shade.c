/* The shadow of who stands on the ground: the figure of both is cut where the shadow begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/shade.h"

enum {
    WIDTH = 200,
    HEIGHT = 120,
    GROUND = 140,
    CLOTHES = 220,
    SHADOW = 80,
    LEFT = 90,
    RIGHT = 109,
    TOP = 30,
    FEET = 89
};

enum { FPS = 5 };

static struct shade shade;
static struct lighting lighting;
static struct figures figures;
static uint8_t luma[WIDTH * HEIGHT], hold[WIDTH * HEIGHT], found[WIDTH * HEIGHT];

static void draw_plain_ground(void)
{
    memset(luma, GROUND, sizeof(luma));
    memset(found, 0, sizeof(found));
}

/* Stones, each of them lighter or darker. */
static void draw_stones(void)
{
    draw_plain_ground();
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = 0; x < WIDTH; x++)
            luma[y * WIDTH + x] = (uint8_t)(GROUND - 20 + (x / 6 * 7919 + y / 6 * 104729) % 41);
}

static void learn(void)
{
    lighting_restart(&lighting);
    for (int i = 0; i < 5; i++) {
        lighting_look(&lighting, luma);
        lighting_learn(&lighting, hold, 100.0);
    }
}

static int set_up(void **state)
{
    (void)state;
    memset(&shade, 0, sizeof(shade));
    draw_plain_ground();
    assert_int_equal(lighting_init(&lighting, WIDTH, HEIGHT), 0);
    assert_int_equal(figures_init(&figures, WIDTH, HEIGHT), 0);
    learn();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    lighting_fini(&lighting);
    figures_fini(&figures);
    return 0;
}

/* right and bottom inclusive */
static void draw(int left, int top, int right, int bottom, uint8_t level)
{
    for (int y = top; y <= bottom; y++)
        for (int x = left; x <= right; x++) {
            luma[y * WIDTH + x] = level;
            found[y * WIDTH + x] = 1;
        }
}

static void draw_person(void)
{
    draw(LEFT, TOP, RIGHT, FEET, CLOTHES);
}

static bool cut(struct figure *figure)
{
    lighting_look(&lighting, luma);
    figures_clean(&figures, found);
    figures_find(&figures);
    assert_int_equal(figures.count, 1);
    *figure = figures.list[0];
    shade_next(&shade, FPS);
    return shade_cut(&shade, &lighting, &figures, figure);
}

/* Its middle may be off by what is smoothed. */
static void assert_is_person(const struct figure *figure)
{
    assert_in_range(figure->box.x1, LEFT - 2, LEFT + 2);
    assert_in_range(figure->box.x2, RIGHT - 2, RIGHT + 2);
    assert_in_range(figure->box.y1, TOP - 2, TOP + 2);
    assert_in_range(figure->box.y2, FEET - 2, FEET + 2);
    assert_in_range(figure->pixels, 1100, 1250);
}

static void a_shadow_at_either_side_is_cut_off(void **state)
{
    (void)state;
    struct figure figure;
    draw_person();
    draw(RIGHT + 1, FEET - 14, RIGHT + 60, FEET, SHADOW);
    assert_true(cut(&figure));
    assert_is_person(&figure);
    tear_down(NULL);
    set_up(NULL);
    draw(LEFT - 60, FEET - 14, LEFT - 1, FEET, SHADOW);
    draw_person();
    assert_true(cut(&figure));
    assert_is_person(&figure);
}

/* Towards the camera: the box ends where who stands there does. */
static void a_shadow_that_lies_lower_takes_nothing_with_it(void **state)
{
    (void)state;
    struct figure figure;
    draw_person();
    draw(RIGHT + 1, FEET - 4, RIGHT + 60, FEET + 10, SHADOW);
    assert_true(cut(&figure));
    assert_is_person(&figure);
}

static void what_is_no_shadow_stays(void **state)
{
    (void)state;
    static const struct {
        int length, top, bottom;
        uint8_t level;
    } others[] = {
        {8, FEET - 10, FEET, SHADOW},   /* a foot */
        {60, FEET - 14, FEET, CLOTHES}, /* brighter than the ground */
        {60, FEET - 14, FEET, 16},      /* black */
        {60, TOP, TOP + 14, SHADOW},    /* at the head */
        {60, FEET - 40, FEET, SHADOW},  /* as high as somebody beside */
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct figure figure;
        draw_person();
        draw(RIGHT + 1, others[i].top, RIGHT + others[i].length, others[i].bottom, others[i].level);
        assert_false(cut(&figure));
        assert_memory_equal(&figure, &figures.list[0], sizeof(figure));
        tear_down(NULL);
        set_up(NULL);
    }
}

/* A shadow of what is outside of the picture, and a dark car: there is nothing beside which it lies. */
static void what_is_flat_as_a_whole_stays(void **state)
{
    (void)state;
    struct figure figure;
    draw(40, 60, 140, 85, SHADOW);
    assert_false(cut(&figure));
}

/* What is there stays, at half of its level. right and bottom inclusive */
static void shade_ground(int left, int top, int right, int bottom)
{
    for (int y = top; y <= bottom; y++)
        for (int x = left; x <= right; x++) {
            luma[y * WIDTH + x] = (uint8_t)(16 + (luma[y * WIDTH + x] - 16) / 2);
            found[y * WIDTH + x] = 1;
        }
}

/* So many pictures of a person on stones with such a shadow. Tells in how many of them it was cut. */
static int show_shadow(int pictures, int left, int top, int right, int bottom)
{
    int cuts = 0;
    for (int i = 0; i < pictures; i++) {
        struct figure figure;
        draw_stones();
        shade_ground(left, top, right, bottom);
        draw_person();
        if (!cut(&figure))
            continue;
        cuts++;
        assert_is_person(&figure);
    }
    return cuts;
}

enum { PICTURES = 20, UNTIL_KNOWN = 2 };

/* A shadow towards the camera made a person twice as high: what it lies on shows through, which it does not in clothes. */
static void a_shadow_below_or_above_is_cut_off_where_the_ground_shows_through(void **state)
{
    (void)state;
    draw_stones();
    learn();
    assert_int_equal(show_shadow(PICTURES, LEFT, FEET + 1, RIGHT, HEIGHT - 3), PICTURES - UNTIL_KNOWN);
    assert_int_equal(show_shadow(PICTURES, LEFT, 3, RIGHT, TOP - 1), PICTURES - UNTIL_KNOWN);
}

static void trousers_as_dark_as_a_shadow_are_no_shadow(void **state)
{
    (void)state;
    draw_stones();
    learn();
    for (int i = 0; i < PICTURES; i++) {
        struct figure figure;
        draw_stones();
        draw_person();
        draw(LEFT, FEET - 30, RIGHT, FEET, SHADOW);
        assert_false(cut(&figure));
    }
}

/* They were cut off with a shadow that was known: it showed the ground for itself and for them. */
static void legs_as_dark_as_the_known_shadow_that_they_throw_stay(void **state)
{
    (void)state;
    enum { HIPS = FEET - 29, TROUSERS = 16 + (GROUND - 16) / 2 };
    draw_stones();
    learn();
    show_shadow(PICTURES, LEFT, FEET + 1, RIGHT, HEIGHT - 3);
    for (int i = 0; i < PICTURES; i++) {
        struct figure figure;
        draw_stones();
        shade_ground(LEFT, FEET + 1, RIGHT, HEIGHT - 3 - i % 8);
        draw_person();
        draw(LEFT, HIPS, RIGHT, FEET, TROUSERS);
        cut(&figure);
        assert_in_range(figure.box.y2, FEET - 8, HEIGHT - 3);
    }
}

/* Where the ground is plain nothing shows through, and there it is as dark. */
static void a_shadow_that_is_known_is_cut_off_on_plain_ground_for_some_time(void **state)
{
    (void)state;
    struct figure figure;
    draw_stones();
    learn();
    show_shadow(PICTURES, LEFT, FEET + 1, RIGHT, HEIGHT - 3);
    draw_plain_ground();
    learn();
    shade_ground(LEFT, FEET + 1, RIGHT, HEIGHT - 3);
    draw_person();
    assert_true(cut(&figure));
    assert_is_person(&figure);
    for (int i = 0; i < 60 * FPS; i++)
        shade_next(&shade, FPS);
    assert_false(cut(&figure));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_shadow_at_either_side_is_cut_off),
        TEST(a_shadow_that_lies_lower_takes_nothing_with_it),
        TEST(what_is_no_shadow_stays),
        TEST(what_is_flat_as_a_whole_stays),
        TEST(a_shadow_below_or_above_is_cut_off_where_the_ground_shows_through),
        TEST(trousers_as_dark_as_a_shadow_are_no_shadow),
        TEST(legs_as_dark_as_the_known_shadow_that_they_throw_stay),
        TEST(a_shadow_that_is_known_is_cut_off_on_plain_ground_for_some_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

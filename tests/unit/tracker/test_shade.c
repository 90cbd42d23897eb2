/* The shadow of who stands on a plain ground: the figure of both is cut where the shadow begins. */
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

static struct lighting lighting;
static struct figures figures;
static uint8_t luma[WIDTH * HEIGHT], hold[WIDTH * HEIGHT], found[WIDTH * HEIGHT];

static int set_up(void **state)
{
    (void)state;
    memset(luma, GROUND, sizeof(luma));
    memset(found, 0, sizeof(found));
    assert_int_equal(lighting_init(&lighting, WIDTH, HEIGHT), 0);
    assert_int_equal(figures_init(&figures, WIDTH, HEIGHT), 0);
    for (int i = 0; i < 5; i++) {
        lighting_look(&lighting, luma);
        lighting_learn(&lighting, hold, 100.0);
    }
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
    return shade_cut(&lighting, &figures, figure);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_shadow_at_either_side_is_cut_off),
        TEST(a_shadow_that_lies_lower_takes_nothing_with_it),
        TEST(what_is_no_shadow_stays),
        TEST(what_is_flat_as_a_whole_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

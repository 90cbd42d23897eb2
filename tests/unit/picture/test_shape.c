/* Zones and masks on a picture: what is inside, the outline, names, and corners that are nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "picture/places.h"

enum { WIDTH = 320, HEIGHT = 240, LUMA = WIDTH * HEIGHT, GREY = 100 };

static uint8_t pixels[LUMA * 3 / 2];
static struct picture picture = {WIDTH, HEIGHT, pixels};

static int set_up(void **state)
{
    (void)state;
    memset(pixels, GREY, LUMA);
    memset(pixels + LUMA, 128, LUMA / 2);
    return 0;
}

static bool is_changed(int x, int y)
{
    return pixels[y * WIDTH + x] != GREY;
}

static size_t count_changed(int x1, int y1, int x2, int y2)
{
    size_t count = 0;
    for (int y = y1; y < y2; y++)
        for (int x = x1; x < x2; x++)
            count += is_changed(x, y) ? 1 : 0;
    return count;
}

static const struct shape_point square[] = {{0.25, 0.25}, {0.75, 0.25}, {0.75, 0.75}, {0.25, 0.75}};

static void test_inside_and_outline_are_drawn_and_nothing_else(void **state)
{
    (void)state;
    shape_draw(&picture, square, 4, PICTURE_ZONE, SHAPE_TINTED);
    assert_int_equal(count_changed(82, 62, 238, 178), (238 - 82) * (178 - 62));
    assert_int_equal(count_changed(0, 0, WIDTH, 58), 0);
    assert_int_equal(count_changed(0, 182, WIDTH, HEIGHT), 0);
    assert_int_equal(count_changed(0, 0, 78, HEIGHT), 0);
    assert_int_equal(count_changed(242, 0, WIDTH, HEIGHT), 0);
    /* the outline hides what is below, the inside does not */
    assert_int_equal(pixels[59 * WIDTH + 160], 160);
    assert_in_range(pixels[120 * WIDTH + 160], GREY + 1, 140);
}

/* The even-odd rule: the middle of a star is outside. */
static void test_a_shape_that_crosses_itself(void **state)
{
    struct shape_point star[5];
    (void)state;
    for (int i = 0; i < 5; i++)
        star[i] = (struct shape_point){0.5 + 0.4 * sin(4 * 3.14159265 * i / 5),
                                       0.5 - 0.4 * cos(4 * 3.14159265 * i / 5)};
    shape_draw(&picture, star, 5, PICTURE_ZONE, SHAPE_TINTED);
    assert_false(is_changed(160, 120));
    assert_true(is_changed(160, 50));
}

static void test_kinds_differ_in_more_than_their_colour(void **state)
{
    static uint8_t luma[3][LUMA];
    (void)state;
    for (enum shape_fill fill = SHAPE_TINTED; fill <= SHAPE_FALLING; fill++) {
        set_up(NULL);
        shape_draw(&picture, square, 4, PICTURE_ZONE, fill);
        memcpy(luma[fill], pixels, LUMA);
    }
    assert_memory_not_equal(luma[SHAPE_TINTED], luma[SHAPE_RISING], LUMA);
    assert_memory_not_equal(luma[SHAPE_TINTED], luma[SHAPE_FALLING], LUMA);
    assert_memory_not_equal(luma[SHAPE_RISING], luma[SHAPE_FALLING], LUMA);
}

static void test_absurd_corners_do_no_harm(void **state)
{
    const struct shape_point absurd[][3] = {
        {{NAN, 0}, {1, 0}, {1, 1}}, {{0, 0}, {INFINITY, 0}, {1, 1}}, {{-1e300, 0}, {1e300, 0}, {0, 1e300}}};
    const struct shape_point outside[] = {{-2, -2}, {2, -2}, {2, 2}, {-2, 2}};
    (void)state;
    for (size_t i = 0; i < 3; i++)
        shape_draw(&picture, absurd[i], 3, PICTURE_ZONE, SHAPE_TINTED);
    shape_draw(&picture, square, 0, PICTURE_ZONE, SHAPE_TINTED);
    assert_int_equal(count_changed(0, 0, WIDTH, HEIGHT), 0);
    shape_draw(&picture, outside, 4, PICTURE_ZONE, SHAPE_TINTED);
    assert_int_equal(count_changed(0, 0, WIDTH, HEIGHT), LUMA);
}

/* Names of zones with the same corners are all to be read. */
static void test_names_do_not_cover_each_other(void **state)
{
    const struct place places[] = {{PLACE_ZONE, "one", NULL, square, 4},
                                   {PLACE_OBJECT_MASK, "two", "car", square, 4}};
    static uint8_t with_two[sizeof(pixels)];
    size_t dark = 0;
    (void)state;
    places_draw(&picture, places, 2);
    memcpy(with_two, pixels, sizeof(pixels));
    for (size_t i = 0; i < LUMA; i++)
        dark += pixels[i] == 16; /* dots of letters */
    assert_in_range(dark, 250, 700);
    set_up(NULL);
    places_draw(&picture, places, 1);
    /* the name of the one that was drawn first is whole */
    for (size_t y = 110; y < 130; y++)
        for (size_t x = 120; x < 200; x++)
            if (pixels[y * WIDTH + x] == 16)
                assert_int_equal(with_two[y * WIDTH + x], 16);
}

static void test_a_name_stays_in_the_picture(void **state)
{
    const struct shape_point corner[] = {{0.98, 0.98}, {1, 0.98}, {1, 1}};
    const struct place places[] = {{PLACE_ZONE, "a-name-of-forty-letters-which-is-the-most", NULL, corner, 3},
                                   {PLACE_ZONE, "nothing", NULL, corner, 0}};
    (void)state;
    places_draw(&picture, places, 2);
    assert_true(count_changed(40, 225, 60, HEIGHT) > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_inside_and_outline_are_drawn_and_nothing_else, set_up),
        cmocka_unit_test_setup(test_a_shape_that_crosses_itself, set_up),
        cmocka_unit_test_setup(test_kinds_differ_in_more_than_their_colour, set_up),
        cmocka_unit_test_setup(test_absurd_corners_do_no_harm, set_up),
        cmocka_unit_test_setup(test_names_do_not_cover_each_other, set_up),
        cmocka_unit_test_setup(test_a_name_stays_in_the_picture, set_up),
    };
    return cmocka_run_group_tests_name("shape", tests, NULL, NULL);
}

/* How good a picture is: sharp before blurred, large before small, sure before unsure, whole before cut off. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/worth.h"

enum { WIDTH = 320, HEIGHT = 240 };

static uint8_t luma[WIDTH * HEIGHT];

static struct worth_sight sight_of(int32_t x, int32_t y, int32_t width, int32_t height)
{
    return (struct worth_sight){luma, WIDTH, HEIGHT, {x, y, x + width - 1, y + height - 1}, 0.8F};
}

/* Upright bars, 24 pixels from edge to edge, each edge a ramp of so many pixels, between two levels. */
static void draw_bars(int ramp, int dark, int light)
{
    for (int x = 0; x < WIDTH; x++) {
        const int at = x % 48, rise = at < ramp ? at : at < 24 ? ramp : at < 24 + ramp ? 24 + ramp - at : 0;
        const int level = dark + (light - dark) * rise / ramp;
        for (int y = 0; y < HEIGHT; y++)
            luma[y * WIDTH + x] = (uint8_t)level;
    }
}

static void add_noise(int levels)
{
    srandom(4);
    for (size_t i = 0; i < sizeof(luma); i++)
        luma[i] = (uint8_t)(luma[i] + random() % (2 * levels + 1) - levels);
}

static float sharpness(int ramp, int dark, int light)
{
    const struct worth_sight sight = sight_of(64, 44, 84, 84);
    draw_bars(ramp, dark, light);
    return worth_sharpness(&sight);
}

static void test_blur_makes_a_picture_worth_less(void **state)
{
    (void)state;
    assert_true(fabsf(sharpness(1, 40, 200) - 1.0F) < 0.02F);
    assert_true(fabsf(sharpness(2, 40, 200) - 0.57F) < 0.05F);
    assert_true(fabsf(sharpness(4, 40, 200) - 0.36F) < 0.05F);
    for (int ramp = 1; ramp < 12; ramp++)
        assert_true(sharpness(ramp + 1, 40, 200) < sharpness(ramp, 40, 200));
}

static void test_contrast_is_no_sharpness(void **state)
{
    (void)state;
    assert_true(fabsf(sharpness(3, 40, 200) - sharpness(3, 90, 138)) < 0.05F);
}

/* A night's noise on a blurred object does not make it a sharp one, and on nothing no object at all. */
static void test_noise_is_no_sharpness(void **state)
{
    const struct worth_sight sight = sight_of(50, 40, 200, 150);
    const float blurred = sharpness(6, 40, 200);
    (void)state;
    add_noise(4);
    assert_true(worth_sharpness(&sight) < blurred + 0.1F);
    memset(luma, 100, sizeof(luma));
    const float flat = worth_sharpness(&sight);

    add_noise(4);
    assert_true(worth_sharpness(&sight) == flat);
    assert_true(flat > 0.0F && flat < blurred);
}

/* A light box on a grey street has its outline only, and the detector may have found a little less than all of it. */
static void test_an_object_of_one_colour_is_as_sharp_as_its_outline(void **state)
{
    (void)state;
    for (int32_t inside = 0; inside < 3; inside++) {
        const struct worth_sight sight =
            sight_of(100 + inside, 60 + inside, 50 - 2 * inside, 80 - 2 * inside);
        memset(luma, 100, sizeof(luma));
        for (int y = 60; y < 140; y++)
            memset(&luma[y * WIDTH + 100], 220, 50);
        assert_true(worth_sharpness(&sight) > 0.5F);
    }
}

static void test_larger_is_better_up_to_half_the_frame(void **state)
{
    float before = 0.0F;
    (void)state;
    for (int32_t side = 8; side <= 128; side *= 2) {
        const struct worth_sight sight = sight_of(10, 10, side, side);
        assert_true(worth_most(&sight) > before);
        before = worth_most(&sight);
    }
    const struct worth_sight large = sight_of(10, 10, 200, 200), larger = sight_of(10, 10, 300, 220);

    assert_true(worth_most(&large) == worth_most(&larger));
}

static void test_sure_is_better(void **state)
{
    struct worth_sight sight = sight_of(10, 10, 60, 60);
    const float sure = worth_most(&sight);
    (void)state;
    sight.score = 0.4F;
    assert_true(fabsf(worth_most(&sight) - sure / 2.0F) < 1e-5F);
    sight.score = NAN;
    assert_true(worth_most(&sight) == 0.0F);
    sight.score = 7.0F;
    assert_true(worth_most(&sight) <= 1.0F);
}

/* At the side of the frame a part of the object is missing: a whole one of a third of the size is better. */
static void test_cut_off_by_a_side_is_worse(void **state)
{
    static const struct {
        int32_t x, y;
    } sides[] = {{0, 50}, {50, 0}, {WIDTH - 90, 50}, {50, HEIGHT - 90}, {-20, 50}, {50, HEIGHT - 40}};
    const struct worth_sight whole = sight_of(50, 50, 90, 90), small = sight_of(50, 50, 30, 30);
    (void)state;
    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
        const struct worth_sight cut = sight_of(sides[i].x, sides[i].y, 90, 90);
        assert_true(worth_most(&cut) > 0.0F);
        assert_true(worth_most(&cut) < worth_most(&whole));
        assert_true(worth_most(&cut) < worth_most(&small));
    }
}

static void test_any_box_is_survived(void **state)
{
    (void)state;
    srandom(8);
    draw_bars(2, 20, 220);
    for (int round = 0; round < 20000; round++) {
        struct worth_sight sight = sight_of(0, 0, 1, 1);
        int32_t *corners[] = {&sight.box.x1, &sight.box.y1, &sight.box.x2, &sight.box.y2};
        for (size_t i = 0; i < 4; i++)
            *corners[i] =
                round % 50 == 0 ? (int32_t)(random() * 2 + random() % 2) : (int32_t)(random() % 400 - 40);
        const float most = worth_most(&sight);

        assert_true(most >= 0.0F && most <= 1.0F);
        /* of one that is worth nothing the sharpness is not asked for */
        const float worth = most > 0.0F ? most * worth_sharpness(&sight) : 0.0F;
        assert_true(worth >= 0.0F && worth <= most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blur_makes_a_picture_worth_less),
        cmocka_unit_test(test_contrast_is_no_sharpness),
        cmocka_unit_test(test_noise_is_no_sharpness),
        cmocka_unit_test(test_an_object_of_one_colour_is_as_sharp_as_its_outline),
        cmocka_unit_test(test_larger_is_better_up_to_half_the_frame),
        cmocka_unit_test(test_sure_is_better),
        cmocka_unit_test(test_cut_off_by_a_side_is_worse),
        cmocka_unit_test(test_any_box_is_survived),
    };
    return cmocka_run_group_tests_name("worth", tests, NULL, NULL);
}

/* What an object looks like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tracker/colour.h"

enum { PICTURE_WIDTH = 160, PICTURE_HEIGHT = 120 };

static uint8_t pixels[PICTURE_WIDTH * PICTURE_HEIGHT * 3 / 2];

static void paint(const struct camd_box *box, uint8_t y, uint8_t u, uint8_t v)
{
    uint8_t *us = pixels + PICTURE_WIDTH * PICTURE_HEIGHT, *vs = us + PICTURE_WIDTH * PICTURE_HEIGHT / 4;
    for (int row = box->y1; row < box->y2; row++)
        for (int column = box->x1; column < box->x2; column++) {
            pixels[row * PICTURE_WIDTH + column] = y;
            us[row / 2 * (PICTURE_WIDTH / 2) + column / 2] = u;
            vs[row / 2 * (PICTURE_WIDTH / 2) + column / 2] = v;
        }
}

static const struct camd_box WHOLE = {0, 0, PICTURE_WIDTH, PICTURE_HEIGHT};

static struct colour look_at(const struct camd_box *box)
{
    struct colour colour;
    colour_measure(&colour, pixels, PICTURE_WIDTH, PICTURE_HEIGHT, box);
    return colour;
}

static void same_is_alike_and_other_is_not(void **state)
{
    (void)state;
    const struct camd_box red = {20, 20, 50, 100}, blue = {90, 20, 120, 100}, darker = {20, 20, 50, 100};
    paint(&WHOLE, 128, 128, 128);
    paint(&red, 90, 100, 180);
    paint(&blue, 60, 180, 110);
    struct colour a = look_at(&red), b = look_at(&blue);
    assert_true(a.known && b.known);
    assert_true(colour_likeness(&a, &a) > 0.999f && colour_likeness(&a, &a) < 1.001f);
    assert_true(colour_likeness(&a, &b) < 0.4f);
    paint(&darker, 84, 101, 178); /* a cloud */
    struct colour c = look_at(&darker);
    assert_true(colour_likeness(&a, &c) > 0.8f);
}

/* Trousers and shirt exchanged: the parts are told apart. */
static void parts_are_told_apart(void **state)
{
    (void)state;
    const struct camd_box left = {20, 20, 50, 100}, right = {90, 20, 120, 100};
    const struct camd_box tops[] = {{20, 20, 50, 60}, {90, 20, 120, 60}},
                          bottoms[] = {{20, 60, 50, 100}, {90, 60, 120, 100}};
    paint(&tops[0], 40, 128, 128);
    paint(&bottoms[0], 200, 128, 128);
    paint(&tops[1], 200, 128, 128);
    paint(&bottoms[1], 40, 128, 128);
    struct colour a = look_at(&left), b = look_at(&right);
    assert_true(colour_likeness(&a, &b) < 0.8f);
}

/* A camera at night: without colours everybody would be alike by two planes of three. */
static void grey_pictures_are_told_apart_by_brightness(void **state)
{
    (void)state;
    const struct camd_box dark = {20, 20, 50, 100}, light = {90, 20, 120, 100};
    paint(&WHOLE, 128, 128, 128);
    paint(&dark, 40, 129, 127);
    paint(&light, 200, 127, 128);
    struct colour a = look_at(&dark), b = look_at(&light);
    assert_true(colour_likeness(&a, &a) > 0.999f);
    assert_true(colour_likeness(&a, &b) < 0.1f);
    paint(&light, 200, 100, 180); /* one of them coloured: then the lack of it tells, too */
    b = look_at(&light);
    assert_true(colour_likeness(&a, &b) < 0.1f);
}

static void learns_by_shares(void **state)
{
    (void)state;
    const struct camd_box box = {20, 20, 50, 100};
    paint(&box, 40, 128, 128);
    struct colour dark = look_at(&box), learnt = {0};
    paint(&box, 200, 128, 128);
    struct colour light = look_at(&box);
    colour_learn(&learnt, &dark, 0.1f); /* the first look is taken whole */
    assert_true(learnt.known && colour_likeness(&learnt, &dark) > 0.999f);
    float before = colour_likeness(&learnt, &light);
    for (int i = 0; i < 100; i++)
        colour_learn(&learnt, &light, 0.1f);
    assert_true(before < 0.8f && colour_likeness(&learnt, &light) > 0.99f);
}

/* Under the sanitizers: no box makes it read outside of the picture. */
static void any_box_is_safe(void **state)
{
    (void)state;
    static const int32_t values[] = {INT32_MIN, -1000, -1, 0, 1, 2, 60, 119, 120, 159, 160, 5000, INT32_MAX};
    enum { VALUES = sizeof(values) / sizeof(values[0]) };
    srand(3);
    for (int round = 0; round < 20000; round++) {
        const struct camd_box box = {values[rand() % VALUES], values[rand() % VALUES],
                                     values[rand() % VALUES], values[rand() % VALUES]};
        struct colour colour = look_at(&box);
        float alike = colour_likeness(&colour, &colour);
        assert_true(colour.known ? alike > 0.999f && alike < 1.001f : alike == 0.0f);
    }
    const struct camd_box empty = {10, 10, 10, 40}, outside = {-50, -50, -20, -20};
    assert_false(look_at(&empty).known);
    assert_false(look_at(&outside).known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_is_alike_and_other_is_not),
        cmocka_unit_test(parts_are_told_apart),
        cmocka_unit_test(grey_pictures_are_told_apart_by_brightness),
        cmocka_unit_test(learns_by_shares),
        cmocka_unit_test(any_box_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

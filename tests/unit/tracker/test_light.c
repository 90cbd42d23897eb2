/* Light makes places lighter and darker; things hide what was there. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/light.h"

enum { WIDTH = 90, HEIGHT = 70, PIXELS = WIDTH * HEIGHT, STRIDE = WIDTH + 2 };

static uint8_t before[PIXELS], now[PIXELS], changed[STRIDE * HEIGHT];
static const struct light_area WHOLE = {0, 0, WIDTH, HEIGHT};

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 16;
}

static uint8_t level(double value)
{
    return (uint8_t)fmin(fmax(value, 0.0), 255.0);
}

/* Texture about that level; marks everywhere. */
static int set_up(void **state)
{
    (void)state;
    uint32_t seed = 3;
    for (uint32_t i = 0; i < PIXELS; i++)
        before[i] = (uint8_t)(60 + next(&seed) % 30);
    memcpy(now, before, sizeof(now));
    memset(changed, 1, sizeof(changed));
    return 0;
}

static void clear(const struct light_area *area)
{
    const struct light_pictures pictures = {
        .now = now,
        .before = before,
        .width = WIDTH,
        .height = HEIGHT,
        .threshold = 30,
        .changed = changed,
        .stride = STRIDE,
    };
    void *room = malloc(light_room_bytes(WIDTH));
    assert_non_null(room);
    light_clear(&pictures, area, room);
    free(room);
}

/* How many marks are left in a part of the picture. */
static uint32_t marks(uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
    uint32_t count = 0;
    for (uint32_t row = y; row < y + height; row++)
        for (uint32_t column = x; column < x + width; column++)
            count += changed[row * STRIDE + column];
    return count;
}

static void lighter_and_darker_is_light(void **state)
{
    (void)state;
    static const double gains[] = {0.3, 0.6, 1.3, 2.2};
    for (size_t k = 0; k < sizeof(gains) / sizeof(gains[0]); k++) {
        set_up(state);
        for (uint32_t i = 0; i < PIXELS; i++)
            now[i] = level(before[i] * gains[k] + 20);
        clear(&WHOLE);
        assert_int_equal(marks(0, 0, WIDTH, HEIGHT), 0);
    }
}

/* The beam of a headlight: brightest in its middle, soft at its sides. */
static void a_beam_is_light(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PIXELS; i++) {
        double x = (i % WIDTH - 45.0) / 18.0, y = (i / WIDTH - 30.0) / 9.0, beam = exp(-x * x - y * y);
        now[i] = level(before[i] * (1.0 + beam) + 40 * beam);
    }
    clear(&WHOLE);
    assert_int_equal(marks(0, 0, WIDTH, HEIGHT), 0);
}

/* So much that the sensor shows white only: the structure is gone, but no thing has hidden it. */
static void a_flash_that_blinds_the_sensor_is_light(void **state)
{
    (void)state;
    memset(now, 255, sizeof(now));
    clear(&WHOLE);
    assert_int_equal(marks(0, 0, WIDTH, HEIGHT), 0);
}

static void a_thing_with_texture_of_its_own_is_none(void **state)
{
    (void)state;
    uint32_t seed = 99;
    for (uint32_t y = 20; y < 50; y++)
        for (uint32_t x = 30; x < 45; x++)
            now[y * WIDTH + x] = (uint8_t)(120 + next(&seed) % 60);
    clear(&WHOLE);
    assert_in_range(marks(30, 20, 15, 30), 440, 450);
    assert_int_equal(marks(0, 0, WIDTH, 17), 0); /* a window's reach about it may be marked */
    assert_int_equal(marks(0, 0, 27, HEIGHT), 0);
}

/* A lorry's side: nothing to be seen on it, but the street behind is hidden. */
static void a_smooth_thing_before_texture_is_none(void **state)
{
    (void)state;
    for (uint32_t y = 0; y < HEIGHT; y++)
        memset(now + (size_t)y * WIDTH + 20, 140, 60);
    uint32_t seed = 3;
    for (uint32_t i = 0; i < PIXELS; i++)
        before[i] = (uint8_t)(60 + next(&seed) % 90);
    clear(&WHOLE);
    assert_in_range(marks(22, 0, 56, HEIGHT), 56 * HEIGHT * 9 / 10, 56 * HEIGHT);
}

/* On a smooth ground, a smooth thing is seen by its outline. */
static void the_outline_of_a_smooth_thing_stays(void **state)
{
    (void)state;
    memset(before, 100, sizeof(before));
    memset(now, 100, sizeof(now));
    for (uint32_t y = 20; y < 50; y++)
        memset(now + (size_t)y * WIDTH + 30, 150, 20);
    clear(&WHOLE);
    assert_int_equal(marks(30, 20, 20, 1), 20);
    assert_int_equal(marks(30, 49, 20, 1), 20);
    assert_int_equal(marks(30, 20, 1, 30), 30);
    assert_int_equal(marks(49, 20, 1, 30), 30);
    assert_int_equal(marks(36, 26, 8, 18), 0);
}

/* Contours are looked at one by one: at the picture's sides as well, a pixel's verdict does not depend on the area. */
static void what_is_said_of_a_pixel_is_the_same_in_every_area(void **state)
{
    (void)state;
    static uint8_t all[sizeof(changed)];
    uint32_t seed = 5;
    for (uint32_t i = 0; i < PIXELS; i++)
        now[i] = (uint8_t)(before[i] + (i / 7 % 3 == 0 ? next(&seed) % 60 : 20));
    clear(&WHOLE);
    memcpy(all, changed, sizeof(changed));
    uint32_t left = marks(0, 0, WIDTH, HEIGHT);
    assert_in_range(left, PIXELS / 10, PIXELS * 9 / 10);
    for (int round = 0; round < 300; round++) {
        struct light_area area = {next(&seed) % WIDTH, next(&seed) % HEIGHT, 0, 0};
        area.width = 1 + next(&seed) % (WIDTH - area.x);
        area.height = 1 + next(&seed) % (HEIGHT - area.y);
        memset(changed, 1, sizeof(changed));
        clear(&area);
        for (uint32_t y = 0; y < HEIGHT; y++)
            for (uint32_t x = 0; x < WIDTH; x++) {
                bool is_in = x - area.x < area.width && y - area.y < area.height;
                assert_int_equal(changed[y * STRIDE + x], is_in ? all[y * STRIDE + x] : 1);
            }
    }
}

#define LIGHT_TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIGHT_TEST(lighter_and_darker_is_light),
        LIGHT_TEST(a_beam_is_light),
        LIGHT_TEST(a_flash_that_blinds_the_sensor_is_light),
        LIGHT_TEST(a_thing_with_texture_of_its_own_is_none),
        LIGHT_TEST(a_smooth_thing_before_texture_is_none),
        LIGHT_TEST(the_outline_of_a_smooth_thing_stays),
        LIGHT_TEST(what_is_said_of_a_pixel_is_the_same_in_every_area),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is new in a picture: things, or light on the scene. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/lighting.h"

enum { WIDTH = 160, HEIGHT = 120, MEMORY = 100, LEARN = 20 };

static struct lighting lighting;
static struct figures figures;
static uint8_t luma[WIDTH * HEIGHT], hold[WIDTH * HEIGHT], marks[WIDTH * HEIGHT];
static uint32_t seed;

static int32_t next(int32_t count)
{
    seed = seed * 1664525 + 1013904223;
    return (int32_t)(seed >> 16) % count;
}

/* A wall of stones, with noise. */
static void begin_picture(double gain, int32_t noise)
{
    for (int32_t y = 0; y < HEIGHT; y++)
        for (int32_t x = 0; x < WIDTH; x++) {
            int32_t stone = (x / 9 * 7 + y / 7 * 13) % 5;
            double level = (70 + 12 * stone) * gain + next(2 * noise + 1) - noise;
            luma[y * WIDTH + x] = (uint8_t)fmin(fmax(level, 16), 235);
        }
}

static void learn(double gain, int32_t noise)
{
    for (int i = 0; i < LEARN; i++) {
        begin_picture(gain, noise);
        lighting_look(&lighting, luma);
        lighting_learn(&lighting, hold, MEMORY);
    }
}

static int set_up(void **state)
{
    (void)state;
    seed = 5;
    memset(marks, 0, sizeof(marks));
    int result = lighting_init(&lighting, WIDTH, HEIGHT);
    return result == 0 ? figures_init(&figures, WIDTH, HEIGHT) : result;
}

static int tear_down(void **state)
{
    (void)state;
    lighting_fini(&lighting);
    figures_fini(&figures);
    return 0;
}

static void draw(int32_t x, int32_t y, int32_t width, int32_t height, uint8_t level)
{
    for (int32_t row = y; row < y + height; row++)
        memset(luma + row * WIDTH + x, level, (size_t)width);
}

/* Whether a figure that covers these pixels is one of light. */
static bool explains(int32_t x, int32_t y, int32_t width, int32_t height)
{
    for (int32_t row = y; row < y + height; row++)
        memset(marks + row * WIDTH + x, 1, (size_t)width);
    figures_clean(&figures, marks);
    figures_find(&figures);
    assert_int_equal(figures.count, 1);
    return lighting_explains(&lighting, &figures, &figures.list[0]);
}

static void more_and_less_light_is_explained(void **state)
{
    (void)state;
    static const double gains[] = {0.5, 0.7, 1.3, 1.8};
    for (size_t i = 0; i < sizeof(gains) / sizeof(gains[0]); i++) {
        learn(1.0, 2);
        begin_picture(gains[i], 2);
        lighting_look(&lighting, luma);
        assert_true(explains(30, 30, 60, 60));
        assert_true(lighting_thing_share(&lighting) < .1);
    }
}

static void a_thing_is_not_explained(void **state)
{
    (void)state;
    learn(1.0, 2);
    begin_picture(1.0, 2);
    draw(60, 30, 20, 50, 200);
    lighting_look(&lighting, luma);
    assert_false(explains(60, 30, 20, 50));
}

/* What is left of the light's figure is where the thing is, and is doubtful. */
static void a_thing_in_a_light_is_what_is_left(void **state)
{
    (void)state;
    learn(1.0, 2);
    begin_picture(1.5, 2);
    draw(70, 40, 16, 40, 30);
    lighting_look(&lighting, luma);
    assert_true(explains(10, 10, 140, 100));
    lighting_reduce(&lighting, &figures, &figures.list[0]);
    figures_find(&figures);
    assert_int_equal(figures.count, 1);
    assert_true(figures.list[0].doubtful);
    assert_in_range(figures.list[0].box.x1, 62, 70);
    assert_in_range(figures.list[0].box.x2, 85, 94);
}

/* In the dark noise would be structure that is new in each picture. */
static void noise_is_no_thing(void **state)
{
    (void)state;
    for (int32_t noise = 2; noise <= 14; noise += 3) {
        for (int i = 0; i < 4; i++)
            learn(0.5, noise);
        begin_picture(0.5, noise);
        lighting_look(&lighting, luma);
        assert_true(lighting_thing_share(&lighting) < .1);
    }
}

static void another_scene_is_a_thing_everywhere_until_it_begins_again(void **state)
{
    (void)state;
    learn(1.0, 2);
    begin_picture(1.0, 2);
    memmove(luma, luma + 4 * WIDTH + 5, sizeof(luma) - 4 * WIDTH - 5);
    lighting_look(&lighting, luma);
    assert_true(lighting_thing_share(&lighting) > .5);
    lighting_restart(&lighting);
    lighting_learn(&lighting, hold, MEMORY);
    lighting_look(&lighting, luma);
    assert_true(lighting_thing_share(&lighting) < .05);
}

static void what_is_held_is_learnt_slowly(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * MEMORY; i++)
        learn(1.0, 0);
    memset(hold, 1, sizeof(hold) / 2);
    memset(luma, 235, sizeof(luma));
    float upper = lighting.scene[0], lower = lighting.scene[WIDTH / 2 * (HEIGHT / 2 - 1)];
    lighting_look(&lighting, luma);
    lighting_learn(&lighting, hold, MEMORY);
    upper = lighting.scene[0] - upper;
    lower = lighting.scene[WIDTH / 2 * (HEIGHT / 2 - 1)] - lower;
    memset(hold, 0, sizeof(hold));
    assert_true(upper > 0.0F && upper * 5 < lower);
}

static void pictures_of_one_row_or_column_are_looked_at(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1}, {1, 9}, {9, 1}, {2, 3}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct lighting small;
        size_t bytes = (size_t)sizes[i][0] * sizes[i][1];
        uint8_t *picture =
            calloc(2, bytes); /* of its exact size, for the sanitizer; behind it, what is held */
        assert_non_null(picture);
        assert_int_equal(lighting_init(&small, sizes[i][0], sizes[i][1]), 0);
        for (int n = 0; n < 3; n++) {
            lighting_look(&small, picture);
            lighting_learn(&small, picture + bytes, MEMORY);
        }
        assert_true(lighting_thing_share(&small) < .5);
        lighting_fini(&small);
        free(picture);
    }
}

#define LIGHTING_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIGHTING_TEST(more_and_less_light_is_explained),
        LIGHTING_TEST(a_thing_is_not_explained),
        LIGHTING_TEST(a_thing_in_a_light_is_what_is_left),
        LIGHTING_TEST(noise_is_no_thing),
        LIGHTING_TEST(another_scene_is_a_thing_everywhere_until_it_begins_again),
        LIGHTING_TEST(what_is_held_is_learnt_slowly),
        LIGHTING_TEST(pictures_of_one_row_or_column_are_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

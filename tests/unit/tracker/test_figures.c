/* Connected pixels of a mask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/box.h"
#include "tracker/figures.h"

enum { WIDTH = 64, HEIGHT = 48 };

static struct figures figures;
static uint8_t pixels[WIDTH * HEIGHT];

static int set_up(void **state)
{
    (void)state;
    memset(pixels, 0, sizeof(pixels));
    return figures_init(&figures, WIDTH, HEIGHT);
}

static int tear_down(void **state)
{
    (void)state;
    figures_fini(&figures);
    return 0;
}

static void draw(int32_t x, int32_t y, int32_t width, int32_t height)
{
    for (int32_t row = y; row < y + height; row++)
        memset(pixels + (size_t)row * WIDTH + x, 1, (size_t)width);
}

static void find(void)
{
    figures_clean(&figures, pixels);
    figures_find(&figures);
}

static void stray_pixels_are_no_figures(void **state)
{
    (void)state;
    draw(10, 10, 1, 1);
    draw(30, 20, 2, 2);
    find();
    assert_int_equal(figures.count, 0);
}

static void what_hangs_together_is_one_figure_with_its_box(void **state)
{
    (void)state;
    draw(10, 10, 8, 6);
    draw(14, 14, 6, 12);
    draw(40, 10, 6, 8);
    find();
    assert_int_equal(figures.count, 2);
    assert_int_equal(figures.list[0].box.x1, 10);
    assert_int_equal(figures.list[0].box.x2, 19);
    assert_int_equal(figures.list[0].box.y2, 25);
    assert_int_equal(figure_width(&figures.list[1].box), 6);
    assert_int_equal(figure_height(&figures.list[1].box), 8);
}

static void parts_above_each_other_are_bridged_and_those_beside_each_other_are_not(void **state)
{
    (void)state;
    draw(10, 10, 8, 8);
    draw(10, 20, 8, 8); /* two pixels below */
    draw(24, 10, 8, 18);
    find();
    assert_int_equal(figures.count, 2);
    assert_int_equal(figures.list[0].box.y2, 27);
}

static void what_is_claimed_is_not_counted_again(void **state)
{
    (void)state;
    draw(10, 10, 20, 20);
    find();
    const struct figure *figure = &figures.list[0];
    const struct camd_box left = {10, 10, 19, 29}, whole = {0, 0, WIDTH - 1, HEIGHT - 1},
                          outside = {40, 40, 50, 50};
    figures_sum(&figures, figure);
    assert_int_equal(figures_count(&figures, figure, &whole), figure->pixels);
    assert_int_equal(figures_count(&figures, figure, &outside), 0);
    uint32_t of_left = figures_count(&figures, figure, &left);
    figures_claim(&figures, figure, &left);
    assert_int_equal(figures_count(&figures, figure, &left), 0);
    assert_int_equal(figures_count(&figures, figure, &whole), figure->pixels - of_left);
}

/* Other figures get no place then, and nothing else happens. */
static void there_are_as_many_as_there_is_room_for(void **state)
{
    (void)state;
    struct figures large;
    enum { SIDE = 128, STEP = 8 };
    static uint8_t dots[SIDE * SIDE];
    uint32_t count = 0;
    for (int32_t y = 2; y + STEP <= SIDE; y += STEP)
        for (int32_t x = 2; x + STEP <= SIDE; x += STEP, count++)
            for (int32_t row = y; row < y + 3; row++)
                memset(dots + row * SIDE + x, 1, 3);
    assert_int_equal(figures_init(&large, SIDE, SIDE), 0);
    figures_clean(&large, dots);
    figures_find(&large);
    assert_int_equal(large.count, FIGURES_MAX);
    assert_int_equal(large.left_out, count - FIGURES_MAX);
    figures_fini(&large);
}

static void a_figure_with_doubtful_pixels_is_doubtful(void **state)
{
    (void)state;
    draw(10, 10, 8, 8);
    draw(40, 10, 8, 8);
    find();
    assert_false(figures.list[0].doubtful);
    figures.mask[12 * WIDTH + 12] = FIGURES_DOUBTFUL;
    figures_find(&figures);
    assert_true(figures.list[0].doubtful);
    assert_false(figures.list[1].doubtful);
}

/* ---- any pixels, beside what a picture is for the eye ---- */

static bool is_bridged(int32_t x, int32_t y)
{
    if (x < 1 || x >= WIDTH - 1 || y < 1 || y >= HEIGHT)
        return false;
    for (int32_t row = y - 2; row <= y + 2; row++)
        for (int32_t column = x - 1; column <= x + 1; column++)
            if (row >= 2 && row < HEIGHT - 2 && column >= 1 && column < WIDTH - 1 &&
                figures.mask[row * WIDTH + column])
                return true;
    return false;
}

/* What hangs together with a pixel, corners too. */
static void flood(int32_t x, int32_t y, bool seen[WIDTH * HEIGHT], struct figure *figure)
{
    if (!is_bridged(x, y) || seen[y * WIDTH + x])
        return;
    seen[y * WIDTH + x] = true;
    const uint8_t pixel = figures.mask[y * WIDTH + x];
    const struct camd_box at = {x, y, x, y};
    if (pixel) {
        figure->box = figure->pixels++ == 0 ? at : box_union(&figure->box, &at);
        figure->doubtful |= pixel == FIGURES_DOUBTFUL;
    }
    for (int32_t dy = -1; dy <= 1; dy++)
        for (int32_t dx = -1; dx <= 1; dx++)
            flood(x + dx, y + dy, seen, figure);
}

static void assert_figures_are_what_hangs_together(void)
{
    static bool seen[WIDTH * HEIGHT];
    uint32_t count = 0;
    memset(seen, 0, sizeof(seen));
    for (int32_t y = 0; y < HEIGHT; y++)
        for (int32_t x = 0; x < WIDTH; x++) {
            struct figure expected = {.pixels = 0};
            if (!figures.mask[y * WIDTH + x])
                continue;
            flood(x, y, seen, &expected);
            if (expected.pixels == 0)
                continue;
            const struct figure *figure = &figures.list[count++];
            assert_true(box_equal(&figure->box, &expected.box));
            assert_int_equal(figure->pixels, expected.pixels);
            assert_int_equal(figure->doubtful, expected.doubtful);
            assert_true(figures_has(&figures, figure, x, y));
        }
    assert_int_equal(figures.count, count);
}

static void any_pixels_make_the_figures_that_hang_together(void **state)
{
    (void)state;
    uint32_t chance = 1;
    for (uint32_t round = 0; round < 60; round++) {
        for (size_t i = 0; i < sizeof(pixels); i++) {
            chance = chance * 1664525 + 1013904223;
            pixels[i] = chance >> 16 < 65536 / 60 * round;
        }
        find();
        for (size_t i = 0; i < sizeof(pixels); i += 97)
            if (figures.mask[i])
                figures.mask[i] = FIGURES_DOUBTFUL;
        figures_find(&figures);
        assert_figures_are_what_hangs_together();
    }
}

#define FIGURES_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIGURES_TEST(stray_pixels_are_no_figures),
        FIGURES_TEST(what_hangs_together_is_one_figure_with_its_box),
        FIGURES_TEST(parts_above_each_other_are_bridged_and_those_beside_each_other_are_not),
        FIGURES_TEST(what_is_claimed_is_not_counted_again),
        FIGURES_TEST(there_are_as_many_as_there_is_room_for),
        FIGURES_TEST(a_figure_with_doubtful_pixels_is_doubtful),
        FIGURES_TEST(any_pixels_make_the_figures_that_hang_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Whether the camera turns, in a scene of boards of many levels: a window on a wide wall of them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/panning.h"

enum { WIDTH = 384, HEIGHT = 288, FPS = 5, BOARD = 24, SETTLED = 4 * FPS };

#define ALL_NEW 1.0

static struct panning panning;
static uint8_t luma[WIDTH * HEIGHT];
static uint32_t noise;

static int set_up(void **state)
{
    (void)state;
    noise = 1;
    return panning_init(&panning, WIDTH, HEIGHT);
}

static int tear_down(void **state)
{
    (void)state;
    panning_fini(&panning);
    return 0;
}

static int level_of_board(int column, int row)
{
    uint32_t seed = (uint32_t)(column * 7919 + row * 104729) * 2654435761U;
    return 60 + (int)(seed >> 25);
}

/* What is seen of the wall from there. */
static void draw_wall(int from_x, int from_y)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            noise = noise * 1664525 + 1013904223;
            luma[y * WIDTH + x] =
                (uint8_t)(level_of_board((x + from_x) / BOARD, (y + from_y) / BOARD) + (int)(noise >> 29));
        }
}

static enum panning_state look_from(int x, int y)
{
    draw_wall(1000 + x, 1000 + y);
    return panning_look(&panning, luma, ALL_NEW, FPS);
}

static void stand(int x, int pictures)
{
    for (int i = 0; i < pictures; i++)
        look_from(x, 0);
}

static void noise_is_no_turn(void **state)
{
    (void)state;
    for (int i = 0; i < 20 * FPS; i++)
        assert_int_equal(look_from(0, 0), PANNING_RESTS);
}

/* From 4 pixels a second to 80: it is one until it has stopped, and then another view. */
static void turn_is_one_until_it_has_stopped(void **state)
{
    (void)state;
    static const int speeds[] = {1, 4, 16};
    int x = 0;
    for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
        stand(x, 10 * FPS);
        for (int k = 0; k < 48 / speeds[i]; k++)
            look_from(x += speeds[i], 0);
        assert_int_equal(look_from(x += speeds[i], 0), PANNING_MOVES);
        int pictures = 0;
        while (look_from(x, 0) == PANNING_MOVES)
            assert_true(++pictures < SETTLED);
        assert_int_equal(panning.state, PANNING_HAS_MOVED);
        assert_int_equal(look_from(x, 0), PANNING_RESTS);
        panning_fini(&panning); /* as who looks for objects begins again */
        assert_int_equal(panning_init(&panning, WIDTH, HEIGHT), 0);
    }
}

static void tilt_is_a_turn_as_well(void **state)
{
    (void)state;
    stand(0, 5 * FPS);
    for (int i = 1; i <= 10; i++)
        look_from(0, 4 * i);
    assert_int_equal(panning.state, PANNING_MOVES);
}

/* Wind on the pole: however long, it does not add up to a turn, which would keep objects from being seen for good. */
static void sway_is_no_turn(void **state)
{
    (void)state;
    stand(0, 5 * FPS);
    for (int i = 0; i < 200 * FPS; i++)
        assert_int_equal(look_from((int)lround(6 * sin(i * 0.83)), (int)lround(3 * sin(i * 1.1))),
                         PANNING_RESTS);
}

/* What was learnt of the view is still worth something. */
static void jolt_and_back_is_the_same_view(void **state)
{
    (void)state;
    stand(0, 5 * FPS);
    assert_int_equal(look_from(20, 0), PANNING_MOVES);
    assert_int_equal(look_from(0, 0), PANNING_MOVES);
    for (int i = 0; i < SETTLED; i++)
        assert_int_not_equal(look_from(0, 0), PANNING_HAS_MOVED);
    assert_int_equal(panning.state, PANNING_RESTS);
}

/* A step was too long to be found: it may be anywhere now, however short the others were. */
static void turn_with_a_step_that_was_lost_is_another_view(void **state)
{
    (void)state;
    stand(0, 5 * FPS);
    assert_int_equal(look_from(20, 0), PANNING_MOVES);
    look_from(200, 0);
    look_from(192, 0);
    int pictures = 0;
    while (look_from(192, 0) == PANNING_MOVES)
        assert_true(++pictures < SETTLED);
    assert_int_equal(panning.state, PANNING_HAS_MOVED);
}

/* Boards of levels that no other picture has. */
static enum panning_state look_at_waves(void)
{
    uint8_t levels[WIDTH / BOARD] = {0};
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            if (y % BOARD == 0 && x % BOARD == 0)
                levels[x / BOARD] = (uint8_t)(60 + ((noise = noise * 1664525 + 1013904223) >> 25));
            luma[y * WIDTH + x] = levels[x / BOARD];
        }
    return panning_look(&panning, luma, ALL_NEW, FPS);
}

/* It has turned to waves: nothing there is found again, so that it would seem to turn for good. */
static void turn_to_what_never_rests_ends(void **state)
{
    (void)state;
    stand(0, 5 * FPS);
    assert_int_equal(look_from(20, 0), PANNING_MOVES);
    int pictures = 0;
    while (look_at_waves() == PANNING_MOVES)
        assert_true(++pictures < 10 * FPS);
    assert_int_equal(panning.state, PANNING_HAS_MOVED);
}

/* The reference was taken on the way: where it is back is counted from there, else it would seem to be elsewhere. */
static void sway_where_it_came_back_is_no_turn(void **state)
{
    (void)state;
    stand(0, 5 * FPS);
    assert_int_equal(look_from(20, 0), PANNING_MOVES);
    for (int i = 0; i < SETTLED; i++)
        assert_int_not_equal(look_from(12, 0), PANNING_HAS_MOVED);
    assert_int_equal(panning.state, PANNING_RESTS);
    assert_int_equal(look_from(4, 0), PANNING_RESTS);
}

/* A lorry with a pattern of its own, that drives through the picture: it fills 45 % of it, and seven of ten blocks have to move. */
static void large_thing_that_passes_is_no_turn(void **state)
{
    (void)state;
    enum { LENGTH = WIDTH * 3 / 5, SLOWEST = 4, FASTEST = 40 };
    for (int speed = SLOWEST; speed <= FASTEST; speed += 12) {
        stand(0, 5 * FPS);
        for (int left = -LENGTH; left < WIDTH; left += speed) {
            draw_wall(1000, 1000);
            for (int y = HEIGHT / 4; y < HEIGHT; y++)
                for (int x = left < 0 ? 0 : left; x < left + LENGTH && x < WIDTH; x++)
                    luma[y * WIDTH + x] = (uint8_t)level_of_board(500 + (x - left) / BOARD, y / BOARD);
            assert_int_equal(panning_look(&panning, luma, ALL_NEW, FPS), PANNING_RESTS);
        }
    }
}

static void light_is_no_turn(void **state)
{
    (void)state;
    stand(0, 5 * FPS);
    for (int i = 0; i < 10 * FPS; i++) {
        draw_wall(1000, 1000);
        for (int k = 0; k < WIDTH * HEIGHT; k++)
            luma[k] = (uint8_t)(luma[k] * (i % 8 < 4 ? 3 : 5) / 4);
        assert_int_equal(panning_look(&panning, luma, ALL_NEW, FPS), PANNING_RESTS);
    }
}

/* Nothing but a count is done where hardly anything is new, which is so nearly always. */
static void quiet_scene_is_not_looked_at(void **state)
{
    (void)state;
    stand(0, 5 * FPS);
    draw_wall(1020, 1000);
    assert_int_equal(panning_look(&panning, luma, 0.0, FPS), PANNING_RESTS);
}

static void pictures_of_any_size_are_taken(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1},   {2, 3},   {3, 200},  {16, 16}, {95, 95},
                                        {96, 97}, {97, 96}, {1200, 4}, {4, 900}, {1600, 60}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const size_t pixels = (size_t)sizes[i][0] * sizes[i][1];
        uint8_t *exact = malloc(pixels); /* sanitizers see what is read beyond it */
        struct panning other;
        assert_non_null(exact);
        assert_int_equal(panning_init(&other, sizes[i][0], sizes[i][1]), 0);
        for (int picture = 0; picture < 8; picture++) {
            for (size_t k = 0; k < pixels; k++)
                exact[k] = (uint8_t)(noise = noise * 1664525 + 1013904223) >> (picture % 2);
            panning_look(&other, exact, ALL_NEW, FPS);
        }
        panning_fini(&other);
        free(exact);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(noise_is_no_turn),
        TEST(turn_is_one_until_it_has_stopped),
        TEST(tilt_is_a_turn_as_well),
        TEST(sway_is_no_turn),
        TEST(jolt_and_back_is_the_same_view),
        TEST(turn_with_a_step_that_was_lost_is_another_view),
        TEST(turn_to_what_never_rests_ends),
        TEST(sway_where_it_came_back_is_no_turn),
        TEST(large_thing_that_passes_is_no_turn),
        TEST(light_is_no_turn),
        TEST(quiet_scene_is_not_looked_at),
        TEST(pictures_of_any_size_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

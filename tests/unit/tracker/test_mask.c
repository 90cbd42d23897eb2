#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/mask.h"

enum { PIXELS_MAX = 256 * 256 };

static uint8_t mask[PIXELS_MAX];

/* Draws one polygon in a frame of side by side pixels, corners in pixels, at the frame's own size. */
static void draw(uint32_t side, const int (*corners)[2], uint32_t count)
{
    struct mask_polygon polygon = {.count = count};
    for (uint32_t i = 0; i < count; i++)
        polygon.points[i] = (struct mask_point){(corners[i][0] + 0.25) / side, (corners[i][1] + 0.25) / side};
    assert_int_equal(mask_draw(&polygon, 1, side, side, mask, side, side), 0);
}

#define DRAW(side, ...)                                                                                      \
    draw(side, (const int[][2]){__VA_ARGS__}, sizeof((const int[][2]){__VA_ARGS__}) / sizeof(int[2]))

static void assert_drawn(uint32_t side, const char *const *rows)
{
    for (uint32_t y = 0; y < side; y++) {
        char row[64] = "";
        for (uint32_t x = 0; x < side; x++)
            row[x] = mask[y * side + x] ? '.' : '#';
        assert_string_equal(row, rows[y]);
    }
}

#define ASSERT_DRAWN(side, ...) assert_drawn(side, (const char *const[]){__VA_ARGS__})

static void without_polygons_all_is_looked_at(void **state)
{
    (void)state;
    memset(mask, 1, sizeof(mask));
    assert_int_equal(mask_draw(NULL, 0, 768, 576, mask, 133, 100), 0);
    for (int i = 0; i < 133 * 100; i++)
        assert_int_equal(mask[i], 255);
}

static void borders_belong_to_the_polygon(void **state)
{
    (void)state;
    DRAW(6, {1, 1}, {4, 1}, {4, 3}, {1, 3});
    ASSERT_DRAWN(6, "......", ".####.", ".####.", ".####.", "......", "......");
    DRAW(6, {0, 0}, {4, 0}, {0, 4});
    ASSERT_DRAWN(6, "#####.", "####..", "###...", "##....", "#.....", "......");
}

/* Pixels as cv2.fillPoly draws them. */
static void slanted_sides_are_those_of_opencv(void **state)
{
    (void)state;
    DRAW(8, {0, 0}, {7, 2}, {3, 7});
    ASSERT_DRAWN(8, "##......", "######..", ".#######", ".######.", "..####..", "..####..", "...##...",
                 "...#....");
}

static void crossing_sides_follow_the_even_odd_rule(void **state)
{
    (void)state;
    /* a square, and another inside of it run the same way round: the inner one is a hole, its border drawn */
    DRAW(9, {0, 0}, {8, 0}, {8, 8}, {0, 8}, {0, 0}, {2, 2}, {6, 2}, {6, 6}, {2, 6}, {2, 2});
    ASSERT_DRAWN(9, "#########", "#########", "#########", "###...###", "###...###", "###...###", "#########",
                 "#########", "#########");
}

static void corners_at_one_reach_the_edge(void **state)
{
    (void)state;
    struct mask_polygon polygon = {.count = 4, .points = {{0.5, 0}, {1, 0}, {1, 1}, {0.5, 1}}};
    assert_int_equal(mask_draw(&polygon, 1, 8, 8, mask, 8, 8), 0);
    for (int i = 0; i < 64; i++)
        assert_int_equal(mask[i], i % 8 < 4 ? 255 : 0);
}

/* From the last row to beyond the right edge, and the other way round: cut at one edge, such a side lies on the other. */
static void a_side_past_the_corner_is_no_division_by_zero(void **state)
{
    (void)state;
    enum { SIDE = 8 };
    const struct mask_point ends[][2] = {
        {{0.5, 1}, {1, 7.5 / SIDE}},
        {{1, 0.5}, {7.5 / SIDE, 1}},
    };
    for (int i = 0; i < 4; i++) {
        struct mask_polygon polygon = {.count = 3};
        polygon.points[0] = ends[i / 2][i % 2];
        polygon.points[1] = ends[i / 2][1 - i % 2];
        assert_int_equal(mask_draw(&polygon, 1, SIDE, SIDE, mask, SIDE, SIDE), 0);
        assert_int_equal(mask[0], 0);
        assert_int_equal(mask[SIDE - 1], 255);
        assert_int_equal(mask[SIDE * (SIDE - 1)], 255);
    }
}

static void several_polygons_add_up(void **state)
{
    (void)state;
    struct mask_polygon polygons[2] = {
        {.count = 4, .points = {{0, 0}, {0.5, 0}, {0.5, 0.5}, {0, 0.5}}},
        {.count = 4, .points = {{0.25, 0.25}, {1, 0.25}, {1, 1}, {0.25, 1}}},
    };
    assert_int_equal(mask_draw(polygons, 2, 8, 8, mask, 8, 8), 0);
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++)
            assert_int_equal(mask[y * 8 + x], (x <= 4 && y <= 4) || (x >= 2 && y >= 2) ? 0 : 255);
}

/* The left 383 + 1 of 768 columns; each mask pixel stands for 5.77 of them. */
static void pixels_partly_covered_are_looked_at(void **state)
{
    (void)state;
    struct mask_polygon polygon = {.count = 4,
                                   .points = {{0, 0}, {383.5 / 768, 0}, {383.5 / 768, 1}, {0, 1}}};
    assert_int_equal(mask_draw(&polygon, 1, 768, 576, mask, 133, 100), 0);
    for (int y = 0; y < 100; y++)
        for (int x = 0; x < 133; x++)
            /* 384 * 133 / 768 = 66.5: pixel 66 is half covered */
            assert_int_equal(mask[y * 133 + x], x < 66 ? 0 : 255);
}

/* Up to half a level of 255 rounds to nothing: 1 of 512 pixels does not open a mask pixel, 2 do. */
static void a_sliver_rounds_to_nothing(void **state)
{
    (void)state;
    struct mask_polygon polygons[2] = {
        {.count = 4, .points = {{0, 0}, {1, 0}, {1, 30.5 / 32}, {0, 30.5 / 32}}},
        {.count = 4, .points = {{1.5 / 16, 31.5 / 32}, {1, 31.5 / 32}, {1, 1}, {1.5 / 16, 1}}},
    };
    /* frame of 16 by 32 reduced to one pixel; row 31 is open in column 0 only */
    assert_int_equal(mask_draw(polygons, 2, 16, 32, mask, 1, 1), 0);
    assert_int_equal(mask[0], 0);
    polygons[1].points[0].x = polygons[1].points[3].x = 2.5 / 16;
    assert_int_equal(mask_draw(polygons, 2, 16, 32, mask, 1, 1), 0);
    assert_int_equal(mask[0], 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_polygons_all_is_looked_at),
        cmocka_unit_test(borders_belong_to_the_polygon),
        cmocka_unit_test(slanted_sides_are_those_of_opencv),
        cmocka_unit_test(crossing_sides_follow_the_even_odd_rule),
        cmocka_unit_test(corners_at_one_reach_the_edge),
        cmocka_unit_test(a_side_past_the_corner_is_no_division_by_zero),
        cmocka_unit_test(several_polygons_add_up),
        cmocka_unit_test(pixels_partly_covered_are_looked_at),
        cmocka_unit_test(a_sliver_rounds_to_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

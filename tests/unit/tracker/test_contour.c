#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/contour.h"

enum { SIDE_MAX = 64, PADDED = SIDE_MAX + 2 };

static struct contour_list list;

/* Rows of text, '#' for figure pixels. */
static void find(const char *const *rows, uint32_t height, double min_area)
{
    uint32_t width = (uint32_t)strlen(rows[0]);
    int8_t picture[PADDED * PADDED] = {0};
    assert_true(contour_picture_bytes(width, height) <= sizeof(picture));
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            picture[(y + 1) * (width + 2) + x + 1] = rows[y][x] == '#';
    contour_find(picture, width, height, min_area, &list);
}

#define FIND(min_area, ...)                                                                                  \
    find((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),    \
         min_area)

static void assert_contour(uint32_t index, uint32_t x, uint32_t y, uint32_t width, uint32_t height,
                           double area)
{
    assert_true(index < list.count);
    const struct contour *contour = &list.kept[index];
    assert_int_equal(contour->x, x);
    assert_int_equal(contour->y, y);
    assert_int_equal(contour->width, width);
    assert_int_equal(contour->height, height);
    assert_true(contour->area == area);
}

static void nothing_has_no_contours(void **state)
{
    (void)state;
    FIND(-1, "....", "....");
    assert_int_equal(list.count, 0);
    assert_true(list.total_area == 0.0);
}

static void area_goes_through_the_centres_of_pixels(void **state)
{
    (void)state;
    FIND(0, "......", ".####.", ".####.", ".####.", "......");
    assert_int_equal(list.count, 1);
    assert_contour(0, 1, 1, 4, 3, 6.0);
    FIND(0, "######", "######", "######", "######", "######"); /* the same after dilation: 6 by 5 */
    assert_contour(0, 0, 0, 6, 5, 20.0);
    FIND(0, ".#.", "###", ".#.");
    assert_contour(0, 0, 0, 3, 3, 2.0);
}

static void points_and_lines_have_no_area(void **state)
{
    (void)state;
    FIND(-1, "#...#", ".....", "..#..", ".....", "#####");
    assert_int_equal(list.found, 4);
    assert_true(list.total_area == 0.0);
    assert_contour(0, 0, 0, 1, 1, 0.0);
    assert_contour(3, 0, 4, 5, 1, 0.0);
    FIND(-1, "#....", ".#.#.", "..#..");
    assert_int_equal(list.found, 1);
    assert_contour(0, 0, 0, 4, 3, 0.0);
}

static void minimum_is_exclusive_but_the_total_has_all(void **state)
{
    (void)state;
    FIND(6, "####.###", "####.###", "####.###", "........");
    assert_int_equal(list.found, 0);
    assert_true(list.total_area == 10.0);
    FIND(5.5, "####.###", "####.###", "####.###", "........");
    assert_int_equal(list.found, 1);
}

static void figures_in_holes_are_not_listed(void **state)
{
    (void)state;
    FIND(-1,           /* */
         "#######..#", /* */
         "#.....#..#", /* */
         "#.###.#..#", /* */
         "#.#.#.#..#", /* */
         "#.###.#..#", /* */
         "#.....#..#", /* */
         "#######..#");
    assert_int_equal(list.found, 2);
    assert_contour(0, 0, 0, 7, 7, 36.0);
    assert_contour(1, 9, 0, 1, 7, 0.0);
}

static void a_figure_in_a_bay_is_listed(void **state)
{
    (void)state;
    FIND(-1,        /* */
         "#######", /* */
         "#.....#", /* */
         "#.###.#", /* */
         "#.###..", /* */
         "#.###.#", /* */
         "#.....#", /* */
         "#######");
    assert_int_equal(list.found, 2);
    assert_contour(1, 2, 2, 3, 3, 4.0);
}

/* A hole is closed by corners, since figures join there. */
static void holes_close_at_corners(void **state)
{
    (void)state;
    FIND(-1, ".###.", "#...#", "#.#.#", "#...#", ".###.");
    assert_int_equal(list.found, 1);
    assert_contour(0, 0, 0, 5, 5, 14.0);
}

static void of_too_many_the_largest_are_kept(void **state)
{
    (void)state;
    static char text[SIDE_MAX][SIDE_MAX + 1];
    const char *rows[SIDE_MAX];
    for (int y = 0; y < SIDE_MAX; y++) {
        memset(text[y], '.', SIDE_MAX);
        for (int x = 0; x < SIDE_MAX; x++) /* 16 by 16 figures: 2 by 2, in the lower half 3 by 3 */
            if (x % 4 < (y < 32 ? 2 : 3) && y % 4 < (y < 32 ? 2 : 3))
                text[y][x] = '#';
        rows[y] = text[y];
    }
    find(rows, SIDE_MAX, 0);
    assert_int_equal(list.found, 256);
    assert_int_equal(list.count, CONTOUR_MAX);
    assert_true(list.total_area == 128.0 * 1.0 + 128.0 * 4.0);
    for (uint32_t i = 0; i < list.count; i++)
        assert_true(list.kept[i].area == 4.0);
}

/* ---- random pictures, by an independent method ---- */

/* Everything below works on padded pictures, so that neighbours always exist. */
struct shape {
    uint32_t width, height, stride;
    bool figure[PADDED * PADDED];
};

/* Marks what can be reached from start over pixels whose figure value is that of start; eight or four
 * neighbours. */
static void flood(const struct shape *shape, uint32_t start, bool eight, bool *reached)
{
    static uint32_t stack[PADDED * PADDED];
    size_t depth = 0;
    stack[depth++] = start;
    reached[start] = true;
    while (depth > 0) {
        uint32_t at = stack[--depth], x = at % shape->stride, y = at / shape->stride;
        for (int dy = -1; dy <= 1; dy++)
            for (int dx = -1; dx <= 1; dx++) {
                int nx = (int)x + dx, ny = (int)y + dy;
                if ((!eight && dx != 0 && dy != 0) || nx < 0 || ny < 0 || nx >= (int)shape->stride ||
                    ny >= (int)shape->height + 2)
                    continue;
                uint32_t next = (uint32_t)ny * shape->stride + (uint32_t)nx;
                if (!reached[next] && shape->figure[next] == shape->figure[start]) {
                    reached[next] = true;
                    stack[depth++] = next;
                }
            }
    }
}

/*
 * A figure with its holes filled: its area is 1 for each square of four pixels that are all in it, and one
 * half for each with three, which the border cuts across.
 */
static double filled_area(const struct shape *picture, const bool *figure)
{
    static struct shape alone;
    bool outside[PADDED * PADDED] = {0};
    alone = *picture;
    memcpy(alone.figure, figure, sizeof(alone.figure));
    flood(&alone, 0, false, outside);
    double area = 0.0;
    for (uint32_t y = 0; y < alone.height + 1; y++)
        for (uint32_t x = 0; x < alone.width + 1; x++) {
            uint32_t at = y * alone.stride + x;
            int inside = !outside[at] + !outside[at + 1] + !outside[at + alone.stride] +
                         !outside[at + alone.stride + 1];
            area += inside == 4 ? 1.0 : inside == 3 ? 0.5 : 0.0;
        }
    return area;
}

static bool has_contour(const struct shape *shape, const bool *figure, double area)
{
    uint32_t left = UINT32_MAX, top = UINT32_MAX, right = 0, bottom = 0;
    for (uint32_t y = 1; y <= shape->height; y++)
        for (uint32_t x = 1; x <= shape->width; x++) {
            if (!figure[y * shape->stride + x])
                continue;
            left = x < left ? x : left;
            right = x > right ? x : right;
            top = y < top ? y : top;
            bottom = y > bottom ? y : bottom;
        }
    for (uint32_t i = 0; i < list.count; i++) {
        const struct contour *contour = &list.kept[i];
        if (contour->x + 1 == left && contour->y + 1 == top && contour->width == right - left + 1 &&
            contour->height == bottom - top + 1 && contour->area == area)
            return true;
    }
    return false;
}

/* Figures that touch the outside are the ones to be listed, each with its box and area. */
static void check(const struct shape *shape)
{
    bool outside[PADDED * PADDED] = {0}, seen[PADDED * PADDED] = {0};
    uint32_t expected = 0;
    double total = 0.0;
    flood(shape, 0, false, outside);
    for (uint32_t at = 0; at < shape->stride * (shape->height + 2); at++) {
        if (!shape->figure[at] || seen[at])
            continue;
        bool figure[PADDED * PADDED] = {0}, outermost = false;
        flood(shape, at, true, figure);
        for (uint32_t i = 0; i < PADDED * PADDED; i++)
            if (figure[i]) {
                seen[i] = true;
                outermost |= outside[i - 1] || outside[i + 1] || outside[i - shape->stride] ||
                             outside[i + shape->stride];
            }
        if (!outermost)
            continue;
        double area = filled_area(shape, figure);
        expected++;
        total += area;
        assert_true(has_contour(shape, figure, area));
    }
    assert_int_equal(list.found, expected);
    assert_true(list.total_area == total);
}

static void random_pictures_agree_with_flood_filling(void **state)
{
    (void)state;
    static struct shape shape;
    static int8_t picture[PADDED * PADDED];
    srand(3);
    for (int round = 0; round < 3000; round++) {
        shape.width = 1 + (uint32_t)rand() % 22;
        shape.height = 1 + (uint32_t)rand() % 22;
        shape.stride = shape.width + 2;
        memset(shape.figure, 0, sizeof(shape.figure));
        memset(picture, 0, sizeof(picture));
        int density = 5 + rand() % 90;
        for (uint32_t y = 1; y <= shape.height; y++)
            for (uint32_t x = 1; x <= shape.width; x++)
                if (rand() % 100 < density) {
                    shape.figure[y * shape.stride + x] = true;
                    picture[y * shape.stride + x] = 1;
                }
        contour_find(picture, shape.width, shape.height, -1, &list);
        if (list.found <= CONTOUR_MAX)
            check(&shape);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_has_no_contours),
        cmocka_unit_test(area_goes_through_the_centres_of_pixels),
        cmocka_unit_test(points_and_lines_have_no_area),
        cmocka_unit_test(minimum_is_exclusive_but_the_total_has_all),
        cmocka_unit_test(figures_in_holes_are_not_listed),
        cmocka_unit_test(a_figure_in_a_bay_is_listed),
        cmocka_unit_test(holes_close_at_corners),
        cmocka_unit_test(of_too_many_the_largest_are_kept),
        cmocka_unit_test(random_pictures_agree_with_flood_filling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

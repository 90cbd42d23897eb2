/* Shapes of given sides, and maps between a plane and its picture, beside exact numbers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/perspective.h"

#define assert_near(a, b, within)                                                                            \
    do {                                                                                                     \
        double a_ = (a), b_ = (b);                                                                           \
        if (!(fabs(a_ - b_) <= (within)))                                                                    \
            fail_msg("%s is %.9g, not %.9g", #a, a_, b_);                                                    \
    } while (0)

static double side(const struct quadrilateral *shape, int i)
{
    const struct plane_point *a = &shape->corners[i % 4], *b = &shape->corners[(i + 1) % 4];
    return hypot(b->x - a->x, b->y - a->y);
}

static double diagonal(const struct quadrilateral *shape, int i)
{
    const struct plane_point *a = &shape->corners[i], *b = &shape->corners[i + 2];
    return hypot(b->x - a->x, b->y - a->y);
}

static void equal_opposite_sides_make_a_rectangle(void **state)
{
    (void)state;
    struct quadrilateral shape;
    assert_true(quadrilateral_of_sides((const double[]){3, 4, 3, 4}, &shape));
    assert_near(diagonal(&shape, 0), 5, 1e-12);
    assert_near(diagonal(&shape, 1), 5, 1e-12);
    for (int i = 0; i < 4; i++)
        assert_near(side(&shape, i), i % 2 ? 4 : 3, 1e-12);
}

/* Both diagonals of a trapezoid with legs of 5, 10 and 4 wide: by Pythagoras sqrt(7^2 + 4^2). */
static void two_equal_sides_make_a_road_that_narrows(void **state)
{
    (void)state;
    struct quadrilateral shape;
    assert_true(quadrilateral_of_sides((const double[]){10, 5, 4, 5}, &shape));
    assert_near(diagonal(&shape, 0), sqrt(49 + 16), 1e-12);
    assert_near(diagonal(&shape, 1), sqrt(49 + 16), 1e-12);
}

static void any_sides_are_kept(void **state)
{
    (void)state;
    static const double cases[][4] = {{7, 3, 4, 5}, {1, 1, 1, 2.9}, {20, 30, 25, 8}, {0.1, 9, 9, 9}};
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct quadrilateral shape;
        assert_true(quadrilateral_of_sides(cases[k], &shape));
        assert_true(quadrilateral_is_convex(&shape));
        for (int i = 0; i < 4; i++)
            assert_near(side(&shape, i), cases[k][i], 1e-9);
    }
}

static void sides_that_do_not_meet_make_nothing(void **state)
{
    (void)state;
    struct quadrilateral shape = {{{7, 7}}};
    assert_false(quadrilateral_of_sides((const double[]){1, 2, 3, 6}, &shape));
    assert_false(quadrilateral_of_sides((const double[]){1, 2, 3, 60}, &shape));
    assert_false(quadrilateral_of_sides((const double[]){0, 2, 3, 4}, &shape));
    assert_false(quadrilateral_of_sides((const double[]){NAN, 2, 3, 4}, &shape));
    assert_near(shape.corners[0].x, 7, 0);
}

static void only_convex_figures_are_places(void **state)
{
    (void)state;
    static const struct {
        struct quadrilateral figure;
        bool convex;
    } cases[] = {
        {{{{0, 0}, {1, 0}, {1, 1}, {0, 1}}}, true},
        {{{{0, 1}, {1, 1}, {1, 0}, {0, 0}}}, true},          /* the other way round */
        {{{{.4, .1}, {.6, .1}, {1, .9}, {0, .9}}}, true},    /* a road */
        {{{{0, 0}, {1, 1}, {1, 0}, {0, 1}}}, false},         /* sides cross */
        {{{{0, 0}, {1, 0}, {.2, .2}, {0, 1}}}, false},       /* a corner points inwards */
        {{{{0, 0}, {.5, 0}, {1, 0}, {.5, 1}}}, false},       /* three on a line */
        {{{{.1, .1}, {.4, .4}, {.7, .7}, {.9, .2}}}, false}, /* the same, not level */
        {{{{.1, .1}, {.1, .1}, {.7, .7}, {.9, .2}}}, false}, /* two in one place */
        {{{{.1, .1}, {.1, .1}, {.1, .1}, {.1, .1}}}, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (quadrilateral_is_convex(&cases[i].figure) != cases[i].convex)
            fail_msg("case %zu", i);
}

static void corners_are_mapped_to_corners(void **state)
{
    (void)state;
    static const struct quadrilateral picture = {{{.42, .2}, {.61, .22}, {.95, .9}, {.03, .8}}};
    struct quadrilateral ground;
    struct perspective map;
    assert_true(quadrilateral_of_sides((const double[]){4, 21, 6, 20}, &ground));
    perspective_make(&map, &picture, &ground);
    for (int i = 0; i < 4; i++) {
        struct plane_point mapped;
        double magnification;
        assert_true(perspective_map(&map, picture.corners[i], &mapped, &magnification));
        assert_near(mapped.x, ground.corners[i].x, 1e-9);
        assert_near(mapped.y, ground.corners[i].y, 1e-9);
    }
}

/* A camera 5 m above the ground that looks at the horizon: what is z metres ahead is 5/z below the middle. */
static void the_way_ahead_is_metres(void **state)
{
    (void)state;
    static const double depths[] = {10, 12.5, 20, 30, 40};
    struct quadrilateral picture = {
        {{-2 / 40.0, 5 / 40.0}, {2 / 40.0, 5 / 40.0}, {2 / 10.0, 5 / 10.0}, {-2 / 10.0, 5 / 10.0}}};
    struct quadrilateral ground = {{{-2, 40}, {2, 40}, {2, 10}, {-2, 10}}};
    struct perspective map;
    perspective_make(&map, &picture, &ground);
    for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
        const double z = depths[i];
        struct plane_point mapped;
        double magnification;
        assert_true(perspective_map(&map, (struct plane_point){1.5 / z, 5 / z}, &mapped, &magnification));
        assert_near(mapped.x, 1.5, 1e-9);
        assert_near(mapped.y, z, 1e-9);
        assert_near(magnification, z * z * z / 5, 1e-6); /* of dx = z du and dz = z^2/5 dv */
    }
    struct plane_point mapped = {7, 7};
    double magnification = 7;
    assert_true(perspective_map(&map, (struct plane_point){0, 5 / 79.0}, &mapped, &magnification));
    assert_false(
        perspective_map(&map, (struct plane_point){0, 5 / 81.0}, &mapped, &magnification)); /* too far */
    assert_false(
        perspective_map(&map, (struct plane_point){0, 0}, &mapped, &magnification)); /* the horizon */
    assert_false(perspective_map(&map, (struct plane_point){0, -.1}, &mapped, &magnification)); /* the sky */
    assert_near(mapped.y, 79, 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_opposite_sides_make_a_rectangle),
        cmocka_unit_test(two_equal_sides_make_a_road_that_narrows),
        cmocka_unit_test(any_sides_are_kept),
        cmocka_unit_test(sides_that_do_not_meet_make_nothing),
        cmocka_unit_test(only_convex_figures_are_places),
        cmocka_unit_test(corners_are_mapped_to_corners),
        cmocka_unit_test(the_way_ahead_is_metres),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

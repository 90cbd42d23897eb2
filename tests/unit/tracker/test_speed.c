/* Walkers and cars of known speed, as cameras at several heights would see them, at several rates, with boxes that jitter. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/speed.h"

#define NS_PER_S 1e9
#define ASPECT   (1280.0 / 720.0)

/* A camera above the ground that looks down: metres to shares of the picture. */
struct camera {
    double height, pitch; /* metres, radians */
    double focal;         /* heights of the picture */
};

static const struct camera cameras[] = {
    {3, .25, .9},  /* beside a door */
    {6, .45, .8},  /* at the roof of a house */
    {12, .7, 1.2}, /* a mast */
    {4, 1.35, .6}, /* almost from above */
};
enum { CAMERAS = sizeof(cameras) / sizeof(cameras[0]) };

static struct plane_point seen(const struct camera *camera, double x, double z)
{
    const double forward = z * cos(camera->pitch) + camera->height * sin(camera->pitch);
    const double down = camera->height * cos(camera->pitch) - z * sin(camera->pitch);
    return (struct plane_point){.5 + camera->focal * x / forward / ASPECT,
                                .5 + camera->focal * down / forward};
}

/* A rectangle on the ground about the middle of the picture, by its sides alone, as it is written in camd.ini. */
static double middle_of(const struct camera *camera)
{
    return camera->height / tan(camera->pitch);
}

/* How far away that is from the camera. */
static double distance_of(const struct camera *camera)
{
    return camera->height / sin(camera->pitch);
}

static void measured_ground(const struct camera *camera, struct perspective *ground)
{
    const double middle = middle_of(camera), half = .25 * distance_of(camera), near = middle - half,
                 far = middle + half;
    const double width = 2.4 * half;
    const struct quadrilateral picture = {{seen(camera, -width / 2, far), seen(camera, width / 2, far),
                                           seen(camera, width / 2, near), seen(camera, -width / 2, near)}};
    struct quadrilateral sides;
    assert_true(quadrilateral_is_convex(&picture));
    assert_true(quadrilateral_of_sides((const double[]){width, 2 * half, width, 2 * half}, &sides));
    perspective_make(ground, &picture, &sides);
}

static uint32_t state_of_jitter;

/* About a normal distribution with a deviation of 1, always the same. */
static double jitter(void)
{
    double sum = 0;
    for (int i = 0; i < 12; i++) {
        state_of_jitter = state_of_jitter * 1664525u + 1013904223u;
        sum += state_of_jitter / 4294967296.0;
    }
    return sum - 6;
}

/*
 * How wrong the speed is at worst after two seconds, as a share. direction: of the way on the ground. pixels: the
 * jitter's.
 */
static double error_of(const struct camera *camera, double speed, double direction, double fps, double pixels)
{
    struct speed_places places = {0};
    struct perspective ground;
    double worst = 0;
    measured_ground(camera, &ground);
    const int frames = (int)(4 * fps);
    for (int i = 0; i < frames; i++) {
        const double t = i / fps, way = speed * (t - 2);
        struct plane_point at = seen(camera, way * cos(direction), middle_of(camera) + way * sin(direction));
        at.x += pixels * jitter() / 1280;
        at.y += pixels * jitter() / 720;
        const int64_t now_ns = (int64_t)(1e12 + t * NS_PER_S);
        speed_note(&places, now_ns, at.x, at.y);
        const struct speed measured = speed_measure(&places, &ground, ASPECT, now_ns);
        if (t < 2)
            continue;
        assert_true(measured.known);
        worst = fmax(worst, fabs(measured.value - speed) / speed);
    }
    return worst;
}

static const double rates[] = {25, 12.5, 5};
static const double directions[] = {0, .6, 1.5708, 2.5, 3.7, 4.7};

static void a_walker_is_as_fast_as_it_is(void **state)
{
    (void)state;
    for (int c = 0; c < CAMERAS; c++)
        for (int r = 0; r < 3; r++)
            for (int d = 0; d < 6; d++) {
                const double speed =
                    .06 * distance_of(&cameras[c]); /* two seconds and more within the zone */
                const double error = error_of(&cameras[c], speed, directions[d], rates[r], 0);
                if (error > 1e-5)
                    fail_msg("camera %d at %g fps to %g: %g wrong", c, rates[r], directions[d], error);
            }
}

/* A pixel up or down, which is what detectors' boxes do; a few hundredths of a walker's speed, in any direction. */
static void boxes_that_jitter_change_little(void **state)
{
    (void)state;
    static const double within[] = {.04, .05, .06};
    for (int c = 0; c < CAMERAS; c++)
        for (int r = 0; r < 3; r++)
            for (int d = 0; d < 6; d++) {
                state_of_jitter = 7;
                const double error =
                    error_of(&cameras[c], .1 * distance_of(&cameras[c]), directions[d], rates[r], 1);
                if (error > within[r])
                    fail_msg("camera %d at %g fps to %g: %g wrong", c, rates[r], directions[d], error);
            }
}

static struct speed after(struct speed_places *places, const struct perspective *ground, const double *times,
                          int count)
{
    struct speed speed = {0};
    for (int i = 0; i < count; i++) {
        const struct plane_point at = seen(&cameras[1], times[i] * 1.5 - 3, middle_of(&cameras[1]));
        speed_note(places, (int64_t)(times[i] * NS_PER_S), at.x, at.y);
        speed = speed_measure(places, ground, ASPECT, (int64_t)(times[i] * NS_PER_S));
    }
    return speed;
}

static void time_counts_and_not_frames(void **state)
{
    (void)state;
    static const double uneven[] = {0, .04, .5, .55, .9, 1.7, 1.74, 2}, slow[] = {0, 1, 2},
                        slower[] = {0, 2, 4};
    struct perspective ground;
    measured_ground(&cameras[1], &ground);
    const struct {
        const double *times;
        int count;
    } cases[] = {{uneven, 8}, {slow, 3}, {slower, 3}};
    for (size_t i = 0; i < 3; i++) {
        struct speed_places places = {0};
        const struct speed speed = after(&places, &ground, cases[i].times, cases[i].count);
        assert_true(speed.known);
        assert_true(fabs(speed.value - 1.5) < 1e-6);
        assert_true(speed.direction < 1e-6 || speed.direction > 360 - 1e-6);
    }
}

static void little_is_not_enough(void **state)
{
    (void)state;
    static const double two[] = {0, 1}, soon[] = {0, .1, .2, .3}, far_apart[] = {0, 4, 8};
    struct perspective ground;
    measured_ground(&cameras[1], &ground);
    struct speed_places places = {0};
    assert_false(speed_measure(&places, &ground, ASPECT, 0).known);
    assert_false(after(&places, &ground, two, 2).known);
    memset(&places, 0, sizeof(places));
    assert_false(after(&places, &ground, soon, 4).known);
    memset(&places, 0, sizeof(places));
    assert_false(after(&places, &ground, far_apart, 3).known);
}

/* Where it was long ago says nothing of how fast it is. */
static void what_is_old_is_forgotten(void **state)
{
    (void)state;
    static const double times[] = {0, .2, .4, .6, .8, 1};
    struct perspective ground;
    struct speed_places places = {0};
    measured_ground(&cameras[1], &ground);
    assert_true(after(&places, &ground, times, 6).known);
    assert_true(speed_measure(&places, &ground, ASPECT, (int64_t)(2.9 * NS_PER_S)).known);
    assert_false(speed_measure(&places, &ground, ASPECT, (int64_t)(3.1 * NS_PER_S)).known);
    /* it stands still now */
    struct speed speed = {0};
    for (int i = 0; i < 30; i++) {
        const struct plane_point at = seen(&cameras[1], -1.5, middle_of(&cameras[1]));
        const int64_t now_ns = (int64_t)((1.2 + i * .2) * NS_PER_S);
        speed_note(&places, now_ns, at.x, at.y);
        speed = speed_measure(&places, &ground, ASPECT, now_ns);
        assert_true(speed.known);
    }
    assert_true(speed.value < 1e-6);
}

static void directions_are_those_of_the_picture(void **state)
{
    (void)state;
    struct perspective ground;
    measured_ground(&cameras[1], &ground);
    for (int angle = 0; angle < 360; angle += 30) {
        struct speed_places places = {0};
        struct speed speed = {0};
        for (int i = 0; i < 8; i++) {
            const double way = .01 * i, radians = angle * 3.14159265358979 / 180;
            speed_note(&places, i * INT64_C(200000000), .5 + way * cos(radians) / ASPECT,
                       .5 + way * sin(radians));
            speed = speed_measure(&places, &ground, ASPECT, i * INT64_C(200000000));
        }
        assert_true(speed.known);
        if (fabs(remainder(speed.direction - angle, 360)) > 1e-6)
            fail_msg("%g, not %d", speed.direction, angle);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walker_is_as_fast_as_it_is), cmocka_unit_test(boxes_that_jitter_change_little),
        cmocka_unit_test(time_counts_and_not_frames),   cmocka_unit_test(little_is_not_enough),
        cmocka_unit_test(what_is_old_is_forgotten),     cmocka_unit_test(directions_are_those_of_the_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

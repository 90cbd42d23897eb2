/* By how much a picture is brighter than its scene: only when all of it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tracker/exposure.h"

enum { BLACK = 16, SAMPLES = 1000 };

/* Levels from 40 to 139, of which the first share is so many times as bright. */
static struct exposure_samples samples_of(float times, double share)
{
    struct exposure_samples samples = {0};
    for (int i = 0; i < SAMPLES; i++) {
        const float scene = (float)(40 + i * 37 % 100), by = i < share * SAMPLES ? times : 1.0F;
        exposure_add(&samples, scene, BLACK + (scene - BLACK) * by);
    }
    return samples;
}

static float corrected(float times, double share)
{
    const struct exposure_samples samples = samples_of(times, share);
    return exposure_correction(&samples);
}

static void another_exposure_is_taken_out(void **state)
{
    (void)state;
    assert_float_equal(corrected(1.0F, 1.0), 1.0F, 0.0F);
    for (float times = 0.3F; times < 3.2F; times += 0.1F) {
        const float left = times * corrected(times, 1.0);
        assert_float_equal(left, 1.0F, 0.09F);
        assert_true(times > 0.94F || left < 1.01F); /* not more than there was */
    }
}

/* Headlights, or somebody near the camera: the rest is as it was, and half of all does not tell which half it is. */
static void a_part_that_is_brighter_is_no_exposure(void **state)
{
    (void)state;
    assert_float_equal(corrected(1.6F, 0.45), 1.0F, 0.0F);
    assert_float_equal(corrected(0.5F, 0.3), 1.0F, 0.0F);
    assert_float_equal(1.6F * corrected(1.6F, 0.8), 1.0F, 0.09F);
}

static void what_is_black_or_too_little_tells_nothing(void **state)
{
    (void)state;
    struct exposure_samples samples = {0};
    assert_float_equal(exposure_correction(&samples), 1.0F, 0.0F);
    for (int i = 0; i < SAMPLES; i++) {
        exposure_add(&samples, 20, 30);
        exposure_add(&samples, 100, BLACK);
        exposure_add(&samples, 255, 110);
        exposure_add(&samples, 110, 255);
    }
    assert_int_equal(samples.count, 0);
    for (int i = 0; i < 20; i++)
        exposure_add(&samples, 100, 200);
    assert_float_equal(exposure_correction(&samples), 1.0F, 0.0F);
    for (int i = 0; i < SAMPLES; i++)
        exposure_add(&samples, 28, 255); /* beyond what is told apart */
    assert_float_equal(exposure_correction(&samples), 1.0F, 0.0F);
    /* nor do places agree that are 4, 6 and 10 times as dark */
    samples = (struct exposure_samples){0};
    for (int i = 0; i < SAMPLES; i++)
        exposure_add(&samples, 216, BLACK + 200.0F / (i % 3 == 0 ? 4.1F : i % 3 == 1 ? 6.0F : 10.0F));
    assert_float_equal(exposure_correction(&samples), 1.0F, 0.0F);
}

static void black_and_grey_stay_what_they_are(void **state)
{
    (void)state;
    float y[] = {16, 116, 66}, u[] = {128, 148, 108}, v[] = {128, 128, 168};
    exposure_correct(y, u, v, 3, 0.5F);
    assert_float_equal(y[0], 16, 0.01);
    assert_float_equal(y[1], 66, 0.01);
    assert_float_equal(y[2], 41, 0.01);
    assert_float_equal(u[0], 128, 0.01);
    assert_float_equal(u[1], 138, 0.01);
    assert_float_equal(u[2], 118, 0.01);
    assert_float_equal(v[2], 148, 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_exposure_is_taken_out),
        cmocka_unit_test(a_part_that_is_brighter_is_no_exposure),
        cmocka_unit_test(what_is_black_or_too_little_tells_nothing),
        cmocka_unit_test(black_and_grey_stay_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

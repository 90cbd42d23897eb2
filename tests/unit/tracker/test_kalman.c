/* The filter of one coordinate: the reference's numbers, and what the reference gets wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "tracker/kalman.h"

static const struct kalman_noise NOISE = {.measurement = 3.4, .process = 0.1};

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.6f is not %.6f", value, expected);
}

/* A box that moves 10 pixels a frame, its left side first at 100 (spec/test-vectors). */
static void numbers_are_the_references(void **state)
{
    (void)state;
    static const double positions[] = {107.6552, 114.7877, 124.2435, 135.1431, 146.3539};
    static const double velocities[] = {0.6897, 2.6297, 5.1462, 7.1505, 8.4377};
    struct kalman filter;
    kalman_start(&filter, 100.0);
    for (int i = 0; i < 5; i++) {
        kalman_predict(&filter, &NOISE);
        kalman_update(&filter, &NOISE, 110.0 + 10.0 * i);
        assert_near(filter.position, positions[i], 5e-5);
        assert_near(filter.velocity, velocities[i], 5e-5);
        if (i == 0) {
            assert_near(filter.position_variance, 2.60276, 5e-6);
            assert_near(filter.covariance, 0.23448, 5e-6);
            assert_near(filter.velocity_variance, 1.03103, 5e-6);
        }
    }
    assert_near(filter.position_variance, 1.79138, 5e-6);
    assert_near(filter.covariance, 0.56791, 5e-6);
    assert_near(filter.velocity_variance, 0.45757, 5e-6);
}

/* The reference's variances stand still while nothing is measured: after a gap it trusts its guess too much. */
static void a_measurement_after_a_gap_counts_for_more(void **state)
{
    (void)state;
    double moved[2];
    for (int gap = 0; gap < 2; gap++) {
        struct kalman filter;
        kalman_start(&filter, 100.0);
        for (int i = 0; i < 20; i++) {
            kalman_predict(&filter, &NOISE);
            kalman_update(&filter, &NOISE, 100.0);
        }
        for (int i = 0; i <= gap * 20; i++)
            kalman_predict(&filter, &NOISE);
        double before = filter.position;
        kalman_update(&filter, &NOISE, before + 10.0);
        moved[gap] = filter.position - before;
    }
    assert_true(moved[0] > 0.0 && moved[0] < 7.0);
    assert_true(moved[1] > 9.0 && moved[1] <= 10.0);
}

/* With noise constant it settles: the variances converge and stay positive for any length of time. */
static void variances_settle(void **state)
{
    (void)state;
    struct kalman filter, before = {0};
    kalman_start(&filter, 0.0);
    for (int i = 0; i < 100000; i++) {
        before = filter;
        kalman_predict(&filter, &NOISE);
        kalman_update(&filter, &NOISE, i % 2 ? 5.0 : -5.0);
    }
    assert_near(filter.position_variance, before.position_variance, 1e-9);
    assert_true(filter.position_variance > 0.0 && filter.velocity_variance > 0.0);
    assert_true(fabs(filter.position) < 5.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_the_references),
        cmocka_unit_test(a_measurement_after_a_gap_counts_for_more),
        cmocka_unit_test(variances_settle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The filter of one coordinate: time in seconds, and what passes without a measurement. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "tracker/kalman.h"

static const struct kalman_noise NOISE = {.walk = 100.0, .acceleration = 900.0};

static const double MEASURED = 25.0; /* variance */

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.9f is not %.9f", value, expected);
}

static struct kalman begin(void)
{
    struct kalman filter;
    kalman_start(&filter, 100.0, MEASURED, 40000.0);
    return filter;
}

/* By hand: a second at once, from variances of 25 and 40000. */
static void a_second_adds_what_was_said(void **state)
{
    (void)state;
    struct kalman filter = begin();
    filter.velocity = 7.0;
    kalman_predict(&filter, &NOISE, 1.0);
    assert_near(filter.position, 107.0, 1e-12);
    assert_near(filter.position_variance, 25.0 + 40000.0 + 100.0 + 300.0, 1e-9);
    assert_near(filter.covariance, 40000.0 + 450.0, 1e-9);
    assert_near(filter.velocity_variance, 40900.0, 1e-9);
    kalman_update(&filter, 107.0 + 40450.0, MEASURED);
    assert_near(filter.position, 107.0 + 40425.0, 1e-6);
    assert_near(filter.velocity, 7.0 + 40450.0, 1e-6);
    assert_near(filter.position_variance, 40425.0 * 25.0 / 40450.0, 1e-6);
    assert_near(filter.covariance, 25.0, 1e-6);
    assert_near(filter.velocity_variance, 40900.0 - 40450.0, 1e-6);
}

/* Tracks lagged at 5 frames a second: what a frame added was the same, whatever time had passed. */
static void steps_of_any_length_add_up(void **state)
{
    (void)state;
    struct kalman whole = begin(), parts = begin();
    whole.velocity = parts.velocity = 50.0;
    kalman_predict(&whole, &NOISE, 0.2);
    for (int i = 0; i < 5; i++)
        kalman_predict(&parts, &NOISE, 0.04);
    assert_near(parts.position, whole.position, 1e-9);
    assert_near(parts.position_variance, whole.position_variance, 1e-6);
    assert_near(parts.covariance, whole.covariance, 1e-6);
    assert_near(parts.velocity_variance, whole.velocity_variance, 1e-6);
    struct kalman before = whole;
    kalman_predict(&whole, &NOISE, 0.0);
    assert_near(whole.position_variance, before.position_variance, 0.0);
}

/* What starts to move is followed as closely at 5 frames a second as at 25, in seconds. */
static void follows_alike_at_any_rate(void **state)
{
    (void)state;
    static const double rates[] = {5.0, 12.5, 25.0};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct kalman filter = begin();
        for (int frame = 1; frame <= (int)(2.0 * rates[i]); frame++) {
            kalman_predict(&filter, &NOISE, 1.0 / rates[i]);
            kalman_update(&filter, 100.0 + 80.0 * frame / rates[i], MEASURED);
        }
        assert_near(filter.velocity, 80.0, 2.0);
        assert_near(filter.position, 260.0, 1.0);
    }
}

/* The reference's variances stand still while nothing is measured: after a gap it trusts its guess too much. */
static void a_measurement_after_a_gap_counts_for_more(void **state)
{
    (void)state;
    double moved[2];
    for (int gap = 0; gap < 2; gap++) {
        struct kalman filter = begin();
        for (int i = 0; i < 20; i++) {
            kalman_predict(&filter, &NOISE, 0.1);
            kalman_update(&filter, 100.0, MEASURED);
        }
        kalman_predict(&filter, &NOISE, gap == 0 ? 0.1 : 2.0);
        double before = filter.position;
        kalman_update(&filter, before + 10.0, MEASURED);
        moved[gap] = filter.position - before;
    }
    assert_true(moved[0] > 0.0 && moved[0] < 7.0);
    assert_true(moved[1] > 9.0 && moved[1] <= 10.0);
}

/* With noise constant it settles: the variances converge and stay positive for any length of time. */
static void variances_settle(void **state)
{
    (void)state;
    struct kalman filter = begin(), before = {0};
    for (int i = 0; i < 100000; i++) {
        before = filter;
        kalman_predict(&filter, &NOISE, 0.04);
        kalman_update(&filter, i % 2 ? 105.0 : 95.0, MEASURED);
    }
    assert_near(filter.position_variance, before.position_variance, 1e-9);
    assert_true(filter.position_variance > 0.0 && filter.velocity_variance > 0.0);
    assert_true(fabs(filter.position - 100.0) < 5.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_adds_what_was_said),
        cmocka_unit_test(steps_of_any_length_add_up),
        cmocka_unit_test(follows_alike_at_any_rate),
        cmocka_unit_test(a_measurement_after_a_gap_counts_for_more),
        cmocka_unit_test(variances_settle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

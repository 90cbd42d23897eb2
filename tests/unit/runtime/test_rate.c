#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/runtime.h"

static const int64_t second_ns = 1000000000;
static const int64_t start_ns = 5000000000000;

/* The vectors of the reference's EventsPerSecond. */
static void test_no_event_is_0(void **state)
{
    const struct worker_rate rate = {0};
    (void)state;
    assert_true(worker_rate_value(&rate, start_ns) == 0);
}

static void test_five_events_at_one_a_second_are_1(void **state)
{
    struct worker_rate rate = {.start_ns = start_ns};
    (void)state;
    for (int64_t i = 1; i <= 5; i++)
        worker_rate_update(&rate, start_ns + i * second_ns);
    assert_true(worker_rate_value(&rate, start_ns + 5 * second_ns) == 1.0);
}

static void test_ten_events_are_forgotten_after_100_s(void **state)
{
    struct worker_rate rate = {0};
    (void)state;
    for (int64_t i = 0; i < 10; i++)
        worker_rate_update(&rate, start_ns + i * second_ns);
    assert_true(worker_rate_value(&rate, start_ns + 109 * second_ns) == 0);
}

static void test_the_first_event_starts_the_clock(void **state)
{
    struct worker_rate rate = {0};
    (void)state;
    worker_rate_update(&rate, start_ns);
    assert_true(rate.start_ns == start_ns);
    assert_true(worker_rate_value(&rate, start_ns) == 1.0); /* no time passed: counts as a second */
    worker_rate_update(&rate, start_ns + second_ns / 2);
    assert_true(worker_rate_value(&rate, start_ns + second_ns / 2) == 2.0);
    worker_rate_update(&rate, start_ns + 2 * second_ns);
    assert_true(worker_rate_value(&rate, start_ns + 2 * second_ns) == 1.5);
}

/* Status showed 127210.3 tracked frames a second right after the first one. */
static void test_the_first_moment_is_no_rate_of_thousands(void **state)
{
    struct worker_rate rate = {0};
    (void)state;
    worker_rate_update(&rate, start_ns);
    assert_true(worker_rate_value(&rate, start_ns + 7861) == 1.0);
}

static void test_the_window_is_ten_seconds(void **state)
{
    struct worker_rate rate = {0};
    (void)state;
    for (int64_t i = 0; i < 500; i++) { /* ten a second, for 50 s */
        worker_rate_update(&rate, start_ns + i * second_ns / 10);
    }
    /* at 49.9 s: stamps from 39.9 s on, both ends included, over 10 s */
    assert_true(worker_rate_value(&rate, start_ns + 499 * second_ns / 10) == 10.1);
    assert_true(rate.count == 101);
    assert_true(worker_rate_value(&rate, start_ns + 549 * second_ns / 10) == 5.1);
    assert_true(worker_rate_value(&rate, start_ns + 599 * second_ns / 10) == 0.1);
    assert_true(worker_rate_value(&rate, start_ns + 600 * second_ns / 10) == 0);
}

static void test_only_1000_stamps_are_kept(void **state)
{
    struct worker_rate rate = {0};
    (void)state;
    for (int64_t i = 0; i < 2500; i++) { /* 500 a second, for 5 s */
        worker_rate_update(&rate, start_ns + i * second_ns / 500);
    }
    assert_int_equal(rate.count, 1000);
    assert_true(worker_rate_value(&rate, start_ns + 5 * second_ns) == 200.0);
    assert_true(worker_rate_value(&rate, start_ns + 20 * second_ns) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_event_is_0),
        cmocka_unit_test(test_five_events_at_one_a_second_are_1),
        cmocka_unit_test(test_ten_events_are_forgotten_after_100_s),
        cmocka_unit_test(test_the_first_event_starts_the_clock),
        cmocka_unit_test(test_the_first_moment_is_no_rate_of_thousands),
        cmocka_unit_test(test_the_window_is_ten_seconds),
        cmocka_unit_test(test_only_1000_stamps_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

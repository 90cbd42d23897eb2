#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/throttle.h"

static void test_a_burst_passes_and_the_rest_is_counted(void **state)
{
    struct throttle throttle;
    (void)state;
    throttle_init(&throttle, 10, 5, 1000);
    for (int i = 0; i < 5; i++)
        assert_true(throttle_pass(&throttle, 1000));
    for (int i = 0; i < 3; i++)
        assert_false(throttle_pass(&throttle, 1000));
    assert_int_equal(throttle_take_dropped(&throttle), 3);
    assert_int_equal(throttle_take_dropped(&throttle), 0);
}

static void test_it_fills_at_its_rate(void **state)
{
    struct throttle throttle;
    (void)state;
    throttle_init(&throttle, 10, 1, 0);
    assert_true(throttle_pass(&throttle, 0));
    assert_false(throttle_pass(&throttle, 99));
    assert_true(throttle_pass(&throttle, 100));
    assert_false(throttle_pass(&throttle, 100));
}

/* Asked every millisecond it must give as much as asked once a second. */
static void test_often_asked_gives_no_less(void **state)
{
    struct throttle throttle;
    int passed = 0;
    (void)state;
    throttle_init(&throttle, 20, 1, 0);
    for (int64_t ms = 0; ms < 10000; ms++)
        passed += throttle_pass(&throttle, ms);
    assert_in_range(passed, 200, 201);
}

static void test_a_long_pause_fills_it_no_more_than_to_its_burst(void **state)
{
    struct throttle throttle;
    (void)state;
    throttle_init(&throttle, 1000, 3, 0);
    while (throttle_pass(&throttle, 0))
        ;
    for (int i = 0; i < 3; i++)
        assert_true(throttle_pass(&throttle, INT64_MAX));
    assert_false(throttle_pass(&throttle, INT64_MAX));
}

static void test_a_clock_that_steps_back_gives_nothing(void **state)
{
    struct throttle throttle;
    (void)state;
    throttle_init(&throttle, 1000, 1, 5000);
    assert_true(throttle_pass(&throttle, 5000));
    assert_false(throttle_pass(&throttle, 1000));
}

static void test_those_who_wait_lose_nothing(void **state)
{
    struct throttle throttle;
    int64_t now_ms = 0;
    (void)state;
    throttle_init(&throttle, 3, 2, 0);
    for (int i = 0; i < 32; i++) {
        now_ms += throttle_wait_ms(&throttle, now_ms);
        assert_int_equal(throttle_wait_ms(&throttle, now_ms), 0);
        assert_true(throttle_pass(&throttle, now_ms));
    }
    assert_int_equal(now_ms, 10000);
    assert_int_equal(throttle_wait_ms(&throttle, now_ms), 334);
    throttle_fill(&throttle);
    assert_int_equal(throttle_wait_ms(&throttle, now_ms), 0);
    assert_int_equal(throttle_take_dropped(&throttle), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_burst_passes_and_the_rest_is_counted),
        cmocka_unit_test(test_it_fills_at_its_rate),
        cmocka_unit_test(test_often_asked_gives_no_less),
        cmocka_unit_test(test_a_long_pause_fills_it_no_more_than_to_its_burst),
        cmocka_unit_test(test_a_clock_that_steps_back_gives_nothing),
        cmocka_unit_test(test_those_who_wait_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

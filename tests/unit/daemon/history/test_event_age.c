/* By which time events are too old, whatever the wall clock does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "daemon/history/event_age.h"

#define NOON_NS (INT64_C(1800000000) * CLOCK_NS_PER_S)
#define HOUR_NS (INT64_C(3600) * CLOCK_NS_PER_S)
#define DAY_NS  (24 * HOUR_NS)
#define YEAR_NS (366 * DAY_NS)
#define KEEP_NS (30 * DAY_NS)

static void test_it_is_the_clock_s_while_that_goes_on(void **state)
{
    struct event_age age = {0};
    (void)state;
    assert_true(event_age_look(&age, KEEP_NS, NOON_NS, 0) == NOON_NS);
    assert_true(event_age_look(&age, KEEP_NS, NOON_NS + HOUR_NS + 300, HOUR_NS) == NOON_NS + HOUR_NS + 300);
    /* it was off for some days, or the clock was set by as much */
    assert_true(event_age_look(&age, KEEP_NS, NOON_NS + 7 * DAY_NS, 0) == NOON_NS + 7 * DAY_NS);
    assert_true(event_age_look(&age, KEEP_NS, NOON_NS + 2 * DAY_NS, HOUR_NS) == NOON_NS + 2 * DAY_NS);
}

/* A clock that had been ahead by years for an hour was believed, and all that was stored went. */
static void test_it_goes_on_by_what_has_passed_while_the_clock_is_ahead(void **state)
{
    struct event_age age = {0};
    (void)state;
    event_age_look(&age, KEEP_NS, NOON_NS, 0);
    for (int64_t hours = 1; hours <= 24; hours++)
        assert_true(event_age_look(&age, KEEP_NS, NOON_NS + 10 * YEAR_NS + hours * HOUR_NS, HOUR_NS) ==
                    NOON_NS + hours * HOUR_NS);
    const int64_t tomorrow_ns = NOON_NS + 25 * HOUR_NS; /* it is set right */
    assert_true(event_age_look(&age, KEEP_NS, tomorrow_ns, HOUR_NS) == tomorrow_ns);
    assert_true(age.doubted_ns == 0);
}

/* The first of these starts stored events, by which the second one went. */
static void test_starts_with_a_clock_that_is_ahead_are_no_time(void **state)
{
    struct event_age age = {0};
    (void)state;
    event_age_guess(&age, KEEP_NS, NOON_NS - 20 * DAY_NS, NOON_NS);
    for (int starts = 0; starts < 100; starts++)
        assert_true(event_age_look(&age, KEEP_NS, NOON_NS + 10 * YEAR_NS, 0) == NOON_NS);
}

/* Else all that is stored after a machine was off for long would stay for ever. */
static void test_it_joins_the_clock_when_events_have_been_kept_for_long_enough(void **state)
{
    struct event_age age = {0};
    int64_t wall_ns = NOON_NS + 2 * YEAR_NS, days = 0;
    (void)state;
    event_age_look(&age, KEEP_NS, NOON_NS, 0);
    event_age_look(&age, KEEP_NS, wall_ns, 0);
    for (bool has_joined = false; !has_joined; days++) {
        wall_ns += DAY_NS;
        has_joined = event_age_look(&age, KEEP_NS, wall_ns, DAY_NS) == wall_ns;
    }
    assert_int_equal(days, 30);
    assert_true(age.doubted_ns == 0);
}

/* One that had been ahead by years, was set right and then jumped by weeks was believed: what was stored meanwhile went at once. */
static void test_while_the_clock_is_behind_nothing_is_too_old(void **state)
{
    struct event_age age = {0};
    (void)state;
    event_age_look(&age, KEEP_NS, NOON_NS, 0);
    assert_true(event_age_look(&age, KEEP_NS, NOON_NS - YEAR_NS, 0) == 0);
    assert_true(event_age_look(&age, KEEP_NS, NOON_NS - YEAR_NS + 40 * DAY_NS, HOUR_NS) == 0);
    assert_true(event_age_look(&age, KEEP_NS, NOON_NS + 2 * HOUR_NS, HOUR_NS) == NOON_NS + 2 * HOUR_NS);
    const int64_t behind_ns = NOON_NS - YEAR_NS; /* for so long that it is believed */
    event_age_look(&age, KEEP_NS, behind_ns, 0);
    assert_true(event_age_look(&age, KEEP_NS, behind_ns + KEEP_NS, KEEP_NS) == behind_ns + KEEP_NS);
}

static void test_there_is_none_before_the_clock_is_set(void **state)
{
    struct event_age age = {0};
    (void)state;
    assert_true(event_age_look(&age, KEEP_NS, HOUR_NS, 0) == 0);
    assert_true(event_age_look(&age, KEEP_NS, 2 * HOUR_NS, HOUR_NS) == 0);
    assert_true(event_age_look(&age, KEEP_NS, NOON_NS, HOUR_NS) == NOON_NS);
}

/* A file of an earlier camd, whose last events a clock that was ahead has dated. */
static void test_events_that_span_more_than_they_are_kept_say_that_the_clock_jumped(void **state)
{
    struct event_age age;
    (void)state;
    event_age_guess(&age, KEEP_NS, NOON_NS, NOON_NS + 10 * YEAR_NS);
    assert_true(event_age_look(&age, KEEP_NS, NOON_NS + 10 * YEAR_NS, 0) == NOON_NS);
    event_age_guess(&age, KEEP_NS, 0, 0);
    assert_true(event_age_look(&age, KEEP_NS, NOON_NS, 0) == NOON_NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_the_clock_s_while_that_goes_on),
        cmocka_unit_test(test_it_goes_on_by_what_has_passed_while_the_clock_is_ahead),
        cmocka_unit_test(test_starts_with_a_clock_that_is_ahead_are_no_time),
        cmocka_unit_test(test_it_joins_the_clock_when_events_have_been_kept_for_long_enough),
        cmocka_unit_test(test_while_the_clock_is_behind_nothing_is_too_old),
        cmocka_unit_test(test_there_is_none_before_the_clock_is_set),
        cmocka_unit_test(test_events_that_span_more_than_they_are_kept_say_that_the_clock_jumped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

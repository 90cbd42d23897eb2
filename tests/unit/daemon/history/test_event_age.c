/* Whether the clock is believed when it says that events are too old. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "daemon/history/event_age.h"

#define NOON_NS (INT64_C(1800000000) * CLOCK_NS_PER_S)
#define HOUR_NS (INT64_C(3600) * CLOCK_NS_PER_S)
#define YEAR_NS (INT64_C(366) * 24 * HOUR_NS)

static void test_it_is_at_once_when_it_goes_on_from_what_was_believed(void **state)
{
    struct event_age age = {0}, other = {0};
    (void)state;
    assert_true(event_age_is_known(&age, NOON_NS, NOON_NS + 90 * 24 * HOUR_NS, 5));
    assert_true(event_age_is_known(&other, NOON_NS, NOON_NS - 24 * HOUR_NS, 5));
}

/* All that was stored went when the clock was set ahead by years. */
static void test_one_that_jumps_by_years_is_when_it_stays_there(void **state)
{
    struct event_age age = {0};
    (void)state;
    assert_false(event_age_is_known(&age, NOON_NS, NOON_NS + 10 * YEAR_NS, 0));
    assert_false(event_age_is_known(&age, NOON_NS, NOON_NS + HOUR_NS, HOUR_NS)); /* and is set right */
    assert_true(event_age_is_known(&age, NOON_NS, NOON_NS + 2 * HOUR_NS, 2 * HOUR_NS));
    assert_false(event_age_is_known(&age, NOON_NS, NOON_NS + 10 * YEAR_NS, 3 * HOUR_NS));
    assert_true(event_age_is_known(&age, NOON_NS, NOON_NS + 10 * YEAR_NS + HOUR_NS, 4 * HOUR_NS));
    assert_false(event_age_is_known(&age, NOON_NS, NOON_NS, 5 * HOUR_NS)); /* back */
}

static void test_one_that_was_never_set_is_not(void **state)
{
    struct event_age age = {0};
    (void)state;
    assert_false(event_age_is_known(&age, 0, HOUR_NS, 0));
    assert_false(event_age_is_known(&age, 0, 2 * HOUR_NS, HOUR_NS));
    assert_false(event_age_is_known(&age, 0, NOON_NS, 2 * HOUR_NS));
    assert_true(event_age_is_known(&age, 0, NOON_NS + HOUR_NS, 3 * HOUR_NS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_at_once_when_it_goes_on_from_what_was_believed),
        cmocka_unit_test(test_one_that_jumps_by_years_is_when_it_stays_there),
        cmocka_unit_test(test_one_that_was_never_set_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

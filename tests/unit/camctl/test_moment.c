/* Points in time as people write them, on a clock that stands still. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "camctl/moment.h"

/* 2026-03-29 12:00:00 in Berlin, where the day began an hour before it seems. */
#define NOW_NS (INT64_C(1774778400) * CLOCK_NS_PER_S)

static void expect_as(int64_t now_ns, bool is_end, const char *text, const char *utc)
{
    char written[CLOCK_TEXT_BYTES];
    int64_t wall_ns = 0;
    assert_true(moment_parse(text, now_ns, is_end, &wall_ns));
    clock_format_utc(wall_ns, written);
    assert_string_equal(written, utc);
}

static void expect_at(int64_t now_ns, const char *text, const char *utc)
{
    expect_as(now_ns, false, text, utc);
}

static void expect(const char *text, const char *utc)
{
    expect_at(NOW_NS, text, utc);
}

static void test_before_now(void **state)
{
    (void)state;
    expect("now", "2026-03-29T10:00:00.000Z");
    expect("2h", "2026-03-29T08:00:00.000Z");
    expect("1 h 30 min", "2026-03-29T08:30:00.000Z");
    expect("1d", "2026-03-28T10:00:00.000Z");
    expect("36500d", "1970-01-01T00:00:00.000Z"); /* as early as there was a clock */
}

static void test_days_and_times_of_the_day_are_local(void **state)
{
    (void)state;
    expect("today", "2026-03-28T23:00:00.000Z");
    expect("yesterday", "2026-03-27T23:00:00.000Z");
    expect("07:30", "2026-03-29T05:30:00.000Z");
    expect("07:30:15", "2026-03-29T05:30:15.000Z");
    expect("18:00", "2026-03-28T17:00:00.000Z"); /* still to come today */
    expect("2026-01-31", "2026-01-30T23:00:00.000Z");
    expect("2026-07-01 07:30", "2026-07-01T05:30:00.000Z");
    expect("2026-07-01T07:30:10", "2026-07-01T05:30:10.000Z");
}

/* While an hour came for the second time, a time in it was taken for one of the day before. */
static void test_an_hour_that_comes_twice(void **state)
{
    const int64_t first_ns =
        INT64_C(1792888800) * CLOCK_NS_PER_S; /* 2026-10-25 02:40, before clocks are put back */
    const int64_t second_ns = first_ns + 3600 * CLOCK_NS_PER_S; /* and after it */
    const int64_t morning_ns = first_ns + 6 * 3600 * CLOCK_NS_PER_S;
    (void)state;
    expect_at(first_ns, "02:30", "2026-10-25T00:30:00.000Z");
    expect_at(first_ns, "02:50", "2026-10-24T00:50:00.000Z");
    expect_at(second_ns, "02:50", "2026-10-25T00:50:00.000Z");
    expect_as(first_ns, true, "02:30", "2026-10-25T00:30:00.000Z");
    expect_as(second_ns, true, "02:50", "2026-10-25T00:50:00.000Z");
    /* since and until: of a time of the day, both were the second */
    expect_as(second_ns, false, "02:30", "2026-10-25T00:30:00.000Z");
    expect_as(second_ns, true, "02:30", "2026-10-25T01:30:00.000Z");
    expect_as(morning_ns, false, "02:00", "2026-10-25T00:00:00.000Z");
    expect_as(morning_ns, true, "02:59:59", "2026-10-25T01:59:59.000Z");
    expect_as(morning_ns + 86400 * CLOCK_NS_PER_S, false, "02:30", "2026-10-26T01:30:00.000Z");
    expect_as(morning_ns + 16 * 3600 * CLOCK_NS_PER_S, true, "02:30", "2026-10-25T01:30:00.000Z");
    expect("02:30", "2026-03-29T01:30:00.000Z"); /* which no clock showed */
    /* all that happened while clocks showed it: half of it was left out */
    expect_as(second_ns, false, "2026-10-25 02:00", "2026-10-25T00:00:00.000Z");
    expect_as(second_ns, true, "2026-10-25 02:59", "2026-10-25T01:59:00.000Z");
    expect_as(second_ns, false, "2026-10-25 02:30:15.250", "2026-10-25T00:30:15.250Z");
    expect_as(second_ns, true, "2026-10-25 02:30:15.250", "2026-10-25T01:30:15.250Z");
    expect_as(second_ns, true, "2026-10-25", "2026-10-24T22:00:00.000Z");
    expect_as(second_ns, true, "2026-03-29 02:30", "2026-03-29T01:30:00.000Z");
}

/* What events shows could not be given to it. */
static void test_local_as_it_is_shown(void **state)
{
    (void)state;
    expect("2026-01-31 07:30:15.125", "2026-01-31T06:30:15.125Z");
    expect("2026-07-01 07:30:00.000", "2026-07-01T05:30:00.000Z");
}

static void test_utc_as_it_is_shown(void **state)
{
    (void)state;
    expect("2026-01-31T06:30:00Z", "2026-01-31T06:30:00.000Z");
    expect("2026-01-31T06:30:00.125Z", "2026-01-31T06:30:00.125Z");
}

static void test_what_is_none(void **state)
{
    static const char *const texts[] = {"",
                                        "soon",
                                        "-2h",
                                        "25:00",
                                        "2026-13-01",
                                        "2026-01-31T06:30Z",
                                        "2h ago",
                                        "2026-02-30",
                                        "2026-02-30T07:30:00Z",
                                        "23:59:60",
                                        "2026-12-31 23:59:60",
                                        "2026-12-31T23:59:60Z",
                                        "2026-01-31 07:30:15.",
                                        "2026-01-31 07:30:15.12",
                                        "2026-02-30 07:30:15.125",
                                        "9999-12-31 00:00:00.000",
                                        "9999-12-31",
                                        "9999-12-31T00:00:00Z"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        int64_t wall_ns = 42;
        assert_false(moment_parse(texts[i], NOW_NS, false, &wall_ns));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_now),
        cmocka_unit_test(test_days_and_times_of_the_day_are_local),
        cmocka_unit_test(test_an_hour_that_comes_twice),
        cmocka_unit_test(test_local_as_it_is_shown),
        cmocka_unit_test(test_utc_as_it_is_shown),
        cmocka_unit_test(test_what_is_none),
    };
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1); /* Berlin, on machines without its file, too */
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

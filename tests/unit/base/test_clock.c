#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void assert_utc(int64_t wall_ns, const char *expected)
{
    char text[CLOCK_TEXT_BYTES];
    clock_format_utc(wall_ns, text);
    assert_string_equal(text, expected);
}

static void test_utc_is_written_with_milliseconds(void **state)
{
    (void)state;
    assert_utc(0, "1970-01-01T00:00:00.000Z");
    assert_utc(INT64_C(1769863496789999999), "2026-01-31T12:44:56.789Z");
    assert_utc(INT64_C(951782400) * CLOCK_NS_PER_S, "2000-02-29T00:00:00.000Z");
}

static void test_utc_counts_downwards_before_1970(void **state)
{
    (void)state;
    assert_utc(-1, "1969-12-31T23:59:59.999Z");
    assert_utc(-CLOCK_NS_PER_S, "1969-12-31T23:59:59.000Z");
}

static void test_utc_of_the_extremes_fits(void **state)
{
    (void)state;
    assert_utc(INT64_MAX, "2262-04-11T23:47:16.854Z");
    assert_utc(INT64_MIN, "1677-09-21T00:12:43.145Z");
}

static void test_utc_reads_back(void **state)
{
    static const char *const bad[] = {"",
                                      "2026-01-31T12:44:56.789",
                                      "2026-01-31 12:44:56.789Z",
                                      "2026-02-30T12:44:56.789Z",
                                      "2026-01-31T12:44:56.789Zx",
                                      "9999-01-31T12:44:56.789Z",
                                      "2026-01-31T24:44:56.789Z",
                                      "2026-+1-31T12:44:56.789Z",
                                      "2026-01-31T12: 4:56.789Z",
                                      "2026-01-31T12:44:56.-89Z"};
    int64_t wall_ns = 77;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(clock_parse_utc(bad[i], &wall_ns));
    assert_int_equal(wall_ns, 77);
    assert_true(clock_parse_utc("2026-01-31T12:44:56.789Z", &wall_ns));
    assert_int_equal(wall_ns, INT64_C(1769863496789000000));
}

static void test_local_time_is_that_of_the_machine(void **state)
{
    char text[CLOCK_TEXT_BYTES];
    (void)state;
    setenv("TZ", "XYZ-5:30", 1);
    tzset();
    clock_format_local(INT64_C(1769863496789999999), text);
    assert_string_equal(text, "2026-01-31 18:14:56.789");
}

static void test_monotonic_never_goes_back_and_units_agree(void **state)
{
    int64_t last_ns = clock_monotonic_ns();
    (void)state;
    for (int i = 0; i < 1000; i++) {
        const int64_t now_ns = clock_monotonic_ns();
        assert_true(now_ns >= last_ns);
        last_ns = now_ns;
    }

    const int64_t between_ms = clock_monotonic_ms();

    assert_true(between_ms >= last_ns / CLOCK_NS_PER_MS);
    assert_true(between_ms <= clock_monotonic_ns() / CLOCK_NS_PER_MS);
}

static void test_deadlines_of_a_second_fall_together(void **state)
{
    (void)state;
    assert_int_equal(clock_whole_second_ms(0), 0);
    assert_int_equal(clock_whole_second_ms(1), 1000);
    assert_int_equal(clock_whole_second_ms(999), 1000);
    assert_int_equal(clock_whole_second_ms(1000), 1000);
    assert_int_equal(clock_whole_second_ms(1001), 2000);
}

static void test_wall_clock_is_after_this_was_written(void **state)
{
    (void)state;
    assert_true(clock_wall_ns() > INT64_C(1700000000) * CLOCK_NS_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utc_is_written_with_milliseconds),
        cmocka_unit_test(test_utc_counts_downwards_before_1970),
        cmocka_unit_test(test_utc_of_the_extremes_fits),
        cmocka_unit_test(test_utc_reads_back),
        cmocka_unit_test(test_local_time_is_that_of_the_machine),
        cmocka_unit_test(test_monotonic_never_goes_back_and_units_agree),
        cmocka_unit_test(test_deadlines_of_a_second_fall_together),
        cmocka_unit_test(test_wall_clock_is_after_this_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

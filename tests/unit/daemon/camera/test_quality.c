/* Sums of the last hour and day, with a clock of its own: what is older is forgotten, in constant memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include "daemon/camera/quality.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

static struct quality quality;
static int64_t now_ms;

static int set_up(void **state)
{
    (void)state;
    quality = (struct quality){0};
    now_ms = 1000 * HOUR + 5 * MINUTE + 17;
    return 0;
}

static struct quality_sum sum_of(enum quality_span span)
{
    struct quality_sum sum;
    quality_sum(&quality, span, now_ms, &sum);
    return sum;
}

static void test_it_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(quality) < 320);
}

static void test_counts_are_forgotten_after_their_time(void **state)
{
    (void)state;
    quality_count(&quality, QUALITY_STALLS, now_ms);
    quality_count(&quality, QUALITY_STALLS, now_ms);
    quality_count(&quality, QUALITY_RECONNECTS, now_ms);
    now_ms += 50 * MINUTE;
    assert_int_equal(sum_of(QUALITY_HOUR).counts[QUALITY_STALLS], 2);
    now_ms += 10 * MINUTE;
    assert_int_equal(sum_of(QUALITY_HOUR).counts[QUALITY_STALLS], 0);
    assert_int_equal(sum_of(QUALITY_DAY).counts[QUALITY_STALLS], 2);
    assert_int_equal(sum_of(QUALITY_DAY).counts[QUALITY_RECONNECTS], 1);
    assert_int_equal(sum_of(QUALITY_DAY).counts[QUALITY_OUTAGES], 0);
    now_ms += 24 * HOUR;
    assert_int_equal(sum_of(QUALITY_DAY).counts[QUALITY_STALLS], 0);
}

static void test_totals_are_never_forgotten(void **state)
{
    struct quality_sum total;
    (void)state;
    quality_count(&quality, QUALITY_RECONNECTS, now_ms);
    quality_dark(&quality, now_ms, true, now_ms);
    now_ms += 2 * MINUTE;
    quality_light(&quality, now_ms);
    now_ms += 1000 * HOUR;
    quality_dark(&quality, now_ms, true, now_ms);
    now_ms += MINUTE;
    quality_total(&quality, now_ms, &total);
    assert_int_equal(total.counts[QUALITY_OUTAGES], 2);
    assert_int_equal(total.counts[QUALITY_RECONNECTS], 1);
    assert_int_equal(total.dark_s, 180);
    assert_int_equal(quality.total_dark_s, 120); /* and not counted twice when it ends */
    quality_light(&quality, now_ms);
    assert_int_equal(quality.total_dark_s, 180);
}

static void test_an_outage_is_one_however_often_it_is_tried(void **state)
{
    (void)state;
    const int64_t since_ms = now_ms;
    quality_dark(&quality, since_ms, false, now_ms); /* it starts */
    assert_int_equal(sum_of(QUALITY_HOUR).counts[QUALITY_OUTAGES], 0);
    for (int i = 0; i < 20; i++)
        quality_dark(&quality, since_ms, true, now_ms += SECOND);
    assert_int_equal(sum_of(QUALITY_HOUR).counts[QUALITY_OUTAGES], 1);
    assert_int_equal(sum_of(QUALITY_HOUR).dark_s, 20);
    quality_light(&quality, now_ms);
    now_ms += MINUTE;
    assert_int_equal(sum_of(QUALITY_HOUR).dark_s, 20);
    quality_dark(&quality, now_ms, true, now_ms);
    assert_int_equal(sum_of(QUALITY_HOUR).counts[QUALITY_OUTAGES], 2);
}

static void test_short_ones_add_up(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        quality_dark(&quality, now_ms, true, now_ms);
        quality_light(&quality, now_ms + 250);
        now_ms += SECOND;
    }
    assert_int_equal(sum_of(QUALITY_HOUR).dark_s, 25);
    assert_int_equal(sum_of(QUALITY_DAY).dark_s, 25);
}

static void test_a_long_one_is_shared_out_to_the_steps_that_it_lasted(void **state)
{
    (void)state;
    quality_dark(&quality, now_ms, true, now_ms);
    now_ms += 10 * HOUR;
    assert_in_range(sum_of(QUALITY_HOUR).dark_s, 50 * 60, 60 * 60);
    assert_in_range(sum_of(QUALITY_DAY).dark_s, 10 * 3600 - 5, 10 * 3600 + 5);
    quality_light(&quality, now_ms);
    now_ms += 30 * MINUTE;
    assert_in_range(sum_of(QUALITY_HOUR).dark_s, 20 * 60, 30 * 60);
    now_ms += 17 * HOUR; /* what is left of it began within the last day */
    assert_in_range(sum_of(QUALITY_DAY).dark_s, 4 * 3600, 7 * 3600);
    now_ms += 10 * HOUR;
    assert_int_equal(sum_of(QUALITY_DAY).dark_s, 0);
    assert_int_equal(sum_of(QUALITY_HOUR).dark_s, 0);
}

static void test_a_week_of_darkness_is_a_day(void **state)
{
    (void)state;
    quality_dark(&quality, now_ms, true, now_ms);
    now_ms += 7 * 24 * HOUR;
    assert_in_range(sum_of(QUALITY_DAY).dark_s, 22 * 3600, 24 * 3600);
    quality_light(&quality, now_ms);
    assert_in_range(sum_of(QUALITY_DAY).dark_s, 22 * 3600, 24 * 3600);
}

static void test_the_bit_rate_is_that_of_the_time_that_was_measured(void **state)
{
    (void)state;
    uint64_t bytes = 777;
    assert_true(sum_of(QUALITY_HOUR).kilobits_a_second < 0);
    for (int i = 0; i < 60; i++) {
        quality_bytes(&quality, bytes, now_ms);
        now_ms += 20 * SECOND;
        bytes += 20 * 125001; /* a megabit a second, and a little that makes no kilobyte */
    }
    assert_in_range((int)sum_of(QUALITY_HOUR).kilobits_a_second, 999, 1001);
    quality_bytes_end(&quality);
    now_ms += 10 * MINUTE; /* nothing came, and nothing was to come */
    bytes += 5;
    quality_bytes(&quality, bytes, now_ms);
    assert_in_range((int)sum_of(QUALITY_HOUR).kilobits_a_second, 999, 1001);
    assert_in_range((int)sum_of(QUALITY_DAY).kilobits_a_second, 999, 1001);
}

static void test_a_count_that_begins_again_and_one_that_is_nonsense(void **state)
{
    (void)state;
    quality_bytes(&quality, 5000000, now_ms);
    quality_bytes(&quality, 1250000, now_ms += 10 * SECOND); /* new segments */
    assert_in_range((int)sum_of(QUALITY_HOUR).kilobits_a_second, 999, 1001);
    quality_bytes(&quality, UINT64_MAX, now_ms += 10 * SECOND);
    quality_bytes(&quality, 0, now_ms += 10 * SECOND);
    assert_true(sum_of(QUALITY_HOUR).kilobits_a_second <= 1000);
}

/* As fast as is still believed, until a step of the day has more kilobytes than its counter. */
static void test_a_rate_that_nobody_has_makes_no_small_one(void **state)
{
    const uint64_t bytes_a_minute = UINT64_C(1250000) * MINUTE;
    uint64_t bytes = 0;
    (void)state;
    for (int minute = 0; minute < 100; minute++) {
        quality_bytes(&quality, bytes, now_ms += MINUTE);
        bytes += bytes_a_minute;
    }
    assert_true(sum_of(QUALITY_DAY).kilobits_a_second > sum_of(QUALITY_HOUR).kilobits_a_second / 2.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_it_is_small, set_up),
        cmocka_unit_test_setup(test_a_rate_that_nobody_has_makes_no_small_one, set_up),
        cmocka_unit_test_setup(test_counts_are_forgotten_after_their_time, set_up),
        cmocka_unit_test_setup(test_totals_are_never_forgotten, set_up),
        cmocka_unit_test_setup(test_an_outage_is_one_however_often_it_is_tried, set_up),
        cmocka_unit_test_setup(test_short_ones_add_up, set_up),
        cmocka_unit_test_setup(test_a_long_one_is_shared_out_to_the_steps_that_it_lasted, set_up),
        cmocka_unit_test_setup(test_a_week_of_darkness_is_a_day, set_up),
        cmocka_unit_test_setup(test_the_bit_rate_is_that_of_the_time_that_was_measured, set_up),
        cmocka_unit_test_setup(test_a_count_that_begins_again_and_one_that_is_nonsense, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

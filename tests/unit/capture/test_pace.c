/* Stream time: choosing frames by it, making it continuous, playing by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>

#include "capture/pace.h"

#define MS INT64_C(1000000)
#define S  INT64_C(1000000000)

/* ---- choosing ---- */

/* Frames of rate `stream` for `seconds`, shaken by up to jitter_ns; how many are chosen for `fps`. */
static unsigned int chosen(double stream, double fps, int seconds, int64_t jitter_ns, int64_t *widest_ns)
{
    struct pace_selector selector;
    unsigned int count = 0;
    int64_t last_ns = 0;
    srandom(1);
    *widest_ns = 0;
    pace_selector_init(&selector, fps);
    for (int i = 0; i < (int)(stream * seconds); i++) {
        int64_t time_ns = (int64_t)(i * 1e9 / stream);
        if (jitter_ns > 0 && i > 0)
            time_ns += random() % (2 * jitter_ns) - jitter_ns;
        if (!pace_selector_takes(&selector, time_ns))
            continue;
        if (count++ > 0 && time_ns - last_ns > *widest_ns)
            *widest_ns = time_ns - last_ns;
        last_ns = time_ns;
    }
    return count;
}

static void test_rate_is_exact_over_an_hour(void **state)
{
    (void)state;
    static const double streams[] = {10, 12.5, 15, 24000 / 1001.0, 25, 30000 / 1001.0, 30, 50, 60};
    static const double rates[] = {0.1, 1, 2, 3, 5, 7, 10};
    int64_t widest_ns;

    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
        for (size_t j = 0; j < sizeof(rates) / sizeof(rates[0]); j++) {
            int expected = (int)(3600 * rates[j]);
            int count = (int)chosen(streams[i], rates[j], 3600, 0, &widest_ns);
            assert_true(abs(count - expected) <= 1);
            assert_true(widest_ns <= (int64_t)(1e9 / rates[j] + 1e9 / streams[i]) + MS);
        }
}

static void test_divisible_rate_is_even(void **state)
{
    (void)state;
    int64_t widest_ns;
    assert_int_equal(chosen(25, 5, 100, 0, &widest_ns), 500);
    assert_int_equal(widest_ns, 200 * MS);
}

static void test_slower_stream_is_passed_on_whole(void **state)
{
    (void)state;
    int64_t widest_ns;
    assert_int_equal(chosen(10, 30, 100, 0, &widest_ns), 1000);
    assert_int_equal(chosen(10, 11, 100, 0, &widest_ns), 1000);
    assert_int_equal(chosen(10, 240, 100, 30 * MS, &widest_ns), 1000);
}

static void test_equal_rate_loses_nothing_to_uneven_times(void **state)
{
    (void)state;
    int64_t widest_ns;
    assert_int_equal(chosen(10, 10, 1000, 0, &widest_ns), 10000);
    assert_int_equal(chosen(10, 10, 1000, 20 * MS, &widest_ns), 10000);
    /* Times in whole milliseconds: 33, 67, 100. */
    struct pace_selector selector;
    pace_selector_init(&selector, 30);
    for (int64_t i = 0; i < 3000; i++)
        assert_true(pace_selector_takes(&selector, i * 1000 / 30 * MS));
}

static void test_uneven_times_keep_half_the_rate_even(void **state)
{
    (void)state;
    int64_t widest_ns;
    unsigned int count = chosen(10, 5, 1000, 20 * MS, &widest_ns);
    assert_in_range(count, 4990, 5010);
    assert_true(widest_ns <= 340 * MS);
}

static void test_pause_brings_no_burst(void **state)
{
    (void)state;
    struct pace_selector selector;
    unsigned int count = 0;

    pace_selector_init(&selector, 5);
    assert_true(pace_selector_takes(&selector, 0));
    for (int64_t time_ns = 8 * S; time_ns < 9 * S; time_ns += 40 * MS)
        count += pace_selector_takes(&selector, time_ns);
    assert_in_range(count, 5, 6);
}

/* ---- continuous time ---- */

static int64_t packet(struct pace_timeline *timeline, int64_t time_ns)
{
    bool jumped;
    return pace_timeline_packet(timeline, time_ns, 100 * MS, &jumped);
}

static void test_time_starts_at_zero(void **state)
{
    (void)state;
    struct pace_timeline timeline = {0};
    assert_int_equal(packet(&timeline, 12345 * S), 0);
    assert_int_equal(packet(&timeline, 12345 * S + 100 * MS), 100 * MS);
}

static void test_negative_start_is_zero_too(void **state)
{
    (void)state;
    struct pace_timeline timeline = {0};
    assert_int_equal(packet(&timeline, -200 * MS), 0);
    assert_int_equal(packet(&timeline, -100 * MS), 100 * MS);
    assert_int_equal(timeline.offset_ns, 200 * MS);
}

static void test_jumps_are_bridged_by_a_frames_time(void **state)
{
    (void)state;
    struct pace_timeline timeline = {0};
    bool jumped;

    packet(&timeline, 0);
    assert_int_equal(pace_timeline_packet(&timeline, 100 * MS, 100 * MS, &jumped), 100 * MS);
    assert_false(jumped);
    assert_int_equal(pace_timeline_packet(&timeline, 86400 * S, 100 * MS, &jumped), 200 * MS);
    assert_true(jumped);
    assert_int_equal(pace_timeline_packet(&timeline, 86400 * S + 100 * MS, 100 * MS, &jumped), 300 * MS);
    assert_false(jumped);
    assert_int_equal(pace_timeline_packet(&timeline, 5 * S, 100 * MS, &jumped), 400 * MS);
    assert_true(jumped);
}

static void test_pauses_and_disorder_are_kept(void **state)
{
    (void)state;
    struct pace_timeline timeline = {0};
    bool jumped;

    packet(&timeline, 0);
    assert_int_equal(pace_timeline_packet(&timeline, 9 * S, 100 * MS, &jumped), 9 * S);
    assert_false(jumped);
    assert_int_equal(pace_timeline_packet(&timeline, 9 * S - 40 * MS, 100 * MS, &jumped), 9 * S - 40 * MS);
    assert_false(jumped);
}

/* What would overflow is no time: such a packet follows the one before, and the next one is where it belongs. */
static void test_times_that_make_no_sense_are_none(void **state)
{
    (void)state;
    static const int64_t times[] = {INT64_MAX, INT64_MIN + 1, PACE_TIME_MAX_NS + 1, -PACE_TIME_MAX_NS - 1};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct pace_timeline timeline = {0};
        assert_int_equal(packet(&timeline, PACE_TIME_MAX_NS - S), 0);
        assert_int_equal(packet(&timeline, times[i]), 100 * MS);
        assert_int_equal(packet(&timeline, PACE_TIME_MAX_NS - S + 200 * MS), 200 * MS);
        assert_int_equal(packet(&timeline, -PACE_TIME_MAX_NS), 300 * MS); /* a jump */
        assert_int_equal(packet(&timeline, PACE_TIME_MAX_NS), 400 * MS);
    }
}

static void test_packets_without_times_follow_each_other(void **state)
{
    (void)state;
    struct pace_timeline timeline = {0};
    assert_int_equal(packet(&timeline, PACE_UNKNOWN_NS), 0);
    assert_int_equal(packet(&timeline, PACE_UNKNOWN_NS), 100 * MS);
    assert_int_equal(packet(&timeline, PACE_UNKNOWN_NS), 200 * MS);
}

static void test_restart_goes_on_where_it_ended(void **state)
{
    (void)state;
    struct pace_timeline timeline = {0};
    for (int pass = 0; pass < 3; pass++) {
        for (int i = 0; i < 10; i++)
            assert_int_equal(packet(&timeline, 7 * S + i * 100 * MS), pass * S + i * 100 * MS);
        pace_timeline_restart(&timeline);
    }
}

/* ---- real time ---- */

static void test_clock_gives_due_times(void **state)
{
    (void)state;
    struct pace_clock clock = {0};
    assert_int_equal(pace_clock_due(&clock, 0, 1000 * S), 1000 * S);
    assert_int_equal(pace_clock_due(&clock, 100 * MS, 1000 * S + 3 * MS), 1000 * S + 100 * MS);
    /* Late by little: the next one is due as if nothing had been. */
    assert_int_equal(pace_clock_due(&clock, 200 * MS, 1000 * S + 400 * MS), 1000 * S + 200 * MS);
    assert_int_equal(pace_clock_due(&clock, 300 * MS, 1000 * S + 410 * MS), 1000 * S + 300 * MS);
}

static void test_stopped_process_does_not_catch_up(void **state)
{
    (void)state;
    struct pace_clock clock = {0};
    pace_clock_due(&clock, 0, 1000 * S);
    assert_int_equal(pace_clock_due(&clock, 100 * MS, 1060 * S), 1060 * S);
    assert_int_equal(pace_clock_due(&clock, 200 * MS, 1060 * S), 1060 * S + 100 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rate_is_exact_over_an_hour),
        cmocka_unit_test(test_divisible_rate_is_even),
        cmocka_unit_test(test_slower_stream_is_passed_on_whole),
        cmocka_unit_test(test_equal_rate_loses_nothing_to_uneven_times),
        cmocka_unit_test(test_uneven_times_keep_half_the_rate_even),
        cmocka_unit_test(test_pause_brings_no_burst),
        cmocka_unit_test(test_time_starts_at_zero),
        cmocka_unit_test(test_negative_start_is_zero_too),
        cmocka_unit_test(test_jumps_are_bridged_by_a_frames_time),
        cmocka_unit_test(test_pauses_and_disorder_are_kept),
        cmocka_unit_test(test_times_that_make_no_sense_are_none),
        cmocka_unit_test(test_packets_without_times_follow_each_other),
        cmocka_unit_test(test_restart_goes_on_where_it_ended),
        cmocka_unit_test(test_clock_gives_due_times),
        cmocka_unit_test(test_stopped_process_does_not_catch_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

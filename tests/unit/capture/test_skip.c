/* Leaving out what nobody looks at: the same frames are chosen as when all are decoded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <stdlib.h>

#include "capture/pace.h"
#include "capture/skip.h"

enum { FRAMES = 2000, GROUP = 4 };
#define MS INT64_C(1000000)

static void test_times_come_out_in_their_order(void **state)
{
    (void)state;
    struct skip skip = {0};
    int64_t time_ns = -1;

    assert_true(skip_add(&skip, 30));
    assert_true(skip_add(&skip, 10));
    assert_true(skip_add(&skip, 20));
    assert_false(skip_take_before(&skip, 10, &time_ns));
    assert_int_equal(time_ns, -1);
    skip_remove(&skip, 20);
    skip_remove(&skip, 25);
    assert_true(skip_take_before(&skip, 31, &time_ns));
    assert_int_equal(time_ns, 10);
    assert_true(skip_take_before(&skip, 31, &time_ns));
    assert_int_equal(time_ns, 30);
    assert_false(skip_take_before(&skip, INT64_MAX, &time_ns));
}

static void test_full_means_decode(void **state)
{
    (void)state;
    struct skip skip = {0};

    for (int i = 0; i < SKIP_TIMES_MAX; i++)
        assert_true(skip_add(&skip, i));
    assert_false(skip_add(&skip, 7));
    assert_int_equal(skip.count, SKIP_TIMES_MAX);
}

/* Times that rise by about period_ns with jitter, and a pause now and then. */
static void make_times(int64_t times_ns[FRAMES], int64_t period_ns, int64_t jitter_ns, unsigned int seed)
{
    int64_t time_ns = 0;
    for (size_t i = 0; i < FRAMES; i++) {
        times_ns[i] = time_ns;
        time_ns += period_ns + (jitter_ns ? rand_r(&seed) % jitter_ns - jitter_ns / 2 : 0);
        if (rand_r(&seed) % 97 == 0)
            time_ns += rand_r(&seed) % 1500 * MS;
    }
}

/*
 * A stream in groups of GROUP frames in the order of decoding, the last one first as with B-frames: all but that one are
 * left out when they can be. Returns how many were.
 */
static size_t assert_same_choice(const int64_t times_ns[FRAMES], double fps)
{
    struct pace_selector all, spared;
    struct skip skip = {0};
    size_t left_out = 0;
    bool chosen[FRAMES];
    pace_selector_init(&all, fps);
    pace_selector_init(&spared, fps);
    for (size_t i = 0; i < FRAMES; i++)
        chosen[i] = pace_selector_takes(&all, times_ns[i]);

    for (size_t group = 0; group < FRAMES; group += GROUP) {
        bool out[GROUP] = {false};
        for (size_t i = 0; i < GROUP - 1; i++)
            out[i] = pace_selector_passes_over(&spared, times_ns[group + i]) &&
                     skip_add(&skip, times_ns[group + i]);
        for (size_t i = 0; i < GROUP; i++) {
            int64_t skipped_ns;
            if (out[i]) {
                left_out++;
                assert_false(chosen[group + i]);
                continue;
            }
            while (skip_take_before(&skip, times_ns[group + i], &skipped_ns))
                assert_false(pace_selector_takes(&spared, skipped_ns));
            assert_int_equal(pace_selector_takes(&spared, times_ns[group + i]), chosen[group + i]);
        }
    }
    return left_out;
}

static void test_same_frames_are_chosen(void **state)
{
    (void)state;
    static const double rates[] = {0.5, 1, 3, 5, 7.5, 12, 24, 60};
    int64_t times_ns[FRAMES];

    for (unsigned int seed = 1; seed <= 20; seed++)
        for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
            make_times(times_ns, 33 * MS, seed % 3 * 20 * MS, seed);
            assert_same_choice(times_ns, rates[i]);
        }
}

static void test_most_are_left_out_far_below_the_streams_rate(void **state)
{
    (void)state;
    int64_t times_ns[FRAMES];

    make_times(times_ns, 33 * MS, 0, 1);
    /* 3 of 4 could be; some of them are chosen, or too near to what is chosen */
    assert_true(assert_same_choice(times_ns, 1) > FRAMES * 6 / 10);
    assert_int_equal(assert_same_choice(times_ns, 60), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_come_out_in_their_order),
        cmocka_unit_test(test_full_means_decode),
        cmocka_unit_test(test_same_frames_are_chosen),
        cmocka_unit_test(test_most_are_left_out_far_below_the_streams_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

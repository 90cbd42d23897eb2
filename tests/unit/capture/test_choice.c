/*
 * Which pictures are taken of streams as they were recorded: each line of a file in clocks/ is one packet, with its own
 * time and that of its arrival in milliseconds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/arrival_clock.h"
#include "capture/choice.h"

enum { PACKETS_MAX = 1000 };
#define MS     INT64_C(1000000)
#define S      INT64_C(1000000000)
#define PERIOD (40 * MS)

struct recording {
    size_t count;
    int64_t stream_ns[PACKETS_MAX], arrival_ns[PACKETS_MAX];
};

static void recording_read(struct recording *recording, const char *name)
{
    char path[512];
    long long stream_ms, arrival_ms;
    snprintf(path, sizeof(path), CLOCKS_DIRECTORY "/%s.txt", name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    recording->count = 0;
    while (fscanf(file, "%lld %lld", &stream_ms, &arrival_ms) == 2) {
        assert_true(recording->count < PACKETS_MAX);
        recording->stream_ns[recording->count] = stream_ms * MS;
        recording->arrival_ns[recording->count++] = 1000 * S + arrival_ms * MS;
    }
    fclose(file);
    assert_true(recording->count > 20);
}

struct outcome {
    unsigned int pictures, warnings;
    unsigned int in_second[64]; /* pictures by the time of their arrival */
};

/* Every packet is a picture; times_stream false: without time stamps. */
static struct outcome play(const struct recording *recording, double fps, enum choice_clock clock)
{
    struct outcome outcome = {0};
    struct choice choice;
    int64_t last_ns = -1;
    choice_init(&choice, fps);
    choice_begin(&choice, clock, PERIOD);
    for (size_t i = 0; i < recording->count; i++) {
        unsigned int findings;
        int64_t arrival_ns = recording->arrival_ns[i], stream_ns;
        int64_t own_ns = choice_packet(&choice, recording->stream_ns[i], arrival_ns, &findings);
        outcome.warnings += (findings & CHOICE_CLOCK_IS_BAD) != 0;
        if (choice_leaves_out(&choice, own_ns, arrival_ns))
            continue;
        bool taken = choice_takes(&choice, own_ns, arrival_ns, &stream_ns);
        assert_true(stream_ns > last_ns);
        last_ns = stream_ns;
        outcome.pictures += taken;
        outcome.in_second[(arrival_ns - recording->arrival_ns[0]) / S] += taken;
    }
    return outcome;
}

static const struct expectation {
    const char *name;
    unsigned int least, most; /* pictures of five a second */
    unsigned int warnings;
} expectations[] = {
    {"steady", 75, 77, 0},      /* fifteen seconds */
    {"gstreamer", 50, 52, 0},   /* ten, of 25 a second */
    {"bursts", 78, 82, 0},      /* sixteen, ten pictures at once */
    {"stand-still", 71, 77, 1}, /* fifteen: every packet has the same time */
    {"slow-90", 71, 77, 1},     /* fifteen: milliseconds where 90 kHz are announced */
    {"fast-10", 75, 80, 1},     /* fifteen */
    {"outage", 98, 102, 0},     /* twenty, five of them without a packet, and then all at once */
    {"hls", 110, 125, 0},       /* 22 s in pieces of two, the first three at once */
};

static void test_as_many_pictures_as_are_wanted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(expectations) / sizeof(expectations[0]); i++) {
        const struct expectation *expected = &expectations[i];
        static struct recording recording;
        recording_read(&recording, expected->name);
        struct outcome outcome = play(&recording, 5, CHOICE_CHECKED);
        if (outcome.pictures < expected->least || outcome.pictures > expected->most ||
            outcome.warnings != expected->warnings)
            fail_msg("%s: %u pictures, %u warnings", expected->name, outcome.pictures, outcome.warnings);
    }
}

/* From the third second on, whether the clock has been found out yet or not. */
static void test_wrong_clock_changes_nothing_in_any_second(void **state)
{
    (void)state;
    static const char *const names[] = {"steady", "stand-still", "slow-90", "fast-10"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        static struct recording recording;
        recording_read(&recording, names[i]);
        struct outcome outcome = play(&recording, 5, CHOICE_CHECKED);
        for (size_t second = 2; second < 15; second++)
            if (outcome.in_second[second] < 4 || outcome.in_second[second] > 6)
                fail_msg("%s: %u pictures in second %zu", names[i], outcome.in_second[second], second);
    }
}

/* Ten pictures a second; the time stamps know whole seconds, or every other picture only. */
static void test_times_that_are_shared_are_no_times(void **state)
{
    (void)state;
    static const int64_t grains_ns[] = {S, 2 * S, 200 * MS};
    for (size_t i = 0; i < sizeof(grains_ns) / sizeof(grains_ns[0]); i++) {
        static struct recording recording;
        recording.count = 300;
        for (size_t k = 0; k < recording.count; k++) {
            int64_t time_ns = (int64_t)k * 100 * MS;
            recording.stream_ns[k] = time_ns / grains_ns[i] * grains_ns[i];
            recording.arrival_ns[k] = 7 * S + time_ns + (int64_t)(k * 7 % 5) * MS;
        }
        struct outcome outcome = play(&recording, 10, CHOICE_CHECKED);
        assert_int_equal(outcome.warnings, 1);
        for (size_t second = 10; second < 29; second++)
            assert_in_range(outcome.in_second[second], 9, 11);
    }
}

static void test_file_goes_by_its_own_times_only(void **state)
{
    (void)state;
    static struct recording recording;
    recording_read(&recording, "fast-10");
    struct outcome outcome = play(&recording, 5, CHOICE_OWN);
    assert_int_equal(outcome.pictures, recording.count);
    assert_int_equal(outcome.warnings, 0);
}

/* One picture was made of a clip whose times are all the same, and too many of one that knows whole seconds. */
static void test_times_of_a_file_that_stand_still_are_none(void **state)
{
    (void)state;
    static const int64_t grains_ns[] = {3600 * S, S};
    for (size_t i = 0; i < sizeof(grains_ns) / sizeof(grains_ns[0]); i++) {
        struct choice choice;
        unsigned int taken = 0;
        int64_t stream_ns = 0;
        choice_init(&choice, 5);
        choice_begin(&choice, CHOICE_OWN, PERIOD);
        for (int64_t k = 0; k < 250; k++) {
            unsigned int findings;
            int64_t time_ns = k * PERIOD / grains_ns[i] * grains_ns[i];
            int64_t own_ns = choice_packet(&choice, time_ns, 0, &findings);
            assert_int_equal(findings & CHOICE_JUMPED, 0);
            assert_true(llabs(own_ns - k * PERIOD) <= 3 * PERIOD);
            taken +=
                choice_takes(&choice, findings & CHOICE_STANDS ? PACE_UNKNOWN_NS : own_ns, 0, &stream_ns);
        }
        assert_in_range(taken, 48, 52);
        assert_true(llabs(stream_ns - 249 * PERIOD) <= 3 * PERIOD);
    }
}

/* Some containers have both fields of a picture as packets of their own. */
static void test_two_packets_of_a_file_may_share_a_time(void **state)
{
    (void)state;
    struct choice choice;
    unsigned int findings;
    choice_init(&choice, 5);
    choice_begin(&choice, CHOICE_OWN, PERIOD);
    for (int64_t k = 0; k < 100; k++) {
        assert_int_equal(choice_packet(&choice, k / 2 * PERIOD, 0, &findings), k / 2 * PERIOD);
        assert_int_equal(findings, 0);
    }
}

static void test_what_has_no_times_goes_by_arrival(void **state)
{
    (void)state;
    static struct recording recording;
    recording_read(&recording, "stand-still");
    struct outcome outcome = play(&recording, 5, CHOICE_ARRIVAL);
    assert_in_range(outcome.pictures, 75, 77);
    assert_int_equal(outcome.warnings, 0);
}

/* So many pictures at once, of ten a second, without times: as many were taken as there were bursts. */
static void play_bursts(size_t burst, double fps, int64_t jitter_ns, unsigned int least, unsigned int most)
{
    static struct recording recording;
    recording.count = 400;
    for (size_t i = 0; i < recording.count; i++) {
        const int64_t last = (int64_t)((i / burst + 1) * burst);
        recording.stream_ns[i] = PACE_UNKNOWN_NS;
        recording.arrival_ns[i] = 7 * S + last * 100 * MS + (int64_t)(i / burst * 7 % 5) * jitter_ns / 4 +
                                  (int64_t)(i % burst) * MS;
    }
    struct outcome outcome = play(&recording, fps, CHOICE_ARRIVAL);
    if (outcome.pictures < least || outcome.pictures > most)
        fail_msg("bursts of %zu at %.0f: %u pictures", burst, fps, outcome.pictures);
}

static void test_pictures_without_times_that_come_in_bursts(void **state)
{
    (void)state;
    play_bursts(1, 10, 0, 400, 400);
    play_bursts(1, 10, 90 * MS, 380, 400);
    play_bursts(1, 5, 90 * MS, 195, 205);
    play_bursts(2, 10, 50 * MS, 380, 400);
    play_bursts(5, 10, 50 * MS, 375, 400);
    play_bursts(5, 5, 50 * MS, 190, 205);
    play_bursts(10, 10, 100 * MS, 370, 400);
    play_bursts(20, 10, 100 * MS, 340, 400);
    play_bursts(20, 5, 100 * MS, 170, 205);
}

static void play_rise(int64_t slow_ns, int64_t fast_ns)
{
    struct arrival_clock clock = {0};
    int64_t arrival_ns = 7 * S, last_ns = 0;
    for (int i = 0; i < 1000; i++, arrival_ns += i < 30 ? slow_ns : fast_ns) {
        const int64_t time_ns = arrival_clock_picture(&clock, arrival_ns);
        assert_true(time_ns > last_ns);
        assert_true(time_ns <= arrival_ns && time_ns >= arrival_ns - ARRIVAL_CLOCK_OFF_NS);
        last_ns = time_ns;
    }
}

/* The times ran up to 46 s ahead of the pictures, and most of these were left out then. */
static void test_times_by_arrival_stay_close_to_it_when_the_rate_rises(void **state)
{
    (void)state;
    play_rise(S, 40 * MS);
    play_rise(2 * S, S / 15);
}

static void test_every_picture_of_a_slow_stream_is_taken(void **state)
{
    (void)state;
    struct recording recording = {.count = 30};
    for (size_t i = 0; i < recording.count; i++) {
        recording.stream_ns[i] = (int64_t)i * 10 * S;
        recording.arrival_ns[i] = 7 * S + (int64_t)i * 10 * S + (int64_t)(i % 3) * 50 * MS;
    }
    struct choice choice;
    unsigned int findings;
    int64_t stream_ns;
    choice_init(&choice, 5);
    choice_begin(&choice, CHOICE_CHECKED, PERIOD);
    for (size_t i = 0; i < recording.count; i++) {
        int64_t own_ns = choice_packet(&choice, recording.stream_ns[i], recording.arrival_ns[i], &findings);
        assert_int_equal(findings & CHOICE_CLOCK_IS_BAD, 0);
        assert_false(choice_leaves_out(&choice, own_ns, recording.arrival_ns[i]));
        assert_true(choice_takes(&choice, own_ns, recording.arrival_ns[i], &stream_ns));
    }
}

/* A still GIF: what was opened as a file, or with times, goes by arrival when it is fetched again. Time passed at a tenth. */
static void test_still_picture_goes_by_arrival_from_its_second_answer_on(void **state)
{
    (void)state;
    static const enum choice_clock firsts[] = {CHOICE_OWN, CHOICE_CHECKED};
    for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
        struct choice choice;
        choice_init(&choice, 5);
        for (int64_t k = 0; k < 60; k++) {
            unsigned int findings;
            int64_t arrival_ns = 90000 * S + k * S, stream_ns;
            choice_begin(&choice, k == 0 ? firsts[i] : CHOICE_ARRIVAL, 100 * MS);
            int64_t own_ns = choice_packet(&choice, 0, arrival_ns, &findings);
            assert_int_equal(findings, 0);
            assert_false(choice_leaves_out(&choice, own_ns, arrival_ns));
            choice_takes(&choice, own_ns, arrival_ns, &stream_ns);
            assert_int_equal(stream_ns, k == 0 ? 0 : 100 * MS + (k - 1) * S);
        }
    }
}

/* A clock that was right for an hour and then begins to run ten times too fast. */
static void test_clock_that_goes_wrong_later_is_found_out(void **state)
{
    (void)state;
    struct stream_clock clock = {0};
    int64_t stream_ns = 0, arrival_ns = 5 * S;
    unsigned int wrong = 0;

    for (int i = 0; i < 36000; i++, stream_ns += 100 * MS, arrival_ns += 100 * MS)
        assert_false(stream_clock_packet(&clock, stream_ns, arrival_ns));
    int64_t before_ns = stream_clock_time(&clock, stream_ns, arrival_ns);
    for (; !stream_clock_packet(&clock, stream_ns, arrival_ns); wrong++) {
        stream_ns += S;
        arrival_ns += 100 * MS;
        assert_true(wrong < 100);
    }
    int64_t passed_ns = stream_clock_time(&clock, stream_ns, arrival_ns) - before_ns;
    assert_true(llabs(passed_ns - (int64_t)wrong * 100 * MS) < 2 * S);
    assert_false(stream_clock_packet(&clock, 0, arrival_ns)); /* told once */
}

/* One that runs too fast, and had a window with shared times on the way, was said to stand still. */
static void test_what_is_wrong_with_a_clock_is_what_was_judged(void **state)
{
    (void)state;
    struct stream_clock fast = {0}, slow = {0}, standing = {0};
    int64_t fast_ns = 0, arrival_ns = 5 * S;

    for (int i = 0; i < 300; i++, arrival_ns += 100 * MS) {
        /* from the third window on every other picture has the time of the one before */
        fast_ns += i < 42 ? S : i % 2 ? 0 : 2 * S;
        stream_clock_packet(&fast, fast_ns, arrival_ns);
        stream_clock_packet(&slow, i * MS, arrival_ns);
        stream_clock_packet(&standing, i / 10 * S, arrival_ns);
    }
    assert_true(fast.by_arrival && slow.by_arrival && standing.by_arrival);
    assert_true(fast.standing_windows > 0);
    assert_int_equal(fast.fault, STREAM_CLOCK_FAST);
    assert_int_equal(slow.fault, STREAM_CLOCK_SLOW);
    assert_int_equal(standing.fault, STREAM_CLOCK_STANDS);
}

/* A camera's clock is off by some seconds a day. */
static void test_clock_that_drifts_is_believed(void **state)
{
    (void)state;
    struct stream_clock clock = {0};

    for (int64_t i = 0; i < 864000; i++)
        assert_false(stream_clock_packet(&clock, i * 100020000, i * 100 * MS));
    assert_true(llabs(stream_clock_time(&clock, 864000 * INT64_C(100020000), 86400 * S) - 86400 * S) < S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_many_pictures_as_are_wanted),
        cmocka_unit_test(test_wrong_clock_changes_nothing_in_any_second),
        cmocka_unit_test(test_times_that_are_shared_are_no_times),
        cmocka_unit_test(test_file_goes_by_its_own_times_only),
        cmocka_unit_test(test_times_of_a_file_that_stand_still_are_none),
        cmocka_unit_test(test_two_packets_of_a_file_may_share_a_time),
        cmocka_unit_test(test_what_has_no_times_goes_by_arrival),
        cmocka_unit_test(test_pictures_without_times_that_come_in_bursts),
        cmocka_unit_test(test_times_by_arrival_stay_close_to_it_when_the_rate_rises),
        cmocka_unit_test(test_every_picture_of_a_slow_stream_is_taken),
        cmocka_unit_test(test_still_picture_goes_by_arrival_from_its_second_answer_on),
        cmocka_unit_test(test_clock_that_goes_wrong_later_is_found_out),
        cmocka_unit_test(test_what_is_wrong_with_a_clock_is_what_was_judged),
        cmocka_unit_test(test_clock_that_drifts_is_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Cameras that deliver by pieces, of ten pictures a second, and those that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <string.h>

#include "capture/pieces.h"
#include "capture/stream_clock.h"

#define MS     INT64_C(1000000)
#define S      INT64_C(1000000000)
#define PERIOD (100 * MS)

enum { RATE = 10, PLAYED_MAX_S = 200000 };

/* When a picture has arrived, by its number and the time at which it was taken. */
typedef int64_t delivery(int64_t number, int64_t taken_ns);

static int64_t by_pieces(int64_t number, int64_t taken_ns, int64_t piece_s)
{
    const int64_t piece = number / (piece_s * RATE);
    (void)taken_ns;
    return (piece + 1) * piece_s * S + piece * 7 % 5 * 100 * MS; /* up to 400 ms too late */
}

static int64_t two_seconds(int64_t number, int64_t taken_ns)
{
    return by_pieces(number, taken_ns, 2);
}

static int64_t six_seconds(int64_t number, int64_t taken_ns)
{
    return by_pieces(number, taken_ns, 6);
}

/* As a list is begun: at once with it comes the piece before its newest one. */
static int64_t ten_seconds_from_the_last_but_one(int64_t number, int64_t taken_ns)
{
    const int64_t arrival_ns = by_pieces(number, taken_ns, 10);
    return arrival_ns < 20 * S ? 20 * S : arrival_ns;
}

/* For a minute nothing comes, and then all at once. */
static int64_t two_seconds_with_an_outage(int64_t number, int64_t taken_ns)
{
    const int64_t arrival_ns = two_seconds(number, taken_ns);
    return arrival_ns > 100 * S && arrival_ns < 160 * S ? 160 * S : arrival_ns;
}

/* Unevenly, and what it had kept at once before that: a picture's is late by up to 300 ms. */
static int64_t as_taken(int64_t number, int64_t taken_ns)
{
    return number < 4 * RATE ? 4 * S : taken_ns + number * 7 % 4 * 100 * MS;
}

static int64_t as_taken_with_an_outage(int64_t number, int64_t taken_ns)
{
    const int64_t arrival_ns = as_taken(number, taken_ns);
    return arrival_ns > 100 * S && arrival_ns < 110 * S ? 110 * S : arrival_ns;
}

/* Each hour the network holds up what comes for a while, and once for longer. */
static int64_t as_taken_with_hiccups(int64_t number, int64_t taken_ns)
{
    enum { HOUR_S = 3600, HICCUPS = 3, HICCUP_MS = 1500, OUTAGE_MS = 8000 };
    const int64_t hours = taken_ns / S / HOUR_S;
    const int64_t held_ns = (hours > HICCUPS ? OUTAGE_MS : HICCUP_MS) * MS;
    const int64_t hiccup_ns = hours * HOUR_S * S;
    (void)number;
    return hours > 0 && taken_ns < hiccup_ns + held_ns ? hiccup_ns + held_ns : taken_ns;
}

static struct played {
    unsigned int in_second[PLAYED_MAX_S]; /* pictures that were due then */
    int64_t delay_ns[PLAYED_MAX_S];       /* of the last of them, behind the moment at which it was taken */
    int64_t waited_ns;                    /* the longest time that one that was there was waited for */
    enum stream_clock_fault
        fault; /* as it would be judged by arrival, which nothing is paced by after that */
} played;

/* clock_ppm: how much faster than the right time the camera's clock runs. */
static void play(delivery *delivered, bool is_known, int64_t seconds, int64_t clock_ppm)
{
    struct pieces pieces;
    struct stream_clock clock = {0};
    int64_t due_ns = 0;
    memset(&played, 0, sizeof(played));
    pieces_begin(&pieces, is_known);
    for (int64_t number = 0; number < seconds * RATE; number++) {
        const int64_t taken_ns = number * PERIOD;
        const int64_t there_ns = delivered(number, taken_ns);
        const int64_t arrival_ns =
            there_ns > due_ns ? there_ns : due_ns; /* it is read when the last one was taken */
        const int64_t stream_ns = taken_ns + taken_ns / 1000000 * clock_ppm;
        stream_clock_packet(&clock, stream_ns, arrival_ns);
        due_ns = clock.by_arrival ? arrival_ns : pieces_due(&pieces, stream_ns, arrival_ns);
        assert_true(due_ns >= arrival_ns);
        if (due_ns - arrival_ns > played.waited_ns)
            played.waited_ns = due_ns - arrival_ns;
        if (due_ns / S < PLAYED_MAX_S) {
            played.in_second[due_ns / S]++;
            played.delay_ns[due_ns / S] = due_ns - taken_ns;
        }
    }
    played.fault = clock.fault;
}

static void assert_is_even(int64_t from_s, int64_t to_s)
{
    for (int64_t second = from_s; second < to_s; second++)
        if (played.in_second[second] < RATE / 2 || played.in_second[second] > RATE + 3)
            fail_msg("%u pictures in second %d", played.in_second[second], (int)second);
}

/* All pictures of a piece came at once, and the tracker had to skip most of them. */
static void test_what_comes_by_pieces_is_played_evenly(void **state)
{
    (void)state;
    play(two_seconds, true, 300, 0);
    assert_is_even(3, 290);
    play(six_seconds, true, 300, 0);
    assert_is_even(7, 290);
}

static void test_that_it_comes_by_pieces_is_found_out(void **state)
{
    (void)state;
    play(two_seconds, false, 300, 0);
    assert_true(played.in_second[2] == 2 * RATE);
    assert_is_even(7, 290);
    play(six_seconds, false, 300, 0);
    assert_is_even(19, 290);
}

static void test_delay_is_no_longer_than_a_piece_and_its_delivery_take(void **state)
{
    (void)state;
    play(two_seconds, true, 300, 0);
    for (int64_t second = 20; second < 290; second++)
        assert_true(played.delay_ns[second] < 2 * S + S);
    play(six_seconds, true, 300, 0);
    for (int64_t second = 20; second < 290; second++)
        assert_true(played.delay_ns[second] < 6 * S + S);
}

static void test_after_an_outage_the_delay_is_bounded_and_goes_away(void **state)
{
    (void)state;
    play(two_seconds_with_an_outage, true, 1000, 0);
    for (int64_t second = 161; second < 990; second++)
        assert_true(played.delay_ns[second] <= PIECES_BEHIND_MAX_NS + 4 * S);
    assert_is_even(161, 990);
    assert_true(played.delay_ns[600] < 4 * S);
}

static void assert_clock_makes_no_delay(int64_t seconds, int64_t ppm)
{
    play(two_seconds, true, seconds, ppm);
    assert_is_even(3, seconds - 100);
    for (int64_t second = 20; second < seconds - 100; second++)
        assert_true(played.delay_ns[second] < 4 * S);
    assert_int_equal(played.fault, STREAM_CLOCK_GOOD);
}

static void test_piece_with_which_a_list_is_begun_makes_no_delay_for_long(void **state)
{
    (void)state;
    play(ten_seconds_from_the_last_but_one, true, 1000, 0);
    assert_true(played.delay_ns[25] > 19 * S);
    assert_is_even(180, 980);
    for (int64_t second = 180; second < 980; second++)
        assert_true(played.delay_ns[second] < 12 * S);
}

/* A camera's clock is off by some seconds a day; here it is by as much in some minutes, and the day after next. */
static void test_clock_that_drifts_makes_no_delay(void **state)
{
    (void)state;
    assert_clock_makes_no_delay(18000, 5000);
    assert_clock_makes_no_delay(199000, 100);
}

/* Each time by less than anybody sees; but the sum was made up for at once, again and again, in bursts. */
static void test_slow_clock_does_not_end_in_bursts(void **state)
{
    (void)state;
    assert_clock_makes_no_delay(18000, -5000);
    assert_clock_makes_no_delay(199000, -100);
}

/* They ran on by half an hour in an hour, and the pictures were shown the later the longer the camera ran. */
static void test_stamps_that_run_much_faster_than_packets_come_are_given_up(void **state)
{
    (void)state;
    play(two_seconds, true, 1000, 500000);
    assert_int_equal(played.fault, STREAM_CLOCK_FAST);
    for (int64_t second = 400; second < 990; second++)
        if (played.in_second[second] > 0)
            assert_true(played.delay_ns[second] < 4 * S);
    /* Not fast enough for that fault, but too fast to be paced by. */
    play(two_seconds, true, 1000, 160000);
    for (int64_t second = 400; second < 990; second++)
        if (played.in_second[second] > 0)
            assert_true(played.delay_ns[second] < 4 * S);
}

/* Two of them made it something that comes by pieces, and what an outage had held up was kept back for minutes. */
static void test_hiccups_far_apart_make_no_pieces(void **state)
{
    (void)state;
    play(as_taken_with_hiccups, false, 20000, 0);
    assert_int_equal(played.waited_ns, 0);
}

static void test_what_does_not_come_by_pieces_waits_for_nothing(void **state)
{
    (void)state;
    play(as_taken, false, 300, 0);
    assert_int_equal(played.waited_ns, 0);
    play(as_taken_with_an_outage, false, 300, 0);
    assert_int_equal(played.waited_ns, 0);
}

static void test_pause_and_step_back_in_the_times_are_not_waited_for(void **state)
{
    (void)state;
    struct pieces pieces;
    pieces_begin(&pieces, true);
    assert_int_equal(pieces_due(&pieces, 0, 7 * S), 7 * S);
    assert_int_equal(pieces_due(&pieces, PERIOD, 7 * S), 7 * S + PERIOD);
    assert_int_equal(pieces_due(&pieces, 9 * S, 8 * S), 8 * S);
    assert_int_equal(pieces_due(&pieces, 9 * S - PERIOD, 8 * S), 8 * S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_comes_by_pieces_is_played_evenly),
        cmocka_unit_test(test_that_it_comes_by_pieces_is_found_out),
        cmocka_unit_test(test_delay_is_no_longer_than_a_piece_and_its_delivery_take),
        cmocka_unit_test(test_after_an_outage_the_delay_is_bounded_and_goes_away),
        cmocka_unit_test(test_piece_with_which_a_list_is_begun_makes_no_delay_for_long),
        cmocka_unit_test(test_clock_that_drifts_makes_no_delay),
        cmocka_unit_test(test_slow_clock_does_not_end_in_bursts),
        cmocka_unit_test(test_stamps_that_run_much_faster_than_packets_come_are_given_up),
        cmocka_unit_test(test_hiccups_far_apart_make_no_pieces),
        cmocka_unit_test(test_what_does_not_come_by_pieces_waits_for_nothing),
        cmocka_unit_test(test_pause_and_step_back_in_the_times_are_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

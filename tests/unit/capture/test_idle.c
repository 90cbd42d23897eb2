#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include "capture/idle.h"

#define MS    INT64_C(1000000)
#define LIMIT (1000 * MS)

enum { GROUP = 10, STEP_MS = 50 }; /* a key picture, nine others, and so on: twice a second */

/* Pictures from one number up to another, each quiet; returns the way of the last. */
static enum idle_way quiet_packets(struct idle *idle, int from, int to)
{
    enum idle_way way = IDLE_NOT;
    for (int i = from; i < to; i++)
        way = idle_packet(idle, i % GROUP == 0, true, true, LIMIT, (1000 + i * STEP_MS) * MS);
    return way;
}

static enum idle_way packet(struct idle *idle, int number, bool is_quiet, bool has_room, int64_t limit_ns)
{
    return idle_packet(idle, number % GROUP == 0, is_quiet, has_room, limit_ns,
                       (1000 + number * STEP_MS) * MS);
}

static void test_the_rhythm_of_key_pictures_is_seen_first(void **state)
{
    (void)state;
    struct idle idle = {0};
    for (int i = 0; i < IDLE_INTERVALS * GROUP; i++)
        assert_int_equal(packet(&idle, i, true, true, LIMIT), IDLE_NOT);
    assert_int_equal(packet(&idle, IDLE_INTERVALS * GROUP, true, true, LIMIT), IDLE_KEY);
    assert_int_equal(packet(&idle, IDLE_INTERVALS * GROUP + 1, true, true, LIMIT), IDLE_KEEP);
    assert_int_equal(quiet_packets(&idle, IDLE_INTERVALS * GROUP + 2, 60), IDLE_KEEP);
    assert_int_equal(packet(&idle, 60, true, true, LIMIT), IDLE_KEY);
}

static void test_motion_wakes_at_any_packet(void **state)
{
    (void)state;
    struct idle idle = {0};
    assert_int_equal(quiet_packets(&idle, 0, 65), IDLE_KEEP);
    assert_int_equal(packet(&idle, 65, false, true, LIMIT), IDLE_WAKE);
    assert_int_equal(packet(&idle, 66, false, true, LIMIT), IDLE_NOT);
    assert_int_equal(packet(&idle, 67, true, true, LIMIT),
                     IDLE_NOT); /* quiet again: from the next key picture on */
    assert_int_equal(quiet_packets(&idle, 68, 71), IDLE_KEY);
    assert_int_equal(packet(&idle, 80, false, true, LIMIT),
                     IDLE_NOT); /* a key picture needs none before it */
}

static void test_key_pictures_too_far_apart_or_too_close_are_never_idle(void **state)
{
    (void)state;
    struct idle idle = {0};
    for (int i = 0; i < 10 * GROUP; i++)
        assert_int_equal(packet(&idle, i, true, true, 400 * MS), IDLE_NOT);
    idle = (struct idle){0};
    for (int i = 0; i < 10 * GROUP; i++) /* every picture, or every other one */
        assert_int_equal(idle_packet(&idle, i % 2 == 0, true, true, LIMIT, (1000 + i * STEP_MS) * MS),
                         IDLE_NOT);
}

/* Those of a camera that sends one in 500 ms, as a network brings them. */
static void test_key_pictures_that_arrive_unevenly_are_as_far_apart_as_they_are_sent(void **state)
{
    static const int64_t late_ms[] = {0, 30, 0, 18, 2, 25};
    (void)state;
    struct idle idle = {0};
    enum idle_way way = IDLE_NOT;
    for (int i = 0; i < 12 * GROUP; i++) {
        const int64_t late_ns = late_ms[i / GROUP % 6] * MS;
        way = idle_packet(&idle, i % GROUP == 0, true, true, 500 * MS, (1000 + i * STEP_MS) * MS + late_ns);
        if (i > IDLE_INTERVALS * GROUP)
            assert_int_equal(way, i % GROUP == 0 ? IDLE_KEY : IDLE_KEEP);
    }
}

static void test_what_cannot_be_kept_wakes(void **state)
{
    (void)state;
    struct idle idle = {0};
    assert_int_equal(quiet_packets(&idle, 0, 65), IDLE_KEEP);
    assert_int_equal(packet(&idle, 65, true, false, LIMIT), IDLE_WAKE);
    assert_int_equal(packet(&idle, 66, true, true, LIMIT), IDLE_NOT);
}

static void test_a_key_picture_that_stays_away_wakes(void **state)
{
    (void)state;
    struct idle idle = {0};
    assert_int_equal(quiet_packets(&idle, 0, 61), IDLE_KEY);
    const int64_t key_ns = (1000 + 60 * STEP_MS) * MS;
    assert_int_equal(idle_packet(&idle, false, true, true, LIMIT, key_ns + 2 * LIMIT), IDLE_KEEP);
    assert_int_equal(idle_packet(&idle, false, true, true, LIMIT, key_ns + 2 * LIMIT + 1), IDLE_WAKE);
    /* and such an interval counts for the next four */
    assert_int_equal(idle_packet(&idle, true, true, true, LIMIT, key_ns + 2 * LIMIT + 2), IDLE_NOT);
}

static void test_without_a_limit_nothing_is_idle(void **state)
{
    (void)state;
    struct idle idle = {0};
    assert_int_equal(quiet_packets(&idle, 0, 65), IDLE_KEEP);
    assert_int_equal(packet(&idle, 66, true, true, 0), IDLE_WAKE); /* switched off meanwhile */
    for (int i = 67; i < 200; i++)
        assert_int_equal(packet(&idle, i, true, true, 0), IDLE_NOT);
}

static void test_key_pictures_that_are_none_by_themselves_are_tried_a_few_times(void **state)
{
    (void)state;
    struct idle idle = {0};
    uint32_t keys = 0;
    for (int i = 0; i < 100 * GROUP; i++) {
        const enum idle_way way = packet(&idle, i, true, true, LIMIT);
        if (way != IDLE_KEY) {
            assert_int_equal(way, IDLE_NOT);
            continue;
        }
        keys++;
        idle_note_key(&idle, false);
        assert_int_equal(packet(&idle, ++i, true, true, LIMIT), IDLE_WAKE);
    }
    assert_int_equal(keys, IDLE_FAILURES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_rhythm_of_key_pictures_is_seen_first),
        cmocka_unit_test(test_motion_wakes_at_any_packet),
        cmocka_unit_test(test_key_pictures_too_far_apart_or_too_close_are_never_idle),
        cmocka_unit_test(test_key_pictures_that_arrive_unevenly_are_as_far_apart_as_they_are_sent),
        cmocka_unit_test(test_what_cannot_be_kept_wakes),
        cmocka_unit_test(test_a_key_picture_that_stays_away_wakes),
        cmocka_unit_test(test_without_a_limit_nothing_is_idle),
        cmocka_unit_test(test_key_pictures_that_are_none_by_themselves_are_tried_a_few_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Places in the log: going on behind one, what has been dropped, another epoch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "web/event_log.h"

static void add(struct event_log *log, uint64_t epoch, uint64_t seq)
{
    const struct camd_place place = {epoch, seq};
    assert_int_equal(event_log_add(log, &place, "event", "{}", 2), 0);
}

static uint64_t seq_behind(const struct event_log *log, uint64_t epoch, uint64_t seq)
{
    const struct camd_place place = {epoch, seq};
    const uint64_t position = event_log_behind(log, &place);
    return position < log->next ? event_log_at(log, position)->place.seq : 0;
}

static void test_an_entry_is_a_server_sent_event(void **state)
{
    static struct event_log log;
    const struct camd_place place = {7, 3};
    (void)state;
    assert_int_equal(event_log_add(&log, &place, "event", "{\"a\":1}#", 7), 0);
    assert_string_equal(event_log_at(&log, log.first)->text->bytes,
                        "id: 7.3\nevent: event\ndata: {\"a\":1}\n\n");
    event_log_fini(&log);
    assert_int_equal(log.bytes, 0);
}

static void test_a_viewer_goes_on_behind_its_place(void **state)
{
    static struct event_log log;
    (void)state;
    for (uint64_t seq = 10; seq <= 20; seq++)
        add(&log, 1, seq);
    assert_int_equal(seq_behind(&log, 1, 14), 15);
    assert_int_equal(seq_behind(&log, 1, 3), 10);
    assert_int_equal(seq_behind(&log, 1, 20), 0);
    assert_int_equal(event_log_recent(&log, 4), log.next - 4);
    assert_int_equal(event_log_recent(&log, 100), log.first);
    event_log_fini(&log);
}

static void test_a_gap_behind_a_place_is_seen(void **state)
{
    static struct event_log log;
    (void)state;
    assert_false(event_log_misses(&log, &(struct camd_place){1, 5})); /* nobody knows of any */
    for (uint64_t seq = 10; seq <= 20; seq++)
        add(&log, 1, seq);
    assert_false(event_log_misses(&log, &(struct camd_place){1, 20}));
    assert_false(event_log_misses(&log, &(struct camd_place){1, 9}));
    assert_true(event_log_misses(&log, &(struct camd_place){1, 8}));
    assert_true(event_log_misses(&log, &(struct camd_place){7, 9}));
    assert_false(event_log_misses(&log, &(struct camd_place){0, 0}));
    event_log_fini(&log);
}

/* Numbers of different epochs can't be compared; the order is that in which they came. */
static void test_it_goes_on_over_epochs(void **state)
{
    static struct event_log log;
    (void)state;
    for (uint64_t seq = 1; seq <= 5; seq++)
        add(&log, 9, seq);
    for (uint64_t seq = 1; seq <= 3; seq++)
        add(&log, 2, seq);
    assert_int_equal(seq_behind(&log, 9, 4), 5);
    assert_int_equal(seq_behind(&log, 9, 5), 1);
    assert_int_equal(seq_behind(&log, 2, 1), 2);
    assert_int_equal(event_log_behind(&log, &(struct camd_place){7, 1}), log.first);
    event_log_fini(&log);
}

static void test_it_is_bounded_in_number_and_bytes(void **state)
{
    static struct event_log log;
    const size_t large = 60000;
    char *data = malloc(large);
    struct camd_place place = {1, 1};
    (void)state;
    for (; place.seq <= 3 * EVENT_LOG_MOST; place.seq++)
        add(&log, 1, place.seq);
    assert_int_equal(log.next - log.first, EVENT_LOG_MOST);
    assert_int_equal(seq_behind(&log, 1, 0), 2 * EVENT_LOG_MOST + 1);
    memset(data, 'x', large);
    for (; place.seq <= 4 * EVENT_LOG_MOST; place.seq++) {
        assert_int_equal(event_log_add(&log, &place, "event", data, large), 0);
        assert_in_range(log.bytes, 1, EVENT_LOG_BYTES);
    }
    free(data);
    event_log_fini(&log);
}

static void test_a_place_is_two_numbers_with_a_point(void **state)
{
    static const char *const none[] = {"",     "1",    "1.",   ".1",   "1.2.3", "1,2",
                                       "-1.2", "+1.2", " 1.2", "1. 2", "a.b",   "99999999999999999999.1"};
    struct camd_place place = {5, 5};
    char text[EVENT_LOG_PLACE_BYTES];
    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_int_equal(event_log_place_parse(none[i], &place), -EINVAL);
    assert_int_equal(place.epoch, 5);
    assert_int_equal(event_log_place_parse("18446744073709551615.42", &place), 0);
    assert_int_equal(place.seq, 42);
    event_log_place_text(&place, text);
    assert_string_equal(text, "18446744073709551615.42");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_entry_is_a_server_sent_event),
        cmocka_unit_test(test_a_viewer_goes_on_behind_its_place),
        cmocka_unit_test(test_a_gap_behind_a_place_is_seen),
        cmocka_unit_test(test_it_goes_on_over_epochs),
        cmocka_unit_test(test_it_is_bounded_in_number_and_bytes),
        cmocka_unit_test(test_a_place_is_two_numbers_with_a_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

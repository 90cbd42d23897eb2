/* How often a stream may become another one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/camera/stream_changes.h"

enum { START_MS = 5000, HOUR_MS = 3600000 };

static void test_first_change_is_made_at_once(void **state)
{
    struct stream_changes changes = {0};
    (void)state;
    assert_int_equal(stream_changes_wait_ms(&changes, START_MS), 0);
    stream_changes_count(&changes, START_MS);
    assert_int_equal(stream_changes_wait_ms(&changes, START_MS), STREAM_CHANGES_FIRST_MS);
    assert_int_equal(stream_changes_wait_ms(&changes, START_MS + 400), STREAM_CHANGES_FIRST_MS - 400);
}

static void test_each_has_to_wait_twice_as_long(void **state)
{
    static const int64_t waits_ms[] = {0, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
    struct stream_changes changes = {0};
    int64_t now_ms = START_MS;
    (void)state;
    for (size_t i = 0; i < sizeof(waits_ms) / sizeof(waits_ms[0]); i++) {
        assert_int_equal(stream_changes_wait_ms(&changes, now_ms), waits_ms[i]);
        now_ms += waits_ms[i];
        assert_int_equal(stream_changes_wait_ms(&changes, now_ms), 0);
        stream_changes_count(&changes, now_ms);
    }
}

static void test_a_minute_without_one_makes_them_forgotten(void **state)
{
    struct stream_changes changes = {0};
    (void)state;
    for (int i = 0; i < 10; i++)
        stream_changes_count(&changes, START_MS);
    assert_int_equal(stream_changes_wait_ms(&changes, START_MS + STREAM_CHANGES_FORGET_MS - 1), 0);
    stream_changes_count(&changes, START_MS + STREAM_CHANGES_FORGET_MS);
    assert_int_equal(changes.in_a_row, 1);
    assert_int_equal(stream_changes_wait_ms(&changes, START_MS + STREAM_CHANGES_FORGET_MS),
                     STREAM_CHANGES_FIRST_MS);
}

/* A camera that changes whenever it may: 33 a second cost a whole processor. */
static void test_changes_for_ever_are_two_a_minute(void **state)
{
    struct stream_changes changes = {0};
    int count = 0;
    (void)state;
    for (int64_t now_ms = START_MS; now_ms < START_MS + HOUR_MS; now_ms += 30) {
        if (stream_changes_wait_ms(&changes, now_ms) > 0)
            continue;
        stream_changes_count(&changes, now_ms);
        count++;
    }
    assert_in_range(count, 119, 126);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_change_is_made_at_once),
        cmocka_unit_test(test_each_has_to_wait_twice_as_long),
        cmocka_unit_test(test_a_minute_without_one_makes_them_forgotten),
        cmocka_unit_test(test_changes_for_ever_are_two_a_minute),
    };
    return cmocka_run_group_tests_name("stream changes", tests, NULL, NULL);
}

/* What is told of a camera's state: each change that matters, once, and to programs only what lasts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include "daemon/events/notice.h"

enum { DELAY_MS = 10000 };

static struct notice notice;
static int64_t now_ms;

static int set_up(void **state)
{
    (void)state;
    notice = (struct notice){0};
    now_ms = 1000000;
    return 0;
}

/* Whether it is told as an event. */
static bool becomes(const char *state, int detail)
{
    const struct situation now = {state, detail};
    const bool is_told = notice_take(&notice, &now);
    if (is_told)
        notice_wait(&notice, true, DELAY_MS, now_ms);
    return is_told;
}

/* How often the program is started meanwhile. */
static int wait_s(int seconds)
{
    int started = 0;
    for (int i = 0; i < seconds; i++) {
        now_ms += 1000;
        started += notice_is_due(&notice, now_ms);
    }
    return started;
}

static void test_changes_are_told_once(void **state)
{
    (void)state;
    assert_false(becomes("starting", 0));
    assert_true(becomes("up", 0));
    assert_false(becomes("up", 0));
    assert_true(becomes("backoff", 0));
    for (int i = 0; i < 100; i++) {
        assert_false(becomes("starting", 0));
        assert_false(becomes("backoff", 0));
    }
    assert_true(becomes("backoff", 1));
    assert_true(becomes("up", 0));
    assert_false(becomes("stopping", 0));
    assert_true(becomes("down", 0));
}

static void test_a_degraded_camera_is_told_again_for_another_reason(void **state)
{
    (void)state;
    assert_true(becomes("degraded", 1));
    assert_false(becomes("degraded", 1));
    assert_true(becomes("degraded", 2));
}

static void test_a_program_hears_of_what_lasts_and_of_its_end(void **state)
{
    (void)state;
    becomes("up", 0);
    assert_int_equal(wait_s(60), 0);
    becomes("backoff", 0);
    assert_int_equal(wait_s(9), 0);
    assert_int_equal(wait_s(1), 1);
    assert_int_equal(wait_s(600), 0);
    becomes("up", 0);
    assert_int_equal(wait_s(600), 1);
}

static void test_a_program_hears_nothing_of_blips(void **state)
{
    (void)state;
    becomes("up", 0);
    for (int i = 0; i < 20; i++) {
        becomes("backoff", 0);
        assert_int_equal(wait_s(9), 0);
        becomes("up", 0);
        assert_int_equal(wait_s(5), 0);
    }
}

/* Another trouble meanwhile is no reason to wait longer. */
static void test_trouble_that_changes_has_lasted_from_its_beginning(void **state)
{
    (void)state;
    becomes("up", 0);
    becomes("degraded", 1);
    assert_int_equal(wait_s(6), 0);
    becomes("backoff", 0);
    assert_int_equal(wait_s(4), 1);
    assert_string_equal(notice.said.state, "backoff");
}

static void test_a_program_hears_of_a_camera_that_was_dark_from_the_start(void **state)
{
    (void)state;
    becomes("backoff", 0);
    assert_int_equal(wait_s(10), 1);
}

static void test_without_a_program_nothing_is_waited_for(void **state)
{
    (void)state;
    const struct situation dark = {"backoff", 0}, up = {"up", 0};
    assert_true(notice_take(&notice, &dark));
    notice_wait(&notice, false, DELAY_MS, now_ms);
    assert_int_equal(notice.due_ms, 0);
    /* there is one now: it hears of what comes */
    assert_true(notice_take(&notice, &up));
    notice_wait(&notice, true, DELAY_MS, now_ms);
    assert_int_equal(wait_s(10), 1);
}

static bool fails(uint64_t number, uint32_t in_a_row, int64_t cooldown_ms)
{
    return notice_failure(&notice, number, in_a_row, 3, cooldown_ms, now_ms);
}

static void test_failures_are_told_after_so_many_and_not_during_the_cooldown(void **state)
{
    (void)state;
    assert_false(fails(1, 1, 600000));
    assert_false(fails(2, 2, 600000));
    assert_true(fails(3, 3, 600000));
    now_ms += 599999;
    assert_false(fails(4, 4, 600000));
    now_ms += 1;
    assert_false(fails(4, 4, 600000)); /* looked at again */
    assert_true(fails(5, 5, 600000));
    assert_false(fails(6, 1, 0)); /* there was a good run */
    assert_false(fails(7, 2, 0));
    assert_true(fails(8, 3, 0));
    assert_true(fails(9, 4, 0));
}

static void test_one_failure_after_a_good_run_is_another_one(void **state)
{
    (void)state;
    for (uint64_t number = 1; number < 5; number++)
        assert_true(notice_failure(&notice, number, 1, 1, 0, now_ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_changes_are_told_once, set_up),
        cmocka_unit_test_setup(test_a_degraded_camera_is_told_again_for_another_reason, set_up),
        cmocka_unit_test_setup(test_a_program_hears_of_what_lasts_and_of_its_end, set_up),
        cmocka_unit_test_setup(test_a_program_hears_nothing_of_blips, set_up),
        cmocka_unit_test_setup(test_trouble_that_changes_has_lasted_from_its_beginning, set_up),
        cmocka_unit_test_setup(test_a_program_hears_of_a_camera_that_was_dark_from_the_start, set_up),
        cmocka_unit_test_setup(test_without_a_program_nothing_is_waited_for, set_up),
        cmocka_unit_test_setup(test_failures_are_told_after_so_many_and_not_during_the_cooldown, set_up),
        cmocka_unit_test_setup(test_one_failure_after_a_good_run_is_another_one, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

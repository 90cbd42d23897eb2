/* A fault is said once and then counted. Times in seconds, for the reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/supervise/trouble.h"

static struct trouble_count count;

static enum trouble_saying fail_at(struct trouble *trouble, int64_t seconds, const char *text)
{
    count = (struct trouble_count){0};
    const bool is_known = trouble_is_known(trouble, seconds * 1000, text);
    const enum trouble_saying saying = trouble_fail(trouble, seconds * 1000, text, "a hint", &count);
    assert_int_equal(saying == TROUBLE_KNOWN, is_known);
    assert_string_equal(kept_text(&trouble->text), text);
    assert_string_equal(kept_text(&trouble->hint), "a hint");
    return saying;
}

static void test_the_same_is_said_once_and_counted_every_ten_minutes(void **state)
{
    struct trouble trouble = {0};
    (void)state;
    assert_int_equal(fail_at(&trouble, 100, "refused"), TROUBLE_NEW);
    for (int64_t at = 130; at < 700; at += 30)
        assert_int_equal(fail_at(&trouble, at, "refused"), TROUBLE_KNOWN);
    assert_int_equal(fail_at(&trouble, 700, "refused"), TROUBLE_AGAIN);
    assert_int_equal(count.unsaid, 20);
    assert_int_equal(count.since_said_ms, 600000);
    assert_int_equal(fail_at(&trouble, 730, "refused"), TROUBLE_KNOWN);
    assert_int_equal(trouble_end(&trouble, 760000), 660000);
    assert_true(kept_text_is_empty(&trouble.text));
    trouble_clear(&trouble);
}

static void test_another_reason_is_said_and_two_that_take_turns_are_not(void **state)
{
    struct trouble trouble = {0};
    (void)state;
    assert_int_equal(fail_at(&trouble, 1, "refused"), TROUBLE_NEW);
    assert_int_equal(fail_at(&trouble, 2, "timed out"), TROUBLE_NEW);
    for (int64_t at = 3; at < 100; at += 2) {
        assert_int_equal(fail_at(&trouble, at, "refused"), TROUBLE_KNOWN);
        assert_int_equal(fail_at(&trouble, at + 1, "timed out"), TROUBLE_KNOWN);
    }
    /* the oldest of them gives way */
    assert_int_equal(fail_at(&trouble, 200, "a"), TROUBLE_NEW);
    assert_int_equal(fail_at(&trouble, 201, "b"), TROUBLE_NEW);
    assert_int_equal(fail_at(&trouble, 202, "c"), TROUBLE_NEW);
    assert_int_equal(fail_at(&trouble, 203, "timed out"), TROUBLE_KNOWN);
    assert_int_equal(fail_at(&trouble, 204, "refused"), TROUBLE_NEW);
    trouble_clear(&trouble);
}

/* What is left of memory is another number at every try: it was a line in the log for each. */
static void test_another_measure_is_no_other_reason(void **state)
{
    struct trouble trouble = {0};
    (void)state;
    assert_int_equal(fail_at(&trouble, 1, "needs 28.4 MB, and 21.2 MB are left"), TROUBLE_NEW);
    assert_int_equal(fail_at(&trouble, 2, "needs 28.4 MB, and 7.9 MB are left"), TROUBLE_KNOWN);
    assert_int_equal(fail_at(&trouble, 3, "192.0.2.7 answers with 404"), TROUBLE_NEW);
    assert_int_equal(fail_at(&trouble, 4, "192.0.2.7 answers with 503"), TROUBLE_NEW);
    assert_int_equal(fail_at(&trouble, 5, "192.0.2.8 answers with 503"), TROUBLE_NEW);
    trouble_clear(&trouble);
}

/* It drops its stream every 14 s: that is one fault, not a line every 14 s. */
static void test_being_up_for_a_moment_does_not_make_it_a_new_fault(void **state)
{
    struct trouble trouble = {0};
    (void)state;
    assert_int_equal(fail_at(&trouble, 14, "broken off"), TROUBLE_NEW);
    assert_int_equal(trouble_end(&trouble, 15000), 1000);
    assert_true(trouble.is_said);
    for (int64_t at = 29; at < 500; at += 15) {
        assert_int_equal(fail_at(&trouble, at, "broken off"), TROUBLE_KNOWN);
        assert_false(trouble.is_said);
        trouble_end(&trouble, at * 1000 + 1000);
    }
    /* after a minute of running it is one */
    assert_int_equal(fail_at(&trouble, 1000, "broken off"), TROUBLE_NEW);
    assert_true(trouble.is_said);
    trouble_clear(&trouble);
}

static void test_whoever_was_never_in_trouble_was_not_down(void **state)
{
    struct trouble trouble = {0};
    (void)state;
    assert_int_equal(trouble_end(&trouble, 1000), 0);
    fail_at(&trouble, 2, "x");
    trouble_clear(&trouble);
    assert_int_equal(trouble_end(&trouble, 3000), 0);
    trouble_clear(&trouble);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_is_said_once_and_counted_every_ten_minutes),
        cmocka_unit_test(test_another_reason_is_said_and_two_that_take_turns_are_not),
        cmocka_unit_test(test_another_measure_is_no_other_reason),
        cmocka_unit_test(test_being_up_for_a_moment_does_not_make_it_a_new_fault),
        cmocka_unit_test(test_whoever_was_never_in_trouble_was_not_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

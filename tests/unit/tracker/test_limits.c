/* What a frame has no room for is counted, and told once in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/limits.h"

static void a_limit_is_told_once_and_counted_always(void **state)
{
    (void)state;
    struct limits limits = {0};
    enum limit limit = LIMIT_COUNT;
    assert_false(limits_take_news(&limits, &limit));
    limits_note(&limits, LIMIT_TRACKS, 0, 6);
    assert_false(limits_take_news(&limits, &limit));
    limits_note(&limits, LIMIT_TRACKS, 5, 7);
    limits_note(&limits, LIMIT_SHOWN, 2, 7);
    assert_true(limits_take_news(&limits, &limit));
    assert_int_equal(limit, LIMIT_TRACKS);
    assert_true(limits_take_news(&limits, &limit));
    assert_int_equal(limit, LIMIT_SHOWN);
    assert_false(limits_take_news(&limits, &limit));
    limits_note(&limits, LIMIT_TRACKS, 9, 8);
    limits_note(&limits, LIMIT_TRACKS, 1, 10);
    assert_false(limits_take_news(&limits, &limit));
    const struct limit_count *count = &limits.of[LIMIT_TRACKS];
    assert_int_equal(count->total, 15);
    assert_int_equal(count->frames, 3);
    assert_int_equal(count->first_frame, 7);
    assert_int_equal(count->most, 9);
    assert_int_equal(limits_total(&limits), 17);
}

/* Regions that wait are looked into a moment later: only when that goes on it is worth a word. */
static void what_only_waits_is_told_when_it_goes_on(void **state)
{
    (void)state;
    struct limits limits = {0};
    enum limit limit;
    const uint32_t patience = limit_words(LIMIT_REGIONS)->patience;
    assert_true(patience > 1);
    for (uint32_t i = 1; i < patience; i++)
        limits_note(&limits, LIMIT_REGIONS, 1, i);
    limits_note(&limits, LIMIT_REGIONS, 0, patience);
    for (uint32_t i = 1; i < patience; i++)
        limits_note(&limits, LIMIT_REGIONS, 1, patience + i);
    assert_false(limits_take_news(&limits, &limit));
    limits_note(&limits, LIMIT_REGIONS, 1, 2 * patience);
    assert_true(limits_take_news(&limits, &limit));
    assert_int_equal(limit, LIMIT_REGIONS);
    assert_int_equal(limits_total(&limits), 0); /* none of them is left out for good */
}

/* A flash: status must not send anybody to a log that says nothing. */
static void what_is_not_told_is_not_in_the_sum(void **state)
{
    (void)state;
    struct limits limits = {0};
    limits_note(&limits, LIMIT_MOTION, 30, 1);
    limits_note(&limits, LIMIT_MOTION, 0, 2);
    assert_int_equal(limits_total(&limits), 0);
    for (uint32_t i = 0; i < limit_words(LIMIT_MOTION)->patience; i++)
        limits_note(&limits, LIMIT_MOTION, 1, 3 + i);
    assert_int_equal(limits_total(&limits), 30 + limit_words(LIMIT_MOTION)->patience);
}

static void all_limits_have_words(void **state)
{
    (void)state;
    for (int i = 0; i < LIMIT_COUNT; i++) {
        const struct limit_words *words = limit_words((enum limit)i);
        assert_true(words->more && words->left_out && words->hint && words->patience > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_is_told_once_and_counted_always),
        cmocka_unit_test(what_only_waits_is_told_when_it_goes_on),
        cmocka_unit_test(what_is_not_told_is_not_in_the_sum),
        cmocka_unit_test(all_limits_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Still pictures: how often they are asked for, with which conditions, and how long answers may fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <string.h>

#include "capture/still.h"

#define MS INT64_C(1000000)
#define S  INT64_C(1000000000)

static const struct overheard tagged = {
    .status = 200,
    .entity_tag = "W/\"abc\"",
    .last_modified = "Wed, 21 Oct 2015 07:28:00 GMT",
};
static const struct overheard plain = {.status = 200};

static void test_once_a_second_at_most_unless_the_rate_is_its_own(void **state)
{
    (void)state;
    static const struct {
        double fps;
        bool is_own;
        int64_t step_ns;
    } cases[] = {{5, false, S}, {5, true, 200 * MS}, {0.5, false, 2 * S}, {0.5, true, 2 * S}, {1, false, S}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct still still = {0};
        still_begin(&still, 100 * S);
        assert_true(still.is_one);
        for (int64_t turn = 1; turn < 10; turn++)
            assert_int_equal(still_next(&still, cases[i].fps, cases[i].is_own, 100 * S),
                             100 * S + turn * cases[i].step_ns);
    }
}

static void test_missed_turns_are_not_made_up_for(void **state)
{
    (void)state;
    struct still still = {0};
    still_begin(&still, 100 * S);
    assert_int_equal(still_next(&still, 1, true, 107 * S), 107 * S);
    assert_int_equal(still_next(&still, 1, true, 107 * S), 108 * S);
}

static void test_conditions_are_those_of_the_last_whole_answer(void **state)
{
    (void)state;
    char lines[STILL_HEAD_BYTES];
    struct still still = {0};
    still_begin(&still, 100 * S);
    still_answered(&still, &plain, true, 100 * S);
    assert_false(still_conditions(&still, 101 * S, lines));
    still_answered(&still, &tagged, true, 101 * S);
    assert_true(still_conditions(&still, 102 * S, lines));
    assert_string_equal(lines,
                        "If-None-Match: W/\"abc\"\r\nIf-Modified-Since: Wed, 21 Oct 2015 07:28:00 GMT\r\n");
    still_answered(&still, &plain, false, 102 * S); /* the word that nothing is new */
    assert_true(still_conditions(&still, 103 * S, lines));
    still_answered(&still, &plain, true, 103 * S);
    assert_false(still_conditions(&still, 104 * S, lines));
}

/* There are servers that say for ever that nothing is new. */
static void test_all_of_it_is_wanted_once_a_minute(void **state)
{
    (void)state;
    char lines[STILL_HEAD_BYTES];
    struct still still = {0};
    int whole = 0;
    still_begin(&still, 100 * S);
    still_answered(&still, &tagged, true, 100 * S);
    for (int64_t now_ns = 101 * S; now_ns < 401 * S; now_ns += S) {
        bool is_whole = !still_conditions(&still, now_ns, lines);
        whole += is_whole;
        still_answered(&still, &tagged, is_whole, now_ns);
    }
    assert_int_equal(whole, 5);
}

static void test_tag_that_was_cut_off_is_none(void **state)
{
    (void)state;
    char lines[STILL_HEAD_BYTES];
    struct overheard answer = {.status = 200};
    struct still still = {0};
    still_begin(&still, 100 * S);
    memset(answer.entity_tag, 'x', sizeof(answer.entity_tag) - 1);
    still_answered(&still, &answer, true, 100 * S);
    assert_false(still_conditions(&still, 101 * S, lines));
    answer.entity_tag[sizeof(answer.entity_tag) - 2] = '\0';
    memset(answer.last_modified, 'y', sizeof(answer.last_modified) - 2);
    still_answered(&still, &answer, true, 101 * S);
    assert_true(still_conditions(&still, 102 * S, lines));
    assert_true(strlen(lines) < sizeof(lines) - 1 && lines[strlen(lines) - 1] == '\n');
}

static void test_answers_may_fail_for_the_time_out_or_three_of_their_intervals(void **state)
{
    (void)state;
    struct still still = {0};
    still_begin(&still, 100 * S);
    for (int64_t now_ns = 100 * S; now_ns <= 110 * S; now_ns += S)
        still_answered(&still, &plain, true, now_ns);
    assert_false(still_is_over(&still, 2 * S, 112999 * MS));
    assert_true(still_is_over(&still, 2 * S, 113 * S));
    assert_false(still_is_over(&still, 10 * S, 119 * S));
    assert_true(still_is_over(&still, 10 * S, 120 * S));
    assert_true(still_rate(&still) > 0.99 && still_rate(&still) < 1.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once_a_second_at_most_unless_the_rate_is_its_own),
        cmocka_unit_test(test_missed_turns_are_not_made_up_for),
        cmocka_unit_test(test_conditions_are_those_of_the_last_whole_answer),
        cmocka_unit_test(test_all_of_it_is_wanted_once_a_minute),
        cmocka_unit_test(test_tag_that_was_cut_off_is_none),
        cmocka_unit_test(test_answers_may_fail_for_the_time_out_or_three_of_their_intervals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

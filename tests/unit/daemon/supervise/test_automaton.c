/*
 * Every cell of the automaton, against an expectation written apart from it: a line a state, a word an event.
 * "-" stays and does nothing; a word is the next state, then what is to be done: ! terminate, x kill, c create,
 * s spawn, ~ cancel; then f a failure counted, 0 failures forgotten, r a retry.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "daemon/supervise/automaton.h"

#define EVENTS AUTOMATON_EVENT_COUNT

static const struct automaton_policy usual = {
    .ready_ms = 60000, .stop_ms = 5000, .restart_delay_ms = 500, .restart_max_ms = 30000, .restart_limit = 0};

/* columns: start stop restart kick created ready fault stalled exit finished deadline; wanted up before */
static const char *const expected_up[AUTOMATON_STATE_COUNT] = {
    [AUTOMATON_DOWN] = "creatingc0 - creatingc0 - - - - - - - -",
    [AUTOMATON_CREATING] = "- down~ - - startings - backoff~f - - - backoff~f",
    [AUTOMATON_STARTING] = "- stopping! stopping! - - up stopping!f stopping!f backofff ended stopping!f",
    [AUTOMATON_UP] = "- stopping! stopping! - - - stopping!f stopping!f backofff ended up0",
    [AUTOMATON_ENDED] = "- down creatingc0 creatingc0 - - - - - - -",
    [AUTOMATON_STOPPING] = "- - - - - - - - creatingc creatingc killingx",
    [AUTOMATON_KILLING] = "- - - - - - - - creatingc creatingc stuckx",
    [AUTOMATON_BACKOFF] = "- down creatingcr creatingcr - - - - - - creatingcr",
    [AUTOMATON_FAILED] = "- down creatingc0r creatingc0r - - - - - - -",
    [AUTOMATON_STUCK] = "- - - stuckx - - - - creatingc creatingc stuckx",
};

static void write_outcome(char *text, size_t size, const struct automaton *before,
                          const struct automaton *after, unsigned int effects)
{
    char marks[16] = "";
    if (effects & AUTOMATON_CANCEL)
        strcat(marks, "~");
    if (effects & AUTOMATON_TERMINATE)
        strcat(marks, "!");
    if (effects & AUTOMATON_KILL)
        strcat(marks, "x");
    if (effects & AUTOMATON_CREATE)
        strcat(marks, "c");
    if (effects & AUTOMATON_SPAWN)
        strcat(marks, "s");
    if (after->failures > before->failures)
        strcat(marks, "f");
    if (before->failures > 0 && after->failures == 0)
        strcat(marks, "0");
    if (after->restarts > before->restarts)
        strcat(marks, "r");
    if (after->state == before->state && marks[0] == '\0')
        snprintf(text, size, "-");
    else
        snprintf(text, size, "%s%s", automaton_state_word(after->state), marks);
}

static struct automaton in_state(enum automaton_state state)
{
    return (struct automaton){.state = state,
                              .want_up = state != AUTOMATON_DOWN,
                              .failures = 1,
                              .since_ms = 1000,
                              .deadline_ms = 5000,
                              .error_class = -1};
}

static void test_every_cell(void **state)
{
    (void)state;
    for (int s = 0; s < AUTOMATON_STATE_COUNT; s++) {
        const char *words = expected_up[s];
        for (int event = 0; event < EVENTS; event++) {
            char want[32], got[32];
            int used = 0;
            assert_int_equal(sscanf(words, "%31s%n", want, &used), 1);
            words += used;
            struct automaton before = in_state((enum automaton_state)s), after = before;
            struct automaton_input input = {.now_ms = 2000, .error_class = -1};
            unsigned int effects = automaton_step(&after, (enum automaton_event)event, &input, &usual);
            write_outcome(got, sizeof(got), &before, &after, effects);
            if (strcmp(want, got) != 0)
                fail_msg("%s on %s: expected %s, got %s", automaton_event_word((enum automaton_event)event),
                         automaton_state_word((enum automaton_state)s), want, got);
        }
    }
}

/* One that is up fails so, and is tried again; the cause is that of the failure, whatever happened on the way. */
static void fail_and_retry(struct automaton *automaton, enum automaton_event event,
                           enum automaton_reason reason, int error_class)
{
    struct automaton_input input = {.now_ms = 100000, .reason = reason, .error_class = error_class};
    automaton->state = AUTOMATON_UP;
    automaton_step(automaton, event, &input, &usual);
    input = (struct automaton_input){.now_ms = 200000, .error_class = -1};
    if (automaton->state == AUTOMATON_STOPPING) {
        automaton_step(automaton, AUTOMATON_EVENT_DEADLINE, &input, &usual);
        automaton_step(automaton, AUTOMATON_EVENT_EXIT, &input, &usual);
    }
    assert_int_equal(automaton->state, AUTOMATON_BACKOFF);
    automaton_step(automaton, AUTOMATON_EVENT_DEADLINE, &input, &usual);
}

static void test_restarts_are_counted_by_the_cause_of_the_failure(void **state)
{
    struct automaton automaton = in_state(AUTOMATON_UP);
    uint64_t sum = 0;
    (void)state;
    fail_and_retry(&automaton, AUTOMATON_EVENT_STALLED, AUTOMATON_REASON_NONE, -1);
    fail_and_retry(&automaton, AUTOMATON_EVENT_EXIT, AUTOMATON_REASON_SIGNAL, -1);
    fail_and_retry(&automaton, AUTOMATON_EVENT_EXIT, AUTOMATON_REASON_ERROR, CAMD_CLASS_AUTH);
    fail_and_retry(&automaton, AUTOMATON_EVENT_EXIT, AUTOMATON_REASON_ERROR, CAMD_CLASS_AUTH);
    fail_and_retry(&automaton, AUTOMATON_EVENT_EXIT, AUTOMATON_REASON_ERROR, -1);
    fail_and_retry(&automaton, AUTOMATON_EVENT_FAULT, AUTOMATON_REASON_MEMORY, CAMD_CLASS_LOCAL);
    assert_int_equal(automaton.restarts_by[AUTOMATON_CAUSE_STALL], 1);
    assert_int_equal(automaton.restarts_by[AUTOMATON_CAUSE_SIGNAL], 1);
    assert_int_equal(automaton.restarts_by[AUTOMATON_CAUSE_AUTH], 2);
    assert_int_equal(automaton.restarts_by[AUTOMATON_CAUSE_EXIT], 1);
    assert_int_equal(automaton.restarts_by[AUTOMATON_CAUSE_MEMORY], 1);
    for (int cause = 0; cause < AUTOMATON_CAUSE_COUNT; cause++)
        sum += automaton.restarts_by[cause];
    assert_int_equal(sum, automaton.restarts);
}

/* Whoever is not wanted comes to rest, from wherever its process ends. */
static void test_unwanted_goes_down(void **state)
{
    static const enum automaton_state from[] = {AUTOMATON_STOPPING, AUTOMATON_KILLING, AUTOMATON_STUCK};
    static const enum automaton_event ends[] = {AUTOMATON_EVENT_EXIT, AUTOMATON_EVENT_FINISHED};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 2; k++) {
            struct automaton automaton = in_state(from[i]);
            struct automaton_input input = {.now_ms = 2000, .error_class = -1};
            automaton.want_up = false;
            assert_int_equal(automaton_step(&automaton, ends[k], &input, &usual), 0);
            assert_int_equal(automaton.state, AUTOMATON_DOWN);
            assert_true(automaton.deadline_ms == AUTOMATON_NO_DEADLINE);
        }
    }
}

static void test_every_timed_state_has_a_deadline(void **state)
{
    (void)state;
    for (int s = 0; s < AUTOMATON_STATE_COUNT; s++) {
        for (int event = 0; event < EVENTS; event++) {
            struct automaton automaton = in_state((enum automaton_state)s);
            struct automaton_input input = {.now_ms = 2000, .error_class = -1};
            automaton_step(&automaton, (enum automaton_event)event, &input, &usual);
            if (automaton_state_is_timed(automaton.state))
                assert_true(automaton.deadline_ms != AUTOMATON_NO_DEADLINE);
        }
    }
}

/* ---- how long it waits ---- */

static int64_t wait_after(uint32_t failures, double jitter, const struct automaton_policy *policy)
{
    const struct automaton automaton = {.failures = failures, .failed_starts = failures, .error_class = -1};
    return automaton_wait_ms(&automaton, jitter, policy);
}

static void test_the_wait_doubles_to_its_limit(void **state)
{
    (void)state;
    assert_int_equal(wait_after(1, 0.0, &usual), 0);
    assert_int_equal(wait_after(2, 0.0, &usual), 500);
    assert_int_equal(wait_after(3, 0.0, &usual), 1000);
    assert_int_equal(wait_after(4, 0.0, &usual), 2000);
    assert_int_equal(wait_after(7, 0.0, &usual), 16000);
    assert_int_equal(wait_after(8, 0.0, &usual), 30000);
    assert_int_equal(wait_after(UINT32_MAX, 0.0, &usual), 30000);
}

static int64_t wait_after_refusals(uint32_t refusals, uint32_t failures, double jitter)
{
    const struct automaton automaton = {
        .failures = failures, .refusals = refusals, .good_run_ms = 14000, .error_class = CAMD_CLASS_AUTH};
    return automaton_wait_ms(&automaton, jitter, &usual);
}

/* Nor is it shorter for a camera whose last run was short. */
static void test_the_wait_after_a_refused_password_starts_at_five_minutes(void **state)
{
    (void)state;
    assert_int_equal(wait_after_refusals(1, 1, 0.0), 300000);
    assert_int_equal(wait_after_refusals(2, 2, 0.0), 600000);
    assert_int_equal(wait_after_refusals(9, 9, 0.0), 3600000);
    assert_int_equal(wait_after_refusals(UINT32_MAX, 1, 0.0), 3600000);
    /* jitter never makes it shorter */
    assert_int_equal(wait_after_refusals(1, 1, -1.0), 330000);
}

static void test_jitter_is_ten_percent(void **state)
{
    (void)state;
    assert_int_equal(wait_after(8, 1.0, &usual), 33000);
    assert_int_equal(wait_after(8, -1.0, &usual), 27000);
}

static void step(struct automaton *automaton, enum automaton_event event, int64_t now_ms,
                 const struct automaton_policy *policy)
{
    struct automaton_input input = {.now_ms = now_ms, .error_class = -1};
    automaton_step(automaton, event, &input, policy);
}

/* A try that fails before it is up; returns how long it is waited then. */
static int64_t fail_start(struct automaton *automaton, int class_, int64_t *now_ms,
                          const struct automaton_policy *policy)
{
    if (automaton->state == AUTOMATON_BACKOFF)
        step(automaton, AUTOMATON_EVENT_DEADLINE, *now_ms = automaton->deadline_ms, policy);
    step(automaton, AUTOMATON_EVENT_CREATED, *now_ms, policy);
    assert_int_equal(automaton->state, AUTOMATON_STARTING);
    struct automaton_input input = {.now_ms = *now_ms, .error_class = class_};
    automaton_step(automaton, AUTOMATON_EVENT_EXIT, &input, policy);
    return automaton->state == AUTOMATON_BACKOFF ? automaton->deadline_ms - *now_ms : -1;
}

/* The same with a run of so long. */
static int64_t fail_run(struct automaton *automaton, int64_t run_ms, int64_t *now_ms,
                        const struct automaton_policy *policy)
{
    if (automaton->state == AUTOMATON_BACKOFF)
        step(automaton, AUTOMATON_EVENT_DEADLINE, *now_ms = automaton->deadline_ms, policy);
    step(automaton, AUTOMATON_EVENT_CREATED, *now_ms, policy);
    step(automaton, AUTOMATON_EVENT_READY, *now_ms, policy);
    assert_int_equal(automaton->state, AUTOMATON_UP);
    const int64_t end_ms = *now_ms + run_ms;
    if (automaton->deadline_ms < end_ms)
        step(automaton, AUTOMATON_EVENT_DEADLINE, automaton->deadline_ms, policy);
    step(automaton, AUTOMATON_EVENT_EXIT, *now_ms = end_ms, policy);
    return automaton->state == AUTOMATON_BACKOFF ? automaton->deadline_ms - *now_ms : -1;
}

static struct automaton started(const struct automaton_policy *policy)
{
    struct automaton automaton;
    automaton_init(&automaton, 0);
    step(&automaton, AUTOMATON_EVENT_START, 0, policy);
    return automaton;
}

/* Off for 20 s and then one refusal: the next try was after more than an hour. */
static void test_failures_of_another_kind_do_not_lengthen_the_wait_for_a_password(void **state)
{
    struct automaton automaton = started(&usual);
    int64_t now_ms = 0;
    (void)state;
    for (int i = 0; i < 6; i++)
        fail_start(&automaton, CAMD_CLASS_NETWORK, &now_ms, &usual);
    assert_int_equal(fail_start(&automaton, CAMD_CLASS_AUTH, &now_ms, &usual), 300000);
    /* nor do they make it forget that the password was refused */
    assert_true(fail_start(&automaton, CAMD_CLASS_NETWORK, &now_ms, &usual) <= 30000);
    assert_int_equal(fail_start(&automaton, CAMD_CLASS_AUTH, &now_ms, &usual), 600000);
    /* what is new to the camera is no second refusal */
    automaton_forgive_refusals(&automaton);
    assert_int_equal(fail_start(&automaton, CAMD_CLASS_AUTH, &now_ms, &usual), 300000);
    /* and once it was let in, the password was good */
    fail_run(&automaton, 100, &now_ms, &usual);
    assert_int_equal(fail_start(&automaton, CAMD_CLASS_AUTH, &now_ms, &usual), 300000);
}

/* Every session was good, and it was dark for two thirds of the time. */
static void test_a_camera_that_drops_every_14_seconds_is_seen(void **state)
{
    struct automaton automaton = started(&usual);
    int64_t now_ms = 0, dark_ms = 0;
    (void)state;
    for (int i = 0; i < 100; i++)
        dark_ms += fail_run(&automaton, 14000, &now_ms, &usual);
    assert_true(dark_ms * 10 < now_ms);
}

/* It came back after a while, as it does mostly: nobody waits for it longer than it was there before. */
static void test_no_wait_is_longer_than_the_last_good_run(void **state)
{
    struct automaton automaton = started(&usual);
    int64_t now_ms = 0, longest_ms = 0;
    (void)state;
    fail_run(&automaton, 14000, &now_ms, &usual);
    for (int i = 0; i < 20; i++) {
        const int64_t wait_ms = fail_start(&automaton, CAMD_CLASS_NETWORK, &now_ms, &usual);
        longest_ms = wait_ms > longest_ms ? wait_ms : longest_ms;
    }
    assert_int_equal(longest_ms, 14000);
}

static void test_short_runs_back_off(void **state)
{
    struct automaton automaton = started(&usual);
    int64_t now_ms = 0, wait_ms = 0;
    (void)state;
    for (int i = 0; i < 20; i++)
        wait_ms = fail_run(&automaton, 300, &now_ms, &usual);
    assert_int_equal(wait_ms, 30000);
}

/* It span, and wrote 537 MB of log in five minutes. */
static void test_without_a_restart_delay_failed_starts_back_off_all_the_same(void **state)
{
    struct automaton_policy policy = usual;
    policy.restart_delay_ms = 0;
    struct automaton automaton = started(&policy);
    int64_t now_ms = 0;
    (void)state;
    for (int i = 0; i < 1000; i++) /* killed again and again */
        assert_int_equal(fail_run(&automaton, 1, &now_ms, &policy), 0);
    assert_int_equal(fail_start(&automaton, -1, &now_ms, &policy), 500);
    assert_int_equal(fail_start(&automaton, -1, &now_ms, &policy), 1000);
    for (int i = 0; i < 10; i++)
        fail_start(&automaton, -1, &now_ms, &policy);
    assert_int_equal(fail_start(&automaton, -1, &now_ms, &policy), 30000);
    assert_int_equal(fail_run(&automaton, 1, &now_ms, &policy), 0);
    policy.restart_max_ms = 0; /* both may be 0 */
    assert_int_equal(fail_start(&automaton, -1, &now_ms, &policy), 500);
    assert_int_equal(fail_start(&automaton, -1, &now_ms, &policy), 500);
}

static void test_restart_limit(void **state)
{
    struct automaton_policy policy = usual;
    struct automaton automaton;
    (void)state;
    policy.restart_limit = 3;
    automaton_init(&automaton, 0);
    step(&automaton, AUTOMATON_EVENT_START, 0, &policy);
    for (int failure = 1; failure <= 3; failure++) {
        assert_int_equal(automaton.state, AUTOMATON_CREATING);
        step(&automaton, AUTOMATON_EVENT_CREATED, 1, &policy);
        step(&automaton, AUTOMATON_EVENT_EXIT, 2, &policy);
        assert_int_equal(automaton.state, failure < 3 ? AUTOMATON_BACKOFF : AUTOMATON_FAILED);
        step(&automaton, AUTOMATON_EVENT_DEADLINE, 3, &policy);
    }
    assert_int_equal(automaton.state, AUTOMATON_FAILED);
    assert_int_equal(automaton.reason, AUTOMATON_REASON_LIMIT);
    /* a stable run makes the count start again */
    step(&automaton, AUTOMATON_EVENT_KICK, 4, &policy);
    step(&automaton, AUTOMATON_EVENT_CREATED, 5, &policy);
    step(&automaton, AUTOMATON_EVENT_EXIT, 6, &policy);
    assert_int_equal(automaton.state, AUTOMATON_BACKOFF);
    assert_int_equal(automaton.failures, 1);
}

static void test_a_good_run_forgets_failures(void **state)
{
    struct automaton automaton = in_state(AUTOMATON_STARTING);
    (void)state;
    automaton.failures = 6;
    step(&automaton, AUTOMATON_EVENT_READY, 10000, &usual);
    assert_int_equal(automaton.state, AUTOMATON_UP);
    assert_int_equal(automaton.deadline_ms, 10000 + AUTOMATON_GOOD_MS);
    assert_int_equal(automaton.failures, 6);
    step(&automaton, AUTOMATON_EVENT_DEADLINE, automaton.deadline_ms, &usual);
    assert_int_equal(automaton.failures, 0);
    assert_true(automaton.deadline_ms == AUTOMATON_NO_DEADLINE);
}

/* The exit came before the timer. */
static void test_a_good_run_counts_as_one_without_its_timer(void **state)
{
    struct automaton automaton = in_state(AUTOMATON_UP);
    (void)state;
    automaton.failures = 6;
    step(&automaton, AUTOMATON_EVENT_EXIT, automaton.since_ms + AUTOMATON_GOOD_MS, &usual);
    assert_int_equal(automaton.failures, 1);
    assert_int_equal(automaton.good_run_ms, AUTOMATON_GOOD_MS);
}

/* A stop while a stalled worker is being stopped: it is not started again, and gets no more time than this stop gives. */
static void test_stop_beats_a_restart_under_way(void **state)
{
    struct automaton automaton = in_state(AUTOMATON_UP);
    struct automaton_input input = {.now_ms = 1000, .error_class = -1};
    (void)state;
    automaton_step(&automaton, AUTOMATON_EVENT_STALLED, &input, &usual);
    assert_int_equal(automaton.deadline_ms, 6000);
    input.stop_deadline_ms = 3000;
    automaton_step(&automaton, AUTOMATON_EVENT_STOP, &input, &usual);
    assert_int_equal(automaton.deadline_ms, 3000);
    automaton_step(&automaton, AUTOMATON_EVENT_EXIT, &input, &usual);
    assert_int_equal(automaton.state, AUTOMATON_DOWN);
}

static void test_words_are_there(void **state)
{
    (void)state;
    for (int i = 0; i < AUTOMATON_STATE_COUNT; i++)
        assert_true(strlen(automaton_state_word((enum automaton_state)i)) > 0);
    for (int i = 1; i < AUTOMATON_REASON_COUNT; i++)
        assert_true(strlen(automaton_reason_words((enum automaton_reason)i)) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cell),
        cmocka_unit_test(test_restarts_are_counted_by_the_cause_of_the_failure),
        cmocka_unit_test(test_unwanted_goes_down),
        cmocka_unit_test(test_every_timed_state_has_a_deadline),
        cmocka_unit_test(test_the_wait_doubles_to_its_limit),
        cmocka_unit_test(test_the_wait_after_a_refused_password_starts_at_five_minutes),
        cmocka_unit_test(test_jitter_is_ten_percent),
        cmocka_unit_test(test_failures_of_another_kind_do_not_lengthen_the_wait_for_a_password),
        cmocka_unit_test(test_a_camera_that_drops_every_14_seconds_is_seen),
        cmocka_unit_test(test_no_wait_is_longer_than_the_last_good_run),
        cmocka_unit_test(test_short_runs_back_off),
        cmocka_unit_test(test_without_a_restart_delay_failed_starts_back_off_all_the_same),
        cmocka_unit_test(test_restart_limit),
        cmocka_unit_test(test_a_good_run_forgets_failures),
        cmocka_unit_test(test_a_good_run_counts_as_one_without_its_timer),
        cmocka_unit_test(test_stop_beats_a_restart_under_way),
        cmocka_unit_test(test_words_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * A million random events against a small model of what a supervisor must do, written as rules instead of a table:
 * what is wanted, whether a process is there, what may be asked of the shell. The seed is printed; CAMD_MODEL_SEED
 * and CAMD_MODEL_STEPS change it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/supervise/automaton.h"

/* The world as the shell sees it. */
struct model {
    bool want_up;
    bool process;  /* executed and not reaped */
    bool asked;    /* TERM was sent to this process */
    bool killed;   /* KILL was */
    bool creating; /* segments were asked for */
    bool up;       /* this process said that it is ready */
    int64_t up_since_ms;
    uint32_t failures;      /* in a row */
    uint32_t failed_starts; /* since it was up */
    uint32_t refusals;      /* of the password */
    int64_t good_run_ms;    /* the last good run; 0: none */
    int64_t not_before_ms;  /* the earliest next start after a failure */
    int64_t longest_ms;     /* how long a back-off may take at most */
};

static const struct automaton_policy policies[] = {
    {.ready_ms = 60000,
     .stop_ms = 5000,
     .restart_delay_ms = 500,
     .restart_max_ms = 30000,
     .restart_limit = 0},
    {.ready_ms = 100, .stop_ms = 10, .restart_delay_ms = 0, .restart_max_ms = 0, .restart_limit = 0},
    {.ready_ms = 1000, .stop_ms = 50, .restart_delay_ms = 10, .restart_max_ms = 80, .restart_limit = 4},
};

/* base doubled so often, but no more than most. */
static int64_t power(int64_t base, uint32_t doublings, int64_t most)
{
    for (uint32_t i = 0; i < doublings && base < most; i++)
        base *= 2;
    return base < most ? base : most;
}

/* How long the failure that was counted last has to be waited for, and may be. */
static void bound_wait(const struct model *model, int error_class, const struct automaton_policy *policy,
                       int64_t *shortest_ms, int64_t *longest_ms)
{
    const int64_t hour_ms = 3600000, five_minutes_ms = 300000, half_a_second_ms = 500;
    int64_t wait_ms = 0;
    if (error_class == CAMD_CLASS_AUTH) {
        *shortest_ms = power(five_minutes_ms, model->refusals - 1, hour_ms);
        *longest_ms = *shortest_ms * 11 / 10;
        return;
    }
    if (policy->restart_delay_ms == 0 && model->failed_starts > 0)
        wait_ms =
            power(half_a_second_ms, model->failed_starts - 1,
                  policy->restart_max_ms > half_a_second_ms ? policy->restart_max_ms : half_a_second_ms);
    else if (policy->restart_delay_ms > 0 && model->failures > 1)
        wait_ms = power(policy->restart_delay_ms, model->failures - 2, policy->restart_max_ms);
    *shortest_ms = wait_ms * 9 / 10;
    *longest_ms = wait_ms * 11 / 10;
    if (model->good_run_ms > 0 && *shortest_ms > model->good_run_ms)
        *shortest_ms = model->good_run_ms;
    if (model->good_run_ms > 0 && *longest_ms > model->good_run_ms)
        *longest_ms = model->good_run_ms;
}

/* Only what can happen: a process that is not there says nothing and does not exit. */
static bool is_possible(const struct model *model, const struct automaton *automaton,
                        enum automaton_event event, int64_t now_ms)
{
    switch (event) {
    case AUTOMATON_EVENT_EXIT:
    case AUTOMATON_EVENT_FINISHED:
        return model->process;
    case AUTOMATON_EVENT_DEADLINE:
        return now_ms >= automaton->deadline_ms;
    default:
        return true; /* late messages may come at any time */
    }
}

static void check_effects(struct model *model, unsigned int effects, int64_t now_ms, bool manual)
{
    if (effects & AUTOMATON_TERMINATE) {
        assert_true(model->process);
        assert_false(model->asked); /* asked once */
        model->asked = true;
    }
    if (effects & AUTOMATON_KILL) {
        assert_true(model->process);
        assert_true(model->asked); /* nobody is killed who was not asked */
        model->killed = true;
    }
    if (effects & AUTOMATON_CANCEL)
        model->creating = false;
    if (effects & AUTOMATON_CREATE) {
        assert_false(model->process); /* never a second one beside the first */
        assert_false(model->creating);
        assert_true(model->want_up);
        assert_true(manual || now_ms >= model->not_before_ms);
        model->not_before_ms = 0; /* waited for, or overruled */
        model->creating = true;
    }
    if (effects & AUTOMATON_SPAWN) {
        assert_true(model->creating);
        assert_false(model->process);
        assert_true(model->want_up);
        model->creating = false;
        model->process = true;
        model->asked = model->killed = false;
    }
}

static void check_state(const struct model *model, const struct automaton *automaton,
                        const struct automaton_policy *policy)
{
    enum automaton_state state = automaton->state;
    assert_int_equal(automaton->want_up, model->want_up);
    assert_int_equal(automaton_has_process(state), model->process);
    assert_int_equal(state == AUTOMATON_CREATING, model->creating);
    assert_int_equal(automaton->failures, model->failures);
    assert_int_equal(automaton->failed_starts, model->failed_starts);
    assert_int_equal(automaton->refusals, model->refusals);
    assert_int_equal(automaton->good_run_ms, model->good_run_ms);
    if (state == AUTOMATON_BACKOFF) /* counted from where it began, whatever came before */
        assert_in_range(automaton->deadline_ms - automaton->since_ms, 0, model->longest_ms);
    if (automaton_state_is_timed(state))
        assert_true(automaton->deadline_ms != AUTOMATON_NO_DEADLINE);
    if (!model->want_up && !model->process)
        assert_int_equal(state, AUTOMATON_DOWN); /* a stop beats every timer */
    if (!model->want_up && model->process)
        assert_true(model->asked);
    if (state == AUTOMATON_DOWN || state == AUTOMATON_ENDED || state == AUTOMATON_FAILED)
        assert_true(automaton->deadline_ms == AUTOMATON_NO_DEADLINE);
    if (state == AUTOMATON_FAILED)
        assert_true(policy->restart_limit > 0 && automaton->failures >= policy->restart_limit);
    if (state == AUTOMATON_BACKOFF && policy->restart_limit > 0)
        assert_true(automaton->failures < policy->restart_limit);
}

/* Whether an event in the model's world is a failure. */
static bool is_failure(const struct model *model, const struct automaton *before, enum automaton_event event)
{
    if (model->creating)
        return event == AUTOMATON_EVENT_FAULT || event == AUTOMATON_EVENT_DEADLINE;
    if (!model->process || model->asked)
        return false;
    if (event == AUTOMATON_EVENT_DEADLINE)
        return before->state == AUTOMATON_STARTING;
    return event == AUTOMATON_EVENT_FAULT || event == AUTOMATON_EVENT_STALLED ||
           event == AUTOMATON_EVENT_EXIT;
}

/* Whether somebody starts it by hand after rest or giving up: all is forgotten then. */
static bool is_fresh_start(const struct model *model, const struct automaton *before,
                           enum automaton_event event)
{
    if (model->process || model->creating || before->state == AUTOMATON_BACKOFF)
        return false;
    if (before->state == AUTOMATON_DOWN)
        return event == AUTOMATON_EVENT_START || event == AUTOMATON_EVENT_RESTART;
    return event == AUTOMATON_EVENT_KICK || event == AUTOMATON_EVENT_RESTART;
}

static void note_failure(struct model *model, int error_class, int64_t now_ms,
                         const struct automaton_policy *policy)
{
    const int64_t good_ms = 5000;
    int64_t shortest_ms;
    if (model->up && now_ms - model->up_since_ms >= good_ms) {
        model->failures = 0;
        model->good_run_ms = now_ms - model->up_since_ms;
    }
    model->failures++;
    model->failed_starts = model->up ? 0 : model->failed_starts + 1;
    model->refusals += error_class == CAMD_CLASS_AUTH;
    bound_wait(model, error_class, policy, &shortest_ms, &model->longest_ms);
    model->not_before_ms = now_ms + shortest_ms;
}

/* What the event means for what is counted. */
static void note(struct model *model, const struct automaton *before, enum automaton_event event,
                 int error_class, int64_t now_ms, const struct automaton_policy *policy)
{
    if (event == AUTOMATON_EVENT_RESTART)
        model->not_before_ms = model->refusals = 0; /* also when the process has yet to go */
    if (is_failure(model, before, event))
        note_failure(model, error_class, now_ms, policy);
    if (is_fresh_start(model, before, event)) {
        model->failures = model->failed_starts = model->refusals = 0;
        model->good_run_ms = 0;
    }
    if (event == AUTOMATON_EVENT_DEADLINE && before->state == AUTOMATON_UP)
        model->failures = 0;
    if (event == AUTOMATON_EVENT_READY && model->process && !model->asked && !model->up) {
        model->up = true;
        model->up_since_ms = now_ms;
        model->failed_starts = model->refusals = 0;
    }
}

/* What an administrator or a deadline asks for does happen. */
static void check_liveness(const struct model *model, const struct automaton *before,
                           const struct automaton *after, enum automaton_event event, unsigned int effects)
{
    if (event == AUTOMATON_EVENT_DEADLINE)
        assert_true(after->state != before->state || after->deadline_ms != before->deadline_ms);
    if (event == AUTOMATON_EVENT_DEADLINE &&
        (before->state == AUTOMATON_KILLING || before->state == AUTOMATON_STUCK))
        assert_true(effects & AUTOMATON_KILL); /* and again, as long as it is there */
    if (event == AUTOMATON_EVENT_KICK && before->state == AUTOMATON_STUCK)
        assert_true(effects & AUTOMATON_KILL);
    if (event == AUTOMATON_EVENT_RESTART)
        assert_true(model->process ? model->asked : model->creating);
    if (event == AUTOMATON_EVENT_KICK && model->want_up && !model->process)
        assert_true(model->creating);
    if (before->state == AUTOMATON_BACKOFF && after->state == AUTOMATON_CREATING)
        assert_true(after->restarts == before->restarts + 1);
}

static void take(struct model *model, struct automaton *automaton, enum automaton_event event, int64_t now_ms,
                 const struct automaton_policy *policy)
{
    struct automaton before = *automaton;
    int error_class = rand() % 8 == 0 ? CAMD_CLASS_AUTH : -1;
    struct automaton_input input = {
        .now_ms = now_ms, .error_class = error_class, .jitter = (double)(rand() % 201 - 100) / 100.0};
    if (event == AUTOMATON_EVENT_START || event == AUTOMATON_EVENT_RESTART)
        model->want_up = true;
    if (event == AUTOMATON_EVENT_STOP)
        model->want_up = false;
    note(model, &before, event, error_class, now_ms, policy);
    if (event == AUTOMATON_EVENT_EXIT || event == AUTOMATON_EVENT_FINISHED)
        model->process = model->up = false;
    if (model->creating && (event == AUTOMATON_EVENT_FAULT || event == AUTOMATON_EVENT_DEADLINE ||
                            event == AUTOMATON_EVENT_STOP))
        model->creating = false;

    unsigned int effects = automaton_step(automaton, event, &input, policy);
    bool manual =
        event == AUTOMATON_EVENT_KICK || event == AUTOMATON_EVENT_RESTART || event == AUTOMATON_EVENT_START;
    check_effects(model, effects, now_ms, manual);
    check_liveness(model, &before, automaton, event, effects);
    check_state(model, automaton, policy);
}

static uint64_t number_from(const char *name, uint64_t fallback)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : fallback;
}

static void run(uint64_t steps, const struct automaton_policy *policy)
{
    struct automaton automaton;
    struct model model = {0};
    int64_t now_ms = 1000;
    uint64_t spawned = 0, ups = 0, good_runs = 0;
    automaton_init(&automaton, now_ms);
    for (uint64_t i = 0; i < steps; i++) {
        enum automaton_event event = (enum automaton_event)(rand() % AUTOMATON_EVENT_COUNT);
        /* mostly small steps, sometimes to the very deadline */
        if (rand() % 4 == 0 && automaton.deadline_ms != AUTOMATON_NO_DEADLINE &&
            automaton.deadline_ms > now_ms)
            now_ms = automaton.deadline_ms;
        else
            now_ms += rand() % 10 == 0 ? rand() % 20000 : rand() % 50;
        if (!is_possible(&model, &automaton, event, now_ms))
            continue;
        if (rand() % 100 == 0) {
            automaton_forgive_refusals(&automaton);
            model.refusals = 0;
            model.not_before_ms = 0; /* one that is being stopped waits as after any other failure */
        }
        enum automaton_state before = automaton.state;
        take(&model, &automaton, event, now_ms, policy);
        spawned += before != AUTOMATON_STARTING && automaton.state == AUTOMATON_STARTING;
        ups += before != AUTOMATON_UP && automaton.state == AUTOMATON_UP;
        good_runs += before == AUTOMATON_UP && automaton.state != AUTOMATON_UP && model.good_run_ms > 0;
        /* however bad it was: asked to stop, it comes to rest within its deadlines */
        if (i % 1000 == 0) {
            take(&model, &automaton, AUTOMATON_EVENT_STOP, now_ms, policy);
            for (int turns = 0; turns < 3 && model.process; turns++) {
                now_ms = automaton.deadline_ms;
                take(&model, &automaton, AUTOMATON_EVENT_DEADLINE, now_ms, policy);
            }
            if (model.process) {
                assert_true(model.killed);
                take(&model, &automaton, AUTOMATON_EVENT_EXIT, now_ms, policy);
            }
            assert_int_equal(automaton.state, AUTOMATON_DOWN);
        }
    }
    /* the run was no empty one */
    assert_true(spawned > steps / 1000);
    assert_true(ups > steps / 5000);
    assert_true(good_runs > steps / 50000);
}

static void test_a_million_random_events(void **state)
{
    uint64_t seed = number_from("CAMD_MODEL_SEED", 20240229);
    uint64_t steps = number_from("CAMD_MODEL_STEPS", 1000000);
    size_t count = sizeof(policies) / sizeof(policies[0]);
    (void)state;
    printf("seed %" PRIu64 ", %" PRIu64 " steps\n", seed, steps);
    srand((unsigned int)seed);
    for (size_t i = 0; i < count; i++)
        run(steps / count, &policies[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_million_random_events)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "daemon/supervise/automaton.h"

#include <assert.h>

/* What a cell asks for besides the next state. The first five are the shell's effects. */
enum {
    CANCEL = AUTOMATON_CANCEL,
    TERMINATE = AUTOMATON_TERMINATE,
    KILL = AUTOMATON_KILL,
    CREATE = AUTOMATON_CREATE,
    SPAWN = AUTOMATON_SPAWN,
    EFFECTS = CANCEL | TERMINATE | KILL | CREATE | SPAWN,

    FAIL = 32,    /* count a failure */
    RETRY = 64,   /* this start is a restart after a failure */
    ADMIT = 128,  /* it came up: starts succeed, and its password is good */
    PARDON = 256, /* failures are forgotten */
    FORGET = 512, /* all that was counted is */
};

/* Next states that are no states: STAY keeps it, SETTLE goes where a worker without a process belongs. */
enum { STAY = AUTOMATON_STATE_COUNT, SETTLE };

/* Short names, so that a row fits on a line. */
enum {
    DOWN = AUTOMATON_DOWN,
    CREATING = AUTOMATON_CREATING,
    STARTING = AUTOMATON_STARTING,
    UP = AUTOMATON_UP,
    ENDED = AUTOMATON_ENDED,
    STOPPING = AUTOMATON_STOPPING,
    KILLING = AUTOMATON_KILLING,
    BACKOFF = AUTOMATON_BACKOFF,
    FAILED = AUTOMATON_FAILED,
    STUCK = AUTOMATON_STUCK,
};

struct cell {
    unsigned char next;
    unsigned char reason;
    unsigned short actions;
};

#define CELL(next, actions, reason)                                                                          \
    {                                                                                                        \
        next, AUTOMATON_REASON_##reason, actions                                                             \
    }
#define NOTHING CELL(STAY, 0, NONE)

/*
 * Rows are states, columns events, in the order of the lists. A cell for an event that can't happen in its state
 * (a message that was under way, a timer that had fired already) says NOTHING: late news change nothing.
 */
/* clang-format off */
static const struct cell table[AUTOMATON_STATE_COUNT][AUTOMATON_EVENT_COUNT] = {
    [AUTOMATON_DOWN] = {
        /* start    */ CELL(CREATING, CREATE | FORGET, REQUEST),
        /* stop     */ NOTHING,
        /* restart  */ CELL(CREATING, CREATE | FORGET, REQUEST),
        /* kick     */ NOTHING,
        /* created  */ NOTHING,
        /* ready    */ NOTHING,
        /* fault    */ NOTHING,
        /* stalled  */ NOTHING,
        /* exit     */ NOTHING,
        /* finished */ NOTHING,
        /* deadline */ NOTHING,
    },
    [AUTOMATON_CREATING] = {
        /* start    */ NOTHING,
        /* stop     */ CELL(DOWN, CANCEL, REQUEST),
        /* restart  */ NOTHING,
        /* kick     */ NOTHING,
        /* created  */ CELL(STARTING, SPAWN, NONE),
        /* ready    */ NOTHING,
        /* fault    */ CELL(SETTLE, CANCEL | FAIL, SEGMENTS),
        /* stalled  */ NOTHING,
        /* exit     */ NOTHING,
        /* finished */ NOTHING,
        /* deadline */ CELL(SETTLE, CANCEL | FAIL, NOT_CREATED),
    },
    [AUTOMATON_STARTING] = {
        /* start    */ NOTHING,
        /* stop     */ CELL(STOPPING, TERMINATE, REQUEST),
        /* restart  */ CELL(STOPPING, TERMINATE, REQUEST),
        /* kick     */ NOTHING,
        /* created  */ NOTHING,
        /* ready    */ CELL(UP, ADMIT, NONE),
        /* fault    */ CELL(STOPPING, TERMINATE | FAIL, CONTRACT),
        /* stalled  */ CELL(STOPPING, TERMINATE | FAIL, STALL),
        /* exit     */ CELL(SETTLE, FAIL, EXIT_STATUS),
        /* finished */ CELL(ENDED, 0, FILE_END),
        /* deadline */ CELL(STOPPING, TERMINATE | FAIL, NOT_READY),
    },
    [AUTOMATON_UP] = {
        /* start    */ NOTHING,
        /* stop     */ CELL(STOPPING, TERMINATE, REQUEST),
        /* restart  */ CELL(STOPPING, TERMINATE, REQUEST),
        /* kick     */ NOTHING,
        /* created  */ NOTHING,
        /* ready    */ NOTHING,
        /* fault    */ CELL(STOPPING, TERMINATE | FAIL, CONTRACT),
        /* stalled  */ CELL(STOPPING, TERMINATE | FAIL, STALL),
        /* exit     */ CELL(SETTLE, FAIL, EXIT_STATUS),
        /* finished */ CELL(ENDED, 0, FILE_END),
        /* deadline */ CELL(STAY, PARDON, NONE),
    },
    [AUTOMATON_ENDED] = {
        /* start    */ NOTHING,
        /* stop     */ CELL(DOWN, 0, REQUEST),
        /* restart  */ CELL(CREATING, CREATE | FORGET, REQUEST),
        /* kick     */ CELL(CREATING, CREATE | FORGET, REQUEST),
        /* created  */ NOTHING,
        /* ready    */ NOTHING,
        /* fault    */ NOTHING,
        /* stalled  */ NOTHING,
        /* exit     */ NOTHING,
        /* finished */ NOTHING,
        /* deadline */ NOTHING,
    },
    [AUTOMATON_STOPPING] = {
        /* start    */ NOTHING,
        /* stop     */ NOTHING,
        /* restart  */ NOTHING,
        /* kick     */ NOTHING,
        /* created  */ NOTHING,
        /* ready    */ NOTHING,
        /* fault    */ NOTHING,
        /* stalled  */ NOTHING,
        /* exit     */ CELL(SETTLE, 0, NONE),
        /* finished */ CELL(SETTLE, 0, NONE),
        /* deadline */ CELL(KILLING, KILL, DEAF),
    },
    [AUTOMATON_KILLING] = {
        /* start    */ NOTHING,
        /* stop     */ NOTHING,
        /* restart  */ NOTHING,
        /* kick     */ NOTHING,
        /* created  */ NOTHING,
        /* ready    */ NOTHING,
        /* fault    */ NOTHING,
        /* stalled  */ NOTHING,
        /* exit     */ CELL(SETTLE, 0, NONE),
        /* finished */ CELL(SETTLE, 0, NONE),
        /* deadline */ CELL(STUCK, KILL, UNKILLABLE),
    },
    [AUTOMATON_BACKOFF] = {
        /* start    */ NOTHING,
        /* stop     */ CELL(DOWN, 0, REQUEST),
        /* restart  */ CELL(CREATING, CREATE | RETRY, REQUEST),
        /* kick     */ CELL(CREATING, CREATE | RETRY, REQUEST),
        /* created  */ NOTHING,
        /* ready    */ NOTHING,
        /* fault    */ NOTHING,
        /* stalled  */ NOTHING,
        /* exit     */ NOTHING,
        /* finished */ NOTHING,
        /* deadline */ CELL(CREATING, CREATE | RETRY, NONE),
    },
    [AUTOMATON_FAILED] = {
        /* start    */ NOTHING,
        /* stop     */ CELL(DOWN, 0, REQUEST),
        /* restart  */ CELL(CREATING, CREATE | RETRY | FORGET, REQUEST),
        /* kick     */ CELL(CREATING, CREATE | RETRY | FORGET, REQUEST),
        /* created  */ NOTHING,
        /* ready    */ NOTHING,
        /* fault    */ NOTHING,
        /* stalled  */ NOTHING,
        /* exit     */ NOTHING,
        /* finished */ NOTHING,
        /* deadline */ NOTHING,
    },
    [AUTOMATON_STUCK] = {
        /* start    */ NOTHING,
        /* stop     */ NOTHING,
        /* restart  */ NOTHING,
        /* kick     */ CELL(STAY, KILL, NONE),
        /* created  */ NOTHING,
        /* ready    */ NOTHING,
        /* fault    */ NOTHING,
        /* stalled  */ NOTHING,
        /* exit     */ CELL(SETTLE, 0, NONE),
        /* finished */ CELL(SETTLE, 0, NONE),
        /* deadline */ CELL(STUCK, KILL, UNKILLABLE),
    },
};
/* clang-format on */

static_assert(SETTLE < 256 && FORGET < 65536, "cells are small");

static const struct {
    const char *word;
    bool timed, process;
} states[] = {
#define X(id, word, deadline, process) {word, deadline, process},
    AUTOMATON_STATES(X)
#undef X
};
static_assert(sizeof(states) / sizeof(states[0]) == AUTOMATON_STATE_COUNT, "every state has its row");

static const char *const event_words[] = {
#define X(id, word) word,
    AUTOMATON_EVENTS(X)
#undef X
};
static_assert(sizeof(event_words) / sizeof(event_words[0]) == AUTOMATON_EVENT_COUNT,
              "every event has its word");

static const struct {
    const char *words;
    enum automaton_cause cause;
} reasons[] = {
#define X(id, words, cause) {words, AUTOMATON_CAUSE_##cause},
    AUTOMATON_REASONS(X)
#undef X
};
static_assert(sizeof(reasons) / sizeof(reasons[0]) == AUTOMATON_REASON_COUNT, "every reason has words");

static const char *const cause_words[] = {
#define X(id, word) word,
    AUTOMATON_CAUSES(X)
#undef X
};
static_assert((int)AUTOMATON_CAUSE_NETWORK == (int)CAMD_CLASS_NETWORK &&
                  (int)AUTOMATON_CAUSE_EXIT == (int)CAMD_CLASS_COUNT,
              "the first causes are the classes of errors");

bool automaton_has_process(enum automaton_state state)
{
    return states[state].process;
}

bool automaton_state_is_timed(enum automaton_state state)
{
    return states[state].timed;
}

const char *automaton_state_word(enum automaton_state state)
{
    return states[state].word;
}

const char *automaton_event_word(enum automaton_event event)
{
    return event_words[event];
}

const char *automaton_reason_words(enum automaton_reason reason)
{
    return reasons[reason].words;
}

const char *automaton_cause_word(enum automaton_cause cause)
{
    return cause_words[cause];
}

void automaton_init(struct automaton *automaton, int64_t now_ms)
{
    *automaton = (struct automaton){
        .state = AUTOMATON_DOWN,
        .since_ms = now_ms,
        .deadline_ms = AUTOMATON_NO_DEADLINE,
        .error_class = -1,
    };
}

/* base doubled so many times, at most limit. */
static int64_t doubled(int64_t base, uint32_t times, int64_t limit)
{
    int64_t delay = base;
    while (times-- > 0 && delay < limit)
        delay *= 2;
    return delay < limit ? delay : limit;
}

/* Without jitter, and however long the last good run was. */
static int64_t usual_wait_ms(const struct automaton *automaton, const struct automaton_policy *policy)
{
    const int64_t start_max_ms =
        policy->restart_max_ms > AUTOMATON_START_MS ? policy->restart_max_ms : AUTOMATON_START_MS;
    if (policy->restart_delay_ms == 0)
        return automaton->failed_starts == 0
                   ? 0
                   : doubled(AUTOMATON_START_MS, automaton->failed_starts - 1, start_max_ms);
    if (automaton->failures <= 1)
        return 0;
    return doubled(policy->restart_delay_ms, automaton->failures - 2, policy->restart_max_ms);
}

static int64_t with_jitter(int64_t wait_ms, double jitter)
{
    return wait_ms + (int64_t)((double)wait_ms * 0.1 * jitter);
}

int64_t automaton_wait_ms(const struct automaton *automaton, double jitter,
                          const struct automaton_policy *policy)
{
    if (automaton->error_class == CAMD_CLASS_AUTH && automaton->refusals > 0)
        return with_jitter(doubled(AUTOMATON_AUTH_MS, automaton->refusals - 1, AUTOMATON_AUTH_MAX_MS),
                           jitter < 0 ? -jitter : jitter);
    const int64_t wait_ms = with_jitter(usual_wait_ms(automaton, policy), jitter);
    const int64_t good_run_ms = automaton->good_run_ms;
    return good_run_ms > 0 && wait_ms > good_run_ms ? good_run_ms : wait_ms;
}

void automaton_forgive_refusals(struct automaton *automaton)
{
    automaton->refusals = 0;
}

void automaton_postpone(struct automaton *automaton, int64_t deadline_ms)
{
    if (states[automaton->state].timed && automaton->deadline_ms < deadline_ms)
        automaton->deadline_ms = deadline_ms;
}

/* Where a worker without a process belongs, when nothing else is said. */
static enum automaton_state settle(struct automaton *automaton, const struct automaton_policy *policy)
{
    if (!automaton->want_up)
        return AUTOMATON_DOWN;
    if (!automaton->failing)
        return AUTOMATON_CREATING;
    if (policy->restart_limit > 0 && automaton->failures >= policy->restart_limit) {
        automaton->reason = AUTOMATON_REASON_LIMIT;
        return AUTOMATON_FAILED;
    }
    return AUTOMATON_BACKOFF;
}

static int64_t deadline_of(const struct automaton *automaton, const struct automaton_input *input,
                           const struct automaton_policy *policy)
{
    int64_t now = input->now_ms;
    switch (automaton->state) {
    case AUTOMATON_CREATING:
        return now + AUTOMATON_CREATE_MS;
    case AUTOMATON_STARTING:
        return now + policy->ready_ms;
    case AUTOMATON_UP:
        return automaton->failures > 0 ? now + AUTOMATON_GOOD_MS : AUTOMATON_NO_DEADLINE;
    case AUTOMATON_STOPPING:
        return input->stop_deadline_ms > 0 ? input->stop_deadline_ms : now + policy->stop_ms;
    case AUTOMATON_KILLING:
        return now + AUTOMATON_KILL_MS;
    case AUTOMATON_STUCK:
        return now + AUTOMATON_STUCK_MS;
    case AUTOMATON_BACKOFF:
        return now + automaton_wait_ms(automaton, input->jitter, policy);
    case AUTOMATON_DOWN:
    case AUTOMATON_ENDED:
    case AUTOMATON_FAILED:
    case AUTOMATON_STATE_COUNT:
        break;
    }
    return AUTOMATON_NO_DEADLINE;
}

/* What is wanted changes at once, whatever the state. */
static void take_wish(struct automaton *automaton, enum automaton_event event,
                      const struct automaton_input *input)
{
    if (event == AUTOMATON_EVENT_START || event == AUTOMATON_EVENT_RESTART)
        automaton->want_up = true;
    /* whoever asks for a new start does not wait for the back-off of a failure that is being cleared away */
    if (event == AUTOMATON_EVENT_RESTART) {
        automaton->failing = false;
        automaton_forgive_refusals(automaton);
    }
    if (event != AUTOMATON_EVENT_STOP)
        return;
    automaton->want_up = false;
    /* a worker that is being stopped for another reason gets no more time than this stop gives */
    if (automaton->state == AUTOMATON_STOPPING && input->stop_deadline_ms > 0 &&
        input->stop_deadline_ms < automaton->deadline_ms)
        automaton->deadline_ms = input->stop_deadline_ms;
}

static uint32_t one_more(uint32_t count)
{
    return count < UINT32_MAX ? count + 1 : count;
}

/* The class of the error that made it exit tells more than that it did. */
static enum automaton_cause cause_of(const struct cell *cell, const struct automaton_input *input)
{
    const enum automaton_reason reason =
        input->reason != AUTOMATON_REASON_NONE ? input->reason : cell->reason;
    const enum automaton_cause cause = reasons[reason].cause;
    return cause == AUTOMATON_CAUSE_EXIT && input->error_class >= 0 ? (enum automaton_cause)input->error_class
                                                                    : cause;
}

static void count_failure(struct automaton *automaton, const struct cell *cell,
                          const struct automaton_input *input)
{
    const bool was_up = automaton->state == AUTOMATON_UP;
    const int64_t run_ms = was_up ? input->now_ms - automaton->since_ms : 0;
    if (run_ms >= AUTOMATON_GOOD_MS) {
        automaton->failures = 0;
        automaton->good_run_ms = run_ms;
    }
    automaton->failing = true;
    automaton->error_class = input->error_class;
    automaton->cause = cause_of(cell, input);
    automaton->failures = one_more(automaton->failures);
    if (!was_up)
        automaton->failed_starts = one_more(automaton->failed_starts);
    if (input->error_class == CAMD_CLASS_AUTH)
        automaton->refusals = one_more(automaton->refusals);
}

static void count(struct automaton *automaton, const struct cell *cell, const struct automaton_input *input)
{
    if (cell->actions & FAIL)
        count_failure(automaton, cell, input);
    if (cell->actions & ADMIT)
        automaton->failed_starts = automaton->refusals = 0;
    if (cell->actions & (PARDON | FORGET))
        automaton->failures = automaton->failed_starts = 0;
    if (cell->actions & FORGET) {
        automaton->refusals = 0;
        automaton->good_run_ms = 0;
    }
    if (cell->actions & RETRY) {
        automaton->restarts++;
        automaton->restarts_by[automaton->cause]++;
    }
}

unsigned int automaton_step(struct automaton *automaton, enum automaton_event event,
                            const struct automaton_input *input, const struct automaton_policy *policy)
{
    const struct cell *cell = &table[automaton->state][event];
    unsigned int effects = cell->actions & EFFECTS;
    take_wish(automaton, event, input);
    count(automaton, cell, input);
    if (cell->next == STAY) {
        if (cell->actions & PARDON)
            automaton->deadline_ms = AUTOMATON_NO_DEADLINE;
        return effects;
    }
    if ((cell->actions & FAIL) && input->reason != AUTOMATON_REASON_NONE)
        automaton->reason = input->reason;
    else if (cell->reason != AUTOMATON_REASON_NONE)
        automaton->reason = cell->reason;

    automaton->state = cell->next == SETTLE ? settle(automaton, policy) : (enum automaton_state)cell->next;
    if (automaton->state == AUTOMATON_CREATING) {
        automaton->failing = false;
        effects |= AUTOMATON_CREATE;
    }
    automaton->since_ms = input->now_ms;
    automaton->deadline_ms = deadline_of(automaton, input, policy);
    return effects;
}

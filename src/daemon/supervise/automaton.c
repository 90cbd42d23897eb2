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

    FAIL = 32,   /* count a failure */
    FORGET = 64, /* failures are forgotten */
    RETRY = 128, /* this start is a restart after a failure */
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
    unsigned char actions;
    unsigned char reason;
};

#define CELL(next, actions, reason)                                                                          \
    {                                                                                                        \
        next, actions, AUTOMATON_REASON_##reason                                                             \
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
        /* ready    */ CELL(UP, 0, NONE),
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
        /* deadline */ CELL(STAY, FORGET, NONE),
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

static_assert(SETTLE < 256 && RETRY < 256, "cells are bytes");

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

static const char *const reason_words[] = {
#define X(id, words) words,
    AUTOMATON_REASONS(X)
#undef X
};
static_assert(sizeof(reason_words) / sizeof(reason_words[0]) == AUTOMATON_REASON_COUNT,
              "every reason has words");

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
    return reason_words[reason];
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

int64_t automaton_backoff_ms(uint32_t failures, int error_class, double jitter,
                             const struct automaton_policy *policy)
{
    int64_t delay;
    if (error_class == CAMD_CLASS_AUTH)
        delay = doubled(AUTOMATON_AUTH_MS, failures - 1, AUTOMATON_AUTH_MAX_MS);
    else if (failures <= 1 || policy->restart_delay_ms == 0)
        return 0;
    else
        delay = doubled(policy->restart_delay_ms, failures - 2, policy->restart_max_ms);
    /* from 5 minutes up means up */
    double part = error_class == CAMD_CLASS_AUTH && jitter < 0 ? -jitter : jitter;
    return delay + (int64_t)((double)delay * 0.1 * part);
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
        return automaton->failures > 0 ? now + AUTOMATON_STABLE_MS : AUTOMATON_NO_DEADLINE;
    case AUTOMATON_STOPPING:
        return input->stop_deadline_ms > 0 ? input->stop_deadline_ms : now + policy->stop_ms;
    case AUTOMATON_KILLING:
        return now + AUTOMATON_KILL_MS;
    case AUTOMATON_STUCK:
        return now + AUTOMATON_STUCK_MS;
    case AUTOMATON_BACKOFF:
        return now + automaton_backoff_ms(automaton->failures, automaton->error_class, input->jitter, policy);
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
    if (event == AUTOMATON_EVENT_RESTART)
        automaton->failing = false;
    if (event != AUTOMATON_EVENT_STOP)
        return;
    automaton->want_up = false;
    /* a worker that is being stopped for another reason gets no more time than this stop gives */
    if (automaton->state == AUTOMATON_STOPPING && input->stop_deadline_ms > 0 &&
        input->stop_deadline_ms < automaton->deadline_ms)
        automaton->deadline_ms = input->stop_deadline_ms;
}

static void count(struct automaton *automaton, const struct cell *cell, const struct automaton_input *input)
{
    if (cell->actions & FAIL) {
        automaton->failing = true;
        automaton->error_class = input->error_class;
        if (automaton->failures < UINT32_MAX)
            automaton->failures++;
    }
    if (cell->actions & FORGET)
        automaton->failures = 0; /* the only place */
    if (cell->actions & RETRY)
        automaton->restarts++;
}

unsigned int automaton_step(struct automaton *automaton, enum automaton_event event,
                            const struct automaton_input *input, const struct automaton_policy *policy)
{
    const struct cell *cell = &table[automaton->state][event];
    unsigned int effects = cell->actions & EFFECTS;

    take_wish(automaton, event, input);
    count(automaton, cell, input);
    if (cell->next == STAY) {
        if (cell->actions & FORGET)
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

/*
 * automaton.h - the life of one worker, as data
 *
 * One table of states and events says what happens next and what is to be done about it. Nothing here does I/O or
 * looks at a clock: the time is an argument, and what to do comes back as bits for the shell (worker_process.c).
 *
 * What is wanted is kept apart from what is: want_up changes at once, the state follows. Every state but down,
 * up, ended and failed has a deadline, so that nothing is waited for for ever; up has one only until the worker
 * has run well long enough for its failures to be forgotten. A stop wins over every timer: it leaves no deadline
 * behind but its own.
 */
#ifndef CAMD_DAEMON_SUPERVISE_AUTOMATON_H
#define CAMD_DAEMON_SUPERVISE_AUTOMATON_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/worker.h"

/* X(identifier, word, has a deadline, owns a process) */
#define AUTOMATON_STATES(X)                                                                                  \
    X(DOWN, "down", false, false)        /* not wanted, or waiting for what it depends on */                 \
    X(CREATING, "creating", true, false) /* its segments are being made */                                   \
    X(STARTING, "starting", true, true)  /* executed, not ready yet */                                       \
    X(UP, "up", false, true)                                                                                 \
    X(ENDED, "ended", false, false)     /* came to the end of its file */                                    \
    X(STOPPING, "stopping", true, true) /* asked to stop */                                                  \
    X(KILLING, "killing", true, true)   /* did not stop in time: SIGKILL */                                  \
    X(BACKOFF, "backoff", true, false)  /* waiting for the next try */                                       \
    X(FAILED, "failed", false, false)   /* restart_limit reached: waits for an administrator */              \
    X(STUCK, "stuck", true, true)       /* not even SIGKILL ended it (a driver holds it) */

/* X(identifier, word) */
#define AUTOMATON_EVENTS(X)                                                                                  \
    X(START, "start")       /* it is wanted; says nothing about when: back-off goes on */                    \
    X(STOP, "stop")         /* it is not wanted any more */                                                  \
    X(RESTART, "restart")   /* stop, then start */                                                           \
    X(KICK, "kick")         /* try now what would be tried later */                                          \
    X(CREATED, "created")   /* what it needs is there */                                                     \
    X(READY, "ready")       /* the worker says so */                                                         \
    X(FAULT, "fault")       /* what it needs can't be had, or it breaks the contract */                      \
    X(STALLED, "stalled")   /* no progress for too long */                                                   \
    X(EXIT, "exit")         /* the process is gone, or could not be executed */                              \
    X(FINISHED, "finished") /* the process is gone after it said `ended` */                                  \
    X(DEADLINE, "deadline") /* the state's deadline has come */

/* Why it is in its state. X(identifier, words) */
#define AUTOMATON_REASONS(X)                                                                                 \
    X(NONE, "")                                                                                              \
    X(REQUEST, "on request")                                                                                 \
    X(EXIT_STATUS, "exited")                                                                                 \
    X(SIGNAL, "was killed by a signal")                                                                      \
    X(SPAWN, "could not be executed")                                                                        \
    X(ERROR, "reported an error")                                                                            \
    X(SEGMENTS, "has no shared memory")                                                                      \
    X(CONTRACT, "broke the worker contract")                                                                 \
    X(STALL, "made no progress")                                                                             \
    X(NOT_READY, "was not ready in time")                                                                    \
    X(NOT_CREATED, "did not get its segments in time")                                                       \
    X(DEAF, "did not stop in time")                                                                          \
    X(UNKILLABLE, "could not be killed")                                                                     \
    X(FILE_END, "came to the end of its file")                                                               \
    X(LIMIT, "failed too often in a row")

enum automaton_state {
#define X(id, word, deadline, process) AUTOMATON_##id,
    AUTOMATON_STATES(X)
#undef X
        AUTOMATON_STATE_COUNT
};

enum automaton_event {
#define X(id, word) AUTOMATON_EVENT_##id,
    AUTOMATON_EVENTS(X)
#undef X
        AUTOMATON_EVENT_COUNT
};

enum automaton_reason {
#define X(id, words) AUTOMATON_REASON_##id,
    AUTOMATON_REASONS(X)
#undef X
        AUTOMATON_REASON_COUNT
};

/* What the shell has to do, in this order. */
enum automaton_effect {
    AUTOMATON_CANCEL = 1,    /* stop making segments for it */
    AUTOMATON_TERMINATE = 2, /* `stop` on the channel, SIGTERM */
    AUTOMATON_KILL = 4,      /* SIGKILL to its group */
    AUTOMATON_CREATE = 8,    /* provide what it needs, then say CREATED or FAULT */
    AUTOMATON_SPAWN = 16,    /* execute it; when that fails say EXIT */
};

enum {
    AUTOMATON_CREATE_MS = 30000, /* for making segments */
    AUTOMATON_KILL_MS = 5000,    /* for a SIGKILL to work */
    AUTOMATON_STUCK_MS = 30000,  /* between further SIGKILLs */
    AUTOMATON_STABLE_MS = 60000, /* of good running make failures forgotten */
    AUTOMATON_AUTH_MS = 300000,  /* first wait after a refused password: cameras lock accounts */
    AUTOMATON_AUTH_MAX_MS = 3600000,
};

#define AUTOMATON_NO_DEADLINE INT64_MAX

struct automaton_policy {
    int64_t ready_ms;         /* first_frame_timeout */
    int64_t stop_ms;          /* stop_timeout */
    int64_t restart_delay_ms; /* 0: always at once */
    int64_t restart_max_ms;
    int64_t restart_limit; /* failures in a row; 0: none */
};

/* One worker's state: plain data that can be written down and read back. */
struct automaton {
    enum automaton_state state;
    bool want_up;
    bool failing;                 /* a failure was counted and not yet answered with a back-off */
    uint32_t failures;            /* in a row */
    uint64_t restarts;            /* tries after a failure, ever */
    int64_t since_ms;             /* when it got into its state */
    int64_t deadline_ms;          /* or AUTOMATON_NO_DEADLINE */
    enum automaton_reason reason; /* of the last failure or change */
    int error_class;              /* enum camd_class of the failure, or -1 */
};

struct automaton_input {
    int64_t now_ms;
    enum automaton_reason reason; /* of a failure; NONE: the table's */
    int error_class;              /* of a failure: enum camd_class, or -1 */
    double jitter;                /* -1..1, for the back-off's 10 % */
    int64_t stop_deadline_ms;     /* STOP: ask until then; 0: now + stop_ms. An earlier one wins */
};

void automaton_init(struct automaton *automaton, int64_t now_ms);

/* Takes one event; returns bits of enum automaton_effect. */
unsigned int automaton_step(struct automaton *automaton, enum automaton_event event,
                            const struct automaton_input *input, const struct automaton_policy *policy);

/*
 * How long to wait after so many failures in a row (1: the first): nothing, then restart_delay doubling to
 * restart_max, or for a refused password 5 minutes doubling to an hour; with 10 % jitter.
 */
int64_t automaton_backoff_ms(uint32_t failures, int error_class, double jitter,
                             const struct automaton_policy *policy);

bool automaton_has_process(enum automaton_state state);
/* States that have a deadline whatever happens. */
bool automaton_state_is_timed(enum automaton_state state);
const char *automaton_state_word(enum automaton_state state);
const char *automaton_event_word(enum automaton_event event);
const char *automaton_reason_words(enum automaton_reason reason);

#endif

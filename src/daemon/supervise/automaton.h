/*
 * automaton.h - the life of one worker, as data
 *
 * One table of states and events says what happens next and what is to be done about it. Nothing here does I/O or
 * looks at a clock: the time is an argument, and what to do comes back as bits for the shell (worker_process.c).
 *
 * What is wanted is kept apart from what is. Somebody wants the worker up or does not (want_up): that changes at once.
 * What it is, its state, follows as fast as a process can. What each state promises:
 *
 *   down      There is nothing of it: it is not wanted, or waits for what it depends on.
 *   creating  What it needs, its segments, is being made. Within AUTOMATON_CREATE_MS it starts or has failed.
 *   starting  A process is there that has not said `ready`, whether its program is slow, or hangs before it is even
 *             executed, since a file system does not answer. Within ready_ms it is up or being stopped.
 *   up        It said `ready`. That it goes on making progress is looked after by the shell, which says STALLED.
 *   ended     It came to the end of its file, and rests until somebody wants it again.
 *   stopping  It was asked to stop. At the deadline it is killed.
 *   killing   SIGKILL went to its group. That takes no time, unless the kernel holds it.
 *   stuck     The kernel holds it. It is killed again now and then; no other process is ever started beside it.
 *   backoff   It failed, and waits for its next try.
 *   failed    It failed restart_limit times in a row, and rests until somebody looks after it.
 *
 * A state is one of rest (down, ended, failed, and up) or has a deadline: nothing is waited for for ever. Entering a
 * state replaces the one deadline there is, so no timer of before can fire into it; and news that come late, a message
 * that was under way or a timer that had fired already, meet a cell that does nothing.
 *
 * Why a stop wins: it takes the wish away before its cell is looked at, and every way out of a state that has a process
 * leads through one function (settle), which goes where the wish says. In creating and backoff the stop takes away what
 * would have started the worker. In starting and up it asks the process to stop. In stopping, killing and stuck the
 * process is on its way out already: the stop makes sure that none follows, and gives it no more time than its own
 * deadline. A restart is a stop that leaves the wish.
 *
 * What is a failure: an exit that nobody asked for, a start that takes too long, a stall, a breach of the contract,
 * segments that can't be had. Each process fails at most once: one that is stopped for its failure is in stopping,
 * where nothing counts. There are three counts, and one length:
 *
 *   failures       in a row. restart_limit goes by them.
 *   failed_starts  the last ones of them after which it was not up in between.
 *   refusals       of passwords in a row, whatever else fails between them.
 *   good_run_ms    how long the last good run lasted.
 *
 * How they are forgotten: a run of AUTOMATON_GOOD_MS was a good one, and there was no failure before it. So the
 * failure that ends a good run is the first in a row again. Whoever starts a worker that rests forgets everything. That
 * it came up, which needs a good password, forgets refusals; so does a restart, and whoever says that the credentials
 * may be others now (automaton_forgive_refusals).
 *
 * How long to wait (automaton_wait_ms): after the first failure not at all; then restart_delay, which doubles with
 * every failure up to restart_max_delay, with 10 % of jitter, so that many that fail together don't try together.
 *
 *   - Never longer than the last good run lasted: a camera that drops its stream every 14 s is seen nearly all the
 *     time, since each run is a good one, and one that did so is not left alone for longer when it does not come back.
 *   - With restart_delay = 0, never after a run. A start that failed is no run, and nothing says that the next one does
 *     better: it waits AUTOMATON_START_MS, doubling, since trying without a pause would keep the machine busy.
 *   - After a refused password AUTOMATON_AUTH_MS, which doubles with every refusal up to AUTOMATON_AUTH_MAX_MS, and
 *     jitter makes that longer only: cameras lock accounts. Failures of another kind don't count there.
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
    X(FAULT, "fault")       /* what it needs cannot be had, or it breaks the contract */                     \
    X(STALLED, "stalled")   /* no progress for too long */                                                   \
    X(EXIT, "exit")         /* the process is gone, or could not be executed */                              \
    X(FINISHED, "finished") /* the process is gone after it said `ended` */                                  \
    X(DEADLINE, "deadline") /* the state's deadline has come */

/* Why it is in its state, and what that is as the cause of a restart. X(identifier, words, cause) */
#define AUTOMATON_REASONS(X)                                                                                 \
    X(NONE, "", EXIT)                                                                                        \
    X(REQUEST, "on request", EXIT)                                                                           \
    X(EXIT_STATUS, "exited", EXIT)                                                                           \
    X(SIGNAL, "was killed by a signal", SIGNAL)                                                              \
    X(SPAWN, "could not be executed", SPAWN)                                                                 \
    X(ERROR, "reported an error", EXIT)                                                                      \
    X(SEGMENTS, "has no shared memory", SEGMENTS)                                                            \
    X(CONTRACT, "broke the worker contract", CONTRACT)                                                       \
    X(STALL, "made no progress", STALL)                                                                      \
    X(NOT_READY, "was not ready in time", NOT_READY)                                                         \
    X(NOT_CREATED, "did not get its segments in time", SEGMENTS)                                             \
    X(DEAF, "did not stop in time", EXIT)                                                                    \
    X(UNKILLABLE, "could not be killed", EXIT)                                                               \
    X(FILE_END, "came to the end of its file", EXIT)                                                         \
    X(LIMIT, "failed too often in a row", EXIT)                                                              \
    X(MEMORY, "took too much memory", MEMORY)

/* Why it was started again, as counted: the class of the error that it told, else how it failed. X(identifier, word) */
#define AUTOMATON_CAUSES(X)                                                                                  \
    CAMD_CLASSES(X)                                                                                          \
    X(EXIT, "exit")                                                                                          \
    X(SIGNAL, "signal")                                                                                      \
    X(SPAWN, "spawn")                                                                                        \
    X(SEGMENTS, "segments")                                                                                  \
    X(CONTRACT, "contract")                                                                                  \
    X(STALL, "stall")                                                                                        \
    X(NOT_READY, "not_ready")                                                                                \
    X(MEMORY, "memory")

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
#define X(id, words, cause) AUTOMATON_REASON_##id,
    AUTOMATON_REASONS(X)
#undef X
        AUTOMATON_REASON_COUNT
};

enum automaton_cause {
#define X(id, word) AUTOMATON_CAUSE_##id,
    AUTOMATON_CAUSES(X)
#undef X
        AUTOMATON_CAUSE_COUNT
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
    AUTOMATON_GOOD_MS = 5000,    /* a run of so long was a good one */
    AUTOMATON_START_MS = 500,    /* first wait after a failed start with restart_delay = 0 */
    AUTOMATON_AUTH_MS = 300000,  /* first wait after a refused password */
    AUTOMATON_AUTH_MAX_MS = 3600000,
};

#define AUTOMATON_NO_DEADLINE INT64_MAX

struct automaton_policy {
    int64_t ready_ms;         /* first_frame_timeout */
    int64_t stop_ms;          /* stop_timeout */
    int64_t restart_delay_ms; /* 0: at once after every run */
    int64_t restart_max_ms;
    int64_t restart_limit; /* failures in a row; 0: none */
};

/* One worker's state: plain data that can be written down and read back. */
struct automaton {
    enum automaton_state state;
    bool want_up;
    bool failing;           /* a failure was counted and not yet answered with a back-off */
    uint32_t failures;      /* in a row */
    uint32_t failed_starts; /* since it was up last */
    uint32_t refusals;      /* of passwords, in a row */
    int64_t good_run_ms;    /* how long the last good run lasted; 0: there was none */
    uint64_t restarts;      /* tries after a failure, ever */
    uint64_t restarts_by[AUTOMATON_CAUSE_COUNT]; /* the same, by the cause of that failure */
    enum automaton_cause cause;                  /* of the last failure */
    int64_t since_ms;                            /* when it got into its state */
    int64_t deadline_ms;                         /* or AUTOMATON_NO_DEADLINE */
    enum automaton_reason reason;                /* of the last failure or change */
    int error_class;                             /* enum camd_class of the failure, or -1 */
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

/* How long it waits after the failure that was counted last. jitter: -1..1. */
int64_t automaton_wait_ms(const struct automaton *automaton, double jitter,
                          const struct automaton_policy *policy);
/* What it logs in with may be something else now: refusals count no more. When it tries again is left as it is. */
void automaton_forgive_refusals(struct automaton *automaton);

/* Its deadline comes later: nobody could use the time until then. One of a state that has none is left as it is. */
void automaton_postpone(struct automaton *automaton, int64_t deadline_ms);

bool automaton_has_process(enum automaton_state state);
/* States that have a deadline whatever happens. */
bool automaton_state_is_timed(enum automaton_state state);
const char *automaton_state_word(enum automaton_state state);
const char *automaton_event_word(enum automaton_event event);
const char *automaton_reason_words(enum automaton_reason reason);
const char *automaton_cause_word(enum automaton_cause cause);

#endif

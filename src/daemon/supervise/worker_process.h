/*
 * worker_process.h - one worker process: executing, talking to, watching and ending it
 *
 * The shell around the automaton: it turns what happens to a process into events, and the automaton's effects into
 * what is done to it. The process is a child (child.h), what it says comes through its channel (worker_channel.h), and
 * its log through a log pipe.
 */
#ifndef CAMD_DAEMON_SUPERVISE_WORKER_PROCESS_H
#define CAMD_DAEMON_SUPERVISE_WORKER_PROCESS_H

#include <ev.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/kept_text.h"
#include "daemon/log/log_pipe.h"
#include "daemon/supervise/automaton.h"
#include "daemon/supervise/child.h"
#include "daemon/supervise/trouble.h"
#include "daemon/supervise/worker_channel.h"
#include "daemon/supervise/worker_sandbox.h"
#include "daemon/supervise/worker_usage.h"

/* A camera has one of each of the first; a detector is by itself. */
enum worker_kind { WORKER_CAPTURE, WORKER_TRACKER, WORKER_KINDS, WORKER_DETECTOR = WORKER_KINDS };

enum worker_exit_kind { WORKER_EXIT_NONE, WORKER_EXIT_CODE, WORKER_EXIT_SIGNAL, WORKER_EXIT_SPAWN };

enum {
    WORKER_TEXT_BYTES = KEPT_TEXT_BYTES,
    /* A program that is not executed by then is on a file system that does not answer. */
    WORKER_EXECUTION_MS = 1000,
    /* A deadline that comes so late: camd, and perhaps all of the machine, stood still. */
    WORKER_LATE_MS = 2000,
    WORKER_DOUBT_MS = 1000, /* from the first look that sees no progress to the second one */
};

struct worker_process;

/* What the owner (a camera, a detector) does for its workers. context is the owner. */
struct worker_owner {
    /* CREATE: say CREATED or FAULT, now or later. CANCEL: not wanted any more. */
    void (*provide)(void *context, enum worker_kind kind);
    void (*cancel)(void *context, enum worker_kind kind);
    /* `config` for hello, a new reference */
    json_t *(*config)(void *context, enum worker_kind kind);
    /* started and greeted: send it what it needs */
    void (*spawned)(void *context, enum worker_kind kind);
    /* a message that is not the shell's business: stream, event */
    void (*message)(void *context, enum worker_kind kind, const char *type, const json_t *message);
    /* the process is gone, its group killed, everything it said read */
    void (*gone)(void *context, enum worker_kind kind);
    /* the automaton took an event that changed its state; called last */
    void (*changed)(void *context, enum worker_kind kind, enum automaton_state before);
    /* the policy for this occasion */
    struct automaton_policy (*policy)(void *context, enum worker_kind kind);
    /*
     * When it made progress last, as far as it can be told; *at_ms is now before. False: there is more to look at than a turn
     * of the loop has time for, and it is to be asked again in the next one.
     */
    bool (*progress)(void *context, enum worker_kind kind, int64_t *at_ms);
    int64_t (*stall_ms)(void *context, enum worker_kind kind);
    /* of its own, in MB; 0: as much as it likes */
    int64_t (*max_memory_mb)(void *context, enum worker_kind kind);
};

struct worker_exit {
    enum worker_exit_kind kind;
    int code; /* exit status, or -errno for SPAWN */
    int signal_number;
    struct kept_text reason; /* in words */
};

struct worker_process {
    struct ev_loop *loop;
    const struct worker_owner *owner;
    void *context;
    enum worker_kind kind;
    const char *camera;  /* the owner's name; the owner's */
    char subject[64];    /* "front capture", for log lines */
    const char *program; /* path; the owner's */
    const char *user;    /* as whom it runs; NULL: as camd. The owner's */

    struct automaton automaton;

    struct child child;
    struct child_end end; /* of the process that is gone while what it said is still read */
    struct worker_channel channel;
    struct log_pipe log_pipe;
    int64_t started_ms;
    ev_timer deadline_timer;
    ev_timer stall_timer;  /* runs while up */
    int64_t progress_ms;   /* of the stall guard: the last progress known */
    int64_t stall_look_ms; /* of the stall guard: when it looks next */
    bool is_doubted;       /* it looks for the second time */

    struct worker_usage usage;
    struct worker_sandbox sandbox; /* of this process */
    bool told_libraries;           /* this process has */
    bool said_ended, said_error;
    bool terminated; /* by us */
    /* what the process said before it went, and what is shown about the last one that failed */
    int error_class;
    struct kept_text error_text, error_hint;
    struct kept_text waits_for; /* while it starts, by its own word; empty: it did not say */
    struct worker_exit last_exit;
    struct trouble trouble; /* since it was up last */
};

/* Its log goes into the pool, too. */
void worker_init(struct worker_process *worker, struct launcher *launcher, struct log_pool *pool,
                 enum worker_kind kind, const char *camera, const struct worker_owner *owner, void *context);
/* The worker must not have a process any more. */
void worker_fini(struct worker_process *worker);

/* Gives the automaton an event and does what it asks for. */
void worker_event(struct worker_process *worker, enum automaton_event event);
/* STOP with an absolute deadline (monotonic ms). */
void worker_stop(struct worker_process *worker, int64_t deadline_ms);
/* FAULT with a reason and words for people. */
void worker_fault(struct worker_process *worker, enum automaton_reason reason, int error_class,
                  const char *hint, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* What it waits for before it is ready, which is why if it never is. "": for nothing more. */
void worker_waits_for(struct worker_process *worker, const char *text, const char *hint);

/* The owner's policy has changed: a deadline that it sets again must not wait for the old one to come. */
void worker_policy_changed(struct worker_process *worker);

/* What it logs in with may be something else now: one that waits since it was refused tries at once. */
void worker_credentials_changed(struct worker_process *worker);

/* Sends a message with descriptors; a worker that does not read its channel is at fault. object is stolen. */
void worker_send_message(struct worker_process *worker, json_t *object, const int *fds, size_t fd_count);

/* From the channel: the process is gone, and all that it said has been read. */
void worker_ended(struct worker_process *worker);

/* Its timers run as its state and its owner's policy want. */
void worker_arm(struct worker_process *worker);

/* ---- worker_handoff.c ---- */

/* For an upgrade: all of it; and the same in the next program, after worker_init. 0 or -errno. */
json_t *worker_hand_over(struct worker_process *worker);
int worker_take_over(struct worker_process *worker, const json_t *record);

/* Of its process; 0: there is none. */
pid_t worker_pid(const struct worker_process *worker);
/* Memory of its process's own in units of 1024 bytes, as it was a second ago at the earliest; negative: there is none. */
int64_t worker_memory_kb(struct worker_process *worker);
/* "capture", "tracker", "detector" */
const char *worker_kind_word(enum worker_kind kind);
/* Before its owner's name, for camctl: "detector:", or nothing. */
const char *worker_name_prefix(enum worker_kind kind);
/*
 * Why it is as it is, in words for people; "" when all is well. While it tries again that is why it failed before, until
 * it is up.
 */
void worker_explain(const struct worker_process *worker, char *text, size_t size);
/* What can be done about that; "" when there is nothing. */
const char *worker_hint(const struct worker_process *worker);

#endif

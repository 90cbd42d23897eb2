/*
 * runtime.h - what every worker of ours does: the channel, its messages, and the end
 *
 * A worker is started by camd with the channel on descriptor 3 (camd/worker.h). worker_start reads `hello`;
 * then the worker's loop calls worker_poll whenever the channel is readable (or now and then), and looks at
 * what changed. End of file on the channel ends the process at once, with no clean-up: camd is gone and so
 * are the segments' names.
 */
#ifndef CAMD_RUNTIME_RUNTIME_H
#define CAMD_RUNTIME_RUNTIME_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "camd/segment.h"
#include "camd/worker.h"

struct worker {
    int channel;
    char camera[CAMD_NAME_MAX + 1]; /* of a detector, its own name */
    json_t *config;                 /* the settings, replaced by `config` messages */
    json_t *sandbox;                /* of hello: the user to run as; NULL: the one that it is */
    int memory_fd;                  /* how much memory this process has; -1: that is not known */
    int64_t memory_ns;              /* when that was looked at */

    /* what arrived; the worker clears the flags it has dealt with */
    bool stop; /* `stop` or SIGTERM */
    bool config_changed;
    bool frames_changed; /* segments below are new */

    struct camd_segments segments; /* mapped when has_segments */
    bool has_segments;
    uint64_t first_frame_id;
    int frame_event; /* eventfds, -1 before the first `frames` */
    int space_event;
    int request_event, answer_event; /* a tracker's that uses a detector; else -1 */

    /*
     * For messages that only some workers get, NULL after worker_start: type is one that the runtime does not know. Of
     * the descriptors, those that it keeps it replaces by -1. What it returns is as if the message had been the runtime's.
     */
    int (*handle)(void *context, const char *type, const json_t *message, int *fds, size_t fd_count);
    void *handle_context;

    /*
     * Of a worker that connects, NULL: none. Called in the sandbox, the last time that names can be resolved: whom camd
     * may connect it with, as in the message `sandbox` (camd-worker(7)); a new array.
     */
    json_t *(*find_peers)(void *context);
    void *peers_context;
    bool camd_connects; /* the sandbox lets it make no connection by itself */
};

/*
 * First thing in main: parent-death signal as a backstop, SIGTERM handler that only sets a flag
 * (worker_stopping), log to stderr with priorities, then waits for `hello`. On failure prints why and returns
 * -errno: exit with 1.
 */
int worker_start(struct worker *worker, const char *kind, enum camd_role role);
void worker_finish(struct worker *worker);

/* ---- runtime_libraries.c ---- */

/* When camd has asked for it in hello: worker_start does so. */
void worker_tell_libraries(struct worker *worker);

/* ---- runtime_sandbox.c ---- */

struct sandbox_wish;

/*
 * Gives up everything that the wish does not have, as camd's hello wants it (the wish's user is filled in from there),
 * and tells camd what is in force. To be called after the settings were read and before anything that comes from outside
 * is parsed. keeps_devices: it needs the groups to which devices belong. 0; -errno when the worker must not go on,
 * which camd has been told.
 */
int worker_enter_sandbox(struct worker *worker, struct sandbox_wish *wish, bool keeps_devices);

/* True after SIGTERM; async-signal safe and usable from libav's interrupt callback. */
bool worker_stopping(void);

/*
 * Handles messages. timeout_ms: 0 only those that are there, -1 waits for one. extra_fd (or -1) also ends the
 * wait when readable; *extra_ready tells (may be NULL). SIGTERM ends the wait, once. Exits the process at the
 * channel's end of file. Returns 0, or -errno when a message could not be read or new segments not be mapped
 * (already reported to camd as an error); the old segments stay then.
 */
int worker_poll(struct worker *worker, int timeout_ms, int extra_fd, bool *extra_ready);

/*
 * Ends the process when it has more memory than the setting max_memory allows, which camd is told. worker_poll does so,
 * since whoever reads what others send comes by there all the time; it costs nothing when it was done just before.
 */
void worker_mind_memory(struct worker *worker);

/*
 * Waits until event is readable or the time is over, without handling messages: for a worker that is in the middle of
 * something. 0, or -errno when there is something to be handled soon: -EINTR after SIGTERM, `stop` or new `frames`,
 * -EPIPE for a message of the type `detector`. Others wait. Exits at the channel's end of file.
 */
int worker_wait_event(const struct worker *worker, int event, int64_t timeout_ns);

/* Messages to camd; object's reference is taken. 0 or -errno. */
int worker_send(struct worker *worker, json_t *object);
int worker_send_ready(struct worker *worker);
int worker_send_ended(struct worker *worker);
/* Logs it too. text has the reason, hint what the administrator can do (may be NULL); both are redacted. */
int worker_send_error(struct worker *worker, enum camd_stage stage, enum camd_class class_, const char *hint,
                      const char *format, ...) __attribute__((format(printf, 5, 6)));

/* eventfds: signal adds 1, clear reads it back to 0. Neither blocks. */
void worker_event_signal(int event);
void worker_event_clear(int event);

/*
 * Events a second over the last ten seconds, or since the first one when that is less; bounded to 1000
 * stamps. The rule of the reference's EventsPerSecond. Zero-initialised.
 */
struct worker_rate {
    int64_t start_ns; /* 0: never updated */
    int64_t stamps_ns[1000];
    uint32_t first, count;
};
void worker_rate_update(struct worker_rate *rate, int64_t now_ns);
double worker_rate_value(const struct worker_rate *rate, int64_t now_ns);

#endif

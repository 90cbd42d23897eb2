/*
 * event_command.h - the program of on_event: started for a camera's events, one at a time
 *
 * The event's line of JSON is the program's standard input, a file in memory, so that neither side ever waits for the
 * other. What it writes goes to the log. It is killed, with all of its group, when its time is over or the camera goes.
 * Events that come while it runs wait, a bounded number of them; further ones are dropped and counted. Nothing here
 * blocks the loop. Whose it is, is up to words.
 */
#ifndef CAMD_DAEMON_SUPERVISE_EVENT_COMMAND_H
#define CAMD_DAEMON_SUPERVISE_EVENT_COMMAND_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/log/log_pipe.h"

enum { EVENT_COMMAND_QUEUE = 16 };

struct event_command {
    struct ev_loop *loop;
    const char *camera; /* the name; the camera's */
    char subject[64];   /* for log lines */
    /* NULL or ended by NULL as config_command_split makes it; read when a program is started. The owner's */
    char **(*words)(void *context, int64_t *timeout_ms);
    void (*idle)(void *context); /* none runs any more, and none waits */
    void *context;

    char *queue[EVENT_COMMAND_QUEUE]; /* lines of JSON, the oldest first */
    size_t count;
    uint64_t dropped; /* since the last one that was started */

    pid_t pid; /* 0: none runs */
    ev_io pidfd_watcher;
    ev_timer timer;
    bool timed_out;
    struct log_pipe log_pipe;
};

/* words gives a new vector (the caller frees it), or NULL when there is nothing to start. */
void event_command_init(struct event_command *command, struct ev_loop *loop, struct log_pool *pool,
                        const char *camera, char **(*words)(void *context, int64_t *timeout_ms),
                        void (*idle)(void *context), void *context);
/* Of an event: the line is copied. */
void event_command_run(struct event_command *command, const char *line);
/* Drops what waits and kills what runs; true while it is not gone yet, idle is called then. */
bool event_command_stop(struct event_command *command);
/* Nothing may run any more, or it is left behind. */
void event_command_fini(struct event_command *command);

#endif

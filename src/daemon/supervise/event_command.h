/*
 * event_command.h - a program of on_event, on_state or on_failure: started for a camera's events, one at a time
 *
 * The event's line of JSON is the program's standard input, a file in memory, so that neither side ever waits for the
 * other. What it writes goes to the log. It is killed, with all of its group, when its time is over or the camera goes.
 * Events that come while it runs wait, a bounded number of them; further ones are dropped and counted. Nothing here
 * blocks the loop.
 */
#ifndef CAMD_DAEMON_SUPERVISE_EVENT_COMMAND_H
#define CAMD_DAEMON_SUPERVISE_EVENT_COMMAND_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/log/log_pipe.h"
#include "daemon/supervise/child.h"

enum { EVENT_COMMAND_QUEUE = 16, EVENT_COMMAND_VARIABLES = 8 };

struct event_program {
    char **words;                                 /* as config_command_split makes them: freed by who asked */
    char *variables[EVENT_COMMAND_VARIABLES + 1]; /* NAME=VALUE, ends with NULL: freed by who asked, too */
    const char *user;                             /* whose it is; NULL: camd's. The owner's */
    int64_t timeout_ms;
};

struct event_command_owner {
    /* Asked whenever one is to be started, for the event of that line. False: there is none. */
    bool (*program)(void *context, const char *line, struct event_program *program);
    /* None runs any more, and none waits. */
    void (*idle)(void *context);
    void *context;
};

struct event_command {
    struct event_command_owner owner;
    const char *key;  /* that names the program */
    char subject[64]; /* for log lines */

    char *queue[EVENT_COMMAND_QUEUE]; /* lines of JSON, the oldest first */
    size_t count;
    uint64_t dropped; /* since the last one that was started */

    struct child child;
    struct log_pipe log_pipe;
    ev_timer timer;
    bool timed_out;
    bool was_stopped; /* while it ran: it is being killed */
};

/* The launcher, the pool, the camera's name and the key stay the caller's. */
void event_command_init(struct event_command *command, struct launcher *launcher, struct log_pool *pool,
                        const char *camera, const char *key, const struct event_command_owner *owner);
/* Of an event: the line is copied. */
void event_command_run(struct event_command *command, const char *line);
/* Drops what waits and kills what runs; true while it is not gone yet, idle is called then. */
bool event_command_stop(struct event_command *command);
/* What runs is killed, and idle is not called any more. */
void event_command_fini(struct event_command *command);

/* For an upgrade: what runs and what waits; and the same in the next program, after event_command_init. 0 or -errno. */
json_t *event_command_hand_over(struct event_command *command);
int event_command_take_over(struct event_command *command, const json_t *record);

#endif

/*
 * control_client.h - one client of the control socket; internal to control*.c and their tests
 *
 * A client owns its descriptor with one watcher, a timer, its input and output, and at most one request. Everything
 * happens in client_run, which the loop calls: send, look at one request, make parts, send, and settle what
 * to wait for.
 *
 * A callback may end in control_free, so that a client can be gone after every callback: it is closed at once
 * (dead) and its memory freed when the outermost function of ours returns (control_enter, control_leave).
 */
#ifndef CAMD_DAEMON_CONTROL_CONTROL_CLIENT_H
#define CAMD_DAEMON_CONTROL_CONTROL_CLIENT_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/byte_queue.h"
#include "daemon/control/control.h"
#include "daemon/control/control_output.h"
#include "daemon/control/control_socket.h"
#include "daemon/control/control_turns.h"

struct control_client {
    struct control *control;
    LIST_ENTRY(control_client) link; /* in clients, or in dead */
    ev_io io;
    ev_timer timer;                   /* idle, or lingering */
    TAILQ_ENTRY(control_client) turn; /* while it waits for its turn */
    uint64_t round;                   /* in which its turn comes; 0: it does not wait */
    int events;                       /* what came since then */
    struct control_access access;
    struct byte_queue input;
    struct control_output output;
    struct control_mark line; /* where the part that is being made begins */
    size_t scanned;           /* bytes of input known to have no newline */
    size_t discarded;
    struct control_request *request; /* being answered, or NULL */
    bool running;                    /* in client_run */
    bool in_part;                    /* a part is being made: output ends in the middle of its line */
    bool input_ended;                /* the peer sends nothing more; it may still read */
    bool closing;                    /* no further requests: what is in output is the last */
    bool shut;                       /* output is sent and its end, too; waiting for the peer to close */
    bool broken;                     /* an answer could not be put together: to be closed */
    bool dead;                       /* closed; to be freed */
};

struct control {
    struct ev_loop *loop;
    control_handler *handler;
    control_may *may; /* NULL: nobody but root and camd's user */
    void *context;
    struct control_socket listener;
    ev_io accept_io;
    ev_timer accept_timer; /* runs while accepting is paused */
    bool accept_failing;   /* said once */
    gid_t group;
    char *denied_read, *denied_change; /* hints: who may */
    LIST_HEAD(, control_client) clients;
    LIST_HEAD(, control_client) dead;
    struct control_turns turns;
    unsigned int client_count, reader_count;
    unsigned int depth;
    bool freed;
};

struct control_request {
    struct control_client *client;     /* NULL: gone, the answer is still owed */
    char begin[CONTROL_ID_BYTES + 10]; /* what each line of the answer begins with: {"id":ID */
    control_next *next;                /* an answer in parts has begun */
    void (*release)(void *state);
    void *state;
    bool waiting;                 /* next has nothing until control_wake */
    bool follows;                 /* it has waited before: a subscriber, which may be quiet for long */
    struct control_access access; /* the client's, which may be gone */
    control_answered *answered;   /* a branch: who collects its answer */
    void *answered_state;
};

/* Around everything the loop calls: frees what died meanwhile. After control_leave control may be gone. */
void control_enter(struct control *control);
void control_leave(struct control *control);

/*
 * Takes fd, a connected non-blocking stream socket, as a client: greets it, or tells it that there are too
 * many. 0 or -errno; fd is taken in either case.
 */
int control_client_new(struct control *control, int fd, const struct control_access *access);
/* What these events of the loop are about: it sends, looks at one request, and makes parts of one answer. */
void control_client_serve(struct control_client *client, int events);
/* Sends what the client takes at once and closes it. */
void control_client_finish(struct control_client *client);
/* Makes and sends what the client takes at once. */
void control_client_flush(struct control_client *client);
/* Has the loop look at the client again: there is something to send or to ask. */
void control_client_schedule(struct control_client *client);

/* ---- control_request.c ---- */

/*
 * Begins answering one request: what is wrong with it is answered at once, the rest is the handler's. body: what was in its
 * line; NULL: no JSON object, and problem says why.
 */
void control_request_begin(struct control_client *client, const json_t *body, const char *problem);
/* A request that could not be read at all, or a last word to a client: an error with the id null. */
void control_request_refuse(struct control_client *client, enum control_error code, const char *hint,
                            const char *text);
/* Asks next for parts until enough is waiting, it waits, or the answer is complete. */
void control_request_make_parts(struct control_client *client);
/* True while the client's request has parts to give now. */
bool control_request_has_parts(const struct control_client *client);
/* The client is gone: what makes its answer in parts is released. Another answer is still owed, and dropped. */
void control_request_abandon(struct control_request *request);

#endif

/*
 * worker_channel.h - messages between camd and a worker process (contract 2)
 *
 * Nothing that comes from a worker is believed: a message that is no object, has an unknown type or members of
 * another type is left out and told. Nothing that it says is lost, either: a worker that says too much at once is not
 * read for a while, so that it waits in its send. What it said before it was gone is read to the end, in turns.
 */
#ifndef CAMD_DAEMON_SUPERVISE_WORKER_CHANNEL_H
#define CAMD_DAEMON_SUPERVISE_WORKER_CHANNEL_H

#include <ev.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/throttle.h"

struct worker_process;

enum {
    WORKER_CHANNEL_RATE = 100, /* messages a second that are read */
    WORKER_CHANNEL_BURST = 200,
    WORKER_CHANNEL_TURN = 16,    /* read before others get their turn */
    WORKER_CHANNEL_WARNINGS = 1, /* log lines a second about changes that it reports */
    WORKER_CHANNEL_WARNINGS_BURST = 5,
    WORKER_CHANNEL_TELL_MS = 600000, /* from one line about bad messages of a kind to the next */
    WORKER_CHANNEL_SOCKETS = 4,      /* handed over that it has not taken yet */
    WORKER_CHANNEL_LAST = 512, /* read at most so many after the process is gone: more than a socket holds */
    WORKER_CHANNEL_GRACE_MS = 2000, /* a worker that closed its channel has so long to exit */
};

/* What is wrong with messages that are dropped. X(identifier, words) */
#define WORKER_COMPLAINTS(X)                                                                                 \
    X(NO_OBJECT, "is no JSON object")                                                                        \
    X(TOO_LONG, "is too long")                                                                               \
    X(DESCRIPTORS, "carries descriptors")                                                                    \
    X(FOREIGN, "asks for a connection to another host or port than its camera's")                            \
    X(UNTAKEN, "asks for one more connection before it has taken those of before")                           \
    X(EVENT, "tells an event in another form than is promised to subscribers")

enum worker_complaint {
#define X(id, words) WORKER_COMPLAINT_##id,
    WORKER_COMPLAINTS(X)
#undef X
        WORKER_COMPLAINT_COUNT
};

/* It is told once, and then counted. */
struct worker_complaint_count {
    int64_t said_ms; /* 0: never */
    uint64_t unsaid; /* since then */
};

struct worker_channel {
    ev_io watcher;        /* fd -1: closed */
    ev_timer room_timer;  /* runs while it is not read, since it said too much */
    ev_timer grace_timer; /* runs after the worker closed it */
    struct throttle messages, warnings;
    struct worker_complaint_count complaints[WORKER_COMPLAINT_COUNT];
    unsigned int sockets; /* handed over since it had read all that was sent to it */
    int last;             /* of a process that is gone: how many may still be read; 0: it is there */
};

void worker_channel_init(struct worker_process *worker);
/* Takes camd's end, which does not block. */
void worker_channel_open(struct worker_process *worker, int fd);
void worker_channel_close(struct worker_process *worker);
/* The worker is to stop: what it still has to say is read without waiting. */
void worker_channel_hurry(struct worker_process *worker);
/* The process is gone: what is left is read, then the channel is closed and worker_ended called. */
void worker_channel_finish(struct worker_process *worker);

/* 0 or -errno; object is stolen. */
int worker_channel_send(struct worker_process *worker, json_t *object, const int *fds, size_t fd_count);
/* The same, for what may be lost. */
void worker_channel_say(struct worker_process *worker, json_t *object);

/* Says that a message is dropped, and why: once, and then only how many. */
void worker_channel_complain(struct worker_process *worker, enum worker_complaint complaint);

/* For an upgrade: of a worker with its process; and the same in the next program, after worker_channel_init. */
json_t *worker_channel_hand_over(struct worker_process *worker);
int worker_channel_take_over(struct worker_process *worker, const json_t *record);

/* One message as text: for tests and fuzzing. */
void worker_channel_handle(struct worker_process *worker, const char *text, size_t length);

#endif

/*
 * worker_channel.h - messages between camd and a worker process (contract 2)
 *
 * Nothing that comes from a worker is believed: a message that is no object, has an unknown type or members of
 * another type is dropped and counted; too many of them are dropped as well.
 */
#ifndef CAMD_DAEMON_SUPERVISE_WORKER_CHANNEL_H
#define CAMD_DAEMON_SUPERVISE_WORKER_CHANNEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct worker_process;

enum {
    WORKER_CHANNEL_RATE = 50, /* messages a second */
    WORKER_CHANNEL_BURST = 200,
    WORKER_CHANNEL_WARNINGS = 1, /* log lines a second about bad messages */
    WORKER_CHANNEL_WARNINGS_BURST = 5,
    WORKER_CHANNEL_LAST = 64, /* read at most so many after the process is gone */
};

/* Reads at most so many messages. False at the end of file. */
bool worker_channel_read(struct worker_process *worker, int limit);
/* What is left after the process has gone. */
void worker_channel_drain(struct worker_process *worker);
/* 0 or -errno; object is stolen. */
int worker_channel_send(struct worker_process *worker, json_t *object, const int *fds, size_t fd_count);
/* The same, for what may be lost. */
void worker_channel_say(struct worker_process *worker, json_t *object);

/* One message as text: for tests and fuzzing. */
void worker_channel_handle(struct worker_process *worker, const char *text, size_t length);

#endif

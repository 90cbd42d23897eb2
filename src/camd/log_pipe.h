/*
 * log_pipe.h - what a worker writes to its standard output and error
 *
 * Reads the pipe line by line into camd's log, at the line's own priority ("<4>text") or info. Always reads, so that
 * a worker never blocks on its log; what comes too fast is dropped and counted.
 */
#ifndef CAMD_LOG_PIPE_H
#define CAMD_LOG_PIPE_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "camd/throttle.h"

enum {
    LOG_PIPE_LINE_BYTES = 1024, /* longer lines are cut */
    LOG_PIPE_RATE = 20,         /* lines a second */
    LOG_PIPE_BURST = 100,
    LOG_PIPE_READS = 4, /* reads a turn of the loop, of LOG_PIPE_CHUNK bytes */
    LOG_PIPE_CHUNK = 4096,
};

struct log_pipe {
    ev_io watcher; /* fd -1 when closed */
    const char *subject;
    const char *camera; /* a line that starts with "CAMERA: " loses it: the subject says it */
    struct throttle throttle;
    size_t length;
    bool cut; /* the rest of the line is thrown away */
    char line[LOG_PIPE_LINE_BYTES];
};

void log_pipe_init(struct log_pipe *log_pipe, const char *subject, const char *camera);
/* Takes the reading end, which must be non-blocking. */
void log_pipe_open(struct log_pipe *log_pipe, struct ev_loop *loop, int fd);
/* Reads what is left, bounded, logs an unfinished line, says what was dropped, closes. */
void log_pipe_close(struct log_pipe *log_pipe, struct ev_loop *loop);

#endif

/*
 * log_pipe.h - what a worker writes to its standard output and error
 *
 * Reads the pipe line by line into the pool of lines and into camd's log, at the line's own priority ("<4>text") or
 * info, without secrets. Always reads, so that a worker never blocks on its log; what comes too fast is dropped and
 * counted, and the count is told in both places: every LOG_PIPE_TELL_MS, and at the end.
 */
#ifndef CAMD_DAEMON_LOG_LOG_PIPE_H
#define CAMD_DAEMON_LOG_LOG_PIPE_H

#include <ev.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/throttle.h"
#include "daemon/log/log_pool.h"

enum {
    LOG_PIPE_LINE_BYTES = 1024, /* longer lines are cut */
    LOG_PIPE_RATE = 20,         /* lines a second */
    LOG_PIPE_BURST = 100,
    LOG_PIPE_TELL_MS = 5000,  /* from the first line that is dropped until that is told */
    LOG_PIPE_LAST_WORDS = 10, /* lines that are logged when the worker dies */
    LOG_PIPE_READS = 4,       /* reads a turn of the loop, of LOG_PIPE_CHUNK bytes */
    LOG_PIPE_CHUNK = 4096,
};

struct log_pipe {
    ev_io watcher; /* fd -1 when closed */
    ev_timer dropped_timer;
    struct ev_loop *loop; /* NULL until it was opened */
    struct log_pool *pool;
    struct log_source *source; /* NULL: memory was short, its lines are only logged */
    uint64_t first;            /* number in the pool that the process's first line has, or a later one */
    const char *subject;
    const char *camera; /* a line that starts with "CAMERA: " loses it: the subject says it */
    struct throttle throttle;
    char *line; /* that has no end yet, of LOG_PIPE_LINE_BYTES; NULL: there is none, as nearly always */
    size_t length;
    bool is_quiet; /* lines are kept, and logged at debug only, until log_pipe_last_words */
    bool cut;      /* the rest of the line is thrown away */
};

/* subject and camera stay the caller's; name and worker are those of the source in the pool. */
void log_pipe_init(struct log_pipe *log_pipe, struct log_pool *pool, const char *subject, const char *camera,
                   const char *name, const char *worker);
/* It must be closed. What was kept of it goes. */
void log_pipe_fini(struct log_pipe *log_pipe);
/* Takes the reading end, which must be non-blocking. */
void log_pipe_open(struct log_pipe *log_pipe, struct ev_loop *loop, int fd);
/* Reads what is left, bounded, logs an unfinished line, says what was dropped, closes. */
void log_pipe_close(struct log_pipe *log_pipe, struct ev_loop *loop);
/* Keeps a line without secrets that camd itself logs, so that it stands among those of the process. */
void log_pipe_note(struct log_pipe *log_pipe, enum log_level level, const char *text);
/*
 * The process died and nobody had asked it to: what it wrote last is logged, as warnings. Lines that are in the log
 * already, because their own priority brought them there, are not repeated.
 */
void log_pipe_last_words(struct log_pipe *log_pipe);

/* For an upgrade: what it is in the middle of; and the same in the next program, after log_pipe_init. 0 or -errno. */
json_t *log_pipe_hand_over(struct log_pipe *log_pipe);
int log_pipe_take_over(struct log_pipe *log_pipe, struct ev_loop *loop, const json_t *record);

#endif

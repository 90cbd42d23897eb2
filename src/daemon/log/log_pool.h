/*
 * log_pool.h - the last lines that workers wrote, all in one bounded pool
 *
 * Each worker has a source, which lives as long as the camera. When the pool is full the oldest line of the source that
 * holds the most gives way: whoever floods pushes out its own lines, and a quiet worker's last words stay. Lines
 * are kept whatever their priority is, in the order in which they came. No I/O, no clock.
 */
#ifndef CAMD_DAEMON_LOG_LOG_POOL_H
#define CAMD_DAEMON_LOG_LOG_POOL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/log.h"

enum {
    LOG_POOL_BYTES = 2 * 1024 * 1024, /* of lines, what keeps them counted in */
    LOG_POOL_NAME_BYTES = 64,         /* of a camera's name, or detector:NAME */
    LOG_POOL_WORKER_BYTES = 16,       /* of a worker's word */
};

struct log_source;

struct log_line {
    TAILQ_ENTRY(log_line) in_pool, in_source;
    const struct log_source *source;
    uint64_t number;  /* from 1, over all sources */
    uint64_t dropped; /* lines that this one stands for, which were not kept; 0: it is the worker's own */
    int64_t wall_ns;  /* when it was read */
    enum log_level level;
    bool logged; /* it is in camd's log, too */
    size_t bytes;
    char text[];
};

TAILQ_HEAD(log_lines, log_line);

/* What one worker wrote. */
struct log_source {
    struct log_lines lines;
    size_t bytes;                   /* of them */
    uint64_t number;                /* in the order in which they were made */
    size_t place;                   /* log_sources.c's */
    char name[LOG_POOL_NAME_BYTES]; /* the camera, or detector:NAME */
    char worker[LOG_POOL_WORKER_BYTES];
};

struct log_pool;

/* limit: bytes; notify (may be NULL) is called after each new line. 0 or -ENOMEM. */
int log_pool_new(struct log_pool **pool, size_t limit, void (*notify)(void *context), void *context);
/* No source and no reader may be left. */
void log_pool_free(struct log_pool *pool);

/* 0 or -ENOMEM. */
int log_pool_source_new(struct log_source **source, struct log_pool *pool, const char *name,
                        const char *worker);
/* With its lines. NULL is fine. */
void log_pool_source_free(struct log_pool *pool, struct log_source *source);

/*
 * Keeps a line, which must hold no secrets, and returns it (the pool's; valid until the next line is kept).
 * dropped 0, or how many lines it stands for. NULL when memory is short or source is NULL.
 */
struct log_line *log_pool_keep(struct log_pool *pool, struct log_source *source, enum log_level level,
                               uint64_t dropped, const char *text, int64_t wall_ns);

size_t log_pool_bytes(const struct log_pool *pool);
uint64_t log_pool_next(const struct log_pool *pool); /* number of the next line to come */

/*
 * For an upgrade: all lines; and the same in the next program, when the sources are there: lines of others are left out.
 * 0 or -errno.
 */
json_t *log_pool_hand_over(const struct log_pool *pool);
int log_pool_take_over(struct log_pool *pool, const json_t *record);

/* ---- reading, while lines come and go ---- */

/* Shows the lines of some names, or of all, each once. Its place is kept by the pool. */
struct log_reader {
    LIST_ENTRY(log_reader) in_pool;
    struct log_line *next; /* NULL: all was read */
    uint64_t missed;       /* lines of it that gave way before they were read */
    json_t *names;         /* an object with them as its members; NULL: all */
};

/*
 * Begins before the last so many lines that are there. names: an array of them; NULL: of all. 0 or -ENOMEM: it is not
 * open.
 */
int log_reader_open(struct log_reader *reader, struct log_pool *pool, const json_t *names, uint64_t lines);
void log_reader_close(struct log_reader *reader);
/* The next line (valid until another is kept), or NULL when there is none now. */
const struct log_line *log_reader_next(struct log_reader *reader);
/* What gave way since it was last asked. */
uint64_t log_reader_take_missed(struct log_reader *reader);

#endif

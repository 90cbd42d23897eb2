/* log_pool_private.h - what log_pool.c, log_sources.c and log_pool_handoff.c share */
#ifndef CAMD_DAEMON_LOG_LOG_POOL_PRIVATE_H
#define CAMD_DAEMON_LOG_LOG_POOL_PRIVATE_H

#include "daemon/log/log_pool.h"

/* All sources of a pool. */
struct log_sources {
    struct log_source **heap;
    size_t count;
    uint64_t next; /* number of the next one */
};

struct log_pool {
    size_t limit, bytes;
    uint64_t next;
    void (*notify)(void *context);
    void *context;
    struct log_lines lines;
    struct log_sources sources;
    LIST_HEAD(log_readers, log_reader) readers;
};

/* ---- log_sources.c ---- */

/* 0 or -ENOMEM. */
int log_sources_add(struct log_sources *sources, struct log_source *source);
void log_sources_remove(struct log_sources *sources, const struct log_source *source);
/* The source holds so many bytes now. */
void log_sources_weigh(struct log_sources *sources, struct log_source *source, size_t bytes);
/* The one that holds the most; there is one. */
struct log_source *log_sources_largest(const struct log_sources *sources);

#endif

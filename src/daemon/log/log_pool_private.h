/* log_pool_private.h - what log_pool.c and log_pool_handoff.c share */
#ifndef CAMD_DAEMON_LOG_LOG_POOL_PRIVATE_H
#define CAMD_DAEMON_LOG_LOG_POOL_PRIVATE_H

#include "daemon/log/log_pool.h"

struct log_pool {
    size_t limit, bytes;
    uint64_t next;
    void (*notify)(void *context);
    void *context;
    struct log_lines lines;
    TAILQ_HEAD(log_sources, log_source) sources;
    LIST_HEAD(log_readers, log_reader) readers;
};

#endif

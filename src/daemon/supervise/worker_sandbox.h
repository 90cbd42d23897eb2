/*
 * worker_sandbox.h - what a worker says of its sandbox
 *
 * It is the worker's own word, given before it has parsed anything: what a program of ours says is true, and another
 * one says nothing. What a process says later, when something may have taken it over, counts no more.
 */
#ifndef CAMD_DAEMON_SUPERVISE_WORKER_SANDBOX_H
#define CAMD_DAEMON_SUPERVISE_WORKER_SANDBOX_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/supervise/worker_peers.h"

struct worker_sandbox {
    bool is_told; /* by this process; else nothing is known */
    bool user, files, ports, hosts, calls;
    struct worker_peers peers; /* whom camd connects it with */
    char *missing;             /* in words; NULL: nothing */
    uint64_t said_hash;        /* of what the log knows to be missing: each process says it */
};

/* Of the first message `sandbox` (camd-worker(7)) of a process. 0; -EALREADY for a further one; or -errno. */
int worker_sandbox_take(struct worker_sandbox *sandbox, const json_t *message);
/* Whether what is missing is something else than when it was asked before. */
bool worker_sandbox_is_news(struct worker_sandbox *sandbox);
/* Nothing is told any more. */
void worker_sandbox_clear(struct worker_sandbox *sandbox);

#endif

/*
 * worker_sandbox.h - what a worker says of its sandbox
 *
 * It is the worker's own word, given before it has parsed anything: what a program of ours says is true, and another
 * one says nothing.
 */
#ifndef CAMD_DAEMON_SUPERVISE_WORKER_SANDBOX_H
#define CAMD_DAEMON_SUPERVISE_WORKER_SANDBOX_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct worker_sandbox {
    bool is_told; /* by this process; else nothing is known */
    bool user, files, ports, calls;
    char *missing;      /* in words; NULL: nothing */
    uint64_t said_hash; /* of what the log knows to be missing: each process says it */
};

/* Of a message `sandbox` (camd-worker(7)). */
void worker_sandbox_take(struct worker_sandbox *sandbox, const json_t *message);
/* Whether what is missing is something else than when it was asked before. */
bool worker_sandbox_is_news(struct worker_sandbox *sandbox);
/* Nothing is told any more. */
void worker_sandbox_clear(struct worker_sandbox *sandbox);

#endif

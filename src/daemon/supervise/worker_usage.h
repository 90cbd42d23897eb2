/* worker_usage.h - how much memory a worker's process has of its own, by the kernel's word, not by the worker's */
#ifndef CAMD_DAEMON_SUPERVISE_WORKER_USAGE_H
#define CAMD_DAEMON_SUPERVISE_WORKER_USAGE_H

#include <stdint.h>
#include <sys/types.h>

enum {
    /* From one look to the next: a file of /proc costs more than the rest of a status. */
    WORKER_USAGE_LOOK_MS = 1000
};

/* All 0: nothing was looked at. */
struct worker_usage {
    pid_t pid;
    int64_t looked_ms, memory_kb; /* monotonic; or -errno */
};

/* In units of 1024 bytes, as it was WORKER_USAGE_LOOK_MS before now_ms at the earliest; or -errno. */
int64_t worker_usage_memory_kb(struct worker_usage *usage, pid_t pid, int64_t now_ms);

#endif

/* worker_log.h - what the log says of a worker's life: each fault once, and when it is over */
#ifndef CAMD_DAEMON_SUPERVISE_WORKER_LOG_H
#define CAMD_DAEMON_SUPERVISE_WORKER_LOG_H

#include <stdbool.h>

#include "daemon/supervise/automaton.h"

struct worker_process;

/* Its state has changed, by a failure or not. */
void worker_log_change(struct worker_process *worker, enum automaton_state before, bool has_failed);

#endif

/* A worker that takes too much memory ends itself, and says why: before the machine has none left. */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/process_memory.h"
#include "runtime/runtime.h"

#define LOOK_NS (100 * CLOCK_NS_PER_MS)

void worker_mind_memory(struct worker *worker)
{
    const int64_t now_ns = clock_monotonic_ns();
    const int64_t most_mb = json_member_int(worker->config, "max_memory", 0);
    if (most_mb <= 0 || worker->memory_fd < 0 || now_ns - worker->memory_ns < LOOK_NS)
        return;
    worker->memory_ns = now_ns;
    const int64_t kb = process_memory_kb(worker->memory_fd);

    if (kb / 1024 < most_mb)
        return;
    (void)worker_send_error(worker, CAMD_STAGE_SETUP, CAMD_CLASS_LOCAL,
                            "if what it takes in is large, raise max_memory; else look at what sends that",
                            "took more than max_memory: %lld MB are allowed", (long long)most_mb);
    _exit(EXIT_FAILURE);
}

#include "daemon/supervise/worker_usage.h"

#include "base/process_memory.h"
#include "base/sys.h"

static int64_t look(pid_t pid)
{
    int fd = process_memory_open(pid);
    if (fd < 0)
        return fd;
    const int64_t kb = process_memory_kb(fd);
    sys_close(&fd);
    return kb;
}

int64_t worker_usage_memory_kb(struct worker_usage *usage, pid_t pid, int64_t now_ms)
{
    if (usage->pid != pid || usage->looked_ms == 0 || now_ms - usage->looked_ms >= WORKER_USAGE_LOOK_MS)
        *usage = (struct worker_usage){.pid = pid, .looked_ms = now_ms, .memory_kb = look(pid)};
    return usage->memory_kb;
}

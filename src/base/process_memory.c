#include "base/process_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/sys.h"

int process_memory_open(pid_t pid)
{
    char path[48] = "/proc/self/statm";
    if (pid != 0)
        snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
    return sys_open(path, O_RDONLY | O_NOCTTY, 0);
}

/* "SIZE RESIDENT SHARED ...", in pages; SHARED are those of files and of shared memory. */
int64_t process_memory_kb(int fd)
{
    char text[128];
    int64_t resident, shared;
    const ssize_t length = sys_pread(fd, text, sizeof(text) - 1, 0);
    if (length <= 0)
        return length < 0 ? length : -ESRCH;
    text[length] = '\0';
    if (sscanf(text, "%*s %" SCNd64 " %" SCNd64, &resident, &shared) != 2 || resident < shared)
        return -EPROTO;
    return (resident - shared) * (sysconf(_SC_PAGESIZE) / 1024);
}

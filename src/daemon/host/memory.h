/*
 * memory.h - how much memory camd and its workers can have
 *
 * The machine's, or less where a control group has a limit: a container, or MemoryMax= of a service. Whoever takes more
 * is killed, camd itself perhaps, so that what is about to be taken is looked at before. Both versions of control groups
 * are known; the group is where the kernel says that camd is, and every group above it counts, too.
 */
#ifndef CAMD_DAEMON_HOST_MEMORY_H
#define CAMD_DAEMON_HOST_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#define MEMORY_UNKNOWN UINT64_MAX

struct memory {
    uint64_t total_bytes;     /* of the machine, or the smallest limit of a group */
    uint64_t available_bytes; /* without swapping, files that can be read again given up */
    bool is_group;            /* it is a group, and not the machine, that has the least available */
};

/*
 * root: where /proc and /sys are, "" for those of the machine. What cannot be read is no limit; both are MEMORY_UNKNOWN
 * when nothing can. Takes a tenth of a millisecond or so.
 */
void memory_look(struct memory *memory, const char *root);

#endif

/*
 * process_memory.h - how much memory a process has of its own: what it has written to, neither files nor shared memory
 *
 * The kernel's RssAnon, by a file that is small and quickly read.
 */
#ifndef CAMD_BASE_PROCESS_MEMORY_H
#define CAMD_BASE_PROCESS_MEMORY_H

#include <stdint.h>
#include <sys/types.h>

/* A descriptor for process_memory_kb, the caller's to close; pid 0: of this process. Or -errno. */
int process_memory_open(pid_t pid);
/* As it is now, in units of 1024 bytes; or -errno: the process has gone, for instance. */
int64_t process_memory_kb(int fd);

#endif

/* process_time.h - how much of the processors a process has used, by the kernel's own clock of it */
#ifndef CAMD_BASE_PROCESS_TIME_H
#define CAMD_BASE_PROCESS_TIME_H

#include <stdint.h>
#include <sys/types.h>

/* Of all its threads since it was started, in nanoseconds; or -errno: there is no such process, for instance. */
int64_t process_time_ns(pid_t pid);

#endif

/*
 * oom.h - when memory is short: which process the kernel is to end first, and whether it was the kernel that ended one
 *
 * A process that the kernel kills for want of memory ends by SIGKILL, as one that somebody kills. The kernel counts what
 * it kills so: for a control group, of whom camd's has all of camd's processes, or else for the whole machine.
 */
#ifndef CAMD_DAEMON_SUPERVISE_OOM_H
#define CAMD_DAEMON_SUPERVISE_OOM_H

#include <stdbool.h>
#include <stdint.h>

enum {
    OOM_ADJUSTMENT = 200, /* children are that much more likely to be chosen than camd, of 1000 */
    OOM_ADJUSTMENT_BYTES = 8,
};

struct oom {
    int fd;                                /* where the kernel counts; -1: it does not tell */
    bool counts_others;                    /* it is a group above camd's, or the machine */
    uint64_t told;                         /* of its count, what was told or is not ours */
    char adjustment[OOM_ADJUSTMENT_BYTES]; /* for /proc/PID/oom_score_adj of children; "": as it is */
};

/* root: "" or the directory in which tests have their own /proc and /sys. */
void oom_init(struct oom *oom, const char *root);
void oom_fini(struct oom *oom);

/* A child is about to start: kills of others until now are no kills of it. */
void oom_child_starts(struct oom *oom);
/* A child has ended by SIGKILL that was not camd's: whether it was for want of memory. Each kill is told once. */
bool oom_has_killed(struct oom *oom);

#endif

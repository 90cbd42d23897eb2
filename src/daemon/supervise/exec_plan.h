/*
 * exec_plan.h - between camd and camd-exec, the program that every child begins as
 *
 * camd-exec has one end of a socket as descriptor 4, and waits there for the one plan, which camd writes once it watches the
 * process; its own program, where it is executed from memory (launcher.h), is descriptor 5. What camd-exec can't do it reports
 * through descriptor 4; the end of the file instead says that the program is being executed and camd-exec is no more.
 * Both sides are built together: a plan of another size is another version's.
 */
#ifndef CAMD_DAEMON_SUPERVISE_EXEC_PLAN_H
#define CAMD_DAEMON_SUPERVISE_EXEC_PLAN_H

#include <stdint.h>

#define EXEC_NAME       "camd-exec"
#define EXEC_IMAGE_PATH "/proc/self/fd/5" /* in the process that is to become camd-exec */

enum {
    EXEC_FD = 4,
    EXEC_IMAGE_FD = 5,
    EXEC_LIMITS_MAX = 4,
    EXEC_GROUPS_MAX = 256,
    EXEC_NUMBER_BYTES = 8,
    EXEC_FAILED = 127, /* camd-exec's exit status after a report */
};

/* Where a start failed: the first three are camd's part. X(identifier, words before "PROGRAM: reason") */
#define EXEC_STAGES(X)                                                                                       \
    X(PREPARE, "cannot start")                                                                               \
    X(ACCOUNT, "cannot find the user of")                                                                    \
    X(LAUNCH, "cannot start camd-exec for")                                                                  \
    X(PLAN, "camd-exec does not understand how to start")                                                    \
    X(LIMITS, "cannot set the limits of")                                                                    \
    X(USER, "cannot change the user of")                                                                     \
    X(PRIVILEGES, "cannot take the privileges from")                                                         \
    X(PARENT, "cannot tie to camd's life")                                                                   \
    X(PROGRAM, "cannot execute")

enum exec_stage {
#define X(id, words) EXEC_STAGE_##id,
    EXEC_STAGES(X)
#undef X
        EXEC_STAGE_COUNT
};

struct exec_limit {
    uint64_t soft, hard;
    uint32_t resource, unused;
};

/* Done in the order of the members. */
struct exec_plan {
    char oom_score_adj[EXEC_NUMBER_BYTES]; /* a number, without an end if all bytes are used; "": as it is */
    struct exec_limit limits[EXEC_LIMITS_MAX];
    uint32_t limit_count;
    uint32_t becomes; /* 1: it gets these ids and groups for good */
    uint32_t uid, gid, group_count;
    uint32_t groups[EXEC_GROUPS_MAX];
    uint32_t gains_nothing; /* 1: no_new_privs */
    int32_t parent;         /* camd's pid: the program dies with it */
};

struct exec_report {
    int32_t stage; /* enum exec_stage */
    int32_t error; /* errno */
};

#endif

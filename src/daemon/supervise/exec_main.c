/*
 * camd-exec - what every program that camd starts begins as
 *
 *   camd-exec PROGRAM NAME [ARGUMENT...]
 *
 * posix_spawn waits until the program is executed, and where its file system does not answer, camd would wait, too.
 * So camd spawns this small program, which is at hand, and this one, as the same process, executes PROGRAM as NAME.
 * Before that it does what posix_spawn can't, as the plan on descriptor 4 says (exec_plan.h): limits, user, privileges,
 * and that the program dies when camd does. What fails is reported there, as stage and errno, and nothing is executed.
 *
 * It has no C library, and so no memory of its own, no files that it reads, no names of users that it would look up.
 */
#include <errno.h> /* the numbers */
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>

#include "daemon/supervise/exec_calls.h"
#include "daemon/supervise/exec_plan.h"

/* Where there is no /proc, or an older one, all are alike when memory is short: nothing is refused for that. */
static int go_first(const struct exec_plan *plan)
{
    long length = 0;
    while (length < EXEC_NUMBER_BYTES && plan->oom_score_adj[length])
        length++;
    if (length == 0)
        return 0;
    const long fd =
        call(SYS_openat, AT_FDCWD, (long)"/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC | O_NOCTTY, 0);
    if (fd >= 0) {
        call(SYS_write, fd, (long)plan->oom_score_adj, length, 0);
        call(SYS_close, fd, 0, 0, 0);
    }
    return 0;
}

static int set_limits(const struct exec_plan *plan)
{
    long error = plan->limit_count > EXEC_LIMITS_MAX ? -E2BIG : 0;
    for (uint32_t i = 0; i < plan->limit_count && error == 0; i++) {
        const struct exec_limit *limit = &plan->limits[i];
        error = call(SYS_prlimit64, 0, (long)limit->resource, (long)&limit->soft, 0);
    }
    return (int)error;
}

/* For good: real, effective and saved ids, and there is no way back. */
static int change_user(const struct exec_plan *plan)
{
    if (!plan->becomes)
        return 0;
    const long uid = (long)plan->uid, gid = (long)plan->gid; /* the kernel takes 32 bits of a word */
    long error = plan->group_count > EXEC_GROUPS_MAX ? -E2BIG : 0;
    if (error == 0)
        error = call(SYS_setgroups, (long)plan->group_count, (long)plan->groups, 0, 0);
    if (error == 0)
        error = call(SYS_setresgid, gid, gid, gid, 0);
    if (error == 0)
        error = call(SYS_setresuid, uid, uid, uid, 0);
    if (error == 0 && uid != 0 && call(SYS_setuid, 0, 0, 0, 0) == 0)
        error = -EPERM;
    return (int)error;
}

static int give_up_privileges(const struct exec_plan *plan)
{
    return plan->gains_nothing ? (int)call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0) : 0;
}

/* Only now: a change of the user would take it back. Whose parent is another by now would never hear of its death. */
static int follow_parent(const struct exec_plan *plan)
{
    const long error = call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0);
    if (error < 0)
        return (int)error;
    return call(SYS_getppid, 0, 0, 0, 0) == plan->parent ? 0 : -ESRCH;
}

static const struct {
    enum exec_stage stage;
    int (*carry_out)(const struct exec_plan *plan);
} steps[] = {
    {EXEC_STAGE_PLAN, go_first},        {EXEC_STAGE_LIMITS, set_limits},
    {EXEC_STAGE_USER, change_user},     {EXEC_STAGE_PRIVILEGES, give_up_privileges},
    {EXEC_STAGE_PARENT, follow_parent},
};

static int report(enum exec_stage stage, long error)
{
    const struct exec_report report = {.stage = (int32_t)stage, .error = (int32_t)-error};
    call(SYS_write, EXEC_FD, (long)&report, sizeof(report), 0);
    return EXEC_FAILED;
}

static int run(char **argv, char **environment)
{
    static struct exec_plan plan;
    if (call(SYS_read, EXEC_FD, (long)&plan, sizeof(plan), 0) != (long)sizeof(plan) || !argv[0] || !argv[1])
        return report(EXEC_STAGE_PLAN, -EPROTO);
    call(SYS_close, EXEC_IMAGE_FD, 0, 0, 0);
    call(SYS_prctl, PR_SET_NAME, (long)EXEC_NAME, 0, 0); /* executed from memory, it is called by a number */
    long error = call(SYS_fcntl, EXEC_FD, F_SETFD, FD_CLOEXEC, 0);
    if (error < 0)
        return report(EXEC_STAGE_PLAN, error);
    for (unsigned int i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        error = steps[i].carry_out(&plan);
        if (error < 0)
            return report(steps[i].stage, error);
    }
    error = call(SYS_execve, (long)argv[1], (long)(argv + 2), (long)environment, 0);
    return report(EXEC_STAGE_PROGRAM, error);
}

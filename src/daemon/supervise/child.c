#include "daemon/supervise/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/sys.h"
#include "daemon/handoff/handoff_fields.h"
#include "daemon/log/log_pipe.h"
#include "daemon/supervise/environment.h"
#include "daemon/supervise/launcher.h"

enum { LAST_WAIT_MS = 100 }; /* for a child that is killed as everything ends */

/* ---- watching ---- */

static void close_report(struct child *child)
{
    ev_io_stop(child->launcher->loop, &child->report_watcher);
    sys_close(&child->report_watcher.fd);
}

static void close_pidfd(struct child *child)
{
    ev_io_stop(child->launcher->loop, &child->exit_watcher);
    sys_close(&child->exit_watcher.fd);
}

/* What camd-exec said, if anything: the end of the file means that it is the program by now, or dead. */
static void read_report(struct child *child)
{
    struct exec_report report;
    if (child->report_watcher.fd < 0)
        return;
    const ssize_t length = sys_read(child->report_watcher.fd, &report, sizeof(report));
    if (length == -EAGAIN || length == -EINTR)
        return;
    if (length == (ssize_t)sizeof(report)) {
        child->has_report = true;
        child->report = report;
    }
    close_report(child);
}

static void report_came(struct ev_loop *loop, ev_io *watcher, int events)
{
    (void)loop;
    (void)events;
    read_report(watcher->data);
}

static struct child_end end_of(const struct child *child, const siginfo_t *info)
{
    const struct exec_report *report = &child->report;
    if (child->has_report)
        return (struct child_end){.kind = CHILD_NOT_EXECUTED,
                                  .code = -report->error,
                                  .stage = report->stage >= 0 && report->stage < EXEC_STAGE_COUNT
                                               ? (enum exec_stage)report->stage
                                               : EXEC_STAGE_PLAN};
    return (struct child_end){.kind = info->si_code == CLD_EXITED ? CHILD_EXITED : CHILD_SIGNALLED,
                              .code = info->si_status};
}

static void exit_came(struct ev_loop *loop, ev_io *watcher, int events)
{
    struct child *child = watcher->data;
    siginfo_t info = {0};
    (void)events;
    if (waitid(P_PIDFD, (id_t)watcher->fd, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0)
        return; /* not yet */
    kill(-child->pid, SIGKILL);
    read_report(child);
    close_report(child);
    if (child->log_pipe)
        log_pipe_close(child->log_pipe, loop);
    waitid(P_PIDFD, (id_t)watcher->fd, &info, WEXITED | WNOHANG);
    close_pidfd(child);
    child->pid = 0;
    const struct child_end end = end_of(child, &info);
    child->ended(child->context, &end);
}

/* ---- starting ---- */

/* Descriptors on their way, -1: none. The child's ends are closed when it has them, ours when it did not start. */
struct plumbing {
    int log, report, channel;
    int childs_log, childs_report, childs_channel;
};

static void unplumb(struct plumbing *plumbing)
{
    sys_close(&plumbing->log);
    sys_close(&plumbing->report);
    sys_close(&plumbing->channel);
    sys_close(&plumbing->childs_log);
    sys_close(&plumbing->childs_report);
    sys_close(&plumbing->childs_channel);
}

/* Our end does not block; a program may expect that its own does. */
static int make_pair(int made, const int fds[2], int *ours, int *childs)
{
    if (made < 0)
        return made;
    *ours = fds[0];
    *childs = fds[1];
    return fcntl(*ours, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

static int plumb(struct plumbing *plumbing, bool has_log, bool has_channel)
{
    int fds[2];
    *plumbing = (struct plumbing){-1, -1, -1, -1, -1, -1};
    int error =
        make_pair(sys_socketpair(SOCK_SEQPACKET, fds), fds, &plumbing->report, &plumbing->childs_report);
    if (error == 0 && has_channel)
        error = make_pair(sys_socketpair(SOCK_SEQPACKET, fds), fds, &plumbing->channel,
                          &plumbing->childs_channel);
    if (error == 0 && has_log)
        error = make_pair(sys_pipe(fds, 0), fds, &plumbing->log, &plumbing->childs_log);
    if (error < 0)
        unplumb(plumbing);
    return error;
}

static void plan_user(struct exec_plan *plan, const struct user *user)
{
    plan->becomes = 1;
    plan->uid = user->uid;
    plan->gid = user->gid;
    plan->group_count = (uint32_t)user->group_count;
    for (size_t i = 0; i < user->group_count; i++)
        plan->groups[i] = user->groups[i];
}

static int send_plan(int fd, const struct child_program *program, const struct launcher_user *user,
                     const struct oom *oom)
{
    struct limit limits[LIMITS_MAX];
    struct exec_plan plan = {.parent = (int32_t)getpid(), .gains_nothing = program->gains_nothing};
    _Static_assert((int)OOM_ADJUSTMENT_BYTES == (int)EXEC_NUMBER_BYTES, "a plan holds it");
    _Static_assert((int)LIMITS_MAX <= (int)EXEC_LIMITS_MAX, "a plan holds all limits");
    _Static_assert((int)USER_GROUPS_MAX <= (int)EXEC_GROUPS_MAX, "a plan holds all groups of a user");
    plan.limit_count = (uint32_t)limits_at_start(limits);
    for (uint32_t i = 0; i < plan.limit_count; i++)
        plan.limits[i] = (struct exec_limit){.resource = (uint32_t)limits[i].resource,
                                             .soft = limits[i].value.rlim_cur,
                                             .hard = limits[i].value.rlim_max};
    if (program->user)
        plan_user(&plan, &user->user);
    if (program->goes_first)
        memcpy(plan.oom_score_adj, oom->adjustment, sizeof(plan.oom_score_adj));
    const ssize_t written = sys_write(fd, &plan, sizeof(plan));
    return written < 0 ? (int)written : 0;
}

/* "camd-exec PATH NAME ARGUMENT..." */
enum { CHILD_WORDS_MAX = 80 };

static int spawn(struct child *child, const struct child_program *program, char **environment,
                 const struct plumbing *plumbing, int *pidfd)
{
    static char name[] = EXEC_NAME;
    char *argv[CHILD_WORDS_MAX + 3] = {name, (char *)program->path};
    int image, error;
    for (size_t i = 0; program->argv[i]; i++) {
        if (i == CHILD_WORDS_MAX)
            return -E2BIG;
        argv[i + 2] = program->argv[i];
    }
    do {
        const char *path = launcher_program(child->launcher, &image);
        const int output = child->log_pipe ? plumbing->childs_log : program->output;
        const struct sys_spawn spawn = {
            .path = path,
            .argv = argv,
            .environment = environment,
            .fds = (int[]){program->input, output, plumbing->childs_log, plumbing->childs_channel,
                           plumbing->childs_report, image},
            .fd_count = EXEC_IMAGE_FD + 1,
        };
        error = sys_spawn_watched(&spawn, &child->pid, pidfd);
    } while (error < 0 && launcher_forget_image(child->launcher, error));
    return error;
}

/* It runs: our ends are the watchers' and the caller's now. */
static void watch(struct child *child, const struct child_program *program, struct plumbing *plumbing,
                  int pidfd)
{
    struct ev_loop *loop = child->launcher->loop;
    child->has_report = false;
    ev_io_set(&child->exit_watcher, pidfd, EV_READ);
    ev_io_start(loop, &child->exit_watcher);
    ev_io_set(&child->report_watcher, plumbing->report, EV_READ);
    ev_io_start(loop, &child->report_watcher);
    if (child->log_pipe)
        log_pipe_open(child->log_pipe, loop, plumbing->log);
    if (program->channel)
        *program->channel = plumbing->channel;
    plumbing->report = plumbing->log = plumbing->channel = -1;
}

static void forget_words(struct child *child)
{
    free(child->path);
    free(child->user);
    child->path = child->user = NULL;
}

/* What child_explain will need, since the caller's may be gone by then. */
static int remember_words(struct child *child, const struct child_program *program)
{
    forget_words(child);
    child->path = strdup(program->path);
    child->user = program->user ? strdup(program->user) : NULL;
    return child->path && (child->user || !program->user) ? 0 : -ENOMEM;
}

static int spawn_with_variables(struct child *child, const struct child_program *program,
                                const struct launcher_user *user, const struct plumbing *plumbing, int *pidfd)
{
    if (!program->variables)
        return spawn(child, program, user->environment, plumbing, pidfd);
    char **environment = environment_with(program->variables, user->environment);
    const int error = environment ? spawn(child, program, environment, plumbing, pidfd) : -ENOMEM;
    free(environment);
    return error;
}

/* It has waited for the plan: one that cannot be watched has done nothing when it is taken back. */
static int set_going(struct child *child, const struct child_program *program,
                     const struct launcher_user *user, const struct plumbing *plumbing, int *pidfd)
{
    const int error = send_plan(plumbing->report, program, user, &child->launcher->oom);
    if (error == 0)
        return 0;
    sys_spawn_undo(child->pid);
    child->pid = 0;
    sys_close(pidfd);
    return error;
}

/* 0, or -errno with *stage. */
static int start(struct child *child, const struct child_program *program, enum exec_stage *stage)
{
    const struct launcher_user *user;
    struct plumbing plumbing;
    int pidfd = -1;
    *stage = EXEC_STAGE_PREPARE;
    int error = remember_words(child, program);
    if (error < 0)
        return error;
    *stage = EXEC_STAGE_ACCOUNT;
    error = launcher_user(child->launcher, program->user, &user);
    if (error < 0)
        return error;
    *stage = EXEC_STAGE_PREPARE;
    error = plumb(&plumbing, child->log_pipe != NULL, program->channel != NULL);
    if (error < 0)
        return error;
    *stage = EXEC_STAGE_LAUNCH;
    oom_child_starts(&child->launcher->oom);
    error = spawn_with_variables(child, program, user, &plumbing, &pidfd);
    if (error == 0) {
        *stage = EXEC_STAGE_PREPARE;
        error = set_going(child, program, user, &plumbing, &pidfd);
    }
    if (error == 0)
        watch(child, program, &plumbing, pidfd);
    unplumb(&plumbing);
    return error;
}

int child_start(struct child *child, const struct child_program *program, struct child_end *failure)
{
    enum exec_stage stage;
    const int error = start(child, program, &stage);
    if (error < 0)
        *failure = (struct child_end){.kind = CHILD_NOT_EXECUTED, .code = error, .stage = stage};
    return error;
}

/* ---- while it runs ---- */

bool child_is_running(const struct child *child)
{
    return child->pid > 0;
}

bool child_is_executing(const struct child *child)
{
    return child->report_watcher.fd >= 0;
}

bool child_is_stopped(const struct child *child)
{
    siginfo_t info = {0};
    return child->pid > 0 &&
           waitid(P_PIDFD, (id_t)child->exit_watcher.fd, &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid != 0;
}

int child_signal(const struct child *child, int signal_number)
{
    return child->pid > 0 ? sys_pidfd_signal(child->exit_watcher.fd, signal_number) : -ESRCH;
}

void child_kill(const struct child *child)
{
    if (child->pid <= 0)
        return;
    kill(-child->pid, SIGKILL);
    sys_pidfd_signal(child->exit_watcher.fd, SIGKILL);
}

/* ---- life ---- */

void child_init(struct child *child, struct launcher *launcher, struct log_pipe *log_pipe, child_ended *ended,
                void *context)
{
    *child = (struct child){.launcher = launcher, .log_pipe = log_pipe, .ended = ended, .context = context};
    ev_io_init(&child->exit_watcher, exit_came, -1, EV_READ);
    ev_io_init(&child->report_watcher, report_came, -1, EV_READ);
    ev_set_priority(&child->exit_watcher, EV_MAXPRI);
    child->exit_watcher.data = child->report_watcher.data = child;
}

/* It is reaped when it dies soon; of one that hangs in the kernel nothing can be done. */
void child_fini(struct child *child)
{
    if (child->pid > 0) {
        child_kill(child);
        sys_end_child(child->exit_watcher.fd, LAST_WAIT_MS);
        child->pid = 0;
    }
    close_report(child);
    close_pidfd(child);
    if (child->log_pipe)
        log_pipe_close(child->log_pipe, child->launcher->loop);
    forget_words(child);
}

/* ---- upgrade ---- */

static const struct handoff_field fields[] = {
    HANDOFF(struct child, pid),
    HANDOFF(struct child, path),
    HANDOFF(struct child, user),
    HANDOFF_FD(struct child, exit_watcher.fd),
    HANDOFF_FD(struct child, report_watcher.fd),
    HANDOFF(struct child, has_report),
    HANDOFF(struct child, report.stage),
    HANDOFF(struct child, report.error),
};

json_t *child_hand_over(const struct child *child)
{
    return handoff_write(child, fields, HANDOFF_COUNT(fields));
}

static void start_watching(struct child *child, ev_io *watcher)
{
    if (watcher->fd < 0)
        return;
    ev_io_set(watcher, watcher->fd, EV_READ);
    ev_io_start(child->launcher->loop, watcher);
}

/* It is still our child, since the process that we are is the same; and its pidfd is the one of before. */
int child_take_over(struct child *child, const json_t *record)
{
    const int error = handoff_read(record, child, fields, HANDOFF_COUNT(fields));
    if (error < 0)
        return error;
    if (child->pid < 0 || (child->pid > 0) != (child->exit_watcher.fd >= 0))
        return -EINVAL;
    start_watching(child, &child->exit_watcher);
    start_watching(child, &child->report_watcher);
    return 0;
}

#include "daemon/disk/helper.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/sys.h"

#define HELPER_POLL_S 0.1

static void unwatch(struct helper *helper)
{
    ev_timer_stop(helper->loop, &helper->poll);
    ev_io_stop(helper->loop, &helper->exit);
    sys_close(&helper->exit.fd);
}

static int result_of(const siginfo_t *info)
{
    if (info->si_code != CLD_EXITED)
        return -EIO; /* somebody killed it */
    return -info->si_status;
}

/* Until it is waited for, the helper's pid is nobody else's. */
static void look(struct helper *helper)
{
    siginfo_t info = {.si_pid = 0};
    int result;
    do
        result = waitid(P_PID, (id_t)helper->pid, &info, WEXITED | WNOHANG);
    while (result < 0 && errno == EINTR);
    if (result == 0 && info.si_pid == 0)
        return; /* not yet */
    const int error = result < 0 ? -errno : result_of(&info);
    unwatch(helper);
    helper->pid = 0;
    helper->ended(helper->context, error);
}

static void exit_came(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop;
    (void)events;
    look(io->data);
}

static void poll_came(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    look(timer->data);
}

void helper_init(struct helper *helper, struct ev_loop *loop, helper_ended *ended, void *context)
{
    *helper = (struct helper){.loop = loop, .ended = ended, .context = context};
    ev_init(&helper->exit, exit_came);
    helper->exit.fd = -1;
    helper->exit.data = helper;
    ev_init(&helper->poll, poll_came);
    helper->poll.repeat = HELPER_POLL_S;
    helper->poll.data = helper;
}

int helper_start(struct helper *helper, const struct sys_spawn *spawn)
{
    const pid_t pid = sys_spawn(spawn);
    if (pid < 0) {
        log_error(NULL, "cannot start %s: %s; is camd installed as a whole?", spawn->path, strerror(-pid));
        return (int)pid;
    }
    helper->pid = pid;
    /* it is at work by now: want of a descriptor is no reason to lose what comes of it */
    const int pidfd = sys_pidfd_open(pid);
    if (pidfd < 0) {
        ev_timer_again(helper->loop, &helper->poll);
        return 0;
    }
    ev_io_set(&helper->exit, pidfd, EV_READ);
    ev_io_start(helper->loop, &helper->exit);
    return 0;
}

void helper_kill(struct helper *helper)
{
    if (helper->pid > 0)
        kill(helper->pid, SIGKILL);
}

void helper_forget(struct helper *helper)
{
    unwatch(helper);
    helper->pid = 0;
}

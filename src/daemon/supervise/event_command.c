#include "daemon/supervise/event_command.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"

extern char **environ;

/* ---- the queue ---- */

/* The oldest line, the caller's to free; NULL: none. */
static char *take_line(struct event_command *command)
{
    if (command->count == 0)
        return NULL;
    char *line = command->queue[0];
    command->count--;
    memmove(&command->queue[0], &command->queue[1], command->count * sizeof(command->queue[0]));
    return line;
}

static void clear_queue(struct event_command *command)
{
    for (char *line; (line = take_line(command));)
        free(line);
}

/* ---- the process ---- */

struct plumbing {
    int input, log_read, log_write;
};

static void unplumb(struct plumbing *plumbing)
{
    sys_close(&plumbing->input);
    sys_close(&plumbing->log_read);
    sys_close(&plumbing->log_write);
}

/* 0, or -errno and nothing left. */
static int plumb(struct plumbing *plumbing, const char *line)
{
    int fds[2];
    size_t length = strlen(line);
    *plumbing = (struct plumbing){-1, -1, -1};
    int error = sys_pipe(fds, 0);
    if (error < 0)
        return error;
    plumbing->log_read = fds[0];
    plumbing->log_write = fds[1];
    plumbing->input = sys_memfd("event");
    if (plumbing->input < 0)
        error = plumbing->input;
    if (error == 0) {
        ssize_t written = sys_write(plumbing->input, line, length);
        error = written < 0 ? (int)written : (size_t)written < length ? -ENOSPC : 0;
    }
    if (error == 0 &&
        (lseek(plumbing->input, 0, SEEK_SET) < 0 || fcntl(plumbing->log_read, F_SETFL, O_NONBLOCK) < 0))
        error = -errno;
    if (error < 0)
        unplumb(plumbing);
    return error;
}

/* 0 with pid and pidfd, or -errno and nothing left. */
static int execute(char **words, const struct plumbing *plumbing, pid_t *pid, int *pidfd)
{
    const struct sys_spawn spawn = {
        .path = words[0],
        .argv = words,
        .environment = environ,
        .fds = (int[]){plumbing->input, plumbing->log_write, plumbing->log_write},
        .fd_count = 3,
    };
    return sys_spawn_watched(&spawn, pid, pidfd);
}

static void start_timer(struct event_command *command, int64_t timeout_ms)
{
    ev_now_update(command->loop);
    ev_timer_set(&command->timer, (double)timeout_ms / 1000.0, 0.0);
    ev_timer_start(command->loop, &command->timer);
}

static int start(struct event_command *command, char **words, int64_t timeout_ms, const char *line)
{
    struct plumbing plumbing;
    int pidfd = -1;
    int error = plumb(&plumbing, line);
    if (error == 0)
        error = execute(words, &plumbing, &command->pid, &pidfd);
    if (error < 0) {
        unplumb(&plumbing);
        return error;
    }
    command->timed_out = false;
    ev_io_set(&command->pidfd_watcher, pidfd, EV_READ);
    ev_io_start(command->loop, &command->pidfd_watcher);
    log_pipe_open(&command->log_pipe, command->loop, plumbing.log_read);
    plumbing.log_read = -1; /* the watcher's now */
    unplumb(&plumbing);
    start_timer(command, timeout_ms);
    return 0;
}

static void start_next(struct event_command *command)
{
    while (command->pid == 0 && command->count > 0) {
        int64_t timeout_ms = 0;
        char **words = command->words(command->context, &timeout_ms);
        char *line = take_line(command);
        int error = words ? start(command, words, timeout_ms, line) : 0;
        if (error < 0)
            log_error(command->subject,
                      "cannot execute %s: %s: check the key on_event, and the machine's memory", words[0],
                      strerror(-error));
        free(line);
        free(words);
    }
    if (command->pid == 0)
        command->idle(command->context);
}

static void kill_group(const struct event_command *command)
{
    /* pid is the group's number as long as the child is not reaped */
    kill(-command->pid, SIGKILL);
    kill(command->pid, SIGKILL);
}

static void time_is_over(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct event_command *command = timer->data;
    (void)loop;
    (void)events;
    command->timed_out = true;
    kill_group(command);
}

static void say_exit(struct event_command *command, const siginfo_t *info)
{
    if (command->timed_out)
        log_warning(command->subject, "took longer than on_event_timeout: killed");
    else if (info->si_code != CLD_EXITED)
        log_warning(command->subject, "was killed by signal %d (%s)", info->si_status,
                    strsignal(info->si_status));
    else
        log_message(info->si_status == 0 ? LOG_DEBUG : LOG_WARNING, command->subject, "exited with status %d",
                    info->si_status);
    if (command->dropped > 0)
        log_warning(command->subject,
                    "%" PRIu64 " events were dropped, since it takes longer than they come: make it quicker",
                    command->dropped);
    command->dropped = 0;
}

static void exited(struct ev_loop *loop, ev_io *watcher, int events)
{
    struct event_command *command = watcher->data;
    siginfo_t info = {0};
    (void)events;
    if (waitid(P_PIDFD, (id_t)watcher->fd, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0)
        return;          /* not yet */
    kill_group(command); /* what it left behind, while the unreaped child pins the number */
    log_pipe_close(&command->log_pipe, loop);
    waitid(P_PIDFD, (id_t)watcher->fd, &info, WEXITED | WNOHANG);
    ev_io_stop(loop, watcher);
    sys_close(&watcher->fd);
    ev_timer_stop(loop, &command->timer);
    command->pid = 0;
    say_exit(command, &info);
    start_next(command);
}

/* ---- the outside ---- */

void event_command_init(struct event_command *command, struct ev_loop *loop, struct log_pool *pool,
                        const char *camera, char **(*words)(void *context, int64_t *timeout_ms),
                        void (*idle)(void *context), void *context)
{
    *command = (struct event_command){
        .loop = loop, .camera = camera, .words = words, .idle = idle, .context = context};
    snprintf(command->subject, sizeof(command->subject), "%s on_event", camera);
    log_pipe_init(&command->log_pipe, pool, command->subject, camera, camera, "on_event");
    ev_io_init(&command->pidfd_watcher, exited, -1, EV_READ);
    ev_timer_init(&command->timer, time_is_over, 0.0, 0.0);
    command->pidfd_watcher.data = command->timer.data = command;
}

void event_command_run(struct event_command *command, const char *line)
{
    char *copy = command->count < EVENT_COMMAND_QUEUE ? text_format("%s\n", line) : NULL;
    if (!copy) {
        command->dropped++;
        return;
    }
    command->queue[command->count++] = copy;
    if (command->pid == 0)
        start_next(command);
}

bool event_command_stop(struct event_command *command)
{
    clear_queue(command);
    if (command->pid == 0)
        return false;
    kill_group(command);
    return true;
}

void event_command_fini(struct event_command *command)
{
    clear_queue(command);
    if (command->pid != 0)
        kill_group(command);
    log_pipe_close(&command->log_pipe, command->loop);
    log_pipe_fini(&command->log_pipe);
    ev_io_stop(command->loop, &command->pidfd_watcher);
    sys_close(&command->pidfd_watcher.fd);
    ev_timer_stop(command->loop, &command->timer);
}

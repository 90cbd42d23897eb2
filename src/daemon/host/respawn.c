#include "daemon/host/respawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/background.h"
#include "base/clock.h"
#include "base/error_hint.h"
#include "base/log.h"
#include "base/pidfile.h"
#include "base/stray_signals.h"
#include "base/sys.h"
#include "base/text.h"

enum { STATUS_FAILED = 1 << 8 }; /* as waitpid gives it: ended with 1 */

struct parent {
    struct respawn *respawn;
    int signal_fd, said_fd; /* what camd says; -1: it has closed it */
    pid_t camd;             /* 0: none */
    int status;             /* of the last one, as waitpid gives it */
    int64_t started_ms;
    unsigned int in_a_row;
    bool was_ready;   /* some camd has been */
    bool is_stopping; /* nothing is started any more */
};

int64_t respawn_wait_ms(unsigned int in_a_row)
{
    int64_t wait_ms = RESPAWN_WAIT_MS;
    for (unsigned int i = 1; i < in_a_row && wait_ms < RESPAWN_WAIT_MAX_MS; i++)
        wait_ms *= 2;
    return wait_ms < RESPAWN_WAIT_MAX_MS ? wait_ms : RESPAWN_WAIT_MAX_MS;
}

/* ---- what it has to say ---- */

/* Into camd's log. It is opened for that only: it may be moved away meanwhile. */
static void say(const struct parent *parent, enum log_level level, const char *text)
{
    const char *path = parent->respawn->log;
    const bool is_file = path && strcmp(path, "syslog") != 0;
    if (is_file ? log_open(path, LOG_STYLE_TIMED, LOG_INFO) == 0 : log_open_syslog(NULL, LOG_INFO) == 0)
        log_message(level, NULL, "%s", text);
    log_close();
}

static void say_end(const struct parent *parent, int64_t wait_ms)
{
    const int status = parent->status;
    char end[96], wait[TEXT_DURATION_BYTES], *text;
    if (WIFSIGNALED(status))
        snprintf(end, sizeof(end), "was killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(end, sizeof(end), "ended with status %d by itself", WEXITSTATUS(status));
    text = text_format("camd %s: it is started again in %s%s", end,
                       text_duration((double)wait_ms / 1000.0, wait),
                       WIFEXITED(status) ? "; camd -n shows problems of its configuration" : "");
    say(parent, LOG_ERROR, text ? text : "camd has ended: it is started again");
    free(text);
}

/* ---- camd ---- */

/* What it prints before its log is open goes where ours goes: to the terminal at first, later nowhere. */
static int start(struct parent *parent)
{
    int fds[2];
    int error = sys_pipe(fds, O_NONBLOCK);
    if (error < 0)
        return error;
    const struct sys_spawn spawn = {
        .path = parent->respawn->program,
        .argv = parent->respawn->argv,
        .environment = environ,
        .fds = (int[]){STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, fds[1]},
        .fd_count = RESPAWN_FD + 1,
    };
    const pid_t camd = sys_spawn(&spawn);
    sys_close(&fds[1]);
    if (camd < 0) {
        sys_close(&fds[0]);
        return (int)camd;
    }
    parent->camd = camd;
    parent->said_fd = fds[0];
    parent->started_ms = clock_monotonic_ms();
    return 0;
}

/* The first one answers: whoever started us may go, and the terminal with him. */
static void note_ready(struct parent *parent)
{
    if (parent->was_ready)
        return;
    parent->was_ready = true;
    int null = sys_open("/dev/null", O_RDWR, 0);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && null >= 0; fd++)
        dup2(null, fd);
    sys_close(&null);
    sys_write(parent->respawn->ready_fd, "", 1);
    sys_close(&parent->respawn->ready_fd);
}

static void read_said(struct parent *parent)
{
    char said;
    ssize_t length = sys_read(parent->said_fd, &said, 1);
    for (; length == 1; length = sys_read(parent->said_fd, &said, 1)) {
        if (said == BACKGROUND_READY)
            note_ready(parent);
        else if (said == RESPAWN_STOPPING)
            parent->is_stopping = true;
    }
    if (length == 0)
        sys_close(&parent->said_fd);
}

/* True when camd is gone: all that it said has been read. */
static bool reap(struct parent *parent)
{
    if (parent->camd == 0 || waitpid(parent->camd, &parent->status, WNOHANG) != parent->camd)
        return false;
    if (parent->said_fd >= 0)
        read_said(parent);
    sys_close(&parent->said_fd);
    parent->camd = 0;
    return true;
}

/* ---- waiting ---- */

static const struct {
    int number;
    bool stops;
} passed_on[] = {{SIGTERM, true}, {SIGINT, true}, {SIGQUIT, true}, {SIGHUP, false}, {SIGUSR1, false}};
enum { PASSED_ON = sizeof(passed_on) / sizeof(passed_on[0]) };

/* A stray one is not: camd would take the parent for its sender. */
static void take_signal(struct parent *parent, const struct signalfd_siginfo *info)
{
    char words[STRAY_SIGNAL_BYTES];
    for (int i = 0; i < PASSED_ON; i++) {
        if (info->ssi_signo != (uint32_t)passed_on[i].number)
            continue;
        if (passed_on[i].stops)
            parent->is_stopping = true;
        if (parent->camd > 0)
            kill(parent->camd, passed_on[i].number);
        return;
    }
    if (info->ssi_signo != SIGCHLD)
        say(parent, LOG_WARNING, stray_signals_words("camd", info, words));
}

/* Until something comes or the time is over; -1: however long that takes. */
static void wait_for_news(struct parent *parent, int64_t timeout_ms)
{
    struct signalfd_siginfo info;
    struct pollfd news[] = {{.fd = parent->signal_fd, .events = POLLIN},
                            {.fd = parent->said_fd, .events = POLLIN}};
    poll(news, 2, (int)timeout_ms);
    if (news[1].revents != 0)
        read_said(parent);
    while (sys_read(parent->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        take_signal(parent, &info);
}

static void wait_until(struct parent *parent, int64_t at_ms)
{
    for (int64_t left_ms; !parent->is_stopping && (left_ms = at_ms - clock_monotonic_ms()) > 0;)
        wait_for_news(parent, left_ms);
}

static int watch_signals(struct parent *parent)
{
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    for (int i = 0; i < PASSED_ON; i++)
        sigaddset(&mask, passed_on[i].number);
    stray_signals_add(&mask);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    parent->signal_fd = sys_signalfd(&mask, SFD_NONBLOCK);
    return parent->signal_fd < 0 ? parent->signal_fd : 0;
}

/* ---- the whole ---- */

static int exit_status(const struct parent *parent)
{
    return WIFEXITED(parent->status) ? WEXITSTATUS(parent->status) : 1;
}

/* The first one must start: it has said on the terminal why it did not. */
static bool is_over(const struct parent *parent)
{
    return parent->is_stopping || !parent->was_ready ||
           (WIFEXITED(parent->status) && WEXITSTATUS(parent->status) == 0);
}

static void wait_before_start(struct parent *parent)
{
    const int64_t now_ms = clock_monotonic_ms();
    parent->in_a_row = now_ms - parent->started_ms >= RESPAWN_GOOD_MS ? 1 : parent->in_a_row + 1;
    const int64_t wait_ms = respawn_wait_ms(parent->in_a_row);
    say_end(parent, wait_ms);
    wait_until(parent, now_ms + wait_ms);
}

/* Runs one camd to its end. False: there is to be no other. */
static bool run_one(struct parent *parent)
{
    const int error = start(parent);
    if (error < 0) {
        char words[ERROR_WORDS_BYTES],
            *text = text_format("cannot start %s: %s", parent->respawn->program, error_words(error, words));
        if (parent->was_ready)
            say(parent, LOG_ERROR, text ? text : "camd cannot be started");
        else
            fprintf(stderr, "camd: %s\n", text ? text : "memory is short");
        free(text);
        parent->status = STATUS_FAILED;
        parent->started_ms = clock_monotonic_ms();
    }
    while (parent->camd > 0 && !reap(parent))
        wait_for_news(parent, -1);
    return !is_over(parent);
}

int respawn_run(struct respawn *respawn)
{
    struct parent parent = {.respawn = respawn, .signal_fd = -1, .said_fd = -1};
    struct pidfile *pidfile = NULL;
    if (pidfile_new(&pidfile, respawn->pid_path) < 0)
        return 1;
    const int error = watch_signals(&parent);
    if (error < 0) {
        char words[ERROR_WORDS_BYTES];
        fprintf(stderr, "camd: cannot watch signals: %s\n", error_words(error, words));
        parent.status = STATUS_FAILED;
    }
    while (error == 0 && run_one(&parent)) {
        wait_before_start(&parent);
        if (parent.is_stopping) {
            parent.status = 0; /* nothing runs, as was asked for */
            break;
        }
    }
    pidfile_free(pidfile);
    sys_close(&parent.signal_fd);
    return exit_status(&parent);
}

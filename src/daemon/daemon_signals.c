/* What signals ask for: one descriptor in the loop for all of them. */
#include <errno.h>
#include <ev.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>

#include "base/error_hint.h"
#include "base/log.h"
#include "base/stray_signals.h"
#include "base/sys.h"
#include "config/config.h"
#include "daemon/daemon_private.h"

static void stop_on_signal(struct daemon *daemon)
{
    daemon_stop(daemon, "a signal");
}

static void reload_on_signal(struct daemon *daemon)
{
    /* what a reload starts nobody would stop */
    if (daemon->stopping) {
        log_notice(NULL, "SIGHUP: not reloading, camd is being stopped");
        return;
    }
    struct config_problems *problems = config_problems_new();
    json_t *report = NULL;
    if (!problems)
        return;
    daemon_reload(daemon, problems, &report); /* says in the log how it went */
    json_decref(report);
    config_problems_free(problems);
}

static void reopen_on_signal(struct daemon *daemon)
{
    const char *path = daemon->services.config->log;
    char words[ERROR_WORDS_BYTES];
    int error = log_reopen();
    if (error < 0)
        log_error(NULL, "cannot open the log %s again, going on with the old file: %s", path ? path : "",
                  error_words_of_path(error, path ? path : "", words));
    else
        log_info(NULL, "log reopened");
}

static const struct {
    int number;
    void (*handle)(struct daemon *daemon);
} signals[] = {{SIGTERM, stop_on_signal},
               {SIGINT, stop_on_signal},
               {SIGQUIT, stop_on_signal},
               {SIGHUP, reload_on_signal},
               {SIGUSR1, reopen_on_signal}};
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

static void take_signal(struct daemon *daemon, const struct signalfd_siginfo *info)
{
    char words[STRAY_SIGNAL_BYTES];
    for (int i = 0; i < SIGNALS; i++) {
        if (info->ssi_signo == (uint32_t)signals[i].number) {
            signals[i].handle(daemon);
            return;
        }
    }
    log_warning(NULL, "%s", stray_signals_words("camd", info, words));
}

static void signal_came(struct ev_loop *loop, ev_io *watcher, int events)
{
    struct signalfd_siginfo info;
    (void)loop;
    (void)events;
    while (sys_read(watcher->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        take_signal(watcher->data, &info);
}

int daemon_watch_signals(struct daemon *daemon)
{
    sigset_t mask;
    sigemptyset(&mask);
    for (int i = 0; i < SIGNALS; i++)
        sigaddset(&mask, signals[i].number);
    stray_signals_add(&mask);
    daemon->signal_fd = sys_signalfd(&mask, SFD_NONBLOCK);
    if (daemon->signal_fd < 0) {
        char words[ERROR_WORDS_BYTES];
        log_error(NULL, "cannot watch signals: %s", error_words(daemon->signal_fd, words));
        return daemon->signal_fd;
    }
    sigprocmask(SIG_BLOCK, &mask, NULL);
    ev_io_init(&daemon->signal_watcher, signal_came, daemon->signal_fd, EV_READ);
    ev_set_priority(&daemon->signal_watcher, EV_MAXPRI);
    daemon->signal_watcher.data = daemon;
    ev_io_start(daemon->services.loop, &daemon->signal_watcher);
    return 0;
}

void daemon_unwatch_signals(struct daemon *daemon)
{
    if (daemon->signal_fd < 0)
        return;
    ev_io_stop(daemon->services.loop, &daemon->signal_watcher);
    sys_close(&daemon->signal_fd);
}

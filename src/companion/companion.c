#include "companion/companion.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/background.h"
#include "base/error_hint.h"
#include "base/log.h"
#include "base/log_start.h"
#include "base/notify.h"
#include "base/pidfile.h"
#include "base/secret.h"
#include "base/standard_output.h"
#include "base/stray_signals.h"
#include "base/sys.h"
#include "base/user.h"
#include "base/whole_file.h"
#include "companion/companion_files.h"
#include "companion/companion_private.h"
#include "config/config.h"
#include "config/config_plain.h"
#include "config/config_problem.h"

struct run {
    struct companion companion;
    const struct companion_program *program;
    void *context;
    struct notify notify;
    ev_io signals;
    ev_timer watchdog;
    bool is_stopping;
};

/* ---- the configuration ---- */

/* NULL when it has problems; all that there are have been printed. To be freed with free_settings. */
static void *load(const struct companion_program *program, const char *path)
{
    struct config_problems *problems = config_problems_new();
    void *settings = calloc(1, program->settings_size);
    int error = problems && settings ? config_plain_load(program->plain, path, settings, problems) : -ENOMEM;
    if (problems)
        config_problems_print(problems, "", stderr);
    if (error < 0 && error != -EINVAL)
        fprintf(stderr, "%s: %s: %s\n", program->name, path ? path : "configuration", strerror(-error));
    config_problems_free(problems);
    if (error == 0)
        return settings;
    if (settings)
        config_plain_clear(program->plain, settings);
    free(settings);
    return NULL;
}

static void free_settings(const struct companion_program *program, void *settings)
{
    config_plain_clear(program->plain, settings);
    free(settings);
}

/* ---- the loop ---- */

void companion_end(struct companion *companion, int status)
{
    companion->status = status;
    ev_break(companion->loop, EVBREAK_ALL);
}

static void stop(struct run *run, uint32_t signal_number)
{
    if (run->is_stopping) {
        companion_end(&run->companion, 0);
        return;
    }
    run->is_stopping = true;
    log_notice(NULL, "stops: it got %s",
               signal_number == SIGINT    ? "an interrupt from the keyboard"
               : signal_number == SIGQUIT ? "SIGQUIT"
                                          : "SIGTERM");
    notify_stopping(&run->notify);
    run->program->stop(run->context);
}

static void reopen(struct run *run, uint32_t signal_number)
{
    (void)run;
    (void)signal_number;
    const int error = log_reopen();
    if (error < 0)
        log_error(NULL, "the log cannot be opened again: %s: the old one is kept", strerror(-error));
}

static void ignore(struct run *run, uint32_t signal_number)
{
    (void)run;
    (void)signal_number;
    log_notice(NULL, "SIGHUP is ignored: new settings count after a new start, in which nothing is lost");
}

static const struct {
    int number;
    void (*handle)(struct run *run, uint32_t signal_number);
} signals[] = {{SIGTERM, stop}, {SIGINT, stop}, {SIGQUIT, stop}, {SIGUSR1, reopen}, {SIGHUP, ignore}};
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

static void take_signal(struct run *run, const struct signalfd_siginfo *info)
{
    char words[STRAY_SIGNAL_BYTES];
    for (int i = 0; i < SIGNALS; i++) {
        if (info->ssi_signo == (uint32_t)signals[i].number) {
            signals[i].handle(run, info->ssi_signo);
            return;
        }
    }
    log_warning(NULL, "%s", stray_signals_words(run->program->name, info, words));
}

static void on_signal(EV_P_ ev_io *watcher, int events)
{
    struct run *run = watcher->data;
    struct signalfd_siginfo info;
    (void)loop;
    (void)events;
    while (sys_read(watcher->fd, &info, sizeof(info)) == sizeof(info))
        take_signal(run, &info);
}

static void on_watchdog(EV_P_ ev_timer *watcher, int events)
{
    const struct run *run = watcher->data;
    (void)loop;
    (void)events;
    notify_watchdog(&run->notify);
}

static int watch_signals(struct run *run)
{
    sigset_t mask;
    sigemptyset(&mask);
    for (int i = 0; i < SIGNALS; i++)
        sigaddset(&mask, signals[i].number);
    stray_signals_add(&mask);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    int fd = sys_signalfd(&mask, SFD_NONBLOCK);
    if (fd < 0)
        return fd;
    ev_io_init(&run->signals, on_signal, fd, EV_READ);
    run->signals.data = run;
    ev_io_start(run->companion.loop, &run->signals);
    return 0;
}

static void begin(struct run *run, int *ready_fd)
{
    double period_s = notify_watchdog_period_s(&run->notify);
    if (period_s > 0) {
        ev_timer_init(&run->watchdog, on_watchdog, period_s, period_s);
        run->watchdog.data = run;
        ev_timer_start(run->companion.loop, &run->watchdog);
    }
    notify_ready(&run->notify);
    background_release(ready_fd);
}

/* ---- the start ---- */

static void tell_missing(const struct sandbox_state *state, const char *mode)
{
    char missing[SANDBOX_TEXT_BYTES];
    sandbox_explain_missing(state, missing);
    if (strcmp(mode, "no") != 0 && missing[0] != '\0')
        log_warning(NULL, "the sandbox is not whole: this machine lacks %s", missing);
    if (geteuid() == 0)
        log_warning(NULL, "runs as root: a user of its own, which `user` names, would have less to lose");
}

static int run_loop(struct run *run, const struct companion_start *start, const struct sandbox_state *state,
                    int *ready_fd)
{
    const struct companion_settings *settings = run->companion.settings;
    const enum log_level level = start->verbose ? LOG_DEBUG : (enum log_level)settings->log_level;
    if (log_start(run->program->name, settings->log, level, start->background) < 0)
        return 1;
    tell_missing(state, settings->sandbox);
    if (run->program->start(&run->companion, &run->context) < 0)
        return 1;
    begin(run, ready_fd);
    ev_run(run->companion.loop, 0);
    run->program->free(run->context);
    return run->companion.status;
}

/* What needs whoever started us comes before what is given up; the loop's descriptors, too. */
static int run(const struct companion_program *program, const struct companion_start *start,
               const void *settings, int *ready_fd)
{
    struct run run = {.program = program, .companion = {.settings = settings}};
    struct pidfile *pidfile = NULL;
    struct sandbox_state state = {0};
    char words[ERROR_WORDS_BYTES];
    int status = 1;
    notify_init(&run.notify);
    errno = 0; /* it says nothing where the environment asks for a back-end that is not there */
    run.companion.loop = ev_default_loop(EVFLAG_AUTO);
    int error = run.companion.loop ? watch_signals(&run) : -(errno ? errno : ENOTSUP);
    if (error < 0)
        fprintf(stderr, "%s: cannot make its loop: %s\n", program->name, error_words(error, words));
    if (error == 0 && start->pid_path)
        error = pidfile_new(&pidfile, start->pid_path);
    if (error == 0 && program->prepare)
        error = program->prepare(settings);
    if (error == 0)
        error = companion_confine(program, settings, start, &state);
    if (error == 0)
        status = run_loop(&run, start, &state, ready_fd);
    pidfile_free(pidfile);
    if (run.companion.loop)
        ev_loop_destroy(run.companion.loop);
    log_close();
    return status;
}

/* ---- what the settings name ---- */

/* A file is made in its directory, and opened again. */
static void look_at_log(const struct companion_files *files, const char *log)
{
    const char *slash = log && log[0] == '/' ? strrchr(log, '/') : NULL;
    char *directory = slash ? strndup(log, slash > log ? (size_t)(slash - log) : 1) : NULL;
    if (directory && access(log, F_OK) == 0)
        companion_files_look(files, "log", log, W_OK);
    else if (directory)
        companion_files_look_at_directory(files, "log", directory);
    free(directory);
}

/* 0, or -errno: it is not known who the user is. What is wrong with what is named is among the problems. */
static int look_at_files(const struct companion_program *program, const struct companion_settings *settings,
                         struct companion_files *files)
{
    const bool shows_only = program->shows_only && program->shows_only();
    files->becomes_user = !shows_only && geteuid() == 0 && settings->user;
    const int error =
        files->becomes_user ? user_find(&files->user, settings->user) : user_find_own(&files->user);
    if (error == -ENOENT) {
        companion_files_problem(
            files, "user",
            "there is no user %s: create it (adduser --system --ingroup camd %s), or change the key",
            settings->user, settings->user);
        return 0;
    }
    if (error < 0)
        return error;
    if (!shows_only)
        look_at_log(files, settings->log);
    if (program->read_files)
        program->read_files(settings, files);
    user_fini(&files->user);
    return 0;
}

/*
 * -1 to go on, or the exit status; all that is wrong has been printed. A user database that does not answer, and memory that
 * is short, are no problems of the configuration: another try may do, which nobody makes after EX_CONFIG.
 */
static int check_files(const struct companion_program *program, const void *settings, const char *path)
{
    struct companion_files files = {
        .plain = program->plain, .config_path = path, .problems = config_problems_new()};
    const int error = files.problems ? look_at_files(program, settings, &files) : -ENOMEM;
    if (error < 0) {
        fprintf(stderr, "%s: cannot look at what its configuration names: %s\n", program->name,
                strerror(-error));
        config_problems_free(files.problems);
        return 1;
    }
    config_problem_sort(files.problems, 0);
    config_problems_print(files.problems, "", stderr);
    const int status = config_problem_total(files.problems) > 0 ? EX_CONFIG : -1;
    config_problems_free(files.problems);
    return status;
}

static int with_settings(const struct companion_program *program, struct companion_start *start)
{
    int ready_fd = -1;
    if (!start->config_path && whole_file_may_be_there(program->file))
        start->config_path = program->file;
    void *settings = load(program, start->config_path);
    if (!settings)
        return EX_CONFIG;
    int status = check_files(program, settings, start->config_path);
    if (status < 0 && start->check)
        status = 0;
    else if (status < 0 && program->instead)
        status = program->instead(settings);
    if (start->check && start->verbose)
        config_plain_print(program->plain, settings, stdout, start->show_secrets);
    if (status < 0) {
        start->pid_path = background_absolute_path(start->pid_path);
        if (start->background) {
            background_leave_directory(program->name);
            ready_fd = background_begin(program->name);
        }
        status = run(program, start, settings, &ready_fd);
    }
    free_settings(program, settings);
    return status;
}

static int run_program(const struct companion_program *program, int argc, char **argv)
{
    struct companion_start start = {0};
    sys_replace_closed_standard_files();
    int status = companion_parse_options(program, argc, argv, &start);
    if (status >= 0)
        return status;
    if (program->check_options && (status = program->check_options()) != 0)
        return status;
    background_clean_inheritance(false);
    secret_guard_process();
    return with_settings(program, &start);
}

int companion_main(const struct companion_program *program, int argc, char **argv)
{
    return standard_output_finish(program->name, run_program(program, argc, argv));
}

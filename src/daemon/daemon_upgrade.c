/*
 * An upgrade, as far as this program goes: the next one, as a child, first reads what it would be handed over; then, in a
 * moment when no work is under way, it is executed in this one's place. daemon_take_over.c is the other end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error_hint.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/pidfile.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/timer.h"
#include "config/config.h"
#include "daemon/camera/fleet.h"
#include "daemon/control/control.h"
#include "daemon/daemon_private.h"
#include "daemon/disk/overrides.h"
#include "daemon/disk/persist.h"
#include "daemon/events/events.h"
#include "daemon/grids/grids.h"
#include "daemon/handoff/handoff_fields.h"
#include "daemon/handoff/handoff_record.h"
#include "daemon/history/history.h"
#include "daemon/log/log_pool.h"
#include "daemon/supervise/child.h"
#include "daemon/supervise/launcher.h"
#include "daemon/supervise/program_files.h"
#include "daemon/verbs/requests.h"

#ifndef PATIENCE_S
#define PATIENCE_S 30.0 /* for the check, and for work that is under way */
#endif

enum {
    OUTPUT_BYTES = 4096, /* of the check: the last of it */
    USAGE = 2,           /* its exit status when it does not know what it is asked */
    LAST_WAIT_MS = 100,  /* for a check that is killed, of files perhaps that do not answer */
};

struct upgrade {
    struct daemon *daemon;
    struct control_request *request;
    ev_io exit_watcher;   /* its pidfd; -1: it has ended */
    ev_io output_watcher; /* what it writes; -1: it has closed it */
    char output[OUTPUT_BYTES];
    size_t length;
    bool is_checked;
    ev_prepare moment; /* once it is checked: whether this is one */
    ev_timer patience;
};

/* ---- the record ---- */

static json_t *write_bad_files(const struct config *config)
{
    json_t *list = json_array();
    for (size_t i = 0; i < config->bad_file_count; i++) {
        const struct config_bad_file *bad = &config->bad_files[i];
        json_t *cameras = json_array();
        for (size_t k = 0; k < bad->camera_count; k++)
            json_array_append_new(cameras, json_string(bad->cameras[k]));
        json_array_append_new(list, json_pack("{s:s, s:o}", "name", bad->name, "cameras", cameras));
    }
    return list;
}

static json_t *write_limits(void)
{
    struct limit limits[LIMITS_MAX];
    const size_t count = limits_at_start(limits);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list,
                              json_pack("[i, I, I]", limits[i].resource, (json_int_t)limits[i].value.rlim_cur,
                                        (json_int_t)limits[i].value.rlim_max));
    return list;
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string_lossy(text) : json_null();
}

/* What is the daemon's own. */
static void write_daemon(const struct daemon *daemon, json_t *record)
{
    const struct services *services = &daemon->services;
    const struct config *config = services->config;
    json_object_set_new(record, "camd", json_string(CAMD_VERSION));
    json_object_set_new(record, "program", text_or_null(daemon->program->path));
    json_object_set_new(record, "background", json_boolean(daemon->program->background));
    json_object_set_new(record, "config_path", text_or_null(services->config_path));
    json_object_set_new(record, "config_file", text_or_null(config->file));
    json_object_set_new(record, "config_empty", json_boolean(config->is_empty));
    json_object_set_new(record, "defaults_written", text_or_null(config->defaults.written));
    json_object_set_new(record, "cameras_dir", text_or_null(config->cameras_dir));
    json_object_set_new(record, "bad_files", write_bad_files(config));
    json_object_set_new(record, "limits", write_limits());
    json_object_set_new(record, "started_ms", json_integer(services->started_ms));
    json_object_set_new(record, "generation", json_integer((json_int_t)services->generation));
    json_object_set_new(record, "lock", handoff_write_fd(daemon->lock_fd));
    json_object_set_new(record, "again_lock", handoff_write_fd(daemon->again_lock_fd));
    json_object_set_new(record, "state_lock", handoff_write_fd(daemon->state_lock_fd));
    json_object_set_new(record, "parent", handoff_write_fd(daemon->parent_fd));
    json_object_set_new(record, "pidfile",
                        handoff_write_fd(daemon->pidfile ? pidfile_fd(daemon->pidfile) : -1));
    json_object_set_new(record, "pidfile_path",
                        text_or_null(daemon->pidfile ? pidfile_path(daemon->pidfile) : NULL));
}

/* All of it; NULL: memory is short. */
static json_t *make_record(const struct daemon *daemon, int config_fd)
{
    const struct services *services = &daemon->services;
    json_t *record = json_object();
    write_daemon(daemon, record);
    json_object_set_new(record, "config", handoff_write_fd(config_fd));
    json_object_set_new(record, "control", control_hand_over(daemon->control));
    json_object_set_new(record, "overrides", overrides_hand_over(services->overrides));
    json_object_set_new(record, "grids", grids_hand_over(services->grids));
    json_object_set_new(record, "fleet", fleet_hand_over(daemon->fleet));
    json_object_set_new(record, "events", events_hand_over(services->events));
    json_object_set_new(record, "history", history_hand_over(services->history));
    json_object_set_new(record, "programs", program_files_hand_over(services->launcher->files));
    json_object_set_new(record, "log", log_pool_hand_over(services->log_pool));
    return record;
}

/* The configuration as it runs, in a file of its own: it may have passwords, and text that is no JSON. */
static int write_config(const struct daemon *daemon)
{
    size_t size = 0;
    char *text = fleet_config_text(daemon->fleet, &size);
    const int fd = text ? handoff_file(text, size) : -ENOMEM;
    if (text)
        explicit_bzero(text, size);
    free(text);
    return fd;
}

/* What the next program gets: the record, and the configuration beside it, as files. Descriptors are -1 when absent. */
struct papers {
    json_t *record;
    int record_fd, config_fd;
};

/* ---- the end ---- */

static void upgrade_free(struct upgrade *upgrade)
{
    struct ev_loop *loop = upgrade->daemon->services.loop;
    ev_timer_stop(loop, &upgrade->patience);
    ev_prepare_stop(loop, &upgrade->moment);
    ev_io_stop(loop, &upgrade->output_watcher);
    ev_io_stop(loop, &upgrade->exit_watcher);
    if (upgrade->exit_watcher.fd >= 0)
        sys_end_child(upgrade->exit_watcher.fd, LAST_WAIT_MS);
    sys_close(&upgrade->output_watcher.fd);
    sys_close(&upgrade->exit_watcher.fd);
    upgrade->daemon->upgrade = NULL;
    history_resume(upgrade->daemon->services.history);
    free(upgrade);
}

__attribute__((format(printf, 3, 4))) static void fail(struct upgrade *upgrade, const char *hint,
                                                       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = text_format_arguments(format, arguments);
    va_end(arguments);
    log_error(NULL, "not upgraded, camd goes on as it is: %s; %s", text ? text : "memory is short", hint);
    control_reply_error(upgrade->request, CONTROL_FAILED, hint, "not upgraded, camd goes on as it is: %s",
                        text ? text : "memory is short");
    free(text);
    upgrade_free(upgrade);
}

static void fail_to_execute(struct upgrade *upgrade, int error)
{
    const char *hint = error_hint_shortage(error);
    fail(upgrade, hint ? hint : "is camd installed as a whole?", "%s cannot be executed: %s",
         upgrade->daemon->program->path, strerror(-error));
}

void daemon_end_upgrade(struct daemon *daemon)
{
    if (daemon->upgrade)
        fail(daemon->upgrade, "ask again when it runs", "camd is being stopped");
}

/* ---- the papers ---- */

/* What goes with the process besides what a record always has: the way back, and who waits for the answer. */
static int open_way_back(const struct upgrade *upgrade, json_t *record)
{
    int old = sys_open("/proc/self/exe", O_RDONLY, 0), why = sys_memfd("camd-upgrade");
    if (old < 0 || why < 0) {
        const int error = old < 0 ? old : why;
        sys_close(&old);
        sys_close(&why);
        return error;
    }
    json_object_set_new(record, "old", handoff_write_fd(old));
    json_object_set_new(record, "why", handoff_write_fd(why));
    json_object_set_new(record, "request", control_request_hand_over(upgrade->request));
    return 0;
}

/* for_good: to go on with, and not only to be looked at. 0 or -errno; to be put away in any case. */
static int draw_up(const struct upgrade *upgrade, bool for_good, struct papers *papers)
{
    *papers = (struct papers){.record_fd = -1, .config_fd = write_config(upgrade->daemon)};
    if (papers->config_fd < 0)
        return papers->config_fd;
    papers->record = make_record(upgrade->daemon, papers->config_fd);
    int error = papers->record ? 0 : -ENOMEM;
    if (error == 0 && for_good)
        error = open_way_back(upgrade, papers->record);
    if (error == 0)
        papers->record_fd = error = handoff_record_write(papers->record);
    return error < 0 ? error : 0;
}

static void put_away(struct papers *papers)
{
    int old = handoff_read_fd(json_object_get(papers->record, "old")),
        why = handoff_read_fd(json_object_get(papers->record, "why"));
    sys_close(&old);
    sys_close(&why);
    sys_close(&papers->record_fd);
    sys_close(&papers->config_fd);
    json_decref(papers->record);
}

/* ---- executing it ---- */

/* Comes back only when it can't be executed: -errno. */
static int execute(const struct daemon_program *program, const struct papers *papers)
{
    snprintf(program->number, DAEMON_NUMBER_BYTES, "%d", papers->record_fd);
    fcntl(papers->record_fd, F_SETFD, 0);
    handoff_record_inherit(papers->record, true);
    execve(program->path, program->argv, environ);
    const int error = -errno;
    handoff_record_inherit(papers->record, false);
    return error;
}

static void go(struct upgrade *upgrade)
{
    struct daemon *daemon = upgrade->daemon;
    struct papers papers;
    int error = draw_up(upgrade, true, &papers);
    requests_answer_all(daemon->requests, "camd is being upgraded"); /* who waits for stored events */
    control_flush(daemon->control);
    if (error == 0)
        error = execute(daemon->program, &papers);
    put_away(&papers);
    fail_to_execute(upgrade, error);
}

/* ---- the right moment ---- */

/* What would get lost, NULL: nothing; and which helper is at it, NULL: none. */
static const char *busy_with(const struct daemon *daemon, const struct child **helper)
{
    const struct services *services = &daemon->services;
    *helper = NULL;
    const char *busy = requests_are_busy_with(daemon->requests);
    if (busy)
        return busy;
    if (!persist_is_idle(services->persist)) {
        *helper = persist_helper(services->persist);
        return "files are being written";
    }
    if (!grids_is_idle(services->grids)) {
        *helper = grids_helper(services->grids);
        return "region grids are being read or written";
    }
    if (!history_is_idle(services->history)) {
        *helper = history_helper(services->history);
        return "events are being read or written";
    }
    return fleet_is_busy_with(daemon->fleet);
}

static void look(struct ev_loop *loop, ev_prepare *watcher, int events)
{
    struct upgrade *upgrade = watcher->data;
    const struct child *helper;
    (void)loop;
    (void)events;
    if (!busy_with(upgrade->daemon, &helper))
        go(upgrade);
}

/* Which process it is that does not come to its end, and what can be done about it. */
static void fail_for_helper(struct upgrade *upgrade, const char *busy, const struct child *helper)
{
    const char *slash = strrchr(helper->path, '/'), *name = slash ? slash + 1 : helper->path;
    char *hint =
        child_is_stopped(helper)
            ? text_format("let it go on with kill -CONT %d, and upgrade again", (int)helper->pid)
            : text_format(
                  "look whether the disk of state_dir and cameras_dir answers, or end it with kill -KILL %d, and upgrade again",
                  (int)helper->pid);
    char patience[TEXT_DURATION_BYTES];
    fail(upgrade, hint ? hint : "try again later", "%s for %s by %s, process %d%s", busy,
         text_duration(PATIENCE_S, patience), name, (int)helper->pid,
         child_is_stopped(helper) ? ", which a signal has stopped" : "");
    free(hint);
}

/* Those who wait for a camera for so long are told to ask again. */
static void patience_is_over(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct upgrade *upgrade = timer->data;
    const struct daemon *daemon = upgrade->daemon;
    char patience[TEXT_DURATION_BYTES];
    (void)loop;
    (void)events;
    if (upgrade->is_checked)
        requests_answer_all(daemon->requests, "camd is being upgraded");
    const struct child *helper;
    const char *busy = busy_with(daemon, &helper);
    if (upgrade->is_checked && !busy)
        go(upgrade);
    else if (upgrade->is_checked && helper)
        fail_for_helper(upgrade, busy, helper);
    else
        fail(upgrade, "try again later", "%s for %s",
             upgrade->is_checked ? busy : "the new program has been checking what it would take over",
             text_duration(PATIENCE_S, patience));
}

/* ---- the check ---- */

static const char *without_priority(const char *line)
{
    return line[0] == '<' && line[1] >= '0' && line[1] <= '7' && line[2] == '>' ? line + 3 : line;
}

/* The last line that the new program wrote. */
static const char *last_words(struct upgrade *upgrade)
{
    char *text = upgrade->output;
    while (upgrade->length > 0 && text[upgrade->length - 1] == '\n')
        upgrade->length--;
    text[upgrade->length] = '\0';
    return without_priority(strrchr(text, '\n') ? strrchr(text, '\n') + 1 : text);
}

/* The last line sums up what those before say: the key that the new program does not know, for instance. */
static void log_words(const struct upgrade *upgrade)
{
    const char *text = upgrade->output, *end = text + upgrade->length, *newline;
    for (; (newline = memchr(text, '\n', (size_t)(end - text))) != NULL; text = newline + 1) {
        const char *line = without_priority(text);
        log_info(NULL, "the new program says: %.*s", (int)(newline - line), line);
    }
}

/* Of much the last is kept. */
static void read_output(struct upgrade *upgrade)
{
    enum { HALF = OUTPUT_BYTES / 2 };
    ssize_t got;
    while ((got = sys_read(upgrade->output_watcher.fd, upgrade->output + upgrade->length,
                           OUTPUT_BYTES - 1 - upgrade->length)) > 0) {
        upgrade->length += (size_t)got;
        if (upgrade->length <= HALF)
            continue;
        memmove(upgrade->output, upgrade->output + upgrade->length - HALF, HALF);
        upgrade->length = HALF;
    }
    if (got == 0) {
        ev_io_stop(upgrade->daemon->services.loop, &upgrade->output_watcher);
        sys_close(&upgrade->output_watcher.fd);
    }
}

static void output_came(struct ev_loop *loop, ev_io *watcher, int events)
{
    (void)loop;
    (void)events;
    read_output(watcher->data);
}

static bool has_accepted(const struct upgrade *upgrade)
{
    static const char accepted[] = HANDOFF_ACCEPTED "\n";
    const size_t length = sizeof(accepted) - 1;
    return upgrade->length >= length &&
           memcmp(upgrade->output + upgrade->length - length, accepted, length) == 0;
}

static void fail_check(struct upgrade *upgrade, const siginfo_t *info)
{
    const char *path = upgrade->daemon->program->path;
    log_words(upgrade);
    const char *words = last_words(upgrade);
    if (info->si_code != CLD_EXITED)
        fail(upgrade, "install a program that works and upgrade again",
             "the new program %s was killed by signal %d (%s)", path, info->si_status,
             strsignal(info->si_status));
    else if (info->si_status == 0)
        fail(
            upgrade,
            "install camd and upgrade again; to go back to an older one, stop camd and start it again with that",
            "the new program %s does not say that it can take over: is it camd?", path);
    else if (info->si_status == USAGE)
        fail(upgrade, "stop camd, and start it again with that program",
             "the new program %s is so old that it knows nothing of upgrades", path);
    else
        fail(upgrade, "mend that and upgrade again", "the new program %s cannot take over: %s", path,
             words[0] ? words : "it does not say why");
}

static void checker_ended(struct ev_loop *loop, ev_io *watcher, int events)
{
    struct upgrade *upgrade = watcher->data;
    siginfo_t info = {0};
    (void)events;
    if (waitid(P_PIDFD, (id_t)watcher->fd, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0)
        return;
    ev_io_stop(loop, watcher);
    sys_close(&watcher->fd);
    if (upgrade->output_watcher.fd >= 0)
        read_output(upgrade);
    if (info.si_code != CLD_EXITED || info.si_status != 0 || !has_accepted(upgrade)) {
        fail_check(upgrade, &info);
        return;
    }
    upgrade->is_checked = true;
    history_finish(upgrade->daemon->services.history); /* the next program has a helper of its own */
    ev_prepare_start(loop, &upgrade->moment);
}

/* The record is its 0, the configuration its 3. 0 or -errno. */
static int start_check(struct upgrade *upgrade, const struct papers *papers)
{
    char name[] = "camd", check[] = "--check-handoff";
    char *const argv[] = {name, check, NULL};
    int output[2], pidfd = -1;
    pid_t checker;
    int error = sys_pipe(output, 0);
    if (error < 0)
        return error;
    const struct sys_spawn spawn = {.path = upgrade->daemon->program->path,
                                    .argv = argv,
                                    .environment = environ,
                                    .fds =
                                        (int[]){papers->record_fd, output[1], output[1], papers->config_fd},
                                    .fd_count = 4};
    error = fcntl(output[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : sys_spawn_watched(&spawn, &checker, &pidfd);
    sys_close(&output[1]);
    if (error < 0) {
        sys_close(&output[0]);
        return error;
    }
    ev_io_set(&upgrade->output_watcher, output[0], EV_READ);
    ev_io_set(&upgrade->exit_watcher, pidfd, EV_READ);
    ev_io_start(upgrade->daemon->services.loop, &upgrade->output_watcher);
    ev_io_start(upgrade->daemon->services.loop, &upgrade->exit_watcher);
    return 0;
}

static int check(struct upgrade *upgrade)
{
    struct papers papers;
    int error = draw_up(upgrade, false, &papers);
    if (error == 0)
        error = start_check(upgrade, &papers);
    put_away(&papers);
    return error;
}

/* ---- the beginning ---- */

static struct upgrade *upgrade_new(struct daemon *daemon, struct control_request *request)
{
    struct upgrade *upgrade = calloc(1, sizeof(*upgrade));
    if (!upgrade)
        return NULL;
    upgrade->daemon = daemon;
    upgrade->request = request;
    ev_io_init(&upgrade->exit_watcher, checker_ended, -1, EV_READ);
    ev_io_init(&upgrade->output_watcher, output_came, -1, EV_READ);
    ev_prepare_init(&upgrade->moment, look);
    ev_init(&upgrade->patience, patience_is_over);
    upgrade->exit_watcher.data = upgrade->output_watcher.data = upgrade;
    upgrade->moment.data = upgrade->patience.data = upgrade;
    timer_start_s(daemon->services.loop, &upgrade->patience, PATIENCE_S);
    daemon->upgrade = upgrade;
    return upgrade;
}

void daemon_upgrade(struct daemon *daemon, struct control_request *request)
{
    if (daemon->upgrade || !daemon->program) {
        control_reply_error(request, CONTROL_REFUSED, "wait until it is over",
                            "camd is being upgraded already");
        return;
    }
    struct upgrade *upgrade = upgrade_new(daemon, request);
    if (!upgrade) {
        control_reply_error(request, CONTROL_FAILED, NULL, "memory is short");
        return;
    }
    log_notice(NULL, "upgrading: %s is asked whether it can take over", daemon->program->path);
    const int error = check(upgrade);
    if (error < 0)
        fail_to_execute(upgrade, error);
}

void daemon_set_program(struct daemon *daemon, const struct daemon_program *program)
{
    daemon->program = program;
}

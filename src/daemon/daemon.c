#include "daemon/daemon.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "daemon/verbs/pending.h"
#include "daemon/verbs/requests.h"

enum { CAMERAS_FIRST = 16 };
#define STOP_LOOK_S 0.01

/* New at every start, and small enough for readers of JSON that know only doubles. */
static uint64_t wall_ms(void)
{
    return (uint64_t)(clock_wall_ns() / CLOCK_NS_PER_MS);
}

char *daemon_program(const char *name)
{
    const char *directory = getenv("CAMD_LIBEXECDIR");
    return text_format("%s/%s", directory ? directory : CAMD_LIBEXECDIR, name);
}

/* ---- cameras ---- */

struct camera *daemon_camera(const struct daemon *daemon, const char *name)
{
    for (size_t i = 0; i < daemon->camera_count; i++) {
        if (!daemon->cameras[i]->removed && strcmp(daemon->cameras[i]->config.name, name) == 0)
            return daemon->cameras[i];
    }
    return NULL;
}

bool daemon_camera_is_leaving(const struct daemon *daemon, const char *name)
{
    for (size_t i = 0; i < daemon->camera_count; i++) {
        if (daemon->cameras[i]->removed && strcmp(daemon->cameras[i]->config.name, name) == 0)
            return true;
    }
    return false;
}

int daemon_camera_add(struct daemon *daemon, const struct config_camera *config, struct camera **result)
{
    if (daemon->camera_count == daemon->camera_room) {
        size_t room = daemon->camera_room ? 2 * daemon->camera_room : CAMERAS_FIRST;
        struct camera **cameras = reallocarray(daemon->cameras, room, sizeof(*cameras));
        if (!cameras)
            return -ENOMEM;
        daemon->cameras = cameras;
        daemon->camera_room = room;
    }
    /* its names are in use until its workers are gone */
    if (daemon_camera_is_leaving(daemon, config->name))
        return -EBUSY;
    struct camera *camera;
    int error = camera_new(&camera, daemon, config);
    if (error < 0)
        return error;
    camera->enabled = overrides_enabled(daemon->overrides, config->name, config->enabled);
    daemon->cameras[daemon->camera_count++] = camera;
    daemon_emit(daemon, "camera_added", config->name, NULL);
    if (result)
        *result = camera;
    return 0;
}

void daemon_camera_remove(struct daemon *daemon, struct camera *camera)
{
    camera_stop(camera);
    camera->removed = true;
    daemon_emit(daemon, "camera_removed", camera->config.name, NULL);
    daemon_camera_changed(daemon, camera);
}

bool daemon_camera_come_back(struct daemon *daemon, const char *name)
{
    for (size_t i = 0; i < daemon->camera_count; i++) {
        struct camera *camera = daemon->cameras[i];
        if (camera->removed && camera->file_jobs == 0 && strcmp(camera->config.name, name) == 0) {
            camera->comes_back = true;
            return true;
        }
    }
    return false;
}

/* Of a camera that was taken out of the configuration and put in again before it had left. */
static void come_back(struct daemon *daemon, const char *name)
{
    const struct config_camera *config = config_camera_find(daemon->config, name);
    struct camera *camera;
    /* by now it may be out again */
    if (!config || daemon->stopping)
        return;
    int error = daemon_camera_add(daemon, config, &camera);
    if (error < 0)
        log_error(name, "could not be added: %s: camctl reload tries again", strerror(-error));
    else if (config->autostart)
        camera_start(camera);
}

/* Frees a removed camera that is down; name is empty unless it comes back. False when there is none. */
static bool free_one(struct daemon *daemon, char name[CAMD_NAME_MAX + 1])
{
    for (size_t i = 0; i < daemon->camera_count; i++) {
        struct camera *camera = daemon->cameras[i];
        if (!camera->removed || !camera_is_over(camera) || camera->file_jobs > 0)
            continue;
        name[0] = '\0';
        if (camera->comes_back)
            memcpy(name, camera->config.name, CAMD_NAME_MAX + 1);
        daemon->camera_count--;
        memmove(&daemon->cameras[i], &daemon->cameras[i + 1],
                (daemon->camera_count - i) * sizeof(daemon->cameras[0]));
        camera_free(camera);
        return true;
    }
    return false;
}

/* Removed cameras are freed from here only, when nobody is in the middle of something with one. */
static void reap(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct daemon *daemon = timer->data;
    char name[CAMD_NAME_MAX + 1];
    (void)events;
    while (free_one(daemon, name)) {
        control_wake(daemon->control); /* those who follow its log have seen the end of it */
        if (name[0] != '\0')
            come_back(daemon, name);
    }
    detectors_update(daemon);
    pending_look(daemon);

    if (!daemon->stopping)
        return;
    for (size_t i = 0; i < daemon->camera_count; i++) {
        if (!camera_is_over(daemon->cameras[i]))
            return;
    }
    /* the detectors last: trackers that drain may still ask them */
    if (!detectors_stop(daemon))
        return;
    if (ev_is_active(timer))
        return; /* what has just been looked at wants another look first */
    grids_finish(daemon->grids);
    if (persist_busy(daemon->persist) || grids_busy(daemon->grids)) {
        /* bounded by their own deadlines, and by ours */
        ev_timer_set(timer, STOP_LOOK_S, 0.0);
        ev_timer_start(loop, timer);
        return;
    }
    ev_break(daemon->loop, EVBREAK_ALL);
}

void daemon_look_soon(struct daemon *daemon)
{
    if (ev_is_active(&daemon->reap_timer))
        return;
    ev_timer_set(&daemon->reap_timer, 0.0, 0.0);
    ev_timer_start(daemon->loop, &daemon->reap_timer);
}

void daemon_camera_changed(struct daemon *daemon, struct camera *camera)
{
    (void)camera;
    daemon_look_soon(daemon);
}

void daemon_room_freed(struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->camera_count && !daemon->stopping; i++) {
        const struct automaton *capture = &daemon->cameras[i]->workers[WORKER_CAPTURE].automaton;
        if (capture->state == AUTOMATON_BACKOFF && capture->reason == AUTOMATON_REASON_SEGMENTS)
            camera_kick(daemon->cameras[i]);
    }
}

void daemon_budget(const struct daemon *daemon, uint32_t extra_width, uint32_t extra_height,
                   struct budget *budget)
{
    uint64_t total = 0, free_bytes = 0;
    struct budget_sum cameras = {0};
    shm_store_space(&total, &free_bytes);
    for (size_t i = 0; i < daemon->camera_count; i++) {
        const struct camera *camera = daemon->cameras[i];
        struct budget_size size;
        if (camera->removed || !camera->enabled)
            continue;
        camera_size(camera, &size.width, &size.height);
        budget_add(&cameras, size);
    }
    if (extra_width > 0)
        budget_add(&cameras, (struct budget_size){extra_width, extra_height});
    budget_compute(budget, total, daemon->config->shm_reserve_mb, (uint32_t)daemon->config->slots_max,
                   &cameras);
}

void daemon_emit(struct daemon *daemon, const char *event, const char *camera, json_t *fields)
{
    events_emit(daemon->events, event, camera, fields, clock_wall_ns());
}

static void segments_vanished(void *context, const char *name)
{
    struct daemon *daemon = context;
    for (size_t i = 0; i < daemon->camera_count && !daemon->stopping; i++) {
        struct camera *camera = daemon->cameras[i];
        if (!camera->removed && strcmp(camera->config.name, name) == 0)
            camera_check_segments(camera);
    }
}

static void events_came(void *context)
{
    struct daemon *daemon = context;
    if (daemon->control)
        control_wake(daemon->control);
}

static void line_came(void *context)
{
    const struct daemon *daemon = context;
    control_wake(daemon->control);
}

/* ---- signals ---- */

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
    struct config_problems *problems = calloc(1, sizeof(*problems));
    json_t *report = NULL;
    if (!problems)
        return;
    notify_reloading(&daemon->notify);
    daemon_reload(daemon, problems, &report); /* says in the log how it went */
    json_decref(report);
    config_problems_clear(problems);
    free(problems);
    notify_ready(&daemon->notify);
}

static void reopen_on_signal(struct daemon *daemon)
{
    int error = log_reopen();
    (void)daemon;
    if (error < 0)
        log_error(NULL, "cannot reopen the log, going on with the old one: %s", strerror(-error));
    else
        log_info(NULL, "log reopened");
}

static const struct {
    int number;
    void (*handle)(struct daemon *daemon);
} signals[] = {{SIGTERM, stop_on_signal},
               {SIGINT, stop_on_signal},
               {SIGHUP, reload_on_signal},
               {SIGUSR1, reopen_on_signal}};
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

static void signal_came(struct ev_loop *loop, ev_io *watcher, int events)
{
    struct signalfd_siginfo info;
    (void)loop;
    (void)events;
    while (sys_read(watcher->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        for (int i = 0; i < SIGNALS; i++) {
            if (info.ssi_signo == (uint32_t)signals[i].number)
                signals[i].handle(watcher->data);
        }
    }
}

static int watch_signals(struct daemon *daemon)
{
    sigset_t mask;
    sigemptyset(&mask);
    for (int i = 0; i < SIGNALS; i++)
        sigaddset(&mask, signals[i].number);
    daemon->signal_fd = sys_signalfd(&mask, SFD_NONBLOCK);
    if (daemon->signal_fd < 0) {
        log_error(NULL, "cannot watch signals: %s", strerror(-daemon->signal_fd));
        return daemon->signal_fd;
    }
    sigprocmask(SIG_BLOCK, &mask, NULL);
    ev_io_init(&daemon->signal_watcher, signal_came, daemon->signal_fd, EV_READ);
    ev_set_priority(&daemon->signal_watcher, EV_MAXPRI);
    daemon->signal_watcher.data = daemon;
    ev_io_start(daemon->loop, &daemon->signal_watcher);
    return 0;
}

static void unwatch_signals(struct daemon *daemon)
{
    if (daemon->signal_fd < 0)
        return;
    ev_io_stop(daemon->loop, &daemon->signal_watcher);
    sys_close(&daemon->signal_fd);
}

/* ---- start ---- */

static int find_group(const char *name, gid_t *gid)
{
    *gid = (gid_t)-1;
    if (!name || name[0] == '\0')
        return 0;
    errno = 0;
    const struct group *group = getgrnam(name);
    if (!group) {
        log_error(
            NULL,
            "group = %s: there is no such group: create it with addgroup --system %s, or change the key",
            name, name);
        return -ENOENT;
    }
    *gid = group->gr_gid;
    return 0;
}

static int make_directory(const char *path, mode_t mode)
{
    int error = sys_mkdir(path, mode);
    if (error == 0 || error == -EEXIST)
        return 0;
    log_error(NULL, "cannot create the directory %s: %s", path, strerror(-error));
    return error;
}

static int take_prefix(struct daemon *daemon)
{
    const char *prefix = daemon->config->shm_prefix;
    int error = shm_store_lock(prefix, &daemon->lock_fd);
    if (error == -EWOULDBLOCK)
        log_error(
            NULL,
            "another camd uses the shared-memory prefix %s: stop it, or give this one a shm_prefix of its own",
            prefix);
    else if (error < 0)
        log_error(NULL, "cannot lock /dev/shm/%slock: %s", prefix, strerror(-error));
    return error;
}

static int listen_on_socket(struct daemon *daemon)
{
    char *path = text_format("%s/camd.sock", daemon->config->run_dir);
    /* says itself what is wrong */
    int error = path
                    ? control_new(&daemon->control, daemon->loop, path, daemon->group, request_handle, daemon)
                    : -ENOMEM;
    free(path);
    return error;
}

static int open_loop(struct daemon *daemon)
{
    /* ev_default_loop would reap every child, ours included, before their pidfds are read */
    daemon->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV | EVFLAG_NOSIGMASK);
    if (!daemon->loop) {
        log_error(NULL, "cannot make an epoll loop: %s", strerror(errno));
        return -ENOSYS;
    }
    ev_timer_init(&daemon->reap_timer, reap, 0.0, 0.0);
    daemon->reap_timer.data = daemon;
    return 0;
}

static int open_parts(struct daemon *daemon)
{
    const struct config *config = daemon->config;
    int error = find_group(config->group, &daemon->group);
    if (error == 0)
        error = make_directory(config->run_dir, 0755);
    /* cameras run without: what cannot be kept is told when it is to be written */
    if (error == 0)
        make_directory(config->state_dir, 0750);
    if (error == 0)
        error = watch_signals(daemon);
    if (error == 0)
        error = take_prefix(daemon);
    if (error == 0)
        error = events_new(&daemon->events, wall_ms(), events_came, daemon);
    if (error == 0)
        error = log_pool_new(&daemon->log_pool, LOG_POOL_BYTES, line_came, daemon);
    if (error == 0)
        error =
            shm_watch_new(&daemon->shm_watch, daemon->loop, config->shm_prefix, segments_vanished, daemon);
    char *helper = daemon_program("camd-sync");
    if (error == 0)
        error = helper ? persist_new(&daemon->persist, daemon->loop, helper) : -ENOMEM;
    free(helper);
    if (error == 0)
        error = overrides_new(&daemon->overrides, config->state_dir, daemon->persist);
    if (error == 0)
        error = daemon_grids_new(daemon);
    if (error == 0)
        error = listen_on_socket(daemon);
    return error;
}

static int add_cameras(struct daemon *daemon)
{
    int left = shm_store_sweep(daemon->config->shm_prefix);
    if (left > 0)
        log_notice(NULL, "removed %d segments that an earlier camd left in /dev/shm", left);
    for (size_t i = 0; i < daemon->config->camera_count; i++) {
        int error = daemon_camera_add(daemon, &daemon->config->cameras[i], NULL);
        if (error < 0)
            return error;
    }
    return 0;
}

int daemon_new(struct daemon **result, struct config *config, const char *config_path)
{
    struct daemon *daemon = calloc(1, sizeof(*daemon));
    if (!daemon) {
        config_free(config);
        return -ENOMEM;
    }
    daemon->config = config;
    daemon->config_path = config_path;
    daemon->lock_fd = daemon->signal_fd = -1;
    daemon->started_ms = clock_monotonic_ms();
    daemon->generation = wall_ms();
    notify_init(&daemon->notify);
    srand48((long)clock_wall_ns() ^ (long)getpid());
    int error = open_loop(daemon);
    if (error == 0)
        error = open_parts(daemon);
    if (error == 0)
        error = add_cameras(daemon);
    if (error < 0) {
        daemon_free(daemon);
        return error;
    }
    *result = daemon;
    return 0;
}

void daemon_free(struct daemon *daemon)
{
    pending_free_all(daemon);
    control_free(daemon->control);
    daemon->control = NULL;
    for (size_t i = 0; i < daemon->camera_count; i++)
        camera_free(daemon->cameras[i]);
    daemon->camera_count = 0;
    free(daemon->cameras);
    grids_free(daemon->grids);
    detectors_free(daemon);
    overrides_free(daemon->overrides);
    persist_free(daemon->persist);
    shm_watch_free(daemon->shm_watch);
    events_free(daemon->events);
    log_pool_free(daemon->log_pool);
    unwatch_signals(daemon);
    sys_close(&daemon->lock_fd);
    if (daemon->loop)
        ev_loop_destroy(daemon->loop);
    config_free(daemon->config);
    free(daemon);
}

/* ---- run ---- */

static void pet_watchdog(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct daemon *daemon = timer->data;
    (void)loop;
    (void)events;
    notify_watchdog(&daemon->notify);
}

static void give_up(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct daemon *daemon = timer->data;
    (void)events;
    for (size_t i = 0; i < daemon->camera_count; i++) {
        if (!camera_is_down(daemon->cameras[i]))
            log_error(daemon->cameras[i]->config.name, "could not be stopped: leaving its processes behind");
    }
    for (size_t i = 0; i < daemon->detector_count; i++) {
        if (daemon->detectors[i]->worker.automaton.state != AUTOMATON_DOWN)
            log_error(daemon->detectors[i]->config.name, "detector: could not be stopped: leaving it behind");
    }
    daemon->gave_up = true;
    ev_break(loop, EVBREAK_ALL);
}

void daemon_stop(struct daemon *daemon, const char *why)
{
    int64_t longest_ms = 0;
    if (daemon->stopping)
        return;
    daemon->stopping = true;
    log_notice(NULL, "stopping: %s", why);
    notify_stopping(&daemon->notify);
    daemon_emit(daemon, "daemon_stopping", NULL, NULL);
    for (size_t i = 0; i < daemon->camera_count; i++) {
        struct camera *camera = daemon->cameras[i];
        if (camera->config.stop_timeout_ms > longest_ms)
            longest_ms = camera->config.stop_timeout_ms;
        camera_stop(camera);
    }
    if (daemon->detector_count > 0) /* they stop after the cameras */
        longest_ms += daemon->config->defaults.stop_timeout_ms;
    ev_now_update(daemon->loop);
    ev_timer_init(&daemon->stop_timer, give_up, (double)(longest_ms + DAEMON_STOP_EXTRA_MS) / 1000.0, 0.0);
    daemon->stop_timer.data = daemon;
    ev_timer_start(daemon->loop, &daemon->stop_timer);
    daemon_look_soon(daemon);
}

int daemon_run(struct daemon *daemon)
{
    double watchdog_s = notify_watchdog_period_s(&daemon->notify);
    if (watchdog_s > 0.0) {
        ev_timer_init(&daemon->watchdog_timer, pet_watchdog, watchdog_s, watchdog_s);
        daemon->watchdog_timer.data = daemon;
        ev_timer_start(daemon->loop, &daemon->watchdog_timer);
    }
    log_notice(NULL, "camd %s started with %zu cameras", CAMD_VERSION, daemon->camera_count);
    daemon_emit(daemon, "daemon_started", NULL,
                json_pack("{s:s, s:i}", "version", CAMD_VERSION, "pid", (int)getpid()));
    notify_ready(&daemon->notify);
    for (size_t i = 0; i < daemon->camera_count; i++) {
        if (daemon->cameras[i]->config.autostart)
            camera_start(daemon->cameras[i]);
    }
    ev_run(daemon->loop, 0);
    ev_timer_stop(daemon->loop, &daemon->watchdog_timer);
    ev_timer_stop(daemon->loop, &daemon->stop_timer);
    ev_timer_stop(daemon->loop, &daemon->reap_timer);
    log_notice(NULL, "stopped");
    return daemon->gave_up ? -ETIME : 0;
}

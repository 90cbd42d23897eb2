#include "daemon/daemon_private.h"

#include <errno.h>
#include <ev.h>
#include <grp.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error_hint.h"
#include "base/libexec.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/pidfile.h"
#include "base/sys.h"
#include "base/text.h"
#include "config/config.h"
#include "daemon/camera/fleet.h"
#include "daemon/camera/reload.h"
#include "daemon/camera/services.h"
#include "daemon/control/control.h"
#include "daemon/disk/overrides.h"
#include "daemon/disk/persist.h"
#include "daemon/events/events.h"
#include "daemon/grids/grids.h"
#include "daemon/history/history.h"
#include "daemon/host/file_watch.h"
#include "daemon/host/name_watch.h"
#include "daemon/host/respawn.h"
#include "daemon/log/log_pool.h"
#include "daemon/segments/shm_instance.h"
#include "daemon/segments/shm_work.h"
#include "daemon/supervise/launcher.h"
#include "daemon/verbs/requests.h"

/*
 * Microseconds: new at every start, also on machines whose clock begins at the same time again and again, and small
 * enough for readers of JSON that know only doubles.
 */
static uint64_t new_epoch(void)
{
    return (uint64_t)(clock_wall_ns() / 1000);
}

static uint64_t new_generation(void)
{
    return (uint64_t)(clock_wall_ns() / CLOCK_NS_PER_MS);
}

/* ---- what the rooms tell ---- */

static void camera_left(void *context)
{
    const struct daemon *daemon = context;
    control_wake(daemon->control); /* those who follow its log have seen the end of it */
}

/* owner: a camera, the grids, or the watch over our names; NULL: any of them. */
static void file_touched(void *context, void *owner)
{
    const struct daemon *daemon = context;
    if (!owner || owner == daemon->name_watch)
        name_watch_touched(daemon->name_watch);
    if (!owner || owner == daemon->services.grids)
        grids_touched(daemon->services.grids);
    if (owner != daemon->name_watch && owner != daemon->services.grids)
        fleet_check_segments(daemon->fleet, owner);
}

static void events_came(void *context)
{
    const struct daemon *daemon = context;
    if (daemon->services.history) /* not while the daemon is being made */
        history_note(daemon->services.history);
    control_wake(daemon->control);
}

static void line_came(void *context)
{
    const struct daemon *daemon = context;
    control_wake(daemon->control);
}

/* ---- reload ---- */

int daemon_reload(void *context, struct config_problems *problems, json_t **report)
{
    struct daemon *daemon = context;
    daemon_restore_names(daemon);
    notify_reloading(&daemon->notify);
    int error = reload_configuration(&daemon->services, daemon->fleet, problems, report);
    if (error == 0)
        requests_look_up_allowed(daemon->requests);
    notify_ready(&daemon->notify);
    return error;
}

/* ---- names that somebody may remove ---- */

static int make_directory(const char *path, mode_t mode)
{
    int error = sys_mkdir(path, mode);
    if (error == 0 || error == -EEXIST)
        return 0;
    char words[ERROR_WORDS_BYTES];
    log_error(NULL, "cannot create the directory %s: %s", path, error_words_of_path(error, path, words));
    return error;
}

/* How many of the socket, the pid file and the prefix's lock are there, as they should be. */
static int count_names(const struct daemon *daemon)
{
    return control_is_there(daemon->control) + (daemon->pidfile && pidfile_is_there(daemon->pidfile)) +
           daemon_lock_is_named(daemon);
}

/* The same after they were made again where they are not. */
static int restore_names(struct daemon *daemon)
{
    int count = 0;
    if (make_directory(daemon->services.config->run_dir, 0755) == 0) {
        count += control_restore(daemon->control) == 0;
        count += daemon->pidfile && pidfile_restore(daemon->pidfile) == 0;
    }
    daemon_keep_state(daemon);
    daemon_keep_prefix(daemon);
    return count + !daemon->services.prefix_problem;
}

void daemon_restore_names(void *context)
{
    struct daemon *daemon = context;
    const int restored = restore_names(daemon);
    char lock_path[SHM_PATH_BYTES];
    shm_instance_lock_path(daemon->services.config->shm_prefix, lock_path);
    const char *const paths[] = {control_path(daemon->control),
                                 daemon->pidfile ? pidfile_path(daemon->pidfile) : NULL};
    name_watch_set(daemon->name_watch, paths, daemon->pidfile ? 2 : 1, daemon->services.config->state_dir,
                   daemon->services.prefix_problem ? NULL : lock_path);
    /* removed before they were watched: nobody would tell */
    if (count_names(daemon) < restored)
        name_watch_touched(daemon->name_watch);
}

static void restore_again(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    daemon_restore_names(timer->data);
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

/* Only root can give workers another user; the default one comes with the package, and may not be there. */
static int find_worker_user(struct services *services)
{
    const struct config *config = services->config;
    const char *const paths[] = {config->file, config->run_dir, config->state_dir, config->cameras_dir};
    char problem[ACCOUNT_TEXT_BYTES];
    if (geteuid() != 0 || !config->worker_user || strcmp(config->sandbox, "no") == 0)
        return 0;
    int error = account_find(&services->worker, config->worker_user, services->group, paths,
                             sizeof(paths) / sizeof(paths[0]), problem);
    if (error == -ENOENT && config_may_lack_worker_user(config)) {
        log_warning(NULL, "%s: until then workers run as root", problem);
        return 0;
    }
    if (error < 0)
        log_error(NULL, "%s", problem);
    return error;
}

static int open_loop(struct services *services)
{
    /* ev_default_loop would reap every child, ours included, before their pidfds are read */
    services->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV | EVFLAG_NOSIGMASK);
    if (services->loop)
        return 0;
    char words[ERROR_WORDS_BYTES];
    log_error(NULL, "cannot make an epoll loop: %s", error_words(errno, words));
    return -ENOSYS;
}

/* What is needed before there can be services: the loop, directories, signals. */
static int open_host(struct daemon *daemon)
{
    const struct config *config = daemon->services.config;
    int error = open_loop(&daemon->services);
    if (error == 0)
        error = find_group(config->group, &daemon->services.group);
    if (error == 0)
        error = find_worker_user(&daemon->services);
    if (error == 0)
        error = make_directory(config->run_dir, 0755);
    /* cameras run without: what cannot be kept is told when it is to be written */
    if (error == 0)
        make_directory(config->state_dir, 0750);
    if (error == 0)
        error = daemon_watch_signals(daemon);
    return error;
}

/* NULL: memory is short. */
static json_t *describe_sandbox(const char *mode, const struct account *account)
{
    json_t *devices = json_array();
    for (size_t i = 0; i < account->device_group_count; i++)
        json_array_append_new(devices, json_integer((json_int_t)account->device_groups[i]));
    return json_pack("{s:s, s:o, s:o, s:o, s:b}", "mode", mode, "user",
                     account->is_there ? json_integer((json_int_t)account->user) : json_null(), "group",
                     account->is_there ? json_integer((json_int_t)account->group) : json_null(), "devices",
                     devices, "connects", true);
}

static int open_launcher(struct services *services)
{
    char *program = libexec_program("camd-exec");
    int error = program ? launcher_new(&services->launcher, services->loop, program,
                                       services->config->pass_environment)
                        : -ENOMEM;
    free(program);
    if (error < 0)
        return error;
    services->launcher->sandbox = describe_sandbox(services->config->sandbox, &services->worker);
    return services->launcher->sandbox ? 0 : -ENOMEM;
}

static int open_disk(struct services *services)
{
    char *helper = libexec_program("camd-sync");
    int error = helper ? persist_new(&services->persist, services->launcher, helper) : -ENOMEM;
    free(helper);
    return error == 0 ? overrides_new(&services->overrides, services->config->state_dir, services->persist)
                      : error;
}

static int open_grids(struct daemon *daemon)
{
    struct services *services = &daemon->services;
    const struct grids_owner owner = fleet_grids_owner(daemon->fleet);
    char *helper = libexec_program("camd-grid");
    int error =
        helper ? grids_new(&services->grids, services->launcher, services->config->state_dir, helper, &owner)
               : -ENOMEM;
    free(helper);
    if (error == 0)
        grids_watch(services->grids, services->file_watch);
    return error;
}

static int open_history(struct services *services)
{
    const struct history_bounds bounds = services_history_bounds(services->config);
    char *helper = libexec_program("camd-events");
    int error = helper ? history_new(&services->history, services->launcher, services->events,
                                     services->config->state_dir, helper, &bounds)
                       : -ENOMEM;
    free(helper);
    return error;
}

static int open_services(struct daemon *daemon)
{
    struct services *services = &daemon->services;
    const struct fleet_listener listener = {
        .left = camera_left, .ended = daemon_fleet_ended, .stopped = daemon_fleet_stopped, .context = daemon};
    int error = events_new(&services->events, new_epoch(), events_came, daemon);
    if (error == 0)
        error = log_pool_new(&services->log_pool, LOG_POOL_BYTES, line_came, daemon);
    if (error == 0)
        error = file_watch_new(&services->file_watch, services->loop, file_touched, daemon);
    if (error == 0)
        error = name_watch_new(&daemon->name_watch, services->loop, services->file_watch,
                               daemon_restore_names, daemon);
    if (error == 0)
        error = shm_work_new(&services->shm_work, services->loop);
    if (error == 0)
        error = open_launcher(services);
    if (error == 0)
        error = open_disk(services);
    if (error == 0)
        error = open_history(services);
    if (error == 0)
        error = fleet_new(&daemon->fleet, services, &listener);
    return error == 0 ? open_grids(daemon) : error;
}

static void stop_asked(void *context, const char *why)
{
    daemon_stop(context, why);
}

static void wake_asked(void *context)
{
    const struct daemon *daemon = context;
    control_wake(daemon->control);
}

static void upgrade_asked(void *context, struct control_request *request)
{
    daemon_upgrade(context, request);
}

char *daemon_socket_path(const struct daemon *daemon)
{
    return text_format("%s/camd.sock", daemon->services.config->run_dir);
}

int daemon_make_requests(struct daemon *daemon)
{
    const struct requests_owner owner = {.stop = stop_asked,
                                         .reload = daemon_reload,
                                         .upgrade = upgrade_asked,
                                         .wake = wake_asked,
                                         .context = daemon};
    return requests_new(&daemon->requests, &daemon->services, daemon->fleet, &owner);
}

static int listen_on_socket(struct daemon *daemon)
{
    const struct services *services = &daemon->services;
    int error = daemon_make_requests(daemon);
    char *path = daemon_socket_path(daemon);
    /* says itself what is wrong */
    if (error == 0)
        error = path ? control_new(&daemon->control, services->loop, path, services->group, requests_handle,
                                   daemon->requests)
                     : -ENOMEM;
    if (error == 0)
        control_set_may(daemon->control, requests_may);
    free(path);
    return error;
}

static int add_cameras(struct daemon *daemon)
{
    const struct config *config = daemon->services.config;
    int left = shm_instance_sweep(config->shm_prefix);
    if (left > 0)
        log_notice(NULL, "removed %d segments that an earlier camd left in /dev/shm", left);
    services_look_after_overrides(&daemon->services);
    for (size_t i = 0; i < config->camera_count; i++) {
        int error = fleet_add(daemon->fleet, &config->cameras[i], NULL);
        if (error < 0)
            return error;
    }
    for (size_t i = 0; i < config->bad_file_count; i++) {
        int error = fleet_add_bad_file(daemon->fleet, &config->bad_files[i]);
        if (error < 0)
            return error;
    }
    return 0;
}

int daemon_open(struct daemon **result, struct config *config, const char *config_path)
{
    struct daemon *daemon = calloc(1, sizeof(*daemon));
    if (!daemon) {
        config_free(config);
        return -ENOMEM;
    }
    daemon->services = (struct services){
        .config = config,
        .config_path = config_path,
        .pid = getpid(),
        .started_ms = clock_monotonic_ms(),
        .generation = new_generation(),
    };
    daemon->lock_fd = daemon->again_lock_fd = daemon->state_lock_fd = daemon->parent_fd = daemon->signal_fd =
        -1;
    notify_init(&daemon->notify);
    ev_init(&daemon->prefix_timer, restore_again);
    daemon->prefix_timer.data = daemon;
    srand48((long)clock_wall_ns() ^ (long)getpid());
    *result = daemon;
    char words[ERROR_WORDS_BYTES];
    int error = open_host(daemon);
    if (error < 0)
        return error;
    error = open_services(daemon);
    if (error < 0)
        log_error(NULL, "camd cannot start: %s", error_words(error, words));
    return error;
}

int daemon_new(struct daemon **result, struct config *config, const char *config_path)
{
    struct daemon *daemon = NULL;
    int error = daemon_open(&daemon, config, config_path);
    if (error == 0)
        error = listen_on_socket(daemon);
    /* after the socket: a camd that runs with this configuration, as another user, too, is to keep its prefix */
    if (error == 0)
        error = daemon_take_prefix(daemon);
    if (error == 0)
        error = daemon_take_state(daemon);
    if (error == 0)
        error = daemon_name_instance(daemon);
    if (error == 0) {
        daemon_end_survivors(daemon);
        daemon_remove_unfinished(daemon);
        error = add_cameras(daemon);
    }
    if (error < 0) {
        if (daemon)
            daemon_free(daemon);
        return error;
    }
    *result = daemon;
    return 0;
}

void daemon_tell_parent(struct daemon *daemon, int fd)
{
    daemon->parent_fd = fd;
}

void daemon_free(struct daemon *daemon)
{
    struct services *services = &daemon->services;
    daemon_end_upgrade(daemon);
    name_watch_free(daemon->name_watch);
    requests_end(daemon->requests);
    control_free(daemon->control);
    requests_free(daemon->requests);
    daemon->control = NULL;
    shm_work_free(services->shm_work); /* tells cameras what it has removed */
    services->shm_work = NULL;
    fleet_free(daemon->fleet);
    grids_free(services->grids);
    history_free(services->history);
    services->history = NULL;
    overrides_free(services->overrides);
    persist_free(services->persist);
    events_free(services->events);
    log_pool_free(services->log_pool);
    launcher_free(services->launcher);
    daemon_unwatch_signals(daemon);
    sys_close(&daemon->lock_fd);
    sys_close(&daemon->again_lock_fd);
    sys_close(&daemon->state_lock_fd);
    sys_close(&daemon->parent_fd);
    file_watch_free(services->file_watch); /* as late as can be: see there */
    if (services->loop)
        ev_loop_destroy(services->loop);
    config_free(services->config);
    free(services->prefix_problem);
    free(daemon);
}

const struct services *daemon_services(const struct daemon *daemon)
{
    return &daemon->services;
}

struct fleet *daemon_fleet(const struct daemon *daemon)
{
    return daemon->fleet;
}

/* ---- run ---- */

static void pet_watchdog(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct daemon *daemon = timer->data;
    (void)loop;
    (void)events;
    notify_watchdog(&daemon->notify);
}

static void start_watchdog(struct daemon *daemon)
{
    double watchdog_s = notify_watchdog_period_s(&daemon->notify);
    if (watchdog_s <= 0.0)
        return;
    ev_timer_init(&daemon->watchdog_timer, pet_watchdog, watchdog_s, watchdog_s);
    daemon->watchdog_timer.data = daemon;
    ev_timer_start(daemon->services.loop, &daemon->watchdog_timer);
}

/* An empty file, or another one than was meant, has no problems. */
static void tell_cameras(const struct daemon *daemon)
{
    const size_t cameras = fleet_count(daemon->fleet);
    const char *file = daemon->services.config_path, *directory = daemon->services.config->cameras_dir;
    if (cameras > 0)
        log_notice(NULL, "camd %s started with %zu camera%s", CAMD_VERSION, cameras, cameras == 1 ? "" : "s");
    else
        log_notice(
            NULL,
            "camd %s started without cameras: there is none in %s%s%s; camctl add NAME input=URL adds one, and camd.ini(5) has what can be written there",
            CAMD_VERSION, file ? file : "its configuration", directory ? " and in " : "",
            directory ? directory : "");
}

/* It starts, or goes on where another program has left off. */
static void begin(struct daemon *daemon)
{
    if (daemon->was_taken_over)
        return;
    reload_warn(&daemon->services);
    tell_cameras(daemon);
    services_emit(&daemon->services, "daemon_started", NULL,
                  json_pack("{s:s, s:i}", "version", CAMD_VERSION, "pid", (int)getpid()));
}

int daemon_run(struct daemon *daemon, struct pidfile *pidfile)
{
    struct ev_loop *loop = daemon->services.loop;
    start_watchdog(daemon);
    begin(daemon);
    history_resume(daemon->services.history);
    daemon->pidfile = pidfile;
    daemon_restore_names(daemon);
    notify_ready(&daemon->notify);
    if (!daemon->was_taken_over)
        fleet_start(daemon->fleet);
    ev_run(loop, 0);
    ev_timer_stop(loop, &daemon->watchdog_timer);
    ev_timer_stop(loop, &daemon->stop_timer);
    ev_timer_stop(loop, &daemon->prefix_timer);
    ev_prepare_stop(loop, &daemon->disk_watcher);
    log_notice(NULL, "stopped");
    return daemon->gave_up ? DAEMON_LEFT_SOME : 0;
}

/* An upgrade, as the next program sees it: a daemon that is put together from what the one before has handed over. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/pidfile.h"
#include "base/sys.h"
#include "daemon/camera/fleet.h"
#include "daemon/control/control.h"
#include "daemon/daemon_private.h"
#include "daemon/disk/overrides.h"
#include "daemon/events/events.h"
#include "daemon/grids/grids.h"
#include "daemon/handoff/handoff_fields.h"
#include "daemon/handoff/handoff_record.h"
#include "daemon/history/history.h"
#include "daemon/log/log_pool.h"
#include "daemon/supervise/launcher.h"
#include "daemon/supervise/program_files.h"
#include "daemon/verbs/requests.h"

/* ---- taking over ---- */

static int take_control(struct daemon *daemon, const json_t *record)
{
    int error = daemon_make_requests(daemon);
    char *path = daemon_socket_path(daemon);
    if (error == 0)
        error = path
                    ? control_take_over(&daemon->control, daemon->services.loop, path, daemon->services.group,
                                        requests_handle, daemon->requests, json_object_get(record, "control"))
                    : -ENOMEM;
    if (error == 0)
        control_set_may(daemon->control, requests_may);
    free(path);
    return error;
}

static int take_instance(struct daemon *daemon, const json_t *record)
{
    struct services *services = &daemon->services;
    services->started_ms = json_member_int(record, "started_ms", services->started_ms);
    services->generation = (uint64_t)json_member_int(record, "generation", (int64_t)services->generation);
    daemon->lock_fd = handoff_read_fd(json_object_get(record, "lock"));
    daemon->again_lock_fd = handoff_read_fd(json_object_get(record, "again_lock"));
    daemon->state_lock_fd = handoff_read_fd(json_object_get(record, "state_lock"));
    daemon->parent_fd = handoff_read_fd(json_object_get(record, "parent"));
    daemon->was_taken_over = true;
    return daemon->lock_fd < 0 ? -EINVAL : daemon_name_instance(daemon);
}

/* A daemon without a pid file has none. */
static int take_pidfile(struct pidfile **pidfile, const json_t *record)
{
    const int fd = handoff_read_fd(json_object_get(record, "pidfile"));
    const char *path = json_member_string(record, "pidfile_path", "");
    return fd < 0 ? 0 : pidfile_take_over(pidfile, path, fd);
}

/* In this order: what was said of cameras before the cameras, and events and lines when these have been made. */
static int take_rooms(struct daemon *daemon, const json_t *record)
{
    const struct services *services = &daemon->services;
    program_files_take_over(services->launcher->files, json_object_get(record, "programs"));
    int error = overrides_take_over(services->overrides, json_object_get(record, "overrides"));
    if (error == 0)
        error = grids_take_over(services->grids, json_object_get(record, "grids"));
    if (error == 0)
        error = fleet_take_over(daemon->fleet, json_object_get(record, "fleet"));
    if (error == 0)
        error = events_take_over(services->events, json_object_get(record, "events"));
    if (error == 0)
        error = history_take_over(services->history, json_object_get(record, "history"));
    if (error == 0)
        error = log_pool_take_over(services->log_pool, json_object_get(record, "log"));
    return error;
}

int daemon_take_over(struct daemon **result, struct pidfile **pidfile, struct config *config,
                     const char *config_path, const json_t *record)
{
    struct daemon *daemon;
    int error = daemon_open(&daemon, config, config_path);
    if (error == 0)
        error = take_instance(daemon, record);
    if (error == 0)
        error = take_control(daemon, record);
    if (error == 0)
        error = take_rooms(daemon, record);
    if (error == 0)
        error = take_pidfile(pidfile, record);
    if (error < 0) {
        log_error(NULL, "what was handed over cannot be taken over: %s", strerror(-error));
        return error;
    }
    *result = daemon;
    return 0;
}

/* ---- no way back ---- */

static void close_fd(const json_t *record, const char *name)
{
    int fd = handoff_read_fd(json_object_get(record, name));
    sys_close(&fd);
}

static void say_upgraded(const struct daemon *daemon, const char *before)
{
    const size_t cameras = fleet_count(daemon->fleet);
    log_notice(NULL,
               "upgraded: camd %s goes on in place of %s, with %zu camera%s, whose workers have gone on",
               CAMD_VERSION, before, cameras, cameras == 1 ? "" : "s");
    services_emit(
        &daemon->services, "daemon_upgraded", NULL,
        json_pack("{s:s, s:s, s:i}", "version", CAMD_VERSION, "before", before, "pid", (int)getpid()));
}

static void say_failed(const struct daemon *daemon, const char *failure)
{
    log_error(NULL, "not upgraded, camd goes on as it was: the new program failed: %s", failure);
    services_emit(&daemon->services, "upgrade_failed", NULL, json_pack("{s:s}", "text", failure));
}

static json_t *answer(const struct daemon *daemon, const char *before)
{
    return json_pack("{s:s, s:s, s:i, s:b}", "version", CAMD_VERSION, "before", before, "cameras",
                     (int)fleet_count(daemon->fleet), "restarts_cameras",
                     (int)fleet_has_left_segments(daemon->fleet));
}

static json_t *failed_answer(const char *failure)
{
    return json_pack("{s:s, s:s+}", "hint", "install a program that works and upgrade again", "text",
                     "not upgraded, camd goes on as it was: the new program failed: ", failure);
}

void daemon_commit(struct daemon *daemon, const json_t *record, const char *failure)
{
    const json_t *request = json_object_get(record, "request");
    const char *before = json_member_string(record, "camd", "an unknown version");
    handoff_record_inherit(record, false);
    close_fd(record, "config");
    close_fd(record, "old");
    close_fd(record, "why");
    fleet_commit(daemon->fleet, json_object_get(record, "fleet"));
    if (failure)
        say_failed(daemon, failure);
    else
        say_upgraded(daemon, before);
    if (fleet_has_left_segments(daemon->fleet))
        requests_restart_left(daemon->requests);
    control_answer_over(request, failure != NULL, failure ? failed_answer(failure) : answer(daemon, before));
}

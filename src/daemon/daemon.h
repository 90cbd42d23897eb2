/*
 * daemon.h - the whole: the loop, its signals, the cameras, and what they share
 *
 * The loop is made by daemon_new and runs until daemon_stop has brought all workers down. After the loop starts
 * there is no way out but daemon_stop.
 */
#ifndef CAMD_DAEMON_DAEMON_H
#define CAMD_DAEMON_DAEMON_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"
#include "daemon/camera/camera.h"
#include "daemon/camera/detector.h"
#include "daemon/control/control.h"
#include "daemon/disk/overrides.h"
#include "daemon/disk/persist.h"
#include "daemon/events/events.h"
#include "daemon/grids/grids.h"
#include "daemon/host/notify.h"
#include "daemon/log/log_pool.h"
#include "daemon/segments/budget.h"
#include "daemon/segments/shm_watch.h"

enum { DAEMON_DETECTORS_MAX = CONFIG_DETECTORS_MAX + 2 }; /* those that need no section, too */
enum { DAEMON_STOP_EXTRA_MS = 6000 }; /* after the longest stop_timeout: SIGKILL and its effect */

struct daemon {
    struct ev_loop *loop;
    struct config *config;
    const char *config_path; /* NULL: none */
    gid_t group;             /* (gid_t)-1: none */
    int lock_fd;             /* holds the prefix */
    int signal_fd;
    ev_io signal_watcher;
    ev_timer watchdog_timer;
    ev_timer reap_timer; /* frees removed cameras out of harm's way */
    ev_timer stop_timer; /* the one deadline of the shutdown */
    bool stopping;
    bool gave_up; /* workers were left behind */
    int64_t started_ms;
    uint64_t generation; /* of the segments made last */

    struct control *control;
    struct events *events;
    struct log_pool *log_pool; /* what the workers wrote */
    struct persist *persist;
    struct shm_watch *shm_watch;
    struct overrides *overrides;
    struct grids *grids;
    struct notify notify;

    struct camera **cameras; /* in the order they were added */
    size_t camera_count, camera_room;
    struct detector *detectors[DAEMON_DETECTORS_MAX]; /* that were ever used */
    size_t detector_count;
    struct pending *pending; /* requests that wait for something: requests_pending.c */
};

/*
 * Takes lock, socket, left-overs; creates the cameras of the configuration (taken over). On failure says why in the log and
 * returns -errno, having given back everything.
 */
int daemon_new(struct daemon **daemon, struct config *config, const char *config_path);
/* Starts the cameras and runs until the end. 0, or -ETIME when workers could not be stopped. */
int daemon_run(struct daemon *daemon);
void daemon_free(struct daemon *daemon);
/* Begins the shutdown. */
void daemon_stop(struct daemon *daemon, const char *why);

struct camera *daemon_camera(const struct daemon *daemon, const char *name);
/* True while a removed camera of that name still has workers. */
bool daemon_camera_is_leaving(const struct daemon *daemon, const char *name);
/* A camera of this configuration, not started. 0 or -errno (-EBUSY: one of that name is still leaving). */
int daemon_camera_add(struct daemon *daemon, const struct config_camera *config, struct camera **camera);
/* Stops it; it is freed when its workers are gone, and unknown by name at once. */
void daemon_camera_remove(struct daemon *daemon, struct camera *camera);
/*
 * The camera of that name that is leaving is added again, as the configuration has it then, when it has left. False
 * when it is its file that is being removed.
 */
bool daemon_camera_come_back(struct daemon *daemon, const char *name);
/* From a camera, after each change of a worker's state. */
void daemon_camera_changed(struct daemon *daemon, struct camera *camera);
/* Looks after removed cameras and waiting requests on the next turn of the loop. */
void daemon_look_soon(struct daemon *daemon);
/* Segments went away: cameras that wait for room try again. */
void daemon_room_freed(struct daemon *daemon);
/* Numbered, to all subscribers; fields are stolen. */
void daemon_emit(struct daemon *daemon, const char *event, const char *camera, json_t *fields);
/* The budget for segments made now, with a camera of this size counted in if it is not among the cameras yet (0: none). */
void daemon_budget(const struct daemon *daemon, uint32_t extra_width, uint32_t extra_height,
                   struct budget *budget);

/*
 * Reads the configuration again and applies the difference, as the log tells; nothing changes when it has problems
 * (left in problems) or memory is short. What was begun then (workers that stop, segments that are made) goes on.
 * report, a new reference: {added, removed, changed, unchanged, restart_needed, cameras: [{name, change, text}]}.
 */
int daemon_reload(struct daemon *daemon, struct config_problems *problems, json_t **report);
/* Logs a warning for each file of the configuration that has passwords and is readable by others. */
void daemon_warn_exposed(const struct daemon *daemon);

/* ---- daemon_grids.c ---- */

int daemon_grids_new(struct daemon *daemon);
/* The configuration is good: region grids of cameras that are not in it any more are to go, in time. */
void daemon_grids_look(struct daemon *daemon);

/* The path of a program in libexecdir, or $CAMD_LIBEXECDIR; the caller's to free. */
char *daemon_program(const char *name);

#endif

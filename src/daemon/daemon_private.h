/* daemon_private.h - the whole, for daemon*.c only */
#ifndef CAMD_DAEMON_DAEMON_PRIVATE_H
#define CAMD_DAEMON_DAEMON_PRIVATE_H

#include <ev.h>
#include <jansson.h>
#include <stdbool.h>

#include "base/notify.h"
#include "daemon/camera/services.h"
#include "daemon/daemon.h"

struct config_problems;
struct control;
struct control_request;
struct name_watch;
struct requests;
struct upgrade;

struct daemon {
    struct services services;
    int lock_fd;           /* holds the prefix, and names this instance: see daemon_name_instance */
    int again_lock_fd;     /* holds it where somebody has removed the lock's name; -1: nobody has */
    ev_timer prefix_timer; /* while the prefix is lost: it is tried again, with all other names */
    int state_lock_fd;     /* holds state_dir; -1: it cannot be locked */
    int parent_fd;         /* to the parent of --respawn; -1: none */
    int signal_fd;
    ev_io signal_watcher;
    ev_timer watchdog_timer;
    ev_timer stop_timer; /* the one deadline of the shutdown */
    ev_prepare
        disk_watcher; /* of the shutdown: whether all is on the disk changes in a turn of the loop only */
    bool stopping;
    bool gave_up; /* workers were left behind, or what waits for the disk */
    struct notify notify;
    struct name_watch *name_watch; /* of the socket, the pid file and state_dir */
    struct pidfile *pidfile;       /* main's; NULL: none */
    struct fleet *fleet;
    struct control *control;
    struct requests *requests;
    const struct daemon_program *program; /* main's: what is executed in an upgrade. NULL: there is none */
    struct upgrade *upgrade;              /* that is under way; NULL: none */
    bool was_taken_over;                  /* from another program: nothing of it starts */
};

/* ---- daemon.c ---- */

/* The loop, signals, directories and services. 0 or -errno, which the log explains. */
int daemon_open(struct daemon **daemon, struct config *config, const char *config_path);
/* A control_handler's context and what it is called with: the requests of the daemon. */
int daemon_make_requests(struct daemon *daemon);
/* The path of the control socket, the caller's to free. */
char *daemon_socket_path(const struct daemon *daemon);

/* Reads the configuration again and applies what changed; context: the daemon. As reload_configuration. */
int daemon_reload(void *context, struct config_problems *problems, json_t **report);
/* The socket, the pid file, the prefix's lock, run_dir and state_dir are there, if that can be; context: the daemon. */
void daemon_restore_names(void *context);

/* ---- daemon_stop.c ---- */

/* The fleet tells that nothing happens any more that is to be kept; context: the daemon. */
void daemon_fleet_ended(void *context);
/* The fleet tells that its workers and segments are gone. */
void daemon_fleet_stopped(void *context);

/* ---- daemon_signals.c ---- */

/* Signals are blocked and come through the loop from here on. 0 or -errno, which the log explains. */
int daemon_watch_signals(struct daemon *daemon);
void daemon_unwatch_signals(struct daemon *daemon);

/* ---- daemon_instance.c ---- */

/* Takes the lock on the prefix. 0 or -errno, which the log explains. */
int daemon_take_prefix(struct daemon *daemon);
/* The lock's name is that of one that is held. */
bool daemon_lock_is_named(const struct daemon *daemon);
/*
 * Somebody may have removed the lock, or another camd may have put its own in its place: it is taken again if that can be, else
 * the log says once who has the prefix, status says so until it is this one's again, and it is tried every minute.
 */
void daemon_keep_prefix(struct daemon *daemon);
/* The same for state_dir, which two would fill with what contradicts each other. 0, also where it cannot be locked. */
int daemon_take_state(struct daemon *daemon);
/*
 * Somebody may have removed it or put another directory in its place: it is made again if need be, and the new one is locked
 * from now on, which the log says. When that cannot be, the lock of before is kept: the directory may come back.
 */
void daemon_keep_state(struct daemon *daemon);
/* Children get the instance's name from now on. 0 or -ENOMEM. */
int daemon_name_instance(struct daemon *daemon);
/* What a camd that was killed has left running must be gone before its cameras are started again. */
void daemon_end_survivors(const struct daemon *daemon);
/* The files that it was writing when it was killed; when its survivors are gone. */
void daemon_remove_unfinished(const struct daemon *daemon);
/* What a worker has started in a session of its own is seen neither by its group nor by its end. */
void daemon_end_left_behind(const struct daemon *daemon);

/* ---- daemon_upgrade.c ---- */

/* Begins, and answers the request when it has failed; when it succeeds, the next program answers it. */
void daemon_upgrade(struct daemon *daemon, struct control_request *request);
/* The daemon stops: it is over. */
void daemon_end_upgrade(struct daemon *daemon);

#endif

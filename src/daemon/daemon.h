/*
 * daemon.h - the whole: the loop, its signals, and the rooms wired together
 *
 * The loop is made by daemon_new and runs until daemon_stop has brought all workers down. After the loop starts
 * there is no way out but daemon_stop. No room knows this one: what they need of the whole are the services, and what
 * they have to tell it goes to their listeners.
 */
#ifndef CAMD_DAEMON_DAEMON_H
#define CAMD_DAEMON_DAEMON_H

#include <jansson.h>
#include <stdbool.h>

struct config;
struct daemon;
struct fleet;
struct pidfile;
struct services;

/*
 * Takes lock, socket, left-overs; creates the cameras of the configuration (taken over). On failure says why in the log and
 * returns -errno, having given back everything.
 */
int daemon_new(struct daemon **daemon, struct config *config, const char *config_path);
/*
 * Starts the cameras and runs until the end. The pid file (NULL: none) is written again when somebody removes it. The exit
 * status: 0, or DAEMON_LEFT_SOME when workers, or what waits for the disk, could not be stopped. That is one of its own,
 * since whoever starts camd again after a failure (systemd) is not to do so after a stop that was asked for.
 */
enum { DAEMON_LEFT_SOME = 3 };
int daemon_run(struct daemon *daemon, struct pidfile *pidfile);
void daemon_free(struct daemon *daemon);
/* The parent of --respawn (host/respawn.h) is told on fd, which is taken over, when the shutdown begins; -1: none. */
void daemon_tell_parent(struct daemon *daemon, int fd);
/* Begins the shutdown. */
void daemon_stop(struct daemon *daemon, const char *why);

/* What it has made: for main, and for tests. */
const struct services *daemon_services(const struct daemon *daemon);
struct fleet *daemon_fleet(const struct daemon *daemon);

/* What an upgrade executes; main's, and as long-lived as the daemon. */
struct daemon_program {
    char *path; /* where the program was found when it was started: by now it may be a newer one */
    char **
        argv; /* that it is executed with, its second and third being "--take-over" and room for a number; NULL-terminated */
    char *number;
    bool background; /* it was started with -d: the log is syslog's by default */
};

enum { DAEMON_NUMBER_BYTES = 16 };

void daemon_set_program(struct daemon *daemon, const struct daemon_program *program);

/* ---- daemon_take_over.c: the other end of an upgrade ---- */

/*
 * The daemon of a hand-off (handoff/handoff_record.h) whose configuration (taken over) was read. Nothing is started,
 * stopped, removed or answered: until daemon_commit the program of before can go on as if nothing had been. 0 or -errno,
 * which the log explains; what was made is not given back then.
 */
int daemon_take_over(struct daemon **daemon, struct pidfile **pidfile, struct config *config,
                     const char *config_path, const json_t *record);
/* There is no way back any more. failure: why the next program failed, and this is the one of before again; NULL: none. */
void daemon_commit(struct daemon *daemon, const json_t *record, const char *failure);

#endif

/*
 * daemon.h - the whole: the loop, its signals, and the rooms wired together
 *
 * The loop is made by daemon_new and runs until daemon_stop has brought all workers down. After the loop starts
 * there is no way out but daemon_stop. No room knows this one: what they need of the whole are the services, and what
 * they have to tell it goes to their listeners.
 */
#ifndef CAMD_DAEMON_DAEMON_H
#define CAMD_DAEMON_DAEMON_H

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
 * Starts the cameras and runs until the end. The pid file (NULL: none) is written again when somebody removes it. 0, or
 * -ETIME when workers could not be stopped.
 */
int daemon_run(struct daemon *daemon, struct pidfile *pidfile);
void daemon_free(struct daemon *daemon);
/* The parent of --respawn (host/respawn.h) is told on fd, which is taken over, when the shutdown begins; -1: none. */
void daemon_tell_parent(struct daemon *daemon, int fd);
/* Begins the shutdown. */
void daemon_stop(struct daemon *daemon, const char *why);

/* What it has made: for main, and for tests. */
const struct services *daemon_services(const struct daemon *daemon);
struct fleet *daemon_fleet(const struct daemon *daemon);

#endif

/*
 * respawn.h - the small parent of `camd -d --respawn`, which starts camd again when it dies
 *
 * For machines whose init system does not do that. It does nothing but wait: for camd's end, for what camd says on a
 * pipe, and for signals. Those that tell camd to stop, to reload or to reopen its log are passed on; of others it says in
 * camd's log who sent them.
 *
 * A camd that ends by itself with status 0, or after it has said that it is stopping, has been told to: then the parent
 * ends, too. Anything else is answered with a new start, after a pause.
 */
#ifndef CAMD_DAEMON_HOST_RESPAWN_H
#define CAMD_DAEMON_HOST_RESPAWN_H

#include <stdint.h>

enum {
    RESPAWN_WAIT_MS = 1000, /* before the first new start; doubles with each that follows */
    RESPAWN_WAIT_MAX_MS = 60000,
    RESPAWN_GOOD_MS = 60000, /* a camd that ran for so long ran well: the next wait is the first again */

    RESPAWN_FD = 3, /* camd's end of the pipe */
};

/* What camd writes there, a byte each. */
#define RESPAWN_STOPPING 's'

struct respawn {
    const char *program;  /* the path to execute */
    char *const *argv;    /* of camd */
    const char *pid_path; /* of the parent's own pid file */
    const char *log;      /* the configuration's `log`: a path; NULL and "syslog": syslog */
    int ready_fd;         /* whoever started it all waits there for a byte; taken over */
};

/* Comes back when camd has ended for good: with the exit status for the parent. */
int respawn_run(struct respawn *respawn);

/* How long to wait after so many camds in a row that did not run well, at least one. */
int64_t respawn_wait_ms(unsigned int in_a_row);

#endif

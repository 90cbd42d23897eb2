/*
 * launcher.h - what all children of the daemon have alike: the program that starts them, and their surroundings
 *
 * Made once, with the loop. camd-exec is read into memory then, and executed from there: so no start waits for its file,
 * however slow the file system is that camd is installed on, and it stays the one that this camd was built with when a
 * package replaces both. That costs a descriptor and its 20 KiB. Where files in memory can't be executed (no /proc, a rule of
 * the machine), it is executed by its path.
 *
 * The users that programs run as are looked up when a configuration names them, and remembered: asking for one may take
 * its time, since the database may be a server's.
 */
#ifndef CAMD_DAEMON_SUPERVISE_LAUNCHER_H
#define CAMD_DAEMON_SUPERVISE_LAUNCHER_H

#include <ev.h>
#include <jansson.h>
#include <stdbool.h>

#include "base/user.h"
#include "daemon/supervise/oom.h"

enum { LAUNCHER_USERS_MAX = 64 }; /* remembered */

struct launcher_user {
    char *name; /* as it was asked for: a number, perhaps */
    int error;  /* 0, or why the rest is not there */
    struct user user;
    char **environment; /* of its programs */
};

struct program_files;

struct launcher {
    struct ev_loop *loop;
    struct program_files *files; /* of workers' programs */
    char *program;               /* the path of camd-exec */
    int image;      /* its bytes in memory, sealed, for EXEC_IMAGE_FD; -1: it is executed by its path */
    char *instance; /* of every child's environment; NULL: none */
    char *passed;   /* names of variables that children get, too, with commas between them; NULL: none */
    /* Of every worker's hello (camd-worker(7)), once it is set; the launcher's. NULL: none. */
    json_t *sandbox;
    struct oom oom;
    struct launcher_user own; /* camd's */
    struct launcher_user *users[LAUNCHER_USERS_MAX];
    size_t user_count;
};

/* program: the path of camd-exec; passed: pass_environment, NULL: nothing. 0 or -errno. */
int launcher_new(struct launcher **launcher, struct ev_loop *loop, const char *program, const char *passed);
/* What the environment of children that are started from now on has as CAMD_INSTANCE; copied. 0 or -ENOMEM. */
int launcher_set_instance(struct launcher *launcher, const char *instance);
/* No child may be left. NULL is fine. */
void launcher_free(struct launcher *launcher);

/*
 * Looks a user up, unless it is known; whatever comes of it, starting a program as that user does not ask again. NULL
 * is fine.
 */
void launcher_meet_user(struct launcher *launcher, const char *name);
/* The same for those who could not be found, for a reload: they may be there by now. */
void launcher_look_again(struct launcher *launcher);
/*
 * name NULL: camd's own; one that was never met is looked up. The launcher's, until it is asked the next time. 0; -ENOENT:
 * there is none; or -errno.
 */
int launcher_user(struct launcher *launcher, const char *name, const struct launcher_user **user);

/* What is to be executed as camd-exec; *image: what it needs as EXEC_IMAGE_FD, -1: nothing. */
const char *launcher_program(const struct launcher *launcher, int *image);
/* It could not be executed from memory: true when its path is left to be tried, from now on. */
bool launcher_forget_image(struct launcher *launcher, int error);

#endif

/*
 * launcher.h - what all children of the daemon have alike: the program that starts them, and their surroundings
 *
 * Made once, with the loop. The users that programs run as are looked up when they are first named and then
 * remembered, since asking for one may take its time.
 */
#ifndef CAMD_DAEMON_SUPERVISE_LAUNCHER_H
#define CAMD_DAEMON_SUPERVISE_LAUNCHER_H

#include <ev.h>
#include <jansson.h>

#include "base/user.h"

enum { LAUNCHER_USERS_MAX = 64 }; /* remembered */

struct launcher_user {
    char *name; /* as it was asked for: a number, perhaps */
    struct user user;
    char **environment; /* of its programs */
};

struct launcher {
    struct ev_loop *loop;
    char *program;  /* the path of camd-exec */
    char *instance; /* of every child's environment; NULL: none */
    char *passed;   /* names of variables that children get, too, with commas between them; NULL: none */
    json_t
        *sandbox; /* of every worker's hello (camd-worker(7)), once it is set; the launcher's. NULL: none */
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

/* name NULL: camd's own. The launcher's, until it is asked the next time. 0; -ENOENT: there is none; or -errno. */
int launcher_user(struct launcher *launcher, const char *name, const struct launcher_user **user);

#endif

/* companion_confine.c - the user, and giving up what is not needed */
#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/user.h"
#include "companion/companion_private.h"

/* Into the wish; a user in more groups than a sandbox takes keeps the first of them. */
static void take_user(const struct user *user, struct sandbox_wish *wish)
{
    wish->drops_user = true;
    wish->user = user->uid;
    wish->group = user->gid;
    for (size_t i = 0; i < user->group_count && i < SANDBOX_GROUPS_MAX; i++)
        wish->groups[wish->group_count++] = user->groups[i];
}

/* As root only. That there is such a user was seen before. */
static int find_user(const struct companion_program *program, const struct companion_settings *settings,
                     struct sandbox_wish *wish)
{
    struct user user;
    if (geteuid() != 0 || !settings->user)
        return 0;
    const int error = user_find(&user, settings->user);
    if (error < 0) {
        fprintf(stderr, "%s: user = %s: cannot be looked up: %s\n", program->name, settings->user,
                strerror(-error));
        return error;
    }
    take_user(&user, wish);
    user_fini(&user);
    return 0;
}

/* Files are made there: the log, which is opened again, and the pid file, which is removed. */
static bool allow_directory_of(struct sandbox_wish *wish, const char *path, char directory[PATH_MAX])
{
    if (!path || path[0] != '/')
        return true;
    snprintf(directory, PATH_MAX, "%s", path);
    return sandbox_allow_path(wish, dirname(directory), SANDBOX_READ | SANDBOX_WRITE | SANDBOX_MAKE);
}

static int enter(const struct companion_program *program, const char *mode, const struct sandbox_wish *wish,
                 struct sandbox_state *state)
{
    char problem[SANDBOX_TEXT_BYTES];
    int error = sandbox_enter(wish, state, problem);
    if (error < 0) {
        fprintf(stderr, "%s: cannot give up privileges: %s\n", program->name, problem);
        return error;
    }
    state->user = true; /* whether it is root is told apart: the words are about the workers' user */
    sandbox_explain_missing(state, problem);
    if (problem[0] == '\0' || strcmp(mode, "require") != 0)
        return 0;
    fprintf(
        stderr,
        "%s: sandbox = require, and this machine lacks %s: update the kernel, or set sandbox = yes, with which the program goes on with what there is\n",
        program->name, problem);
    return -EPERM;
}

/* Without a sandbox only the user is given up. */
static int become_user(const struct companion_program *program, const struct sandbox_wish *wish)
{
    if (!wish->drops_user)
        return 0;
    if (setgroups(wish->group_count, wish->groups) == 0 &&
        setresgid(wish->group, wish->group, wish->group) == 0 &&
        setresuid(wish->user, wish->user, wish->user) == 0)
        return 0;
    int error = -errno;
    fprintf(stderr, "%s: cannot become user %u: %s\n", program->name, (unsigned int)wish->user,
            strerror(-error));
    return error;
}

int companion_confine(const struct companion_program *program, const struct companion_settings *settings,
                      const struct companion_start *start, struct sandbox_state *state)
{
    static struct sandbox_wish wish;
    char log_directory[PATH_MAX], pid_directory[PATH_MAX];
    wish.local = wish.threads = true;
    int error = find_user(program, settings, &wish);
    if (error < 0)
        return error;
    if (strcmp(settings->sandbox, "no") == 0)
        return become_user(program, &wish);
    if (!sandbox_allow_libraries(&wish) ||
        !sandbox_allow_path(&wish, "/dev/null", SANDBOX_READ | SANDBOX_WRITE) ||
        !allow_directory_of(&wish, settings->log, log_directory) ||
        !allow_directory_of(&wish, start->pid_path, pid_directory) || !program->wish(settings, &wish)) {
        fprintf(stderr, "%s: more paths are needed than a sandbox can have\n", program->name);
        return -E2BIG;
    }
    return enter(program, settings->sandbox, &wish, state);
}

#include "daemon/supervise/launcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/supervise/environment.h"

static void user_free(struct launcher_user *user)
{
    user_fini(&user->user);
    free(user->environment);
    free(user->name);
    free(user);
}

static int user_new(struct launcher_user **result, const struct launcher *launcher, const char *name)
{
    struct launcher_user *user = calloc(1, sizeof(*user));
    if (!user)
        return -ENOMEM;
    user->name = strdup(name);
    int error = user->name ? user_find(&user->user, name) : -ENOMEM;
    if (error == 0) {
        user->environment = environment_make(environ, launcher->passed, &user->user, launcher->instance);
        error = user->environment ? 0 : -ENOMEM;
    }
    if (error < 0) {
        user_free(user);
        return error;
    }
    *result = user;
    return 0;
}

static struct launcher_user *find(const struct launcher *launcher, const char *name)
{
    for (size_t i = 0; i < launcher->user_count; i++) {
        if (strcmp(launcher->users[i]->name, name) == 0)
            return launcher->users[i];
    }
    return NULL;
}

static void forget_users(struct launcher *launcher)
{
    while (launcher->user_count > 0)
        user_free(launcher->users[--launcher->user_count]);
}

int launcher_user(struct launcher *launcher, const char *name, const struct launcher_user **result)
{
    struct launcher_user *user = name ? find(launcher, name) : &launcher->own;
    if (user) {
        *result = user;
        return 0;
    }
    if (launcher->user_count == LAUNCHER_USERS_MAX)
        forget_users(launcher);
    const int error = user_new(&user, launcher, name);
    if (error < 0)
        return error;
    launcher->users[launcher->user_count++] = user;
    *result = user;
    return 0;
}

int launcher_set_instance(struct launcher *launcher, const char *instance)
{
    char *copy = strdup(instance);
    char **environment = copy ? environment_make(environ, launcher->passed, &launcher->own.user, copy) : NULL;
    if (!environment) {
        free(copy);
        return -ENOMEM;
    }
    free(launcher->instance);
    free(launcher->own.environment);
    launcher->instance = copy;
    launcher->own.environment = environment;
    forget_users(launcher);
    return 0;
}

int launcher_new(struct launcher **result, struct ev_loop *loop, const char *program, const char *passed)
{
    struct launcher *launcher = calloc(1, sizeof(*launcher));
    if (!launcher)
        return -ENOMEM;
    launcher->loop = loop;
    launcher->program = strdup(program);
    launcher->passed = passed ? strdup(passed) : NULL;
    int error = launcher->program && (launcher->passed || !passed) ? 0 : -ENOMEM;
    if (error == 0)
        error = user_find_own(&launcher->own.user);
    if (error == 0) {
        launcher->own.environment = environment_make(environ, passed, &launcher->own.user, NULL);
        error = launcher->own.environment ? 0 : -ENOMEM;
    }
    if (error < 0) {
        launcher_free(launcher);
        return error;
    }
    *result = launcher;
    return 0;
}

void launcher_free(struct launcher *launcher)
{
    if (!launcher)
        return;
    forget_users(launcher);
    user_fini(&launcher->own.user);
    free(launcher->own.environment);
    json_decref(launcher->sandbox);
    free(launcher->program);
    free(launcher->instance);
    free(launcher->passed);
    free(launcher);
}

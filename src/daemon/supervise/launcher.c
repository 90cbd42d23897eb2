#include "daemon/supervise/launcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/whole_file.h"
#include "daemon/supervise/environment.h"
#include "daemon/supervise/exec_plan.h"
#include "daemon/supervise/program_files.h"

static void user_free(struct launcher_user *user)
{
    user_fini(&user->user);
    free(user->environment);
    free(user->name);
    free(user);
}

/* 0 or -errno, with nothing to be freed. */
static int look_up(struct launcher_user *user, const struct launcher *launcher)
{
    int error = user_find(&user->user, user->name);
    if (error < 0)
        return error;
    user->environment = environment_make(environ, launcher->passed, &user->user, launcher->instance);
    if (user->environment)
        return 0;
    user_fini(&user->user);
    return -ENOMEM;
}

/* NULL: memory is short. */
static struct launcher_user *user_new(const char *name)
{
    struct launcher_user *user = calloc(1, sizeof(*user));
    if (user && !(user->name = strdup(name))) {
        free(user);
        return NULL;
    }
    return user;
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

/* One that is known, well or not; NULL: memory is short. */
static struct launcher_user *meet(struct launcher *launcher, const char *name)
{
    struct launcher_user *user = find(launcher, name);
    if (user)
        return user;
    if (launcher->user_count == LAUNCHER_USERS_MAX)
        forget_users(launcher);
    user = user_new(name);
    if (!user)
        return NULL;
    user->error = look_up(user, launcher);
    launcher->users[launcher->user_count++] = user;
    return user;
}

void launcher_meet_user(struct launcher *launcher, const char *name)
{
    if (name)
        meet(launcher, name);
}

void launcher_look_again(struct launcher *launcher)
{
    for (size_t i = 0; i < launcher->user_count; i++) {
        struct launcher_user *user = launcher->users[i];
        if (user->error < 0)
            user->error = look_up(user, launcher);
    }
}

int launcher_user(struct launcher *launcher, const char *name, const struct launcher_user **result)
{
    const struct launcher_user *user = name ? meet(launcher, name) : &launcher->own;
    if (!user)
        return -ENOMEM;
    if (user->error == 0)
        *result = user;
    return user->error;
}

/* ---- camd-exec ---- */

enum { PROGRAM_BYTES = 8 << 20 }; /* at most; a static one that knows a C library has one or two */

/* The file's bytes in memory, sealed: a descriptor, or -errno. */
static int image_of(const char *path)
{
    char *bytes = NULL;
    size_t length = 0;
    int error = whole_file_read(path, PROGRAM_BYTES, &bytes, &length);
    int fd = error < 0 ? error : sys_memfd_program(EXEC_NAME);
    if (fd >= 0) {
        error = whole_file_write_to(fd, bytes, length);
        if (error == 0)
            error = sys_seal(fd);
        if (error < 0)
            sys_close(&fd);
    }
    free(bytes);
    return error < 0 ? error : fd;
}

const char *launcher_program(const struct launcher *launcher, int *image)
{
    *image = launcher->image;
    return launcher->image < 0 ? launcher->program : EXEC_IMAGE_PATH;
}

bool launcher_forget_image(struct launcher *launcher, int error)
{
    if (launcher->image < 0 || (error != -ENOENT && error != -EACCES && error != -EPERM && error != -ENOEXEC))
        return false;
    log_debug(NULL, "camd-exec is executed by its path, since from memory it cannot be: %s",
              strerror(-error));
    sys_close(&launcher->image);
    return true;
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
    oom_init(&launcher->oom, "");
    launcher->loop = loop;
    launcher->image = image_of(program);
    if (launcher->image < 0)
        launcher->image = -1; /* what is wrong with the file is said when it is to be executed */
    launcher->program = strdup(program);
    launcher->passed = passed ? strdup(passed) : NULL;
    int error = launcher->program && (launcher->passed || !passed) ? 0 : -ENOMEM;
    if (error == 0)
        error = program_files_new(&launcher->files);
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
    oom_fini(&launcher->oom);
    forget_users(launcher);
    program_files_free(launcher->files);
    user_fini(&launcher->own.user);
    free(launcher->own.environment);
    json_decref(launcher->sandbox);
    sys_close(&launcher->image);
    free(launcher->program);
    free(launcher->instance);
    free(launcher->passed);
    free(launcher);
}

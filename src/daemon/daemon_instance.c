/* Which instance of camd this is: its prefix and its state_dir, held by locks, and what an earlier one has left. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/error_hint.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/timer.h"
#include "config/config.h"
#include "daemon/daemon_private.h"
#include "daemon/disk/unfinished.h"
#include "daemon/segments/shm_instance.h"
#include "daemon/supervise/launcher.h"
#include "daemon/supervise/survivors.h"

static const double PREFIX_RETRY_S = 60.0;

typedef int lock_function(const char *what, int *lock_fd, char problem[SHM_OBSTACLE_BYTES]);

/*
 * A camd that was killed may have left a child half-way to its program, which holds the locks for some ms more. Nothing runs
 * yet that this wait would keep waiting.
 */
static int wait_for(lock_function *lock, const char *what, int *lock_fd, char problem[SHM_OBSTACLE_BYTES])
{
    enum { TRIES = 100 };
    const struct timespec pause = {.tv_nsec = 10 * CLOCK_NS_PER_MS};
    int error = -EWOULDBLOCK;
    for (int try = 0; try < TRIES && error == -EWOULDBLOCK; try++) {
        if (try > 0)
            nanosleep(&pause, NULL);
        error = lock(what, lock_fd, problem);
    }
    return error;
}

int daemon_take_prefix(struct daemon *daemon)
{
    const char *prefix = daemon->services.config->shm_prefix;
    char problem[SHM_OBSTACLE_BYTES], words[ERROR_WORDS_BYTES];
    int error = wait_for(shm_instance_lock, prefix, &daemon->lock_fd, problem);
    if (error == -EWOULDBLOCK)
        log_error(
            NULL,
            "another camd uses the shared-memory prefix %s: stop it, or give this one a shm_prefix of its own",
            prefix);
    else if (error == -EACCES)
        log_error(
            NULL,
            "/dev/shm/%slock has to be a file of this user, and is %s: remove it, or give this camd a shm_prefix of its own",
            prefix, problem);
    else if (error < 0)
        log_error(NULL, "cannot lock /dev/shm/%slock: %s", prefix,
                  error_words_of_path(error, "/dev/shm/", words));
    return error;
}

bool daemon_lock_is_named(const struct daemon *daemon)
{
    const char *prefix = daemon->services.config->shm_prefix;
    return shm_instance_lock_is_named(prefix, daemon->lock_fd) ||
           shm_instance_lock_is_named(prefix, daemon->again_lock_fd);
}

/* Takes what has the lock's name now, beside what is held. 0 or -errno, with a problem as of shm_instance_lock. */
static int lock_again(struct daemon *daemon, char problem[SHM_OBSTACLE_BYTES])
{
    int fd = -1;
    const int error = shm_instance_lock(daemon->services.config->shm_prefix, &fd, problem);
    if (error < 0)
        return error;
    sys_close(&daemon->again_lock_fd);
    daemon->again_lock_fd = fd;
    return 0;
}

static void lose_prefix(struct daemon *daemon, const char *problem)
{
    const char *prefix = daemon->services.config->shm_prefix;
    daemon->services.prefix_problem = text_format(
        "/dev/shm/%slock was removed or replaced while camd used it, and is not its own any more%s%s: another camd that has the shared-memory prefix %s removes segments of this one: give one of them a shm_prefix of its own",
        prefix, problem[0] ? ", but " : "", problem, prefix);
    log_error(NULL, "%s; camd tries every minute to take it back",
              daemon->services.prefix_problem ? daemon->services.prefix_problem : "memory is short");
}

static void win_prefix_back(struct daemon *daemon)
{
    log_notice(NULL, "/dev/shm/%slock is this camd's again", daemon->services.config->shm_prefix);
    free(daemon->services.prefix_problem);
    daemon->services.prefix_problem = NULL;
}

/* Nobody tells when another process gives it up. */
static void look_at_prefix_later(struct daemon *daemon)
{
    struct ev_loop *loop = daemon->services.loop;
    if (daemon->services.prefix_problem)
        timer_start_s(loop, &daemon->prefix_timer, PREFIX_RETRY_S);
    else
        ev_timer_stop(loop, &daemon->prefix_timer);
}

void daemon_keep_prefix(struct daemon *daemon)
{
    const bool was_named = daemon_lock_is_named(daemon), was_lost = daemon->services.prefix_problem;
    char problem[SHM_OBSTACLE_BYTES];
    const int error = was_named ? 0 : lock_again(daemon, problem);
    if (error < 0 && !was_lost)
        lose_prefix(daemon, problem);
    else if (error == 0 && was_lost)
        win_prefix_back(daemon);
    else if (error == 0 && !was_named)
        log_warning(NULL,
                    "/dev/shm/%slock was removed by somebody: made again, since it keeps other camds away",
                    daemon->services.config->shm_prefix);
    look_at_prefix_later(daemon);
}

/* The directory itself, so that no file is needed where there may be no room for one. */
static int lock_directory(const char *path, int *lock_fd, char problem[SHM_OBSTACLE_BYTES])
{
    int fd = sys_open(path, O_RDONLY | O_DIRECTORY, 0);
    const int error = fd < 0 ? fd : sys_flock(fd, LOCK_EX | LOCK_NB);
    (void)problem;
    if (error < 0)
        sys_close(&fd);
    else
        *lock_fd = fd;
    return error;
}

static void say_state_is_taken(const char *path)
{
    log_error(
        NULL,
        "another camd, or a program that has locked it (fuser -v shows which), uses state_dir = %s: stop it, or give this one a state_dir of its own, since each would undo what the other keeps there",
        path);
}

int daemon_take_state(struct daemon *daemon)
{
    const char *path = daemon->services.config->state_dir;
    char problem[SHM_OBSTACLE_BYTES];
    if (wait_for(lock_directory, path, &daemon->state_lock_fd, problem) != -EWOULDBLOCK)
        return 0; /* where it cannot be locked, on some file systems, or is not there, cameras run all the same */
    say_state_is_taken(path);
    return -EWOULDBLOCK;
}

/* The directory that is called so is the one whose lock is held. */
static bool holds_state(const struct daemon *daemon)
{
    struct stat locked, named;
    return fstat(daemon->state_lock_fd, &locked) == 0 &&
           stat(daemon->services.config->state_dir, &named) == 0 && locked.st_dev == named.st_dev &&
           locked.st_ino == named.st_ino;
}

void daemon_keep_state(struct daemon *daemon)
{
    const char *path = daemon->services.config->state_dir;
    char problem[SHM_OBSTACLE_BYTES];
    int lock_fd = -1;
    if (holds_state(daemon))
        return;
    sys_mkdir(path, 0750); /* where it is missing; when it can't be made, who writes there says so */
    const int error = lock_directory(path, &lock_fd, problem);
    if (error == -EWOULDBLOCK)
        say_state_is_taken(path);
    if (error < 0)
        return;
    if (daemon->state_lock_fd >= 0)
        log_warning(
            NULL,
            "state_dir = %s was removed or replaced while camd used it: it goes on in the new one, which has no events of before",
            path);
    sys_close(&daemon->state_lock_fd);
    daemon->state_lock_fd = lock_fd;
}

/*
 * What tells this instance from all others on the machine: its prefix, and the file that says whose the prefix is, which
 * stays where it is from one camd to the next. NULL: memory is short.
 */
static char *name_instance(const struct daemon *daemon)
{
    struct stat status = {0};
    fstat(daemon->lock_fd, &status);
    return text_format("%s/%ju/%ju", daemon->services.config->shm_prefix, (uintmax_t)status.st_dev,
                       (uintmax_t)status.st_ino);
}

int daemon_name_instance(struct daemon *daemon)
{
    char *instance = name_instance(daemon);
    const int error = instance ? launcher_set_instance(daemon->services.launcher, instance) : -ENOMEM;
    free(instance);
    return error;
}

void daemon_remove_unfinished(const struct daemon *daemon)
{
    const struct config *config = daemon->services.config;
    if (config->cameras_dir)
        unfinished_remove(config->cameras_dir, ".ini");
    unfinished_remove(config->state_dir, ".json");
}

/* Both say themselves what they can't end. */
void daemon_end_survivors(const struct daemon *daemon)
{
    enum { WAIT_MS = 5000 };
    survivors_end(daemon->services.launcher->instance, "a camd that was killed", WAIT_MS);
}

void daemon_end_left_behind(const struct daemon *daemon)
{
    enum { WAIT_MS = 1000 };
    const char *instance = daemon->services.launcher->instance;
    if (instance)
        survivors_end_orphans(instance, "a worker", WAIT_MS);
}

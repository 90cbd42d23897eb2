#include "base/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error_hint.h"
#include "base/lockfile.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"

enum { PIDFILE_BYTES = 32 };

struct pidfile {
    int fd; /* holds the lock */
    char *path;
};

static void pidfile_destroy(struct pidfile *pidfile)
{
    sys_close(&pidfile->fd);
    free(pidfile->path);
    free(pidfile);
}

/* What a file that is held says, for the message. */
static void pidfile_log_held(const char *path)
{
    char pid[PIDFILE_BYTES] = "";
    int fd = sys_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd >= 0 && sys_read(fd, pid, sizeof(pid) - 1) > 0)
        pid[strcspn(pid, "\n")] = '\0';
    sys_close(&fd);
    log_error(NULL, "pid file %s: another daemon holds it (process %s); stop it or use another pid file",
              path, pid[0] != '\0' ? pid : "unknown");
}

/* The file that is there: locked, with *fd, so that nobody else replaces it; *fd stays -1 when there is none. */
static int pidfile_take_stale(const char *path, int *fd)
{
    const int error = lockfile_take(path, O_RDONLY, 0, fd);
    if (error == -EWOULDBLOCK) {
        pidfile_log_held(path);
        return -EEXIST;
    }
    return error == -ENOENT ? 0 : error;
}

static int pidfile_write(struct pidfile *pidfile, const char *temporary)
{
    char text[PIDFILE_BYTES];
    const int length = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    int error = sys_open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (error < 0)
        return error;
    pidfile->fd = error;
    error = sys_flock(pidfile->fd, LOCK_EX | LOCK_NB);
    if (error == 0) {
        const ssize_t written = sys_write(pidfile->fd, text, (size_t)length);
        error = written == length ? 0 : written < 0 ? (int)written : -ENOSPC;
    }
    if (error == 0)
        error = sys_fchmod(pidfile->fd, 0644);
    if (error == 0)
        error = sys_rename(temporary, pidfile->path);
    if (error < 0) {
        unlink(temporary);
        sys_close(&pidfile->fd);
    }
    return error;
}

/* Two that start at once must not both find a stale file: under the lock of PATH.lock. */
static int pidfile_replace(struct pidfile *pidfile)
{
    char *temporary = text_format("%s.new", pidfile->path);
    if (!temporary)
        return -ENOMEM;
    int stale = -1;
    int error = pidfile_take_stale(pidfile->path, &stale);
    if (error == 0) {
        unlink(temporary); /* of one that was killed here */
        error = pidfile_write(pidfile, temporary);
    }
    sys_close(&stale);
    free(temporary);
    return error;
}

/* Under the lock of PATH.lock. 0, or -errno with the reason in the log. */
static int pidfile_make(struct pidfile *pidfile)
{
    char *lock_path = text_format("%s.lock", pidfile->path);
    int lock = -1;
    int error = lock_path ? lockfile_take(lock_path, O_RDWR | O_CREAT, 0600, &lock) : -ENOMEM;
    if (error == -EWOULDBLOCK)
        log_error(NULL, "pid file %s: another daemon is just starting", pidfile->path);
    else if (error == 0)
        error = pidfile_replace(pidfile);
    if (lock >= 0) {
        unlink(lock_path);
        sys_close(&lock);
    }
    free(lock_path);
    if (error < 0 && error != -EEXIST && error != -EWOULDBLOCK) {
        char words[ERROR_WORDS_BYTES];
        log_error(NULL, "pid file %s cannot be made: %s", pidfile->path,
                  error_words_of_path(error, pidfile->path, words));
    }
    return error;
}

int pidfile_new(struct pidfile **result, const char *path)
{
    struct pidfile *pidfile = calloc(1, sizeof(*pidfile));
    if (!pidfile)
        return -ENOMEM;
    pidfile->fd = -1;
    pidfile->path = strdup(path);
    const int error = pidfile->path ? pidfile_make(pidfile) : -ENOMEM;
    if (error < 0) {
        pidfile_destroy(pidfile);
        return error;
    }
    *result = pidfile;
    return 0;
}

int pidfile_fd(const struct pidfile *pidfile)
{
    return pidfile->fd;
}

/* Whoever has opened it, it is locked for as long as a descriptor of that is open. */
int pidfile_take_over(struct pidfile **result, const char *path, int fd)
{
    struct pidfile *pidfile = calloc(1, sizeof(*pidfile));
    if (!pidfile)
        return -ENOMEM;
    pidfile->fd = fd;
    pidfile->path = strdup(path);
    if (!pidfile->path) {
        free(pidfile);
        return -ENOMEM;
    }
    *result = pidfile;
    return 0;
}

bool pidfile_is_there(const struct pidfile *pidfile)
{
    return lockfile_is_at(pidfile->fd, pidfile->path);
}

int pidfile_restore(struct pidfile *pidfile)
{
    if (pidfile_is_there(pidfile))
        return 0;
    int old = pidfile->fd;
    pidfile->fd = -1;
    const int error = pidfile_make(pidfile);
    if (error < 0) {
        pidfile->fd = old;
        return error;
    }
    sys_close(&old);
    log_warning(NULL, "pid file %s: somebody has removed it; it is written again", pidfile->path);
    return 0;
}

const char *pidfile_path(const struct pidfile *pidfile)
{
    return pidfile->path;
}

void pidfile_free(struct pidfile *pidfile)
{
    if (!pidfile)
        return;
    if (pidfile_is_there(pidfile))
        unlink(pidfile->path);
    pidfile_destroy(pidfile);
}

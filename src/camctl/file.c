/* file.c - writing a file whole or not at all */
#include "camctl/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/text.h"
#include "base/whole_file.h"

enum { NEW_FILE_MODE = 0666 }; /* less the umask, as any program's output */

static int write_through(const char *path, const void *data, size_t bytes)
{
    int fd = sys_open(path, O_WRONLY | O_NOCTTY, 0);
    if (fd < 0)
        return fd;
    int result = whole_file_write_to(fd, data, bytes);
    sys_close(&fd);
    return result;
}

static mode_t current_umask(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return mask;
}

/* A signal that ends the program leaves no half-made file beside the target: it has to wait. */
static sigset_t hold_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    sigset_t held, before;
    sigemptyset(&held);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaddset(&held, numbers[i]);
    sigprocmask(SIG_BLOCK, &held, &before);
    return before;
}

/* target: no symbolic link. */
static int replace(const char *target, mode_t mode, const void *data, size_t bytes)
{
    char *temporary = text_format("%s.XXXXXX", target);
    if (!temporary)
        return -ENOMEM;
    const sigset_t before = hold_signals();
    int fd = mkostemp(temporary, O_CLOEXEC);
    int result = fd < 0 ? -errno : whole_file_write_to(fd, data, bytes);
    if (result == 0)
        result = sys_fchmod(fd, mode);
    if (result == 0)
        result = sys_rename(temporary, target);
    if (fd >= 0) {
        if (result != 0)
            sys_unlink(temporary);
        sys_close(&fd);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    free(temporary);
    return result;
}

int file_replace(const char *path, const void *data, size_t bytes)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        if (errno != ENOENT)
            return -errno;
        return replace(path, NEW_FILE_MODE & ~current_umask(), data, bytes);
    }
    if (!S_ISREG(info.st_mode))
        return S_ISDIR(info.st_mode) ? -EISDIR : write_through(path, data, bytes);
    char *target = realpath(path, NULL);
    if (!target)
        return -errno;
    int result = replace(target, info.st_mode & 0777, data, bytes);
    free(target);
    return result;
}

enum status file_unwritten(json_t **error, const char *path, int problem)
{
    return status_fail(error, "failed", NULL, "%s cannot be written: %s",
                       strcmp(path, "-") == 0 ? "the output" : path, strerror(-problem));
}

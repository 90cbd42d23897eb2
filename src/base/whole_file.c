#include "base/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"

enum { FIRST_BYTES = 4096 };

bool whole_file_may_be_there(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

int whole_file_open(const char *path, struct stat *status)
{
    /* non-blocking: to open a FIFO would wait for its writer */
    int fd = sys_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0)
        return fd;
    int error = fstat(fd, status) < 0 ? -errno : S_ISREG(status->st_mode) ? 0 : -EINVAL;
    if (error < 0) {
        sys_close(&fd);
        return error;
    }
    return fd;
}

const char *whole_file_problem(int error)
{
    return error == -EINVAL ? "it is no regular file" : strerror(-error);
}

/* One byte more than the limit is read, to see that there is more. */
static size_t larger(size_t room, size_t limit)
{
    size_t most = limit + 1, next = room == 0 ? FIRST_BYTES : 2 * room;
    return next < most ? next : most;
}

int whole_file_read_from(int fd, size_t limit, char **text, size_t *length)
{
    char *buffer = NULL;
    size_t room = 0, have = 0;
    int error = 0;
    while (error == 0) {
        if (have == room) {
            room = larger(room, limit);
            char *grown = realloc(buffer, room + 1);
            error = grown ? 0 : -ENOMEM;
            buffer = grown ? grown : buffer;
            continue;
        }
        ssize_t got = sys_read(fd, buffer + have, room - have);
        if (got == 0)
            break;
        if (got > 0)
            have += (size_t)got;
        else if (got != -EINTR)
            error = (int)got;
        if (have > limit)
            error = -EFBIG;
    }
    if (error < 0) {
        free(buffer);
        return error;
    }
    buffer[have] = '\0';
    *text = buffer;
    *length = have;
    return 0;
}

int whole_file_read(const char *path, size_t limit, char **text, size_t *length)
{
    struct stat status;
    int fd = whole_file_open(path, &status);
    if (fd < 0)
        return fd;
    int error = whole_file_read_from(fd, limit, text, length);
    sys_close(&fd);
    return error;
}

int whole_file_write_to(int fd, const void *data, size_t size)
{
    const char *at = data;
    while (size > 0) {
        ssize_t written = sys_write(fd, at, size);
        if (written == 0)
            return -ENOSPC;
        if (written < 0 && written != -EINTR)
            return (int)written;
        if (written > 0) {
            at += written;
            size -= (size_t)written;
        }
    }
    return 0;
}

#include "daemon/segments/shm_obstacle.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sys.h"
#include "daemon/segments/shm_name.h"

bool shm_obstacle_is_own_file(const struct stat *status)
{
    return S_ISREG(status->st_mode) && status->st_uid == geteuid();
}

static const char *kind_of(mode_t mode)
{
    static const struct {
        mode_t type;
        const char *words;
    } kinds[] = {{S_IFREG, "a file"},
                 {S_IFDIR, "a directory"},
                 {S_IFLNK, "a symbolic link"},
                 {S_IFIFO, "a FIFO"},
                 {S_IFSOCK, "a socket"}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if ((mode & S_IFMT) == kinds[i].type)
            return kinds[i].words;
    }
    return "a device";
}

static int look_at(const char *name, char path[SHM_PATH_BYTES], struct stat *status)
{
    snprintf(path, SHM_PATH_BYTES, "%s%s", SHM_DIRECTORY, name);
    return lstat(path, status) < 0 ? -errno : 0;
}

const char *shm_obstacle_describe(const char *name, char text[SHM_OBSTACLE_BYTES])
{
    char path[SHM_PATH_BYTES];
    struct stat status;
    if (look_at(name, path, &status) < 0)
        snprintf(text, SHM_OBSTACLE_BYTES, "nothing");
    else
        snprintf(text, SHM_OBSTACLE_BYTES, "%s of uid %u", kind_of(status.st_mode),
                 (unsigned int)status.st_uid);
    return text;
}

/* A directory goes when it is empty; what somebody keeps in one is not ours to remove, only its name is. */
static int clear_directory(const char *path, char *now_at, size_t size)
{
    snprintf(now_at, size, "removed");
    if (rmdir(path) == 0)
        return 0;
    if (errno != ENOTEMPTY && errno != EEXIST)
        return -errno;
    char aside[SHM_PATH_BYTES + 32];

    snprintf(aside, sizeof(aside), "%s.moved-%" PRIx64, path, (uint64_t)clock_wall_ns());
    if (renameat2(AT_FDCWD, path, AT_FDCWD, aside, RENAME_NOREPLACE) < 0)
        return -errno;
    snprintf(now_at, size, "moved to %s", aside);
    return 0;
}

int shm_obstacle_clear(const char *subject, const char *name)
{
    char path[SHM_PATH_BYTES], what[SHM_OBSTACLE_BYTES], now_at[SHM_OBSTACLE_BYTES] = "removed";
    struct stat status;
    int result = look_at(name, path, &status);
    if (result == -ENOENT)
        return 0;
    if (result < 0)
        return result;
    shm_obstacle_describe(name, what);
    result = S_ISDIR(status.st_mode) ? clear_directory(path, now_at, sizeof(now_at)) : sys_shm_unlink(name);
    if (result == -ENOENT)
        return 0;
    if (result == 0 && !shm_obstacle_is_own_file(&status))
        log_warning(subject, "%s was taken by %s: %s", path, what, now_at);
    return result;
}

#include "daemon/segments/shm_instance.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lockfile.h"
#include "base/log.h"
#include "base/sys.h"
#include "daemon/segments/shm_file.h"
#include "daemon/segments/shm_name.h"

/* ---- the lock ---- */

enum { LOCK_TRIES = 8 };

/* True when the name has a file of our own, or nothing: a lock can be taken there. */
static bool name_is_ours(const char *path)
{
    struct stat status;
    return lstat(path, &status) < 0 ? errno == ENOENT : shm_obstacle_is_own_file(&status);
}

/* -EAGAIN: somebody else was quicker to make the file. */
static int lock_own(const char *path, int *lock_fd)
{
    struct stat status;
    int fd = -1;
    int result = lockfile_take(path, O_RDWR | O_CREAT, 0600, &fd);
    if (result < 0)
        return result;
    if (fstat(fd, &status) < 0)
        result = -errno;
    else if (!shm_obstacle_is_own_file(&status))
        result = -EAGAIN;
    if (result == 0)
        result = sys_fchmod(fd, 0600); /* an umask may have taken even our own rights */
    if (result < 0)
        sys_close(&fd);
    else
        *lock_fd = fd;
    return result;
}

/* What had the lock's name has this one now. */
static void remove_aside(const char *path, const char *aside, const char *what)
{
    const bool is_gone = remove(aside) == 0;
    log_warning(NULL, "%s was taken by %s: %s%s; a camd of another user needs a shm_prefix of its own", path,
                what, is_gone ? "removed" : "moved to ", is_gone ? "" : aside);
}

/*
 * Puts a new file, locked already, in the place of what is there, in one step: so the name always has a lock. If another
 * camd has just done the same, what comes out is that one's, and goes back: -EAGAIN.
 */
static int lock_in_place_of(const char *name, const char *path, int *lock_fd)
{
    char own[SHM_PATH_BYTES + 32], what[SHM_OBSTACLE_BYTES];
    int fd = -1;
    snprintf(own, sizeof(own), "%s.%" PRIx64, path, (uint64_t)clock_wall_ns());
    shm_obstacle_describe(name, what);
    int result = lockfile_take(own, O_RDWR | O_CREAT | O_EXCL, 0600, &fd);

    if (result < 0)
        return result;
    if (renameat2(AT_FDCWD, own, AT_FDCWD, path, RENAME_EXCHANGE) < 0)
        result = errno == ENOENT ? -EAGAIN : -errno;
    else if (name_is_ours(own) && renameat2(AT_FDCWD, own, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
        result = -EAGAIN;
    if (result < 0) {
        unlink(own);
        sys_close(&fd);
        return result;
    }
    remove_aside(path, own, what);
    *lock_fd = fd;
    return 0;
}

void shm_instance_lock_path(const char *prefix, char path[SHM_PATH_BYTES])
{
    snprintf(path, SHM_PATH_BYTES, "%s/%slock", SHM_DIRECTORY, prefix);
}

bool shm_instance_lock_is_named(const char *prefix, int lock_fd)
{
    char path[SHM_PATH_BYTES];
    shm_instance_lock_path(prefix, path);
    return lock_fd >= 0 && lockfile_is_at(lock_fd, path);
}

int shm_instance_lock(const char *prefix, int *lock_fd, char problem[SHM_OBSTACLE_BYTES])
{
    char name[SHM_NAME_BYTES], path[SHM_PATH_BYTES];
    int result = -EAGAIN;
    problem[0] = '\0';
    if (!shm_prefix_is_usable(prefix))
        return -ENAMETOOLONG;
    snprintf(name, sizeof(name), "/%slock", prefix);
    shm_instance_lock_path(prefix, path);
    for (int try = 0; try < LOCK_TRIES && result == -EAGAIN; try++) {
        if (name_is_ours(path))
            result = lock_own(path, lock_fd);
        else if (geteuid() == 0)
            result = lock_in_place_of(name, path, lock_fd);
        else
            result = -EACCES;
    }
    if (result == -EACCES)
        shm_obstacle_describe(name, problem);
    return result == -EAGAIN ? -EWOULDBLOCK : result;
}

/* ---- room ---- */

int shm_instance_space(struct shm_space *space)
{
    struct statvfs mount;
    struct sysinfo memory;
    if (statvfs(SHM_DIRECTORY, &mount) < 0 || (mount.f_blocks == 0 && sysinfo(&memory) < 0))
        return -errno;
    space->free_files = mount.f_files == 0 ? UINT64_MAX : (uint64_t)mount.f_favail;
    if (mount.f_blocks == 0) {
        space->total_bytes = (uint64_t)memory.totalram * memory.mem_unit;
        space->free_bytes = (uint64_t)memory.freeram * memory.mem_unit;
    } else {
        space->total_bytes = (uint64_t)mount.f_blocks * mount.f_frsize;
        space->free_bytes = (uint64_t)mount.f_bavail * mount.f_frsize;
    }
    return 0;
}

/* ---- the sweep ---- */

static int left_over_remove(int directory, const char *file)
{
    char name[1 + NAME_MAX + 1];
    struct stat status;
    if (fstatat(directory, file, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISREG(status.st_mode))
        return 0;
    snprintf(name, sizeof(name), "/%s", file);
    shm_file_mark_left_over(name);
    int result = sys_shm_unlink(name);

    if (result == -ENOENT) /* a camd of another user, whose prefix this was, has just removed it */
        return 0;
    return result < 0 ? result : 1;
}

int shm_instance_sweep(const char *prefix)
{
    int removed = 0, failed = 0;
    int fd =
        shm_prefix_is_usable(prefix) ? sys_open(SHM_DIRECTORY, O_RDONLY | O_DIRECTORY, 0) : -ENAMETOOLONG;
    if (fd < 0)
        return fd;
    DIR *directory = fdopendir(fd);

    if (!directory) {
        int result = -errno;
        sys_close(&fd);
        return result;
    }
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (!shm_name_parse(prefix, entry->d_name, NULL))
            continue;
        int result = left_over_remove(dirfd(directory), entry->d_name);

        if (result < 0) {
            log_warning(NULL, "%s/%s: a left-over segment cannot be removed: %s; remove it by hand",
                        SHM_DIRECTORY, entry->d_name, strerror(-result));
            failed = result;
        } else {
            removed += result;
        }
    }
    closedir(directory);
    return failed < 0 ? failed : removed;
}

/* What an instance has in /dev/shm: names of its prefix, the lock that says so, left-overs, and room. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "daemon/segments/shm_file.h"
#include "daemon/segments/shm_store.h"

/* ---- names ---- */

static bool part_is_known(const char *part)
{
    static const char *const parts[] = {"info", "ctl", "result", "in", "out"};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcmp(part, parts[i]) == 0)
            return true;
    }
    if (strncmp(part, "frame", strlen("frame")) != 0)
        return false;
    const char *digits = part + strlen("frame");
    size_t length = strspn(digits, "0123456789");

    if (length < 1 || length > 2 || digits[length] != '\0' || (digits[0] == '0' && length > 1))
        return false;
    return atoi(digits) < CAMD_SLOTS_MAX;
}

bool shm_store_parse_name(const char *prefix, const char *name, char camera[CAMD_NAME_MAX + 1])
{
    char found[CAMD_NAME_MAX + 1];
    size_t prefix_length = strlen(prefix);

    if (strncmp(name, prefix, prefix_length) != 0)
        return false;
    name += prefix_length;
    size_t length = strcspn(name, "."); /* a camera's name has none, so the first one ends it */

    if (length > CAMD_NAME_MAX || name[length] != '.')
        return false;
    memcpy(found, name, length);
    found[length] = '\0';
    if (!text_is_camera_name(found) || !part_is_known(name + length + 1))
        return false;
    if (camera)
        memcpy(camera, found, length + 1);
    return true;
}

bool shm_store_prefix_is_usable(const char *prefix)
{
    return strlen(prefix) <= SHM_STORE_PREFIX_MAX && !strchr(prefix, '/');
}

/* ---- the instance ---- */

int shm_store_lock(const char *prefix, int *lock_fd)
{
    char name[SHM_FILE_NAME_BYTES];
    struct stat status;

    if (!shm_store_prefix_is_usable(prefix))
        return -ENAMETOOLONG;
    snprintf(name, sizeof(name), "/%slock", prefix);
    int fd = sys_shm_open(name, O_RDWR | O_CREAT, 0600);

    if (fd < 0)
        return fd;
    int result = fstat(fd, &status) < 0 ? -errno : 0;

    if (result == 0 && (status.st_uid != geteuid() || !S_ISREG(status.st_mode)))
        result = -EACCES;
    if (result == 0)
        result = sys_fchmod(fd, 0600); /* an umask may have taken even our own rights */
    if (result == 0)
        result = sys_flock(fd, LOCK_EX | LOCK_NB);
    if (result < 0) {
        sys_close(&fd);
        return result;
    }
    *lock_fd = fd;
    return 0;
}

int shm_store_space(uint64_t *total_bytes, uint64_t *free_bytes)
{
    struct statvfs space;
    struct sysinfo memory;

    if (statvfs(SHM_STORE_DIRECTORY, &space) < 0)
        return -errno;
    if (space.f_blocks != 0) {
        *total_bytes = (uint64_t)space.f_blocks * space.f_frsize;
        *free_bytes = (uint64_t)space.f_bavail * space.f_frsize;
        return 0;
    }
    if (sysinfo(&memory) < 0)
        return -errno;
    *total_bytes = (uint64_t)memory.totalram * memory.mem_unit;
    *free_bytes = (uint64_t)memory.freeram * memory.mem_unit;
    return 0;
}

/* ---- the sweep ---- */

static int left_over_remove(int directory, const char *file)
{
    char name[SHM_FILE_NAME_BYTES];
    struct stat status;

    if (fstatat(directory, file, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISREG(status.st_mode))
        return 0;
    snprintf(name, sizeof(name), "/%s", file);
    shm_file_mark_left_over(name);
    int result = sys_shm_unlink(name);

    return result < 0 ? result : 1;
}

int shm_store_sweep(const char *prefix)
{
    int removed = 0, failed = 0;
    int fd = shm_store_prefix_is_usable(prefix) ? sys_open(SHM_STORE_DIRECTORY, O_RDONLY | O_DIRECTORY, 0)
                                                : -ENAMETOOLONG;

    if (fd < 0)
        return fd;
    DIR *directory = fdopendir(fd);

    if (!directory) {
        int result = -errno;

        sys_close(&fd);
        return result;
    }
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (!shm_store_parse_name(prefix, entry->d_name, NULL))
            continue;
        int result = left_over_remove(dirfd(directory), entry->d_name);

        if (result < 0) {
            log_warning(
                NULL, SHM_STORE_DIRECTORY "/%s: a left-over segment can't be removed: %s; remove it by hand",
                entry->d_name, strerror(-result));
            failed = result;
        } else {
            removed += result;
        }
    }
    closedir(directory);
    return failed < 0 ? failed : removed;
}

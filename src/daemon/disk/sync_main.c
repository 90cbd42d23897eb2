/*
 * camd-sync - the process that waits for the disk in place of the daemon (persist.h)
 *
 *   camd-sync TEMP FINAL       syncs TEMP, renames it to FINAL, syncs the directory and the one that it is in
 *   camd-sync --remove FINAL   removes FINAL, syncs the same; that there is none is success
 *   camd-sync --move FROM TO   renames FROM to TO, which nothing is called yet, syncs the same
 *   camd-sync --replace TEMP FINAL DEVICE:INODE:SIZE:MTIME
 *                              as the first, but only while FINAL is this file, unchanged; else ESTALE
 *
 * Exits with 0, or with the errno of what failed. The daemon may die and leave it behind: then a new daemon
 * may have written another TEMP by the time that ours is on the disk, and that must not be renamed half
 * written.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_identity.h"
#include "base/stray_signals.h"
#include "daemon/disk/directory_sync.h"

static int failed(const char *what, const char *path)
{
    const int error = errno;
    fprintf(stderr, "camd-sync: cannot %s %s: %s\n", what, path, strerror(error));
    return error;
}

/* False, with errno: ESTALE when the name is another file's. */
static bool is_still_there(int fd, const char *path)
{
    struct stat file, name;
    if (fstat(fd, &file) < 0 || lstat(path, &name) < 0)
        return false;
    errno = ESTALE;
    return file.st_dev == name.st_dev && file.st_ino == name.st_ino;
}

static int sync_directories_of(const char *path)
{
    char *copy = strdup(path);
    if (!copy)
        return failed("copy", path);
    errno = -directory_sync(dirname(copy));
    const int error = errno == 0 ? 0 : failed("sync the directory of", path);
    free(copy);
    return error;
}

static bool is_expected(const char *path, const char *expected)
{
    struct stat status;
    char identity[FILE_IDENTITY_BYTES];
    return lstat(path, &status) == 0 && strcmp(file_identity(&status, identity), expected) == 0;
}

/* A file system that can't exchange names leaves a moment between looking and renaming. */
static int replace_looking(const char *temporary, const char *final, const char *expected)
{
    errno = ESTALE;
    return is_expected(final, expected) && rename(temporary, final) == 0 ? 0 : failed("replace", final);
}

/*
 * Both names are exchanged, so that what somebody puts there at the same moment is seen afterwards, and gets its name
 * back.
 */
static int replace(const char *temporary, const char *final, const char *expected)
{
    if (!is_expected(final, expected)) {
        errno = ESTALE;
        return failed("replace", final);
    }
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, final, RENAME_EXCHANGE) < 0)
        return errno == EINVAL || errno == ENOSYS ? replace_looking(temporary, final, expected)
                                                  : failed("replace", final);
    if (is_expected(temporary, expected))
        return unlink(temporary) < 0 ? failed("remove", temporary) : 0;
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, final, RENAME_EXCHANGE) < 0)
        return failed("put back", final);
    errno = ESTALE;
    return failed("replace", final);
}

/* Syncs it and gives it its name; expected NULL: whatever has that name now. */
static int write_through(const char *temporary, const char *final, const char *expected)
{
    int error = 0;
    const int fd = open(temporary, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return failed("open", temporary);
    if (fsync(fd) < 0)
        error = failed("sync", temporary);
    else if (!is_still_there(fd, temporary))
        error = failed("rename", temporary);
    else if (expected)
        error = replace(temporary, final, expected);
    else if (rename(temporary, final) < 0)
        error = failed("rename", temporary);
    close(fd);
    return error != 0 ? error : sync_directories_of(final);
}

static int remove_through(const char *path)
{
    if (unlink(path) < 0 && errno != ENOENT)
        return failed("remove", path);
    return sync_directories_of(path);
}

/* Without this kind of renaming a moment is left between looking and renaming. */
static int move_through(const char *from, const char *to)
{
    struct stat status;
    int error = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
    if (error < 0 && (errno == EINVAL || errno == ENOSYS)) {
        errno = EEXIST;
        error = lstat(to, &status) == 0 ? -1 : rename(from, to);
    }
    return error < 0 ? failed("rename", from) : sync_directories_of(to);
}

int main(int argc, char **argv)
{
    stray_signals_ignore();
    if (argc == 3 && strcmp(argv[1], "--remove") == 0)
        return remove_through(argv[2]);
    if (argc == 3 && argv[1][0] != '-')
        return write_through(argv[1], argv[2], NULL);
    if (argc == 4 && strcmp(argv[1], "--move") == 0)
        return move_through(argv[2], argv[3]);
    if (argc == 5 && strcmp(argv[1], "--replace") == 0)
        return write_through(argv[2], argv[3], argv[4]);
    fprintf(
        stderr,
        "usage: camd-sync TEMP FINAL | --remove FINAL | --move FROM TO | --replace TEMP FINAL EXPECTED\n");
    return EINVAL;
}

/*
 * camd-sync - the process that waits for the disk in place of the daemon (persist.h)
 *
 *   camd-sync TEMP FINAL       syncs TEMP, renames it to FINAL, syncs the directory
 *   camd-sync --remove FINAL   removes FINAL, syncs the directory; that there is none is success
 *
 * Exits with 0, or with the errno of what failed. The daemon may die and leave it behind: then a new daemon
 * may have written another TEMP by the time that ours is on the disk, and that must not be renamed half
 * written.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(const char *what, const char *path)
{
    const int error = errno;
    fprintf(stderr, "camd-sync: cannot %s %s: %s\n", what, path, strerror(error));
    return error;
}

static bool is_still_there(int fd, const char *path)
{
    struct stat file, name;
    if (fstat(fd, &file) < 0 || lstat(path, &name) < 0)
        return false;
    errno = ESTALE;
    return file.st_dev == name.st_dev && file.st_ino == name.st_ino;
}

static int sync_directory_of(const char *path)
{
    char *copy = strdup(path);
    if (copy == NULL)
        return failed("copy", path);
    int error = 0;
    const char *directory = dirname(copy);
    const int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        error = failed("sync the directory", directory);
    if (fd >= 0)
        close(fd);
    free(copy);
    return error;
}

static int write_through(const char *temporary, const char *final)
{
    int error = 0;
    const int fd = open(temporary, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return failed("open", temporary);
    if (fsync(fd) < 0)
        error = failed("sync", temporary);
    else if (!is_still_there(fd, temporary) || rename(temporary, final) < 0)
        error = failed("rename", temporary);
    close(fd);
    return error != 0 ? error : sync_directory_of(final);
}

static int remove_through(const char *path)
{
    if (unlink(path) < 0 && errno != ENOENT)
        return failed("remove", path);
    return sync_directory_of(path);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--remove") == 0)
        return remove_through(argv[2]);
    if (argc == 3 && argv[1][0] != '-')
        return write_through(argv[1], argv[2]);
    fprintf(stderr, "usage: camd-sync TEMP FINAL | camd-sync --remove FINAL\n");
    return EINVAL;
}

#include "base/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/sys.h"

enum { LOCKFILE_TRIES = 8 };

bool lockfile_is_at(int fd, const char *path)
{
    struct stat file, name;
    return fstat(fd, &file) == 0 && lstat(path, &name) == 0 && file.st_dev == name.st_dev &&
           file.st_ino == name.st_ino;
}

int lockfile_take(const char *path, int flags, mode_t mode, int *fd)
{
    for (int try = 0; try < LOCKFILE_TRIES; try++) {
        int file = sys_open(path, flags | O_NOFOLLOW | O_NONBLOCK, mode);
        if (file < 0)
            return file;
        int error = sys_flock(file, LOCK_EX | LOCK_NB);
        if (error == 0 && lockfile_is_at(file, path)) {
            *fd = file;
            return 0;
        }
        sys_close(&file);
        if (error < 0)
            return error;
    }
    return -EWOULDBLOCK; /* others keep replacing it: somebody is alive */
}

#include "daemon/disk/directory_sync.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int sync_one(const char *directory)
{
    const int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int error = fd < 0 || fsync(fd) < 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return error;
}

/* The name of a mount point is in another file system, which may not be one that is written to. */
static bool is_on_one_file_system(const char *directory, const char *parent)
{
    struct stat its, above;
    return stat(directory, &its) == 0 && stat(parent, &above) == 0 && its.st_dev == above.st_dev;
}

int directory_sync(const char *directory)
{
    char *copy = strdup(directory);
    if (!copy)
        return -ENOMEM;
    int error = sync_one(directory);
    const char *parent = dirname(copy);
    if (error == 0 && access(parent, R_OK) == 0 && is_on_one_file_system(directory, parent))
        error = sync_one(parent);
    free(copy);
    return error;
}

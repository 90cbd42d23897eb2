#include "daemon/disk/directory_sync.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int sync_one(const char *directory)
{
    const int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int error = fd < 0 || fsync(fd) < 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return error;
}

int directory_sync(const char *directory)
{
    char *copy = strdup(directory);
    if (!copy)
        return -ENOMEM;
    int error = sync_one(directory);
    const char *parent = dirname(copy);
    if (error == 0 && access(parent, R_OK) == 0)
        error = sync_one(parent);
    free(copy);
    return error;
}

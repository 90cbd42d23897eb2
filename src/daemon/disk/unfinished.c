#include "daemon/disk/unfinished.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"

static const char unfinished[] = ".camd-new";

/* What a killed daemon left there is replaced, and what an administrator keeps (front.ini.new) is not. */
char *unfinished_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    const size_t directory = slash ? (size_t)(slash - path) + 1 : 0;
    return text_format("%.*s.%s%s", (int)directory, path, path + directory, unfinished);
}

static bool ends_with(const char *name, size_t length, const char *ending)
{
    const size_t size = strlen(ending);
    return length >= size && memcmp(name + length - size, ending, size) == 0;
}

/* A point, a name, the ending, .camd-new. */
static bool is_unfinished(const char *name, const char *ending)
{
    const size_t length = strlen(name);
    if (name[0] != '.' || !ends_with(name, length, unfinished))
        return false;
    const size_t inner = length - strlen(unfinished);
    return inner > 1 + strlen(ending) && ends_with(name, inner, ending);
}

static void remove_from(DIR *directory, const char *path, const char *name)
{
    struct stat status;
    if (fstatat(dirfd(directory), name, &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(status.st_mode))
        return;
    if (unlinkat(dirfd(directory), name, 0) == 0)
        log_notice(NULL, "removed %s/%s, which a camd that was killed had not finished", path, name);
    else if (errno != ENOENT)
        log_warning(
            NULL,
            "cannot remove %s/%s, which a camd that was killed had not finished: %s; remove it, since it may have a password",
            path, name, strerror(errno));
}

void unfinished_remove(const char *path, const char *ending)
{
    int fd = sys_open(path, O_RDONLY | O_DIRECTORY, 0);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    if (!directory) {
        sys_close(&fd); /* whoever reads it says why it cannot be read */
        return;
    }
    while ((entry = readdir(directory)) != NULL) {
        if (is_unfinished(entry->d_name, ending))
            remove_from(directory, path, entry->d_name);
    }
    closedir(directory);
}

#include "daemon/verbs/own_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/text.h"
#include "base/whole_file.h"
#include "config/config.h"
#include "daemon/disk/persist.h"
#include "daemon/verbs/saving.h"

enum { FILE_BYTES = 256 * 1024 }; /* a request, of which camctl's files are made, has 64 KiB */

char *own_file_path(const struct config *config, const char *name)
{
    return config->cameras_dir ? text_format("%s/%s.ini", config->cameras_dir, name) : NULL;
}

static bool is_our_text(const char *path, const char *name, const char *text, size_t length, char **problem)
{
    uint32_t line = 0;
    const char *foreign = config_camera_file_foreign(name, text, &line);
    if (foreign)
        *problem = text_format("%s:%u has %s, which camctl did not write", path, line, foreign);
    else if (strlen(text) < length)
        *problem = text_format("%s:%u has a NUL byte, which camctl did not write", path, line);
    return !foreign && strlen(text) == length;
}

static bool is_our_content(int fd, const char *path, const char *name, char **problem)
{
    char *text = NULL;
    size_t length = 0;
    const int error = whole_file_read_from(fd, FILE_BYTES, &text, &length);
    if (error == -EFBIG)
        *problem = text_format("%s is larger than any file that camctl writes", path);
    else if (error < 0)
        *problem = text_format("%s cannot be read: %s", path, strerror(-error));
    const bool is_ours = error == 0 && is_our_text(path, name, text, length, problem);
    free(text);
    return is_ours;
}

static bool is_our_kind(const char *path, const struct stat *status, char **problem)
{
    if (!S_ISREG(status->st_mode))
        *problem = text_format("%s is no regular file, so camctl did not write it", path);
    else if (status->st_uid != 0 && status->st_uid != geteuid())
        *problem = text_format("%s belongs to user %u, so camctl did not write it", path,
                               (unsigned int)status->st_uid);
    else
        return true;
    return false;
}

bool own_file_is_ours(const char *path, const char *name, char **problem)
{
    struct stat status;
    *problem = NULL;
    if (lstat(path, &status) < 0) { /* what is not there can't be lost */
        if (errno != ENOENT)
            *problem = text_format("%s cannot be looked at: %s", path, strerror(errno));
        return errno == ENOENT;
    }
    if (!is_our_kind(path, &status, problem))
        return false;
    int fd = whole_file_open(path, &status);
    if (fd < 0) {
        *problem = text_format("%s cannot be read: %s", path, strerror(-fd));
        return false;
    }
    const bool is_ours = is_our_content(fd, path, name, problem);
    sys_close(&fd);
    return is_ours;
}

void own_file_remove(struct persist *persist, struct saving *saving, struct camera *camera, const char *path)
{
    const int error = persist_remove(persist, path, saving_file_done, saving);
    saving_note(saving, camera, SAVING_FILE, error < 0 ? error : 1);
}

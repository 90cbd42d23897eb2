#include "daemon/verbs/own_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/whole_file.h"
#include "config/config.h"
#include "daemon/disk/persist.h"
#include "daemon/verbs/saving.h"

enum { EDITED_BYTES = PERSIST_BYTES_MAX / 2 };
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
    secret_free_bytes(text, length);
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
        const bool is_gone = errno == ENOENT || errno == ENOTDIR;
        if (!is_gone)
            *problem = text_format("%s cannot be looked at: %s", path, strerror(errno));
        return is_gone;
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

/* ---- one that people edit, too ---- */

static bool is_in_directory(const char *path, const char *directory)
{
    const size_t length = directory ? strlen(directory) : 0;
    return length > 0 && strncmp(path, directory, length) == 0 && path[length] == '/' &&
           !strchr(path + length + 1, '/');
}

char *own_file_problem(const struct config *config, const struct config_camera *camera)
{
    if (!camera->file)
        return text_format("it was added at run time and is in no file");
    if (is_in_directory(camera->file, config->cameras_dir))
        return NULL;
    return text_format("it is written in %s:%u, a file that camctl does not edit", camera->file,
                       camera->line);
}

static char *kind_problem(const char *path, int fd, const struct stat *status)
{
    if (status->st_nlink > 1)
        return text_format("%s has %ju names: only one of them would lead to the new text", path,
                           (uintmax_t)status->st_nlink);
    if (fgetxattr(fd, "system.posix_acl_access", NULL, 0) > 0)
        return text_format("%s has an access list, which would be lost", path);
    if (status->st_uid != geteuid() && geteuid() != 0)
        return text_format("%s belongs to user %u, and would be camd's then", path,
                           (unsigned int)status->st_uid);
    return NULL;
}

static char *content_problem(const char *path, int fd, struct own_file *file)
{
    const int error = whole_file_read_from(fd, EDITED_BYTES, &file->text, &file->length);
    if (error == -EFBIG)
        return text_format("%s has more than %d bytes", path, EDITED_BYTES);
    if (error < 0)
        return text_format("%s cannot be read: %s", path, strerror(-error));
    if (strlen(file->text) < file->length) {
        own_file_release(file);
        return text_format("%s has a NUL byte", path);
    }
    return NULL;
}

bool own_file_read(const char *path, struct own_file *file, char **problem)
{
    struct stat name;
    const bool is_link = lstat(path, &name) == 0 && S_ISLNK(name.st_mode);
    int fd = is_link ? -ELOOP : whole_file_open(path, &file->status);
    if (is_link)
        *problem = text_format("%s is a symbolic link, in whose place a file would come", path);
    else if (fd < 0)
        *problem = text_format("%s cannot be read: %s", path, whole_file_problem(fd));
    if (fd < 0)
        return false;
    *problem = kind_problem(path, fd, &file->status);
    if (!*problem)
        *problem = content_problem(path, fd, file);
    sys_close(&fd);
    return !*problem;
}

void own_file_release(struct own_file *file)
{
    secret_free_bytes(file->text, file->length);
}

void own_file_remove(struct persist *persist, struct saving *saving, struct camera *camera, const char *path)
{
    const int error = persist_remove(persist, path, saving_file_done, saving);
    saving_note(saving, camera, SAVING_FILE, error < 0 ? error : 1);
}

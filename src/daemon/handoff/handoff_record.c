#include "daemon/handoff/handoff_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/sys.h"
#include "base/whole_file.h"
#include "daemon/handoff/handoff_fields.h"

/* ---- the file ---- */

static int fill(int fd, const void *bytes, size_t size)
{
    int error = whole_file_write_to(fd, bytes, size);
    if (error == 0)
        error = sys_fchmod(fd, 0600);
    if (error == 0 && lseek(fd, 0, SEEK_SET) < 0)
        error = -errno;
    return error == 0 ? sys_seal(fd) : error;
}

int handoff_file(const void *bytes, size_t size)
{
    int fd = sys_memfd_sealable("camd-handoff");
    const int error = fd < 0 ? fd : fill(fd, bytes, size);
    if (error < 0)
        sys_close(&fd);
    return error < 0 ? error : fd;
}

int handoff_record_write(json_t *record)
{
    char *text = json_object_set_new(record, "handoff", json_integer(HANDOFF_VERSION)) == 0
                     ? json_dumps(record, JSON_COMPACT)
                     : NULL;
    const int fd = text ? handoff_file(text, strlen(text)) : -ENOMEM;
    free(text);
    return fd;
}

int handoff_record_parse(const char *text, size_t length, json_t **result)
{
    json_error_t problem;
    json_t *record = json_parse_object(text, length, &problem);
    const int64_t version = json_member_int(record, "handoff", -1);
    if (record && version == HANDOFF_VERSION) {
        *result = record;
        return 0;
    }
    json_decref(record);
    return version < 0 ? -EINVAL : -EPROTONOSUPPORT;
}

/* The descriptor may be used again: it is read without its position. */
static int read_text(int fd, char **text, size_t *length)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -errno;
    if (status.st_size <= 0 || status.st_size > HANDOFF_BYTES_MAX)
        return -EINVAL;
    *length = (size_t)status.st_size;
    *text = malloc(*length);
    if (!*text)
        return -ENOMEM;
    for (size_t at = 0; at < *length;) {
        const ssize_t got = sys_pread(fd, *text + at, *length - at, (off_t)at);
        if (got <= 0) {
            free(*text);
            return got < 0 ? (int)got : -EINVAL;
        }
        at += (size_t)got;
    }
    return 0;
}

int handoff_record_read(int fd, json_t **record)
{
    char *text = NULL;
    size_t length = 0;
    int error = read_text(fd, &text, &length);
    if (error < 0)
        return error;
    error = handoff_record_parse(text, length, record);
    free(text);
    return error;
}

/* ---- descriptors ---- */

typedef void fd_function(json_t *value, int fd, const void *context);

static void for_each_fd(json_t *value, fd_function *function, const void *context)
{
    const char *name;
    size_t index;
    json_t *member;
    if (json_is_object(value) && json_object_size(value) == 1 && handoff_read_fd(value) >= 0) {
        function(value, handoff_read_fd(value), context);
        return;
    }
    json_object_foreach(value, name, member) {
        for_each_fd(member, function, context);
    }
    json_array_foreach(value, index, member) {
        for_each_fd(member, function, context);
    }
}

static void set_inherited(json_t *value, int fd, const void *context)
{
    const bool *inherit = context;
    (void)value;
    fcntl(fd, F_SETFD, *inherit ? 0 : FD_CLOEXEC);
}

void handoff_record_inherit(const json_t *record, bool inherit)
{
    for_each_fd(json_readable(record), set_inherited, &inherit);
}

static void close_one(json_t *value, int fd, const void *context)
{
    (void)value;
    (void)context;
    sys_close(&fd);
}

void handoff_record_close(const json_t *record)
{
    for_each_fd(json_readable(record), close_one, NULL);
}

static void replace(json_t *value, int fd, const void *context)
{
    (void)fd;
    json_object_set_new(value, "fd", json_integer(*(const int *)context));
}

void handoff_record_replace_fds(json_t *record, int fd)
{
    for_each_fd(record, replace, &fd);
}

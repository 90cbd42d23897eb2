#include "mqtt/place_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/sys.h"
#include "base/whole_file.h"

static const char name[] = "acknowledged.json";

enum { PLACE_FILE_BYTES = 4096 };

int place_file_read(const char *directory, struct camd_place *place)
{
    char path[PATH_MAX], *text = NULL;
    size_t length = 0;
    json_error_t error;
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    int result = whole_file_read(path, PLACE_FILE_BYTES, &text, &length);
    if (result == -ENOENT) {
        *place = (struct camd_place){0};
        return 0;
    }
    if (result < 0)
        return result;
    json_t *read = json_parse_object(text, length, &error);
    const int64_t epoch = json_member_int(read, "epoch", 0), seq = json_member_int(read, "seq", -1);
    json_decref(read);
    free(text);
    if (epoch <= 0 || seq < 0)
        return -EBADMSG;
    *place = (struct camd_place){.epoch = (uint64_t)epoch, .seq = (uint64_t)seq};
    return 0;
}

static int write_new(const char *path, const char *text)
{
    int fd = sys_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fd;
    int result = whole_file_write_to(fd, text, strlen(text));
    if (result == 0 && fdatasync(fd) < 0)
        result = -errno;
    sys_close(&fd);
    return result;
}

int place_file_write(const char *directory, struct camd_place place)
{
    char path[PATH_MAX], temporary[PATH_MAX + 8], text[96];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    snprintf(temporary, sizeof(temporary), "%s.new", path);
    snprintf(text, sizeof(text), "{\"epoch\":%" PRIu64 ",\"seq\":%" PRIu64 "}\n", place.epoch, place.seq);
    int result = write_new(temporary, text);
    if (result == 0)
        result = sys_rename(temporary, path);
    if (result < 0)
        sys_unlink(temporary);
    return result;
}

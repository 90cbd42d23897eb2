#include "libcamd/client_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "camd/client.h"

enum { LINES_ROOM = 65536 }; /* to begin with, and again after a longer line */

void client_lines_init(struct client_lines *lines)
{
    *lines = (struct client_lines){.bytes = NULL};
}

void client_lines_fini(struct client_lines *lines)
{
    free(lines->bytes);
    client_lines_init(lines);
}

void client_lines_clear(struct client_lines *lines)
{
    lines->start = lines->used = lines->searched = 0;
}

static int lines_resize(struct client_lines *lines, size_t room)
{
    char *const resized = realloc(lines->bytes, room);
    if (!resized)
        return -ENOMEM;
    lines->bytes = resized;
    lines->room = room;
    return 0;
}

static int lines_make_room(struct client_lines *lines)
{
    const size_t held = lines->used - lines->start;
    if (lines->start > 0) {
        memmove(lines->bytes, lines->bytes + lines->start, held);
        lines->start = 0;
        lines->used = held;
    }
    if (held == 0 && lines->room != LINES_ROOM)
        return lines_resize(lines, LINES_ROOM);
    if (held < lines->room)
        return 0;
    return lines->room >= CAMD_LINE_BYTES ? -EMSGSIZE : lines_resize(lines, 2 * lines->room);
}

ssize_t client_lines_fill(struct client_lines *lines, int fd)
{
    const int result = lines_make_room(lines);
    if (result < 0)
        return result;

    const ssize_t length = recv(fd, lines->bytes + lines->used, lines->room - lines->used, MSG_DONTWAIT);

    if (length < 0)
        return -errno;
    lines->used += (size_t)length;
    return length;
}

bool client_lines_next(struct client_lines *lines, char **line, size_t *length)
{
    const size_t held = lines->used - lines->start;
    if (held == 0)
        return false;

    char *const begin = lines->bytes + lines->start;
    char *const end = memchr(begin + lines->searched, '\n', held - lines->searched);

    if (!end) {
        lines->searched = held;
        return false;
    }
    *end = '\0';
    *line = begin;
    *length = (size_t)(end - begin);
    lines->start += *length + 1;
    lines->searched = 0;
    return true;
}

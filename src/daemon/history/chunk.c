#include "daemon/history/chunk.h"

#include <stdlib.h>

#include "base/shared_text.h"
#include "base/sys.h"
#include "daemon/history/event_query.h"
#include "daemon/history/event_record.h"

void chunk_init(struct chunk *chunk)
{
    *chunk = (struct chunk){.fd = -1};
}

void chunk_open(struct chunk *chunk, int fd)
{
    chunk_close(chunk);
    chunk->fd = fd;
}

bool chunk_is_open(const struct chunk *chunk)
{
    return chunk->fd >= 0;
}

void chunk_close(struct chunk *chunk)
{
    sys_close(&chunk->fd);
    chunk->at = 0;
}

void chunk_rewind(struct chunk *chunk)
{
    chunk->at = 0;
}

static struct shared_text *read_text(const struct chunk *chunk, size_t size)
{
    static char bytes[EVENT_RECORD_TEXT_MAX];
    const off_t at = chunk->at + (off_t)sizeof(struct event_frame);
    if (size > sizeof(bytes) || (size > 0 && sys_pread(chunk->fd, bytes, size, at) != (ssize_t)size))
        return NULL;
    return shared_text_new(bytes, size);
}

bool chunk_next(struct chunk *chunk, struct event_frame *frame, struct shared_text **text)
{
    struct event_frame next;
    if (chunk->fd < 0 || sys_pread(chunk->fd, &next, sizeof(next), chunk->at) != (ssize_t)sizeof(next))
        return false;
    struct shared_text *read = next.kind < EVENT_FRAME_KINDS ? read_text(chunk, next.size) : NULL;
    if (!read)
        return false;
    chunk->at += (off_t)(sizeof(next) + next.size);
    *frame = next;
    *text = read;
    return true;
}

#include "base/byte_queue.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BYTE_QUEUE_FIRST = 1024 };

void byte_queue_init(struct byte_queue *queue)
{
    *queue = (struct byte_queue){NULL, 0, 0, 0};
}

void byte_queue_fini(struct byte_queue *queue)
{
    free(queue->data);
    byte_queue_init(queue);
}

const char *byte_queue_front(const struct byte_queue *queue)
{
    return queue->data ? queue->data + queue->start : NULL;
}

char *byte_queue_reserve(struct byte_queue *queue, size_t size)
{
    if (size > SIZE_MAX / 4 - queue->length)
        return NULL;
    const size_t wanted = queue->length + size;
    if (queue->start > 0 && queue->start + wanted > queue->capacity) {
        memmove(queue->data, queue->data + queue->start, queue->length);
        queue->start = 0;
    }
    if (wanted > queue->capacity) {
        size_t capacity = queue->capacity == 0 ? BYTE_QUEUE_FIRST : queue->capacity;
        while (capacity < wanted)
            capacity *= 2;
        char *data = realloc(queue->data, capacity);
        if (!data)
            return NULL;
        queue->data = data;
        queue->capacity = capacity;
    }
    return queue->data + queue->start + queue->length;
}

void byte_queue_commit(struct byte_queue *queue, size_t size)
{
    assert(queue->start + queue->length + size <= queue->capacity);
    queue->length += size;
}

int byte_queue_append(struct byte_queue *queue, const void *bytes, size_t size)
{
    if (size == 0)
        return 0;
    char *room = byte_queue_reserve(queue, size);
    if (!room)
        return -ENOMEM;
    memcpy(room, bytes, size);
    byte_queue_commit(queue, size);
    return 0;
}

void byte_queue_consume(struct byte_queue *queue, size_t size)
{
    assert(size <= queue->length);
    queue->start += size;
    queue->length -= size;
    if (queue->length == 0)
        byte_queue_fini(queue); /* most clients are quiet most of the time */
}

void byte_queue_truncate(struct byte_queue *queue, size_t length)
{
    assert(length <= queue->length);
    queue->length = length;
}

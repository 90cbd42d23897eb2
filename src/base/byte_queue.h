/*
 * byte_queue.h - bytes that wait, contiguous, in at one end and out at the other
 *
 * What a client sent and what it has not taken yet. Memory is held only while bytes wait; the user bounds
 * them.
 */
#ifndef CAMD_BASE_BYTE_QUEUE_H
#define CAMD_BASE_BYTE_QUEUE_H

#include <stddef.h>

struct byte_queue {
    char *data;
    size_t start, length; /* the waiting bytes are data[start] to data[start + length - 1] */
    size_t capacity;
};

void byte_queue_init(struct byte_queue *queue);
void byte_queue_fini(struct byte_queue *queue);

/* The waiting bytes; valid until the next call that changes the queue. NULL when there have never been any. */
const char *byte_queue_front(const struct byte_queue *queue);
/* 0, or -ENOMEM with the queue as it was. */
int byte_queue_append(struct byte_queue *queue, const void *bytes, size_t size);
/* Room for size bytes behind the waiting ones: fill it, then commit what was filled. NULL: memory is short. */
char *byte_queue_reserve(struct byte_queue *queue, size_t size);
void byte_queue_commit(struct byte_queue *queue, size_t size);
/* Takes size bytes off the front; at most what waits. */
void byte_queue_consume(struct byte_queue *queue, size_t size);
/* Takes bytes off the back, until length wait: undoes appending. */
void byte_queue_truncate(struct byte_queue *queue, size_t length);

#endif

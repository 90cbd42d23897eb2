/*
 * control_output.h - what waits for a client: bytes of its own, and texts between them that all clients share
 *
 * Own bytes are appended to the byte queue. A shared text is never copied: it takes its place behind what waits, and is
 * sent from where it is. The user bounds the length.
 */
#ifndef CAMD_DAEMON_CONTROL_CONTROL_OUTPUT_H
#define CAMD_DAEMON_CONTROL_CONTROL_OUTPUT_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/byte_queue.h"

struct control_insert;
struct shared_text;

struct control_output {
    struct byte_queue bytes; /* append here, between other calls */
    struct control_insert *inserts;
    size_t first, count, room; /* of inserts: those that wait are first to first + count - 1 */
    size_t placed;             /* bytes that go before an insert; the others are behind the last one */
    size_t taken;              /* of the first insert's text */
    size_t shared;             /* bytes of texts that wait */
};

/* How far the output reaches now, to be taken back to. Void once something was consumed. */
struct control_mark {
    size_t bytes, inserts;
};

/* All zero is an empty one. */
void control_output_fini(struct control_output *output);
size_t control_output_length(const struct control_output *output);

/* Keeps a reference. 0, or -ENOMEM with the output as it was. */
int control_output_share(struct control_output *output, struct shared_text *text);

struct control_mark control_output_mark(const struct control_output *output);
void control_output_take_back(struct control_output *output, struct control_mark mark);

/* What is to be sent first, in at most `most` pieces; returns their number. Valid until the output changes. */
size_t control_output_gather(const struct control_output *output, struct iovec *pieces, size_t most);
/* Takes size bytes off the front, at most what waits. */
void control_output_consume(struct control_output *output, size_t size);

#endif

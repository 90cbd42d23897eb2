/*
 * chunk.h - what camd-events has found, read frame by frame (event_query.h) from the file in memory that it is in
 *
 * What does not have the form of frames is the end of it: so much is not there.
 */
#ifndef CAMD_DAEMON_HISTORY_CHUNK_H
#define CAMD_DAEMON_HISTORY_CHUNK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct event_frame;
struct shared_text;

struct chunk {
    int fd; /* -1: none */
    off_t at;
};

void chunk_init(struct chunk *chunk);
/* Takes fd. */
void chunk_open(struct chunk *chunk, int fd);
bool chunk_is_open(const struct chunk *chunk);
void chunk_close(struct chunk *chunk);
/* What was read is to be read again. */
void chunk_rewind(struct chunk *chunk);

/* False: there is no more. *text, a new reference, is what follows the frame; empty perhaps. */
bool chunk_next(struct chunk *chunk, struct event_frame *frame, struct shared_text **text);

#endif

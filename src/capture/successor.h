/*
 * successor.h - the stream that takes the place of another one: an MPEG-TS or FLV stream whose codec changes goes on as a new
 * stream, and nothing says that the old one is over
 *
 * It is when packets of a new one come, and none of the old. They are kept until that is sure, since the first of them
 * is the key frame that the others need.
 */
#ifndef CAMD_CAPTURE_SUCCESSOR_H
#define CAMD_CAPTURE_SUCCESSOR_H

#include <stdbool.h>
#include <stdint.h>

struct AVPacket;

enum { SUCCESSOR_PACKETS = 5 }; /* so many make it sure */

struct successor {
    struct AVPacket *packets[SUCCESSOR_PACKETS]; /* owned; all of one stream */
    int64_t arrivals_ns[SUCCESSOR_PACKETS];
    unsigned int count;
};

/* A packet of a new stream, which is taken over. True: it is the successor, and these are its first packets. */
bool successor_add(struct successor *successor, struct AVPacket *packet, int64_t arrival_ns);
/* A packet of the old one came. */
void successor_clear(struct successor *successor);

#endif

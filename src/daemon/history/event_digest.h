/*
 * event_digest.h - what a span of places in the store has: which words of which cameras, and of which time
 *
 * Who looks for something rare passes over the spans that cannot have it, instead of reading all events. A digest may
 * say more than is there, never less. As it is stored:
 *
 *   offset  bytes  little-endian
 *        0      4  crc32 (that of zlib) over all that follows
 *        4      1  version, EVENT_DIGEST_VERSION
 *        5      3  zero
 *        8      8  place of the last event
 *       16      8  how many events there are
 *       24      8  when the first of them happened, nanoseconds of the wall clock
 *       32      8  and the last of them
 *       40         for each camera, 12 bytes: its number, 4, and its words, 8: a bit each,
 *                    1 << enum event_word
 *
 * Pure.
 */
#ifndef CAMD_DAEMON_HISTORY_EVENT_DIGEST_H
#define CAMD_DAEMON_HISTORY_EVENT_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    EVENT_DIGEST_VERSION = 1,
    EVENT_DIGEST_PLACES = 256, /* of a span */
    EVENT_DIGEST_HEADER_BYTES = 40,
    EVENT_DIGEST_ROW_BYTES = 12,
    EVENT_DIGEST_BYTES_MAX = EVENT_DIGEST_HEADER_BYTES + EVENT_DIGEST_PLACES * EVENT_DIGEST_ROW_BYTES,
};

struct event_digest {
    uint64_t first;           /* place at which the span begins */
    uint64_t last, count;     /* place of the last event, and how many there are; 0: none */
    int64_t from_ns, upto_ns; /* of the earliest and the latest of them */
    size_t rows;
    struct event_digest_row {
        uint32_t camera; /* its number; 0: none */
        uint64_t words;
    } row[EVENT_DIGEST_PLACES];
};

/* Where the span begins that the place is in, and the last place of that. */
uint64_t event_digest_first(uint64_t place);
uint64_t event_digest_end(uint64_t place);

/* Empty; of the span that the place is in. */
void event_digest_init(struct event_digest *digest, uint64_t place);
/* There was no event at that place. False: there are more than a span can have, so the file is not what it should be. */
bool event_digest_add(struct event_digest *digest, uint64_t place, uint32_t camera, const char *word,
                      int64_t wall_ns);
/* Every place up to the last one has an event. */
bool event_digest_is_dense(const struct event_digest *digest);

size_t event_digest_encode(const struct event_digest *digest, uint8_t bytes[EVENT_DIGEST_BYTES_MAX]);
/* place: one of its span. 0; -EBADMSG: it is none, or one of another version. */
int event_digest_decode(const uint8_t *bytes, size_t size, uint64_t place, struct event_digest *digest);

#endif

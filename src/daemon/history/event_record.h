/*
 * event_record.h - an event as it is stored: versioned, with a checksum, the same bytes on every machine
 *
 *   offset  bytes  little-endian
 *        0      4  crc32 (that of zlib) over all that follows
 *        4      1  version, EVENT_RECORD_VERSION
 *        5      1  length of the word
 *        6      2  zero
 *        8      8  when it happened, nanoseconds of the wall clock
 *       16      4  number of the camera, 0: none
 *       20         the word of the event, and then its text: a JSON object in one line
 *
 * Pure.
 */
#ifndef CAMD_DAEMON_HISTORY_EVENT_RECORD_H
#define CAMD_DAEMON_HISTORY_EVENT_RECORD_H

#include <stddef.h>
#include <stdint.h>

enum {
    EVENT_RECORD_VERSION = 1,
    EVENT_RECORD_HEADER_BYTES = 20,
    EVENT_RECORD_WORD_MAX = 40,
    EVENT_RECORD_TEXT_MAX = 128 * 1024,
};

struct event_record {
    uint32_t camera;
    int64_t wall_ns;
    char word[EVENT_RECORD_WORD_MAX + 1];
    const char *text; /* somebody else's */
    size_t length;
};

size_t event_record_size(const struct event_record *record);
/* bytes has room for that many. */
void event_record_encode(const struct event_record *record, uint8_t *bytes);
/*
 * The text is in bytes. 0; -EPROTONOSUPPORT: of another version; -EBADMSG: damaged. *record is untouched then.
 */
int event_record_decode(const uint8_t *bytes, size_t size, struct event_record *record);

#endif

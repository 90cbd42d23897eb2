#include "daemon/history/event_record.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>

#include "base/little_endian.h"

enum { AT_CRC = 0, AT_VERSION = 4, AT_WORD_LENGTH = 5, AT_ZERO = 6, AT_WALL = 8, AT_CAMERA = 16 };

static uint32_t checksum(const uint8_t *bytes, size_t size)
{
    return (uint32_t)crc32(0, bytes + AT_VERSION, (uInt)(size - AT_VERSION));
}

size_t event_record_size(const struct event_record *record)
{
    return EVENT_RECORD_HEADER_BYTES + strlen(record->word) + record->length;
}

void event_record_encode(const struct event_record *record, uint8_t *bytes)
{
    const size_t word = strlen(record->word), size = event_record_size(record);
    bytes[AT_VERSION] = EVENT_RECORD_VERSION;
    bytes[AT_WORD_LENGTH] = (uint8_t)word;
    little_endian_put(bytes + AT_ZERO, 0, 2);
    little_endian_put(bytes + AT_WALL, (uint64_t)record->wall_ns, 8);
    little_endian_put(bytes + AT_CAMERA, record->camera, 4);
    memcpy(bytes + EVENT_RECORD_HEADER_BYTES, record->word, word);
    memcpy(bytes + EVENT_RECORD_HEADER_BYTES + word, record->text, record->length);
    little_endian_put(bytes + AT_CRC, checksum(bytes, size), 4);
}

static bool is_word(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((bytes[i] < 'a' || bytes[i] > 'z') && bytes[i] != '_')
            return false;
    return length > 0 && length <= EVENT_RECORD_WORD_MAX;
}

/* It becomes part of a line on the control socket. */
static bool is_line(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] < ' ')
            return false;
    return length >= 2 && length <= EVENT_RECORD_TEXT_MAX && bytes[0] == '{' && bytes[length - 1] == '}';
}

int event_record_decode(const uint8_t *bytes, size_t size, struct event_record *record)
{
    if (size < EVENT_RECORD_HEADER_BYTES || little_endian_get(bytes + AT_CRC, 4) != checksum(bytes, size))
        return -EBADMSG;
    if (bytes[AT_VERSION] != EVENT_RECORD_VERSION)
        return -EPROTONOSUPPORT;
    const uint8_t *word = bytes + EVENT_RECORD_HEADER_BYTES;
    const size_t word_length = bytes[AT_WORD_LENGTH], left = size - EVENT_RECORD_HEADER_BYTES;
    if (little_endian_get(bytes + AT_ZERO, 2) != 0 || word_length > left || !is_word(word, word_length) ||
        !is_line(word + word_length, left - word_length))
        return -EBADMSG;
    record->camera = (uint32_t)little_endian_get(bytes + AT_CAMERA, 4);
    record->wall_ns = (int64_t)little_endian_get(bytes + AT_WALL, 8);
    memcpy(record->word, word, word_length);
    record->word[word_length] = '\0';
    record->text = (const char *)word + word_length;
    record->length = left - word_length;
    return 0;
}

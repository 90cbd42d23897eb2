/*
 * fuzz_event.c - stored events, the frames in which they are read, and the filters by which strangers ask for them
 *
 * A first byte 'f' asks for a filter: JSON follows. 'c' asks for a chunk of frames. Everything else is a record; and again
 * with its checksum made right, so that what is behind that is reached, too. Whatever is accepted is an event that
 * can be a part of a line, and is stored as the same bytes.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/json.h"
#include "base/shared_text.h"
#include "base/sys.h"
#include "daemon/events/event_filter.h"
#include "daemon/history/chunk.h"
#include "daemon/history/event_query.h"
#include "daemon/history/event_record.h"
#include "fuzz.h"

static void check_record(const uint8_t *bytes, size_t size)
{
    struct event_record record;
    if (event_record_decode(bytes, size, &record) < 0)
        return;
    check(record.text >= (const char *)bytes && record.text + record.length == (const char *)bytes + size);
    check(!memchr(record.text, '\n', record.length) && strlen(record.word) <= EVENT_RECORD_WORD_MAX);
    uint8_t *again = malloc(size);
    check(again && event_record_size(&record) == size);
    event_record_encode(&record, again);
    check(memcmp(bytes, again, size) == 0);
    free(again);
}

static void check_mended(const uint8_t *data, size_t size)
{
    uint8_t *mended = size > 4 ? malloc(size) : NULL;
    if (!mended)
        return;
    memcpy(mended, data, size);
    const uint32_t crc = (uint32_t)crc32(0, mended + 4, (uInt)(size - 4));
    for (int i = 0; i < 4; i++)
        mended[i] = (uint8_t)(crc >> 8 * i);
    check_record(mended, size);
    free(mended);
}

static void check_chunk(const uint8_t *data, size_t size)
{
    struct chunk chunk;
    struct event_frame frame;
    struct shared_text *text;
    const int fd = sys_memfd("fuzz-event");
    check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    chunk_init(&chunk);
    chunk_open(&chunk, fd);
    while (chunk_next(&chunk, &frame, &text)) {
        check(frame.kind < EVENT_FRAME_KINDS && text->length == frame.size && text->length <= size);
        shared_text_release(text);
    }
    chunk_close(&chunk);
}

static void check_filter(const char *text, size_t size)
{
    char problem[EVENT_FILTER_PROBLEM_BYTES] = "";
    json_error_t error;
    struct event_filter filter, again;
    json_t *body = json_parse_object(text, size, &error);
    if (body && event_filter_read(&filter, body, problem) == 0) {
        json_t *written = event_filter_write(&filter);
        check(event_filter_read(&again, written, problem) == 0);
        for (unsigned int word = 0; word <= EVENT_WORD_COUNT; word++)
            check(event_filter_takes(&filter, "front", (enum event_word)word, filter.since_ns) ==
                  event_filter_takes(&again, "front", (enum event_word)word, again.since_ns));
        json_decref(written);
        event_filter_clear(&again);
        event_filter_clear(&filter);
    } else if (body) {
        check(problem[0] != '\0');
    }
    json_decref(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0 && data[0] == 'f')
        check_filter((const char *)data + 1, size - 1);
    else if (size > 0 && data[0] == 'c')
        check_chunk(data + 1, size - 1);
    check_record(data, size);
    check_mended(data, size);
    return 0;
}

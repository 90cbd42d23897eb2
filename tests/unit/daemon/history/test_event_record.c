/* A stored event reads back; whatever else is there is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "daemon/history/event_record.h"

static const char text[] = "{\"event\":\"motion\",\"active\":true}";

static size_t encode(uint8_t bytes[256])
{
    const struct event_record record = {
        .camera = 7, .wall_ns = -5, .word = "motion", .text = text, .length = sizeof(text) - 1};
    event_record_encode(&record, bytes);
    return event_record_size(&record);
}

static void mend_checksum(uint8_t *bytes, size_t size)
{
    const uint32_t crc = (uint32_t)crc32(0, bytes + 4, (uInt)(size - 4));
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(crc >> 8 * i);
}

static void test_reads_back(void **state)
{
    uint8_t bytes[256];
    struct event_record record;
    (void)state;
    const size_t size = encode(bytes);
    assert_int_equal(size, EVENT_RECORD_HEADER_BYTES + 6 + sizeof(text) - 1);
    assert_int_equal(event_record_decode(bytes, size, &record), 0);
    assert_int_equal(record.camera, 7);
    assert_int_equal(record.wall_ns, -5);
    assert_string_equal(record.word, "motion");
    assert_int_equal(record.length, sizeof(text) - 1);
    assert_memory_equal(record.text, text, record.length);
}

static void test_every_changed_bit_and_every_length_is_noticed(void **state)
{
    uint8_t bytes[256];
    struct event_record record;
    (void)state;
    const size_t size = encode(bytes);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_true(event_record_decode(bytes, size, &record) < 0);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t shorter = 0; shorter < size; shorter++)
        assert_int_equal(event_record_decode(bytes, shorter, &record), -EBADMSG);
}

/* With a checksum that is right: the version of another camd, words and texts that are none. */
static void test_what_is_no_event_is_refused(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
        int error;
    } faults[] = {
        {4, 2, -EPROTONOSUPPORT}, {5, 0, -EBADMSG},     {5, 41, -EBADMSG}, {5, 255, -EBADMSG},
        {6, 1, -EBADMSG},         {20, 'M', -EBADMSG},  {20, 0, -EBADMSG}, {26, '[', -EBADMSG},
        {30, '\n', -EBADMSG},     {57, '\0', -EBADMSG},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        uint8_t bytes[256];
        struct event_record record = {.camera = 42};
        const size_t size = encode(bytes);
        assert_true(faults[i].at < size);
        bytes[faults[i].at] = faults[i].value;
        mend_checksum(bytes, size);
        assert_int_equal(event_record_decode(bytes, size, &record), faults[i].error);
        assert_int_equal(record.camera, 42);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_back),
        cmocka_unit_test(test_every_changed_bit_and_every_length_is_noticed),
        cmocka_unit_test(test_what_is_no_event_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_grid_record.c - what is stored reads back, and nothing else passes for it */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"
#include "daemon/grids/grid_record.h"

static struct grid_record make_record(void)
{
    struct grid_record record = {.generation = UINT64_C(0x0102030405060708), .absent_since_s = 1790000000};
    for (uint32_t x = 0; x < CAMD_GRID_SIDE; x++) {
        for (uint32_t y = 0; y < CAMD_GRID_SIDE; y++) {
            for (uint32_t i = 0; i < (x * 8 + y) % 5; i++) {
                const struct grid_sample sample = {x, y, 0.1 * (i + 1)};
                grid_add(&record.grid, &sample);
            }
        }
    }
    return record;
}

static void assert_same(const struct grid_record *a, const struct grid_record *b)
{
    assert_true(a->generation == b->generation);
    assert_true(a->absent_since_s == b->absent_since_s);
    assert_memory_equal(&a->grid, &b->grid, sizeof(a->grid));
}

static void test_round_trip(void **state)
{
    uint8_t bytes[GRID_RECORD_BYTES];
    struct grid_record record = make_record(), decoded;
    (void)state;
    grid_record_encode(&record, bytes);
    assert_int_equal(grid_record_decode(bytes, sizeof(bytes), &decoded), 0);
    assert_same(&record, &decoded);
    record = (struct grid_record){0};
    grid_record_encode(&record, bytes);
    assert_int_equal(grid_record_decode(bytes, sizeof(bytes), &decoded), 0);
    assert_same(&record, &decoded);
}

/* The bytes are the contract between versions and machines: little-endian, as grid_record.h has them. */
static void test_layout(void **state)
{
    static const uint8_t header[] = {'C', 'G', 'R', 'D', 1, 0, 8, 8, 8, 7, 6, 5, 4, 3, 2, 1};
    uint8_t bytes[GRID_RECORD_BYTES];
    const struct grid_record record = make_record();
    (void)state;
    grid_record_encode(&record, bytes);
    assert_int_equal(sizeof(bytes), 796);
    assert_memory_equal(bytes, header, sizeof(header));
    /* cell [0][1] is the second: one sample of size 0.1f */
    static const uint8_t cell[] = {1, 0, 0, 0, 0xcd, 0xcc, 0xcc, 0x3d, 0, 0, 0, 0};
    assert_memory_equal(bytes + GRID_RECORD_HEADER_BYTES + GRID_RECORD_CELL_BYTES, cell, sizeof(cell));
}

static void test_every_change_of_a_byte_is_detected(void **state)
{
    uint8_t bytes[GRID_RECORD_BYTES];
    const struct grid_record record = make_record();
    struct grid_record decoded = {.generation = 77};
    (void)state;
    grid_record_encode(&record, bytes);
    for (size_t at = 0; at < sizeof(bytes); at++) {
        for (unsigned int change = 1; change < 256; change++) {
            bytes[at] = (uint8_t)(bytes[at] ^ change);
            assert_true(grid_record_decode(bytes, sizeof(bytes), &decoded) < 0);
            bytes[at] = (uint8_t)(bytes[at] ^ change);
        }
    }
    assert_true(decoded.generation == 77); /* untouched */
    assert_int_equal(grid_record_decode(bytes, sizeof(bytes), &decoded), 0);
}

static void test_every_other_length_is_refused(void **state)
{
    uint8_t bytes[GRID_RECORD_BYTES + 1] = {0};
    const struct grid_record record = make_record();
    struct grid_record decoded;
    (void)state;
    grid_record_encode(&record, bytes);
    for (size_t size = 0; size <= sizeof(bytes); size++) {
        if (size != GRID_RECORD_BYTES)
            assert_true(grid_record_decode(bytes, size, &decoded) < 0);
    }
}

static void test_what_is_wrong_is_told(void **state)
{
    uint8_t bytes[GRID_RECORD_BYTES];
    struct grid_record record = make_record(), decoded;
    (void)state;
    grid_record_encode(&record, bytes);
    bytes[4] = 2;
    assert_int_equal(grid_record_decode(bytes, sizeof(bytes), &decoded), -EPROTONOSUPPORT);
    bytes[4] = 1;
    bytes[6] = 16;
    assert_int_equal(grid_record_decode(bytes, sizeof(bytes), &decoded), -EPROTONOSUPPORT);
    bytes[6] = 8;
    bytes[0] = 'X';
    assert_int_equal(grid_record_decode(bytes, sizeof(bytes), &decoded), -EMEDIUMTYPE);
    bytes[0] = 'C';
    bytes[100] ^= 1;
    assert_int_equal(grid_record_decode(bytes, sizeof(bytes), &decoded), -EBADMSG);
    /* a right checksum over what no grid has */
    record.grid.cells[1][1].count = GRID_COUNT_MAX + 1;
    grid_record_encode(&record, bytes);
    assert_int_equal(grid_record_decode(bytes, sizeof(bytes), &decoded), -EBADMSG);
    record = make_record();
    record.absent_since_s = -1;
    grid_record_encode(&record, bytes);
    assert_int_equal(grid_record_decode(bytes, sizeof(bytes), &decoded), -EBADMSG);
    assert_string_equal(grid_record_error(-EBADMSG), "is damaged");
    assert_string_equal(grid_record_error(-EMEDIUMTYPE), "is no region grid");
    assert_string_equal(grid_record_error(-EPROTONOSUPPORT), "is of another version of camd");
}

static void assert_explained(const uint8_t *bytes, size_t size, const char *expected)
{
    struct grid_record decoded;
    char text[GRID_RECORD_PROBLEM_BYTES];
    const int error = grid_record_decode(bytes, size, &decoded);
    assert_true(error < 0);
    grid_record_explain(bytes, size, error, text);
    assert_string_equal(text, expected);
}

/* Whoever gives a file has to see why it is no good. */
static void test_what_is_wrong_with_a_file_is_told(void **state)
{
    uint8_t bytes[2 * GRID_RECORD_BYTES] = {0};
    struct grid_record record = make_record();
    (void)state;
    grid_record_encode(&record, bytes);
    assert_explained(bytes, 0, "is no region grid");
    assert_explained((const uint8_t *)"\x89PNG", 4, "is no region grid");
    assert_explained(bytes, 20, "is damaged: it has 20 bytes instead of 796");
    assert_explained(bytes, GRID_RECORD_BYTES - 1, "is damaged: it has 795 bytes instead of 796");
    assert_explained(bytes, GRID_RECORD_BYTES + 1, "is damaged: it has 797 bytes instead of 796");
    bytes[200] ^= 1;
    assert_explained(bytes, GRID_RECORD_BYTES, "is damaged: its checksum is not right");
    bytes[6] = 16;
    assert_explained(bytes, sizeof(bytes), "has 16x8 cells, and this camd's have 8x8");
    bytes[4] = 2;
    assert_explained(bytes, GRID_RECORD_BYTES, "is of version 2, and this camd knows version 1");
    record.grid.cells[1][1].count = GRID_COUNT_MAX + 1;
    grid_record_encode(&record, bytes);
    assert_explained(bytes, GRID_RECORD_BYTES, "has numbers that no region grid has");
}

static void test_as_text(void **state)
{
    struct grid_record record = make_record(), decoded;
    char text[GRID_RECORD_TEXT_BYTES];
    uint8_t bytes[GRID_RECORD_BYTES];
    size_t size = 0;
    (void)state;
    grid_record_write(&record, text);
    assert_int_equal(strlen(text), 2 * GRID_RECORD_BYTES);
    assert_memory_equal(text, "43475244", 8); /* CGRD */
    assert_true(hex_read(text, bytes, sizeof(bytes), &size));
    assert_int_equal(size, GRID_RECORD_BYTES);
    assert_int_equal(grid_record_decode(bytes, size, &decoded), 0);
    assert_memory_equal(&decoded.grid, &record.grid, sizeof(record.grid));
    assert_false(hex_read(text, bytes, sizeof(bytes) - 1, &size));
    assert_false(hex_read("0", bytes, sizeof(bytes), &size));
    assert_false(hex_read("0g", bytes, sizeof(bytes), &size));
    assert_false(hex_read("AB", bytes, sizeof(bytes), &size));
    assert_true(hex_read("", bytes, sizeof(bytes), &size));
    assert_int_equal(size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_every_change_of_a_byte_is_detected),
        cmocka_unit_test(test_every_other_length_is_refused),
        cmocka_unit_test(test_what_is_wrong_is_told),
        cmocka_unit_test(test_what_is_wrong_with_a_file_is_told),
        cmocka_unit_test(test_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

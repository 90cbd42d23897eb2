/*
 * fuzz_grid.c - stored region grids, and samples from a tracker
 *
 * A first byte 's' asks for a sample: five numbers of four bytes follow, a box and the smallest region, and two of
 * the frame. Everything else is a record; and again with its checksum made right, so that what is behind that is
 * reached, too. Whatever is accepted is a grid that a daemon could have learnt, and is stored as the same bytes; of
 * everything else it is told why not.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "daemon/grids/grid_record.h"
#include "fuzz.h"

enum { OFFSET_CRC = 24, SAMPLE_BYTES = 28 };

static void check_record(const uint8_t *bytes, size_t size)
{
    struct grid_record record;
    uint8_t again[GRID_RECORD_BYTES];
    const int error = grid_record_decode(bytes, size, &record);
    if (error < 0) {
        char problem[GRID_RECORD_PROBLEM_BYTES] = "";
        grid_record_explain(bytes, size, error, problem);
        check(problem[0] != '\0');
        return;
    }
    check(size == GRID_RECORD_BYTES && grid_is_sane(&record.grid) && record.absent_since_s >= 0);
    grid_record_encode(&record, again);
    check(memcmp(bytes, again, sizeof(again)) == 0);
    for (uint32_t x = 0; x < CAMD_GRID_SIDE; x++) {
        const struct grid_sample sample = {x, x, 0.25};
        grid_add(&record.grid, &sample);
    }
    check(grid_is_sane(&record.grid));
}

static void mend_checksum(uint8_t bytes[GRID_RECORD_BYTES])
{
    memset(bytes + OFFSET_CRC, 0, 4);
    const uint32_t crc = (uint32_t)crc32(0, bytes, GRID_RECORD_BYTES);
    for (int i = 0; i < 4; i++)
        bytes[OFFSET_CRC + i] = (uint8_t)(crc >> 8 * i);
}

static void check_sample(const uint8_t *data)
{
    int32_t numbers[SAMPLE_BYTES / 4];
    struct grid grid = {0};
    struct grid_sample sample;
    memcpy(numbers, data, SAMPLE_BYTES);
    const struct camd_box box = {numbers[0], numbers[1], numbers[2], numbers[3]};
    if (grid_sample_of_box(&box, (uint32_t)numbers[4], (uint32_t)numbers[5], (uint32_t)numbers[6], &sample) <
        0)
        return;
    check(sample.x < CAMD_GRID_SIDE && sample.y < CAMD_GRID_SIDE);
    for (int i = 0; i < 3; i++)
        grid_add(&grid, &sample);
    check(grid_is_sane(&grid));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t mended[GRID_RECORD_BYTES];
    if (size == 1 + SAMPLE_BYTES && data[0] == 's')
        check_sample(data + 1);
    check_record(data, size);
    if (size != sizeof(mended))
        return 0;
    memcpy(mended, data, size);
    mend_checksum(mended);
    check_record(mended, size);
    return 0;
}

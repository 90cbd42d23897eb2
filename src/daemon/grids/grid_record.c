#include "daemon/grids/grid_record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/hex.h"
#include "base/little_endian.h"

enum {
    OFFSET_VERSION = 4,
    OFFSET_WIDTH = 6,
    OFFSET_HEIGHT = 7,
    OFFSET_GENERATION = 8,
    OFFSET_ABSENT = 16,
    OFFSET_CRC = 24,
};

static const char magic[4] = {'C', 'G', 'R', 'D'};

_Static_assert(sizeof(float) == 4, "an IEEE 754 single");

static void put_float(uint8_t *at, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    little_endian_put(at, bits, sizeof(bits));
}

static float get_float(const uint8_t *at)
{
    const uint32_t bits = (uint32_t)little_endian_get(at, sizeof(bits));
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* Of a whole record, whatever its checksum's place holds. */
static uint32_t checksum(const uint8_t *bytes)
{
    static const uint8_t zeros[sizeof(uint32_t)];
    const size_t after = OFFSET_CRC + sizeof(zeros);
    uLong crc = crc32(crc32(0, NULL, 0), bytes, OFFSET_CRC);
    crc = crc32(crc, zeros, sizeof(zeros));
    return (uint32_t)crc32(crc, bytes + after, (uInt)(GRID_RECORD_BYTES - after));
}

void grid_record_encode(const struct grid_record *record, uint8_t bytes[GRID_RECORD_BYTES])
{
    uint8_t *at = bytes + GRID_RECORD_HEADER_BYTES;
    memcpy(bytes, magic, sizeof(magic));
    little_endian_put(bytes + OFFSET_VERSION, GRID_RECORD_VERSION, 2);
    bytes[OFFSET_WIDTH] = bytes[OFFSET_HEIGHT] = CAMD_GRID_SIDE;
    little_endian_put(bytes + OFFSET_GENERATION, record->generation, 8);
    little_endian_put(bytes + OFFSET_ABSENT, (uint64_t)record->absent_since_s, 8);
    for (int x = 0; x < CAMD_GRID_SIDE; x++) {
        for (int y = 0; y < CAMD_GRID_SIDE; y++, at += GRID_RECORD_CELL_BYTES) {
            const struct camd_grid_cell *cell = &record->grid.cells[x][y];
            little_endian_put(at, cell->count, 4);
            put_float(at + 4, cell->mean);
            put_float(at + 8, cell->deviation);
        }
    }
    little_endian_put(bytes + OFFSET_CRC, checksum(bytes), 4);
}

static void decode_cells(const uint8_t *at, struct grid *grid)
{
    for (int x = 0; x < CAMD_GRID_SIDE; x++) {
        for (int y = 0; y < CAMD_GRID_SIDE; y++, at += GRID_RECORD_CELL_BYTES)
            grid->cells[x][y] = (struct camd_grid_cell){.count = (uint32_t)little_endian_get(at, 4),
                                                        .mean = get_float(at + 4),
                                                        .deviation = get_float(at + 8)};
    }
}

int grid_record_decode(const uint8_t *bytes, size_t size, struct grid_record *record)
{
    struct grid_record decoded;
    if (size < sizeof(magic) || memcmp(bytes, magic, sizeof(magic)) != 0)
        return -EMEDIUMTYPE;
    if (size < GRID_RECORD_HEADER_BYTES)
        return -EBADMSG;
    if (little_endian_get(bytes + OFFSET_VERSION, 2) != GRID_RECORD_VERSION ||
        bytes[OFFSET_WIDTH] != CAMD_GRID_SIDE || bytes[OFFSET_HEIGHT] != CAMD_GRID_SIDE)
        return -EPROTONOSUPPORT;
    if (size != GRID_RECORD_BYTES || little_endian_get(bytes + OFFSET_CRC, 4) != checksum(bytes))
        return -EBADMSG;
    decoded.generation = little_endian_get(bytes + OFFSET_GENERATION, 8);
    decoded.absent_since_s = (int64_t)little_endian_get(bytes + OFFSET_ABSENT, 8);
    decode_cells(bytes + GRID_RECORD_HEADER_BYTES, &decoded.grid);
    if (decoded.absent_since_s < 0 || !grid_is_sane(&decoded.grid))
        return -EBADMSG;
    *record = decoded;
    return 0;
}

const char *grid_record_error(int error)
{
    switch (error) {
    case -EMEDIUMTYPE:
        return "is no region grid";
    case -EPROTONOSUPPORT:
        return "is of another version of camd";
    default:
        return "is damaged";
    }
}

void grid_record_explain(const uint8_t *bytes, size_t size, int error, char text[GRID_RECORD_PROBLEM_BYTES])
{
    snprintf(text, GRID_RECORD_PROBLEM_BYTES, "%s", grid_record_error(error));
    if (error == -EBADMSG && size != GRID_RECORD_BYTES)
        snprintf(text, GRID_RECORD_PROBLEM_BYTES, "is damaged: it has %zu bytes instead of %d", size,
                 GRID_RECORD_BYTES);
    else if (error == -EBADMSG && little_endian_get(bytes + OFFSET_CRC, 4) != checksum(bytes))
        snprintf(text, GRID_RECORD_PROBLEM_BYTES, "is damaged: its checksum is not right");
    else if (error == -EBADMSG)
        snprintf(text, GRID_RECORD_PROBLEM_BYTES, "has numbers that no region grid has");
    else if (error == -EPROTONOSUPPORT && little_endian_get(bytes + OFFSET_VERSION, 2) != GRID_RECORD_VERSION)
        snprintf(text, GRID_RECORD_PROBLEM_BYTES, "is of version %u, and this camd knows version %d",
                 (unsigned int)little_endian_get(bytes + OFFSET_VERSION, 2), GRID_RECORD_VERSION);
    else if (error == -EPROTONOSUPPORT)
        snprintf(text, GRID_RECORD_PROBLEM_BYTES, "has %ux%u cells, and this camd's have %dx%d",
                 (unsigned int)bytes[OFFSET_WIDTH], (unsigned int)bytes[OFFSET_HEIGHT], CAMD_GRID_SIDE,
                 CAMD_GRID_SIDE);
}

/* ---- as text ---- */

void grid_record_write(const struct grid_record *record, char text[GRID_RECORD_TEXT_BYTES])
{
    uint8_t bytes[GRID_RECORD_BYTES];
    grid_record_encode(record, bytes);
    hex_write(bytes, sizeof(bytes), text);
}

/*
 * grid_record.h - a region grid as it is stored: versioned, with a checksum, the same bytes on every machine
 *
 *   offset  bytes  little-endian
 *        0      4  magic "CGRD"
 *        4      2  version, GRID_RECORD_VERSION
 *        6      1  width, 7 1 height: cells, CAMD_GRID_SIDE each
 *        8      8  generation: how often the camera's grid has been stored
 *       16      8  when the camera went out of the configuration, seconds of the wall clock; 0: it is in it
 *       24      4  crc32 (that of zlib) over the whole record with zeros here
 *       28         the cells [x][y]: count (4), mean (4, IEEE 754), deviation (4)
 */
#ifndef CAMD_DAEMON_GRIDS_GRID_RECORD_H
#define CAMD_DAEMON_GRIDS_GRID_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grid/grid.h"

enum {
    GRID_RECORD_VERSION = 1,
    GRID_RECORD_HEADER_BYTES = 28,
    GRID_RECORD_CELL_BYTES = 12,
    GRID_RECORD_BYTES = GRID_RECORD_HEADER_BYTES + GRID_RECORD_CELL_BYTES * CAMD_GRID_SIDE * CAMD_GRID_SIDE,
};

struct grid_record {
    uint64_t generation;
    int64_t absent_since_s; /* 0: not absent */
    struct grid grid;
};

void grid_record_encode(const struct grid_record *record, uint8_t bytes[GRID_RECORD_BYTES]);
/*
 * 0; -EMEDIUMTYPE: no record of ours; -EPROTONOSUPPORT: of another version of camd, or another grid's size; -EBADMSG:
 * damaged (length, checksum, or values that no grid has). *record is untouched then.
 */
int grid_record_decode(const uint8_t *bytes, size_t size, struct grid_record *record);
/* What such an error means, for the log. */
const char *grid_record_error(int error);
/* The same for whoever gave the record, with what is in it and what was expected. */
enum { GRID_RECORD_PROBLEM_BYTES = 128 };
void grid_record_explain(const uint8_t *bytes, size_t size, int error, char text[GRID_RECORD_PROBLEM_BYTES]);

/* Encoded, as text (base/hex.h). */
enum { GRID_RECORD_TEXT_BYTES = 2 * GRID_RECORD_BYTES + 1 };
void grid_record_write(const struct grid_record *record, char text[GRID_RECORD_TEXT_BYTES]);

#endif

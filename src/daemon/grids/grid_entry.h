/*
 * grid_entry.h - how camd and camd-grid hand each other stored grids: a file (in memory) of a stamp, and then entries
 *
 * The stamp says which database it is. Both run on one machine, from one build. camd-grid does not look into the records:
 * they are grid_record.h's.
 */
#ifndef CAMD_DAEMON_GRIDS_GRID_ENTRY_H
#define CAMD_DAEMON_GRIDS_GRID_ENTRY_H

#include <stdint.h>

#include "camd/shm.h"
#include "daemon/grids/grid_record.h"

enum {
    GRID_ENTRIES_MAX = 8192, /* stored grids: of cameras that are there, and of some that are gone */
    GRID_ENTRY_NAME_BYTES = 44,
};

/*
 * From camd-grid: how often the database has been written; to it: how often it has to have been at least, or it is not the
 * one that camd knows. 0: there is none, or it may be any.
 */
struct grid_stamp {
    uint64_t transaction;
};

struct grid_entry {
    char camera[GRID_ENTRY_NAME_BYTES]; /* ends with NUL */
    uint32_t size;                      /* of the record, which is cut when it is longer; 0: to be deleted */
    uint8_t record[GRID_RECORD_BYTES];
};

_Static_assert((int)GRID_ENTRY_NAME_BYTES > (int)CAMD_NAME_MAX, "a name and its NUL");
_Static_assert(sizeof(struct grid_entry) == GRID_ENTRY_NAME_BYTES + 4 + GRID_RECORD_BYTES, "no padding");

#endif

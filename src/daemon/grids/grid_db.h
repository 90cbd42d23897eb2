/*
 * grid_db.h - the LMDB database of region grids
 *
 * Only camd-grid uses it, never the daemon: a commit waits for the disk, and LMDB trusts the pages that it maps, so a
 * damaged file may end the process that reads it. The database is one file, a key a camera, values opaque.
 */
#ifndef CAMD_DAEMON_GRIDS_GRID_DB_H
#define CAMD_DAEMON_GRIDS_GRID_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct grid_entry;

/* The map is only address space; LMDB's file grows as needed. */
#define GRID_DB_MAP_BYTES ((size_t)64 << 20)

struct grid_db;

/*
 * Errors of all: -errno of the system; -EBADMSG: damaged, or LMDB's format of another version; -EMEDIUMTYPE: a
 * database of something else; -ENOSPC: no room, in the map even after it was made twice as large, or on the disk.
 *
 * open: read_only needs no right to write, not even for LMDB's lock; -ENOENT then when there is no database. Else
 * one is made. map_bytes: GRID_DB_MAP_BYTES, but for tests.
 */
int grid_db_open(struct grid_db **db, const char *path, size_t map_bytes, bool read_only);
void grid_db_close(struct grid_db *db);

/* How often it has been written; an older copy less often than the one that it replaces. */
int grid_db_transaction(struct grid_db *db, uint64_t *transaction);

/* Called for each grid, in any order; not 0 ends the walk, which returns that. entry is valid for the call only. */
typedef int grid_db_visit(void *context, const struct grid_entry *entry);
int grid_db_each(struct grid_db *db, grid_db_visit *visit, void *context);

/* Puts and deletes all entries in one transaction, on the disk when it returns 0; otherwise nothing has changed. */
int grid_db_write(struct grid_db *db, const struct grid_entry *entries, size_t count);

#endif

/*
 * database.h - an LMDB environment in one file, opened so that neither a full disk nor a strange file ends the process
 *
 * Only the helpers camd-grid and camd-events use it, never the daemon: a commit waits for the disk, and LMDB trusts the
 * pages that it maps, so a damaged file may end the process that reads it. See database_catch_damage.
 */
#ifndef CAMD_DAEMON_DISK_DATABASE_H
#define CAMD_DAEMON_DISK_DATABASE_H

#include <lmdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct database {
    MDB_env *env;
    size_t map_bytes;
    char *new_in; /* the directory that must be synced, since the file is new; NULL: none */
    dev_t lock_device;
    ino_t lock_number; /* of LMDB's file of locks; 0: it is opened without */
};

/*
 * LMDB's code as 0 or -errno: -EBADMSG: damaged, or LMDB's format of another version; -EMEDIUMTYPE: a database of
 * something else; -ENOSPC: no room, in the map or on the disk; -EBUSY: others are at it, try again.
 */
int database_error(int code);

/*
 * read_only needs no right to write, not even for LMDB's lock; -ENOENT then when there is no database. Else one is
 * made. map_bytes is address space, and the most that the file becomes. tables: how many named ones there are at most.
 */
int database_open(struct database *database, const char *path, size_t map_bytes, unsigned int tables,
                  bool read_only);
/* All zero is fine. */
void database_close(struct database *database);

/* True when nobody has ever put anything into it: a table that is not there is no sign of somebody else's database. */
bool database_is_empty(MDB_txn *txn);
/* After the first commit: a new file's name is on the disk, too. 0 or -errno. */
int database_sync_name(struct database *database);

/* False: its name was removed, or is another file's: what is written is read by nobody. */
bool database_has_name(const struct database *database);
/*
 * False: the name of its locks was removed, or is another file's. Who opens the database then has other locks, so that the
 * pages that he reads may be written over: it is to be closed and opened again before a transaction is begun.
 */
bool database_has_lock(const struct database *database);

/* LMDB follows what is in the file, into nowhere when that is damaged: from now on that ends the process with EBADMSG. */
void database_catch_damage(void);

#endif

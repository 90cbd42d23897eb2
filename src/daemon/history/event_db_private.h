/*
 * event_db_private.h - what the files of event_db.h share: event_db.c (writing), event_db_remove.c, event_db_digests.c,
 * event_db_times.c and event_db_read.c
 */
#ifndef CAMD_DAEMON_HISTORY_EVENT_DB_PRIVATE_H
#define CAMD_DAEMON_HISTORY_EVENT_DB_PRIVATE_H

#include "daemon/disk/database.h"
#include "daemon/history/event_db.h"
#include "daemon/history/event_digest.h"
#include "daemon/history/event_record.h"

enum { EVENT_PLACE_BYTES = 8 };

struct event_db {
    struct database database;
    size_t max_bytes;
    MDB_dbi events, cameras, epochs;
    MDB_txn *txn;     /* the batch; NULL: none has begun */
    bool changed;     /* in this batch */
    size_t committed; /* number of the transaction that the ledger is as of; 0: it is to be read */
    struct event_ledger ledger;
    MDB_dbi digests;
    bool has_digests;           /* the file has a table of them; it is made by the first one who writes */
    struct event_digest digest; /* of the span that is written to */
    enum { DIGEST_NONE, DIGEST_STORED, DIGEST_CHANGED, DIGEST_STALE } digest_state;
    uint64_t nameless, relocked;
    void (*progress)(void *context); /* NULL: nobody wants to know */
    void *context;
};

/* A key of the table of events: big-endian, so that their order is that of the bytes. */
void event_db_write_place(uint8_t bytes[EVENT_PLACE_BYTES], uint64_t place);
/* And back: LMDB's code. A key that is no place makes a damaged database: what comes after it could not be found. */
int event_db_read_place(const MDB_val *key, uint64_t *place);
/* How much an event takes in the file, roughly: LMDB gives large ones pages of their own. */
uint64_t event_db_weight(size_t record_bytes);
/* ---- event_db.c ---- */

/* A batch begins, unless one has. */
int event_db_begin(struct event_db *db);
/* The batch is given up; what is in memory of it, too. */
void event_db_give_up(struct event_db *db);
/* 0 or -errno; -ENOENT: there are none. */
int event_db_open_tables(struct event_db *db, MDB_txn *txn, bool make);
/* Reads the ledger as it is in the transaction. 0 or -errno. */
int event_db_load(struct event_db *db, MDB_txn *txn);

/* ---- event_db_digests.c: all return 0 or -errno ---- */

int event_db_open_digests(struct event_db *db, MDB_txn *txn, bool make);
/* True when all that has been written since the digests began was written by somebody who keeps them. */
bool event_db_digests_hold(const struct event_db *db, MDB_txn *txn);
/* The batch begins: digests that do not hold are dropped. */
int event_db_begin_digests(struct event_db *db);
/* An event is being put (was_there: in place of another one), or removed, at that place. */
int event_db_digest_put(struct event_db *db, uint64_t place, const struct event_record *record,
                        bool was_there);
int event_db_digest_removed(struct event_db *db, uint64_t place);
/* The batch ends. */
int event_db_store_digests(struct event_db *db);
void event_db_forget_digest(struct event_db *db);
/* Of the span that the place is in; -ENOENT: there is none, and anything may be there. */
int event_db_digest_of(const struct event_db *db, MDB_txn *txn, uint64_t place, struct event_digest *digest);

/* ---- event_db_times.c ---- */

/* 0 or -errno; *wall_ns 0: it is not there. */
int event_db_read_time(MDB_txn *txn, enum event_time which, int64_t *wall_ns);

#endif

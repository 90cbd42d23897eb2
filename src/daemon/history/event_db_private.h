/* event_db_private.h - what event_db.c (writing) and event_db_read.c (reading) share */
#ifndef CAMD_DAEMON_HISTORY_EVENT_DB_PRIVATE_H
#define CAMD_DAEMON_HISTORY_EVENT_DB_PRIVATE_H

#include "daemon/disk/database.h"
#include "daemon/history/event_db.h"
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
    void (*progress)(void *context); /* NULL: nobody wants to know */
    void *context;
};

/* A key of the table of events: big-endian, so that their order is that of the bytes. */
void event_db_write_place(uint8_t bytes[EVENT_PLACE_BYTES], uint64_t place);
uint64_t event_db_place_of(const MDB_val *key);
/* How much an event takes in the file, roughly: LMDB gives large ones pages of their own. */
uint64_t event_db_weight(size_t record_bytes);
/* 0 or -errno; -ENOENT: there are none. */
int event_db_open_tables(struct event_db *db, MDB_txn *txn, bool make);
/* Reads the ledger as it is in the transaction. 0 or -errno. */
int event_db_load(struct event_db *db, MDB_txn *txn);

#endif

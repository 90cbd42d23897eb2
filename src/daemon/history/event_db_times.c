/* event_db_times.c - times that belong to the file as a whole: a table by their names */
#include <string.h>

#include "base/little_endian.h"
#include "daemon/history/event_db_private.h"

enum { TIME_BYTES = 8 };

static const char times_name[] = "camd-times";

static const char *const names[] = {
    [EVENT_TIME_LOST] = "lost",
    [EVENT_TIME_BELIEVED] = "believed",
    [EVENT_TIME_DOUBTED] = "doubted",
};

static MDB_val key_of(enum event_time which)
{
    return (MDB_val){strlen(names[which]), (void *)(uintptr_t)names[which]};
}

int event_db_read_time(MDB_txn *txn, enum event_time which, int64_t *wall_ns)
{
    MDB_val key = key_of(which), value;
    MDB_dbi times;
    *wall_ns = 0;
    int code = mdb_dbi_open(txn, times_name, 0, &times);
    if (code == MDB_SUCCESS)
        code = mdb_get(txn, times, &key, &value);
    if (code == MDB_SUCCESS && value.mv_size == TIME_BYTES)
        *wall_ns = (int64_t)little_endian_get(value.mv_data, TIME_BYTES);
    return code == MDB_NOTFOUND ? 0 : database_error(code);
}

static int put_time(struct event_db *db, enum event_time which, int64_t wall_ns)
{
    uint8_t bytes[TIME_BYTES];
    MDB_val key = key_of(which), value = {sizeof(bytes), bytes};
    MDB_dbi times;
    little_endian_put(bytes, (uint64_t)wall_ns, sizeof(bytes));
    db->changed = true;
    int code = mdb_dbi_open(db->txn, times_name, MDB_CREATE, &times);
    if (code == MDB_SUCCESS)
        code = mdb_put(db->txn, times, &key, &value, 0);
    return database_error(code);
}

int event_db_set_time(struct event_db *db, enum event_time which, int64_t wall_ns)
{
    int error = event_db_begin(db);
    if (error == 0)
        error = put_time(db, which, wall_ns);
    if (error < 0)
        event_db_give_up(db);
    return error;
}

int event_db_time(struct event_db *db, enum event_time which, int64_t *wall_ns)
{
    const int error = event_db_begin(db);
    return error < 0 ? error : event_db_read_time(db->txn, which, wall_ns);
}

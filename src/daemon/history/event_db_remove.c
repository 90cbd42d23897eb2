/* event_db_remove.c - what goes: events that are too old, and of those cameras that have the most */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "daemon/disk/absence.h"
#include "daemon/history/event_db_private.h"

enum { STEP_EVENTS = 1000 }; /* removed in one transaction */

/* What a walk from the oldest event on is to do with one. */
enum verdict { KEEP, REMOVE, STOP };

struct sweep {
    enum verdict (*judge)(struct sweep *sweep, uint64_t place, const struct event_record *record,
                          uint64_t weight);
    struct event_db *db;
    uint64_t next;    /* place to go on from */
    uint64_t *quotas; /* of each camera: so many bytes are to go */
    uint64_t left;    /* of all of them */
    uint64_t upto;    /* place */
};

/* One that can't be read is no use to anybody. */
static int judge_one(struct sweep *sweep, MDB_cursor *cursor, uint64_t place, const MDB_val *value,
                     bool *removed)
{
    struct event_db *db = sweep->db;
    struct event_record record = {0};
    const uint64_t weight = event_db_weight(value->mv_size);
    const bool is_whole = event_record_decode(value->mv_data, value->mv_size, &record) == 0 &&
                          record.camera < db->ledger.camera_count;
    const enum verdict verdict = is_whole ? sweep->judge(sweep, place, &record, weight) : REMOVE;
    *removed = verdict == REMOVE;
    if (verdict == STOP)
        return MDB_NOTFOUND;
    if (verdict == KEEP)
        return MDB_SUCCESS;
    if (is_whole)
        event_ledger_remove(&db->ledger, record.camera, weight, place, record.wall_ns);
    db->changed = true;
    const int error = event_db_digest_removed(db, place);
    return error < 0 ? -error : mdb_cursor_del(cursor, 0);
}

/* Up to STEP_EVENTS; *more: there may be others. */
static int sweep_step(struct sweep *sweep, bool *more)
{
    uint8_t key_bytes[EVENT_PLACE_BYTES];
    MDB_val key = {sizeof(key_bytes), key_bytes}, value;
    MDB_cursor *cursor;
    size_t count = 0;
    int error = event_db_begin(sweep->db);
    if (error < 0)
        return error;
    int code = mdb_cursor_open(sweep->db->txn, sweep->db->events, &cursor);
    if (code != MDB_SUCCESS)
        return database_error(code);
    event_db_write_place(key_bytes, sweep->next);
    code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (code == MDB_SUCCESS && count < STEP_EVENTS) {
        bool removed = false;
        uint64_t place = 0;
        code = event_db_read_place(&key, &place);
        if (code == MDB_SUCCESS)
            code = judge_one(sweep, cursor, place, &value, &removed);
        sweep->next = place + 1;
        count += removed;
        if (code == MDB_SUCCESS)
            code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    *more = code == MDB_SUCCESS;
    if (code != MDB_SUCCESS && code != MDB_NOTFOUND)
        return database_error(code);
    return count > 0 ? event_db_commit(sweep->db) : 0;
}

void event_db_set_progress(struct event_db *db, void (*progress)(void *context), void *context)
{
    db->progress = progress;
    db->context = context;
}

static int sweep_all(struct sweep *sweep)
{
    bool more = true;
    int error = 0;
    while (error == 0 && more) {
        error = sweep_step(sweep, &more);
        if (sweep->db->progress)
            sweep->db->progress(sweep->db->context);
    }
    if (error < 0)
        event_db_give_up(sweep->db);
    return error < 0 ? error : event_db_commit(sweep->db);
}

static enum verdict judge_place(struct sweep *sweep, uint64_t place, const struct event_record *record,
                                uint64_t weight)
{
    (void)record;
    (void)weight;
    return place <= sweep->upto ? REMOVE : STOP;
}

/* The place of the last event that is too old: those before it are, whatever their time says. 0: none is. */
static int find_old(struct event_db *db, int64_t before_ns, int64_t now_ns, uint64_t *upto)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    struct event_record record;
    *upto = 0;
    int error = event_db_begin(db);
    if (error < 0)
        return error;
    int code = mdb_cursor_open(db->txn, db->events, &cursor);
    if (code != MDB_SUCCESS)
        return database_error(code);
    while ((code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == MDB_SUCCESS) {
        if (event_record_decode(value.mv_data, value.mv_size, &record) < 0 || record.wall_ns > now_ns ||
            !absence_clock_is_set(record.wall_ns / CLOCK_NS_PER_S))
            continue;
        if (record.wall_ns >= before_ns || (code = event_db_read_place(&key, upto)) != MDB_SUCCESS)
            break;
    }
    mdb_cursor_close(cursor);
    return code == MDB_SUCCESS || code == MDB_NOTFOUND ? 0 : database_error(code);
}

/* What is too old anyway is not said to be lost. */
static int forget_lost(struct event_db *db, int64_t before_ns)
{
    int64_t lost_ns;
    const int error = event_db_time(db, EVENT_TIME_LOST, &lost_ns);
    return error == 0 && lost_ns > 0 && lost_ns < before_ns ? event_db_set_time(db, EVENT_TIME_LOST, 0)
                                                            : error;
}

/* which: MDB_FIRST or MDB_LAST. */
static int time_of(MDB_cursor *cursor, MDB_cursor_op which, int64_t *wall_ns)
{
    MDB_val key, value;
    struct event_record record;
    *wall_ns = 0;
    const int code = mdb_cursor_get(cursor, &key, &value, which);
    if (code == MDB_SUCCESS && event_record_decode(value.mv_data, value.mv_size, &record) == 0)
        *wall_ns = record.wall_ns;
    return code == MDB_NOTFOUND ? 0 : database_error(code);
}

int event_db_span(struct event_db *db, int64_t *oldest_ns, int64_t *newest_ns)
{
    MDB_cursor *cursor;
    int error = event_db_begin(db);
    if (error == 0)
        error = database_error(mdb_cursor_open(db->txn, db->events, &cursor));
    if (error < 0)
        return error;
    error = time_of(cursor, MDB_FIRST, oldest_ns);
    if (error == 0)
        error = time_of(cursor, MDB_LAST, newest_ns);
    mdb_cursor_close(cursor);
    return error;
}

int event_db_remove_old(struct event_db *db, int64_t before_ns, int64_t now_ns)
{
    struct sweep sweep = {.judge = judge_place, .db = db};
    int error = find_old(db, before_ns, now_ns, &sweep.upto);
    if (error == 0)
        error = forget_lost(db, before_ns);
    if (error < 0 || sweep.upto == 0)
        return error < 0 ? error : event_db_commit(db);
    return sweep_all(&sweep);
}

static enum verdict judge_share(struct sweep *sweep, uint64_t place, const struct event_record *record,
                                uint64_t weight)
{
    uint64_t *quota = &sweep->quotas[record->camera];
    (void)place;
    if (sweep->left == 0)
        return STOP;
    if (*quota == 0)
        return KEEP;
    const uint64_t taken = weight < *quota ? weight : *quota;
    *quota -= taken;
    sweep->left -= taken;
    return REMOVE;
}

/* So many bytes go, of those who have the most. */
static int remove_shares(struct event_db *db, uint64_t excess)
{
    const struct event_ledger *ledger = &db->ledger;
    const uint64_t level = event_ledger_level(ledger, excess);
    struct sweep sweep = {.judge = judge_share, .db = db};
    sweep.quotas = calloc(ledger->camera_count, sizeof(*sweep.quotas));
    if (!sweep.quotas)
        return -ENOMEM;
    for (size_t i = 0; i < ledger->camera_count; i++) {
        sweep.quotas[i] = ledger->cameras[i].bytes > level ? ledger->cameras[i].bytes - level : 0;
        sweep.left += sweep.quotas[i];
    }
    const int error = sweep.left > 0 ? sweep_all(&sweep) : 0;
    free(sweep.quotas);
    return error;
}

static size_t table_bytes(MDB_txn *txn, MDB_dbi table, size_t *events)
{
    MDB_stat status;
    if (mdb_stat(txn, table, &status) != MDB_SUCCESS)
        return 0;
    *events = status.ms_entries;
    return (status.ms_branch_pages + status.ms_leaf_pages + status.ms_overflow_pages) * status.ms_psize;
}

int event_db_size(struct event_db *db, size_t *bytes, size_t *events)
{
    const bool is_own = !db->txn;
    size_t others;
    const int error = event_db_begin(db);
    if (error < 0)
        return error;
    *bytes = table_bytes(db->txn, db->cameras, &others) + table_bytes(db->txn, db->epochs, &others) +
             table_bytes(db->txn, db->digests, &others) + table_bytes(db->txn, db->events, events);
    return is_own ? event_db_commit(db) : 0;
}

/* A sixteenth more than it must, so that it is not to be done again at once. */
int event_db_trim(struct event_db *db)
{
    enum { ROUNDS = 4 }; /* what has gone weighs less in pages than was thought: some remain, half empty */
    size_t used = 0, events = 0;
    int error = event_db_size(db, &used, &events);
    for (int round = 0; round < ROUNDS && error == 0 && used > db->max_bytes; round++) {
        error = remove_shares(db, used - db->max_bytes + db->max_bytes / 16);
        if (error == 0)
            error = event_db_size(db, &used, &events);
    }
    return error;
}

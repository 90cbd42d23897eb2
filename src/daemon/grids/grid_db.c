#include "daemon/grids/grid_db.h"

#include <errno.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "daemon/disk/database.h"
#include "daemon/grids/grid_entry.h"

/* The table of grids in the environment: what tells a database of ours from any other. */
static const char table_name[] = "camd-grids";

struct grid_db {
    struct database database;
};

int grid_db_open(struct grid_db **result, const char *path, size_t map_bytes, bool read_only)
{
    struct grid_db *db = calloc(1, sizeof(*db));
    if (!db)
        return -ENOMEM;
    const int error = database_open(&db->database, path, map_bytes, 1, read_only);
    if (error < 0)
        free(db);
    else
        *result = db;
    return error;
}

void grid_db_close(struct grid_db *db)
{
    if (!db)
        return;
    database_close(&db->database);
    free(db);
}

int grid_db_transaction(struct grid_db *db, uint64_t *transaction)
{
    MDB_envinfo info;
    const int code = mdb_env_info(db->database.env, &info);
    if (code == MDB_SUCCESS)
        *transaction = info.me_last_txnid;
    return database_error(code);
}

/* ---- reading ---- */

/* A key that is no camera's name was not written by us. */
static int take_entry(const MDB_val *key, const MDB_val *value, struct grid_entry *entry)
{
    memset(entry, 0, sizeof(*entry));
    if (key->mv_size >= sizeof(entry->camera))
        return -EBADMSG;
    memcpy(entry->camera, key->mv_data, key->mv_size);
    if (strlen(entry->camera) != key->mv_size || !text_is_camera_name(entry->camera) ||
        value->mv_size > UINT32_MAX)
        return -EBADMSG;
    entry->size = (uint32_t)value->mv_size;
    memcpy(entry->record, value->mv_data,
           value->mv_size < sizeof(entry->record) ? value->mv_size : sizeof(entry->record));
    return 0;
}

static int walk(MDB_txn *txn, MDB_dbi table, grid_db_visit *visit, void *context)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    struct grid_entry entry;
    size_t count = 0;
    int error = 0;
    int code = mdb_cursor_open(txn, table, &cursor);
    if (code != MDB_SUCCESS)
        return database_error(code);
    while (error == 0 && (code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == MDB_SUCCESS) {
        /* pages that lead back to each other never end */
        error = ++count > GRID_ENTRIES_MAX ? -EBADMSG : take_entry(&key, &value, &entry);
        if (error == 0)
            error = visit(context, &entry);
    }
    if (error == 0 && code != MDB_NOTFOUND)
        error = database_error(code);
    mdb_cursor_close(cursor);
    return error;
}

int grid_db_each(struct grid_db *db, grid_db_visit *visit, void *context)
{
    MDB_txn *txn;
    MDB_dbi table;
    int code = mdb_txn_begin(db->database.env, NULL, MDB_RDONLY, &txn);
    if (code != MDB_SUCCESS)
        return database_error(code);
    int error;
    code = mdb_dbi_open(txn, table_name, 0, &table);
    if (code == MDB_NOTFOUND && database_is_empty(txn))
        error = 0;
    else if (code != MDB_SUCCESS)
        error = database_error(code);
    else
        error = walk(txn, table, visit, context);
    mdb_txn_abort(txn);
    return error;
}

/* ---- writing ---- */

static int write_entry(MDB_txn *txn, MDB_dbi table, const struct grid_entry *entry)
{
    MDB_val key = {strlen(entry->camera), (void *)entry->camera};
    MDB_val value = {entry->size, (void *)entry->record};
    if (entry->size > 0)
        return mdb_put(txn, table, &key, &value, 0);
    const int code = mdb_del(txn, table, &key, NULL);
    return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
}

static int write_all(MDB_txn *txn, const struct grid_entry *entries, size_t count)
{
    MDB_dbi table;
    int code = mdb_dbi_open(txn, table_name, 0, &table);
    if (code == MDB_NOTFOUND && database_is_empty(txn))
        code = mdb_dbi_open(txn, table_name, MDB_CREATE, &table);
    for (size_t i = 0; i < count && code == MDB_SUCCESS; i++)
        code = write_entry(txn, table, &entries[i]);
    return code;
}

static int write_once(struct grid_db *db, const struct grid_entry *entries, size_t count)
{
    MDB_txn *txn;
    int code = mdb_txn_begin(db->database.env, NULL, 0, &txn);
    if (code != MDB_SUCCESS)
        return code;
    code = write_all(txn, entries, count);
    if (code == MDB_SUCCESS)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return code;
}

/* Than it is: LMDB maps a file that has more than was asked for as a whole. */
static int make_map_larger(MDB_env *env)
{
    MDB_envinfo info;
    const int code = mdb_env_info(env, &info);
    return code == MDB_SUCCESS ? mdb_env_set_mapsize(env, 2 * info.me_mapsize) : code;
}

int grid_db_write(struct grid_db *db, const struct grid_entry *entries, size_t count)
{
    int code = write_once(db, entries, count);
    if (code == MDB_MAP_FULL) {
        code = make_map_larger(db->database.env);
        if (code == MDB_SUCCESS)
            code = write_once(db, entries, count);
    }
    if (code != MDB_SUCCESS)
        return database_error(code);
    return database_sync_name(&db->database);
}

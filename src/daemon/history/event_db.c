#include "daemon/history/event_db.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/history/event_db_private.h"

enum {
    TABLES = 5,
    NODE_BYTES = 40,    /* that an event takes besides its record: key, LMDB's own, the ledger's share */
    LARGE_BYTES = 2000, /* from here on LMDB gives it pages of its own */
    PAGE_BYTES = 4096,
    ROW_BYTES = 8 + 8 + 8 + 8, /* of a camera, before its name */
    SLACK_BYTES = 16 << 20,    /* of the map, for a batch and for pages that are still being read */
};

/* What tells a database of ours from any other. */
static const char events_name[] = "camd-events", cameras_name[] = "camd-cameras",
                  epochs_name[] = "camd-epochs";

/* ---- keys and values ---- */

static void put_number(uint8_t *bytes, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(number >> 8 * (size - 1 - i));
}

static uint64_t get_number(const uint8_t *bytes, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | bytes[i];
    return number;
}

void event_db_write_place(uint8_t bytes[EVENT_PLACE_BYTES], uint64_t place)
{
    put_number(bytes, place, EVENT_PLACE_BYTES);
}

int event_db_read_place(const MDB_val *key, uint64_t *place)
{
    if (key->mv_size != EVENT_PLACE_BYTES)
        return MDB_CORRUPTED;
    *place = get_number(key->mv_data, EVENT_PLACE_BYTES);
    return MDB_SUCCESS;
}

uint64_t event_db_weight(size_t record_bytes)
{
    const size_t bytes = record_bytes + NODE_BYTES;
    return bytes < LARGE_BYTES ? bytes : (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

/* ---- the ledger in the file ---- */

static int load_camera(struct event_ledger *ledger, const MDB_val *key, const MDB_val *value)
{
    const uint8_t *bytes = value->mv_data;
    struct event_camera camera = {0};
    const size_t name = value->mv_size - ROW_BYTES;
    if (key->mv_size != 4 || value->mv_size < ROW_BYTES || name >= sizeof(camera.name) ||
        memchr(bytes + ROW_BYTES, '\0', name))
        return -EBADMSG;
    camera.bytes = get_number(bytes, 8);
    camera.count = get_number(bytes + 8, 8);
    camera.gone = get_number(bytes + 16, 8);
    camera.gone_ns = (int64_t)get_number(bytes + 24, 8);
    memcpy(camera.name, bytes + ROW_BYTES, name);
    return event_ledger_load_camera(ledger, (size_t)get_number(key->mv_data, 4), &camera);
}

static int load_epoch(struct event_ledger *ledger, const MDB_val *key, const MDB_val *value)
{
    const uint8_t *bytes = value->mv_data;
    if (key->mv_size != 8 || value->mv_size != 16)
        return -EBADMSG;
    const struct event_epoch epoch = {
        .base = get_number(key->mv_data, 8), .epoch = get_number(bytes, 8), .last = get_number(bytes + 8, 8)};
    return event_ledger_load_epoch(ledger, &epoch);
}

/* 0 or -errno. */
static int each(MDB_txn *txn, MDB_dbi table, struct event_ledger *ledger,
                int (*load)(struct event_ledger *ledger, const MDB_val *key, const MDB_val *value))
{
    MDB_cursor *cursor;
    MDB_val key, value;
    int error = 0;
    int code = mdb_cursor_open(txn, table, &cursor);
    if (code != MDB_SUCCESS)
        return database_error(code);
    while (error == 0 && (code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == MDB_SUCCESS)
        error = load(ledger, &key, &value);
    mdb_cursor_close(cursor);
    return error == 0 && code != MDB_NOTFOUND ? database_error(code) : error;
}

int event_db_open_tables(struct event_db *db, MDB_txn *txn, bool make)
{
    int code = mdb_dbi_open(txn, events_name, 0, &db->events);
    if (code == MDB_NOTFOUND && database_is_empty(txn) && !make)
        return -ENOENT;
    const unsigned int flags = code == MDB_NOTFOUND && database_is_empty(txn) ? MDB_CREATE : 0;
    if (flags)
        code = mdb_dbi_open(txn, events_name, flags, &db->events);
    if (code == MDB_SUCCESS)
        code = mdb_dbi_open(txn, cameras_name, flags, &db->cameras);
    if (code == MDB_SUCCESS)
        code = mdb_dbi_open(txn, epochs_name, flags, &db->epochs);
    return code == MDB_SUCCESS ? event_db_open_digests(db, txn, make) : database_error(code);
}

int event_db_load(struct event_db *db, MDB_txn *txn)
{
    event_ledger_fini(&db->ledger);
    int error = event_ledger_init(&db->ledger);
    if (error == 0)
        error = each(txn, db->cameras, &db->ledger, load_camera);
    if (error == 0)
        error = each(txn, db->epochs, &db->ledger, load_epoch);
    return error;
}

static int store_camera(struct event_db *db, size_t number, const struct event_camera *camera)
{
    uint8_t key_bytes[4], bytes[ROW_BYTES + sizeof(camera->name)];
    const size_t name = strlen(camera->name);
    put_number(key_bytes, number, 4);
    put_number(bytes, camera->bytes, 8);
    put_number(bytes + 8, camera->count, 8);
    put_number(bytes + 16, camera->gone, 8);
    put_number(bytes + 24, (uint64_t)camera->gone_ns, 8);
    memcpy(bytes + ROW_BYTES, camera->name, name);
    MDB_val key = {sizeof(key_bytes), key_bytes}, value = {ROW_BYTES + name, bytes};
    return mdb_put(db->txn, db->cameras, &key, &value, 0);
}

static int store_epoch(struct event_db *db, const struct event_epoch *epoch)
{
    uint8_t key_bytes[8], bytes[16];
    put_number(key_bytes, epoch->base, 8);
    put_number(bytes, epoch->epoch, 8);
    put_number(bytes + 8, epoch->last, 8);
    MDB_val key = {sizeof(key_bytes), key_bytes}, value = {sizeof(bytes), bytes};
    return mdb_put(db->txn, db->epochs, &key, &value, 0);
}

/* Those that the ledger has forgotten; their table would grow with every start of camd. */
static int remove_forgotten_epochs(struct event_db *db)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    int code = mdb_cursor_open(db->txn, db->epochs, &cursor);
    if (code != MDB_SUCCESS)
        return code;
    while (code == MDB_SUCCESS) {
        code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
        if (code != MDB_SUCCESS || get_number(key.mv_data, 8) >= db->ledger.epochs[0].base)
            break;
        code = mdb_cursor_del(cursor, 0);
    }
    mdb_cursor_close(cursor);
    return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
}

static int store_ledger(struct event_db *db)
{
    struct event_ledger *ledger = &db->ledger;
    int code = MDB_SUCCESS;
    for (size_t i = 0; i < ledger->camera_count && code == MDB_SUCCESS; i++) {
        if (ledger->cameras[i].changed)
            code = store_camera(db, i, &ledger->cameras[i]);
        ledger->cameras[i].changed = false;
    }
    for (size_t i = 0; i < ledger->epoch_count && code == MDB_SUCCESS; i++) {
        if (ledger->epochs[i].changed)
            code = store_epoch(db, &ledger->epochs[i]);
        ledger->epochs[i].changed = false;
    }
    return code == MDB_SUCCESS && ledger->epoch_count == EVENT_EPOCHS_MAX ? remove_forgotten_epochs(db)
                                                                          : code;
}

/* ---- transactions ---- */

void event_db_give_up(struct event_db *db)
{
    if (db->txn)
        mdb_txn_abort(db->txn);
    db->txn = NULL;
    db->changed = false;
    db->committed = 0;
    event_db_forget_digest(db);
}

static int open_to_write(struct event_db *db, const char *path);

/*
 * With the locks that those who read have. One who began to read with the locks of before is not seen any more; should he
 * find what he reads written over, he is to read again.
 */
static int open_again(struct event_db *db)
{
    const char *name;
    if (!database_has_name(&db->database))
        return -ESTALE;
    char *path = mdb_env_get_path(db->database.env, &name) == MDB_SUCCESS ? strdup(name) : NULL;
    if (!path)
        return -ENOMEM;
    database_close(&db->database);
    db->committed = 0;
    db->relocked++;
    const int error = open_to_write(db, path);
    free(path);
    return error;
}

/* Somebody else may have written since: another camd's helper that was still at it. */
int event_db_begin(struct event_db *db)
{
    if (db->txn)
        return 0;
    const int lost = database_has_lock(&db->database) ? 0 : open_again(db);
    if (lost < 0)
        return lost;
    int code = mdb_txn_begin(db->database.env, NULL, 0, &db->txn);
    if (code != MDB_SUCCESS) {
        db->txn = NULL;
        return database_error(code);
    }
    if (db->committed > 0 && mdb_txn_id(db->txn) == db->committed + 1)
        return 0;
    int error = event_db_load(db, db->txn);
    if (error == 0)
        error = event_db_begin_digests(db);
    if (error < 0)
        event_db_give_up(db);
    else
        db->committed = mdb_txn_id(db->txn) - 1;
    return error;
}

/* Without a change there is no transaction: the next one has its number. */
static void leave(struct event_db *db)
{
    mdb_txn_abort(db->txn);
    db->txn = NULL;
}

int event_db_commit(struct event_db *db)
{
    if (!db->txn)
        return 0;
    if (!db->changed) {
        leave(db);
        return 0;
    }
    const size_t number = mdb_txn_id(db->txn);
    int error = event_db_store_digests(db);
    if (error == 0)
        error = database_error(store_ledger(db));
    if (error < 0) {
        event_db_give_up(db);
        return error;
    }
    int dead;
    const int code = mdb_txn_commit(db->txn);
    db->txn = NULL;
    db->changed = false;
    db->committed = code == MDB_SUCCESS ? number : 0;
    mdb_reader_check(db->database.env, &dead); /* one that was killed would keep its pages for ever */
    if (code != MDB_SUCCESS)
        return database_error(code);
    return database_has_name(&db->database) ? database_sync_name(&db->database) : -ESTALE;
}

/* ---- putting ---- */

/* What is there at that place is taken off the ledger: it is going to be there again. *found: there is something. */
static int take_off(struct event_db *db, MDB_val *key, bool *found)
{
    MDB_val value;
    struct event_record record;
    const int code = mdb_get(db->txn, db->events, key, &value);
    *found = code == MDB_SUCCESS;
    if (code == MDB_NOTFOUND)
        return 0;
    if (code != MDB_SUCCESS)
        return database_error(code);
    if (event_record_decode(value.mv_data, value.mv_size, &record) == 0 &&
        record.camera < db->ledger.camera_count)
        event_ledger_remove(&db->ledger, record.camera, event_db_weight(value.mv_size), 0, 0);
    return 0;
}

static int put_record(struct event_db *db, uint64_t place, const struct event_record *record)
{
    uint8_t key_bytes[EVENT_PLACE_BYTES];
    MDB_val key = {sizeof(key_bytes), key_bytes}, value = {.mv_size = event_record_size(record)};
    bool was_there;
    event_db_write_place(key_bytes, place);
    int error = take_off(db, &key, &was_there);
    if (error == 0)
        error = event_db_digest_put(db, place, record, was_there);
    if (error < 0)
        return error;
    db->changed = true;
    const int code = mdb_put(db->txn, db->events, &key, &value, MDB_RESERVE);
    if (code != MDB_SUCCESS)
        return database_error(code);
    event_record_encode(record, value.mv_data);
    event_ledger_add(&db->ledger, record->camera, event_db_weight(value.mv_size));
    return 0;
}

int event_db_put(struct event_db *db, const struct event_to_put *event)
{
    struct event_record record = {.wall_ns = event->wall_ns, .text = event->text, .length = event->length};
    uint64_t place;
    size_t camera;
    if (strlen(event->word) > EVENT_RECORD_WORD_MAX || event->length > EVENT_RECORD_TEXT_MAX)
        return -EINVAL;
    strcpy(record.word, event->word);
    int error = event_db_begin(db);
    if (error == 0)
        error = event_ledger_place(&db->ledger, &event->place, &place);
    if (error == 0)
        error = event_ledger_camera(&db->ledger, event->camera, &camera);
    if (error < 0)
        return error;
    record.camera = (uint32_t)camera;
    db->nameless += camera == 0 && event->camera && event->camera[0];
    return put_record(db, place, &record);
}

uint64_t event_db_nameless(const struct event_db *db)
{
    return db->nameless;
}

uint64_t event_db_relocked(const struct event_db *db)
{
    return db->relocked;
}

int event_db_rename(struct event_db *db, const char *from, const char *to)
{
    const int error = event_db_begin(db);
    if (error < 0)
        return error;
    event_ledger_rename(&db->ledger, from, to);
    db->changed = true;
    return 0;
}

/* ---- life ---- */

/* LMDB maps a file that is larger than was asked for as a whole: then nothing could be written, not even to remove events. */
static int make_room(struct database *database)
{
    MDB_envinfo info;
    MDB_stat status;
    int code = mdb_env_info(database->env, &info);
    if (code == MDB_SUCCESS)
        code = mdb_env_stat(database->env, &status);
    if (code != MDB_SUCCESS)
        return database_error(code);
    const size_t needed = (info.me_last_pgno + 1) * status.ms_psize + SLACK_BYTES;
    return needed <= info.me_mapsize ? 0 : database_error(mdb_env_set_mapsize(database->env, needed));
}

/* For as long as it is open: what is opened in a transaction that is given up is gone with it. */
static int make_tables(struct event_db *db)
{
    MDB_txn *txn;
    const int code = mdb_txn_begin(db->database.env, NULL, 0, &txn);
    if (code != MDB_SUCCESS)
        return database_error(code);
    const int error = event_db_open_tables(db, txn, true);
    if (error == 0)
        return database_error(mdb_txn_commit(txn));
    mdb_txn_abort(txn);
    return error;
}

static int open_to_write(struct event_db *db, const char *path)
{
    const size_t map_bytes = db->max_bytes + db->max_bytes / 4 + SLACK_BYTES;
    int error = database_open(&db->database, path, map_bytes, TABLES, false);
    if (error == 0)
        error = make_room(&db->database);
    return error == 0 ? make_tables(db) : error;
}

/* As large as the one who writes has made it. */
static int open_to_read(struct event_db *db, const char *path)
{
    return database_open(&db->database, path, 0, TABLES, true);
}

int event_db_open(struct event_db **result, const char *path, size_t max_bytes, bool read_only)
{
    struct event_db *db = calloc(1, sizeof(*db));
    if (!db)
        return -ENOMEM;
    db->max_bytes = max_bytes;
    const int error = read_only ? open_to_read(db, path) : open_to_write(db, path);
    if (error < 0)
        event_db_close(db);
    else
        *result = db;
    return error;
}

void event_db_close(struct event_db *db)
{
    if (!db)
        return;
    event_db_give_up(db);
    event_ledger_fini(&db->ledger);
    database_close(&db->database);
    free(db);
}

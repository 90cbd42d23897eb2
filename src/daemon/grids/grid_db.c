#include "daemon/grids/grid_db.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/grids/grid_entry.h"

enum {
    LMDB_FILE_MODE = 0600,
    LOCK_BYTES = 8192, /* what LMDB takes for its 126 readers */
};

/* The table of grids in the environment: what tells a database of ours from any other. */
static const char table_name[] = "camd-grids";

struct grid_db {
    MDB_env *env;
    size_t map_bytes;
    char *new_in; /* the directory that must be synced, since the file is new; NULL: none */
};

/* LMDB's own codes are below all of errno's, which are positive here. */
static int db_error(int code)
{
    switch (code) {
    case MDB_SUCCESS:
        return 0;
    case MDB_MAP_FULL:
        return -ENOSPC;
    case MDB_NOTFOUND:
    case MDB_INCOMPATIBLE:
        return -EMEDIUMTYPE;
    case MDB_READERS_FULL:
        return -EBUSY;
    default:
        return code > 0 ? -code : -EBADMSG;
    }
}

static int open_env(const char *path, size_t map_bytes, unsigned int flags, MDB_env **result)
{
    MDB_env *env;
    int code = mdb_env_create(&env);
    if (code != MDB_SUCCESS)
        return code;
    code = mdb_env_set_maxdbs(env, 1);
    if (code == MDB_SUCCESS)
        code = mdb_env_set_mapsize(env, map_bytes);
    if (code == MDB_SUCCESS)
        code = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOTLS | flags, LMDB_FILE_MODE);
    if (code == MDB_SUCCESS) {
        *result = env;
    } else {
        mdb_env_close(env);
    }
    return code;
}

static char *directory_of(const char *path)
{
    char *copy = strdup(path);
    char *directory = copy ? strdup(dirname(copy)) : NULL;
    free(copy);
    return directory;
}

/* Opening what is no file may wait for somebody who never comes: a FIFO's other end. */
static bool is_no_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

/* What a power failure may leave is as good as none. */
static bool is_empty_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0;
}

/*
 * LMDB maps its lock's file and writes to it: with room on the disk only, or it would end with SIGBUS. Longer than it
 * needs means room for more readers.
 */
static int reserve_lock(const char *path)
{
    char *lock = text_format("%s-lock", path);
    if (lock && is_no_file(lock))
        unlink(lock);
    const int fd = lock ? open(lock, O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, LMDB_FILE_MODE) : -1;
    int error = !lock ? -ENOMEM : fd < 0 ? -errno : -posix_fallocate(fd, 0, LOCK_BYTES);
    if (fd >= 0)
        close(fd);
    free(lock);
    return error;
}

static int open_to_read(struct grid_db *db, const char *path)
{
    if (is_empty_file(path) || access(path, F_OK) < 0)
        return ENOENT; /* LMDB would try to make one */
    if (reserve_lock(path) == 0)
        return open_env(path, db->map_bytes, MDB_RDONLY, &db->env);
    /* where the lock can't be written there is no writer, either */
    return open_env(path, db->map_bytes, MDB_RDONLY | MDB_NOLOCK, &db->env);
}

static int open_to_write(struct grid_db *db, const char *path)
{
    if (access(path, F_OK) < 0) {
        db->new_in = directory_of(path);
        if (!db->new_in)
            return ENOMEM;
    }
    const int error = reserve_lock(path);
    const int code = error < 0 ? -error : open_env(path, db->map_bytes, 0, &db->env);
    if (code == MDB_SUCCESS) {
        int dead; /* readers that were killed would keep old pages for ever */
        mdb_reader_check(db->env, &dead);
    } else if (db->new_in) {
        unlink(path); /* begun, perhaps */
    }
    return code;
}

int grid_db_open(struct grid_db **result, const char *path, size_t map_bytes, bool read_only)
{
    struct grid_db *db = calloc(1, sizeof(*db));
    if (!db)
        return -ENOMEM;
    db->map_bytes = map_bytes;
    const int code = is_no_file(path) ? EMEDIUMTYPE
                     : read_only      ? open_to_read(db, path)
                                      : open_to_write(db, path);
    if (code != MDB_SUCCESS) {
        grid_db_close(db);
        return db_error(code);
    }
    *result = db;
    return 0;
}

void grid_db_close(struct grid_db *db)
{
    if (!db)
        return;
    if (db->env)
        mdb_env_close(db->env);
    free(db->new_in);
    free(db);
}

/* True when nobody has ever put anything into the environment. */
static bool env_is_empty(MDB_txn *txn)
{
    MDB_dbi main_table;
    MDB_stat status;
    return mdb_dbi_open(txn, NULL, 0, &main_table) == MDB_SUCCESS &&
           mdb_stat(txn, main_table, &status) == MDB_SUCCESS && status.ms_entries == 0;
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
        return db_error(code);
    while (error == 0 && (code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == MDB_SUCCESS) {
        /* pages that lead back to each other never end */
        error = ++count > GRID_ENTRIES_MAX ? -EBADMSG : take_entry(&key, &value, &entry);
        if (error == 0)
            error = visit(context, &entry);
    }
    if (error == 0 && code != MDB_NOTFOUND)
        error = db_error(code);
    mdb_cursor_close(cursor);
    return error;
}

int grid_db_each(struct grid_db *db, grid_db_visit *visit, void *context)
{
    MDB_txn *txn;
    MDB_dbi table;
    int code = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn);
    if (code != MDB_SUCCESS)
        return db_error(code);
    int error;
    code = mdb_dbi_open(txn, table_name, 0, &table);
    if (code == MDB_NOTFOUND && env_is_empty(txn))
        error = 0;
    else if (code != MDB_SUCCESS)
        error = db_error(code);
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
    if (code == MDB_NOTFOUND && env_is_empty(txn))
        code = mdb_dbi_open(txn, table_name, MDB_CREATE, &table);
    for (size_t i = 0; i < count && code == MDB_SUCCESS; i++)
        code = write_entry(txn, table, &entries[i]);
    return code;
}

static int write_once(struct grid_db *db, const struct grid_entry *entries, size_t count)
{
    MDB_txn *txn;
    int code = mdb_txn_begin(db->env, NULL, 0, &txn);
    if (code != MDB_SUCCESS)
        return code;
    code = write_all(txn, entries, count);
    if (code == MDB_SUCCESS)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return code;
}

static int sync_directory(const char *path)
{
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int error = fd < 0 || fsync(fd) < 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return error;
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
        code = make_map_larger(db->env);
        if (code == MDB_SUCCESS)
            code = write_once(db, entries, count);
    }
    if (code != MDB_SUCCESS)
        return db_error(code);
    return db->new_in ? sync_directory(db->new_in) : 0;
}

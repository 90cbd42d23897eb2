#include "daemon/disk/database.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/disk/directory_sync.h"

enum {
    LMDB_FILE_MODE = 0600,
    LOCK_BYTES = 8192, /* what LMDB takes for its 126 readers */
};

/* LMDB's own codes are below all of errno's, which are positive here. */
int database_error(int code)
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
    case MDB_MAP_RESIZED: /* somebody else has just made it larger than it was when it was opened */
        return -EBUSY;
    default:
        return code > 0 ? -code : -EBADMSG;
    }
}

static int open_env(const char *path, size_t map_bytes, unsigned int tables, unsigned int flags,
                    MDB_env **result)
{
    MDB_env *env;
    int code = mdb_env_create(&env);
    if (code != MDB_SUCCESS)
        return code;
    code = mdb_env_set_maxdbs(env, tables);
    if (code == MDB_SUCCESS)
        code = mdb_env_set_mapsize(env, map_bytes);
    if (code == MDB_SUCCESS)
        code = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOTLS | flags, LMDB_FILE_MODE);
    if (code == MDB_SUCCESS)
        *result = env;
    else
        mdb_env_close(env);
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
static int reserve_lock(struct database *db, const char *path)
{
    struct stat status;
    char *lock = text_format("%s-lock", path);
    if (lock && is_no_file(lock))
        unlink(lock);
    const int fd = lock ? open(lock, O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, LMDB_FILE_MODE) : -1;
    int error = !lock ? -ENOMEM : fd < 0 ? -errno : -posix_fallocate(fd, 0, LOCK_BYTES);
    if (error == 0 && fstat(fd, &status) == 0) {
        db->lock_device = status.st_dev;
        db->lock_number = status.st_ino;
    }
    if (fd >= 0)
        close(fd);
    free(lock);
    return error;
}

static int open_to_read(struct database *db, const char *path, unsigned int tables)
{
    if (is_empty_file(path) || access(path, F_OK) < 0)
        return ENOENT; /* LMDB would try to make one */
    if (reserve_lock(db, path) == 0)
        return open_env(path, db->map_bytes, tables, MDB_RDONLY, &db->env);
    /* where the lock can't be written there is no writer, either */
    return open_env(path, db->map_bytes, tables, MDB_RDONLY | MDB_NOLOCK, &db->env);
}

static int open_to_write(struct database *db, const char *path, unsigned int tables)
{
    if (access(path, F_OK) < 0) {
        db->new_in = directory_of(path);
        if (!db->new_in)
            return ENOMEM;
        mkdir(db->new_in, 0750); /* state_dir, as camd makes it at its start, when somebody has removed it */
    }
    const int error = reserve_lock(db, path);
    const int code = error < 0 ? -error : open_env(path, db->map_bytes, tables, 0, &db->env);
    if (code == MDB_SUCCESS) {
        int dead; /* readers that were killed would keep old pages for ever */
        mdb_reader_check(db->env, &dead);
    } else if (db->new_in) {
        unlink(path); /* begun, perhaps */
    }
    return code;
}

int database_open(struct database *database, const char *path, size_t map_bytes, unsigned int tables,
                  bool read_only)
{
    *database = (struct database){.map_bytes = map_bytes};
    const int code = is_no_file(path) ? EMEDIUMTYPE
                     : read_only      ? open_to_read(database, path, tables)
                                      : open_to_write(database, path, tables);
    if (code != MDB_SUCCESS)
        database_close(database);
    return database_error(code);
}

void database_close(struct database *database)
{
    if (database->env)
        mdb_env_close(database->env);
    free(database->new_in);
    *database = (struct database){0};
}

/* True when nobody has ever put anything into the environment. */
bool database_is_empty(MDB_txn *txn)
{
    MDB_dbi main_table;
    MDB_stat status;
    return mdb_dbi_open(txn, NULL, 0, &main_table) == MDB_SUCCESS &&
           mdb_stat(txn, main_table, &status) == MDB_SUCCESS && status.ms_entries == 0;
}

int database_sync_name(struct database *database)
{
    const int error = database->new_in ? directory_sync(database->new_in) : 0;
    if (error == 0) {
        free(database->new_in);
        database->new_in = NULL;
    }
    return error;
}

bool database_has_name(const struct database *database)
{
    const char *path;
    int fd;
    struct stat named, opened;
    return mdb_env_get_path(database->env, &path) == MDB_SUCCESS &&
           mdb_env_get_fd(database->env, &fd) == MDB_SUCCESS && stat(path, &named) == 0 &&
           fstat(fd, &opened) == 0 && named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
}

bool database_has_lock(const struct database *database)
{
    const char *path;
    struct stat status;
    if (database->lock_number == 0)
        return true;
    char *lock = mdb_env_get_path(database->env, &path) == MDB_SUCCESS ? text_format("%s-lock", path) : NULL;
    const bool has_lock = lock && stat(lock, &status) == 0 && status.st_ino == database->lock_number &&
                          status.st_dev == database->lock_device;
    free(lock);
    return has_lock;
}

static void damaged(int signal_number)
{
    (void)signal_number;
    _exit(EBADMSG);
}

void database_catch_damage(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE};
    const struct sigaction action = {.sa_handler = damaged};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
}

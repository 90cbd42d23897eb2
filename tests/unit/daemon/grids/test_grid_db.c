/* test_grid_db.c - the database: all or nothing, and what else may be found in its place */
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/grids/grid_db.h"
#include "daemon/grids/grid_entry.h"

enum { ENTRIES = 400 }; /* too many for the smallest map */

static char directory[] = "/tmp/camd-griddb-XXXXXX";
static char path[64];
static struct grid_entry entries[ENTRIES];

static int group_setup(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof(path), "%s/grids.mdb", directory);
    for (int i = 0; i < ENTRIES; i++) {
        snprintf(entries[i].camera, sizeof(entries[i].camera), "camera-%03d", i);
        entries[i].size = sizeof(entries[i].record);
        memset(entries[i].record, i, sizeof(entries[i].record));
    }
    return 0;
}

static int remove_all(void **state)
{
    char lock[80];
    (void)state;
    snprintf(lock, sizeof(lock), "%s-lock", path);
    unlink(path);
    unlink(lock);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    return rmdir(directory);
}

static int count_entry(void *context, const struct grid_entry *entry)
{
    int *count = context;
    const int i = atoi(entry->camera + strlen("camera-"));
    assert_in_range(i, 0, ENTRIES - 1);
    assert_memory_equal(entry, &entries[i], sizeof(*entry));
    (*count)++;
    return 0;
}

static int count_stored(void)
{
    struct grid_db *db;
    int count = 0;
    assert_int_equal(grid_db_open(&db, path, GRID_DB_MAP_BYTES, true), 0);
    assert_int_equal(grid_db_each(db, count_entry, &count), 0);
    grid_db_close(db);
    return count;
}

static int store(size_t map_bytes, const struct grid_entry *some, size_t count)
{
    struct grid_db *db;
    int error = grid_db_open(&db, path, map_bytes, false);
    if (error == 0) {
        error = grid_db_write(db, some, count);
        grid_db_close(db);
    }
    return error;
}

/* What the disk was waited for of directories, in place of the C library's. */
static struct stat synced[8];
static size_t synced_count;

int fsync(int fd)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -1;
    if (S_ISDIR(status.st_mode) && synced_count < sizeof(synced) / sizeof(synced[0]))
        synced[synced_count++] = status;
    return 0;
}

static bool is_synced(const char *name)
{
    struct stat status;
    assert_int_equal(stat(name, &status), 0);
    for (size_t i = 0; i < synced_count; i++) {
        if (synced[i].st_ino == status.st_ino && synced[i].st_dev == status.st_dev)
            return true;
    }
    return false;
}

/* state_dir that somebody had removed was made again, and its name might not outlive a power failure. */
static void test_a_directory_that_is_made_again_is_on_the_disk(void **state)
{
    struct grid_db *db;
    char made[sizeof(directory) + 8], file[sizeof(made) + 16];
    (void)state;
    snprintf(made, sizeof(made), "%s/state", directory);
    snprintf(file, sizeof(file), "%s/grids.mdb", made);
    synced_count = 0;
    assert_int_equal(grid_db_open(&db, file, GRID_DB_MAP_BYTES, false), 0);
    assert_int_equal(grid_db_write(db, entries, 1), 0);
    assert_true(is_synced(made));
    assert_true(is_synced(directory));
    grid_db_close(db);
    unlink(file);
    strcat(file, "-lock");
    unlink(file);
    assert_int_equal(rmdir(made), 0);
}

static void test_put_and_delete(void **state)
{
    struct grid_db *db;
    struct grid_entry gone = entries[1];
    (void)state;
    assert_int_equal(grid_db_open(&db, path, GRID_DB_MAP_BYTES, true), -ENOENT);
    assert_int_equal(store(GRID_DB_MAP_BYTES, entries, 3), 0);
    assert_int_equal(count_stored(), 3);
    gone.size = 0;
    assert_int_equal(store(GRID_DB_MAP_BYTES, &gone, 1), 0);
    assert_int_equal(count_stored(), 2);
    assert_int_equal(store(GRID_DB_MAP_BYTES, &gone, 1), 0); /* there is none: fine */
    assert_int_equal(store(GRID_DB_MAP_BYTES, entries, 0), 0);
    assert_int_equal(count_stored(), 2);
}

static void test_a_full_map_is_made_larger_once(void **state)
{
    enum { SMALL = 256 << 10 }; /* 64 pages; 400 records take some 100 */
    (void)state;
    assert_int_equal(store(SMALL / 2, entries, ENTRIES), -ENOSPC); /* twice as much is not enough */
    assert_int_equal(count_stored(), 0);
    assert_int_equal(store(SMALL, entries, ENTRIES), 0);
    assert_int_equal(count_stored(), ENTRIES);
}

/* Twice what was asked for was less than there was, and the map stayed full for ever. */
static void test_a_full_map_that_is_larger_than_was_asked_for(void **state)
{
    (void)state;
    assert_int_equal(store(GRID_DB_MAP_BYTES, entries, ENTRIES), 0);
    assert_int_equal(store(64 << 10, entries, ENTRIES), 0);
    assert_int_equal(count_stored(), ENTRIES);
}

static void write_file(const void *bytes, size_t size)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
}

static int open_and_walk(bool read_only)
{
    struct grid_db *db;
    int count = 0;
    int error = grid_db_open(&db, path, GRID_DB_MAP_BYTES, read_only);
    if (error == 0) {
        error = grid_db_each(db, count_entry, &count);
        grid_db_close(db);
    }
    return error;
}

static void test_what_is_no_database_is_told(void **state)
{
    static char noise[20000];
    (void)state;
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (char)(i * 7);
    write_file(noise, sizeof(noise));
    assert_int_equal(open_and_walk(true), -EBADMSG);
    assert_int_equal(open_and_walk(false), -EBADMSG);
    assert_int_equal(store(GRID_DB_MAP_BYTES, entries, 1), -EBADMSG);
    write_file("short", 5);
    assert_int_equal(open_and_walk(true), -EBADMSG);
    assert_int_equal(store(GRID_DB_MAP_BYTES, entries, 1), -EBADMSG);
    /* an empty file is what a power failure may leave: a new database */
    write_file("", 0);
    assert_int_equal(open_and_walk(true), -ENOENT);
    assert_int_equal(store(GRID_DB_MAP_BYTES, entries, 1), 0);
    assert_int_equal(count_stored(), 1);
}

/* The format's version is a word of both meta pages, after the magic. */
static void test_another_format_of_lmdb_is_told(void **state)
{
    enum { HEAD = sizeof(size_t) + 8, MAGIC = 4, PAGE = 4096 }; /* of a page: its number, and eight bytes */
    static const off_t metas[] = {HEAD + MAGIC, PAGE + HEAD + MAGIC};
    const uint32_t version = 99;
    (void)state;
    assert_int_equal(store(GRID_DB_MAP_BYTES, entries, 3), 0);
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    for (int i = 0; i < 2; i++) {
        uint32_t magic;
        assert_int_equal(pread(fd, &magic, sizeof(magic), metas[i] - MAGIC), sizeof(magic));
        assert_int_equal(magic, 0xBEEFC0DE);
        assert_int_equal(pwrite(fd, &version, sizeof(version), metas[i]), sizeof(version));
    }
    close(fd);
    assert_int_equal(open_and_walk(true), -EBADMSG);
    assert_int_equal(store(GRID_DB_MAP_BYTES, entries, 1), -EBADMSG);
}

/* A database of others: tables, or plain keys. */
static void put_foreign(const char *table)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    MDB_val key = {5, (void *)"hello"}, value = {5, (void *)"world"};
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 2), 0);
    assert_int_equal(mdb_env_open(env, path, MDB_NOSUBDIR, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, table, MDB_CREATE, &dbi), 0);
    assert_int_equal(mdb_put(txn, dbi, &key, &value, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

static void test_a_database_of_others_is_told_and_left_alone(void **state)
{
    (void)state;
    put_foreign("theirs");
    assert_int_equal(open_and_walk(true), -EMEDIUMTYPE);
    assert_int_equal(store(GRID_DB_MAP_BYTES, entries, 1), -EMEDIUMTYPE);
    remove_all(NULL);
    put_foreign(NULL);
    assert_int_equal(open_and_walk(true), -EMEDIUMTYPE);
    assert_int_equal(store(GRID_DB_MAP_BYTES, entries, 1), -EMEDIUMTYPE);
}

/* The helper waited for the other end of the FIFO, and outlived the daemon. */
static void test_what_is_no_file_is_told_and_not_waited_for(void **state)
{
    char lock[sizeof(path) + 8];
    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(open_and_walk(true), -EMEDIUMTYPE);
    assert_int_equal(store(GRID_DB_MAP_BYTES, entries, 1), -EMEDIUMTYPE);
    remove_all(NULL);
    snprintf(lock, sizeof(lock), "%s-lock", path);
    assert_int_equal(mkfifo(lock, 0600), 0);
    assert_int_equal(store(GRID_DB_MAP_BYTES, entries, 3), 0);
    assert_int_equal(unlink(lock), 0);
    assert_int_equal(mkfifo(lock, 0600), 0);
    assert_int_equal(open_and_walk(true), 0);
}

static void test_keys_that_are_no_names_are_damage(void **state)
{
    struct grid_entry odd = entries[0];
    (void)state;
    strcpy(odd.camera, "a/b");
    assert_int_equal(store(GRID_DB_MAP_BYTES, &odd, 1), 0);
    assert_int_equal(open_and_walk(true), -EBADMSG);
}

static int copy(void *context, const struct grid_entry *entry)
{
    memcpy(context, entry, sizeof(*entry));
    return 0;
}

static void test_a_record_of_another_size_is_cut_and_says_so(void **state)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    static char big[3000];
    MDB_val key = {10, (void *)"camera-000"}, value = {sizeof(big), big};
    struct grid_db *db;
    struct grid_entry seen = {0};
    (void)state;
    assert_int_equal(store(GRID_DB_MAP_BYTES, entries, 0), 0);
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 1), 0);
    assert_int_equal(mdb_env_open(env, path, MDB_NOSUBDIR, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, "camd-grids", 0, &dbi), 0);
    assert_int_equal(mdb_put(txn, dbi, &key, &value, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);

    assert_int_equal(grid_db_open(&db, path, GRID_DB_MAP_BYTES, true), 0);
    assert_int_equal(grid_db_each(db, copy, &seen), 0);
    grid_db_close(db);
    assert_int_equal(seen.size, sizeof(big));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_directory_that_is_made_again_is_on_the_disk),
        cmocka_unit_test_teardown(test_put_and_delete, remove_all),
        cmocka_unit_test_teardown(test_a_full_map_is_made_larger_once, remove_all),
        cmocka_unit_test_teardown(test_a_full_map_that_is_larger_than_was_asked_for, remove_all),
        cmocka_unit_test_teardown(test_what_is_no_database_is_told, remove_all),
        cmocka_unit_test_teardown(test_another_format_of_lmdb_is_told, remove_all),
        cmocka_unit_test_teardown(test_a_database_of_others_is_told_and_left_alone, remove_all),
        cmocka_unit_test_teardown(test_what_is_no_file_is_told_and_not_waited_for, remove_all),
        cmocka_unit_test_teardown(test_keys_that_are_no_names_are_damage, remove_all),
        cmocka_unit_test_teardown(test_a_record_of_another_size_is_cut_and_says_so, remove_all),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

/*
 * camd-grid - the process that reads and writes the database of region grids in place of the daemon
 *
 *   camd-grid load FILE    writes all grids of the database FILE to standard output; none when there is no FILE
 *   camd-grid store FILE   puts those of standard input into it, or deletes them: all or none, on the disk at the end
 *
 * Standard input and output are files of a struct grid_stamp and struct grid_entry (grid_entry.h). Exits with 0, or with
 * the errno of what failed (grid_db.h): ESTALE says that FILE is not the database of the stamp, and has nothing of what is
 * known to be stored, EBADMSG that the database is damaged, which it may do by any signal that a wild pointer
 * raises.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/stray_signals.h"
#include "base/text.h"
#include "daemon/disk/database.h"
#include "daemon/grids/grid_db.h"
#include "daemon/grids/grid_entry.h"

static int write_entry(void *context, const struct grid_entry *entry)
{
    FILE *out = context;
    return fwrite(entry, sizeof(*entry), 1, out) == 1 ? 0 : -errno;
}

static int load(const char *path)
{
    struct grid_db *db;
    int error = grid_db_open(&db, path, GRID_DB_MAP_BYTES, true);
    if (error == -ENOENT)
        return 0;
    if (error < 0)
        return error;
    struct grid_stamp stamp = {0};
    error = grid_db_transaction(db, &stamp.transaction);
    if (error == 0 && fwrite(&stamp, sizeof(stamp), 1, stdout) != 1)
        error = -errno;
    if (error == 0)
        error = grid_db_each(db, write_entry, stdout);
    grid_db_close(db);
    if (error == 0 && fflush(stdout) != 0)
        error = -errno;
    return error;
}

/* All of standard input. */
static int read_entries(struct grid_stamp *stamp, struct grid_entry **result, size_t *count)
{
    struct stat status;
    if (fstat(STDIN_FILENO, &status) < 0)
        return -errno;
    const size_t size = (size_t)status.st_size;
    *count = size < sizeof(*stamp) ? 0 : (size - sizeof(*stamp)) / sizeof(struct grid_entry);
    if (*count > (size_t)GRID_ENTRIES_MAX || sizeof(*stamp) + *count * sizeof(struct grid_entry) != size)
        return -EINVAL;
    struct grid_entry *entries = calloc(*count + 1, sizeof(*entries));
    if (!entries)
        return -ENOMEM;
    rewind(stdin);
    if (fread(stamp, sizeof(*stamp), 1, stdin) != 1 ||
        fread(entries, sizeof(*entries), *count, stdin) != *count) {
        free(entries);
        return -EIO;
    }
    *result = entries;
    return 0;
}

static bool entries_are_valid(const struct grid_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!memchr(entries[i].camera, '\0', sizeof(entries[i].camera)) ||
            !text_is_camera_name(entries[i].camera) || entries[i].size > sizeof(entries[i].record))
            return false;
    }
    return true;
}

/* The stamp that camd goes by the next time is put in place of the one that it gave. */
static int write_to(struct grid_db *db, struct grid_stamp *stamp, const struct grid_entry *entries,
                    size_t count)
{
    struct grid_stamp is = {0};
    int error = grid_db_transaction(db, &is.transaction);
    if (error == 0 && is.transaction < stamp->transaction)
        error = -ESTALE;
    if (error == 0 && count > 0)
        error = grid_db_write(db, entries, count);
    if (error == 0)
        error = grid_db_transaction(db, &is.transaction);
    if (error == 0 && pwrite(STDIN_FILENO, &is, sizeof(is), 0) != (ssize_t)sizeof(is))
        error = -EIO;
    return error;
}

static int store(const char *path)
{
    struct grid_entry *entries = NULL;
    struct grid_stamp stamp = {0};
    size_t count = 0;
    struct grid_db *db;
    int error = read_entries(&stamp, &entries, &count);
    if (error < 0)
        return error;
    error = entries_are_valid(entries, count) ? 0 : -EINVAL;
    if (error == 0 && stamp.transaction > 0 && access(path, F_OK) < 0 && errno == ENOENT)
        error = -ESTALE;
    if (error == 0)
        error = grid_db_open(&db, path, GRID_DB_MAP_BYTES, false);
    if (error == 0) {
        error = write_to(db, &stamp, entries, count);
        grid_db_close(db);
    }
    free(entries);
    return error;
}

int main(int argc, char **argv)
{
    int error;
    database_catch_damage();
    stray_signals_ignore();
    if (argc == 3 && strcmp(argv[1], "load") == 0) {
        error = load(argv[2]);
    } else if (argc == 3 && strcmp(argv[1], "store") == 0) {
        error = store(argv[2]);
    } else {
        fprintf(stderr, "usage: camd-grid load|store FILE\n");
        return EINVAL;
    }
    if (error < 0)
        fprintf(stderr, "camd-grid: %s: %s\n", argv[2], strerror(-error));
    return -error;
}

/* shm_fixture.h - names of a test's own in /dev/shm, and counting what is left behind */
#ifndef SHM_FIXTURE_H
#define SHM_FIXTURE_H

#include <stddef.h>
#include <sys/stat.h>

#include "daemon/segments/shm_store.h"

enum {
    FIXTURE_PATH_BYTES = 256,
    FIXTURE_WIDTH = 96,
    FIXTURE_HEIGHT = 64,
    FIXTURE_FRAME_BYTES = FIXTURE_WIDTH * FIXTURE_HEIGHT * 3 / 2,
    FIXTURE_SLOTS = 5,
};

/* Of the test that runs. */
extern struct fixture {
    char prefix[SHM_PREFIX_MAX + 1];
    size_t fds_before;
} fixture;

/* A new prefix; and everything with it removed. */
int fixture_set_up(void **state);
int fixture_tear_down(void **state);
/* No name with the prefix, and no more descriptors than before. */
void fixture_assert_nothing_left(void);

/* Camera "front", without a detector. */
struct shm_plan fixture_plan(void);
struct shm_store *fixture_store_of(const struct shm_plan *plan);
struct shm_store *fixture_store(void);
/* Of the camera's segment; it is there. */
struct stat fixture_stat_part(const char *part);
void *fixture_map_part(const char *part, size_t bytes, int protection);
/* -1: it is not there. */
int fixture_open_part(const char *part, int flags);

/* A prefix that no other run uses. */
void fixture_prefix(char prefix[SHM_PREFIX_MAX + 1]);
/* Files in /dev/shm whose names begin with prefix, the lock left out. */
size_t fixture_count_names(const char *prefix);
/* Removes files, links and empty directories in /dev/shm whose names begin with prefix, the lock too. */
void fixture_remove_all(const char *prefix);
/* "/dev/shm/<prefix><rest>" */
void fixture_path(const char *prefix, const char *rest, char path[FIXTURE_PATH_BYTES]);
/* Makes a file of so many zero bytes. */
void fixture_make_file(const char *prefix, const char *rest, size_t bytes);

#endif

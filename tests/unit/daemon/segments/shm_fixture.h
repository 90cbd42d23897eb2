/* shm_fixture.h - names of a test's own in /dev/shm, and counting what is left behind */
#ifndef SHM_FIXTURE_H
#define SHM_FIXTURE_H

#include <stddef.h>
#include <sys/stat.h>

#include "daemon/segments/shm_store.h"

enum { FIXTURE_PATH_BYTES = 256 };

/* A prefix that no other run uses. */
void fixture_prefix(char prefix[SHM_STORE_PREFIX_MAX + 1]);
/* Files in /dev/shm whose names begin with prefix, the lock left out. */
size_t fixture_count_names(const char *prefix);
/* Open descriptors of this process. */
size_t fixture_count_fds(void);
/* Removes files, links and empty directories in /dev/shm whose names begin with prefix, the lock too. */
void fixture_remove_all(const char *prefix);
/* "/dev/shm/<prefix><rest>" */
void fixture_path(const char *prefix, const char *rest, char path[FIXTURE_PATH_BYTES]);
/* Makes a file of so many zero bytes. */
void fixture_make_file(const char *prefix, const char *rest, size_t bytes);

#endif

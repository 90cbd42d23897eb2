/*
 * lockfile.h - taking the flock of a file that others may be removing at the same time
 *
 * A lock on a file that has lost its name guards nothing, so the name is looked at again once the lock is
 * held.
 */
#ifndef CAMD_BASE_LOCKFILE_H
#define CAMD_BASE_LOCKFILE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Opens path (flags and mode as for open; symbolic links are not followed) and takes its lock without
 * waiting. 0 and *fd, the caller's: closing it gives the lock up. -EWOULDBLOCK: another process holds it.
 * -ENOENT: no such file, and flags did not ask for a new one. Other -errno as open and flock give them.
 */
int lockfile_take(const char *path, int flags, mode_t mode, int *fd);
/* True while path leads to the file behind fd. */
bool lockfile_is_at(int fd, const char *path);

#endif

/*
 * shm_instance.h - what an instance has in /dev/shm as a whole: its prefix, left-overs of a predecessor, and room
 */
#ifndef CAMD_DAEMON_SEGMENTS_SHM_INSTANCE_H
#define CAMD_DAEMON_SEGMENTS_SHM_INSTANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/segments/shm_name.h"
#include "daemon/segments/shm_obstacle.h"

/*
 * Takes the flock on <prefix>lock, which says that the prefix is ours. *lock_fd is the caller's; closing it gives the
 * prefix up. The file stays when camd ends.
 *
 * It has to be in /dev/shm, since instances that share nothing else (other run_dirs, containers with one /dev/shm) must
 * exclude each other; and there every user can make a file of that name. Only a file of our own user counts. Root puts
 * its own one in the place of anything else, with a line in the log, so that no user can keep the cameras dark. Others
 * can't: -EACCES, and problem says what is there. -EWOULDBLOCK: another camd has it. -ENAMETOOLONG.
 */
int shm_instance_lock(const char *prefix, int *lock_fd, char problem[SHM_OBSTACLE_BYTES]);
/* Whether that lock still has its name; when not, another camd can take the prefix. */
bool shm_instance_lock_is_named(const char *prefix, int lock_fd);
/* The lock's path, for messages and to watch it. */
void shm_instance_lock_path(const char *prefix, char path[SHM_PATH_BYTES]);
/*
 * Removes what a killed predecessor left: regular files in /dev/shm whose names match <prefix><camera>.<part>
 * in full, and nothing else. Only under the lock. Returns how many were removed, or -errno when the directory
 * can't be read or something could not be removed (all the others are, all the same).
 */
int shm_instance_sweep(const char *prefix);
/* What there is in the file system behind /dev/shm. */
struct shm_space {
    uint64_t total_bytes, free_bytes; /* the machine's memory stands in for a mount without a limit */
    uint64_t free_files;              /* that can still be made (nr_inodes); UINT64_MAX: any number */
};
/* 0 or -errno, and space is untouched. */
int shm_instance_space(struct shm_space *space);

#endif

/*
 * shm_obstacle.h - something else that has a name of ours in /dev/shm, where every user of the machine may make files
 *
 * The prefix is the instance's, so what has such a name is in the way: a file is removed, a directory with something
 * in it is moved aside, and what can't be moved is named, with its owner, so that somebody can. Names are those of
 * shm_open ("/camd.front.info").
 */
#ifndef CAMD_DAEMON_SEGMENTS_SHM_OBSTACLE_H
#define CAMD_DAEMON_SEGMENTS_SHM_OBSTACLE_H

#include <stdbool.h>
#include <sys/stat.h>

enum { SHM_OBSTACLE_BYTES = 256 };

/*
 * "a directory of uid 1000", for a message; "nothing" when nothing has the name. The user stays a number: asking who
 * that is could wait for a network. Returns text.
 */
const char *shm_obstacle_describe(const char *name, char text[SHM_OBSTACLE_BYTES]);

/*
 * Takes the name from whatever has it: unlinks it, or moves a directory that is not empty to another name. What no camd
 * can have made is worth a line in the log, for subject (a camera, or NULL). 0, when nothing had the name, too; or
 * -errno and nothing is changed (-EPERM: it is another user's, and camd is not root).
 */
int shm_obstacle_clear(const char *subject, const char *name);

/* True for a regular file of our own: a left-over of a camd that ran as the same user, or a file that it uses. */
bool shm_obstacle_is_own_file(const struct stat *status);

#endif

/*
 * pidfile.h - the file that says which process is the daemon
 *
 * It appears whole (0644, the pid and a newline) and stays locked (flock) while the daemon lives, so a file
 * whose lock can be had is stale, whatever process its number belongs to now.
 */
#ifndef CAMD_BASE_PIDFILE_H
#define CAMD_BASE_PIDFILE_H

#include <stdbool.h>

struct pidfile;

/*
 * Writes our pid at path. A stale file is replaced; -EEXIST: a live process holds it. Failures are logged
 * with their reason and leave nothing behind.
 */
int pidfile_new(struct pidfile **pidfile, const char *path);
/*
 * Writes it again when somebody has removed it, and says so in the log. 0, also when it is there; -errno as above, and
 * it is tried again the next time.
 */
int pidfile_restore(struct pidfile *pidfile);
/* Its name is there, and its own. */
bool pidfile_is_there(const struct pidfile *pidfile);
const char *pidfile_path(const struct pidfile *pidfile);
/* Removes the file while it is still the one we made. NULL is fine. */
void pidfile_free(struct pidfile *pidfile);

/* For an upgrade: the descriptor that holds its lock, which stays the pid file's; and the same in the next program. */
int pidfile_fd(const struct pidfile *pidfile);
int pidfile_take_over(struct pidfile **pidfile, const char *path, int fd);

#endif

/* helper_words.h - how a helper that reads or writes a file in the daemon's place has ended: as an error, and in words. Pure. */
#ifndef CAMD_DAEMON_DISK_HELPER_WORDS_H
#define CAMD_DAEMON_DISK_HELPER_WORDS_H

struct child;
struct child_end;

/* Its exit status is an errno of the file's, but for one that could not begin: -ENOPKG. Want of memory or descriptors is what it is. */
int helper_error(const struct child_end *end);
/*
 * "CANNOT PATH: REASON", or, when it could not begin or was killed, "WHO PATH, was killed by signal 9 (Killed)", or that it
 * cannot be executed. cannot: as "cannot write"; who: as "camd-grid, which was to write". New string; NULL: memory is short.
 */
char *helper_problem(const struct child *helper, const struct child_end *end, int error, const char *cannot,
                     const char *who, const char *path);
/* What can be done about that, of a file in state_dir; never NULL. */
const char *helper_hint(const struct child_end *end, int error);

#endif

/*
 * aside.h - files that are no use to camd: they are set aside, and what was set aside before stays
 *
 * What is damaged to camd may be of use to an administrator, or to another version of camd. So nothing is overwritten; and so
 * that a disk is not filled by what is damaged again and again, there are ASIDES_MAX of a file at most.
 */
#ifndef CAMD_DAEMON_DISK_ASIDE_H
#define CAMD_DAEMON_DISK_ASIDE_H

enum { ASIDES_MAX = 3 };

/*
 * Gives it the first of the names PATH.damaged, PATH.damaged-2 and so on that nothing has. 0, and *aside is that name, the
 * caller's to free; or -errno, and the file is as it was. -EEXIST: all of them are taken.
 */
int aside_move(const char *path, char **aside);
/* The same of a database of LMDB's, whose locks are made again with the next one. */
int aside_move_database(const char *path, char **aside);
/* What an error of such a database (see database.h) says against it, as the end of "PATH "; NULL: nothing, it stays. */
const char *aside_database_fault(int error);

/* Of a file whose names are all taken: what is wrong, the caller's to free (NULL: memory is short), and what can be done. */
char *aside_problem(const char *path);
extern const char aside_hint[];

#endif

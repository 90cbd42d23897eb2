/* unfinished.h - the file in which persist.h writes what another one is to have: its name, and what is left of it */
#ifndef CAMD_DAEMON_DISK_UNFINISHED_H
#define CAMD_DAEMON_DISK_UNFINISHED_H

/* .NAME.camd-new beside path, a name that nobody else gives to a file. New string; NULL: memory is short. */
char *unfinished_path(const char *path);

/*
 * Removes what a camd that was killed has left of files in the directory whose names have this ending (".ini"), and logs
 * it: that may have a camera's password. To be called when nothing of this or an earlier camd writes there.
 */
void unfinished_remove(const char *directory, const char *ending);

#endif

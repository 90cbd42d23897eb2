/* directory_sync.h - that what a directory has the names of is on the disk; of the helpers that may wait for it */
#ifndef CAMD_DAEMON_DISK_DIRECTORY_SYNC_H
#define CAMD_DAEMON_DISK_DIRECTORY_SYNC_H

/*
 * Waits until the names in the directory are on the disk, and its own: it may be as new as a file in it. The one that it is in
 * may be closed to us, though. 0 or -errno.
 */
int directory_sync(const char *directory);

#endif

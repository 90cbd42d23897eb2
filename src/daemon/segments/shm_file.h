/*
 * shm_file.h - a segment's file, read and written without a mapping: a worker that truncates it can't kill the daemon
 *
 * Descriptors stay the caller's. 0 or -errno; -EIO: the file ends before it, which only a truncation can do.
 */
#ifndef CAMD_DAEMON_SEGMENTS_SHM_FILE_H
#define CAMD_DAEMON_SEGMENTS_SHM_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All of it. */
int shm_file_read(int fd, void *buffer, size_t size, off_t offset);
/* All of it, ordered against the writes before and after for those who have the file mapped. Never makes it longer. */
int shm_file_write(int fd, const void *buffer, size_t size, off_t offset);
/*
 * What a sequence lock guards: size bytes at offset, of which the first are the word; *sequence is the word as it
 * is, and gets its new value. After a failure the word stays odd, which readers wait out, until a write goes through.
 */
int shm_file_write_guarded(int fd, const void *guarded, size_t size, off_t offset, uint32_t *sequence);

/* Of info: tells those who have the segments mapped that they are gone. */
int shm_file_mark_gone(int fd);
/* The same by name ("/PREFIXCAMERA.PART"), if that is an info of our own. Whether it works changes nothing for us. */
void shm_file_mark_left_over(const char *name);

#endif

/*
 * whole_file.h - files read and written whole
 *
 * Nothing here waits for somebody: what is no regular file (a FIFO without a writer, a terminal) is an error.
 */
#ifndef CAMD_BASE_WHOLE_FILE_H
#define CAMD_BASE_WHOLE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/*
 * Whether there is a name, although it may lead nowhere or not be looked at. Who takes an absent file for an empty one asks
 * this, and not whether it can be opened: of one that cannot, opening it tells.
 */
bool whole_file_may_be_there(const char *path);
/* Opens a regular file for reading. The descriptor, the caller's to close; -EINVAL for anything else, or -errno. */
int whole_file_open(const char *path, struct stat *status);
/* What is left of an open file: *text ends with a NUL and is the caller's to free. 0, -EFBIG above limit, or -errno. */
int whole_file_read_from(int fd, size_t limit, char **text, size_t *length);
/* Both of them for the whole file. */
int whole_file_read(const char *path, size_t limit, char **text, size_t *length);

/*
 * Why a file could not be opened or read whole, in words: strerror but for -EINVAL, which says what the file is.
 * Static text.
 */
const char *whole_file_problem(int error);

/* All of it, however many calls that takes. 0; -ENOSPC when nothing more is taken; or -errno. */
int whole_file_write_to(int fd, const void *data, size_t size);

#endif

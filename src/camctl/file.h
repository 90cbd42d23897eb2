/* file.h - writing a file whole or not at all */
#ifndef CAMD_CAMCTL_FILE_H
#define CAMD_CAMCTL_FILE_H

#include <stddef.h>

#include "camctl/exit_status.h"

/*
 * Makes data the content of path: a temporary file beside it takes its place in one step, so that a reader
 * sees the old or the new and a failure leaves the old. Symbolic links are followed; what is not a regular
 * file (a device, a pipe) is written to as it is. 0 or -errno.
 */
int file_replace(const char *path, const void *data, size_t bytes);
/* The failure that path, which may be - for standard output, was not written. problem: -errno. */
enum status file_unwritten(json_t **error, const char *path, int problem);

#endif

/* file_identity.h - what tells whether a file is still the one that was read */
#ifndef CAMD_BASE_FILE_IDENTITY_H
#define CAMD_BASE_FILE_IDENTITY_H

#include <stdbool.h>
#include <sys/stat.h>

enum { FILE_IDENTITY_BYTES = 128 };

/* By device, inode, size and time of its last change: another file, or the same one written to, differs. */
bool file_is_same(const struct stat *a, const struct stat *b);
/* The same in words that can be kept and compared: camd gives them to camd-sync. Returns text. */
const char *file_identity(const struct stat *status, char text[FILE_IDENTITY_BYTES]);

#endif

/* file_identity.h - what tells whether a file is still the one that was read: camd says it, and camd-sync compares it */
#ifndef CAMD_BASE_FILE_IDENTITY_H
#define CAMD_BASE_FILE_IDENTITY_H

#include <sys/stat.h>

enum { FILE_IDENTITY_BYTES = 128 };

/* Device, inode, size and time of its last change: another file, or the same one written to, differs. Returns text. */
const char *file_identity(const struct stat *status, char text[FILE_IDENTITY_BYTES]);

#endif

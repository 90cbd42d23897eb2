/* access.h - whether a user may use a file, asked by another one */
#ifndef CAMD_BASE_ACCESS_H
#define CAMD_BASE_ACCESS_H

#include "base/user.h"

/*
 * user NULL: camd, who is root, mostly. mode: R_OK, W_OK, X_OK. 0, or -errno why not; -EAGAIN: the one who asks can't look
 * that far, or an access list may say otherwise. As root the kernel is asked as that user; else modes are looked at, of every
 * directory on the way.
 */
int access_may(const struct user *user, const char *path, int mode);
/* The same of this process. */
int access_may_ourselves(const char *path, int mode);
/* What was found of a path that should be a file: the same, or -EISDIR instead of 0. */
int access_to_file(int error, const char *path);
/*
 * Such an error in words: "PATH: No such file or directory", or "PATH cannot be read by WHO: ..." with what is expected. New
 * string; NULL when memory is short.
 */
char *access_problem(int error, const char *path, int mode, const char *who);

#endif

/* access.h - whether a user may use a file, asked by another one */
#ifndef CAMD_CAMCTL_ACCESS_H
#define CAMD_CAMCTL_ACCESS_H

#include "base/user.h"

/*
 * user NULL: camd, who is root, mostly. mode: R_OK, W_OK, X_OK. 0, or -errno why not; -EAGAIN: the one who asks can't look
 * that far. As root the kernel is asked as that user; else modes are looked at, of every directory on the way.
 */
int access_may(const struct user *user, const char *path, int mode);

#endif

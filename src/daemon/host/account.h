/*
 * account.h - as whom workers run
 *
 * A worker parses what a camera sends, and may be taken over by it. The user that it runs as must have nothing that is
 * worth having: not root, nothing of camd's, and no member of the group that may look at all cameras.
 */
#ifndef CAMD_DAEMON_HOST_ACCOUNT_H
#define CAMD_DAEMON_HOST_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/user.h"

enum { ACCOUNT_TEXT_BYTES = 512 };

struct account {
    bool is_there; /* else workers run as camd's own user */
    uid_t user;
    gid_t group;
    gid_t device_groups[USER_DEVICE_GROUPS]; /* as far as the machine has them; never camd's own */
    size_t device_group_count;
};

/*
 * name: of the user. group: of camd, (gid_t)-1 for none. paths: camd's own files and directories, which the user must
 * not own; NULLs among them are left out. 0; -ENOENT: there is no such user; -EPERM: the user will not do. problem says
 * what is wrong and what to do then. May ask the machine's directory of users: for the start only.
 */
int account_find(struct account *account, const char *name, gid_t group, const char *const *paths,
                 size_t path_count, char problem[ACCOUNT_TEXT_BYTES]);

#endif

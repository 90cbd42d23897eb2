/*
 * user.h - a user of this machine: numbers, groups and home, as the user database has them
 *
 * Looking one up may ask a server and take its time: not from a loop, but when a configuration is taken over.
 */
#ifndef CAMD_BASE_USER_H
#define CAMD_BASE_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { USER_GROUPS_MAX = 256 };

struct user {
    char *name, *home; /* the user's */
    uid_t uid;
    gid_t gid;
    gid_t groups[USER_GROUPS_MAX]; /* all of its groups, gid among them */
    size_t group_count;
};

/* By name or number. 0; -ENOENT: there is none; -E2BIG: it is in too many groups; or another -errno. */
int user_find(struct user *user, const char *name);
/* The user that this process is; one that the user database does not know has its number as name, and / as home. */
int user_find_own(struct user *user);
void user_fini(struct user *user);
bool user_is_in_group(const struct user *user, gid_t group);

/* Names of the groups whose members may open cameras and graphics cards, where a system has them. */
enum { USER_DEVICE_GROUPS = 2 };
extern const char *const user_device_groups[USER_DEVICE_GROUPS];
bool user_is_device_group(const char *group);

#endif

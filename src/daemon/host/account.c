#include "daemon/host/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool is_member(const struct passwd *user, gid_t group)
{
    enum { MEMBERSHIPS_MAX = 256 };
    gid_t groups[MEMBERSHIPS_MAX];
    int count = MEMBERSHIPS_MAX;
    if (getgrouplist(user->pw_name, user->pw_gid, groups, &count) < 0)
        return true; /* in so many groups that it can't be told */
    for (int i = 0; i < count; i++) {
        if (groups[i] == group)
            return true;
    }
    return false;
}

static const char *owned_by(const struct passwd *user, const char *const *paths, size_t count)
{
    struct stat status;
    for (size_t i = 0; i < count; i++) {
        if (paths[i] && stat(paths[i], &status) == 0 && status.st_uid == user->pw_uid)
            return paths[i];
    }
    return NULL;
}

static void find_device_groups(struct account *account)
{
    static const char *const names[ACCOUNT_DEVICE_GROUPS_MAX] = {"video", "render"};
    for (size_t i = 0; i < ACCOUNT_DEVICE_GROUPS_MAX && names[i]; i++) {
        const struct group *group = getgrnam(names[i]);
        if (group)
            account->device_groups[account->device_group_count++] = group->gr_gid;
    }
}

int account_find(struct account *account, const char *name, gid_t group, const char *const *paths,
                 size_t path_count, char problem[ACCOUNT_TEXT_BYTES])
{
    static const char choose[] =
        "choose a user that is for this alone (adduser --system --group camd-worker)";
    const struct passwd *user = getpwnam(name);
    *account = (struct account){0};
    if (!user) {
        snprintf(
            problem, ACCOUNT_TEXT_BYTES,
            "worker_user = %s: there is no such user: create it with adduser --system --group %s, or change the key",
            name, name);
        return -ENOENT;
    }
    const char *owned = owned_by(user, paths, path_count);
    if (user->pw_uid == 0)
        snprintf(problem, ACCOUNT_TEXT_BYTES, "worker_user = %s: this is root, whom workers must not be: %s",
                 name, choose);
    else if (group != (gid_t)-1 && is_member(user, group))
        snprintf(problem, ACCOUNT_TEXT_BYTES,
                 "worker_user = %s: the user is a member of camd's group, and could look at all cameras: %s",
                 name, choose);
    else if (owned)
        snprintf(problem, ACCOUNT_TEXT_BYTES, "worker_user = %s: the user owns %s, which is camd's: %s", name,
                 owned, choose);
    else {
        account->is_there = true;
        account->user = user->pw_uid;
        account->group = user->pw_gid;
        find_device_groups(account);
        return 0;
    }
    return -EPERM;
}

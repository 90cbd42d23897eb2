#include "daemon/host/account.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/user.h"

static const char *owned_by(const struct user *user, const char *const *paths, size_t count)
{
    struct stat status;
    for (size_t i = 0; i < count; i++) {
        if (paths[i] && stat(paths[i], &status) == 0 && status.st_uid == user->uid)
            return paths[i];
    }
    return NULL;
}

/* Without camd's own group: who is in that may look at all cameras. */
static void find_device_groups(struct account *account, gid_t own)
{
    for (size_t i = 0; i < USER_DEVICE_GROUPS; i++) {
        const struct group *group = getgrnam(user_device_groups[i]);
        if (group && group->gr_gid != own)
            account->device_groups[account->device_group_count++] = group->gr_gid;
    }
}

static void take(struct account *account, const struct user *user, gid_t own_group)
{
    account->is_there = true;
    account->user = user->uid;
    account->group = user->gid;
    find_device_groups(account, own_group);
}

/* 0 or -EPERM. */
static int judge(const struct user *user, gid_t group, const char *const *paths, size_t path_count,
                 char problem[ACCOUNT_TEXT_BYTES])
{
    static const char choose[] =
        "choose a user that is for this alone (adduser --system --group camd-worker)";
    const char *owned = owned_by(user, paths, path_count);
    if (user->uid == 0)
        snprintf(problem, ACCOUNT_TEXT_BYTES, "worker_user = %s: this is root, whom workers must not be: %s",
                 user->name, choose);
    else if (group != (gid_t)-1 && user_is_in_group(user, group))
        snprintf(problem, ACCOUNT_TEXT_BYTES,
                 "worker_user = %s: the user is a member of camd's group, and could look at all cameras: %s",
                 user->name, choose);
    else if (owned)
        snprintf(problem, ACCOUNT_TEXT_BYTES, "worker_user = %s: the user owns %s, which is camd's: %s",
                 user->name, owned, choose);
    else
        return 0;
    return -EPERM;
}

int account_find(struct account *account, const char *name, gid_t group, const char *const *paths,
                 size_t path_count, char problem[ACCOUNT_TEXT_BYTES])
{
    struct user user;
    *account = (struct account){0};
    int error = user_find(&user, name);
    if (error == -ENOENT)
        snprintf(
            problem, ACCOUNT_TEXT_BYTES,
            "worker_user = %s: there is no such user: create it with adduser --system --group %s, or change the key",
            name, name);
    else if (error < 0)
        snprintf(problem, ACCOUNT_TEXT_BYTES, "worker_user = %s: cannot be looked up: %s", name,
                 strerror(-error));
    if (error < 0)
        return error;
    error = judge(&user, group, paths, path_count, problem);
    if (error == 0)
        take(account, &user, group);
    user_fini(&user);
    return error;
}

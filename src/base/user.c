#include "base/user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

const char *const user_device_groups[USER_DEVICE_GROUPS] = {"video", "render"};

/* By name, or by number; NULL: there is none, or errno says why that is not known. */
static const struct passwd *find_entry(const char *name)
{
    errno = 0;
    const struct passwd *entry = getpwnam(name);
    if (entry || name[strspn(name, "0123456789")] != '\0')
        return entry;
    int64_t uid;
    const bool is_uid = text_to_int(name, &uid) && uid < (uid_t)-1;
    errno = 0; /* a number that is too large is nobody's, which is no failure */
    return is_uid ? getpwuid((uid_t)uid) : NULL;
}

static int take(struct user *user, const char *name, const char *home, uid_t uid, gid_t gid)
{
    *user = (struct user){.uid = uid, .gid = gid, .name = strdup(name), .home = strdup(home)};
    if (user->name && user->home)
        return 0;
    user_fini(user);
    return -ENOMEM;
}

int user_find(struct user *user, const char *name)
{
    const struct passwd *entry = find_entry(name);
    if (!entry)
        return errno == 0 ? -ENOENT : -errno;
    int error = take(user, entry->pw_name, entry->pw_dir, entry->pw_uid, entry->pw_gid);
    if (error < 0)
        return error;
    int count = USER_GROUPS_MAX;
    if (getgrouplist(user->name, user->gid, user->groups, &count) < 0) {
        user_fini(user);
        return -E2BIG;
    }
    user->group_count = (size_t)count;
    return 0;
}

int user_find_own(struct user *user)
{
    const uid_t uid = geteuid();
    const struct passwd *entry = getpwuid(uid);
    if (entry)
        return take(user, entry->pw_name, entry->pw_dir, uid, getegid());
    char *number = text_format("%u", (unsigned int)uid);
    const int error = number ? take(user, number, "/", uid, getegid()) : -ENOMEM;
    free(number);
    return error;
}

void user_fini(struct user *user)
{
    free(user->name);
    free(user->home);
    user->name = user->home = NULL;
}

bool user_is_in_group(const struct user *user, gid_t group)
{
    for (size_t i = 0; i < user->group_count; i++) {
        if (user->groups[i] == group)
            return true;
    }
    return false;
}

bool user_is_device_group(const char *group)
{
    for (size_t i = 0; i < USER_DEVICE_GROUPS; i++)
        if (strcmp(group, user_device_groups[i]) == 0)
            return true;
    return false;
}

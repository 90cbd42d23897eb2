#include "base/access.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/text.h"

/* As root: asks the kernel as that user, whatever modes, access lists and mounts say. 0 or -errno. */
static int ask_as(const struct user *user, const char *path, int mode)
{
    int status;
    const pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0) {
        const bool is_user = setgroups(user->group_count, user->groups) == 0 &&
                             setresgid(user->gid, user->gid, user->gid) == 0 &&
                             setresuid(user->uid, user->uid, user->uid) == 0;
        _exit(is_user && faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 ? 0 : errno);
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

/* Whom an access list lets in does not show in the mode, whose bits of the group are then the most that it gives anybody. */
static bool has_access_list(const char *path)
{
    return getxattr(path, "system.posix_acl_access", NULL, 0) >= 0;
}

/* Root may do all, but execute a file that nobody may. */
static bool may_as_root(const struct stat *status, int mode)
{
    return !(mode & X_OK) || S_ISDIR(status->st_mode) || status->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH);
}

/* By the mode alone. mode: R_OK, W_OK and X_OK are the bits of others. */
static int judge_mode(const struct user *user, const struct stat *status, int mode)
{
    if (user->uid == 0)
        return may_as_root(status, mode) ? 0 : -EACCES;
    const int shift = user->uid == status->st_uid ? 6 : user_is_in_group(user, status->st_gid) ? 3 : 0;
    return (((int)status->st_mode >> shift) & mode) == mode ? 0 : -EACCES;
}

/* Directory by directory, as the path names them. -EAGAIN: we can't look at it, or the mode does not say. */
static int judge_path(const struct user *user, const char *path, int mode)
{
    char part[PATH_MAX];
    struct stat status;
    for (size_t at = 1; path[at - 1]; at++) {
        const bool is_end = path[at] == '\0';
        if ((path[at] != '/' && !is_end) || at >= sizeof(part))
            continue;
        memcpy(part, path, at);
        part[at] = '\0';
        if (stat(part, &status) < 0)
            return errno == EACCES ? -EAGAIN : -errno;
        const int error = judge_mode(user, &status, is_end ? mode : X_OK);
        if (error == -EACCES && has_access_list(part))
            return -EAGAIN;
        if (error < 0 || is_end)
            return error;
    }
    return 0;
}

/* Where symbolic links lead there are other directories to go into. */
static int judge_as(const struct user *user, const char *path, int mode)
{
    const int error = judge_path(user, path, mode);
    char *real = error == 0 ? realpath(path, NULL) : NULL;
    const int real_error = real ? judge_path(user, real, mode) : error;
    free(real);
    return real_error;
}

/* camd is root, mostly: what is there can be read, though not by everybody who checks. */
static int judge_as_camd(const char *path, int mode)
{
    struct stat status;
    if (geteuid() == 0)
        return access_may_ourselves(path, mode);
    if (stat(path, &status) < 0)
        return errno == EACCES ? -EAGAIN : -errno;
    return may_as_root(&status, mode) ? 0 : -EACCES;
}

int access_may(const struct user *user, const char *path, int mode)
{
    if (!user)
        return judge_as_camd(path, mode);
    return geteuid() == 0 ? ask_as(user, path, mode) : judge_as(user, path, mode);
}

int access_may_ourselves(const char *path, int mode)
{
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 ? 0 : -errno;
}

int access_to_file(int error, const char *path)
{
    struct stat status;
    return error == 0 && stat(path, &status) == 0 && S_ISDIR(status.st_mode) ? -EISDIR : error;
}

static const char *use_of(int mode)
{
    return mode == X_OK                    ? "executed"
           : mode == R_OK                  ? "read"
           : mode & W_OK && !(mode & R_OK) ? "written"
                                           : "opened";
}

char *access_problem(int error, const char *path, int mode, const char *who)
{
    if (error == -ENOENT || error == -ENOTDIR || error == -EISDIR)
        return text_format("%s: %s", path, strerror(-error));
    return text_format("%s cannot be %s by %s: %s: expected that this user may, and go into its directories",
                       path, use_of(mode), who, strerror(-error));
}

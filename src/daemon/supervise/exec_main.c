/*
 * camd-exec - becomes another user and executes a program: posix_spawn, with which camd starts programs, cannot
 *
 *   camd-exec USER PROGRAM [ARGUMENT...]
 *
 * USER is a name or a number; "-" stays who one is. PROGRAM is a path. It gets USER's groups, ids, HOME, USER and
 * LOGNAME, and can gain no privileges by executing something (no_new_privs). Whatever fails is said in words on standard
 * error, and nothing is executed then: exit status 126, or 127 when there is no such program.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { EXIT_REFUSED = 126, EXIT_NO_PROGRAM = 127 };

__attribute__((format(printf, 1, 2))) static int refuse(const char *format, ...)
{
    va_list arguments;
    fputs("camd-exec: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return EXIT_REFUSED;
}

/* By name, or by number; NULL: there is none. */
static const struct passwd *find_user(const char *name)
{
    errno = 0;
    const struct passwd *user = getpwnam(name);
    if (user || name[0] < '0' || name[0] > '9')
        return user;
    char *end;
    unsigned long uid = strtoul(name, &end, 10);
    return *end == '\0' && uid < (uid_t)-1 ? getpwuid((uid_t)uid) : NULL;
}

static int set_environment(const struct passwd *user)
{
    const struct {
        const char *name, *value;
    } variables[] = {{"HOME", user->pw_dir}, {"USER", user->pw_name}, {"LOGNAME", user->pw_name}};
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        if (setenv(variables[i].name, variables[i].value, 1) < 0)
            return refuse("cannot set %s: %s", variables[i].name, strerror(errno));
    }
    return 0;
}

/* For good: real, effective and saved ids, and there is no way back. */
static int become(const char *name)
{
    const struct passwd *user = find_user(name);
    if (!user)
        return refuse(
            "there is no user %s%s%s: name another one in event_user, or make it (adduser --system)", name,
            errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
    const uid_t uid = user->pw_uid;
    if (geteuid() != 0)
        return getuid() == uid && geteuid() == uid
                   ? 0
                   : refuse("only root can become user %s: start camd as root, or leave it out", name);
    int result = set_environment(user);
    if (result != 0)
        return result;
    if (initgroups(user->pw_name, user->pw_gid) < 0 ||
        setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0 || setresuid(uid, uid, uid) < 0)
        return refuse("cannot become user %s: %s", name, strerror(errno));
    if (uid != 0 && setuid(0) == 0)
        return refuse("user %s could become root again", name);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return refuse("usage: camd-exec USER PROGRAM [ARGUMENT...]");
    if (strcmp(argv[1], "-") != 0) {
        int result = become(argv[1]);
        if (result != 0)
            return result;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return refuse("cannot give up gaining privileges: %s", strerror(errno));
    execv(argv[2], &argv[2]);
    const int error = errno;
    refuse("cannot execute %s as user %s: %s", argv[2], argv[1], strerror(error));
    return error == ENOENT ? EXIT_NO_PROGRAM : EXIT_REFUSED;
}

#include "base/error_hint.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SERVICE_LIMIT(key, option)                                                                           \
    "raise the limit, " key " of the service (systemctl edit) or ulimit " option                             \
    " in its file in /etc/default"

static const struct {
    int error;
    const char *text;
} shortages[] = {
    {EMFILE, "no more files may be opened: " SERVICE_LIMIT("LimitNOFILE=", "-n")},
    {ENFILE, "the machine may not open more files: raise fs.file-max with sysctl"},
    {EAGAIN, "no more processes may be started: " SERVICE_LIMIT("TasksMax=", "-u")},
    {ENOMEM,
     "memory is short, or no more may be had: end what takes it, or " SERVICE_LIMIT("LimitAS=", "-v")},
    {EFBIG, "no file may be that large: " SERVICE_LIMIT("LimitFSIZE=", "-f")},
};

/* What is said before and after the directory. */
static const struct {
    int error;
    const char *before, *after;
} directories[] = {
    {ENOSPC, "make room in ", " (df and df -i say what is short)"},
    {EDQUOT, "make room in ", ", of which its user may have no more (quota)"},
    {EACCES, "", " has to be writable for the user that this runs as: look at its owner and mode"},
    {EPERM, "", " has to be writable for the user that this runs as: look at its owner and mode"},
    {EROFS, "",
     " is read-only: mount it for writing, or name it in ReadWritePaths= of the service (systemctl edit)"},
    {ENOTDIR, "", " has to be a directory"},
    {ENOENT, "", " is not there, or nothing can be made in it"},
    {ELOOP, "a symbolic link is in the way in ", ", and is not followed: remove it"},
    {EISDIR, "a directory is in the way in ", ": move it away"},
    {EIO, "the disk of ", " has a fault: the kernel's log (dmesg) says more"},
    {ETIMEDOUT, "the disk of ", " does not answer"},
    {ESTALE, "the server of ", " does not know it any more: mount it again"},
    {0, "look at ", ": space, permissions"}, /* anything else */
};

const char *error_hint_shortage(int error)
{
    for (size_t i = 0; i < sizeof(shortages) / sizeof(shortages[0]); i++) {
        if (shortages[i].error == abs(error))
            return shortages[i].text;
    }
    return NULL;
}

const char *error_hint_directory(int error, const char *place, char text[ERROR_HINT_BYTES])
{
    const char *shortage = error_hint_shortage(error);
    size_t i = 0;
    while (directories[i].error != 0 && directories[i].error != abs(error))
        i++;
    if (shortage)
        snprintf(text, ERROR_HINT_BYTES, "%s", shortage);
    else
        snprintf(text, ERROR_HINT_BYTES, "%s%s%s", directories[i].before, place, directories[i].after);
    return text;
}

const char *error_words(int error, char text[ERROR_WORDS_BYTES])
{
    const char *hint = error_hint_shortage(error);
    snprintf(text, ERROR_WORDS_BYTES, "%s%s%s", strerror(abs(error)), hint ? "; " : "", hint ? hint : "");
    return text;
}

const char *error_words_of_path(int error, const char *path, char text[ERROR_WORDS_BYTES])
{
    const char *slash = strrchr(path, '/');
    struct stat status;
    /* a file that is there is what has the wrong owner or mode */
    const bool is_its_own =
        (abs(error) == EACCES || abs(error) == EPERM) && stat(path, &status) == 0 && S_ISREG(status.st_mode);
    char *place = is_its_own      ? strdup(path)
                  : !slash        ? strdup(".")
                  : slash == path ? strdup("/")
                                  : strndup(path, (size_t)(slash - path));
    char hint[ERROR_HINT_BYTES];
    snprintf(text, ERROR_WORDS_BYTES, "%s; %s", strerror(abs(error)),
             error_hint_directory(error, place ? place : path, hint));
    free(place);
    return text;
}

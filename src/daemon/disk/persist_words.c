/* What went wrong with a file of the daemon's, in words, and what can be done about it. Pure. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/limits.h"
#include "daemon/disk/persist.h"
#include "daemon/supervise/child.h"

const char *persist_reason(int error)
{
    return error == -ENOPKG
               ? "camd-sync, which writes to the disk, cannot be executed (the log says why); is camd installed as a whole?"
           : error == -EOWNERDEAD ? "the process that waits for the disk in camd's place was killed"
           : error == -ESTALE     ? "somebody else has changed it at the same moment"
                                  : strerror(-error);
}

/* What is said of each directory that files are kept in. */
#define EACH(before, after)                                                                                  \
    {                                                                                                        \
        before "state_dir" after, before "cameras_dir" after                                                 \
    }
#define BOTH(text)                                                                                           \
    {                                                                                                        \
        text, text                                                                                           \
    }

const char *persist_hint(int error, enum persist_directory directory)
{
    static const struct {
        int error;
        const char *hints[PERSIST_DIRECTORIES];
    } table[] = {
        {-ENOSPC, EACH("make room in ", " (df and df -i say what is short)")},
        {-EDQUOT, EACH("make room in ", ", of which camd's user may have no more")},
        {-EFBIG, BOTH(LIMITS_FILE_SIZE_HINT)},
        {-EACCES, EACH("camd must be able to write in ", "")},
        {-EPERM, EACH("camd must be able to write in ", "")},
        {-EROFS, EACH("camd must be able to write in ", "")},
        {-ENOTDIR, EACH("", " has to be a directory")},
        {-ENOENT, EACH("", " is not there, and cannot be made")},
        {-EIO, EACH("the disk of ", " has a fault: the kernel's log (dmesg) says more")},
        {-ENOMEM,
         BOTH(
             "memory is short, or camd may not have more: LimitAS= in camd.service or ulimit -v in /etc/default/camd")},
        {-EMFILE,
         BOTH(
             "camd may not open more files: raise its limit, LimitNOFILE= in camd.service or ulimit -n in /etc/default/camd")},
        {-ETIMEDOUT, EACH("the disk of ", " does not answer")},
        {-ENOPKG, BOTH("install camd again")},
        {-EOWNERDEAD, BOTH(CHILD_KILLED_HINT)},
    };
    static const char *const others[PERSIST_DIRECTORIES] = EACH("look at ", ": space, permissions");
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].error == error)
            return table[i].hints[directory];
    }
    return others[directory];
}

/* What went wrong with a file of the daemon's, in words, and what can be done about it. Pure. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "daemon/disk/persist.h"

const char *persist_reason(int error)
{
    return error == -ENOPKG
               ? "camd-sync, which writes to the disk, cannot be executed (the log says why); is camd installed as a whole?"
           : error == -EOWNERDEAD ? "the process that waits for the disk in camd's place was killed"
           : error == -ESTALE     ? "somebody else has changed it at the same moment"
                                  : strerror(-error);
}

const char *persist_hint(int error)
{
    static const struct {
        int error;
        const char *hint;
    } hints[] = {
        {-ENOSPC, "make room in state_dir"},
        {-EDQUOT, "make room in state_dir"},
        {-EACCES, "camd must be able to write in state_dir"},
        {-EPERM, "camd must be able to write in state_dir"},
        {-EROFS, "camd must be able to write in state_dir"},
        {-ETIMEDOUT, "the disk of state_dir does not answer"},
        {-ENOPKG, "install camd again"},
        {-EOWNERDEAD,
         "unless somebody ended it, memory may have been short: the kernel's log (dmesg) says so then"},
    };
    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        if (hints[i].error == error)
            return hints[i].hint;
    }
    return "look at state_dir";
}

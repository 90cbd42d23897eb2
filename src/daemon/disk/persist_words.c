/* What went wrong with a file of the daemon's, in words, and what can be done about it. Pure. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/error_hint.h"
#include "daemon/disk/persist.h"
#include "daemon/supervise/child.h"

const char *persist_reason(int error)
{
    return error == -ENOPKG
               ? "camd-sync, which writes to the disk, cannot be executed (the log says why); is camd installed as a whole?"
           : error == -EOWNERDEAD ? "the process that waits for the disk in camd's place was killed"
           : error == -ENODATA    ? "what it says already cannot be read"
           : error == -ENOTUNIQ   ? "what it says already is damaged, and all names to set it aside are taken"
           : error == -ESTALE     ? "somebody else has changed it at the same moment"
                                  : strerror(-error);
}

const char *persist_hint(int error, enum persist_directory directory)
{
    static const char *const places[PERSIST_DIRECTORIES] = {"state_dir", "cameras_dir"};
    static char hints[PERSIST_DIRECTORIES][ERROR_HINT_BYTES];
    if (error == -ENOPKG)
        return "install camd again";
    if (error == -EOWNERDEAD)
        return CHILD_KILLED_HINT;
    if (error == -ENODATA)
        return "camd's log says why when camd starts: mend that, or move the file away";
    if (error == -ENOTUNIQ)
        return "move or remove those of its .damaged files that nobody needs";
    return error_hint_directory(error, places[directory], hints[directory]);
}

#include "daemon/disk/aside.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "base/text.h"

const char aside_hint[] = "move or remove those that nobody needs: camd tries again every minute";

/* NULL: memory is short. */
static char *aside_name(const char *path, int number)
{
    return number == 1 ? text_format("%s.damaged", path) : text_format("%s.damaged-%d", path, number);
}

int aside_move(const char *path, char **aside)
{
    struct stat status;
    for (int number = 1; number <= ASIDES_MAX; number++) {
        char *name = aside_name(path, number);
        int error = !name ? -ENOMEM : lstat(name, &status) == 0 ? -EEXIST : errno == ENOENT ? 0 : -errno;
        if (error == 0)
            error = sys_rename(path, name);
        if (error == 0)
            *aside = name;
        else
            free(name);
        if (error != -EEXIST)
            return error;
    }
    return -EEXIST;
}

int aside_move_database(const char *path, char **aside)
{
    char *lock = text_format("%s-lock", path);
    const int error = lock ? aside_move(path, aside) : -ENOMEM;
    if (error == 0)
        sys_unlink(lock);
    free(lock);
    return error;
}

const char *aside_database_fault(int error)
{
    return error == -EBADMSG ? "is damaged" : error == -EMEDIUMTYPE ? "is not camd's database" : NULL;
}

char *aside_problem(const char *path)
{
    return text_format("%s is damaged, and %d such files, %s.damaged and so on, have been set aside already",
                       path, ASIDES_MAX, path);
}

/*
 * unkillable.c - processes that not even SIGKILL ends, as if a driver held them in the kernel; preloaded into camd
 *
 * While there is the file $CAMD_TEST_OTHER, camd's SIGKILL reaches nobody.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_held(int signal_number)
{
    const char *path = getenv("CAMD_TEST_OTHER");
    return signal_number == SIGKILL && path && access(path, F_OK) == 0;
}

__attribute__((visibility("default"))) int kill(pid_t pid, int signal_number)
{
    int (*next)(pid_t, int);
    /* the way that POSIX has for it */
    *(void **)&next = dlsym(RTLD_NEXT, "kill");
    return is_held(signal_number) || !next ? 0 : next(pid, signal_number);
}

__attribute__((visibility("default"))) long syscall(long number, ...)
{
    long (*next)(long, ...), words[6];
    va_list list;
    *(void **)&next = dlsym(RTLD_NEXT, "syscall");
    va_start(list, number);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        words[i] = va_arg(list, long);
    va_end(list);
    if (!next || (number == SYS_pidfd_send_signal && is_held((int)words[1])))
        return 0;
    return next(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

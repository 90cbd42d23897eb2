/*
 * pidfd_open and pidfd_send_signal for tests under valgrind: Debian 12's does not know them, and says that the kernel lacks them.
 * A program of its own, which valgrind does not follow, makes the call and hands over what came of it.
 *
 * Preloaded by tests/run.sh --full. The same source with PIDFD_HELPER is that program.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the program is given: a socket for the descriptor, or the pidfd that is to be signalled. */
enum { GIVEN = 3 };

union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

#ifdef PIDFD_HELPER

static int hand_over(int fd)
{
    char byte = 0;
    struct iovec vector = {.iov_base = &byte, .iov_len = 1};
    union control control = {0};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(fd));
    memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    return sendmsg(GIVEN, &message, 0) < 0 ? errno : 0;
}

/* open PID, or signal NUMBER: the exit status is an errno. */
int main(int argc, char **argv)
{
    if (argc != 3)
        return EINVAL;
    const int number = atoi(argv[2]);
    if (strcmp(argv[1], "signal") == 0)
        return syscall(SYS_pidfd_send_signal, GIVEN, number, NULL, 0U) < 0 ? errno : 0;
    const int fd = (int)syscall(SYS_pidfd_open, number, 0U);
    return fd < 0 ? errno : hand_over(fd);
}

#else

#include <dlfcn.h>
#include <spawn.h>
#include <sys/pidfd.h>

/* Whom tests start runs as it does without this. What starts valgrind, a shell for instance, has to pass it on. */
static void __attribute__((constructor)) begin(void)
{
    const char *preload = getenv("LD_PRELOAD");
    if (preload && strstr(preload, "vgpreload")) {
        unsetenv("LD_PRELOAD");
        setenv("CAMD_TEST_VALGRIND", "1", 1); /* tests/unit/on_valgrind.h */
    }
}

/* 0 or an errno. */
static int run_helper(const char *verb, int number, int given)
{
    char word[16];
    char *const argv[] = {"pidfd-helper", (char *)verb, word, NULL};
    char *const environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;
    snprintf(word, sizeof(word), "%d", number);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, given, GIVEN);
    int error = posix_spawn(&child, HELPER_PATH, &actions, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        return error;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return errno;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD;
}

static int take_over(int from)
{
    char byte;
    struct iovec vector = {.iov_base = &byte, .iov_len = 1};
    union control control = {0};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    int fd = -1;
    if (recvmsg(from, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) < 0)
        return -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header)
        memcpy(&fd, CMSG_DATA(header), sizeof(fd));
    return fd;
}

static int result_of(int error)
{
    if (error == 0)
        return 0;
    errno = error;
    return -1;
}

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int pidfd_open(pid_t pid, unsigned int flags)
{
    int ends[2];
    (void)flags;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -1;
    const int error = run_helper("open", pid, ends[1]);
    const int fd = error == 0 ? take_over(ends[0]) : result_of(error);
    const int kept = errno;
    close(ends[0]);
    close(ends[1]);
    errno = kept;
    return fd;
}

EXPORTED int pidfd_send_signal(int pidfd, int number, siginfo_t *info, unsigned int flags)
{
    (void)info;
    (void)flags;
    if (pidfd < 0)
        return result_of(EBADF);
    return result_of(run_helper("signal", number, pidfd));
}

/* The C library's wrapper, but for these two: sys.c calls them so. */
EXPORTED long syscall(long number, ...)
{
    enum { ARGUMENTS = 6 };
    long given[ARGUMENTS];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < ARGUMENTS; i++)
        given[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_pidfd_open)
        return pidfd_open((pid_t)given[0], (unsigned int)given[1]);
    if (number == SYS_pidfd_send_signal)
        return pidfd_send_signal((int)given[0], (int)given[1], NULL, 0);
    long (*libc_syscall)(long, ...);
    *(void **)&libc_syscall = dlsym(RTLD_NEXT, "syscall");
    return libc_syscall(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}

#endif

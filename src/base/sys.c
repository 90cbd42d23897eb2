#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Every wrapper makes its call through SYS_CALL, and so can be made to fail. The call's value is that of the
 * system call: negative with errno set on failure.
 */
#ifdef CAMD_SYS_FAULTS

static struct {
    unsigned int at; /* 0: never */
    int error;
    unsigned int calls;
    bool happened;
    void (*tell)(void); /* NULL: nobody */
} sys_fault;

void sys_fault_at(unsigned int n, int error)
{
    sys_fault.at = n;
    sys_fault.error = error;
    sys_fault.calls = 0;
    sys_fault.happened = false;
}

unsigned int sys_fault_calls(void)
{
    return sys_fault.calls;
}

bool sys_fault_happened(void)
{
    return sys_fault.happened;
}

void sys_fault_tell(void (*tell)(void))
{
    sys_fault.tell = tell;
}

static bool sys_fault_is_due(void)
{
    sys_fault.calls++;
    if (sys_fault.calls != sys_fault.at)
        return false;
    sys_fault.happened = true;
    if (sys_fault.tell)
        sys_fault.tell();
    errno = sys_fault.error;
    return true;
}

#define SYS_CALL(call) (sys_fault_is_due() ? -1 : (call))

#else

#define SYS_CALL(call) (call)

#endif

static int sys_result(int value)
{
    return value < 0 ? -errno : value;
}

static ssize_t sys_length(ssize_t value)
{
    return value < 0 ? -errno : value;
}

/* posix_ functions return the error's number and leave errno alone. */
static int sys_from_number(int error)
{
    if (error != 0) {
        errno = error;
        return -1;
    }
    return 0;
}

int sys_open(const char *path, int flags, mode_t mode)
{
    return sys_result(SYS_CALL(open(path, flags | O_CLOEXEC, mode)));
}

int sys_shm_open(const char *name, int flags, mode_t mode)
{
    /* shm_open sets close-on-exec by itself. */
    return sys_result(SYS_CALL(shm_open(name, flags, mode)));
}

int sys_shm_unlink(const char *name)
{
    return sys_result(SYS_CALL(shm_unlink(name)));
}

int sys_fallocate(int fd, off_t offset, off_t length)
{
    int result;

    /* tmpfs gives up on a signal and takes back what it had done. */
    do {
        result = sys_result(SYS_CALL(sys_from_number(posix_fallocate(fd, offset, length))));
    } while (result == -EINTR);
    return result;
}

int sys_fchown(int fd, uid_t uid, gid_t gid)
{
    return sys_result(SYS_CALL(fchown(fd, uid, gid)));
}

int sys_fchmod(int fd, mode_t mode)
{
    return sys_result(SYS_CALL(fchmod(fd, mode)));
}

int sys_flock(int fd, int operation)
{
    return sys_result(SYS_CALL(flock(fd, operation)));
}

ssize_t sys_pread(int fd, void *buffer, size_t size, off_t offset)
{
    return sys_length(SYS_CALL(pread(fd, buffer, size, offset)));
}

ssize_t sys_pwrite(int fd, const void *buffer, size_t size, off_t offset)
{
    return sys_length(SYS_CALL(pwrite(fd, buffer, size, offset)));
}

ssize_t sys_read(int fd, void *buffer, size_t size)
{
    return sys_length(SYS_CALL(read(fd, buffer, size)));
}

ssize_t sys_write(int fd, const void *buffer, size_t size)
{
    return sys_length(SYS_CALL(write(fd, buffer, size)));
}

int sys_pipe(int fds[2], int flags)
{
    return sys_result(SYS_CALL(pipe2(fds, flags | O_CLOEXEC)));
}

int sys_eventfd(unsigned int initial, int flags)
{
    return sys_result(SYS_CALL(eventfd(initial, flags | EFD_CLOEXEC)));
}

int sys_memfd(const char *name)
{
    return sys_result(SYS_CALL(memfd_create(name, MFD_CLOEXEC)));
}

/* linux/memfd.h of Linux 6.3 has it; a kernel that doesn't know it executes every file in memory. */
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

int sys_memfd_program(const char *name)
{
    const unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int fd = sys_result(SYS_CALL(memfd_create(name, flags | MFD_EXEC)));
    if (fd == -EINVAL)
        fd = sys_result(SYS_CALL(memfd_create(name, flags)));
    return fd;
}

int sys_seal(int fd)
{
    return sys_result(
        SYS_CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)));
}

int sys_memfd_sealable(const char *name)
{
    return sys_result(SYS_CALL(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)));
}

int sys_socket(int domain, int type, int protocol)
{
    return sys_result(SYS_CALL(socket(domain, type | SOCK_CLOEXEC, protocol)));
}

int sys_socketpair(int type, int fds[2])
{
    return sys_result(SYS_CALL(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds)));
}

int sys_bind(int fd, const struct sockaddr *address, socklen_t length)
{
    return sys_result(SYS_CALL(bind(fd, address, length)));
}

int sys_listen(int fd, int backlog)
{
    return sys_result(SYS_CALL(listen(fd, backlog)));
}

int sys_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    return sys_result(SYS_CALL(connect(fd, address, length)));
}

int sys_accept(int fd, int flags)
{
    return sys_result(SYS_CALL(accept4(fd, NULL, NULL, flags | SOCK_CLOEXEC)));
}

int sys_signalfd(const sigset_t *mask, int flags)
{
    return sys_result(SYS_CALL(signalfd(-1, mask, flags | SFD_CLOEXEC)));
}

int sys_inotify(int flags)
{
    return sys_result(SYS_CALL(inotify_init1(flags | IN_CLOEXEC)));
}

/* glibc 2.36 declares these two in <sys/pidfd.h>; older libraries don't have them. The kernel sets close-on-exec. */
int sys_pidfd_open(pid_t pid)
{
    return sys_result(SYS_CALL((int)syscall(SYS_pidfd_open, pid, 0U)));
}

int sys_pidfd_signal(int pidfd, int signal_number)
{
    return sys_result(SYS_CALL((int)syscall(SYS_pidfd_send_signal, pidfd, signal_number, NULL, 0U)));
}

int sys_dup_above(int fd, int lowest)
{
    return sys_result(SYS_CALL(fcntl(fd, F_DUPFD_CLOEXEC, lowest)));
}

int sys_mkdir(const char *path, mode_t mode)
{
    return sys_result(SYS_CALL(mkdir(path, mode)));
}

int sys_rename(const char *from, const char *to)
{
    return sys_result(SYS_CALL(rename(from, to)));
}

int sys_unlink(const char *path)
{
    return sys_result(SYS_CALL(unlink(path)));
}

void sys_replace_closed_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) /* open takes the lowest that is free, which is this one */
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

void sys_close(int *fd)
{
    if (*fd >= 0) {
        const int saved_errno = errno;
        close(*fd);
        errno = saved_errno;
    }
    *fd = -1;
}

/* ---- spawn ---- */

/*
 * What each descriptor of the child is made of, once nothing stands in the way of dup2: a source below the
 * child's own numbers might be overwritten before its turn, and is moved.
 */
struct spawn_sources {
    int from[SYS_SPAWN_FDS];  /* -1: /dev/null, or none */
    int moved[SYS_SPAWN_FDS]; /* ours to close; -1: not needed */
};

static void spawn_sources_close(struct spawn_sources *sources)
{
    for (int fd = 0; fd < SYS_SPAWN_FDS; fd++)
        sys_close(&sources->moved[fd]);
}

static int spawn_sources_open(struct spawn_sources *sources, const struct sys_spawn *spawn)
{
    const int count = (int)spawn->fd_count;
    for (int fd = 0; fd < SYS_SPAWN_FDS; fd++) {
        sources->from[fd] = fd < count ? spawn->fds[fd] : -1;
        sources->moved[fd] = -1;
    }
    for (int fd = 0; fd < count; fd++) {
        if (sources->from[fd] < 0 || sources->from[fd] >= count)
            continue;
        sources->moved[fd] = sys_dup_above(sources->from[fd], count);
        if (sources->moved[fd] < 0) {
            const int error = sources->moved[fd];
            spawn_sources_close(sources);
            return error;
        }
        sources->from[fd] = sources->moved[fd];
    }
    return 0;
}

/* The first three are always there; all that are not listed are closed. Returns an error's number, as posix_ does. */
static int spawn_add_fds(posix_spawn_file_actions_t *actions, const struct spawn_sources *sources, int count)
{
    int error = 0;
    for (int fd = 0; fd < count && error == 0; fd++) {
        if (sources->from[fd] >= 0)
            error = posix_spawn_file_actions_adddup2(actions, sources->from[fd], fd);
        else if (fd <= STDERR_FILENO)
            error = posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR, 0);
        else
            error = posix_spawn_file_actions_addclose(actions, fd);
    }
    return error == 0 ? posix_spawn_file_actions_addclosefrom_np(actions, count) : error;
}

/* No signal blocked, every disposition the default, a session of its own: pid, process group and session agree. */
static int spawn_set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);

    int error = posix_spawnattr_setflags(attributes,
                                         POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);

    if (error == 0)
        error = posix_spawnattr_setsigmask(attributes, &none);
    if (error == 0)
        error = posix_spawnattr_setsigdefault(attributes, &all);
    return error;
}

static int spawn_from(const struct sys_spawn *spawn, const struct spawn_sources *sources, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }

    error = spawn_add_fds(&actions, sources, (int)spawn->fd_count);
    if (error == 0)
        error = spawn_set_attributes(&attributes);
    if (error == 0)
        error = posix_spawn(pid, spawn->path, &actions, &attributes, spawn->argv, spawn->environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

pid_t sys_spawn(const struct sys_spawn *spawn)
{
    struct spawn_sources sources;
    pid_t pid = -1;
    int result = spawn_sources_open(&sources, spawn);
    if (result < 0)
        return result;
    result = sys_result(SYS_CALL(sys_from_number(spawn_from(spawn, &sources, &pid))));
    spawn_sources_close(&sources);
    return result < 0 ? result : pid;
}

/* It is our unreaped child, so its pid is safe to use. */
void sys_spawn_undo(pid_t child)
{
    siginfo_t info;
    kill(-child, SIGKILL);
    kill(child, SIGKILL);
    waitid(P_PID, (id_t)child, &info, WEXITED);
}

int sys_spawn_watched(const struct sys_spawn *spawn, pid_t *pid, int *pidfd)
{
    /* a place for the descriptor is taken before, so that want of one does not undo what has begun */
    int place = sys_dup_above(STDIN_FILENO, 0);
    if (place < 0)
        return place;

    const pid_t child = sys_spawn(spawn);

    sys_close(&place);
    if (child < 0)
        return (int)child;

    const int fd = sys_pidfd_open(child);

    if (fd < 0) { /* nobody would see it exit */
        sys_spawn_undo(child);
        return fd;
    }
    *pid = child;
    *pidfd = fd;
    return 0;
}

void sys_end_child(int pidfd, int wait_ms)
{
    struct pollfd end = {.fd = pidfd, .events = POLLIN};
    siginfo_t info;
    sys_pidfd_signal(pidfd, SIGKILL);
    poll(&end, 1, wait_ms);
    waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG);
}

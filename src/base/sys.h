/*
 * sys.h - the seam: every system call that can fail for want of something
 *
 * All code that acquires a descriptor, a process, a mapping or disk space goes through these thin wrappers,
 * which return 0 (or a descriptor, a length, a pid) or -errno and set close-on-exec on all descriptors they
 * make. Compiled with CAMD_SYS_FAULTS, any call can be made to fail, which is how tests fail the n-th call of
 * a path for every n.
 */
#ifndef CAMD_BASE_SYS_H
#define CAMD_BASE_SYS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

int sys_open(const char *path, int flags, mode_t mode);
int sys_shm_open(const char *name, int flags, mode_t mode);
int sys_shm_unlink(const char *name);
/* posix_fallocate: -ENOSPC instead of a SIGBUS later */
int sys_fallocate(int fd, off_t offset, off_t length);
int sys_fchown(int fd, uid_t uid, gid_t gid);
int sys_fchmod(int fd, mode_t mode);
int sys_flock(int fd, int operation);
ssize_t sys_pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t sys_pwrite(int fd, const void *buffer, size_t size, off_t offset);
ssize_t sys_read(int fd, void *buffer, size_t size);
ssize_t sys_write(int fd, const void *buffer, size_t size);
int sys_pipe(int fds[2], int flags); /* [0] is read from */
int sys_eventfd(unsigned int initial, int flags);
int sys_memfd(const char *name); /* an empty file in memory */
/* A file in memory that can be executed and, once it is sealed (sys_seal), not be changed by anybody. */
int sys_memfd_program(const char *name);
int sys_seal(int fd); /* for good: no byte of it changes any more */
int sys_memfd_sealable(const char *name);
int sys_socket(int domain, int type, int protocol);
int sys_socketpair(int type, int fds[2]); /* AF_UNIX */
int sys_bind(int fd, const struct sockaddr *address, socklen_t length);
int sys_listen(int fd, int backlog);
int sys_connect(int fd, const struct sockaddr *address, socklen_t length);
int sys_accept(int fd, int flags);
int sys_signalfd(const sigset_t *mask, int flags);
int sys_inotify(int flags);
int sys_pidfd_open(pid_t pid);
int sys_pidfd_signal(int pidfd, int signal_number);
int sys_dup_above(int fd, int lowest); /* F_DUPFD_CLOEXEC */
int sys_mkdir(const char *path, mode_t mode);
int sys_rename(const char *from, const char *to);
int sys_unlink(const char *path);
/*
 * For the start of a program: a standard descriptor that was closed by whoever started it would be taken by the next
 * file that it opens, a socket for example, into which it would then print. Reading and writing these is EBADF.
 */
void sys_replace_closed_standard_files(void);

enum { SYS_SPAWN_FDS = 6 }; /* at most */

/*
 * posix_spawn with camd's rules: the child has the descriptors that are given it and no others, no signal
 * blocked, every disposition the default, and a session of its own. Returns the pid; a program that can't be
 * executed is -errno here already, and so the call waits for the execution: of a program whose file system does
 * not answer it does not come back.
 */
struct sys_spawn {
    const char *path;
    char *const *argv;
    char *const *environment;
    const int *fds;  /* what becomes 0, 1, 2, ... in the child; -1: /dev/null for 0, 1 and 2, else none */
    size_t fd_count; /* at least 3, at most SYS_SPAWN_FDS */
};
pid_t sys_spawn(const struct sys_spawn *spawn);
/* The same, and a descriptor through which its end is seen; both are the caller's. 0, or -errno and nothing runs. */
int sys_spawn_watched(const struct sys_spawn *spawn, pid_t *pid, int *pidfd);
/* Kills a child that one of them made, and all of its group, and reaps it. What it has done until then is done. */
void sys_spawn_undo(pid_t child);
/* Kills our child behind the pidfd and waits for its end, wait_ms at most: one that hangs in the kernel is left unreaped. */
void sys_end_child(int pidfd, int wait_ms);

/*
 * Closes and forgets: *fd becomes -1. A negative *fd is fine. Never reports: on Linux the descriptor is gone
 * whatever close returns.
 */
void sys_close(int *fd);

#ifdef CAMD_SYS_FAULTS
/* Makes the n-th call from now (1: the next) fail with error; 0 switches faults off. */
void sys_fault_at(unsigned int n, int error);
/* Calls made since sys_fault_at; and whether the fault was delivered. */
unsigned int sys_fault_calls(void);
bool sys_fault_happened(void);
/* Called as a fault is delivered, in place of the call; NULL: nobody is told. */
void sys_fault_tell(void (*tell)(void));
#endif

#endif

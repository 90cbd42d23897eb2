/*
 * The filter of calls: a list of what a worker needs, everything else is refused with EPERM. Lists, since what is to
 * be allowed is data; a kernel, or a libseccomp, that does not know one of them can't be asked for it either.
 *
 * Where there is socketcall (sandbox.h), libseccomp extends each rule about a call of sockets to it, and puts the number of
 * that call in place of what the rule says of its first argument. So a rule that allows some kinds of sockets allows all of
 * them there (allow_unix), or none that a library makes (allow_internet, which has a rule of its own for it), and one that
 * refuses some refuses too few or too many (network.c).
 */
#include <asm/sockios.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "sandbox/sandbox_private.h"

/*
 * What any program of ours does: memory, threads, time, and what is open already. Those that end in time64 are
 * what machines of 32 bits have for times of 64 bits.
 */
static const int everybody[] = {
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(futex),
    SCMP_SYS(futex_time64),
    SCMP_SYS(futex_waitv),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(membarrier),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(pause),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_nanosleep_time64),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_gettime64),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_getres_time64),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrandom),
    SCMP_SYS(getcpu),
    SCMP_SYS(getrusage),
    SCMP_SYS(times),
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(preadv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(statx),
    SCMP_SYS(fstatfs),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(getdents64),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(ppoll_time64),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(pselect6_time64),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(eventfd2),
    SCMP_SYS(pipe2),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),
};

/* The same by the names that it has on machines of 32 bits: sizes and ids were once smaller there, and signals simpler. */
static const int everybody_of_32_bits[] = {
    SCMP_SYS(sigreturn),  SCMP_SYS(getuid32), SCMP_SYS(geteuid32), SCMP_SYS(getgid32),
    SCMP_SYS(getegid32),  SCMP_SYS(_llseek),  SCMP_SYS(fstat64),   SCMP_SYS(fstatat64),
    SCMP_SYS(stat64),     SCMP_SYS(lstat64),  SCMP_SYS(fstatfs64), SCMP_SYS(_newselect),
    SCMP_SYS(ugetrlimit), SCMP_SYS(send),     SCMP_SYS(recv),      SCMP_SYS(cacheflush),
};

static const int connecting[] = {
    SCMP_SYS(connect),     SCMP_SYS(getsockopt),  SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(shutdown),
    SCMP_SYS(sendmmsg),    SCMP_SYS(recvmmsg),    SCMP_SYS(recvmmsg_time64),
};

static const int receiving[] = {SCMP_SYS(bind)};
static const int accepting[] = {SCMP_SYS(accept), SCMP_SYS(accept4)};
static const int keeping[] = {
    SCMP_SYS(rename),   SCMP_SYS(renameat), SCMP_SYS(renameat2),   SCMP_SYS(unlink),
    SCMP_SYS(unlinkat), SCMP_SYS(fsync),    SCMP_SYS(fdatasync),   SCMP_SYS(ftruncate),
    SCMP_SYS(fchmod),   SCMP_SYS(flock),    SCMP_SYS(ftruncate64),
};
/* A connection to camd is a descriptor of its own, with timers in it. */
static const int waiting[] = {SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
                              SCMP_SYS(timerfd_settime64)};

/* libseccomp passes over what this machine does not have. */
static int allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
    int error = 0;
    for (size_t i = 0; error == 0 && i < count; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    return error;
}
#define ALLOW(filter, calls) allow(filter, calls, sizeof(calls) / sizeof((calls)[0]))

/* Threads, but no processes; clone3 hides its flags behind a pointer, and libraries go on to clone without it. */
static int allow_threads(scmp_filter_ctx filter)
{
    int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                                 SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    if (error == 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    return error;
}

/* abort() and raise() are signals to oneself. */
static int allow_own_signals(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
}

/*
 * Memory that was written is not executed; shared libraries are mapped as they are. Shared memory comes from the parent
 * only: what a process makes by itself is not its own in the kernel's counts (RLIMIT_DATA, RssAnon).
 */
static int allow_mappings(scmp_filter_ctx filter)
{
    /* where there are both, the older one has its arguments in memory, where no rule sees them */
    const int call = SCMP_SYS(mmap2) >= 0 ? SCMP_SYS(mmap2) : SCMP_SYS(mmap);
    static const struct {
        unsigned int protection, of_protection, flags, of_flags;
    } kinds[] = {
        {0, PROT_EXEC, 0, MAP_ANONYMOUS},
        {0, PROT_EXEC, MAP_ANONYMOUS, MAP_ANONYMOUS | MAP_SHARED},
        {PROT_EXEC, PROT_EXEC | PROT_WRITE, 0, MAP_ANONYMOUS},
    };
    int error = 0;
    for (size_t i = 0; error == 0 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 2,
                                 SCMP_A2(SCMP_CMP_MASKED_EQ, kinds[i].of_protection, kinds[i].protection),
                                 SCMP_A3(SCMP_CMP_MASKED_EQ, kinds[i].of_flags, kinds[i].flags));
    return error;
}

/* None that takes pages of a segment away from all who have it (MADV_REMOVE, MADV_PAGEOUT). */
static int allow_advice(scmp_filter_ctx filter)
{
    static const int advice[] = {MADV_NORMAL,   MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED,
                                 MADV_DONTNEED, MADV_FREE,   MADV_HUGEPAGE,   MADV_NOHUGEPAGE,
                                 MADV_DONTDUMP, MADV_DODUMP, MADV_DONTFORK,   MADV_DOFORK};
    int error = 0;
    for (size_t i = 0; error == 0 && i < sizeof(advice) / sizeof(advice[0]); i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(madvise), 1,
                                 SCMP_A2(SCMP_CMP_EQ, (scmp_datum_t)advice[i], 0));
    return error;
}

static int allow_protections(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static int allow_names_of_threads(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0));
}

/* Its own limits are read; none is changed, nor another process's. */
static int allow_reading_limits(scmp_filter_ctx filter)
{
    int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, SCMP_A0(SCMP_CMP_EQ, 0, 0),
                                 SCMP_A2(SCMP_CMP_EQ, 0, 0));
    if (error == 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(getrlimit), 0);
    return error;
}

/*
 * None that gives a descriptor another process as its owner, which then gets a signal of one's choice (F_SETOWN,
 * F_SETSIG).
 */
static int allow_control_of_descriptors(scmp_filter_ctx filter)
{
    static const int commands[] = {F_DUPFD,     F_DUPFD_CLOEXEC, F_GETFD,      F_SETFD,    F_GETFL,
                                   F_SETFL,     F_GETLK,         F_SETLK,      F_SETLKW,   F_OFD_GETLK,
                                   F_OFD_SETLK, F_OFD_SETLKW,    F_GETPIPE_SZ, F_GET_SEALS};
    const int call = SCMP_SYS(fcntl64) >= 0 ? SCMP_SYS(fcntl64) : SCMP_SYS(fcntl);
    int error = 0;
    for (size_t i = 0; error == 0 && i < sizeof(commands) / sizeof(commands[0]); i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
                                 SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)commands[i], 0));
    return error;
}

/* Any but those of sockets, which make another process the owner, too: one bit of their type at least is another. */
static int allow_ioctls_of_devices(scmp_filter_ctx filter)
{
    int error = 0;
    for (unsigned int bit = 1U << _IOC_TYPESHIFT; error == 0 && bit < 1U << _IOC_SIZESHIFT; bit <<= 1)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                                 SCMP_A1(SCMP_CMP_MASKED_EQ, bit, ~(scmp_datum_t)FIOSETOWN & bit));
    return error;
}

static int allow_harmless_ioctls(scmp_filter_ctx filter)
{
    static const unsigned long requests[] = {TCGETS, FIONREAD, FIONBIO, FIOCLEX};
    int error = 0;
    for (size_t i = 0; error == 0 && i < sizeof(requests) / sizeof(requests[0]); i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                                 SCMP_A1(SCMP_CMP_EQ, requests[i], 0));
    return error;
}

/* TCP and UDP: other protocols, such as SCTP, know further ways to connect. */
static int allow_kinds_of_socket(scmp_filter_ctx filter, int domain)
{
    static const struct {
        int type, protocol;
    } kinds[] = {{SOCK_STREAM, 0}, {SOCK_STREAM, IPPROTO_TCP}, {SOCK_DGRAM, 0}, {SOCK_DGRAM, IPPROTO_UDP}};
    const scmp_datum_t flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
    int error = 0;
    for (size_t i = 0; error == 0 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        error = seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 3, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)domain, 0),
            SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX & ~flags, (scmp_datum_t)kinds[i].type),
            SCMP_A2(SCMP_CMP_EQ, (scmp_datum_t)kinds[i].protocol, 0));
    return error;
}

static int allow_internet(scmp_filter_ctx filter)
{
    int error = ALLOW(filter, connecting);
    if (error == 0)
        error = allow_kinds_of_socket(filter, AF_INET);
    if (error == 0)
        error = allow_kinds_of_socket(filter, AF_INET6);
    if (error == 0 && SANDBOX_SOCKETS_ARE_HIDDEN)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketcall), 1,
                                 SCMP_A0(SCMP_CMP_EQ, SYS_SOCKET, 0));
    return error;
}

/* With socketcall, sockets of any kind (sandbox_restrict_calls). */
static int allow_unix(scmp_filter_ctx filter)
{
    int error = ALLOW(filter, connecting);
    if (error == 0)
        error =
            seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
    return error;
}

/* nscd, systemd-resolved, and Avahi's names under .local are asked through sockets of the machine. */
static int allow_until_closed(scmp_filter_ctx filter)
{
    int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(seccomp), 0);
    return error == 0 ? allow_unix(filter) : error;
}

/* A wish for a path where files are made. */
static bool keeps_files(const struct sandbox_wish *wish)
{
    for (size_t i = 0; i < wish->path_count; i++) {
        if (wish->paths[i].use & SANDBOX_MAKE)
            return true;
    }
    return false;
}

typedef int rule(scmp_filter_ctx filter);

static int add_rules(scmp_filter_ctx filter, const struct sandbox_wish *wish)
{
    static rule *const rules[] = {
        allow_own_signals,      allow_mappings,       allow_advice,          allow_protections,
        allow_names_of_threads, allow_reading_limits, allow_harmless_ioctls, allow_control_of_descriptors};
    int error = ALLOW(filter, everybody);
    if (error == 0)
        error = ALLOW(filter, everybody_of_32_bits);
    for (size_t i = 0; error == 0 && i < sizeof(rules) / sizeof(rules[0]); i++)
        error = rules[i](filter);
    if (error == 0 && wish->threads)
        error = allow_threads(filter);
    if (error == 0 && wish->connects)
        error = allow_internet(filter);
    if (error == 0 && wish->closes_network)
        error = allow_until_closed(filter);
    if (error == 0 && wish->local)
        error = allow_unix(filter);
    if (error == 0 && wish->local)
        error = ALLOW(filter, waiting);
    if (error == 0 && wish->accepts)
        error = ALLOW(filter, accepting);
    if (error == 0 && keeps_files(wish))
        error = ALLOW(filter, keeping);
    if (error == 0 && wish->receives)
        error = ALLOW(filter, receiving);
    if (error == 0 && wish->devices)
        error = allow_ioctls_of_devices(filter);
    return error;
}

void sandbox_restrict_calls(const struct sandbox_wish *wish, struct sandbox_state *state)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return;
    int error = add_rules(filter, wish);
    if (error == 0)
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (error == 0)
        error = seccomp_load(filter);
    seccomp_release(filter);
    state->calls = error == 0;
    state->hosts = state->calls && !wish->connects && !(wish->local && SCMP_SYS(socketcall) >= 0);
}

/* The system calls that are refused from inside of a sandbox, and those that are not. */
#include "sandbox_fixture.h"

#include <asm/sockios.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>

static int try_exec(void *context)
{
    char *argv[] = {"true", NULL};
    (void)context;
    return result_of(execv("/bin/true", argv));
}

static int try_fork(void *context)
{
    (void)context;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return result_of(child);
}

static int try_ptrace(void *context)
{
    (void)context;
    return result_of(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int try_signal(void *context)
{
    (void)context;
    return result_of(kill(getppid(), 0));
}

static int try_thread_signal(void *context)
{
    (void)context;
    return result_of(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

/* What is written to the pipe, or arrives at the socket, would signal its owner. */
static int try_owner(void *context)
{
    int ends[2];
    (void)context;
    return pipe2(ends, O_NONBLOCK) < 0 ? 0 : result_of(fcntl(ends[0], F_SETOWN, getppid()));
}

static int try_owner_of_socket(void *context)
{
    const int fd = socket(AF_INET, SOCK_DGRAM, 0), owner = getppid();
    (void)context;
    return fd < 0 ? 0 : result_of(ioctl(fd, FIOSETOWN, &owner));
}

static int try_request_of_driver(void *context)
{
    struct v4l2_capability capability;
    int ends[2];
    (void)context;
    return pipe2(ends, O_NONBLOCK) < 0 ? 0 : result_of(ioctl(ends[0], VIDIOC_QUERYCAP, &capability));
}

static int try_signal_of_descriptor(void *context)
{
    int ends[2];
    (void)context;
    return pipe2(ends, O_NONBLOCK) < 0 ? 0 : result_of(fcntl(ends[0], F_SETSIG, SIGKILL));
}

static int try_listen(void *context)
{
    (void)context;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return fd < 0 ? errno : result_of(listen(fd, 1));
}

static int try_root(void *context)
{
    (void)context;
    return result_of(setuid(0));
}

static int try_terminal(void *context)
{
    (void)context;
    return result_of(ioctl(0, TIOCSTI, "x"));
}

static int try_code(void *context)
{
    (void)context;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? 0 : result_of(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static int try_mapping(int protection, int flags)
{
    return mmap(NULL, 4096, protection, flags | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0;
}

static int try_code_to_write(void *context)
{
    (void)context;
    return try_mapping(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE);
}

static int try_code_of_no_file(void *context)
{
    (void)context;
    return try_mapping(PROT_READ | PROT_EXEC, MAP_PRIVATE);
}

/* It counts in none of the process's limits. */
static int try_memory_beyond_limits(void *context)
{
    (void)context;
    return try_mapping(PROT_READ | PROT_WRITE, MAP_SHARED);
}

static int try_memory_of_its_own(void *context)
{
    (void)context;
    return try_mapping(PROT_READ | PROT_WRITE, MAP_PRIVATE);
}

static int try_dump(void *context)
{
    (void)context;
    return result_of(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int try_limits_of_parent(void *context)
{
    struct rlimit limit;
    (void)context;
    return result_of(prlimit(getppid(), RLIMIT_NOFILE, NULL, &limit));
}

static int try_own_limits(void *context)
{
    const struct rlimit none = {0, 0};
    (void)context;
    return result_of(prlimit(0, RLIMIT_CORE, &none, NULL));
}

static int try_namespace(void *context)
{
    (void)context;
    return result_of(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
}

static int try_seals(void *context)
{
    (void)context;
    return result_of(fcntl(0, F_ADD_SEALS, F_SEAL_WRITE));
}

static int try_signals_of_input(void *context)
{
    const int on = 1;
    (void)context;
    return result_of(ioctl(0, FIOASYNC, &on));
}

static int try_removal(void *context)
{
    return result_of(madvise(context, 4096, MADV_REMOVE));
}

static int try_own_pages(void *context)
{
    return result_of(madvise(context, 4096, MADV_DONTNEED));
}

struct kind {
    int domain, type, protocol;
};

static int try_kind(void *context)
{
    const struct kind *kind = context;
    return result_of((int)syscall(SYS_socket, kind->domain, kind->type, kind->protocol));
}

static int try_number(void *context)
{
    return result_of(syscall(*(long *)context, 0, 0, 0, 0, 0, 0));
}

static const struct {
    const char *name;
    attempt *function;
    bool connects;
} refused_attempts[] = {
    {"execve", try_exec, true},
    {"fork", try_fork, true},
    {"ptrace", try_ptrace, true},
    {"kill", try_signal, true},
    {"tgkill", try_thread_signal, true},
    {"owner", try_owner, true},
    {"owner of a socket", try_owner_of_socket, true},
    {"signal of a descriptor", try_signal_of_descriptor, true},
    {"listen", try_listen, true},
    {"unix", try_unix_socket, true},
    {"socket", try_socket, false},
    {"setuid", try_root, true},
    {"TIOCSTI", try_terminal, true},
    {"code", try_code, true},
    {"code to write", try_code_to_write, true},
    {"code of no file", try_code_of_no_file, true},
    {"shared memory", try_memory_beyond_limits, true},
    {"core file", try_dump, true},
    {"limits of another", try_limits_of_parent, true},
    {"limits", try_own_limits, true},
    {"namespace", try_namespace, true},
    {"seals", try_seals, true},
    {"FIOASYNC", try_signals_of_input, true},
};

/* By their numbers, whatever they are called with. */
static long refused_calls[] = {SYS_mount, SYS_bpf, SYS_io_uring_setup, SYS_userfaultfd, SYS_keyctl,
                               SYS_perf_event_open, SYS_memfd_create, SYS_shmget, SYS_unshare, SYS_setns,
                               SYS_pidfd_open, SYS_chmod, SYS_rename, SYS_execveat, SYS_process_vm_writev,
                               /* signals in other ways */
                               SYS_pidfd_send_signal, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_tkill,
                               SYS_timer_create, SYS_setitimer, SYS_mq_notify,
                               /* what others have */
                               SYS_pidfd_getfd, SYS_kcmp, SYS_process_madvise, SYS_name_to_handle_at,
                               SYS_open_by_handle_at, SYS_move_pages, SYS_migrate_pages,
                               /* segments */
                               SYS_fallocate, SYS_truncate, SYS_remap_file_pages, SYS_shmat, SYS_splice,
                               SYS_vmsplice, SYS_sendfile, SYS_copy_file_range,
                               /* more of the machine than others get */
                               SYS_mlock, SYS_mlock2, SYS_mlockall, SYS_setpriority, SYS_sched_setscheduler,
                               SYS_sched_setattr, SYS_sched_setaffinity, SYS_ioprio_set, SYS_setrlimit,
                               /* other rules than those that it has */
                               SYS_personality, SYS_pkey_mprotect, SYS_memfd_secret, SYS_add_key,
                               SYS_request_key, SYS_chroot, SYS_pivot_root, SYS_open_tree, SYS_fsopen,
                               SYS_move_mount, SYS_landlock_create_ruleset, SYS_capset, SYS_inotify_init1,
                               SYS_fanotify_init, SYS_socketpair, SYS_syslog};

static void test_calls_that_no_decoder_needs_are_refused(void **state)
{
    (void)state;
    if (!entered.calls)
        skip();
    for (size_t i = 0; i < sizeof(refused_attempts) / sizeof(refused_attempts[0]); i++) {
        struct sandbox_wish wish = wish_of(refused_attempts[i].connects, 1);
        print_message("%s\n", refused_attempts[i].name);
        assert_int_equal(in_sandbox(&wish, refused_attempts[i].function, NULL), EPERM);
    }
    for (size_t i = 0; i < sizeof(refused_calls) / sizeof(refused_calls[0]); i++) {
        struct sandbox_wish wish = wish_of(true, 1);
        print_message("call %ld\n", refused_calls[i]);
        assert_int_equal(in_sandbox(&wish, try_number, &refused_calls[i]), EPERM);
    }
}

/* Holes in a segment are filled with memory that may be short then, which kills who reads it. */
static void test_no_page_of_a_segment_is_taken_away(void **state)
{
    struct sandbox_wish wish = wish_of(true, 1);
    (void)state;
    if (!entered.calls)
        skip();
    const int fd = memfd_create("segment", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, 4096), 0);
    void *segment = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(segment, MAP_FAILED);
    close(fd);
    assert_int_equal(in_sandbox(&wish, try_removal, segment), EPERM);
    assert_int_equal(in_sandbox(&wish, try_own_pages, segment), 0);
    assert_int_equal(in_sandbox(&wish, try_memory_of_its_own, NULL), 0);
    munmap(segment, 4096);
}

/* The machine's other kinds of socket, for one that talks to a camera: each is a way of its own out of the process. */
static void test_only_sockets_of_the_internet_are_made(void **state)
{
    static struct kind kinds[] = {{AF_UNIX, SOCK_DGRAM, 0},
                                  {AF_NETLINK, SOCK_RAW, 0},
                                  {AF_PACKET, SOCK_RAW, 0},
                                  {AF_VSOCK, SOCK_STREAM, 0},
                                  {AF_ALG, SOCK_SEQPACKET, 0},
                                  {AF_INET, SOCK_RAW, IPPROTO_ICMP},
                                  {AF_INET, SOCK_DGRAM, IPPROTO_ICMP},
                                  {AF_INET6, SOCK_RAW, IPPROTO_RAW},
                                  {AF_INET, SOCK_STREAM, IPPROTO_SCTP},
                                  {AF_INET, SOCK_STREAM, IPPROTO_MPTCP},
                                  {AF_BLUETOOTH, SOCK_RAW, 0}};
    (void)state;
    if (!entered.calls)
        skip();
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct sandbox_wish wish = wish_of(true, 1);
        print_message("domain %d, type %d, protocol %d\n", kinds[i].domain, kinds[i].type, kinds[i].protocol);
        assert_int_equal(in_sandbox(&wish, try_kind, &kinds[i]), EPERM);
    }
}

/* A wish for devices is one for their ioctls: of drivers, and not of sockets. */
static void test_devices_take_their_requests_and_no_owner(void **state)
{
    struct sandbox_wish wish = wish_of(true, 1);
    (void)state;
    if (!entered.calls)
        skip();
    wish.devices = true;
    assert_int_equal(in_sandbox(&wish, try_request_of_driver, NULL), ENOTTY);
    assert_int_equal(in_sandbox(&wish, try_owner_of_socket, NULL), EPERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_that_no_decoder_needs_are_refused),
        cmocka_unit_test(test_no_page_of_a_segment_is_taken_away),
        cmocka_unit_test(test_only_sockets_of_the_internet_are_made),
        cmocka_unit_test(test_devices_take_their_requests_and_no_owner),
    };
    return cmocka_run_group_tests(tests, find_state, NULL);
}

/* What is refused from inside of a sandbox: each attempt is made by a child that has entered one. */
#include <arpa/inet.h>
#include <asm/sockios.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox/sandbox.h"

enum { NOBODY = 65534, NOT_ENTERED = 200 };

static struct sandbox_state entered; /* as a child found it */

/* 0, or the errno of what a child in the sandbox tried. */
typedef int attempt(void *context);

static int in_step(const struct sandbox_wish *wish, bool closes, attempt *function, void *context)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char problem[SANDBOX_TEXT_BYTES];
        struct sandbox_state state;
        if (sandbox_enter(wish, &state, problem) < 0) {
            fprintf(stderr, "%s\n", problem);
            _exit(NOT_ENTERED);
        }
        if (closes)
            sandbox_close_network(wish, &state);
        _exit(closes && !state.hosts ? NOT_ENTERED : function(context));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), NOT_ENTERED);
    return WEXITSTATUS(status);
}

static int in_sandbox(const struct sandbox_wish *wish, attempt *function, void *context)
{
    return in_step(wish, false, function, context);
}

static bool hosts_in_sandbox(const struct sandbox_wish *wish)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char problem[SANDBOX_TEXT_BYTES];
        struct sandbox_state state;
        _exit(sandbox_enter(wish, &state, problem) < 0 ? NOT_ENTERED : state.hosts);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int result_of(long result)
{
    return result < 0 ? errno : 0;
}

static struct sandbox_wish wish_of(bool connects, uint16_t port)
{
    struct sandbox_wish wish = {.connects = connects};
    if (geteuid() == 0) {
        wish.drops_user = true;
        wish.user = wish.group = NOBODY;
    }
    if (port)
        sandbox_allow_port(&wish, port);
    return wish;
}

/* Without landlock, which a kernel may lack, what depends on it is not tested. */
static int find_state(void **state)
{
    int status;
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        char problem[SANDBOX_TEXT_BYTES];
        struct sandbox_wish wish = {0};
        struct sandbox_state found;
        if (sandbox_enter(&wish, &found, problem) < 0)
            _exit(NOT_ENTERED);
        _exit(found.files | found.ports << 1 | found.calls << 2);
    }
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) == NOT_ENTERED)
        return -1;
    int bits = WEXITSTATUS(status);
    entered = (struct sandbox_state){.files = bits & 1, .ports = bits & 2, .calls = bits & 4};
    print_message("files %d, ports %d, calls %d\n", entered.files, entered.ports, entered.calls);
    return 0;
}

/* ---- calls ---- */

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

static int try_socket(void *context)
{
    (void)context;
    return result_of(socket(AF_INET, SOCK_STREAM, 0));
}

static int try_unix_socket(void *context)
{
    (void)context;
    return result_of((int)syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
}

static int try_truncate(void *context)
{
    return result_of(ftruncate(*(int *)context, 0));
}

static int try_memory_of_others(void *context)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {context, 1};
    return result_of(process_vm_readv(getppid(), &here, 1, &there, 1, 0));
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

static int try_unlink(void *context)
{
    return result_of(unlink(context));
}

static int try_number(void *context)
{
    return result_of(syscall(*(long *)context, 0, 0, 0, 0, 0, 0));
}

static void test_calls_that_no_decoder_needs_are_refused(void **state)
{
    static const struct {
        const char *name;
        attempt *function;
        bool connects;
    } attempts[] = {
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
    static long numbers[] = {SYS_mount, SYS_bpf, SYS_io_uring_setup, SYS_userfaultfd, SYS_keyctl,
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
    (void)state;
    if (!entered.calls)
        skip();
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        struct sandbox_wish wish = wish_of(attempts[i].connects, 1);
        print_message("%s\n", attempts[i].name);
        assert_int_equal(in_sandbox(&wish, attempts[i].function, NULL), EPERM);
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct sandbox_wish wish = wish_of(true, 1);
        print_message("call %ld\n", numbers[i]);
        assert_int_equal(in_sandbox(&wish, try_number, &numbers[i]), EPERM);
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

/* ---- segments ---- */

static void test_a_segment_is_neither_truncated_nor_opened_nor_removed(void **state)
{
    char name[64], path[96];
    static char secret = 's';
    (void)state;
    if (!entered.calls)
        skip();
    snprintf(name, sizeof(name), "/camdtest-sandbox-%d", (int)getpid());
    snprintf(path, sizeof(path), "/dev/shm%s", name);
    int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0666);
    assert_true(fd >= 0);
    assert_int_equal(posix_fallocate(fd, 0, 4096), 0);
    struct sandbox_wish wish = wish_of(true, 1);
    assert_int_equal(in_sandbox(&wish, try_truncate, &fd), EPERM);
    assert_int_equal(in_sandbox(&wish, try_unlink, path), EPERM);
    assert_int_equal(in_sandbox(&wish, try_memory_of_others, &secret), EPERM);
    close(fd);
    shm_unlink(name);
}

/* ---- what programs beside the daemon need ---- */

/* As a file is replaced whole: made, written through, and put in the other's place. */
static int try_replace(void *context)
{
    const char *directory = context;
    char path[96], temporary[96];
    snprintf(path, sizeof(path), "%s/file", directory);
    snprintf(temporary, sizeof(temporary), "%s/file.new", directory);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || fdatasync(fd) < 0 || close(fd) < 0 || rename(temporary, path) < 0 || unlink(path) < 0)
        return errno;
    return 0;
}

static int try_local_socket(void *context)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    (void)context;
    return fd < 0 ? errno : 0;
}

static void test_files_are_made_and_local_sockets_opened_by_whose_wish_it_is(void **state)
{
    char directory[] = "/tmp/camd-test-sandbox.XXXXXX", other[] = "/tmp/camd-test-sandbox.XXXXXX";
    (void)state;
    if (!entered.calls || !entered.files)
        skip();
    assert_non_null(mkdtemp(directory));
    assert_non_null(mkdtemp(other));
    assert_int_equal(chmod(directory, 0777) | chmod(other, 0777), 0); /* root becomes nobody */
    struct sandbox_wish makes = wish_of(false, 0), plain = wish_of(false, 0);
    assert_true(sandbox_allow_path(&makes, directory, SANDBOX_READ | SANDBOX_WRITE | SANDBOX_MAKE));
    assert_true(sandbox_allow_path(&plain, directory, SANDBOX_READ | SANDBOX_WRITE));
    assert_int_equal(in_sandbox(&makes, try_replace, directory), 0);
    assert_int_equal(in_sandbox(&makes, try_replace, other), EACCES);
    assert_int_equal(in_sandbox(&plain, try_replace, directory), EACCES);
    assert_int_equal(in_sandbox(&plain, try_local_socket, NULL), EPERM);
    makes.local = true;
    assert_int_equal(in_sandbox(&makes, try_local_socket, NULL), 0);
    rmdir(directory);
    rmdir(other);
}

/* ---- files ---- */

static int try_open(void *context)
{
    int fd = open(context, O_RDONLY);
    return fd < 0 ? errno : 0;
}

static int try_write(void *context)
{
    int fd = open(context, O_WRONLY);
    return fd < 0 ? errno : 0;
}

static int try_create(void *context)
{
    int fd = open(context, O_WRONLY | O_CREAT, 0600);
    return fd < 0 ? errno : 0;
}

static void test_only_the_paths_of_the_wish_can_be_opened(void **state)
{
    char directory[] = "/tmp/camd-test-sandbox.XXXXXX", allowed[64], other[64];
    (void)state;
    if (!entered.files)
        skip();
    assert_non_null(mkdtemp(directory));
    assert_int_equal(chmod(directory, 0777), 0);
    snprintf(allowed, sizeof(allowed), "%s/allowed", directory);
    snprintf(other, sizeof(other), "%s/other", directory);
    close(open(allowed, O_CREAT | O_WRONLY, 0666));
    close(open(other, O_CREAT | O_WRONLY, 0666));
    struct sandbox_wish wish = {0}; /* as who we are: it is landlock that refuses */
    sandbox_allow_path(&wish, allowed, SANDBOX_READ);
    sandbox_allow_path(&wish, "/nowhere/at/all", SANDBOX_READ);
    assert_int_equal(in_sandbox(&wish, try_open, allowed), 0);
    assert_int_equal(in_sandbox(&wish, try_write, allowed), EACCES);
    assert_int_equal(in_sandbox(&wish, try_open, other), EACCES);
    assert_int_equal(in_sandbox(&wish, try_open, "/etc/passwd"), EACCES);
    assert_int_not_equal(in_sandbox(&wish, try_open, "/etc/shadow"), 0);
    assert_int_equal(in_sandbox(&wish, try_open, "/proc/self/environ"), EACCES);
    assert_int_equal(in_sandbox(&wish, try_open, "/dev/shm"), EACCES);
    unlink(other);
    assert_int_equal(in_sandbox(&wish, try_create, other), EACCES);
    unlink(allowed);
    rmdir(directory);
}

static void test_names_can_be_resolved(void **state)
{
    struct sandbox_wish wish = wish_of(true, 554);
    (void)state;
    assert_true(sandbox_allow_names(&wish));
    /* a bare root has no such file */
    assert_int_equal(in_sandbox(&wish, try_open, "/etc/hosts"), access("/etc/hosts", F_OK) == 0 ? 0 : ENOENT);
    assert_int_equal(in_sandbox(&wish, try_open, "/etc/nsswitch.conf"), 0);
    assert_int_not_equal(in_sandbox(&wish, try_open, "/etc/shadow"), 0);
}

/* /etc/ssl/certs has links to these: a broker whose authority the administrator has added was not trusted. */
static void test_authorities_that_an_administrator_added_can_be_read(void **state)
{
    static const char *const wanted[] = {"/etc/ssl", "/usr/share/ca-certificates",
                                         "/usr/local/share/ca-certificates"};
    struct sandbox_wish wish = {0};
    (void)state;
    assert_true(sandbox_allow_names(&wish));
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        bool is_allowed = false;
        for (size_t p = 0; p < wish.path_count; p++)
            is_allowed = is_allowed || strcmp(wish.paths[p].path, wanted[i]) == 0;
        assert_true(is_allowed);
    }
}

/* ---- ports ---- */

struct listener {
    int fd;
    uint16_t port;
};

static struct listener listener_new(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    struct listener listener = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_true(listener.fd >= 0);
    assert_int_equal(bind(listener.fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(listener.fd, 8), 0);
    assert_int_equal(getsockname(listener.fd, (struct sockaddr *)&address, &length), 0);
    listener.port = ntohs(address.sin_port);
    return listener;
}

static int try_connect(void *context)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons(*(const uint16_t *)context);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return fd < 0 ? errno : result_of(connect(fd, (struct sockaddr *)&address, sizeof(address)));
}

static void test_only_the_ports_of_the_wish_can_be_connected_to(void **state)
{
    (void)state;
    if (!entered.ports)
        skip();
    struct listener camera = listener_new(), other = listener_new();
    struct sandbox_wish wish = wish_of(true, camera.port);
    assert_int_equal(in_sandbox(&wish, try_connect, &camera.port), 0);
    assert_int_equal(in_sandbox(&wish, try_connect, &other.port), EACCES);
    struct sandbox_wish tracker = wish_of(false, 0);
    assert_int_equal(in_sandbox(&tracker, try_connect, &camera.port), EPERM);
    close(camera.fd);
    close(other.fd);
}

/* ---- hosts ---- */

/* Where it is hidden of which kind a socket is, all kinds are alike (network.c): they can't be connected, either. */
enum { UNIX_AFTER = SANDBOX_SOCKETS_ARE_HIDDEN ? 0 : EPERM };

#ifdef SYS_socketcall
static const bool has_socketcall = true;
#else
static const bool has_socketcall = false;
#endif

static int try_datagram(void *context)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons(*(const uint16_t *)context);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    return fd < 0 ? errno : result_of(sendto(fd, "x", 1, 0, (struct sockaddr *)&address, sizeof(address)));
}

/* The kernel looks at the lower half of an int; so does whoever wants to get round a filter. */
static int try_linger_with_high_bits(void *context)
{
    const struct linger hour = {.l_onoff = 1, .l_linger = 3600};
    const long high = (long)(INT64_C(1) << 32); /* none where a long has 32 bits */
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    (void)context;
    return fd < 0 ? errno
                  : result_of(syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_LINGER | high, &hour, sizeof(hour)));
}

static int try_handed_over(void *context)
{
    int fds[2] = {*(int *)context, -1};
    char byte;
    return send(fds[0], "x", 1, 0) == 1 && recv(fds[0], &byte, 1, 0) == 1 ? 0 : errno;
}

static void test_a_closed_network_has_no_way_to_any_host(void **state)
{
    static const struct {
        const char *name;
        attempt *function;
        int before, after;
    } attempts[] = {
        {"connect", try_connect, 0, EPERM},
        {"sendto", try_datagram, 0, EPERM},
        {"unix", try_unix_socket, 0, UNIX_AFTER},
        {"linger", try_linger_with_high_bits, 0, EPERM},
        {"socket", try_socket, 0, 0},
    };
    (void)state;
    if (!entered.calls)
        skip();
    struct listener camera = listener_new();
    struct sandbox_wish wish = wish_of(true, camera.port);
    wish.closes_network = true;
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        print_message("%s\n", attempts[i].name);
        assert_int_equal(in_step(&wish, false, attempts[i].function, &camera.port), attempts[i].before);
        assert_int_equal(in_step(&wish, true, attempts[i].function, &camera.port), attempts[i].after);
    }
    close(camera.fd);
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    assert_int_equal(send(pair[1], "y", 1, 0), 1);
    assert_int_equal(in_step(&wish, true, try_handed_over, &pair[0]), 0);
    close(pair[0]);
    close(pair[1]);
}

static void test_hosts_are_said_to_be_closed_when_they_are(void **state)
{
    struct sandbox_wish tracker = wish_of(false, 0), capture = wish_of(true, 554);
    (void)state;
    if (!entered.calls)
        skip();
    assert_int_equal(hosts_in_sandbox(&tracker), true);
    assert_int_equal(hosts_in_sandbox(&capture), false);
}

/* On i386 a program with Unix sockets was said to be kept from hosts, and could connect to any. */
static void test_hosts_are_closed_to_who_has_unix_sockets_or_said_not_to_be(void **state)
{
    struct listener host = listener_new();
    struct sandbox_wish companion = wish_of(false, 0);
    (void)state;
    if (!entered.calls)
        skip();
    companion.local = true;
    assert_int_equal(hosts_in_sandbox(&companion), !has_socketcall);
    if (!has_socketcall)
        assert_int_equal(in_sandbox(&companion, try_connect, &host.port), EPERM);
    close(host.fd);
}

/* ---- what goes on ---- */

static void *run_thread(void *context)
{
    return context;
}

static int work(void *context)
{
    pthread_t thread;
    void *result = NULL;
    (void)context;
    if (pthread_create(&thread, NULL, run_thread, (void *)&entered) != 0 ||
        pthread_join(thread, &result) != 0)
        return 1;
    char *large = malloc(50 << 20);
    if (!large)
        return 2;
    memset(large, 1, 50 << 20);
    free(large);
    int fds[2];
    struct timespec moment = {0, 1000};
    if (pipe(fds) < 0 || write(fds[1], "x", 1) != 1 || read(fds[0], large = (char[1]){0}, 1) != 1)
        return 3;
    if (nanosleep(&moment, NULL) < 0 || result != &entered)
        return 4;
    return 0;
}

static void test_threads_memory_and_what_is_open_go_on(void **state)
{
    struct sandbox_wish wish = wish_of(false, 0);
    (void)state;
    wish.threads = true;
    assert_int_equal(in_sandbox(&wish, work, NULL), 0);
}

static int make_thread(void *context)
{
    pthread_t thread;
    (void)context;
    return pthread_create(&thread, NULL, run_thread, NULL);
}

/* Up to the limit of its user's processes, which other workers could not start any more. */
static void test_who_has_no_use_for_threads_makes_none(void **state)
{
    struct sandbox_wish wish = wish_of(false, 0);
    (void)state;
    if (!entered.calls)
        skip();
    assert_int_equal(in_sandbox(&wish, make_thread, NULL), EPERM);
}

static int own_user(void *context)
{
    uid_t real, effective, saved;
    gid_t groups[4];
    (void)context;
    if (getresuid(&real, &effective, &saved) == 0)
        return real == NOBODY && effective == NOBODY && saved == NOBODY ? 0 : 1;
    /* the filter lets nobody ask for all three: the effective one will do */
    return geteuid() == NOBODY && getuid() == NOBODY && getgroups(4, groups) <= 0 ? 0 : 1;
}

static void test_root_becomes_the_user_of_the_wish(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    struct sandbox_wish wish = wish_of(false, 0);
    assert_int_equal(in_sandbox(&wish, own_user, NULL), 0);
}

static void test_what_is_missing_is_said(void **state)
{
    struct sandbox_state whole = {.user = true, .files = true, .ports = true, .hosts = true, .calls = true};
    struct sandbox_state part = whole;
    char text[SANDBOX_TEXT_BYTES];
    (void)state;
    sandbox_explain_missing(&whole, text);
    assert_string_equal(text, "");
    part.ports = part.calls = false;
    sandbox_explain_missing(&part, text);
    assert_string_equal(text, "landlock for TCP ports (Linux 6.7), a seccomp filter");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_that_no_decoder_needs_are_refused),
        cmocka_unit_test(test_no_page_of_a_segment_is_taken_away),
        cmocka_unit_test(test_only_sockets_of_the_internet_are_made),
        cmocka_unit_test(test_devices_take_their_requests_and_no_owner),
        cmocka_unit_test(test_a_segment_is_neither_truncated_nor_opened_nor_removed),
        cmocka_unit_test(test_files_are_made_and_local_sockets_opened_by_whose_wish_it_is),
        cmocka_unit_test(test_only_the_paths_of_the_wish_can_be_opened),
        cmocka_unit_test(test_names_can_be_resolved),
        cmocka_unit_test(test_authorities_that_an_administrator_added_can_be_read),
        cmocka_unit_test(test_only_the_ports_of_the_wish_can_be_connected_to),
        cmocka_unit_test(test_a_closed_network_has_no_way_to_any_host),
        cmocka_unit_test(test_hosts_are_said_to_be_closed_when_they_are),
        cmocka_unit_test(test_hosts_are_closed_to_who_has_unix_sockets_or_said_not_to_be),
        cmocka_unit_test(test_threads_memory_and_what_is_open_go_on),
        cmocka_unit_test(test_who_has_no_use_for_threads_makes_none),
        cmocka_unit_test(test_root_becomes_the_user_of_the_wish),
        cmocka_unit_test(test_what_is_missing_is_said),
    };
    return cmocka_run_group_tests(tests, find_state, NULL);
}

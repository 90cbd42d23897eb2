/* Segments, files, ports and hosts from inside of a sandbox, and what goes on there. */
#include "sandbox_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* ---- segments ---- */

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

static int try_unlink(void *context)
{
    return result_of(unlink(context));
}

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
    struct sandbox_wish companion = wish_of(false, 0);
    (void)state;
    if (!entered.calls)
        skip();
    struct listener host = listener_new();
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

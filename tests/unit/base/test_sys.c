#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/camd-test-sys.XXXXXX";
static char path[64], other_path[64];

static int set_up(void **state)
{
    (void)state;
    strcpy(directory + strlen(directory) - 6, "XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof(path), "%s/file", directory);
    snprintf(other_path, sizeof(other_path), "%s/other", directory);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sys_fault_at(0, 0);
    unlink(path);
    unlink(other_path);
    return rmdir(directory);
}

static void assert_close_on_exec(int fd)
{
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

static void close_two(int fds[2])
{
    sys_close(&fds[0]);
    sys_close(&fds[1]);
}

static void test_files(void **state)
{
    char text[8] = "";
    struct stat status;
    (void)state;
    assert_int_equal(sys_open(path, O_RDWR, 0), -ENOENT);

    int fd = sys_open(path, O_RDWR | O_CREAT | O_EXCL, 0600);

    assert_close_on_exec(fd);
    assert_int_equal(sys_open(path, O_RDWR | O_CREAT | O_EXCL, 0600), -EEXIST);
    assert_int_equal(sys_write(fd, "hello", 5), 5);
    assert_int_equal(sys_pwrite(fd, "j", 1, 0), 1);
    assert_int_equal(sys_pread(fd, text, 5, 0), 5);
    assert_string_equal(text, "jello");
    assert_int_equal(sys_read(fd, text, sizeof(text)), 0);
    assert_int_equal(sys_pwrite(fd, "x", 1, -1), -EINVAL);
    assert_int_equal(sys_fchmod(fd, 0640), 0);
    assert_int_equal(sys_fchown(fd, (uid_t)-1, (gid_t)-1), 0);
    assert_int_equal(sys_fallocate(fd, 0, 8192), 0);
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_size, 8192);
    assert_int_equal(status.st_mode & 0777, 0640);
    sys_close(&fd);
    assert_int_equal(sys_rename(path, other_path), 0);
    assert_int_equal(sys_unlink(path), -ENOENT);
    assert_int_equal(sys_unlink(other_path), 0);
}

static void test_directories(void **state)
{
    (void)state;
    assert_int_equal(sys_mkdir(path, 0700), 0);
    assert_int_equal(sys_mkdir(path, 0700), -EEXIST);
    assert_int_equal(rmdir(path), 0);
}

static void test_a_lock_is_held_once(void **state)
{
    (void)state;
    int one = sys_open(path, O_RDWR | O_CREAT, 0600);
    int two = sys_open(path, O_RDWR, 0);

    assert_int_equal(sys_flock(one, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(sys_flock(two, LOCK_EX | LOCK_NB), -EWOULDBLOCK);
    sys_close(&one);
    assert_int_equal(sys_flock(two, LOCK_EX | LOCK_NB), 0);
    sys_close(&two);
}

static void test_shared_memory(void **state)
{
    unsigned long long number;
    char name[64];
    (void)state;
    assert_int_equal(getrandom(&number, sizeof(number), 0), sizeof(number));
    snprintf(name, sizeof(name), "/camd-test-sys-%016llx", number);

    int fd = sys_shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);

    assert_close_on_exec(fd);
    assert_int_equal(sys_shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600), -EEXIST);
    /* more than any machine has: a number, and no SIGBUS later */
    assert_int_equal(sys_fallocate(fd, 0, (off_t)1 << 60), -ENOSPC);
    assert_int_equal(sys_shm_unlink(name), 0);
    assert_int_equal(sys_shm_unlink(name), -ENOENT);
    sys_close(&fd);
}

static void test_pipes_and_events(void **state)
{
    int fds[2];
    uint64_t count = 0;
    sigset_t mask;
    (void)state;
    assert_int_equal(sys_pipe(fds, O_NONBLOCK), 0);
    assert_close_on_exec(fds[0]);
    assert_close_on_exec(fds[1]);
    assert_int_equal(sys_read(fds[0], &count, 1), -EAGAIN);
    assert_int_equal(sys_write(fds[1], "x", 1), 1);
    assert_int_equal(sys_read(fds[0], &count, 1), 1);
    close_two(fds);

    int event = sys_eventfd(3, EFD_NONBLOCK);

    assert_close_on_exec(event);
    assert_int_equal(sys_read(event, &count, sizeof(count)), sizeof(count));
    assert_int_equal(count, 3);
    sys_close(&event);

    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);

    int signals = sys_signalfd(&mask, O_NONBLOCK);
    int watch = sys_inotify(O_NONBLOCK);

    assert_close_on_exec(signals);
    assert_close_on_exec(watch);
    assert_int_equal(sys_read(signals, &count, sizeof(count)), -EINVAL);
    sys_close(&signals);
    sys_close(&watch);
}

static void test_sockets(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char letter = 0;
    (void)state;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);

    int server = sys_socket(AF_UNIX, SOCK_STREAM, 0);
    int client = sys_socket(AF_UNIX, SOCK_STREAM, 0);

    assert_close_on_exec(server);
    assert_int_equal(sys_connect(client, (struct sockaddr *)&address, sizeof(address)), -ENOENT);
    assert_int_equal(sys_bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(sys_bind(client, (struct sockaddr *)&address, sizeof(address)), -EADDRINUSE);
    assert_int_equal(sys_connect(client, (struct sockaddr *)&address, sizeof(address)), -ECONNREFUSED);
    assert_int_equal(sys_listen(server, 4), 0);
    assert_int_equal(sys_connect(client, (struct sockaddr *)&address, sizeof(address)), 0);

    int accepted = sys_accept(server, SOCK_NONBLOCK);

    assert_close_on_exec(accepted);
    assert_int_equal(sys_read(accepted, &letter, 1), -EAGAIN);
    assert_int_equal(sys_write(client, "x", 1), 1);
    assert_int_equal(sys_read(accepted, &letter, 1), 1);
    sys_close(&accepted);
    sys_close(&client);
    sys_close(&server);

    int pair[2];

    assert_int_equal(sys_socketpair(SOCK_SEQPACKET, pair), 0);
    assert_close_on_exec(pair[0]);
    assert_close_on_exec(pair[1]);
    close_two(pair);
}

static void test_pidfds(void **state)
{
    (void)state;

    const pid_t child = fork();

    if (child == 0) {
        for (;;)
            (void)pause();
    }
    assert_true(child > 0);

    int pidfd = sys_pidfd_open(child);
    struct pollfd waiting = {.fd = pidfd, .events = POLLIN};

    assert_close_on_exec(pidfd);
    assert_int_equal(poll(&waiting, 1, 0), 0);
    assert_int_equal(sys_pidfd_signal(pidfd, SIGKILL), 0);
    assert_int_equal(poll(&waiting, 1, -1), 1);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(sys_pidfd_signal(pidfd, SIGKILL), -ESRCH);
    sys_close(&pidfd);
    assert_int_equal(sys_pidfd_open(-1), -EINVAL);
}

static void test_dup_goes_above(void **state)
{
    (void)state;
    int fd = sys_dup_above(STDERR_FILENO, 90);

    assert_close_on_exec(fd);
    assert_true(fd >= 90);
    sys_close(&fd);
    assert_int_equal(sys_dup_above(-1, 90), -EBADF);
}

static void test_close_forgets_and_keeps_errno(void **state)
{
    int fds[2];
    int absent = -1;
    (void)state;
    assert_int_equal(sys_pipe(fds, 0), 0);

    const int number = fds[0];

    errno = ENOTTY;
    sys_close(&fds[0]);
    sys_close(&absent);
    assert_int_equal(errno, ENOTTY);
    assert_int_equal(fds[0], -1);
    assert_int_equal(absent, -1);
    assert_int_equal(fcntl(number, F_GETFD), -1);
    sys_close(&fds[1]);
}

static void test_a_fault_comes_at_its_call_only(void **state)
{
    int fds[2] = {-7, -7};
    (void)state;
    sys_fault_at(2, EMFILE);
    int first = sys_eventfd(0, 0);
    assert_true(first >= 0);
    assert_false(sys_fault_happened());
    assert_int_equal(sys_pipe(fds, 0), -EMFILE);
    assert_int_equal(fds[0], -7); /* not called at all */
    assert_true(sys_fault_happened());
    int third = sys_eventfd(0, 0);
    assert_true(third >= 0);
    assert_int_equal(sys_fault_calls(), 3);

    sys_fault_at(0, EMFILE);
    assert_int_equal(sys_fault_calls(), 0);
    int fourth = sys_eventfd(0, 0);
    assert_true(fourth >= 0);
    assert_false(sys_fault_happened());
    sys_close(&first);
    sys_close(&third);
    sys_close(&fourth);
}

/* Every wrapper makes one call that can be failed, with that errno. */
static void test_every_wrapper_can_fail(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct sockaddr *const any = (const struct sockaddr *)&address;
    int fds[2];
    char byte = 0;
    sigset_t mask;
    (void)state;
    sigemptyset(&mask);
#define ASSERT_FAILS(call)                                                                                   \
    do {                                                                                                     \
        sys_fault_at(1, EXDEV);                                                                              \
        assert_int_equal(call, -EXDEV);                                                                      \
        assert_true(sys_fault_happened());                                                                   \
        assert_int_equal(sys_fault_calls(), 1);                                                              \
    } while (0)
    ASSERT_FAILS(sys_open("/dev/null", O_RDONLY, 0));
    ASSERT_FAILS(sys_shm_open("/camd-test-sys-never", O_RDWR | O_CREAT, 0600));
    ASSERT_FAILS(sys_shm_unlink("/camd-test-sys-never"));
    ASSERT_FAILS(sys_fallocate(-1, 0, 1));
    ASSERT_FAILS(sys_fchown(-1, 0, 0));
    ASSERT_FAILS(sys_fchmod(-1, 0));
    ASSERT_FAILS(sys_flock(-1, LOCK_EX));
    ASSERT_FAILS(sys_pread(-1, &byte, 1, 0));
    ASSERT_FAILS(sys_pwrite(-1, &byte, 1, 0));
    ASSERT_FAILS(sys_read(-1, &byte, 1));
    ASSERT_FAILS(sys_write(-1, &byte, 1));
    ASSERT_FAILS(sys_pipe(fds, 0));
    ASSERT_FAILS(sys_eventfd(0, 0));
    ASSERT_FAILS(sys_socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_FAILS(sys_socketpair(SOCK_STREAM, fds));
    ASSERT_FAILS(sys_bind(-1, any, sizeof(address)));
    ASSERT_FAILS(sys_listen(-1, 1));
    ASSERT_FAILS(sys_connect(-1, any, sizeof(address)));
    ASSERT_FAILS(sys_accept(-1, 0));
    ASSERT_FAILS(sys_signalfd(&mask, 0));
    ASSERT_FAILS(sys_inotify(0));
    ASSERT_FAILS(sys_pidfd_open(getpid()));
    ASSERT_FAILS(sys_pidfd_signal(-1, 0));
    ASSERT_FAILS(sys_dup_above(STDERR_FILENO, 64));
    ASSERT_FAILS(sys_mkdir("/nonexistent/directory", 0700));
    ASSERT_FAILS(sys_rename("/nonexistent/a", "/nonexistent/b"));
    ASSERT_FAILS(sys_unlink("/nonexistent/a"));
#undef ASSERT_FAILS
}

/* tmpfs gives up an allocation for a signal; that is no reason to refuse a camera. */
static void test_an_interrupted_allocation_goes_on(void **state)
{
    (void)state;
    int fd = sys_open(path, O_RDWR | O_CREAT, 0600);

    sys_fault_at(1, EINTR);
    assert_int_equal(sys_fallocate(fd, 0, 4096), 0);
    assert_int_equal(sys_fault_calls(), 2);
    sys_close(&fd);
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(test_files),
        WITH_PLACE(test_directories),
        WITH_PLACE(test_a_lock_is_held_once),
        WITH_PLACE(test_shared_memory),
        WITH_PLACE(test_pipes_and_events),
        WITH_PLACE(test_sockets),
        WITH_PLACE(test_pidfds),
        WITH_PLACE(test_dup_goes_above),
        WITH_PLACE(test_close_forgets_and_keeps_errno),
        WITH_PLACE(test_a_fault_comes_at_its_call_only),
        WITH_PLACE(test_every_wrapper_can_fail),
        WITH_PLACE(test_an_interrupted_allocation_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

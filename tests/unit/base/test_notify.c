/* test_notify.c - datagrams to the service manager */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/notify.h"
#include "base/sys.h"

static char path[64];

/* A service manager's socket at address, in the form of NOTIFY_SOCKET. */
static int manager_at(const char *address)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    memcpy(name.sun_path, address, strlen(address));
    if (address[0] == '@')
        name.sun_path[0] = '\0';
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    const socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(address));
    assert_int_equal(bind(fd, (struct sockaddr *)&name, length), 0);
    return fd;
}

static void expect(int manager, const char *wanted)
{
    char text[1024];
    const ssize_t size = recv(manager, text, sizeof(text) - 1, 0);
    assert_true(size > 0);
    text[size] = '\0';
    assert_string_equal(text, wanted);
}

static void check_all(const char *address)
{
    const int manager = manager_at(address);
    struct notify notify;
    notify_init_from(&notify, address, NULL, NULL, 1);
    assert_int_equal(notify_ready(&notify), 0);
    expect(manager, "READY=1");
    assert_int_equal(notify_stopping(&notify), 0);
    expect(manager, "STOPPING=1");
    assert_int_equal(notify_watchdog(&notify), 0);
    expect(manager, "WATCHDOG=1");

    const int64_t before_us = clock_monotonic_ns() / 1000;
    assert_int_equal(notify_reloading(&notify), 0);
    char text[128];
    const ssize_t size = recv(manager, text, sizeof(text) - 1, 0);
    assert_true(size > 0);
    text[size] = '\0';
    int64_t at_us = 0;
    assert_int_equal(sscanf(text, "RELOADING=1\nMONOTONIC_USEC=%" SCNd64, &at_us), 1);
    assert_true(at_us >= before_us && at_us <= clock_monotonic_ns() / 1000);
    assert_int_equal(recv(manager, text, sizeof(text), 0), -1);
    close(manager);
}

static void test_path(void **state)
{
    (void)state;
    check_all(path);
    unlink(path);
}

static void test_abstract_name(void **state)
{
    (void)state;
    char address[64];
    snprintf(address, sizeof(address), "@camd-test-notify-%d", (int)getpid());
    check_all(address);
}

static void test_nothing_without_a_manager(void **state)
{
    (void)state;
    char too_long[200] = "/";
    memset(too_long + 1, 'x', 150);
    const char *const addresses[] = {NULL, "", "/", "@", "relative", "vsock:2:1", too_long};
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct notify notify;
        sys_fault_at(1, EMFILE);
        notify_init_from(&notify, addresses[i], "1000000", NULL, 1);
        assert_int_equal(notify_ready(&notify), 0);
        assert_int_equal(sys_fault_calls(), 0); /* not even a socket */
        sys_fault_at(0, 0);
        assert_true(notify_watchdog_period_s(&notify) == 0.0);
    }
}

static void test_failures_are_said(void **state)
{
    (void)state;
    struct notify notify;
    notify_init_from(&notify, path, NULL, NULL, 1);
    assert_int_equal(notify_ready(&notify), -ENOENT);
    sys_fault_at(1, EMFILE);
    assert_int_equal(notify_ready(&notify), -EMFILE);
    sys_fault_at(0, 0);
}

static void test_full_queue_does_not_block(void **state)
{
    (void)state;
    const int manager = manager_at(path);
    struct notify notify;
    notify_init_from(&notify, path, NULL, NULL, 1);
    int error = 0;
    for (int i = 0; i < 100000 && error == 0; i++)
        error = notify_watchdog(&notify);
    assert_int_equal(error, -EAGAIN);
    close(manager);
    unlink(path);
}

static void test_watchdog(void **state)
{
    (void)state;
    const struct {
        const char *interval_us, *pid;
        double period_s;
    } cases[] = {
        {"3000000", NULL, 1.5}, {"3000000", "42", 1.5}, {"3000000", "43", 0.0}, {"3000000", "x", 0.0},
        {"0", NULL, 0.0},       {"-5", NULL, 0.0},      {"5s", NULL, 0.0},      {NULL, "42", 0.0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct notify notify;
        notify_init_from(&notify, path, cases[i].interval_us, cases[i].pid, 42);
        assert_true(notify_watchdog_period_s(&notify) == cases[i].period_s);
    }
}

static void test_environment(void **state)
{
    (void)state;
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    setenv("NOTIFY_SOCKET", path, 1);
    setenv("WATCHDOG_USEC", "10000000", 1);
    setenv("WATCHDOG_PID", pid, 1);
    const int manager = manager_at(path);
    struct notify notify;
    notify_init(&notify);
    assert_int_equal(notify_ready(&notify), 0);
    expect(manager, "READY=1");
    assert_true(notify_watchdog_period_s(&notify) == 5.0);
    unsetenv("NOTIFY_SOCKET");
    notify_init(&notify);
    assert_int_equal(notify_ready(&notify), 0);
    assert_true(notify_watchdog_period_s(&notify) == 0.0);
    close(manager);
    unlink(path);
}

int main(void)
{
    snprintf(path, sizeof(path), "/tmp/camd-test-notify-%d", (int)getpid());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_abstract_name),
        cmocka_unit_test(test_nothing_without_a_manager),
        cmocka_unit_test(test_failures_are_said),
        cmocka_unit_test(test_full_queue_does_not_block),
        cmocka_unit_test(test_watchdog),
        cmocka_unit_test(test_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

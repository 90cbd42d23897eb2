/* Which sockets are found, and that errors which came to them are gone when they are forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture/own_socket.h"

/* A UDP socket of loopback; with *address its own one. */
static int make_socket(struct sockaddr_in *address)
{
    socklen_t length = sizeof(*address);
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(fd >= 0);
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (struct sockaddr *)address, sizeof(*address)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)address, &length), 0);
    return fd;
}

static int events_of(int fd, int wait_ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, wait_ms) > 0 ? wait.revents : 0;
}

static void test_refused_datagram_keeps_nobody_awake(void **state)
{
    (void)state;
    struct sockaddr_in own, gone;
    struct own_datagrams datagrams;
    const int fd = make_socket(&own);

    close(make_socket(&gone));
    assert_int_equal(connect(fd, (struct sockaddr *)&gone, sizeof(gone)), 0);
    assert_int_equal(send(fd, "", 1, 0), 1);
    assert_true(events_of(fd, 10000) & POLLERR);
    own_datagrams_find(&datagrams);
    assert_int_equal(datagrams.count, 1);
    assert_int_equal(datagrams.fds[0], fd);
    own_datagrams_forget_errors(&datagrams);
    assert_int_equal(events_of(fd, 0), 0);
    close(fd);
}

static void test_connections_are_no_datagrams(void **state)
{
    (void)state;
    struct own_datagrams datagrams;
    int pair[2];
    const int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
    own_datagrams_find(&datagrams);
    assert_int_equal(datagrams.count, 0);
    own_datagrams_forget_errors(&datagrams);
    assert_int_equal(own_socket_find(), -1);
    close(fd);
    close(pair[0]);
    close(pair[1]);
}

static void test_bytes_count_once_they_are_read(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    char bytes[100] = {0};
    const int listener = socket(AF_INET, SOCK_STREAM, 0), sender = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    assert_int_equal(connect(sender, (struct sockaddr *)&address, sizeof(address)), 0);
    const int receiver = accept(listener, NULL, NULL);
    assert_true(receiver >= 0);
    assert_int_equal(own_socket_bytes_read(receiver), 0);
    assert_int_equal(send(sender, bytes, sizeof(bytes), 0), sizeof(bytes));
    assert_true(events_of(receiver, 10000) & POLLIN);
    assert_int_equal(own_socket_bytes_read(receiver), 0);
    assert_int_equal(recv(receiver, bytes, sizeof(bytes), 0), sizeof(bytes));
    assert_int_equal(own_socket_bytes_read(receiver), sizeof(bytes));
    close(sender);
    close(receiver);
    close(listener);
    assert_int_equal(own_socket_bytes_read(listener), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_datagram_keeps_nobody_awake),
        cmocka_unit_test(test_connections_are_no_datagrams),
        cmocka_unit_test(test_bytes_count_once_they_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

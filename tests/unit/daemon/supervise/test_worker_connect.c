/* What a worker that asks for a connection is answered: its peer's socket, and nothing else. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/sys.h"
#include "daemon/supervise/worker_connect.h"
#include "daemon/supervise/worker_process.h"

static struct worker_process worker;
static int listener, camera_port, worker_end;
/* the last answer */
static int answered_error, answered_flags;
static size_t answered_fds;

/* In the place of worker_process.c's. */
void worker_send_message(struct worker_process *to, json_t *object, const int *fds, size_t fd_count)
{
    assert_ptr_equal(to, &worker);
    assert_string_equal(json_member_string(object, "type", ""), "connected");
    assert_int_equal(json_member_int(object, "id", 0), 7);
    answered_error = (int)json_member_int(object, "error", -1);
    answered_fds = fd_count;
    answered_flags = fd_count == 1 ? fcntl(fds[0], F_GETFL) : 0;
    json_decref(object);
}

static int set_up(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    (void)state;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 16) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        return -1;
    camera_port = ntohs(address.sin_port);
    json_t *peers = json_pack("[{s:s, s:i}]", "address", "127.0.0.1", "port", camera_port);
    const int error = worker_peers_read(&worker.sandbox.peers, peers);
    int fds[2];
    json_decref(peers);
    if (error < 0 || sys_socketpair(SOCK_SEQPACKET, fds) < 0)
        return -1;
    worker.channel.watcher.fd = fds[0];
    worker_end = fds[1];
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    worker_peers_clear(&worker.sandbox.peers);
    close(worker_end);
    close(worker.channel.watcher.fd);
    return close(listener);
}

/* from_port -1: a stream. */
static int ask(const char *address, int port, int from_port)
{
    json_t *message =
        json_pack("{s:i, s:s, s:i, s:i}", "id", 7, "address", address, "port", port, "from_port", from_port);
    const int error = worker_connect(&worker, message);
    json_decref(message);
    return error;
}

static int free_descriptor(void)
{
    const int fd = dup(listener);
    close(fd);
    return fd;
}

static void test_its_camera_is_connected_without_waiting(void **state)
{
    (void)state;
    assert_int_equal(0, ask("127.0.0.1", camera_port, -1));
    assert_true(answered_error == 0 || answered_error == EINPROGRESS);
    assert_int_equal(answered_fds, 1);
    assert_true(answered_flags & O_NONBLOCK);
    assert_int_equal(0, ask("127.0.0.1", 9, 0)); /* datagrams, to whatever port of its */
    assert_int_equal(answered_error, 0);
    assert_int_equal(answered_fds, 1);
}

static void test_nobody_else_is(void **state)
{
    (void)state;
    assert_int_equal(-EACCES, ask("127.0.0.2", camera_port, -1));
    assert_int_equal(answered_error, EACCES);
    assert_int_equal(-EACCES, ask("127.0.0.1", camera_port == 9 ? 10 : 9, -1));
    assert_int_equal(answered_error, EACCES);
    assert_int_equal(-EACCES, ask("127.0.0.2", 9, 0));
    assert_int_equal(answered_error, EACCES);
    assert_int_equal(answered_fds, 0);
    assert_int_equal(0, ask("camera.example", camera_port, -1)); /* nonsense, and no host */
    assert_int_equal(answered_error, EINVAL);
}

/* camd could bind them, where it is root; a worker can't, and is not to get them in this way. */
static void test_no_port_of_the_machine_s_services_is_bound_for_it(void **state)
{
    static const int ports[] = {53, 514, 1023, 65536};
    (void)state;
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        assert_int_equal(0, ask("127.0.0.1", 9, ports[i]));
        assert_int_equal(answered_error, EINVAL);
        assert_int_equal(answered_fds, 0);
    }
}

static void test_each_call_that_fails_is_an_answer_and_no_descriptor_stays(void **state)
{
    (void)state;
    const int first = free_descriptor();
    for (int from_port = -1; from_port <= 0; from_port++) {
        for (unsigned int n = 1;; n++) {
            sys_fault_at(n, EMFILE);
            assert_int_equal(0, ask("127.0.0.1", camera_port, from_port));
            const bool happened = sys_fault_happened();
            sys_fault_at(0, 0);
            assert_int_equal(free_descriptor(), first);
            if (!happened)
                break;
            assert_int_equal(answered_error, EMFILE);
            assert_int_equal(answered_fds, 0);
        }
        assert_int_equal(answered_fds, 1);
    }
}

/* Several decoders that were taken over could let so many lie that camd, where it is not root, can't hand over anything. */
static void test_a_worker_that_takes_none_gets_no_more(void **state)
{
    char byte = 'x';
    (void)state;
    worker.channel.sockets = 0;
    assert_int_equal(write(worker.channel.watcher.fd, &byte, 1), 1); /* as answers would lie there */
    for (int i = 0; i < WORKER_CHANNEL_SOCKETS; i++)
        assert_int_equal(ask("127.0.0.1", camera_port, -1), 0);
    assert_int_equal(answered_fds, 1);
    assert_int_equal(ask("127.0.0.1", 9, 0), -EBUSY);
    assert_int_equal(answered_error, EBUSY);
    assert_int_equal(answered_fds, 0);
    assert_int_equal(read(worker_end, &byte, 1), 1); /* it takes them */
    assert_int_equal(ask("127.0.0.1", camera_port, -1), 0);
    assert_int_equal(answered_fds, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_its_camera_is_connected_without_waiting),
        cmocka_unit_test(test_nobody_else_is),
        cmocka_unit_test(test_no_port_of_the_machine_s_services_is_bound_for_it),
        cmocka_unit_test(test_each_call_that_fails_is_an_answer_and_no_descriptor_stays),
        cmocka_unit_test(test_a_worker_that_takes_none_gets_no_more),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

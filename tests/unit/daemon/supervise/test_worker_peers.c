/* Whom camd connects a worker with: what it said, and nobody else. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/supervise/worker_peers.h"

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    return value;
}

static int read_list(struct worker_peers *peers, const char *text)
{
    json_t *array = parse(text);
    const int error = worker_peers_read(peers, array);
    json_decref(array);
    return error;
}

static bool have(const struct worker_peers *peers, const char *text, bool datagram)
{
    struct sockaddr_storage address;
    json_t *object = parse(text);
    assert_int_equal(worker_peers_read_address(object, &address), 0);
    json_decref(object);
    return worker_peers_have(peers, &address, datagram);
}

#define CAMERA  "{\"address\": \"192.0.2.7\", \"scope\": 0, \"port\": 554}"
#define CAMERA6 "{\"address\": \"fe80::7\", \"scope\": 2, \"port\": 554}"

static void test_an_address_and_its_port_are_a_peer(void **state)
{
    struct worker_peers peers = {0};
    (void)state;
    assert_false(have(&peers, CAMERA, false));
    assert_int_equal(read_list(&peers, "[" CAMERA ", " CAMERA6 "]"), 0);
    assert_true(have(&peers, CAMERA, false));
    assert_true(have(&peers, CAMERA6, false));
    assert_false(have(&peers, "{\"address\": \"192.0.2.8\", \"port\": 554}", false));
    assert_false(have(&peers, "{\"address\": \"192.0.2.7\", \"port\": 555}", false));
    assert_false(have(&peers, "{\"address\": \"fe80::7\", \"scope\": 3, \"port\": 554}", false));
    assert_false(have(&peers, "{\"address\": \"::ffff:192.0.2.7\", \"port\": 554}", false));
    assert_true(have(&peers, "{\"address\": \"192.0.2.7\", \"port\": 50000}", true));
    assert_false(have(&peers, "{\"address\": \"192.0.2.8\", \"port\": 554}", true));
    worker_peers_clear(&peers);
    assert_false(have(&peers, CAMERA, false));
}

static void test_they_are_the_same_after_an_upgrade(void **state)
{
    struct worker_peers peers = {0}, next = {0};
    (void)state;
    assert_int_equal(read_list(&peers, "[" CAMERA ", " CAMERA6 "]"), 0);
    json_t *record = worker_peers_write(&peers);
    assert_int_equal(worker_peers_read(&next, record), 0);
    json_decref(record);
    assert_int_equal(next.count, 2);
    assert_memory_equal(next.list, peers.list, 2 * sizeof(*peers.list));
    worker_peers_clear(&peers);
    worker_peers_clear(&next);
}

static void test_what_is_no_list_of_addresses_changes_nothing(void **state)
{
    static const char *const bad[] = {
        "[{\"address\": \"camera.example\", \"port\": 554}]",
        "[{\"address\": \"192.0.2.7\", \"port\": 65536}]",
        "[{\"address\": \"192.0.2.7\", \"port\": -1}]",
        "[{\"address\": \"192.0.2.7\"}]",
        "[{\"address\": \"::1\", \"port\": 1, \"scope\": -1}]",
        "[" CAMERA ", 7]",
        "[{\"address\": 7, \"port\": 554}]",
    };
    struct worker_peers peers = {0};
    json_t *many = json_array();
    (void)state;
    assert_int_equal(read_list(&peers, "[" CAMERA "]"), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(read_list(&peers, bad[i]), -EINVAL);
    for (int i = 0; i <= WORKER_PEERS_MAX; i++)
        json_array_append_new(many, parse(CAMERA));
    assert_int_equal(worker_peers_read(&peers, many), -EINVAL);
    json_decref(many);
    assert_true(have(&peers, CAMERA, false));
    assert_int_equal(worker_peers_read(&peers, NULL), 0); /* a worker that names none has none */
    assert_int_equal(peers.count, 0);
    worker_peers_clear(&peers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_address_and_its_port_are_a_peer),
        cmocka_unit_test(test_they_are_the_same_after_an_upgrade),
        cmocka_unit_test(test_what_is_no_list_of_addresses_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

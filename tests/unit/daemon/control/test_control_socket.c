/* test_control_socket.c - the socket's name, who may connect and do what, too many clients, and want of
 * descriptors */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/sys.h"
#include "control_fixture.h"
#include "leftovers.h"

static int bind_at(const char *path, int type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* Another control socket at the fixture's path. */
static int another(struct fixture *fixture, struct control **control)
{
    return control_new(control, fixture->loop, fixture->path, (gid_t)-1, fixture_handle, fixture);
}

static void test_mode_and_removal(void **state)
{
    struct fixture *fixture = *state;
    struct stat status;
    assert_int_equal(lstat(fixture->path, &status), 0);
    assert_true(S_ISSOCK(status.st_mode));
    assert_int_equal(status.st_mode & 07777, 0600); /* without a group */
    assert_int_equal(count_files(fixture->directory), 1);
    fixture_free_control(fixture);
    assert_int_equal(count_files(fixture->directory), 0);

    const mode_t old = umask(0077);
    assert_int_equal(
        control_new(&fixture->control, fixture->loop, fixture->path, getegid(), fixture_handle, fixture), 0);
    umask(old);
    assert_int_equal(lstat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0660); /* whatever the umask */
    assert_int_equal(status.st_gid, getegid());
}

static void test_live_socket_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    struct control *control = NULL;
    const unsigned int before = count_descriptors();
    assert_int_equal(another(fixture, &control), -EADDRINUSE);
    assert_null(control);
    assert_int_equal(count_descriptors(), before);
    struct peer peer;
    peer_greeted(&peer, fixture); /* the first one still answers */
    peer_close(&peer);
}

static void test_live_socket_with_a_full_backlog_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    fixture_free_control(fixture);
    const int listener = bind_at(fixture->path, SOCK_STREAM);
    assert_int_equal(listen(listener, 0), 0);
    struct peer peer;
    peer_connect(&peer, fixture);
    struct control *control = NULL;
    assert_int_equal(another(fixture, &control), -EADDRINUSE);
    peer_close(&peer);
    close(listener);
    assert_int_equal(unlink(fixture->path), 0);
}

/*
 * A start right after kill -9 was refused, half of the time while cameras were restarting: a child that posix_spawn had
 * half started had the socket, too. This one goes when somebody has connected.
 */
static void test_a_socket_that_a_dying_child_holds_is_replaced(void **state)
{
    struct fixture *fixture = *state;
    fixture_free_control(fixture);
    const int listener = bind_at(fixture->path, SOCK_STREAM);
    assert_int_equal(listen(listener, 8), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct pollfd connection = {.fd = listener, .events = POLLIN};
        poll(&connection, 1, -1);
        _exit(0);
    }
    assert_true(child > 0);
    close(listener);
    assert_int_equal(another(fixture, &fixture->control), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_close(&peer);
}

static void test_stale_socket_is_replaced(void **state)
{
    struct fixture *fixture = *state;
    fixture_free_control(fixture);
    close(bind_at(fixture->path, SOCK_STREAM));
    assert_int_equal(another(fixture, &fixture->control), 0);
    struct peer peer;
    peer_greeted(&peer, fixture);
    peer_close(&peer);
}

static void test_other_files_are_left_alone(void **state)
{
    struct fixture *fixture = *state;
    struct control *control = NULL;
    fixture_free_control(fixture);
    const int file = open(fixture->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    close(file);
    assert_int_equal(another(fixture, &control), -EEXIST);
    assert_int_equal(unlink(fixture->path), 0); /* it was still there */
    close(bind_at(fixture->path, SOCK_DGRAM));
    const int error = another(fixture, &control);
    if (error == 0) /* a datagram socket that nobody holds refuses connections like any other */
        control_free(control);
    else
        assert_int_equal(unlink(fixture->path), 0);
}

static void test_replaced_name_is_not_removed(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(unlink(fixture->path), 0);
    const int other = bind_at(fixture->path, SOCK_STREAM);
    fixture_free_control(fixture);
    assert_int_equal(unlink(fixture->path), 0); /* somebody else's now */
    close(other);
}

/* Nobody noticed that the socket was deleted, and SIGHUP did not help. */
static void test_lost_name_is_made_again(void **state)
{
    struct fixture *fixture = *state;
    struct peer before, waiting, after;
    const unsigned int descriptors = count_descriptors();
    assert_int_equal(control_restore(fixture->control), 0); /* it is there */
    peer_greeted(&before, fixture);
    peer_connect(&waiting, fixture); /* in the queue of the old one */
    assert_int_equal(unlink(fixture->path), 0);
    assert_int_equal(control_restore(fixture->control), 0);
    struct stat status;
    assert_int_equal(lstat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    peer_greeted(&after, fixture);
    json_t *greeting = peer_line(&waiting, fixture);
    assert_non_null(greeting);
    json_decref(greeting);
    peer_say(&before, fixture, "{\"id\":1,\"verb\":\"version\"}\n");
    peer_expect_ok(&before, fixture, "1");
    peer_close(&before);
    peer_close(&waiting);
    peer_close(&after);
    fixture_turns(fixture, 3);
    assert_int_equal(count_descriptors(), descriptors);
}

static void test_name_that_is_taken_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_greeted(&peer, fixture);
    assert_int_equal(unlink(fixture->path), 0);
    const int file = open(fixture->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    close(file);
    assert_int_equal(control_restore(fixture->control), -EEXIST);
    peer_say(&peer, fixture, "{\"id\":1,\"verb\":\"version\"}\n");
    peer_expect_ok(&peer, fixture, "1");
    peer_close(&peer);
    assert_int_equal(unlink(fixture->path), 0); /* it was still there */
    assert_int_equal(control_restore(fixture->control), 0);
    peer_greeted(&peer, fixture);
    peer_close(&peer);
}

static void test_long_path(void **state)
{
    struct fixture *fixture = *state;
    struct control *control = NULL;
    char path[200];
    memset(path, 'x', sizeof(path));
    memcpy(path, "/tmp/", 5);
    path[108] = '\0';
    assert_int_equal(control_new(&control, fixture->loop, path, (gid_t)-1, fixture_handle, fixture),
                     -ENAMETOOLONG);
}

static void test_missing_directory(void **state)
{
    struct fixture *fixture = *state;
    struct control *control = NULL;
    assert_int_equal(
        control_new(&control, fixture->loop, "/nonexistent/camd.sock", (gid_t)-1, fixture_handle, fixture),
        -ENOENT);
}

/* Two that start at the same time must not replace each other: one lock decides. */
static void test_starting_is_locked(void **state)
{
    struct fixture *fixture = *state;
    fixture_free_control(fixture);
    char lock[128];
    snprintf(lock, sizeof(lock), "%s.lock", fixture->path);
    int held = sys_open(lock, O_CREAT | O_RDWR, 0600);
    assert_true(held >= 0);
    assert_int_equal(sys_flock(held, 2 /* LOCK_EX */), 0);
    struct control *control = NULL;
    assert_int_equal(another(fixture, &control), -EADDRINUSE);
    sys_close(&held); /* the other was killed: its lock file stays and hinders nobody */
    assert_int_equal(another(fixture, &fixture->control), 0);
    assert_int_equal(count_files(fixture->directory), 1);
}

static void test_every_failure_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    fixture_free_control(fixture);
    const unsigned int before = count_descriptors();
    unsigned int failures = 0;
    char lock[128];
    for (unsigned int n = 1;; n++) {
        close(bind_at(fixture->path, SOCK_STREAM)); /* stale: the longest way */
        sys_fault_at(n, EMFILE);
        struct control *control = NULL;
        const int error =
            control_new(&control, fixture->loop, fixture->path, getegid(), fixture_handle, fixture);
        const bool happened = sys_fault_happened();
        sys_fault_at(0, 0);
        if (!happened) {
            assert_int_equal(error, 0);
            control_free(control);
            break;
        }
        assert_int_equal(error, -EMFILE);
        assert_null(control);
        failures++;
        assert_int_equal(count_descriptors(), before);
        unlink(fixture->path);
        /* A lock file that could not be locked may be another's: it stays, and hinders nobody. */
        if (n == 3) {
            snprintf(lock, sizeof(lock), "%s.lock", fixture->path);
            assert_int_equal(unlink(lock), 0);
        }
        assert_int_equal(count_files(fixture->directory), 0);
    }
    assert_true(failures >= 8); /* lock, flock, probe, connect, unlink, socket, mode, bind, listen */
    assert_int_equal(count_descriptors(), before);
    assert_int_equal(count_files(fixture->directory), 0);
}

static void test_accept_pauses_without_descriptors(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    peer_connect(&peer, fixture);
    sys_fault_at(1, EMFILE);
    fixture_turn(fixture);
    assert_true(sys_fault_happened());
    sys_fault_at(0, 0);
    assert_false(ev_is_active(&fixture->control->accept_io)); /* it would be readable all the time */
    assert_true(ev_is_active(&fixture->control->accept_timer));
    assert_true(fixture->control->accept_failing);
    ev_feed_event(fixture->loop, &fixture->control->accept_timer, EV_TIMER);
    json_t *greeting = peer_line(&peer, fixture);
    assert_non_null(greeting);
    json_decref(greeting);
    assert_false(fixture->control->accept_failing);
    peer_close(&peer);
}

static void test_two_hundred_clients(void **state)
{
    enum { COUNT = 200 };
    struct fixture *fixture = *state;
    struct peer *peers = calloc(COUNT, sizeof(*peers));
    assert_non_null(peers);
    const unsigned int before = count_descriptors();
    for (unsigned int i = 0; i < COUNT; i++) {
        peer_greeted(&peers[i], fixture); /* also those that are turned away */
        if (i < CONTROL_CLIENTS_MAX)
            continue;
        peer_expect_error(&peers[i], fixture, "refused", "null");
        peer_expect_end(&peers[i], fixture);
    }
    assert_int_equal(count_descriptors(), before + COUNT + CONTROL_CLIENTS_MAX);
    for (unsigned int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        peer_say(&peers[i], fixture, "{\"id\":1,\"verb\":\"version\"}\n");
        peer_expect_ok(&peers[i], fixture, "1");
    }
    for (unsigned int i = 0; i < COUNT; i++)
        peer_close(&peers[i]);
    fixture_turns(fixture, 3);
    assert_int_equal(count_descriptors(), before);
    peer_greeted(&peers[0], fixture); /* there is room again */
    peer_close(&peers[0]);
    free(peers);
}

static void adopt_of(struct peer *peer, struct fixture *fixture, uid_t uid, bool may_read, bool may_change)
{
    int fds[2];
    assert_int_equal(sys_socketpair(SOCK_STREAM | SOCK_NONBLOCK, fds), 0);
    const struct control_access access = {.uid = uid, .may_read = may_read, .may_change = may_change};
    byte_queue_init(&peer->input);
    peer->ended = false;
    peer->fd = fds[0];
    control_client_new(fixture->control, fds[1], &access);
    json_t *greeting = peer_line(peer, fixture);
    assert_non_null(greeting);
    json_decref(greeting);
}

static void adopt(struct peer *peer, struct fixture *fixture, bool may_read, bool may_change)
{
    adopt_of(peer, fixture, 1000, may_read, may_change);
}

/* Whoever tries, and has tried as often as he liked: the next one is served, and the administrator always. */
static void test_readers_share_the_places(void **state)
{
    enum { GREEDY = 4, TRIES = 100 };
    static const unsigned int shares[GREEDY] = {62, 31, 16, 8}; /* half of what is left, upwards */
    struct fixture *fixture = *state;
    struct peer peers[GREEDY][TRIES], late, administrator;
    for (unsigned int user = 0; user < GREEDY; user++) {
        const unsigned int before = fixture->control->reader_count;
        for (unsigned int i = 0; i < TRIES; i++)
            adopt_of(&peers[user][i], fixture, 1000 + user, true, false);
        assert_int_equal(fixture->control->reader_count - before, shares[user]);
        peer_expect_error(&peers[user][TRIES - 1], fixture, "refused", "null");
    }
    adopt_of(&late, fixture, 2000, true, false);
    peer_say(&late, fixture, "{\"id\":1,\"verb\":\"version\"}\n");
    peer_expect_ok(&late, fixture, "1");
    adopt(&administrator, fixture, true, true);
    peer_say(&administrator, fixture, "{\"id\":1,\"verb\":\"version\"}\n");
    peer_expect_ok(&administrator, fixture, "1");
    peer_close(&late);
    peer_close(&administrator);
    for (unsigned int user = 0; user < GREEDY; user++)
        for (unsigned int i = 0; i < TRIES; i++)
            peer_close(&peers[user][i]);
}

/* One who has many clients that ask at once does not keep another, who comes last, waiting for all of them. */
static void test_users_take_turns(void **state)
{
    static const uid_t users[] = {1000, 1000, 1000, 2000, 3000, 3000},
                       turns[] = {1000, 2000, 3000, 1000, 3000, 1000};
    enum { COUNT = sizeof(users) / sizeof(users[0]) };
    struct fixture *fixture = *state;
    struct control_client *clients[COUNT];
    struct peer peers[COUNT], administrator;
    adopt(&administrator, fixture, true, true);
    for (size_t i = 0; i < COUNT; i++) {
        adopt_of(&peers[i], fixture, users[i], true, false);
        clients[i] = fixture_client(fixture);
    }
    for (size_t i = 0; i < COUNT; i++) {
        control_turns_wait(clients[i], EV_CUSTOM);
        control_turns_wait(clients[i], EV_READ); /* it waits already */
    }
    const struct control_client *client = TAILQ_FIRST(&fixture->control->turns.waiting);
    for (size_t i = 0; i < COUNT; i++, client = TAILQ_NEXT(client, turn)) {
        assert_non_null(client);
        assert_int_equal(client->access.uid, turns[i]);
    }
    assert_null(client);
    peer_say(&administrator, fixture, "{\"id\":1,\"verb\":\"version\"}\n");
    peer_expect_ok(&administrator, fixture, "1");
    for (size_t i = 0; i < COUNT; i++) {
        peer_say(&peers[i], fixture, "{\"id\":1,\"verb\":\"version\"}\n");
        peer_expect_ok(&peers[i], fixture, "1");
        peer_close(&peers[i]);
    }
    for (int turn = 0; turn < 100 && fixture->control->client_count > 1; turn++)
        fixture_turn(fixture);
    assert_int_equal(fixture->control->client_count, 1);
    assert_false(ev_is_active(&fixture->control->turns.idle)); /* else the loop would never sleep */
    peer_close(&administrator);
}

static void test_privileges(void **state)
{
    struct fixture *fixture = *state;
    struct peer reader, stranger;
    adopt(&reader, fixture, true, false);
    peer_say(&reader, fixture, "{\"id\":1,\"verb\":\"version\"}\n");
    peer_expect_ok(&reader, fixture, "1");
    for (int verb = 0; verb < VERB_COUNT; verb++) {
        if (verb_table[verb].privilege != VERB_CHANGE)
            continue;
        char request[64];
        snprintf(request, sizeof(request), "{\"id\":2,\"verb\":\"%s\"}\n", verb_table[verb].word);
        peer_say(&reader, fixture, request);
        peer_expect_error(&reader, fixture, "denied", "2");
    }
    adopt(&stranger, fixture, false, false);
    peer_say(&stranger, fixture, "{\"id\":1,\"verb\":\"version\"}\n{\"id\":2,\"verb\":\"shutdown\"}\n");
    peer_expect_error(&stranger, fixture, "denied", "1");
    peer_expect_error(&stranger, fixture, "denied", "2");
    assert_int_equal(fixture->requests, 1);
    peer_close(&reader);
    peer_close(&stranger);
}

static void test_access_rule(void **state)
{
    (void)state;
    static const gid_t groups[] = {5, 6};
    const struct {
        uid_t uid;
        gid_t gid, group;
        bool may_read, may_change;
    } cases[] = {
        {0, 0, (gid_t)-1, true, true},
        {40, 40, (gid_t)-1, true, true},
        {41, 41, (gid_t)-1, false, false},
        {41, 41, 41, true, false},
        {41, 41, 6, true, false},
        {41, 41, 7, false, false},
        {41, (gid_t)-1, (gid_t)-1, false, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct control_access access =
            control_access_decide(cases[i].uid, cases[i].gid, groups, 2, 40, cases[i].group);
        assert_int_equal(access.uid, cases[i].uid);
        assert_int_equal(access.may_read, cases[i].may_read);
        assert_int_equal(access.may_change, cases[i].may_change);
    }
}

/* In a process of its own: becomes a plain user with many groups and says what the kernel tells about it. */
static int connect_as(const char *path, gid_t extra)
{
    gid_t groups[100];
    for (unsigned int i = 0; i < 99; i++)
        groups[i] = 20000 + i;
    groups[99] = extra;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setgroups(100, groups) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
        return 2;
    return connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? 3 : 0;
}

static void test_peer_groups(void **state)
{
    if (geteuid() != 0)
        skip(); /* needs to become somebody else */
    struct fixture *fixture = *state;
    const gid_t group = 30000;
    fixture_free_control(fixture);
    assert_int_equal(chmod(fixture->directory, 0755), 0);
    assert_int_equal(
        control_new(&fixture->control, fixture->loop, fixture->path, group, fixture_handle, fixture), 0);
    for (int member = 1; member >= 0; member--) {
        if (!member) /* the file's mode keeps others out, but it need not be the only thing that does */
            assert_int_equal(chmod(fixture->path, 0666), 0);
        const pid_t child = fork();
        if (child == 0)
            _exit(connect_as(fixture->path, member ? group : group + 1));
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        int fd = sys_accept(fixture->control->listener.fd, SOCK_NONBLOCK);
        assert_true(fd >= 0);
        struct control_access access;
        assert_int_equal(control_access_of_peer(fd, group, &access), 0);
        assert_int_equal(access.uid, 65534);
        assert_int_equal(access.may_read, member);
        assert_false(access.may_change);
        sys_close(&fd);
    }
}

#define SOCKET_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SOCKET_TEST(test_mode_and_removal),
        SOCKET_TEST(test_live_socket_is_left_alone),
        SOCKET_TEST(test_live_socket_with_a_full_backlog_is_left_alone),
        SOCKET_TEST(test_a_socket_that_a_dying_child_holds_is_replaced),
        SOCKET_TEST(test_stale_socket_is_replaced),
        SOCKET_TEST(test_other_files_are_left_alone),
        SOCKET_TEST(test_replaced_name_is_not_removed),
        SOCKET_TEST(test_lost_name_is_made_again),
        SOCKET_TEST(test_name_that_is_taken_is_left_alone),
        SOCKET_TEST(test_long_path),
        SOCKET_TEST(test_missing_directory),
        SOCKET_TEST(test_starting_is_locked),
        SOCKET_TEST(test_every_failure_leaves_nothing),
        SOCKET_TEST(test_accept_pauses_without_descriptors),
        SOCKET_TEST(test_two_hundred_clients),
        SOCKET_TEST(test_readers_share_the_places),
        SOCKET_TEST(test_users_take_turns),
        SOCKET_TEST(test_privileges),
        cmocka_unit_test(test_access_rule),
        SOCKET_TEST(test_peer_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "camd/worker.h"
#include "leftovers.h"
#include "on_valgrind.h"

static char buffer[CAMD_MESSAGE_BYTES + 1];

static int set_up(void **state)
{
    int *pair = calloc(2, sizeof(*pair));
    *state = pair;
    return pair ? socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) : -1;
}

static int tear_down(void **state)
{
    int *pair = *state;
    close(pair[0]);
    if (pair[1] >= 0)
        close(pair[1]);
    free(pair);
    return 0;
}

static ssize_t receive(int channel, int *fds, size_t fd_room, size_t *fd_count)
{
    return camd_channel_receive(channel, buffer, sizeof(buffer), fds, fd_room, fd_count, MSG_DONTWAIT);
}

/* What a worker said last was lost when it died with messages unread: camd had no reason for its end. */
static void test_the_last_words_of_one_that_left_messages_unread(void **state)
{
    int *pair = *state;
    size_t fd_count = 0;
    assert_int_equal(camd_channel_send(pair[0], "{}", 2, NULL, 0, 0), 0);
    assert_int_equal(camd_channel_send(pair[1], "last", 4, NULL, 0, 0), 0);
    assert_int_equal(camd_channel_send(pair[1], "words", 5, NULL, 0, 0), 0);
    close(pair[1]);
    pair[1] = -1;
    assert_int_equal(receive(pair[0], NULL, 0, &fd_count), 4);
    assert_string_equal(buffer, "last");
    assert_int_equal(receive(pair[0], NULL, 0, &fd_count), 5);
    assert_int_equal(receive(pair[0], NULL, 0, &fd_count), 0);
}

static void test_messages_keep_their_bounds(void **state)
{
    const int *pair = *state;
    size_t fd_count = 99;
    assert_int_equal(receive(pair[1], NULL, 0, &fd_count), -EAGAIN);
    assert_int_equal(fd_count, 99);
    assert_int_equal(camd_channel_send(pair[0], "{}", 2, NULL, 0, 0), 0);
    assert_int_equal(camd_channel_send(pair[0], "{\"a\":1}", 7, NULL, 0, 0), 0);
    assert_int_equal(receive(pair[1], NULL, 0, &fd_count), 2);
    assert_string_equal(buffer, "{}");
    assert_int_equal(fd_count, 0);
    assert_int_equal(receive(pair[1], NULL, 0, &fd_count), 7);
    assert_string_equal(buffer, "{\"a\":1}");
}

static void test_end_of_file_is_0(void **state)
{
    int *pair = *state;
    size_t fd_count;
    assert_int_equal(camd_channel_send(pair[1], "{}", 2, NULL, 0, 0), 0);
    close(pair[1]);
    pair[1] = -1;
    assert_int_equal(receive(pair[0], NULL, 0, &fd_count), 2); /* what was said before counts */
    assert_int_equal(receive(pair[0], NULL, 0, &fd_count), 0);
    assert_int_equal(camd_channel_send(pair[0], "{}", 2, NULL, 0, 0), -EPIPE); /* and no SIGPIPE */
}

static void test_the_longest_message_passes(void **state)
{
    const int *pair = *state;
    static char text[CAMD_MESSAGE_BYTES + 1];
    size_t fd_count;
    memset(text, 'x', sizeof(text));
    assert_int_equal(camd_channel_send(pair[0], text, CAMD_MESSAGE_BYTES + 1, NULL, 0, 0), -EMSGSIZE);
    assert_int_equal(camd_channel_send(pair[0], text, CAMD_MESSAGE_BYTES, NULL, 0, 0), 0);
    assert_int_equal(receive(pair[1], NULL, 0, &fd_count), CAMD_MESSAGE_BYTES);
    assert_memory_equal(buffer, text, CAMD_MESSAGE_BYTES);
    assert_int_equal(buffer[CAMD_MESSAGE_BYTES], '\0');
}

static void test_a_message_longer_than_the_room_is_dropped_with_its_descriptors(void **state)
{
    const int *pair = *state;
    const size_t before = count_descriptors();
    char small[8];
    int fds[2] = {-5, -5};
    size_t fd_count = 99;
    assert_int_equal(camd_channel_send(pair[0], "12345678", 8, pair, 2, 0), 0);
    assert_int_equal(camd_channel_send(pair[0], "1234567", 7, NULL, 0, 0), 0);
    assert_int_equal(camd_channel_receive(pair[1], small, sizeof(small), fds, 2, &fd_count, 0), -EMSGSIZE);
    assert_int_equal(fds[0], -5);
    assert_int_equal(fd_count, 99);
    assert_int_equal(count_descriptors(), before);
    assert_int_equal(camd_channel_receive(pair[1], small, sizeof(small), fds, 2, &fd_count, 0), 7);
    assert_string_equal(small, "1234567");
}

static void test_descriptors_travel_in_order_and_are_closed_on_exec(void **state)
{
    const int *pair = *state;
    int sent[CAMD_MESSAGE_FDS], received[CAMD_MESSAGE_FDS];
    size_t fd_count;
    for (int i = 0; i < CAMD_MESSAGE_FDS; i++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        close(ends[1]);
        sent[i] = ends[0];
    }
    assert_int_equal(camd_channel_send(pair[0], "{}", 2, sent, CAMD_MESSAGE_FDS, 0), 0);
    assert_int_equal(receive(pair[1], received, CAMD_MESSAGE_FDS, &fd_count), 2);
    assert_int_equal(fd_count, CAMD_MESSAGE_FDS);
    for (int i = 0; i < CAMD_MESSAGE_FDS; i++) {
        char one[64], two[64], path[64];
        assert_int_equal(fcntl(received[i], F_GETFD), FD_CLOEXEC);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", sent[i]);
        const ssize_t length = readlink(path, one, sizeof(one));
        snprintf(path, sizeof(path), "/proc/self/fd/%d", received[i]);
        assert_int_equal(readlink(path, two, sizeof(two)), length);
        assert_memory_equal(one, two, (size_t)length); /* the same pipe */
        close(sent[i]);
        close(received[i]);
    }
}

static void test_more_descriptors_than_room_are_closed(void **state)
{
    const int *pair = *state;
    const int sent[3] = {STDERR_FILENO, STDERR_FILENO, STDERR_FILENO};
    const size_t before = count_descriptors();
    int received[2] = {-5, -5};
    size_t fd_count = 99;
    for (size_t room = 0; room < 3; room++) {
        assert_int_equal(camd_channel_send(pair[0], "{}", 2, sent, 3, 0), 0);
        assert_int_equal(receive(pair[1], received, room, &fd_count), -EPROTO);
        assert_int_equal(count_descriptors(), before);
        assert_int_equal(received[0], -5);
        assert_int_equal(fd_count, 99);
    }
    /* as many as there is room for are fine */
    assert_int_equal(camd_channel_send(pair[0], "{}", 2, sent, 2, 0), 0);
    assert_int_equal(receive(pair[1], received, 2, &fd_count), 2);
    assert_int_equal(fd_count, 2);
    close(received[0]);
    close(received[1]);
}

static void test_a_full_descriptor_table_is_told_apart(void **state)
{
    if (is_on_valgrind())
        skip(); /* valgrind keeps RLIMIT_NOFILE to itself: the kernel has another one */
    const int *pair = *state;
    const int sent[2] = {STDERR_FILENO, STDERR_FILENO};
    const size_t before = count_descriptors();
    struct rlimit limit, low;
    int received[2], lowest = dup(STDERR_FILENO);
    size_t fd_count;

    assert_true(lowest >= 0);
    close(lowest);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    low.rlim_cur = (rlim_t)lowest + 1; /* room for one */
    assert_int_equal(camd_channel_send(pair[0], "{}", 2, sent, 2, 0), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    const ssize_t result = receive(pair[1], received, 2, &fd_count);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(result, -EMFILE);
    assert_int_equal(count_descriptors(), before);
}

/* An empty message looks like the end of file; that of a stranger leaves nothing open. */
static void test_empty_messages(void **state)
{
    const int *pair = *state;
    const size_t before = count_descriptors();
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr alignment;
    } control = {.bytes = {0}};
    struct iovec piece = {.iov_base = buffer, .iov_len = 0};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    int received[2];
    size_t fd_count;

    assert_int_equal(camd_channel_send(pair[0], "", 0, NULL, 0, 0), -EINVAL);

    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), pair, sizeof(int));
    assert_int_equal(sendmsg(pair[0], &message, 0), 0);
    assert_int_equal(receive(pair[1], received, 2, &fd_count), 0);
    assert_int_equal(count_descriptors(), before);
}

static void test_limits_of_the_caller(void **state)
{
    const int *pair = *state;
    int fds[CAMD_MESSAGE_FDS + 1] = {0};
    size_t fd_count;
    assert_int_equal(camd_channel_send(pair[0], "{}", 2, fds, CAMD_MESSAGE_FDS + 1, 0), -EINVAL);
    assert_int_equal(receive(pair[1], fds, CAMD_MESSAGE_FDS + 1, &fd_count), -EINVAL);
    assert_int_equal(camd_channel_receive(pair[1], buffer, 1, NULL, 0, &fd_count, MSG_DONTWAIT), -EINVAL);
    assert_int_equal(camd_channel_send(-1, "{}", 2, NULL, 0, 0), -EBADF);
    assert_int_equal(receive(-1, NULL, 0, &fd_count), -EBADF);
}

static void test_a_full_socket_is_told(void **state)
{
    const int *pair = *state;
    int result, sent = 0;
    while ((result = camd_channel_send(pair[0], buffer, 4096, NULL, 0, MSG_DONTWAIT)) == 0)
        sent++;
    assert_int_equal(result, -EAGAIN);
    assert_true(sent > 0);
}

static void test_words(void **state)
{
    (void)state;
    for (int stage = 0; stage < CAMD_STAGE_COUNT; stage++)
        assert_int_equal(camd_stage_from_word(camd_stage_word((enum camd_stage)stage)), stage);
    for (int class_ = 0; class_ < CAMD_CLASS_COUNT; class_++)
        assert_int_equal(camd_class_from_word(camd_class_word((enum camd_class)class_)), class_);
    assert_string_equal(camd_stage_word(CAMD_STAGE_OPEN), "open");
    assert_string_equal(camd_class_word(CAMD_CLASS_NOT_FOUND), "not_found");
    assert_int_equal(camd_stage_from_word(""), -1);
    assert_int_equal(camd_class_from_word("Network"), -1);
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PAIR(test_the_last_words_of_one_that_left_messages_unread),
        WITH_PAIR(test_messages_keep_their_bounds),
        WITH_PAIR(test_end_of_file_is_0),
        WITH_PAIR(test_the_longest_message_passes),
        WITH_PAIR(test_a_message_longer_than_the_room_is_dropped_with_its_descriptors),
        WITH_PAIR(test_descriptors_travel_in_order_and_are_closed_on_exec),
        WITH_PAIR(test_more_descriptors_than_room_are_closed),
        WITH_PAIR(test_a_full_descriptor_table_is_told_apart),
        WITH_PAIR(test_empty_messages),
        WITH_PAIR(test_limits_of_the_caller),
        WITH_PAIR(test_a_full_socket_is_told),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

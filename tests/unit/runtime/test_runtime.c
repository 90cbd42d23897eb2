/* Start and end of a worker: hello, SIGTERM, the end of camd. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/json.h"
#include "peer_fixture.h"

/* ---- start ---- */

static int run_start(void)
{
    struct worker worker;
    int death_signal = 0;
    EXPECT(peer_worker_start(&worker) == 0);
    EXPECT(strcmp(worker.camera, "front") == 0);
    EXPECT(json_member_int(worker.config, "fps", 0) == 5);
    EXPECT(!worker.stop && !worker.has_segments && !worker.config_changed && !worker.frames_changed);
    EXPECT(worker.frame_event == -1 && worker.space_event == -1);
    EXPECT(prctl(PR_GET_PDEATHSIG, &death_signal) == 0 && death_signal == SIGKILL);
    EXPECT(worker_send_ready(&worker) == 0);
    EXPECT(worker_send_ended(&worker) == 0);
    worker_finish(&worker);
    EXPECT(fcntl(CAMD_CHANNEL_FD, F_GETFD) < 0);
    return 0;
}

static void test_start(void **state)
{
    struct peer peer;
    (void)state;
    peer_start(&peer, run_start);
    peer_say(&peer, HELLO);
    peer_assert_hears(&peer, "ready");
    peer_assert_hears(&peer, "ended");
    peer_assert_exits(&peer, 0);
}

static int run_start_protocol_error(void)
{
    struct worker worker;
    EXPECT(peer_worker_start(&worker) == -EPROTO);
    EXPECT(!worker.config && worker.channel == -1);
    return 0;
}

static void test_a_wrong_hello_is_refused(void **state)
{
    const char *const wrong[] = {
        "{\"type\":\"stop\"}",
        "{\"type\":\"hello\"}",
        "no JSON",
        "{\"type\":\"hello\",\"abi\":[2,0],\"camera\":\"front\",\"worker\":\"capture\",\"config\":{}}",
        "{\"type\":\"hello\",\"abi\":[1,0],\"camera\":\"a/b\",\"worker\":\"capture\",\"config\":{}}",
        "{\"type\":\"hello\",\"abi\":[1,0],\"camera\":\"front\",\"worker\":\"tracker\",\"config\":{}}",
        "{\"type\":\"hello\",\"abi\":[1,0],\"camera\":\"front\",\"worker\":\"capture\",\"config\":[]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct peer peer;
        peer_start(&peer, run_start_protocol_error);
        peer_say(&peer, wrong[i]);
        assert_non_null(strstr(peer_log(&peer), "same version"));
        peer_assert_exits(&peer, 0);
    }
}

static int run_by_hand(void)
{
    struct worker worker;
    int fds[2];
    EXPECT(close(CAMD_CHANNEL_FD) == 0);
    EXPECT(peer_worker_start(&worker) == -EBADF);
    EXPECT(pipe(fds) == 0 && fds[0] == CAMD_CHANNEL_FD);
    EXPECT(peer_worker_start(&worker) == -ENOTSOCK);
    EXPECT(close(CAMD_CHANNEL_FD) == 0);
    EXPECT(socket(AF_UNIX, SOCK_STREAM, 0) == CAMD_CHANNEL_FD);
    EXPECT(peer_worker_start(&worker) == -EPROTOTYPE);
    return 0;
}

static void test_started_by_hand(void **state)
{
    struct peer peer;
    (void)state;
    peer_start(&peer, run_by_hand);
    assert_non_null(strstr(peer_log(&peer), "started by camd, not by hand"));
    peer_assert_exits(&peer, 0);
}

/* ---- the end ---- */

static int run_poll_for_ever(void)
{
    struct worker worker;
    EXPECT(peer_worker_start(&worker) == 0);
    EXPECT(worker_send_ready(&worker) == 0);
    for (;;)
        (void)worker_poll(&worker, -1, -1, NULL);
}

static void test_the_end_of_the_channel_ends_the_process(void **state)
{
    struct peer peer;
    (void)state;
    peer_start(&peer, run_poll_for_ever);
    peer_say(&peer, HELLO);
    peer_assert_hears(&peer, "ready");
    close(peer.channel);
    peer.channel = -1;
    peer_assert_exits(&peer, 1);

    peer_start(&peer, run_poll_for_ever); /* and before hello, too */
    close(peer.channel);
    peer.channel = -1;
    peer_assert_exits(&peer, 1);
}

static int run_until_stop(void)
{
    struct worker worker;
    bool ready = true;
    EXPECT(peer_worker_start(&worker) == 0);
    EXPECT(!worker_stopping());
    EXPECT(worker_send_ready(&worker) == 0);
    EXPECT(worker_poll(&worker, -1, -1, &ready) == 0);
    EXPECT(worker.stop && !ready);
    worker_finish(&worker);
    return worker_stopping() ? 15 : 0;
}

static void test_sigterm_stops(void **state)
{
    struct peer peer;
    (void)state;
    peer_start(&peer, run_until_stop);
    peer_say(&peer, HELLO);
    peer_assert_hears(&peer, "ready");
    assert_int_equal(kill(peer.pid, SIGTERM), 0);
    peer_assert_exits(&peer, 15);
}

static void test_a_stop_message_stops(void **state)
{
    struct peer peer;
    (void)state;
    peer_start(&peer, run_until_stop);
    peer_say(&peer, HELLO);
    peer_assert_hears(&peer, "ready");
    peer_say(&peer, "{\"type\":\"stop\"}");
    peer_assert_exits(&peer, 0);
}

static int run_after_sigterm(void)
{
    struct worker worker;
    EXPECT(peer_worker_start(&worker) == 0);
    EXPECT(raise(SIGTERM) == 0);
    EXPECT(worker_poll(&worker, -1, -1, NULL) == 0 && worker.stop);
    EXPECT(worker_send_ready(&worker) == 0);
    EXPECT(worker_poll(&worker, -1, -1, NULL) == 0);
    EXPECT(worker.config_changed); /* which is what ended the wait */
    worker_finish(&worker);
    return 0;
}

/* Until the child sleeps in a system call, or has ended. */
static void wait_until_asleep(pid_t pid)
{
    char path[64], state = 'R';
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    while (state != 'S' && state != 'Z') {
        FILE *file = fopen(path, "re");
        assert_non_null(file);
        assert_int_equal(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
        fclose(file);
        (void)sched_yield();
    }
}

static void test_sigterm_ends_one_wait_and_no_more(void **state)
{
    struct peer peer;
    (void)state;
    peer_start(&peer, run_after_sigterm);
    peer_say(&peer, HELLO);
    peer_assert_hears(&peer, "ready");
    wait_until_asleep(peer.pid);
    peer_say(&peer, "{\"type\":\"config\",\"config\":{}}");
    peer_assert_exits(&peer, 0);
}

/* The signal comes after the flag was looked at and before the wait: were it not seen, this would not end. */
static int run_signal_before_wait(void)
{
    struct worker worker;
    EXPECT(peer_worker_start(&worker) == 0);
    EXPECT(!worker_stopping());
    EXPECT(raise(SIGTERM) == 0);
    EXPECT(worker_poll(&worker, -1, -1, NULL) == 0);
    EXPECT(worker.stop && worker_stopping());
    worker_finish(&worker);
    return 0;
}

static void test_sigterm_just_before_the_wait_is_not_missed(void **state)
{
    struct peer peer;
    (void)state;
    peer_start(&peer, run_signal_before_wait);
    peer_say(&peer, HELLO);
    peer_assert_exits(&peer, 0);
}

static int run_signal_before_hello(void)
{
    struct worker worker;
    EXPECT(peer_worker_start(&worker) == -EINTR);
    return 0;
}

/* Again and again, since a signal before the handler is set ends the process, which is as good. */
static void test_sigterm_before_hello_ends_the_start(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct peer peer;
        peer_start(&peer, run_signal_before_hello);
        assert_int_equal(kill(peer.pid, SIGTERM), 0);

        const int status = peer_wait(&peer);

        assert_true((WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) ||
                    (WIFEXITED(status) && WEXITSTATUS(status) == 0));
        peer_close(&peer);
    }
}

/* camd dies by SIGKILL while the worker doesn't look at its channel. The worker's pid comes by a pipe. */
static int run_deaf(void)
{
    struct worker worker;
    EXPECT(peer_worker_start(&worker) == 0);
    EXPECT(worker_send_ready(&worker) == 0);
    for (;;)
        (void)pause();
}

static void test_a_deaf_worker_dies_with_camd(void **state)
{
    int tells[2];
    char byte;
    (void)state;
    assert_int_equal(pipe2(tells, O_CLOEXEC), 0);

    const pid_t camd = fork();

    if (camd == 0) {
        struct peer peer;

        /* The worker holds the write end: its end of file says that it is dead. */
        const int kept = fcntl(tells[1], F_DUPFD, 300);

        close(tells[0]);
        close(tells[1]);
        peer_start(&peer, run_deaf);
        close(kept);
        peer_say(&peer, HELLO);
        peer_assert_hears(&peer, "ready");
        (void)raise(SIGKILL);
    }
    assert_true(camd > 0);
    close(tells[1]);
    assert_int_equal(waitpid(camd, NULL, 0), camd);
    assert_int_equal(read(tells[0], &byte, 1), 0);
    close(tells[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_a_wrong_hello_is_refused),
        cmocka_unit_test(test_started_by_hand),
        cmocka_unit_test(test_the_end_of_the_channel_ends_the_process),
        cmocka_unit_test(test_sigterm_stops),
        cmocka_unit_test(test_a_stop_message_stops),
        cmocka_unit_test(test_sigterm_ends_one_wait_and_no_more),
        cmocka_unit_test(test_sigterm_just_before_the_wait_is_not_missed),
        cmocka_unit_test(test_sigterm_before_hello_ends_the_start),
        cmocka_unit_test(test_a_deaf_worker_dies_with_camd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * That the worker that misbehaves does what its items say, and behaves otherwise: a test with it that passes
 * is to mean something. This plays camd for one process at a time; the segments are those of shm_store.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"
#include "camd/worker.h"
#include "daemon/segments/shm_blocks.h"
#include "daemon/segments/shm_store.h"
#include "misbehave.h"
#include "shm_fixture.h"

enum { SIZE = 64, WAIT_MS = 20000, WHOLE_TEST_S = 120 };

static const char *program;
static char prefix[SHM_PREFIX_MAX + 1];

struct camera {
    struct shm_store *store;
    int frame_event, space_event;
};

struct process {
    pid_t pid;
    int channel;
};

static struct camera test_camera;

static int set_up(void **state)
{
    struct shm_plan plan = {.prefix = prefix,
                            .camera = "front",
                            .width = SIZE,
                            .height = SIZE,
                            .slots = CAMD_SLOTS_MIN,
                            .generation = 1,
                            .first_frame_id = 1,
                            .group = (gid_t)-1};
    (void)state;
    fixture_prefix(prefix);
    if (shm_store_new(&test_camera.store, &plan) < 0)
        return -1;
    while (shm_store_step(test_camera.store) == 0)
        ;
    test_camera.frame_event = sys_eventfd(0, EFD_NONBLOCK);
    test_camera.space_event = sys_eventfd(0, EFD_NONBLOCK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    shm_store_free(test_camera.store);
    sys_close(&test_camera.frame_event);
    sys_close(&test_camera.space_event);
    fixture_remove_all(prefix);
    return 0;
}

static void send_message(struct process *process, json_t *message, const int *fds, size_t fd_count)
{
    char *text = json_dumps(message, JSON_COMPACT);
    assert_non_null(text);
    /* one that ended already takes no messages */
    (void)camd_channel_send(process->channel, text, strlen(text), fds, fd_count, 0);
    free(text);
    json_decref(message);
}

static size_t open_segments(enum shm_side side, int *fds, char names[][SHM_PART_BYTES])
{
    int count = shm_store_open(test_camera.store, side, fds, names);
    assert_true(count > 0);
    return (size_t)count;
}

static void close_segments(int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
}

static void send_frames(struct process *process, bool tracker)
{
    int fds[CAMD_MESSAGE_FDS];
    char names[CAMD_MESSAGE_FDS][SHM_PART_BYTES];
    size_t opened = open_segments(tracker ? SHM_SIDE_TRACKER : SHM_SIDE_CAPTURE, fds, names), count = opened;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(names[i]));
    json_array_append_new(list, json_string("frame_event"));
    json_array_append_new(list, json_string("space_event"));
    fds[count++] = test_camera.frame_event;
    fds[count++] = test_camera.space_event;
    send_message(process, json_pack("{s:s, s:i, s:o}", "type", "frames", "first_frame_id", 1, "fds", list),
                 fds, count);
    close_segments(fds, opened);
}

static struct process start(bool tracker, const char *items)
{
    char *argv[] = {(char *)(uintptr_t)program, NULL}, *environment[] = {NULL};
    char input[256];
    int pair[2];
    assert_int_equal(sys_socketpair(SOCK_SEQPACKET, pair), 0);
    const int fds[] = {-1, -1, -1, pair[1]};
    struct sys_spawn spawn = {
        .path = program, .argv = argv, .environment = environment, .fds = fds, .fd_count = 4};
    struct process process = {.pid = sys_spawn(&spawn), .channel = pair[0]};

    assert_true(process.pid > 0);
    close(pair[1]);
    snprintf(input, sizeof(input), "misbehave://%s", items);
    send_message(&process,
                 json_pack("{s:s, s:[ii], s:s, s:s, s:{s:s, s:i, s:i}}", "type", "hello", "abi",
                           CAMD_ABI_MAJOR, CAMD_ABI_MINOR, "camera", "front", "worker",
                           tracker ? "tracker" : "capture", "config", "input", input, "width", SIZE, "height",
                           SIZE),
                 NULL, 0);
    send_frames(&process, tracker);
    return process;
}

/* The type of the next message, "" for one without, NULL at the end; the caller's to free. */
static char *receive_type(struct process *process)
{
    static char text[2 * CAMD_MESSAGE_BYTES];
    struct pollfd ready = {.fd = process->channel, .events = POLLIN};
    int fds[CAMD_MESSAGE_FDS];
    size_t fd_count = 0;
    assert_int_equal(poll(&ready, 1, WAIT_MS), 1);
    ssize_t length =
        camd_channel_receive(process->channel, text, sizeof(text), fds, CAMD_MESSAGE_FDS, &fd_count, 0);

    while (fd_count > 0)
        close(fds[--fd_count]);
    if (length == 0 || length == -ECONNRESET)
        return NULL;
    json_t *message = length > 0 ? json_loadb(text, (size_t)length, 0, NULL) : NULL;
    const char *type = json_string_value(json_object_get(message, "type"));
    char *copy = strdup(type ? type : "");

    json_decref(message);
    return copy;
}

/* True when a message of the type came, false at the end of the channel; others are passed over. */
static bool expect(struct process *process, const char *type)
{
    for (;;) {
        char *found = receive_type(process);
        bool is_it = found && strcmp(found, type) == 0, is_end = !found;
        free(found);
        if (is_it || is_end)
            return is_it;
    }
}

/* Reads on as camd would, since it may wait for room in the channel. Bounded by the alarm of the whole test.
 */
static int wait_end(struct process *process)
{
    int status = 0;
    if (process->channel >= 0)
        assert_false(expect(process, "no such type"));
    assert_int_equal(waitpid(process->pid, &status, 0), process->pid);
    sys_close(&process->channel);
    return status;
}

static int kill_and_wait(struct process *process, int number)
{
    kill(process->pid, number);
    return wait_end(process);
}

static uint64_t capture_frames(void)
{
    struct camd_capture_block block;
    return shm_blocks_capture(test_camera.store, &block) == 0 ? block.frames : 0;
}

static uint64_t tracker_frames(void)
{
    struct camd_tracker_block block;
    return shm_blocks_tracker(test_camera.store, &block) == 0 ? block.frames : 0;
}

/* Polls, within WAIT_MS. */
static void wait_for(bool (*condition)(uint64_t value), uint64_t value)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    for (int i = 0; i < WAIT_MS && !condition(value); i++)
        nanosleep(&pause, NULL);
    assert_true(condition(value));
}

static bool captured(uint64_t frames)
{
    return capture_frames() >= frames;
}

static bool tracked(uint64_t frames)
{
    return tracker_frames() >= frames;
}

static bool truncated(uint64_t unused)
{
    (void)unused;
    return capture_frames() == 0 && !shm_store_intact(test_camera.store, NULL);
}

/* ---- tests ---- */

static void test_well(void **state)
{
    struct process tracker = start(true, "well"), capture = start(false, "well,fps=100");
    (void)state;
    assert_true(expect(&tracker, "ready"));
    assert_true(expect(&capture, "ready"));
    wait_for(tracked, 5);
    send_message(&capture, json_pack("{s:s}", "type", "stop"), NULL, 0);
    assert_int_equal(wait_end(&capture), 0);
    assert_int_equal(kill_and_wait(&tracker, SIGTERM), 0);
    assert_true(captured(5));
    assert_true(shm_store_intact(test_camera.store, NULL));
}

static void test_picture_tells_its_id(void **state)
{
    struct process capture = start(false, "fps=100,after-7.exit=0");
    int fds[CAMD_MESSAGE_FDS];
    char names[CAMD_MESSAGE_FDS][SHM_PART_BYTES];
    uint8_t picture[SIZE * SIZE * 3 / 2];
    struct camd_capture_block block;
    struct camd_slot slot;
    (void)state;
    assert_int_equal(wait_end(&capture), 0);
    size_t count = open_segments(SHM_SIDE_TRACKER, fds, names);
    assert_int_equal(shm_blocks_capture(test_camera.store, &block), 0);
    assert_in_range(block.newest, 1, CAMD_SLOTS_MIN);
    assert_string_equal(names[1], "ctl");
    assert_int_equal(pread(fds[1], &slot, sizeof(slot),
                           CAMD_BLOCK_CAPTURE + (off_t)offsetof(struct camd_capture_block, slots) +
                               (off_t)((block.newest - 1) * sizeof(slot))),
                     sizeof(slot));
    assert_int_equal(slot.frame_id, 7);
    int frame = fds[count - CAMD_SLOTS_MIN + block.newest - 1];

    assert_int_equal(pread(frame, picture, sizeof(picture), 0), sizeof(picture));
    for (size_t i = 0; i < sizeof(picture); i++)
        assert_int_equal(picture[i], i < SIZE * SIZE ? 16 + 7 : 128);
    close_segments(fds, count);
}

static void test_ends_at_each_moment(void **state)
{
    static const struct {
        const char *items;
        int exit_status, signal;
    } ends[] = {
        {"start.exit=1", 1, 0},
        {"hello.exit=2", 2, 0},
        {"frames.exit=3", 3, 0},
        {"exit=4", 4, 0},
        {"ready.exit=5", 5, 0},
        {"fail=auth", 1, 0},
        {"signal=9", 0, SIGKILL},
        {"start.signal=6", 0, SIGABRT},
        {"signal", 0, SIGSEGV},
        {"ended", 0, 0},
        {"nonsense", MISBEHAVE_USAGE, 0},
        {"well,nonsense=1", MISBEHAVE_USAGE, 0},
        {"later.exit=1", MISBEHAVE_USAGE, 0},
        {"after-x.exit=1", MISBEHAVE_USAGE, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        for (int tracker = 0; tracker < 2; tracker++) {
            struct process process = start(tracker, ends[i].items);
            int status = wait_end(&process);
            assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0, ends[i].signal);
            assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : 0, ends[i].exit_status);
        }
    }
}

static void test_ends_after_frames_and_when_stopped(void **state)
{
    struct process capture = start(false, "fps=100,tracker.exit=9,capture.after-3.exit=7");
    (void)state;
    assert_int_equal(WEXITSTATUS(wait_end(&capture)), 7);
    assert_int_equal(capture_frames(), 3);

    capture = start(false, "stop.exit=8");
    assert_true(expect(&capture, "ready"));
    assert_int_equal(WEXITSTATUS(kill_and_wait(&capture, SIGTERM)), 8);
}

static void test_failure_is_told_first(void **state)
{
    struct process capture = start(false, "fail=network"), ended;
    (void)state;
    assert_true(expect(&capture, "error"));
    wait_end(&capture);
    ended = start(false, "ended");
    assert_true(expect(&ended, "ended"));
    wait_end(&ended);
}

static void test_ignores_what_should_stop_it(void **state)
{
    struct process capture = start(false, "fps=100,ignore-term");
    int status;
    (void)state;
    assert_true(expect(&capture, "ready"));
    send_message(&capture, json_pack("{s:s}", "type", "stop"), NULL, 0);
    kill(capture.pid, SIGTERM);
    wait_for(captured, capture_frames() + 5);
    assert_int_equal(waitpid(capture.pid, &status, WNOHANG), 0);
    assert_int_equal(WTERMSIG(kill_and_wait(&capture, SIGKILL)), SIGKILL);
}

static void test_hangs(void **state)
{
    struct process tracker = start(true, "hang");
    int status;
    (void)state;
    assert_int_equal(waitpid(tracker.pid, &status, WUNTRACED), tracker.pid);
    assert_true(WIFSTOPPED(status));
    kill_and_wait(&tracker, SIGKILL);
}

static void test_closes_its_channel_and_goes_on(void **state)
{
    struct process capture = start(false, "fps=100,close-channel");
    (void)state;
    assert_false(expect(&capture, "nothing"));
    wait_for(captured, 5);
    assert_int_equal(kill_and_wait(&capture, SIGTERM), 0);
}

static void test_stalls(void **state)
{
    struct process capture = start(false, "fps=100,after-2.stall,after-2.flood-ready=1");
    (void)state;
    for (int i = 0; i < 20; i++) /* the first, and then one a turn */
        assert_true(expect(&capture, "ready"));
    assert_int_equal(capture_frames(), 2);
    assert_int_equal(kill_and_wait(&capture, SIGTERM), 0);
}

static void test_is_never_ready(void **state)
{
    struct process capture = start(false, "never-ready,frames.unknown");
    (void)state;
    assert_true(expect(&capture, "shutdown")); /* one of the unknown ones */
    kill(capture.pid, SIGTERM);
    assert_false(expect(&capture, "ready"));
    assert_int_equal(wait_end(&capture), 0);
    assert_int_equal(capture_frames(), 0);
}

static void test_truncates(void **state)
{
    struct process capture = start(false, "truncate");
    (void)state;
    assert_true(expect(&capture, "ready"));
    wait_for(truncated, 0);
    assert_int_equal(kill_and_wait(&capture, SIGTERM), 0);
}

static void test_ends_with_camd(void **state)
{
    struct process process = start(true, "ignore-term");
    (void)state;
    assert_true(expect(&process, "ready"));
    sys_close(&process.channel);
    assert_int_equal(wait_end(&process), 0);
}

/* Whatever it does, it does not crash of it: it ends when told to. */
static void test_survives_its_own_behaviour(void **state)
{
    static const char *const items[] = {
        "scribble",       "lease=99999",
        "garbage",        "wrong-types",
        "unknown",        "long",
        "descriptors=10", "flood-events=9",
        "flood-ready=9",  "flood-garbage=9",
        "flood-lines",    "flood-bytes",
        "flood-controls", "secrets",
        "close-log",      "leak=1",
        "resize=2x2",     "size=0x0",
        "stall",          "tracker.exit=1",
        "capture.exit=1", "",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
        for (int tracker = 0; tracker < 2; tracker++) {
            struct process process = start(tracker, items[i]);
            (void)expect(&process, "ready");
            int status = kill_and_wait(&process, SIGTERM);

            if (!WIFEXITED(status))
                fail_msg("%s %s: signal %d", tracker ? "tracker" : "capture", items[i], WTERMSIG(status));
        }
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_well),
        TEST(test_picture_tells_its_id),
        TEST(test_ends_at_each_moment),
        TEST(test_ends_after_frames_and_when_stopped),
        TEST(test_failure_is_told_first),
        TEST(test_ignores_what_should_stop_it),
        TEST(test_hangs),
        TEST(test_closes_its_channel_and_goes_on),
        TEST(test_stalls),
        TEST(test_is_never_ready),
        TEST(test_truncates),
        TEST(test_ends_with_camd),
        TEST(test_survives_its_own_behaviour),
    };

    if (argc != 2) {
        fprintf(stderr, "usage: %s PROGRAM\n", argv[0]);
        return 2;
    }
    program = argv[1];
    alarm(WHOLE_TEST_S);
    return cmocka_run_group_tests_name("misbehave", tests, NULL, NULL);
}

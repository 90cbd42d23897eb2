/*
 * The whole daemon, with the n-th call of the seam failing, for every n: while it starts, and while it runs cameras
 * with trivial workers. Whatever fails, it either says so and leaves nothing behind, or goes on and can be stopped;
 * descriptors, names and processes are counted before and after.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/pidfile.h"
#include "base/sys.h"
#include "base/text.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/fleet.h"
#include "daemon/daemon_private.h"
#include "daemon/segments/shm_instance.h"

enum { CALLS_MAX = 2000 };

static char directory[] = "/tmp/camd-faults.XXXXXX";
static char prefix[40];
static char *config_path;

static size_t count_entries(const char *path, const char *beginning)
{
    size_t count = 0;
    DIR *open_directory = opendir(path);
    assert_non_null(open_directory);
    for (struct dirent *entry = readdir(open_directory); entry; entry = readdir(open_directory))
        count += strncmp(entry->d_name, beginning, strlen(beginning)) == 0;
    closedir(open_directory);
    return count;
}

static size_t descriptors(void)
{
    return count_entries("/proc/self/fd", "");
}

/* The lock stays, by design. */
static size_t segments(void)
{
    char lock[64];
    snprintf(lock, sizeof(lock), "/dev/shm/%slock", prefix);
    return count_entries("/dev/shm", prefix) - (access(lock, F_OK) == 0);
}

static struct config *load(void)
{
    static struct config_problems problems;
    struct config *config;
    assert_int_equal(config_load(config_path, &config, &problems), 0);
    return config;
}

/* A worker of others that knows no contract: it runs until it is told to stop. */
static void write_files(void)
{
    char *worker = text_format("%s/worker", directory);
    FILE *file = fopen(worker, "w");
    assert_non_null(file);
    fputs("#!/bin/sh\nexec sleep 1000\n", file);
    fclose(file);
    assert_int_equal(chmod(worker, 0755), 0);

    char *labels = text_format("%s/labels", directory);
    file = fopen(labels, "w");
    assert_non_null(file);
    fputs("person\n", file);
    fclose(file);

    config_path = text_format("%s/camd.ini", directory);
    file = fopen(config_path, "w");
    assert_non_null(file);
    fprintf(
        file,
        "[camd]\nrun_dir = %s/run\nstate_dir = %s/state\ncameras_dir = %s/cameras.d\nshm_prefix = %s\nslots_max = 4\n"
        "[detector d]\nbackend = %s\nlabels = %s\ninput_width = 32\ninput_height = 32\n"
        "[defaults]\ncapture = %s\ntracker = %s\nstop_timeout = 1\n"
        "[camera sized]\ninput = lavfi:testsrc\nwidth = 64\nheight = 48\ndetector = d\npace = no\non_event = /bin/true\n"
        "[camera unsized]\ninput = lavfi:testsrc\n",
        directory, directory, directory, prefix, worker, labels, worker, worker);
    fclose(file);
    free(labels);
    free(worker);
}

static int setup(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(prefix, sizeof(prefix), "camd-faults-%d.", (int)getpid());
    write_files();
    log_set_level(LOG_ERROR);
    assert_int_equal(log_open("/dev/null", LOG_STYLE_TIMED, LOG_ERROR), 0);
    return 0;
}

static int teardown(void **state)
{
    char *command = text_format("rm -rf %s /dev/shm/%slock", directory, prefix);
    (void)state;
    int result = system(command);
    free(command);
    free(config_path);
    log_close();
    return result;
}

static void test_start_with_every_call_failing_leaves_nothing(void **state)
{
    static const int errors[] = {EMFILE, ENOSPC, EACCES};
    (void)state;
    for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
        unsigned int started = 0;
        for (unsigned int n = 1; n < CALLS_MAX; n++) {
            struct config *config = load();
            struct daemon *daemon = NULL;
            size_t before = descriptors();
            sys_fault_at(n, errors[e]);
            int result = daemon_new(&daemon, config, config_path);
            bool happened = sys_fault_happened();
            sys_fault_at(0, 0);
            if (result == 0) {
                started++;
                daemon_free(daemon);
            }
            assert_int_equal(descriptors(), before);
            assert_int_equal(segments(), 0);
            assert_true(result == 0 || happened);
            if (!happened)
                break;
            assert_true(n < CALLS_MAX - 1);
        }
        assert_true(started > 0); /* at least the last one, without a fault */
    }
}

static void stop_later(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    daemon_stop(timer->data, "the test");
}

static struct ev_loop *loop_of(const struct daemon *daemon)
{
    return daemon_services(daemon)->loop;
}

static struct camera *first_camera(const struct daemon *daemon)
{
    return fleet_first(daemon_fleet(daemon));
}

static bool is_stopping(const struct daemon *daemon)
{
    return fleet_is_stopping(daemon_fleet(daemon));
}

/* Enough turns for both cameras to be created, executed, tried again, and stopped. */
static void run_a_while(struct daemon *daemon)
{
    ev_timer timer;
    ev_timer_init(&timer, stop_later, 0.05, 0.0);
    timer.data = daemon;
    ev_timer_start(loop_of(daemon), &timer);
    camera_command_run(first_camera(daemon), CAMERA_ON_EVENT, "{}");
    assert_int_equal(daemon_run(daemon, NULL), 0);
    ev_timer_stop(loop_of(daemon), &timer);
}

static void test_run_with_every_call_failing_can_be_stopped_and_leaves_nothing(void **state)
{
    (void)state;
    for (unsigned int n = 1; n < CALLS_MAX; n++) {
        struct daemon *daemon = NULL;
        size_t before = descriptors();
        assert_int_equal(daemon_new(&daemon, load(), config_path), 0);
        sys_fault_at(n, EMFILE);
        run_a_while(daemon);
        bool happened = sys_fault_happened();
        sys_fault_at(0, 0);
        daemon_free(daemon);
        assert_int_equal(descriptors(), before);
        /* the call that failed may have been the one that removes a name: the next start makes up for it */
        assert_in_range(segments(), 0, 1);
        assert_in_range(shm_instance_sweep(prefix), 0, 1);
        assert_int_equal(segments(), 0);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child, not even a dead one */
        if (!happened)
            return;
    }
    fail_msg("more calls than expected");
}

/* Cameras of 64x48 with trivial workers, one for each letter. */
static struct daemon *daemon_of(const char *letters, char **path)
{
    struct config_problems problems = {0};
    struct config *config = NULL;
    struct daemon *daemon = NULL;
    *path = text_format("%s/more.ini", directory);
    FILE *file = fopen(*path, "w");
    assert_non_null(file);
    fprintf(file,
            "[camd]\nrun_dir = %s/run\nstate_dir = %s/state\ncameras_dir = none\nshm_prefix = %s\n"
            "[defaults]\ncapture = %s/worker\ntracker = %s/worker\nwidth = 64\nheight = 48\n",
            directory, directory, prefix, directory, directory);
    for (; *letters; letters++)
        fprintf(file, "[camera %c]\ninput = /file\n", *letters);
    fclose(file);
    assert_int_equal(config_load(*path, &config, &problems), 0);
    assert_int_equal(daemon_new(&daemon, config, *path), 0);
    return daemon;
}

static void limit_descriptors(rlim_t count, struct rlimit *before)
{
    assert_int_equal(getrlimit(RLIMIT_NOFILE, before), 0);
    const struct rlimit lower = {.rlim_cur = count, .rlim_max = before->rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &lower), 0);
}

/* Found in review: each that failed half-way gave up what it had, which woke the others, without an end. */
static void test_cameras_that_lack_descriptors_wait_for_their_back_off(void **state)
{
    enum { FIRST_DELAY_MS = 450, AT_ONCE = 2, SPARE_DESCRIPTORS = 20 };
    struct rlimit limit;
    uint32_t failures = 0;
    char *path;
    struct daemon *daemon = daemon_of("abc", &path);
    (void)state;
    limit_descriptors(descriptors() + SPARE_DESCRIPTORS, &limit);
    const int64_t begun_ms = clock_monotonic_ms();
    run_a_while(daemon);
    const int64_t most = AT_ONCE + (clock_monotonic_ms() - begun_ms) / FIRST_DELAY_MS;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);

    for (const struct camera *camera = first_camera(daemon); camera; camera = fleet_next(camera)) {
        const struct automaton *capture = &camera->workers[WORKER_CAPTURE].automaton;
        assert_in_range(capture->failures, 0, most);
        failures += capture->failures;
    }
    assert_true(failures > 0);
    daemon_free(daemon);
    free(path);
}

/* Another size, once the segments are there, and no descriptor for new ones; then it ends when the tracker has. */
struct resizing {
    struct daemon *daemon;
    struct rlimit limit;
    bool has_begun, is_over;
    int64_t deadline_ms;
};

static void resize(struct resizing *resizing)
{
    enum { STANDARD_DESCRIPTORS = 3 };
    struct camera *camera = first_camera(resizing->daemon);
    struct config_camera config;
    assert_int_equal(config_camera_copy(&config, &camera->config), 0);
    config.width = 128;
    limit_descriptors(STANDARD_DESCRIPTORS, &resizing->limit);
    assert_true(camera_configure(camera, &config) & CONFIG_APPLY_SEGMENTS);
    resizing->has_begun = true;
}

static void look(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct resizing *resizing = timer->data;
    const struct camera *camera = first_camera(resizing->daemon);
    const struct automaton *tracker = &camera->workers[WORKER_TRACKER].automaton;
    (void)loop;
    (void)events;
    if (is_stopping(resizing->daemon))
        return;
    if (!resizing->has_begun && camera->store_ready && automaton_has_process(tracker->state))
        resize(resizing);
    resizing->is_over = resizing->has_begun && !camera->store && !automaton_has_process(tracker->state);
    if (resizing->is_over || clock_monotonic_ms() > resizing->deadline_ms)
        daemon_stop(resizing->daemon, "the test");
}

/* Found in review: what it had mapped was never freed, so that a camera that had no room for another size never got it. */
static void test_a_tracker_does_not_keep_segments_that_are_to_make_room(void **state)
{
    enum { PATIENCE_MS = 20000 };
    char *path;
    struct resizing resizing = {.daemon = daemon_of("a", &path)};
    ev_timer timer;
    (void)state;
    resizing.deadline_ms = clock_monotonic_ms() + PATIENCE_MS;
    ev_timer_init(&timer, look, 0.01, 0.01);
    timer.data = &resizing;
    ev_timer_start(loop_of(resizing.daemon), &timer);
    assert_int_equal(daemon_run(resizing.daemon, NULL), 0);
    ev_timer_stop(loop_of(resizing.daemon), &timer);
    assert_true(resizing.has_begun);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &resizing.limit), 0);
    assert_true(resizing.is_over);
    daemon_free(resizing.daemon);
    free(path);
}

static char *names[3]; /* the socket, the pid file, the prefix's lock */

static void remove_names(void)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(unlink(names[i]), 0);
}

static void turn(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)timer;
    (void)events;
}

static void run_until_there(struct daemon *daemon, const char *path)
{
    enum { PATIENCE_MS = 20000 };
    const int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    ev_timer timer;
    ev_timer_init(&timer, turn, 0.01, 0.01);
    ev_timer_start(loop_of(daemon), &timer);
    while (access(path, F_OK) < 0 && clock_monotonic_ms() < until_ms)
        ev_run(loop_of(daemon), EVRUN_ONCE);
    ev_timer_stop(loop_of(daemon), &timer);
    assert_int_equal(access(path, F_OK), 0);
}

/* What was removed between the look at whether it is there and the watch over it was never missed. */
static void test_names_that_are_removed_before_they_are_watched_are_made_again(void **state)
{
    struct pidfile *pidfile = NULL;
    char *path;
    struct daemon *daemon = daemon_of("", &path);
    (void)state;
    names[0] = text_format("%s/run/camd.sock", directory);
    names[1] = text_format("%s/run/camd.pid", directory);
    names[2] = text_format("/dev/shm/%slock", prefix);
    assert_int_equal(pidfile_new(&pidfile, names[1]), 0);
    daemon->pidfile = pidfile;
    sys_close(&daemon->state_lock_fd); /* so that the last call of all is one about state_dir */
    sys_fault_at(2, EEXIST);           /* the directories are there */
    sys_fault_tell(remove_names);
    daemon_restore_names(daemon);
    sys_fault_tell(NULL);
    assert_true(sys_fault_happened());
    sys_fault_at(0, 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        run_until_there(daemon, names[i]);
        free(names[i]);
    }
    daemon_free(daemon);
    pidfile_free(pidfile);
    free(path);
}

static void lie(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct daemon *daemon = timer->data;
    const struct camd_capture_block block = {.next_frame_id = INT64_MAX - 1, .frames = UINT64_MAX};
    char path[96];
    (void)loop;
    (void)events;
    if (is_stopping(daemon) || !first_camera(daemon)->store_ready)
        return;
    snprintf(path, sizeof(path), "/dev/shm/%sa.ctl", prefix);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, &block, sizeof(block), CAMD_BLOCK_CAPTURE), sizeof(block));
    close(fd);
    daemon_stop(daemon, "the test");
}

/* Found in review: the next capture went on from there, and its frames had no number that JSON can hold. */
static void test_a_capture_that_lies_about_its_frames_spoils_no_later_one(void **state)
{
    char *path;
    struct daemon *daemon = daemon_of("a", &path);
    ev_timer timer;
    (void)state;
    ev_timer_init(&timer, lie, 0.01, 0.01);
    timer.data = daemon;
    ev_timer_start(loop_of(daemon), &timer);
    assert_int_equal(daemon_run(daemon, NULL), 0);
    ev_timer_stop(loop_of(daemon), &timer);
    assert_int_equal(first_camera(daemon)->next_frame_id, 0);
    assert_int_equal(first_camera(daemon)->earlier_frames, 0);
    daemon_free(daemon);
    free(path);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start_with_every_call_failing_leaves_nothing),
        cmocka_unit_test(test_run_with_every_call_failing_can_be_stopped_and_leaves_nothing),
        cmocka_unit_test(test_cameras_that_lack_descriptors_wait_for_their_back_off),
        cmocka_unit_test(test_a_tracker_does_not_keep_segments_that_are_to_make_room),
        cmocka_unit_test(test_names_that_are_removed_before_they_are_watched_are_made_again),
        cmocka_unit_test(test_a_capture_that_lies_about_its_frames_spoils_no_later_one),
    };
    if (argc != 2) {
        fprintf(stderr, "usage: %s CAMD-EXEC\n", argv[0]);
        return 2;
    }
    setenv("CAMD_LIBEXECDIR", dirname(argv[1]), 1);
    return cmocka_run_group_tests(tests, setup, teardown);
}

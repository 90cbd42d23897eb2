/*
 * test_grids_disk.c - what the disk may do to grids, and a daemon that goes on all the same; run with the paths of
 * camd-exec and camd-grid
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/sys.h"
#include "daemon/host/file_watch.h"
#include "grids_bench.h"

/* ---- a database that is no use ---- */

static void write_database(const struct grids_bench *bench, const void *bytes, size_t size)
{
    const int fd = open(bench->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
}

static void expect_set_aside(struct grids_bench *bench)
{
    grids_bench_reopen(bench);
    assert_true(grids_bench_has_file(bench, ".damaged"));
    assert_false(grids_bench_has_file(bench, ""));
    assert_null(grids_problem(bench->grids));
    assert_int_equal(bench->loaded, 0);
    grids_bench_sample(bench, "front", 2);
    grids_bench_run_until_stored(bench, "front");
    grids_bench_reopen(bench);
    assert_int_equal(grids_bench_samples(bench, "front"), 2);
}

static void test_noise_is_set_aside(void **state)
{
    struct grids_bench *bench = *state;
    static char noise[70000];
    grids_bench_run_until_ready(bench);
    memset(noise, 0x5a, sizeof(noise));
    write_database(bench, noise, sizeof(noise));
    expect_set_aside(bench);
}

static void fill_database(struct grids_bench *bench, int cameras)
{
    char name[16];
    grids_bench_run_until_ready(bench);
    for (int i = 0; i < cameras; i++) {
        snprintf(name, sizeof(name), "camera-%d", i);
        grids_bench_sample(bench, name, 1);
    }
    grids_bench_run_until_stored(bench, name);
}

/* LMDB reads behind the end of the file, and the helper dies of it: not the daemon. */
static void test_a_truncated_database_is_set_aside(void **state)
{
    struct grids_bench *bench = *state;
    fill_database(bench, 60);
    assert_int_equal(truncate(bench->path, 8192), 0);
    expect_set_aside(bench);
}

/* Whatever is wrong with it: what is read is right or is not read, and the daemon goes on. */
static void test_a_database_with_a_hole_anywhere_is_survived(void **state)
{
    enum { CAMERAS = 60, HOLE = 512 };
    struct grids_bench *bench = *state;
    static char whole[1 << 20], holed[1 << 20];
    fill_database(bench, CAMERAS);
    const int fd = open(bench->path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    const ssize_t size = read(fd, whole, sizeof(whole));
    close(fd);
    assert_in_range(size, 16384, (ssize_t)sizeof(whole) - 1);
    for (ssize_t at = 0; at < size; at += size / 24) {
        memcpy(holed, whole, (size_t)size);
        memset(holed + at, 0xff, at + HOLE <= size ? HOLE : (size_t)(size - at));
        write_database(bench, holed, (size_t)size);
        grids_bench_reopen(bench);
        for (int i = 0; i < CAMERAS; i++) {
            char name[16];
            snprintf(name, sizeof(name), "camera-%d", i);
            assert_in_range(grids_bench_samples(bench, name), 0, 1);
        }
        grids_bench_sample(bench, "camera-0", 1);
        grids_bench_run_until_stored(bench, "camera-0");
        assert_null(grids_problem(bench->grids));
    }
}

/* Damage that is found only when something is written: everything is written again. */
static void test_damage_under_the_running_daemon(void **state)
{
    struct grids_bench *bench = *state;
    static char noise[8192];
    fill_database(bench, 10);
    write_database(bench, noise, sizeof(noise));
    grids_bench_sample(bench, "front", 2);
    while (!grids_bench_has_file(bench, ".damaged") || !grids_is_stored(bench->grids, "front") ||
           !grids_is_stored(bench->grids, "camera-9"))
        ev_run(bench->loop, EVRUN_ONCE);
    grids_bench_reopen(bench);
    assert_int_equal(grids_bench_samples(bench, "front"), 2);
    assert_int_equal(grids_bench_samples(bench, "camera-9"), 1);
}

static void remove_database(const struct grids_bench *bench)
{
    char lock[sizeof(bench->path) + 8];
    snprintf(lock, sizeof(lock), "%s-lock", bench->path);
    assert_int_equal(unlink(bench->path), 0);
    assert_int_equal(unlink(lock), 0);
}

/* Only what changed later was written to the next one. */
static void test_a_database_that_is_removed_is_written_again_with_all(void **state)
{
    struct grids_bench *bench = *state;
    fill_database(bench, 3);
    grids_bench_run_until_ready(bench);
    remove_database(bench);
    grids_bench_sample(bench, "front", 2);
    grids_bench_run_until_stored(bench, "front");
    while (!grids_is_stored(bench->grids, "camera-1"))
        ev_run(bench->loop, EVRUN_ONCE);
    assert_null(grids_problem(bench->grids));
    grids_bench_reopen(bench);
    assert_int_equal(bench->loaded, 4);
    assert_int_equal(grids_bench_samples(bench, "front"), 2);
    assert_int_equal(grids_bench_samples(bench, "camera-1"), 1);
}

static void finish(struct grids_bench *bench)
{
    grids_finish(bench->grids);
    while (grids_busy(bench->grids))
        ev_run(bench->loop, EVRUN_ONCE);
}

static void test_at_the_end_it_is_so_though_nothing_has_changed(void **state)
{
    struct grids_bench *bench = *state;
    fill_database(bench, 3);
    grids_bench_run_until_ready(bench);
    remove_database(bench);
    finish(bench);
    grids_bench_reopen(bench);
    assert_int_equal(bench->loaded, 3);
}

/* As one that a backup was played back to. */
static void test_a_database_that_is_older_than_what_is_known_is_written_again_with_all(void **state)
{
    struct grids_bench *bench = *state;
    char older[sizeof(bench->path) + 8];
    snprintf(older, sizeof(older), "%s.older", bench->path);
    fill_database(bench, 1);
    assert_int_equal(link(bench->path, older), 0);
    remove_database(bench);
    grids_bench_run_until_ready(bench); /* there is none */
    for (unsigned int times = 1; times <= 4; times++) {
        grids_bench_sample(bench, "front", 1);
        grids_bench_run_until_stored(bench, "front");
    }
    assert_int_equal(rename(older, bench->path), 0);
    grids_bench_sample(bench, "back", 1);
    grids_bench_run_until_stored(bench, "back");
    while (!grids_is_stored(bench->grids, "front"))
        ev_run(bench->loop, EVRUN_ONCE);
    grids_bench_reopen(bench);
    assert_int_equal(grids_bench_samples(bench, "front"), 4);
}

static void touched(void *context, void *owner)
{
    (void)context;
    grids_touched(owner);
}

/* Nothing was to be written, so that the problem stayed, and the database was not watched any more. */
static void test_a_look_at_the_database_that_fails_is_taken_again(void **state)
{
    struct grids_bench *bench = *state;
    struct file_watch *files = NULL;
    fill_database(bench, 1);
    grids_bench_use_script(bench,
                           "[ $1 = load ] || [ -e $GATE ] || { : >$GATE; exit 5; }; exec $GRID \"$@\"");
    grids_bench_run_until_ready(bench);
    assert_int_equal(file_watch_new(&files, bench->loop, touched, NULL), 0);
    grids_watch(bench->grids, files);
    assert_int_equal(chmod(bench->path, 0600), 0);
    grids_bench_run_until_problem(bench);
    while (grids_problem(bench->grids))
        ev_run(bench->loop, EVRUN_ONCE);
    grids_bench_reopen(bench);
    assert_int_equal(bench->loaded, 1);
    file_watch_free(files);
}

/* ---- a helper that is killed ---- */

/* It was tried again after a minute only, as after a failure of the disk. */
static void test_a_helper_that_is_killed_is_followed_by_another_one_soon(void **state)
{
    struct grids_bench *bench = *state;
    grids_bench_use_script(
        bench, "[ $1 = load ] || [ -e $GATE ] || { : >$GATE; kill -KILL $$; }; exec $GRID \"$@\"");
    grids_bench_run_until_ready(bench);
    grids_set_times(bench->grids, 0.0, 3600.0, 60.0);
    grids_bench_sample(bench, "front", 2);
    grids_bench_run_until_problem(bench);
    assert_non_null(strstr(grids_problem(bench->grids), "was killed by signal 9"));
    grids_bench_run_until_stored(bench, "front");
    assert_null(grids_problem(bench->grids));
    /* the same at the end */
    assert_int_equal(unlink(bench->gate), 0);
    grids_bench_sample(bench, "front", 1);
    finish(bench);
    grids_bench_reopen(bench);
    assert_int_equal(grids_bench_samples(bench, "front"), 3);
}

/* ---- a disk that fails ---- */

/* With a file in its place, or it would be made again. */
static void take_away(const char *directory, const char *away)
{
    assert_int_equal(rename(directory, away), 0);
    close(open(directory, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static void bring_back(const char *directory, const char *away)
{
    assert_int_equal(unlink(directory), 0);
    assert_int_equal(rename(away, directory), 0);
}

static void test_without_a_directory_grids_are_learnt_all_the_same(void **state)
{
    struct grids_bench *bench = *state;
    char away[80];
    grids_bench_run_until_ready(bench);
    snprintf(away, sizeof(away), "%s.away", bench->directory);
    take_away(bench->directory, away);
    grids_bench_sample(bench, "front", 2);
    grids_bench_run_until_problem(bench);
    assert_non_null(strstr(grids_problem(bench->grids), "Not a directory"));
    assert_int_equal(grids_bench_samples(bench, "front"), 2);
    /* at the end it is tried once more, and then given up */
    bring_back(bench->directory, away);
    grids_bench_run_until_stored(bench, "front");
    assert_null(grids_problem(bench->grids));
    take_away(bench->directory, away);
    grids_bench_sample(bench, "front", 1);
    grids_finish(bench->grids);
    while (grids_busy(bench->grids))
        ev_run(bench->loop, EVRUN_ONCE);
    assert_non_null(grids_problem(bench->grids));
    bring_back(bench->directory, away);
}

static void test_a_disk_that_could_not_be_read_is_tried_again(void **state)
{
    struct grids_bench *bench = *state;
    fill_database(bench, 2);
    grids_bench_use_script(bench, "[ -e $GATE ] || exit 5; exec $GRID \"$@\"");
    grids_bench_run_until_problem(bench);
    assert_int_equal(bench->ready, 0);
    close(open(bench->gate, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    grids_bench_run_until_ready(bench); /* without any change */
    assert_null(grids_problem(bench->grids));
    assert_int_equal(bench->loaded, 2);
    grids_bench_sample(bench, "front", 2);
    grids_bench_run_until_stored(bench, "front");
    grids_bench_reopen(bench);
    assert_int_equal(bench->loaded, 3);
}

static void test_no_helper_no_harm(void **state)
{
    struct grids_bench *bench = *state;
    grids_free(bench->grids);
    grids_bench_open(bench, "/nonexistent/camd-grid");
    grids_bench_run_until_problem(bench);
    grids_bench_sample(bench, "front", 2);
    assert_int_equal(grids_bench_samples(bench, "front"), 2);
}

/* It blamed the database, and said so again with every try. */
static void test_a_helper_that_is_missing_is_named_once(void **state)
{
    struct grids_bench *bench = *state;
    char log[128], text[1024] = "";
    enum { CALLS = 60 }; /* a try makes fewer than twenty */
    snprintf(log, sizeof(log), "%s/gate", bench->directory);
    assert_int_equal(log_open(log, LOG_STYLE_TIMED, LOG_ERROR), 0);
    grids_free(bench->grids);
    grids_bench_open(bench, "/nonexistent/camd-grid");
    grids_set_times(bench->grids, 0.0, 0.01, 60.0);
    grids_bench_run_until_problem(bench);
    assert_string_equal(grids_problem(bench->grids),
                        "cannot execute /nonexistent/camd-grid: No such file or directory");
    sys_fault_at(0, 0);
    while (sys_fault_calls() < CALLS)
        ev_run(bench->loop, EVRUN_ONCE);
    log_close();
    const int fd = open(log, O_RDONLY | O_CLOEXEC);
    assert_true(read(fd, text, sizeof(text) - 1) > 0);
    close(fd);
    char *first = strstr(text, "camd-grid");
    assert_non_null(first);
    assert_null(strstr(first + 1, "camd-grid"));
    assert_null(strstr(text, "cannot read"));
}

/* What could not be read waits for another try, long after the end. */
static void test_the_end_does_not_wait_for_the_next_try(void **state)
{
    struct grids_bench *bench = *state;
    grids_free(bench->grids);
    grids_bench_open(bench, "/nonexistent/camd-grid");
    grids_set_times(bench->grids, 0.0, 3600.0, 60.0);
    grids_bench_run_until_problem(bench);
    grids_finish(bench->grids);
    assert_false(grids_busy(bench->grids));
}

/* The loop turns while the disk does not answer: the helper waits at a gate that only we open. */
static void count_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
    unsigned int *turns = timer->data;
    (void)loop;
    (void)events;
    (*turns)++;
}

static void test_a_slow_disk_does_not_hold_up_the_loop(void **state)
{
    struct grids_bench *bench = *state;
    unsigned int turns = 0;
    ev_timer ticks;
    assert_int_equal(mkfifo(bench->gate, 0600), 0);
    grids_bench_use_script(bench, "[ $1 = load ] || read x <$GATE; exec $GRID \"$@\"");
    grids_bench_run_until_ready(bench);
    grids_bench_sample(bench, "front", 2);
    ev_timer_init(&ticks, count_turn, 0.001, 0.001);
    ticks.data = &turns;
    ev_timer_start(bench->loop, &ticks);
    while (turns < 50) {
        ev_run(bench->loop, EVRUN_ONCE);
        assert_false(grids_is_stored(bench->grids, "front"));
    }
    /* what comes meanwhile is written after it */
    grids_bench_sample(bench, "front", 1);
    int gate = open(bench->gate, O_WRONLY | O_CLOEXEC);
    assert_true(gate >= 0);
    assert_int_equal(write(gate, "x\nx\n", 4), 4);
    close(gate);
    turns = 0;
    while (!grids_is_stored(bench->grids, "front")) {
        ev_run(bench->loop, EVRUN_ONCE);
        /* the second helper's turn at the gate */
        gate = open(bench->gate, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (gate >= 0) {
            assert_int_equal(write(gate, "x\n", 2), 2);
            close(gate);
        }
    }
    ev_timer_stop(bench->loop, &ticks);
    grids_bench_reopen(bench);
    assert_int_equal(grids_bench_samples(bench, "front"), 3);
}

static void test_a_helper_that_hangs_is_killed_and_tried_again(void **state)
{
    struct grids_bench *bench = *state;
    grids_bench_use_script(bench, "[ $1 = load ] || [ -e $GATE ] || exec sleep 1000; exec $GRID \"$@\"");
    grids_bench_run_until_ready(bench);
    grids_set_times(bench->grids, 0.0, 0.0, 0.05);
    grids_bench_sample(bench, "front", 2);
    grids_bench_run_until_problem(bench);
    assert_non_null(strstr(grids_problem(bench->grids), "timed out"));
    grids_set_times(bench->grids, 0.0, 0.0, 60.0);
    close(open(bench->gate, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    grids_bench_run_until_stored(bench, "front");
    assert_null(grids_problem(bench->grids));
    grids_bench_reopen(bench);
    assert_int_equal(grids_bench_samples(bench, "front"), 2);
}

/* It was forgotten, and outlived the daemon. */
static void test_a_helper_that_hangs_ends_with_the_daemon(void **state)
{
    struct grids_bench *bench = *state;
    assert_int_equal(mkfifo(bench->gate, 0600), 0);
    grids_bench_use_script(bench, "read x <$GATE");
    for (int turns = 0; turns < 20; turns++)
        ev_run(bench->loop, EVRUN_NOWAIT);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* it runs */
    grids_free(bench->grids);
    bench->grids = NULL;
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* ---- every call fails once ---- */

static void test_every_call_failing_is_made_up_for(void **state)
{
    enum { CALLS_MAX = 100 };
    struct grids_bench *bench = *state;
    grids_bench_run_until_ready(bench);
    for (unsigned int n = 1; n < CALLS_MAX; n++) {
        grids_free(bench->grids);
        sys_fault_at(n, EMFILE);
        grids_bench_open(bench, NULL);
        grids_bench_sample(bench, "front", 1);
        grids_bench_run_until_stored(bench, "front");
        const bool happened = sys_fault_happened();
        sys_fault_at(0, 0);
        assert_null(grids_problem(bench->grids));
        assert_in_range(grids_bench_samples(bench, "front"), 1, n);
        if (!happened)
            return;
    }
    fail_msg("more calls than expected");
}

static void test_cameras_without_end_are_bounded(void **state)
{
    struct grids_bench *bench = *state;
    const struct grid_sample sample = {0, 0, 0.5};
    char name[16];
    int error = 0;
    grids_bench_run_until_ready(bench);
    grids_set_times(bench->grids, 3600.0, 3600.0, 60.0);
    for (int i = 0; i < 10000 && error == 0; i++) {
        snprintf(name, sizeof(name), "c%d", i);
        error = grids_add(bench->grids, name, &sample);
    }
    assert_int_equal(error, -ENOBUFS);
    assert_int_equal(grids_add(bench->grids, "c0", &sample), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, grids_bench_setup, grids_bench_teardown)
        TEST(test_noise_is_set_aside),
        TEST(test_a_truncated_database_is_set_aside),
        TEST(test_a_database_with_a_hole_anywhere_is_survived),
        TEST(test_damage_under_the_running_daemon),
        TEST(test_a_database_that_is_removed_is_written_again_with_all),
        TEST(test_at_the_end_it_is_so_though_nothing_has_changed),
        TEST(test_a_database_that_is_older_than_what_is_known_is_written_again_with_all),
        TEST(test_a_look_at_the_database_that_fails_is_taken_again),
        TEST(test_a_helper_that_is_killed_is_followed_by_another_one_soon),
        TEST(test_without_a_directory_grids_are_learnt_all_the_same),
        TEST(test_a_disk_that_could_not_be_read_is_tried_again),
        TEST(test_no_helper_no_harm),
        TEST(test_a_helper_that_is_missing_is_named_once),
        TEST(test_the_end_does_not_wait_for_the_next_try),
        TEST(test_a_slow_disk_does_not_hold_up_the_loop),
        TEST(test_a_helper_that_hangs_is_killed_and_tried_again),
        TEST(test_a_helper_that_hangs_ends_with_the_daemon),
        TEST(test_every_call_failing_is_made_up_for),
        TEST(test_cameras_without_end_are_bounded),
#undef TEST
    };
    if (argc != 3)
        return 2;
    grids_bench_exec = argv[1];
    grids_bench_helper = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}

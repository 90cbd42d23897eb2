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
#include "grids_fixture.h"

/* ---- a database that is no use ---- */

static void write_database(const struct grids_fixture *fixture, const void *bytes, size_t size)
{
    const int fd = open(fixture->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
}

static void expect_set_aside(struct grids_fixture *fixture)
{
    grids_fixture_reopen(fixture);
    assert_true(grids_fixture_has_file(fixture, ".damaged"));
    assert_false(grids_fixture_has_file(fixture, ""));
    assert_null(grids_problem(fixture->grids));
    assert_int_equal(fixture->loaded, 0);
    grids_fixture_sample(fixture, "front", 2);
    grids_fixture_run_until_stored(fixture, "front");
    grids_fixture_reopen(fixture);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 2);
}

static void test_noise_is_set_aside(void **state)
{
    struct grids_fixture *fixture = *state;
    static char noise[70000];
    grids_fixture_run_until_ready(fixture);
    memset(noise, 0x5a, sizeof(noise));
    write_database(fixture, noise, sizeof(noise));
    expect_set_aside(fixture);
}

static void fill_database(struct grids_fixture *fixture, int cameras)
{
    char name[16];
    grids_fixture_run_until_ready(fixture);
    for (int i = 0; i < cameras; i++) {
        snprintf(name, sizeof(name), "camera-%d", i);
        grids_fixture_sample(fixture, name, 1);
    }
    grids_fixture_run_until_stored(fixture, name);
}

/* LMDB reads behind the end of the file, and the helper dies of it: not the daemon. */
static void test_a_truncated_database_is_set_aside(void **state)
{
    struct grids_fixture *fixture = *state;
    fill_database(fixture, 60);
    assert_int_equal(truncate(fixture->path, 8192), 0);
    expect_set_aside(fixture);
}

/* Whatever is wrong with it: what is read is right or is not read, and the daemon goes on. */
static void test_a_database_with_a_hole_anywhere_is_survived(void **state)
{
    enum { CAMERAS = 60, HOLE = 512 };
    struct grids_fixture *fixture = *state;
    static char whole[1 << 20], holed[1 << 20];
    char aside[sizeof(fixture->path) + 16];
    snprintf(aside, sizeof(aside), "%s.damaged", fixture->path);
    fill_database(fixture, CAMERAS);
    const int fd = open(fixture->path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    const ssize_t size = read(fd, whole, sizeof(whole));
    close(fd);
    assert_in_range(size, 16384, (ssize_t)sizeof(whole) - 1);
    for (ssize_t at = 0; at < size; at += size / 24) {
        memcpy(holed, whole, (size_t)size);
        memset(holed + at, 0xff, at + HOLE <= size ? HOLE : (size_t)(size - at));
        unlink(aside); /* there is room for few */
        write_database(fixture, holed, (size_t)size);
        grids_fixture_reopen(fixture);
        for (int i = 0; i < CAMERAS; i++) {
            char name[16];
            snprintf(name, sizeof(name), "camera-%d", i);
            assert_in_range(grids_fixture_samples(fixture, name), 0, 1);
        }
        grids_fixture_sample(fixture, "camera-0", 1);
        grids_fixture_run_until_stored(fixture, "camera-0");
        assert_null(grids_problem(fixture->grids));
    }
}

/* Damage that is found only when something is written: everything is written again. */
static void test_damage_under_the_running_daemon(void **state)
{
    struct grids_fixture *fixture = *state;
    static char noise[8192];
    fill_database(fixture, 10);
    write_database(fixture, noise, sizeof(noise));
    grids_fixture_sample(fixture, "front", 2);
    while (!grids_fixture_has_file(fixture, ".damaged") || !grids_is_stored(fixture->grids, "front") ||
           !grids_is_stored(fixture->grids, "camera-9"))
        ev_run(fixture->loop, EVRUN_ONCE);
    grids_fixture_reopen(fixture);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 2);
    assert_int_equal(grids_fixture_samples(fixture, "camera-9"), 1);
}

static void remove_database(const struct grids_fixture *fixture)
{
    char lock[sizeof(fixture->path) + 8];
    snprintf(lock, sizeof(lock), "%s-lock", fixture->path);
    assert_int_equal(unlink(fixture->path), 0);
    assert_int_equal(unlink(lock), 0);
}

/* Only what changed later was written to the next one. */
static void test_a_database_that_is_removed_is_written_again_with_all(void **state)
{
    struct grids_fixture *fixture = *state;
    fill_database(fixture, 3);
    grids_fixture_run_until_ready(fixture);
    remove_database(fixture);
    grids_fixture_sample(fixture, "front", 2);
    grids_fixture_run_until_stored(fixture, "front");
    while (!grids_is_stored(fixture->grids, "camera-1"))
        ev_run(fixture->loop, EVRUN_ONCE);
    assert_null(grids_problem(fixture->grids));
    grids_fixture_reopen(fixture);
    assert_int_equal(fixture->loaded, 4);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 2);
    assert_int_equal(grids_fixture_samples(fixture, "camera-1"), 1);
}

static void finish(struct grids_fixture *fixture)
{
    grids_finish(fixture->grids);
    while (grids_busy(fixture->grids))
        ev_run(fixture->loop, EVRUN_ONCE);
}

static void test_at_the_end_it_is_so_though_nothing_has_changed(void **state)
{
    struct grids_fixture *fixture = *state;
    fill_database(fixture, 3);
    grids_fixture_run_until_ready(fixture);
    remove_database(fixture);
    finish(fixture);
    grids_fixture_reopen(fixture);
    assert_int_equal(fixture->loaded, 3);
}

/* As one that a backup was played back to. */
static void test_a_database_that_is_older_than_what_is_known_is_written_again_with_all(void **state)
{
    struct grids_fixture *fixture = *state;
    char older[sizeof(fixture->path) + 8];
    snprintf(older, sizeof(older), "%s.older", fixture->path);
    fill_database(fixture, 1);
    assert_int_equal(link(fixture->path, older), 0);
    remove_database(fixture);
    grids_fixture_run_until_ready(fixture); /* there is none */
    for (unsigned int times = 1; times <= 4; times++) {
        grids_fixture_sample(fixture, "front", 1);
        grids_fixture_run_until_stored(fixture, "front");
    }
    assert_int_equal(rename(older, fixture->path), 0);
    grids_fixture_sample(fixture, "back", 1);
    grids_fixture_run_until_stored(fixture, "back");
    while (!grids_is_stored(fixture->grids, "front"))
        ev_run(fixture->loop, EVRUN_ONCE);
    grids_fixture_reopen(fixture);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 4);
}

static void touched(void *context, void *owner)
{
    (void)context;
    grids_touched(owner);
}

/* Nothing was to be written, so that the problem stayed, and the database was not watched any more. */
static void test_a_look_at_the_database_that_fails_is_taken_again(void **state)
{
    struct grids_fixture *fixture = *state;
    struct file_watch *files = NULL;
    fill_database(fixture, 1);
    grids_fixture_use_script(fixture,
                             "[ $1 = load ] || [ -e $GATE ] || { : >$GATE; exit 5; }; exec $GRID \"$@\"");
    grids_fixture_run_until_ready(fixture);
    assert_int_equal(file_watch_new(&files, fixture->loop, touched, NULL), 0);
    grids_watch(fixture->grids, files);
    assert_int_equal(chmod(fixture->path, 0600), 0);
    grids_fixture_run_until_problem(fixture);
    while (grids_problem(fixture->grids))
        ev_run(fixture->loop, EVRUN_ONCE);
    grids_fixture_reopen(fixture);
    assert_int_equal(fixture->loaded, 1);
    file_watch_free(files);
}

/* ---- a helper that is killed ---- */

/* It was tried again after a minute only, as after a failure of the disk. */
static void test_a_helper_that_is_killed_is_followed_by_another_one_soon(void **state)
{
    struct grids_fixture *fixture = *state;
    grids_fixture_use_script(
        fixture, "[ $1 = load ] || [ -e $GATE ] || { : >$GATE; kill -KILL $$; }; exec $GRID \"$@\"");
    grids_fixture_run_until_ready(fixture);
    grids_set_times(fixture->grids, 0.0, 3600.0, 60.0);
    grids_fixture_sample(fixture, "front", 2);
    grids_fixture_run_until_problem(fixture);
    assert_non_null(strstr(grids_problem(fixture->grids), "was killed by signal 9"));
    grids_fixture_run_until_stored(fixture, "front");
    assert_null(grids_problem(fixture->grids));
    /* the same at the end */
    assert_int_equal(unlink(fixture->gate), 0);
    grids_fixture_sample(fixture, "front", 1);
    finish(fixture);
    grids_fixture_reopen(fixture);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 3);
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
    struct grids_fixture *fixture = *state;
    char away[80];
    grids_fixture_run_until_ready(fixture);
    snprintf(away, sizeof(away), "%s.away", fixture->directory);
    take_away(fixture->directory, away);
    grids_fixture_sample(fixture, "front", 2);
    grids_fixture_run_until_problem(fixture);
    assert_non_null(strstr(grids_problem(fixture->grids), "Not a directory"));
    assert_int_equal(grids_fixture_samples(fixture, "front"), 2);
    /* at the end it is tried once more, and then given up */
    bring_back(fixture->directory, away);
    grids_fixture_run_until_stored(fixture, "front");
    assert_null(grids_problem(fixture->grids));
    take_away(fixture->directory, away);
    grids_fixture_sample(fixture, "front", 1);
    grids_finish(fixture->grids);
    while (grids_busy(fixture->grids))
        ev_run(fixture->loop, EVRUN_ONCE);
    assert_non_null(grids_problem(fixture->grids));
    bring_back(fixture->directory, away);
}

static void test_a_disk_that_could_not_be_read_is_tried_again(void **state)
{
    struct grids_fixture *fixture = *state;
    fill_database(fixture, 2);
    grids_fixture_use_script(fixture, "[ -e $GATE ] || exit 5; exec $GRID \"$@\"");
    grids_fixture_run_until_problem(fixture);
    assert_int_equal(fixture->ready, 0);
    close(open(fixture->gate, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    grids_fixture_run_until_ready(fixture); /* without any change */
    assert_null(grids_problem(fixture->grids));
    assert_int_equal(fixture->loaded, 2);
    grids_fixture_sample(fixture, "front", 2);
    grids_fixture_run_until_stored(fixture, "front");
    grids_fixture_reopen(fixture);
    assert_int_equal(fixture->loaded, 3);
}

static void test_no_helper_no_harm(void **state)
{
    struct grids_fixture *fixture = *state;
    grids_free(fixture->grids);
    grids_fixture_open(fixture, "/nonexistent/camd-grid");
    grids_fixture_run_until_problem(fixture);
    grids_fixture_sample(fixture, "front", 2);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 2);
}

/* It blamed the database, and said so again with every try. */
static void test_a_helper_that_is_missing_is_named_once(void **state)
{
    struct grids_fixture *fixture = *state;
    char log[128], text[1024] = "";
    enum { CALLS = 60 }; /* a try makes fewer than twenty */
    snprintf(log, sizeof(log), "%s/gate", fixture->directory);
    assert_int_equal(log_open(log, LOG_STYLE_TIMED, LOG_ERROR), 0);
    grids_free(fixture->grids);
    grids_fixture_open(fixture, "/nonexistent/camd-grid");
    grids_set_times(fixture->grids, 0.0, 0.01, 60.0);
    grids_fixture_run_until_problem(fixture);
    assert_string_equal(grids_problem(fixture->grids),
                        "cannot execute /nonexistent/camd-grid: No such file or directory");
    sys_fault_at(0, 0);
    while (sys_fault_calls() < CALLS)
        ev_run(fixture->loop, EVRUN_ONCE);
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
    struct grids_fixture *fixture = *state;
    grids_free(fixture->grids);
    grids_fixture_open(fixture, "/nonexistent/camd-grid");
    grids_set_times(fixture->grids, 0.0, 3600.0, 60.0);
    grids_fixture_run_until_problem(fixture);
    grids_finish(fixture->grids);
    assert_false(grids_busy(fixture->grids));
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
    struct grids_fixture *fixture = *state;
    unsigned int turns = 0;
    ev_timer ticks;
    assert_int_equal(mkfifo(fixture->gate, 0600), 0);
    grids_fixture_use_script(fixture, "[ $1 = load ] || read x <$GATE; exec $GRID \"$@\"");
    grids_fixture_run_until_ready(fixture);
    grids_fixture_sample(fixture, "front", 2);
    ev_timer_init(&ticks, count_turn, 0.001, 0.001);
    ticks.data = &turns;
    ev_timer_start(fixture->loop, &ticks);
    while (turns < 50) {
        ev_run(fixture->loop, EVRUN_ONCE);
        assert_false(grids_is_stored(fixture->grids, "front"));
    }
    /* what comes meanwhile is written after it */
    grids_fixture_sample(fixture, "front", 1);
    int gate = open(fixture->gate, O_WRONLY | O_CLOEXEC);
    assert_true(gate >= 0);
    assert_int_equal(write(gate, "x\nx\n", 4), 4);
    close(gate);
    turns = 0;
    while (!grids_is_stored(fixture->grids, "front")) {
        ev_run(fixture->loop, EVRUN_ONCE);
        /* the second helper's turn at the gate, where the first one may still have been when it was opened */
        gate = open(fixture->gate, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (gate >= 0) {
            assert_true(write(gate, "x\n", 2) == 2 || errno == EPIPE);
            close(gate);
        }
    }
    ev_timer_stop(fixture->loop, &ticks);
    grids_fixture_reopen(fixture);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 3);
}

static void test_a_helper_that_hangs_is_killed_and_tried_again(void **state)
{
    struct grids_fixture *fixture = *state;
    grids_fixture_use_script(fixture, "[ $1 = load ] || [ -e $GATE ] || exec sleep 1000; exec $GRID \"$@\"");
    grids_fixture_run_until_ready(fixture);
    grids_set_times(fixture->grids, 0.0, 0.0, 0.05);
    grids_fixture_sample(fixture, "front", 2);
    grids_fixture_run_until_problem(fixture);
    assert_non_null(strstr(grids_problem(fixture->grids), "timed out"));
    grids_set_times(fixture->grids, 0.0, 0.0, 60.0);
    close(open(fixture->gate, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    grids_fixture_run_until_stored(fixture, "front");
    assert_null(grids_problem(fixture->grids));
    grids_fixture_reopen(fixture);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 2);
}

/* It was forgotten, and outlived the daemon. */
static void test_a_helper_that_hangs_ends_with_the_daemon(void **state)
{
    struct grids_fixture *fixture = *state;
    assert_int_equal(mkfifo(fixture->gate, 0600), 0);
    grids_fixture_use_script(fixture, "read x <$GATE");
    for (int turns = 0; turns < 20; turns++)
        ev_run(fixture->loop, EVRUN_NOWAIT);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* it runs */
    grids_free(fixture->grids);
    fixture->grids = NULL;
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* ---- every call fails once ---- */

static void test_every_call_failing_is_made_up_for(void **state)
{
    enum { CALLS_MAX = 100 };
    struct grids_fixture *fixture = *state;
    grids_fixture_run_until_ready(fixture);
    for (unsigned int n = 1; n < CALLS_MAX; n++) {
        grids_free(fixture->grids);
        sys_fault_at(n, EMFILE);
        grids_fixture_open(fixture, NULL);
        grids_fixture_sample(fixture, "front", 1);
        grids_fixture_run_until_stored(fixture, "front");
        const bool happened = sys_fault_happened();
        sys_fault_at(0, 0);
        assert_null(grids_problem(fixture->grids));
        assert_in_range(grids_fixture_samples(fixture, "front"), 1, n);
        if (!happened)
            return;
    }
    fail_msg("more calls than expected");
}

static void test_cameras_without_end_are_bounded(void **state)
{
    struct grids_fixture *fixture = *state;
    const struct grid_sample sample = {0, 0, 0.5};
    char name[16];
    int error = 0;
    grids_fixture_run_until_ready(fixture);
    grids_set_times(fixture->grids, 3600.0, 3600.0, 60.0);
    for (int i = 0; i < 10000 && error == 0; i++) {
        snprintf(name, sizeof(name), "c%d", i);
        error = grids_add(fixture->grids, name, &sample);
    }
    assert_int_equal(error, -ENOBUFS);
    assert_int_equal(grids_add(fixture->grids, "c0", &sample), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, grids_fixture_setup, grids_fixture_teardown)
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
    grids_fixture_exec = argv[1];
    grids_fixture_helper = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}

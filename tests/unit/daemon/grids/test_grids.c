/* test_grids.c - grids that outlive the daemon, and what the disk may do to them; run with the paths of camd-exec and camd-grid */
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
#include "daemon/grids/grid_record.h"
#include "grids_bench.h"

enum { DAY_S = 86400 };
#define NOW_S INT64_C(1790000000)

static void test_a_grid_outlives_the_daemon(void **state)
{
    struct grids_bench *bench = *state;
    struct grid before, after;
    grids_bench_run_until_ready(bench);
    assert_int_equal(bench->loaded, 0);
    assert_true(grids_is_stored(bench->grids, "front"));
    grids_bench_sample(bench, "front", 5);
    assert_false(grids_is_stored(bench->grids, "front"));
    grids_bench_run_until_stored(bench, "front");
    grids_get(bench->grids, "front", &before);
    grids_bench_reopen(bench);
    assert_int_equal(bench->loaded, 1);
    grids_get(bench->grids, "front", &after);
    assert_memory_equal(&before, &after, sizeof(before));
    assert_int_equal(grids_bench_samples(bench, "front"), 5);
    assert_int_equal(grids_bench_samples(bench, "back"), 0);
}

/* Nothing to write: no process, no timer, no wake-up. */
static void test_without_a_change_nothing_happens(void **state)
{
    struct grids_bench *bench = *state;
    grids_bench_sample(bench, "front", 1);
    grids_bench_run_until_stored(bench, "front");
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    /* nothing active is left in the loop: it returns at once, without having waited */
    assert_false(ev_run(bench->loop, 0));
    grids_finish(bench->grids);
    assert_false(grids_busy(bench->grids));
}

static void test_changes_are_written_together(void **state)
{
    struct grids_bench *bench = *state;
    grids_bench_use_script(bench, "echo x >>$GATE; exec $GRID \"$@\"");
    grids_bench_run_until_ready(bench);
    grids_set_times(bench->grids, 0.05, 60.0, 60.0);
    for (int i = 0; i < 100; i++) {
        grids_bench_sample(bench, i % 2 ? "front" : "back", 1);
        ev_run(bench->loop, EVRUN_NOWAIT);
    }
    grids_bench_run_until_stored(bench, "front");
    grids_bench_run_until_stored(bench, "back");
    struct stat status;
    assert_int_equal(stat(bench->gate, &status), 0);
    assert_in_range(status.st_size / 2, 2, 3); /* a load and a store, two when this machine was slow */
    grids_bench_reopen(bench);
    assert_int_equal(grids_bench_samples(bench, "front"), 50);
    assert_int_equal(grids_bench_samples(bench, "back"), 50);
}

static void test_the_end_writes_the_rest_at_once(void **state)
{
    struct grids_bench *bench = *state;
    grids_bench_run_until_ready(bench);
    grids_set_times(bench->grids, 3600.0, 3600.0, 60.0);
    grids_bench_sample(bench, "front", 3);
    grids_finish(bench->grids);
    while (grids_busy(bench->grids))
        ev_run(bench->loop, EVRUN_ONCE);
    grids_bench_reopen(bench);
    assert_int_equal(grids_bench_samples(bench, "front"), 3);
}

static void test_clear_and_remove(void **state)
{
    struct grids_bench *bench = *state;
    grids_bench_sample(bench, "front", 3);
    grids_bench_sample(bench, "back", 4);
    grids_bench_run_until_stored(bench, "front");
    grids_set_times(bench->grids, 3600.0, 3600.0, 60.0); /* neither waits for the batch */
    assert_int_equal(grids_clear(bench->grids, "front"), 0);
    assert_int_equal(grids_remove(bench->grids, "back", NULL, NULL), 1);
    assert_int_equal(grids_remove(bench->grids, "unknown", NULL, NULL), 0);
    assert_int_equal(grids_bench_samples(bench, "front"), 0);
    assert_int_equal(grids_bench_samples(bench, "back"), 0);
    grids_bench_run_until_stored(bench, "front");
    grids_bench_run_until_stored(bench, "back");
    grids_bench_reopen(bench);
    assert_int_equal(bench->loaded, 1);
    assert_int_equal(grids_bench_samples(bench, "front"), 0);
}

static void test_a_renamed_camera_keeps_its_grid(void **state)
{
    struct grids_bench *bench = *state;
    assert_int_equal(grids_rename(bench->grids, "front", "gate"), -EAGAIN); /* it may be in the database */
    grids_bench_run_until_ready(bench);
    grids_bench_sample(bench, "front", 3);
    grids_bench_sample(bench, "gate", 1); /* of an earlier camera */
    grids_bench_run_until_stored(bench, "front");
    assert_int_equal(grids_rename(bench->grids, "front", "gate"), 0);
    assert_int_equal(grids_rename(bench->grids, "unknown", "back"), 0);
    assert_int_equal(grids_bench_samples(bench, "gate"), 3);
    grids_bench_run_until_stored(bench, "front");
    grids_bench_run_until_stored(bench, "gate");
    grids_bench_reopen(bench);
    assert_int_equal(grids_bench_samples(bench, "gate"), 3);
    assert_int_equal(grids_bench_samples(bench, "front"), 0);
    assert_int_equal(grids_bench_samples(bench, "back"), 0);
}

/* From one camd to another: before it has read its own, too, and for a camera that is yet to come. */
static void test_a_grid_takes_the_place_of_another(void **state)
{
    struct grids_bench *bench = *state;
    struct grid_record record = {0};
    assert_int_equal(grids_record(bench->grids, "front", &record), -EAGAIN);
    grids_bench_run_until_ready(bench);
    assert_int_equal(grids_record(bench->grids, "front", &record), -ENOENT);
    grids_bench_sample(bench, "front", 3);
    assert_int_equal(grids_record(bench->grids, "front", &record), 0);
    assert_int_equal(grid_samples(&record.grid), 3);
    grids_bench_sample(bench, "back", 5);
    assert_int_equal(grids_replace(bench->grids, "back", &record.grid), 0);
    assert_int_equal(grids_bench_samples(bench, "back"), 3);
    grids_bench_run_until_stored(bench, "back");
    record.grid.cells[2][3].count = 13;
    grids_free(bench->grids);
    grids_bench_open(bench, NULL);
    assert_int_equal(grids_replace(bench->grids, "front", &record.grid), 0);
    assert_int_equal(grids_record(bench->grids, "front", &record), 0);
    assert_int_equal(grids_record(bench->grids, "back", &record), -EAGAIN);
    grids_bench_run_until_ready(bench);
    assert_int_equal(grids_bench_samples(bench, "front"), 13); /* what was read is not it */
    assert_int_equal(grids_bench_samples(bench, "back"), 3);
    grids_remove(bench->grids, "back", NULL, NULL);
    assert_int_equal(grids_record(bench->grids, "back", &record), -ENOENT);
    grids_bench_run_until_stored(bench, "front");
    grids_bench_reopen(bench);
    assert_int_equal(grids_bench_samples(bench, "front"), 13);
}

static void removed(void *context, int error)
{
    int *result = context;
    *result = error;
}

/* Who acknowledges a removal has to know when it is on the disk, or that it is not. */
static void test_removal_is_told(void **state)
{
    enum { OPEN = 1 };
    struct grids_bench *bench = *state;
    int result = OPEN;
    grids_bench_sample(bench, "front", 3);
    assert_int_equal(grids_remove(bench->grids, "front", removed, &result), 0); /* never written */
    assert_int_equal(grids_bench_samples(bench, "front"), 0);
    grids_bench_sample(bench, "front", 3);
    grids_bench_run_until_stored(bench, "front");
    assert_int_equal(grids_remove(bench->grids, "front", removed, &result), 1);
    while (result == OPEN)
        ev_run(bench->loop, EVRUN_ONCE);
    assert_int_equal(result, 0);
    assert_int_equal(grids_remove(bench->grids, "front", removed, &result), 0);
}

static void test_removal_that_fails_is_told_and_tried_again(void **state)
{
    enum { OPEN = 1 };
    struct grids_bench *bench = *state;
    int result = OPEN;
    grids_bench_sample(bench, "front", 3);
    grids_bench_run_until_stored(bench, "front");
    grids_bench_use_script(bench, "[ \"$1\" = store ] && exit 28\nexec $GRID \"$@\"");
    grids_bench_run_until_ready(bench);
    assert_int_equal(grids_remove(bench->grids, "front", removed, &result), 1);
    while (result == OPEN)
        ev_run(bench->loop, EVRUN_ONCE);
    assert_int_equal(result, -ENOSPC);
    assert_false(grids_is_stored(bench->grids, "front"));
}

/* A camera of the same name that comes at once has a grid of its own. */
static void test_removed_and_added_again(void **state)
{
    struct grids_bench *bench = *state;
    grids_bench_sample(bench, "front", 3);
    grids_bench_run_until_stored(bench, "front");
    assert_int_equal(grids_remove(bench->grids, "front", NULL, NULL), 1);
    ev_run(bench->loop, EVRUN_NOWAIT); /* the helper is on its way */
    grids_bench_sample(bench, "front", 1);
    grids_bench_run_until_stored(bench, "front");
    grids_bench_reopen(bench);
    assert_int_equal(grids_bench_samples(bench, "front"), 1);
}

static void test_removed_before_it_was_read(void **state)
{
    struct grids_bench *bench = *state;
    grids_bench_sample(bench, "front", 3);
    grids_bench_sample(bench, "back", 3);
    grids_bench_run_until_stored(bench, "front");
    grids_free(bench->grids);
    grids_bench_open(bench, NULL);
    assert_int_equal(grids_remove(bench->grids, "front", NULL, NULL), 1);
    assert_int_equal(grids_clear(bench->grids, "back"), 0);
    grids_bench_sample(bench, "yard", 2);
    grids_bench_run_until_ready(bench);
    assert_int_equal(bench->loaded, 0);
    grids_bench_run_until_stored(bench, "front");
    grids_bench_run_until_stored(bench, "yard");
    grids_bench_reopen(bench);
    assert_int_equal(bench->loaded, 2);
    assert_int_equal(grids_bench_samples(bench, "front"), 0);
    assert_int_equal(grids_bench_samples(bench, "back"), 0);
    assert_int_equal(grids_bench_samples(bench, "yard"), 2);
}

/* ---- how long a grid is kept ---- */

static void look_and_store(struct grids_bench *bench, int64_t now_s)
{
    grids_look(bench->grids, 30 * (int64_t)DAY_S, now_s);
    grids_bench_run_until_stored(bench, "front");
    grids_bench_run_until_stored(bench, "back");
}

static void test_an_absent_camera_keeps_its_grid_for_a_time(void **state)
{
    struct grids_bench *bench = *state;
    bench->wanted[0] = "back";
    grids_bench_sample(bench, "front", 3);
    grids_bench_sample(bench, "back", 3);
    look_and_store(bench, NOW_S); /* before anything is read: no look */
    grids_bench_run_until_ready(bench);
    look_and_store(bench, NOW_S);
    grids_bench_reopen(bench); /* since when it is absent is remembered */
    look_and_store(bench, NOW_S + 30 * (int64_t)DAY_S - 1);
    assert_int_equal(grids_bench_samples(bench, "front"), 3);
    look_and_store(bench, NOW_S + 30 * (int64_t)DAY_S);
    assert_int_equal(grids_bench_samples(bench, "front"), 0);
    assert_int_equal(grids_bench_samples(bench, "back"), 3);
    grids_bench_reopen(bench);
    assert_int_equal(bench->loaded, 1);
}

static void test_a_camera_that_comes_back_is_not_absent(void **state)
{
    struct grids_bench *bench = *state;
    grids_bench_sample(bench, "front", 3);
    grids_bench_run_until_ready(bench);
    look_and_store(bench, NOW_S);
    bench->wanted[0] = "front";
    look_and_store(bench, NOW_S + 20 * (int64_t)DAY_S);
    grids_bench_reopen(bench);
    bench->wanted[0] = NULL;
    look_and_store(bench, NOW_S + 40 * (int64_t)DAY_S); /* absent from here on */
    assert_int_equal(grids_bench_samples(bench, "front"), 3);
    look_and_store(bench, NOW_S + 69 * (int64_t)DAY_S);
    assert_int_equal(grids_bench_samples(bench, "front"), 3);
    look_and_store(bench, NOW_S + 70 * (int64_t)DAY_S);
    assert_int_equal(grids_bench_samples(bench, "front"), 0);
}

/* A machine without a battery for its clock starts in 1970 and learns the time later. */
static void test_a_clock_that_was_not_set_removes_nothing(void **state)
{
    struct grids_bench *bench = *state;
    grids_bench_sample(bench, "front", 3);
    grids_bench_run_until_ready(bench);
    look_and_store(bench, 1000);
    look_and_store(bench, NOW_S);
    assert_int_equal(grids_bench_samples(bench, "front"), 3);
    look_and_store(bench, NOW_S + 29 * (int64_t)DAY_S);
    assert_int_equal(grids_bench_samples(bench, "front"), 3);
    /* nor does one that was ahead make it stay for ever */
    look_and_store(bench, NOW_S - DAY_S);
    look_and_store(bench, NOW_S + 29 * (int64_t)DAY_S);
    assert_int_equal(grids_bench_samples(bench, "front"), 0);
}

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

/* ---- a disk that fails ---- */

static void test_without_a_directory_grids_are_learnt_all_the_same(void **state)
{
    struct grids_bench *bench = *state;
    char away[80];
    grids_bench_run_until_ready(bench);
    snprintf(away, sizeof(away), "%s.away", bench->directory);
    assert_int_equal(rename(bench->directory, away), 0);
    grids_bench_sample(bench, "front", 2);
    grids_bench_run_until_problem(bench);
    assert_non_null(strstr(grids_problem(bench->grids), "No such file"));
    assert_int_equal(grids_bench_samples(bench, "front"), 2);
    /* at the end it is tried once more, and then given up */
    assert_int_equal(rename(away, bench->directory), 0);
    grids_bench_run_until_stored(bench, "front");
    assert_null(grids_problem(bench->grids));
    assert_int_equal(rename(bench->directory, away), 0);
    grids_bench_sample(bench, "front", 1);
    grids_finish(bench->grids);
    while (grids_busy(bench->grids))
        ev_run(bench->loop, EVRUN_ONCE);
    assert_non_null(grids_problem(bench->grids));
    assert_int_equal(rename(away, bench->directory), 0);
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
        TEST(test_a_grid_outlives_the_daemon),
        TEST(test_without_a_change_nothing_happens),
        TEST(test_changes_are_written_together),
        TEST(test_the_end_writes_the_rest_at_once),
        TEST(test_clear_and_remove),
        TEST(test_a_renamed_camera_keeps_its_grid),
        TEST(test_a_grid_takes_the_place_of_another),
        TEST(test_removal_is_told),
        TEST(test_removal_that_fails_is_told_and_tried_again),
        TEST(test_removed_and_added_again),
        TEST(test_removed_before_it_was_read),
        TEST(test_an_absent_camera_keeps_its_grid_for_a_time),
        TEST(test_a_camera_that_comes_back_is_not_absent),
        TEST(test_a_clock_that_was_not_set_removes_nothing),
        TEST(test_noise_is_set_aside),
        TEST(test_a_truncated_database_is_set_aside),
        TEST(test_a_database_with_a_hole_anywhere_is_survived),
        TEST(test_damage_under_the_running_daemon),
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

/* test_grids.c - grids that outlive the daemon, and how long they are kept; run with the paths of camd-exec and camd-grid */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

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
    assert_int_equal(grids_clear(bench->grids, "front", NULL, NULL), 1);
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
    assert_int_equal(grids_rename(bench->grids, "front", "gate", NULL, NULL),
                     -EAGAIN); /* it may be in the database */
    grids_bench_run_until_ready(bench);
    grids_bench_sample(bench, "front", 3);
    grids_bench_sample(bench, "gate", 1); /* of earlier cameras */
    grids_bench_sample(bench, "back", 1);
    grids_bench_run_until_stored(bench, "front");
    assert_int_equal(grids_rename(bench->grids, "front", "gate", NULL, NULL), 1);
    assert_int_equal(grids_rename(bench->grids, "young", "back", NULL, NULL),
                     1); /* which has learnt nothing yet */
    assert_int_equal(grids_bench_samples(bench, "gate"), 3);
    grids_bench_run_until_stored(bench, "front");
    grids_bench_run_until_stored(bench, "gate");
    grids_bench_run_until_stored(bench, "back");
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
    assert_int_equal(grids_replace(bench->grids, "back", &record.grid, NULL, NULL), 1);
    assert_int_equal(grids_bench_samples(bench, "back"), 3);
    grids_bench_run_until_stored(bench, "back");
    record.grid.cells[2][3].count = 13;
    grids_free(bench->grids);
    grids_bench_open(bench, NULL);
    assert_int_equal(grids_replace(bench->grids, "front", &record.grid, NULL, NULL), 1);
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

static void told(void *context, int error)
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
    assert_int_equal(grids_remove(bench->grids, "front", told, &result), 0); /* never written */
    assert_int_equal(grids_bench_samples(bench, "front"), 0);
    grids_bench_sample(bench, "front", 3);
    grids_bench_run_until_stored(bench, "front");
    assert_int_equal(grids_remove(bench->grids, "front", told, &result), 1);
    while (result == OPEN)
        ev_run(bench->loop, EVRUN_ONCE);
    assert_int_equal(result, 0);
    assert_int_equal(grids_remove(bench->grids, "front", told, &result), 0);
}

/* A clear was acknowledged before the disk had it; each of several is told when the disk has its own. */
static void test_changes_are_told_when_the_disk_has_them(void **state)
{
    enum { OPEN = 1 };
    struct grids_bench *bench = *state;
    struct grid grid = {0};
    int cleared = OPEN, replaced = OPEN, renamed = OPEN;
    grids_bench_sample(bench, "front", 3);
    grids_bench_run_until_stored(bench, "front");
    assert_int_equal(grids_clear(bench->grids, "unknown", told, &cleared), 0);
    assert_int_equal(grids_clear(bench->grids, "front", told, &cleared), 1);
    ev_run(bench->loop, EVRUN_NOWAIT); /* the helper is on its way */
    grid.cells[2][3].count = 13;
    assert_int_equal(grids_replace(bench->grids, "front", &grid, told, &replaced),
                     1); /* while that is written */
    while (cleared == OPEN)
        ev_run(bench->loop, EVRUN_ONCE);
    assert_int_equal(cleared, 0);
    assert_int_equal(replaced, OPEN);
    assert_false(grids_is_stored(bench->grids, "front"));
    while (replaced == OPEN)
        ev_run(bench->loop, EVRUN_ONCE);
    assert_int_equal(replaced, 0);
    assert_true(grids_is_stored(bench->grids, "front"));
    assert_int_equal(grids_rename(bench->grids, "front", "gate", told, &renamed), 1);
    while (renamed == OPEN)
        ev_run(bench->loop, EVRUN_ONCE);
    grids_bench_reopen(bench);
    assert_int_equal(grids_bench_samples(bench, "gate"), 13);
    assert_int_equal(grids_bench_samples(bench, "front"), 0);
}

/* One that was never written is removed while somebody waits for it to be there: he is told all the same. */
static void test_who_waits_for_a_grid_is_told_when_it_is_removed_first(void **state)
{
    enum { OPEN = 1 };
    struct grids_bench *bench = *state;
    const struct grid grid = {0};
    int replaced = OPEN, removed = OPEN;
    grids_bench_run_until_ready(bench);
    assert_int_equal(grids_replace(bench->grids, "front", &grid, told, &replaced), 1);
    assert_int_equal(grids_remove(bench->grids, "front", told, &removed), 1);
    while (replaced == OPEN || removed == OPEN)
        ev_run(bench->loop, EVRUN_ONCE);
    assert_int_equal(replaced, 0);
    assert_int_equal(removed, 0);
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
    assert_int_equal(grids_remove(bench->grids, "front", told, &result), 1);
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
    assert_int_equal(grids_clear(bench->grids, "back", NULL, NULL), 1);
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

/* The first look with a clock that was ahead by years removed the grids of all absent cameras. */
static void test_a_clock_that_is_ahead_by_years_removes_nothing(void **state)
{
    struct grids_bench *bench = *state;
    grids_bench_sample(bench, "front", 3);
    grids_bench_run_until_ready(bench);
    look_and_store(bench, NOW_S);
    look_and_store(bench, NOW_S + 10 * (int64_t)365 * DAY_S);
    assert_int_equal(grids_bench_samples(bench, "front"), 3);
    look_and_store(bench, NOW_S + DAY_S); /* it was set right: the time begins again */
    look_and_store(bench, NOW_S + 30 * (int64_t)DAY_S);
    assert_int_equal(grids_bench_samples(bench, "front"), 3);
    look_and_store(bench, NOW_S + 31 * (int64_t)DAY_S);
    assert_int_equal(grids_bench_samples(bench, "front"), 0);
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
        TEST(test_changes_are_told_when_the_disk_has_them),
        TEST(test_who_waits_for_a_grid_is_told_when_it_is_removed_first),
        TEST(test_removal_that_fails_is_told_and_tried_again),
        TEST(test_removed_and_added_again),
        TEST(test_removed_before_it_was_read),
        TEST(test_an_absent_camera_keeps_its_grid_for_a_time),
        TEST(test_a_clock_that_is_ahead_by_years_removes_nothing),
        TEST(test_a_camera_that_comes_back_is_not_absent),
        TEST(test_a_clock_that_was_not_set_removes_nothing),
#undef TEST
    };
    if (argc != 3)
        return 2;
    grids_bench_exec = argv[1];
    grids_bench_helper = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}

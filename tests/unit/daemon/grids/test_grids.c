/* test_grids.c - grids that outlive the daemon, and how long they are kept; run with the paths of camd-exec and camd-grid */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "daemon/grids/grid_record.h"
#include "grids_fixture.h"

enum { DAY_S = 86400 };
#define NOW_S INT64_C(1790000000)

static void test_a_grid_outlives_the_daemon(void **state)
{
    struct grids_fixture *fixture = *state;
    struct grid before, after;
    grids_fixture_run_until_ready(fixture);
    assert_int_equal(fixture->loaded, 0);
    assert_true(grids_is_stored(fixture->grids, "front"));
    grids_fixture_sample(fixture, "front", 5);
    assert_false(grids_is_stored(fixture->grids, "front"));
    grids_fixture_run_until_stored(fixture, "front");
    grids_get(fixture->grids, "front", &before);
    grids_fixture_reopen(fixture);
    assert_int_equal(fixture->loaded, 1);
    grids_get(fixture->grids, "front", &after);
    assert_memory_equal(&before, &after, sizeof(before));
    assert_int_equal(grids_fixture_samples(fixture, "front"), 5);
    assert_int_equal(grids_fixture_samples(fixture, "back"), 0);
}

/* Nothing to write: no process, no timer, no wake-up. */
static void test_without_a_change_nothing_happens(void **state)
{
    struct grids_fixture *fixture = *state;
    grids_fixture_sample(fixture, "front", 1);
    grids_fixture_run_until_stored(fixture, "front");
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    /* nothing active is left in the loop: it returns at once, without having waited */
    assert_false(ev_run(fixture->loop, 0));
    grids_finish(fixture->grids);
    assert_false(grids_busy(fixture->grids));
}

static void test_changes_are_written_together(void **state)
{
    struct grids_fixture *fixture = *state;
    grids_fixture_use_script(fixture, "echo x >>$GATE; exec $GRID \"$@\"");
    grids_fixture_run_until_ready(fixture);
    grids_set_times(fixture->grids, 0.05, 60.0, 60.0);
    for (int i = 0; i < 100; i++) {
        grids_fixture_sample(fixture, i % 2 ? "front" : "back", 1);
        ev_run(fixture->loop, EVRUN_NOWAIT);
    }
    grids_fixture_run_until_stored(fixture, "front");
    grids_fixture_run_until_stored(fixture, "back");
    struct stat status;
    assert_int_equal(stat(fixture->gate, &status), 0);
    assert_in_range(status.st_size / 2, 2, 3); /* a load and a store, two when this machine was slow */
    grids_fixture_reopen(fixture);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 50);
    assert_int_equal(grids_fixture_samples(fixture, "back"), 50);
}

static void test_the_end_writes_the_rest_at_once(void **state)
{
    struct grids_fixture *fixture = *state;
    grids_fixture_run_until_ready(fixture);
    grids_set_times(fixture->grids, 3600.0, 3600.0, 60.0);
    grids_fixture_sample(fixture, "front", 3);
    grids_finish(fixture->grids);
    while (grids_busy(fixture->grids))
        ev_run(fixture->loop, EVRUN_ONCE);
    grids_fixture_reopen(fixture);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 3);
}

static void test_clear_and_remove(void **state)
{
    struct grids_fixture *fixture = *state;
    grids_fixture_sample(fixture, "front", 3);
    grids_fixture_sample(fixture, "back", 4);
    grids_fixture_run_until_stored(fixture, "front");
    grids_set_times(fixture->grids, 3600.0, 3600.0, 60.0); /* neither waits for the batch */
    assert_int_equal(grids_clear(fixture->grids, "front", NULL, NULL), 1);
    assert_int_equal(grids_remove(fixture->grids, "back", NULL, NULL), 1);
    assert_int_equal(grids_remove(fixture->grids, "unknown", NULL, NULL), 0);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 0);
    assert_int_equal(grids_fixture_samples(fixture, "back"), 0);
    grids_fixture_run_until_stored(fixture, "front");
    grids_fixture_run_until_stored(fixture, "back");
    grids_fixture_reopen(fixture);
    assert_int_equal(fixture->loaded, 1);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 0);
}

static void test_a_renamed_camera_keeps_its_grid(void **state)
{
    struct grids_fixture *fixture = *state;
    assert_int_equal(grids_rename(fixture->grids, "front", "gate", NULL, NULL),
                     -EAGAIN); /* it may be in the database */
    grids_fixture_run_until_ready(fixture);
    grids_fixture_sample(fixture, "front", 3);
    grids_fixture_sample(fixture, "gate", 1); /* of earlier cameras */
    grids_fixture_sample(fixture, "back", 1);
    grids_fixture_run_until_stored(fixture, "front");
    assert_int_equal(grids_rename(fixture->grids, "front", "gate", NULL, NULL), 1);
    assert_int_equal(grids_rename(fixture->grids, "young", "back", NULL, NULL),
                     1); /* which has learnt nothing yet */
    assert_int_equal(grids_fixture_samples(fixture, "gate"), 3);
    grids_fixture_run_until_stored(fixture, "front");
    grids_fixture_run_until_stored(fixture, "gate");
    grids_fixture_run_until_stored(fixture, "back");
    grids_fixture_reopen(fixture);
    assert_int_equal(grids_fixture_samples(fixture, "gate"), 3);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 0);
    assert_int_equal(grids_fixture_samples(fixture, "back"), 0);
}

/* From one camd to another: before it has read its own, too, and for a camera that is yet to come. */
static void test_a_grid_takes_the_place_of_another(void **state)
{
    struct grids_fixture *fixture = *state;
    struct grid_record record = {0};
    assert_int_equal(grids_record(fixture->grids, "front", &record), -EAGAIN);
    grids_fixture_run_until_ready(fixture);
    assert_int_equal(grids_record(fixture->grids, "front", &record), -ENOENT);
    grids_fixture_sample(fixture, "front", 3);
    assert_int_equal(grids_record(fixture->grids, "front", &record), 0);
    assert_int_equal(grid_samples(&record.grid), 3);
    grids_fixture_sample(fixture, "back", 5);
    assert_int_equal(grids_replace(fixture->grids, "back", &record.grid, NULL, NULL), 1);
    assert_int_equal(grids_fixture_samples(fixture, "back"), 3);
    grids_fixture_run_until_stored(fixture, "back");
    record.grid.cells[2][3].count = 13;
    grids_free(fixture->grids);
    grids_fixture_open(fixture, NULL);
    assert_int_equal(grids_replace(fixture->grids, "front", &record.grid, NULL, NULL), 1);
    assert_int_equal(grids_record(fixture->grids, "front", &record), 0);
    assert_int_equal(grids_record(fixture->grids, "back", &record), -EAGAIN);
    grids_fixture_run_until_ready(fixture);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 13); /* what was read is not it */
    assert_int_equal(grids_fixture_samples(fixture, "back"), 3);
    grids_remove(fixture->grids, "back", NULL, NULL);
    assert_int_equal(grids_record(fixture->grids, "back", &record), -ENOENT);
    grids_fixture_run_until_stored(fixture, "front");
    grids_fixture_reopen(fixture);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 13);
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
    struct grids_fixture *fixture = *state;
    int result = OPEN;
    grids_fixture_sample(fixture, "front", 3);
    assert_int_equal(grids_remove(fixture->grids, "front", told, &result), 0); /* never written */
    assert_int_equal(grids_fixture_samples(fixture, "front"), 0);
    grids_fixture_sample(fixture, "front", 3);
    grids_fixture_run_until_stored(fixture, "front");
    assert_int_equal(grids_remove(fixture->grids, "front", told, &result), 1);
    while (result == OPEN)
        ev_run(fixture->loop, EVRUN_ONCE);
    assert_int_equal(result, 0);
    assert_int_equal(grids_remove(fixture->grids, "front", told, &result), 0);
}

/* A clear was acknowledged before the disk had it; each of several is told when the disk has its own. */
static void test_changes_are_told_when_the_disk_has_them(void **state)
{
    enum { OPEN = 1 };
    struct grids_fixture *fixture = *state;
    struct grid grid = {0};
    int cleared = OPEN, replaced = OPEN, renamed = OPEN;
    grids_fixture_sample(fixture, "front", 3);
    grids_fixture_run_until_stored(fixture, "front");
    assert_int_equal(grids_clear(fixture->grids, "unknown", told, &cleared), 0);
    assert_int_equal(grids_clear(fixture->grids, "front", told, &cleared), 1);
    ev_run(fixture->loop, EVRUN_NOWAIT); /* the helper is on its way */
    grid.cells[2][3].count = 13;
    assert_int_equal(grids_replace(fixture->grids, "front", &grid, told, &replaced),
                     1); /* while that is written */
    while (cleared == OPEN)
        ev_run(fixture->loop, EVRUN_ONCE);
    assert_int_equal(cleared, 0);
    assert_int_equal(replaced, OPEN);
    assert_false(grids_is_stored(fixture->grids, "front"));
    while (replaced == OPEN)
        ev_run(fixture->loop, EVRUN_ONCE);
    assert_int_equal(replaced, 0);
    assert_true(grids_is_stored(fixture->grids, "front"));
    assert_int_equal(grids_rename(fixture->grids, "front", "gate", told, &renamed), 1);
    while (renamed == OPEN)
        ev_run(fixture->loop, EVRUN_ONCE);
    grids_fixture_reopen(fixture);
    assert_int_equal(grids_fixture_samples(fixture, "gate"), 13);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 0);
}

/* One that was never written is removed while somebody waits for it to be there: he is told all the same. */
static void test_who_waits_for_a_grid_is_told_when_it_is_removed_first(void **state)
{
    enum { OPEN = 1 };
    struct grids_fixture *fixture = *state;
    const struct grid grid = {0};
    int replaced = OPEN, removed = OPEN;
    grids_fixture_run_until_ready(fixture);
    assert_int_equal(grids_replace(fixture->grids, "front", &grid, told, &replaced), 1);
    assert_int_equal(grids_remove(fixture->grids, "front", told, &removed), 1);
    while (replaced == OPEN || removed == OPEN)
        ev_run(fixture->loop, EVRUN_ONCE);
    assert_int_equal(replaced, 0);
    assert_int_equal(removed, 0);
}

static void test_removal_that_fails_is_told_and_tried_again(void **state)
{
    enum { OPEN = 1 };
    struct grids_fixture *fixture = *state;
    int result = OPEN;
    grids_fixture_sample(fixture, "front", 3);
    grids_fixture_run_until_stored(fixture, "front");
    grids_fixture_use_script(fixture, "[ \"$1\" = store ] && exit 28\nexec $GRID \"$@\"");
    grids_fixture_run_until_ready(fixture);
    assert_int_equal(grids_remove(fixture->grids, "front", told, &result), 1);
    while (result == OPEN)
        ev_run(fixture->loop, EVRUN_ONCE);
    assert_int_equal(result, -ENOSPC);
    assert_false(grids_is_stored(fixture->grids, "front"));
}

/* A camera of the same name that comes at once has a grid of its own. */
static void test_removed_and_added_again(void **state)
{
    struct grids_fixture *fixture = *state;
    grids_fixture_sample(fixture, "front", 3);
    grids_fixture_run_until_stored(fixture, "front");
    assert_int_equal(grids_remove(fixture->grids, "front", NULL, NULL), 1);
    ev_run(fixture->loop, EVRUN_NOWAIT); /* the helper is on its way */
    grids_fixture_sample(fixture, "front", 1);
    grids_fixture_run_until_stored(fixture, "front");
    grids_fixture_reopen(fixture);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 1);
}

static void test_removed_before_it_was_read(void **state)
{
    struct grids_fixture *fixture = *state;
    grids_fixture_sample(fixture, "front", 3);
    grids_fixture_sample(fixture, "back", 3);
    grids_fixture_run_until_stored(fixture, "front");
    grids_free(fixture->grids);
    grids_fixture_open(fixture, NULL);
    assert_int_equal(grids_remove(fixture->grids, "front", NULL, NULL), 1);
    assert_int_equal(grids_clear(fixture->grids, "back", NULL, NULL), 1);
    grids_fixture_sample(fixture, "yard", 2);
    grids_fixture_run_until_ready(fixture);
    assert_int_equal(fixture->loaded, 0);
    grids_fixture_run_until_stored(fixture, "front");
    grids_fixture_run_until_stored(fixture, "yard");
    grids_fixture_reopen(fixture);
    assert_int_equal(fixture->loaded, 2);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 0);
    assert_int_equal(grids_fixture_samples(fixture, "back"), 0);
    assert_int_equal(grids_fixture_samples(fixture, "yard"), 2);
}

/* ---- how long a grid is kept ---- */

static void look_and_store(struct grids_fixture *fixture, int64_t now_s)
{
    grids_look(fixture->grids, 30 * (int64_t)DAY_S, now_s);
    grids_fixture_run_until_stored(fixture, "front");
    grids_fixture_run_until_stored(fixture, "back");
}

static void test_an_absent_camera_keeps_its_grid_for_a_time(void **state)
{
    struct grids_fixture *fixture = *state;
    fixture->wanted[0] = "back";
    grids_fixture_sample(fixture, "front", 3);
    grids_fixture_sample(fixture, "back", 3);
    look_and_store(fixture, NOW_S); /* before anything is read: no look */
    grids_fixture_run_until_ready(fixture);
    look_and_store(fixture, NOW_S);
    grids_fixture_reopen(fixture); /* since when it is absent is remembered */
    look_and_store(fixture, NOW_S + 30 * (int64_t)DAY_S - 1);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 3);
    look_and_store(fixture, NOW_S + 30 * (int64_t)DAY_S);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 0);
    assert_int_equal(grids_fixture_samples(fixture, "back"), 3);
    grids_fixture_reopen(fixture);
    assert_int_equal(fixture->loaded, 1);
}

/* The first look with a clock that was ahead by years removed the grids of all absent cameras. */
static void test_a_clock_that_is_ahead_by_years_removes_nothing(void **state)
{
    struct grids_fixture *fixture = *state;
    grids_fixture_sample(fixture, "front", 3);
    grids_fixture_run_until_ready(fixture);
    look_and_store(fixture, NOW_S);
    look_and_store(fixture, NOW_S + 10 * (int64_t)365 * DAY_S);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 3);
    look_and_store(fixture, NOW_S + DAY_S); /* it was set right: the time begins again */
    look_and_store(fixture, NOW_S + 30 * (int64_t)DAY_S);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 3);
    look_and_store(fixture, NOW_S + 31 * (int64_t)DAY_S);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 0);
}

static void test_a_camera_that_comes_back_is_not_absent(void **state)
{
    struct grids_fixture *fixture = *state;
    grids_fixture_sample(fixture, "front", 3);
    grids_fixture_run_until_ready(fixture);
    look_and_store(fixture, NOW_S);
    fixture->wanted[0] = "front";
    look_and_store(fixture, NOW_S + 20 * (int64_t)DAY_S);
    grids_fixture_reopen(fixture);
    fixture->wanted[0] = NULL;
    look_and_store(fixture, NOW_S + 40 * (int64_t)DAY_S); /* absent from here on */
    assert_int_equal(grids_fixture_samples(fixture, "front"), 3);
    look_and_store(fixture, NOW_S + 69 * (int64_t)DAY_S);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 3);
    look_and_store(fixture, NOW_S + 70 * (int64_t)DAY_S);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 0);
}

/* A machine without a battery for its clock starts in 1970 and learns the time later. */
static void test_a_clock_that_was_not_set_removes_nothing(void **state)
{
    struct grids_fixture *fixture = *state;
    grids_fixture_sample(fixture, "front", 3);
    grids_fixture_run_until_ready(fixture);
    look_and_store(fixture, 1000);
    look_and_store(fixture, NOW_S);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 3);
    look_and_store(fixture, NOW_S + 29 * (int64_t)DAY_S);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 3);
    /* nor does one that was ahead make it stay for ever */
    look_and_store(fixture, NOW_S - DAY_S);
    look_and_store(fixture, NOW_S + 29 * (int64_t)DAY_S);
    assert_int_equal(grids_fixture_samples(fixture, "front"), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, grids_fixture_setup, grids_fixture_teardown)
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
    grids_fixture_exec = argv[1];
    grids_fixture_helper = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}

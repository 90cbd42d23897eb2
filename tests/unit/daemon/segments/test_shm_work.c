/* Long work in short pieces: in which order, and how much in one turn of the loop. The clock is the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <ev.h>
#include <string.h>

#include "base/clock.h"
#include "daemon/segments/shm_work.h"

enum { PIECE_NS = 400000, TASKS = 3 };

struct job {
    struct shm_task task;
    char letter;
    int pieces; /* to do */
    int again;  /* times that it is queued again when it is done */
};

static struct {
    struct ev_loop *loop;
    struct shm_work *work;
    int64_t now_ns;
    char done[256]; /* "aab " : pieces of a turn, a blank a turn; capitals: a task is done */
    struct job jobs[TASKS];
} test;

int64_t __wrap_clock_monotonic_ns(void);

int64_t __wrap_clock_monotonic_ns(void)
{
    return test.now_ns;
}

static void note(char letter)
{
    size_t length = strlen(test.done);
    snprintf(test.done + length, sizeof(test.done) - length, "%c", letter);
}

static int piece(void *context)
{
    struct job *job = context;
    test.now_ns += PIECE_NS;
    note(job->letter);
    return --job->pieces == 0;
}

static void done(void *context, int result)
{
    struct job *job = context;
    assert_int_equal(result, 1);
    note((char)(job->letter - 'a' + 'A'));
    if (job->again-- <= 0)
        return;
    job->pieces = 1;
    shm_work_add(test.work, &job->task);
}

static int set_up(void **state)
{
    (void)state;
    memset(&test, 0, sizeof(test));
    test.loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    assert_non_null(test.loop);
    for (int i = 0; i < TASKS; i++) {
        struct job *job = &test.jobs[i];
        *job = (struct job){.letter = (char)('a' + i)};
        job->task = (struct shm_task){.kind = SHM_WORK_MAKE, .piece = piece, .done = done, .context = job};
    }
    return shm_work_new(&test.work, test.loop);
}

static int tear_down(void **state)
{
    (void)state;
    shm_work_free(test.work);
    ev_loop_destroy(test.loop);
    return 0;
}

static void add(int index, enum shm_work_kind kind, int pieces)
{
    test.jobs[index].task.kind = kind;
    test.jobs[index].pieces = pieces;
    shm_work_add(test.work, &test.jobs[index].task);
}

/* Turns of the loop until nothing is left that it waits for. */
static void run(void)
{
    while (ev_run(test.loop, EVRUN_ONCE))
        note(' ');
}

static void test_a_turn_takes_a_millisecond(void **state)
{
    (void)state;
    add(0, SHM_WORK_MAKE, 7);
    run();
    assert_string_equal(test.done, "aaa aaa aA");
}

static void test_one_after_the_other(void **state)
{
    (void)state;
    add(0, SHM_WORK_MAKE, 2);
    add(1, SHM_WORK_MAKE, 2);
    add(0, SHM_WORK_MAKE, 2); /* queued already */
    run();
    assert_string_equal(test.done, "aaAb bB");
}

/* So that room which is about to be free is free when the next one asks. */
static void test_what_removes_comes_first(void **state)
{
    (void)state;
    add(0, SHM_WORK_MAKE, 4);
    ev_run(test.loop, EVRUN_ONCE);
    assert_string_equal(test.done, "aaa");
    add(1, SHM_WORK_REMOVE, 1);
    run();
    assert_string_equal(test.done, "aaabBaA");
}

static void test_a_task_can_be_cancelled_and_queued_again(void **state)
{
    (void)state;
    add(0, SHM_WORK_MAKE, 2);
    add(1, SHM_WORK_MAKE, 1);
    shm_work_cancel(test.work, &test.jobs[0].task);
    shm_work_cancel(test.work, &test.jobs[0].task);
    run();
    assert_string_equal(test.done, "bB");
    test.jobs[0].again = 1;
    add(0, SHM_WORK_MAKE, 1);
    run();
    assert_string_equal(test.done, "bBaAaA");
}

static void test_nothing_runs_without_work(void **state)
{
    (void)state;
    assert_int_equal(ev_run(test.loop, EVRUN_NOWAIT), 0); /* no watcher is active */
    add(0, SHM_WORK_MAKE, 1);
    shm_work_cancel(test.work, &test.jobs[0].task);
    run();
    assert_string_equal(test.done, "");
    assert_int_equal(ev_run(test.loop, EVRUN_NOWAIT), 0);
}

/* At the end of the daemon what was to go goes, at once; what was to be made is not. */
static void test_the_end_removes_and_makes_nothing(void **state)
{
    (void)state;
    add(0, SHM_WORK_MAKE, 3);
    add(1, SHM_WORK_REMOVE, 5);
    shm_work_free(test.work);
    assert_string_equal(test.done, "bbbbbB");
    assert_false(test.jobs[0].task.is_queued);
    test.work = NULL;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_turn_takes_a_millisecond), TEST(test_one_after_the_other),
        TEST(test_what_removes_comes_first),   TEST(test_a_task_can_be_cancelled_and_queued_again),
        TEST(test_nothing_runs_without_work),  TEST(test_the_end_removes_and_makes_nothing),
    };
    return cmocka_run_group_tests_name("shm work", tests, NULL, NULL);
}

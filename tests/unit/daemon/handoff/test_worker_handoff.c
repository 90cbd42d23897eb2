/* Rooms' state through a record and back: handed over again, what was taken over is the same record. */
#include <ev.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "daemon/events/events.h"
#include "daemon/events/open_objects.h"
#include "daemon/log/log_pool.h"
#include "daemon/supervise/launcher.h"
#include "daemon/supervise/worker_process.h"

/* ---- a worker ---- */

static struct automaton_policy policy(void *context, enum worker_kind kind)
{
    (void)context;
    (void)kind;
    return (struct automaton_policy){
        .ready_ms = 1000, .stop_ms = 1000, .restart_delay_ms = 500, .restart_max_ms = 30000};
}

static const struct worker_owner owner = {.policy = policy};

static void set_up(struct worker_process *worker)
{
    struct automaton *automaton = &worker->automaton;
    automaton->state = AUTOMATON_BACKOFF;
    automaton->want_up = true;
    automaton->failures = 3;
    automaton->refusals = 1;
    automaton->restarts = UINT64_C(1) << 40;
    automaton->deadline_ms = clock_monotonic_ms() + 60000;
    automaton->reason = AUTOMATON_REASON_ERROR;
    automaton->error_class = CAMD_CLASS_AUTH;
    worker->error_class = CAMD_CLASS_AUTH;
    worker->terminated = true;
    kept_text_set(&worker->error_text, "open: refused");
    kept_text_set(&worker->last_exit.reason, "was killed by signal 9 (Killed)");
    worker->last_exit.kind = WORKER_EXIT_SIGNAL;
    worker->last_exit.signal_number = 9;
    worker->sandbox.is_told = worker->sandbox.calls = true;
    worker->sandbox.missing = strdup("landlock");
    worker->trouble.since_ms = 5;
    worker->trouble.is_known = true;
    worker->trouble.reasons[1].hash = UINT64_MAX;
    kept_text_set(&worker->trouble.hint, "look");
}

static void test_a_worker_is_the_same_after(void **state)
{
    struct ev_loop *loop = ev_loop_new(EVBACKEND_EPOLL);
    struct launcher *launcher;
    struct log_pool *pool;
    struct worker_process before, after;
    (void)state;
    assert_int_equal(launcher_new(&launcher, loop, "/nonexistent", NULL), 0);
    assert_int_equal(log_pool_new(&pool, LOG_POOL_BYTES, NULL, NULL), 0);
    worker_init(&before, launcher, pool, WORKER_CAPTURE, "front", &owner, NULL);
    worker_init(&after, launcher, pool, WORKER_CAPTURE, "front", &owner, NULL);
    set_up(&before);
    json_t *record = worker_hand_over(&before);
    assert_int_equal(worker_take_over(&after, record), 0);
    json_t *again = worker_hand_over(&after);
    assert_true(json_equal(record, again));
    assert_memory_equal(&before.automaton, &after.automaton, sizeof(before.automaton));
    assert_true(after.trouble.is_known); /* else what was said of it before is said again */
    assert_true(ev_is_active(&after.deadline_timer));
    json_decref(again);

    /* a state with a deadline has one */
    json_object_set_new(json_object_get(record, "automaton"), "deadline_ms", json_integer(INT64_MAX));
    assert_true(worker_take_over(&after, record) < 0);
    json_object_set_new(json_object_get(record, "child"), "pid", json_integer(7));
    assert_true(worker_take_over(&after, record) < 0);
    after.child.pid = 0;
    json_decref(record);
    worker_fini(&before);
    worker_fini(&after);
    log_pool_free(pool);
    launcher_free(launcher);
    ev_loop_destroy(loop);
}

/* ---- events and lines ---- */

static void test_events_go_on_with_their_numbers(void **state)
{
    struct events *before, *after;
    (void)state;
    assert_int_equal(events_new(&before, 1234, NULL, NULL), 0);
    assert_int_equal(events_new(&after, 99, NULL, NULL), 0);
    for (int i = 0; i < EVENTS_KEPT + 10; i++)
        events_emit(before, "motion", i % 2 ? "front" : NULL, json_pack("{s:i}", "n", i), clock_wall_ns());
    events_emit(after, "camera_added", "front", NULL, 0);
    json_t *record = events_hand_over(before);
    assert_int_equal(events_take_over(after, record), 0);
    assert_true(events_epoch(after) == 1234 && events_next(after) == events_next(before) &&
                events_oldest(after) == events_oldest(before));
    json_t *again = events_hand_over(after);
    assert_true(json_equal(record, again));
    json_decref(again);
    json_object_set_new(record, "next", json_integer(3));
    assert_true(events_take_over(after, record) < 0);
    json_decref(record);
    events_free(before);
    events_free(after);
}

static void test_lines_of_workers_stay_in_order(void **state)
{
    struct log_pool *before, *after;
    struct log_source *front, *back, *next_front, *next_back;
    struct log_reader reader;
    (void)state;
    assert_int_equal(log_pool_new(&before, LOG_POOL_BYTES, NULL, NULL), 0);
    assert_int_equal(log_pool_new(&after, LOG_POOL_BYTES, NULL, NULL), 0);
    assert_int_equal(log_pool_source_new(&front, before, "front", "capture"), 0);
    assert_int_equal(log_pool_source_new(&back, before, "back", "tracker"), 0);
    assert_int_equal(log_pool_source_new(&next_back, after, "back", "tracker"), 0);
    assert_int_equal(log_pool_source_new(&next_front, after, "front", "capture"), 0);
    log_pool_keep(before, front, LOG_INFO, 0, "one", 1);
    log_pool_keep(before, back, LOG_WARNING, 0, "two", 2)->logged = true;
    log_pool_keep(before, front, LOG_ERROR, 3, "three", 3);
    json_t *record = log_pool_hand_over(before);
    assert_int_equal(log_pool_take_over(after, record), 0);
    json_t *again = log_pool_hand_over(after);
    assert_true(json_equal(record, again));
    log_reader_open(&reader, after, NULL, 10);
    assert_string_equal(log_reader_next(&reader)->text, "one");
    assert_string_equal(log_reader_next(&reader)->text, "two");
    assert_string_equal(log_reader_next(&reader)->text, "three");
    log_reader_close(&reader);
    assert_true(log_pool_next(after) == log_pool_next(before));
    json_decref(record);
    json_decref(again);
    log_pool_source_free(before, front);
    log_pool_source_free(before, back);
    log_pool_source_free(after, next_front);
    log_pool_source_free(after, next_back);
    log_pool_free(before);
    log_pool_free(after);
}

static void test_open_objects_are_ended_later(void **state)
{
    struct open_objects before = {0}, after = {0};
    (void)state;
    for (int id = 1; id <= 9; id++) {
        json_t *event = json_pack("{s:i, s:s}", "id", id, "phase", "start");
        open_objects_note(&before, event);
        json_decref(event);
    }
    json_t *record = open_objects_hand_over(&before);
    assert_int_equal(open_objects_take_over(&after, record), 0);
    assert_int_equal(after.count, 9);
    json_decref(record);
    open_objects_clear(&before);
    open_objects_clear(&after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_worker_is_the_same_after),
        cmocka_unit_test(test_events_go_on_with_their_numbers),
        cmocka_unit_test(test_lines_of_workers_stay_in_order),
        cmocka_unit_test(test_open_objects_are_ended_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

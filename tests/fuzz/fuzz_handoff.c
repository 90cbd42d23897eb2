/*
 * fuzz_handoff.c - what a program hands over in an upgrade, as the next one reads it
 *
 * The input is a record. Its rooms are taken over one by one, into rooms of their own; what is refused is refused whole
 * enough to be freed, and what is accepted is handed over again as a record that is accepted, too. Processes and
 * descriptors are left out: they would be this process's.
 */
#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/events/events.h"
#include "daemon/events/open_objects.h"
#include "daemon/handoff/handoff_record.h"
#include "daemon/log/log_pool.h"
#include "daemon/supervise/launcher.h"
#include "daemon/supervise/worker_process.h"
#include "fuzz.h"

static struct ev_loop *loop;
static struct launcher *launcher;

static void begin(void)
{
    if (loop)
        return;
    log_open("/dev/null", LOG_STYLE_TIMED, LOG_ERROR);
    loop = ev_loop_new(EVBACKEND_EPOLL);
    check(loop && launcher_new(&launcher, loop, "/nonexistent", NULL) == 0);
}

/* ---- events ---- */

static void check_events(const json_t *record)
{
    struct events *events = NULL, *again = NULL;
    check(events_new(&events, 1, NULL, NULL) == 0 && events_new(&again, 2, NULL, NULL) == 0);
    if (events_take_over(events, record) == 0) {
        json_t *next = events_hand_over(events);
        check(next && events_take_over(again, next) == 0 && events_next(again) == events_next(events));
        json_decref(next);
    }
    events_free(events);
    events_free(again);
}

static void check_objects(const json_t *record)
{
    struct open_objects objects = {0};
    open_objects_take_over(&objects, record);
    for (json_t *event; (event = open_objects_end(&objects, "killed"));)
        json_decref(event);
    open_objects_clear(&objects);
}

/* ---- a worker, and its lines ---- */

static struct automaton_policy policy(void *context, enum worker_kind kind)
{
    (void)context;
    (void)kind;
    return (struct automaton_policy){
        .ready_ms = 1000, .stop_ms = 1000, .restart_delay_ms = 500, .restart_max_ms = 30000};
}

static int64_t stall_ms(void *context, enum worker_kind kind)
{
    (void)context;
    (void)kind;
    return 20000;
}

static const struct worker_owner owner = {.policy = policy, .stall_ms = stall_ms};

static void without(json_t *record, const char *room, const char *member)
{
    json_object_set_new(json_object_get(record, room), member, json_null());
}

/* Nothing of it may be this process's. */
static void take_process_out(json_t *record)
{
    without(record, "child", "exit_watcher.fd");
    without(record, "child", "report_watcher.fd");
    without(record, "channel", "watcher.fd");
    without(record, "log", "watcher.fd");
    json_object_set_new(json_object_get(record, "child"), "pid", json_integer(0));
}

static void check_worker(json_t *record, const json_t *lines)
{
    struct log_pool *pool;
    struct worker_process worker, again;
    take_process_out(record);
    check(log_pool_new(&pool, LOG_POOL_BYTES, NULL, NULL) == 0);
    worker_init(&worker, launcher, pool, WORKER_CAPTURE, "front", &owner, NULL);
    worker_init(&again, launcher, pool, WORKER_TRACKER, "front", &owner, NULL);
    log_pool_take_over(pool, lines);
    check(log_pool_bytes(pool) <= LOG_POOL_BYTES);
    if (worker_take_over(&worker, record) == 0) {
        json_t *next = worker_hand_over(&worker);
        check(next && worker_take_over(&again, next) == 0);
        check(worker.automaton.state < AUTOMATON_STATE_COUNT);
        json_decref(next);
    }
    worker.child.pid = again.child.pid = 0;
    worker_fini(&worker);
    worker_fini(&again);
    log_pool_free(pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *record = NULL;
    begin();
    if (handoff_record_parse((const char *)data, size, &record) < 0)
        return 0;
    handoff_record_replace_fds(record, 1000);
    check_events(json_object_get(record, "events"));
    check_objects(json_object_get(record, "objects"));
    check_worker(json_object_get(record, "worker"), json_object_get(record, "log"));
    json_decref(record);
    return 0;
}

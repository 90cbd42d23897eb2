/* test_events.c - the ring of events: numbers, wrapping, bounds */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/shared_text.h"
#include "daemon/events/events.h"

static const int64_t wall_ns = INT64_C(1769862896789000000); /* 2026-01-31T12:34:56.789Z */

static void count_call(void *context)
{
    ++*(unsigned int *)context;
}

static json_t *event_at(const struct events *events, uint64_t seq)
{
    const struct shared_text *shared = events_text(events, seq);
    assert_non_null(shared);
    const char *text = shared->bytes;
    assert_int_equal(strlen(text), shared->length);
    assert_null(strchr(text, '\n'));
    json_error_t problem;
    json_t *event = json_parse_object(text, strlen(text), &problem);
    assert_non_null(event);
    return event;
}

static void test_members(void **state)
{
    (void)state;
    struct events *events = NULL;
    unsigned int calls = 0;
    assert_int_equal(events_new(&events, 77, count_call, &calls), 0);
    assert_int_equal(events_oldest(events), 1);
    assert_int_equal(events_next(events), 1);
    assert_null(events_text(events, 1));
    assert_null(events_text(events, 0));

    events_emit(events, "motion", "front", json_pack("{s:b, s:i}", "active", 1, "seq", 99), wall_ns);
    assert_int_equal(calls, 1);
    assert_string_equal(events_text(events, 1)->bytes,
                        "{\"epoch\":77,\"seq\":1,\"time\":\"2026-01-31T12:34:56.789Z\",\"event\":\"motion\","
                        "\"camera\":\"front\",\"active\":true}");
    events_emit(events, "daemon_started", NULL, NULL, wall_ns);
    json_t *event = event_at(events, 2);
    assert_null(json_object_get(event, "camera"));
    assert_int_equal(json_member_int(event, "seq", 0), 2);
    json_decref(event);
    assert_int_equal(events_epoch(events), 77);
    struct event_view view;
    assert_true(events_view(events, 1, &view));
    assert_string_equal(view.camera, "front");
    assert_true(events_view(events, 2, &view));
    assert_null(view.camera);
    assert_false(events_view(events, 3, &view));
    assert_null(events_text(events, 3));
    events_free(events);
}

static void test_wrap(void **state)
{
    (void)state;
    struct events *events = NULL;
    assert_int_equal(events_new(&events, 1, NULL, NULL), 0);
    for (unsigned int i = 0; i < 3 * EVENTS_KEPT + 5; i++) {
        events_emit(events, "tick", NULL, json_pack("{s:i}", "index", (int)i), wall_ns);
        assert_int_equal(events_next(events), i + 2);
        assert_int_equal(events_oldest(events), i + 2 > EVENTS_KEPT ? i + 2 - EVENTS_KEPT : 1);
    }
    assert_null(events_text(events, events_oldest(events) - 1));
    for (uint64_t seq = events_oldest(events); seq < events_next(events); seq++) {
        json_t *event = event_at(events, seq);
        assert_int_equal(json_member_int(event, "seq", 0), seq);
        assert_int_equal(json_member_int(event, "index", -1), seq - 1);
        json_decref(event);
    }
    events_free(events);
}

static json_t *filler(size_t size)
{
    char *text = malloc(size + 1);
    assert_non_null(text);
    memset(text, 'x', size);
    text[size] = '\0';
    json_t *fields = json_pack("{s:s}", "filler", text);
    free(text);
    return fields;
}

static void test_bytes_are_bounded(void **state)
{
    (void)state;
    struct events *events = NULL;
    assert_int_equal(events_new(&events, 1, NULL, NULL), 0);
    for (unsigned int i = 0; i < 100; i++) {
        events_emit(events, "large", NULL, filler(40000), wall_ns);
        size_t bytes = 0;
        for (uint64_t seq = events_oldest(events); seq < events_next(events); seq++)
            bytes += events_text(events, seq)->length;
        assert_true(bytes <= EVENTS_BYTES);
        assert_true(i < 12 || bytes > EVENTS_BYTES - 50000);
    }
    events_free(events);
}

static void test_huge_event_is_cut(void **state)
{
    (void)state;
    struct events *events = NULL;
    assert_int_equal(events_new(&events, 1, NULL, NULL), 0);
    events_emit(events, "small", NULL, NULL, wall_ns);
    events_emit(events, "huge", "front", filler(EVENTS_EVENT_BYTES), wall_ns);
    assert_int_equal(events_oldest(events), 1);
    json_t *event = event_at(events, 2);
    assert_true(json_member_bool(event, "cut", false));
    assert_string_equal(json_member_string(event, "camera", ""), "front");
    assert_null(json_object_get(event, "filler"));
    json_decref(event);
    events_free(events);
}

/* jansson takes its memory where we say, so that it can be short of it. */
static void *no_memory(size_t size)
{
    (void)size;
    return NULL;
}

static void test_short_memory_is_a_gap(void **state)
{
    (void)state;
    struct events *events = NULL;
    unsigned int calls = 0;
    assert_int_equal(events_new(&events, 1, count_call, &calls), 0);
    events_emit(events, "one", NULL, NULL, wall_ns);
    json_t *fields = filler(10);
    json_set_alloc_funcs(no_memory, free);
    events_emit(events, "two", NULL, fields, wall_ns);
    json_set_alloc_funcs(malloc, free);
    assert_int_equal(calls, 2);
    assert_int_equal(events_next(events), 3);
    assert_int_equal(events_oldest(events), 3); /* a reader at 1 or 2 learns that it missed both */
    assert_null(events_text(events, 1));
    assert_null(events_text(events, 2));
    events_emit(events, "three", NULL, NULL, wall_ns);
    json_t *event = event_at(events, 3);
    assert_string_equal(json_member_string(event, "event", ""), "three");
    json_decref(event);
    events_free(events);
}

/* An event is printed once, and whoever reads it has the same text, longer than the history keeps it. */
static void test_text_is_shared(void **state)
{
    (void)state;
    struct events *events = NULL;
    assert_int_equal(events_new(&events, 1, NULL, NULL), 0);
    events_emit(events, "first", NULL, NULL, wall_ns);
    struct shared_text *text = shared_text_keep(events_text(events, 1));
    assert_ptr_equal(events_text(events, 1), text);
    for (unsigned int i = 0; i < EVENTS_KEPT; i++)
        events_emit(events, "tick", NULL, NULL, wall_ns);
    assert_null(events_text(events, 1));
    assert_non_null(strstr(text->bytes, "\"event\":\"first\""));
    shared_text_release(text);
    events_free(events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_bytes_are_bounded),
        cmocka_unit_test(test_huge_event_is_cut),
        cmocka_unit_test(test_short_memory_is_a_gap),
        cmocka_unit_test(test_text_is_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a viewer of events gets, with a request that only keeps what it is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "web/event_streams.h"

static void *viewer;
static void (*end_viewer)(void *kept);
static http_stream_read *read_stream;

const char *http_request_header(const struct http_request *request, const char *name)
{
    (void)request;
    (void)name;
    return NULL;
}

const char *http_request_parameter(const struct http_request *request, const char *name)
{
    (void)request;
    return strcmp(name, "recent") == 0 ? "1000" : NULL;
}

void http_request_keep(struct http_request *request, void *kept, void (*end)(void *kept))
{
    (void)request;
    viewer = kept;
    end_viewer = end;
}

void http_answer_busy(struct http_request *request, const char *text)
{
    (void)request;
    fail_msg("%s", text);
}

void http_answer_stream(struct http_request *request, const char *type, http_stream_read *read)
{
    (void)request;
    assert_string_equal(type, "text/event-stream");
    read_stream = read;
}

void http_request_wake(struct http_request *request)
{
    (void)request;
}

static void add_large(struct event_log *log, uint64_t seq)
{
    static char data[EVENT_LOG_BYTES / 8];
    const struct camd_place place = {1, seq};
    memset(data, 'x', sizeof(data));
    assert_int_equal(event_log_add(log, &place, "event", data, sizeof(data)), 0);
}

static void assert_next_is(const char *begins)
{
    static char piece[EVENT_LOG_BYTES];
    const ssize_t length = read_stream(viewer, piece, sizeof(piece));
    assert_true(length >= (ssize_t)strlen(begins));
    assert_memory_equal(piece, begins, strlen(begins));
}

/* Of a log that was full, the first went while the viewer waited for a state, and the page began with what it missed. */
static void test_who_asks_for_the_last_events_misses_none_before_the_first(void **state)
{
    static struct event_log log;
    struct event_streams streams;
    struct ev_loop *loop = ev_loop_new(0);
    uint64_t seq = 1;
    (void)state;
    assert_non_null(loop);
    event_streams_init(&streams, loop, &log, 1);
    while (log.first == 0)
        add_large(&log, seq++);
    event_streams_begin(&streams);
    assert_true(event_streams_open(&streams, NULL, true));
    add_large(&log, seq++);
    event_streams_set_state(&streams, "{}");
    assert_next_is("event: state\n");
    assert_next_is("id: 1.3\n");
    for (int i = 0; i < 9; i++)
        add_large(&log, seq++);
    assert_next_is("event: missed\n");
    end_viewer(viewer);
    event_streams_fini(&streams);
    event_log_fini(&log);
    ev_loop_destroy(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_asks_for_the_last_events_misses_none_before_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which events a filter takes, what is refused, and that a filter written reads back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "daemon/events/event_filter.h"

static struct event_filter read_filter(const char *text)
{
    char problem[EVENT_FILTER_PROBLEM_BYTES] = "";
    struct event_filter filter;
    json_t *body = json_loads(text, 0, NULL);
    assert_non_null(body);
    assert_int_equal(event_filter_read(&filter, body, problem), 0);
    json_decref(body);
    return filter;
}

static void refuse(const char *text, const char *expected)
{
    char problem[EVENT_FILTER_PROBLEM_BYTES] = "";
    struct event_filter filter;
    json_t *body = json_loads(text, 0, NULL);
    assert_non_null(body);
    assert_int_equal(event_filter_read(&filter, body, problem), -EINVAL);
    assert_non_null(strstr(problem, expected));
    json_decref(body);
}

static void test_none_takes_all(void **state)
{
    (void)state;
    struct event_filter filter = read_filter("{}");
    assert_true(event_filter_takes(&filter, "front", EVENT_WORD_OBJECT, 0));
    assert_true(event_filter_takes(&filter, NULL, EVENT_WORD_COUNT, INT64_MAX));
    event_filter_clear(&filter);
}

static void test_names_and_patterns(void **state)
{
    (void)state;
    struct event_filter filter = read_filter("{\"names\": [\"front\", \"yard_*\"]}");
    for (int again = 0; again < 2; again++) { /* the second time from what is remembered */
        assert_true(event_filter_takes_camera(&filter, "front"));
        assert_true(event_filter_takes_camera(&filter, "yard_1"));
        assert_false(event_filter_takes_camera(&filter, "frontdoor"));
        assert_false(event_filter_takes_camera(&filter, NULL));
    }
    event_filter_clear(&filter);
}

static void test_kinds_and_times(void **state)
{
    (void)state;
    struct event_filter filter =
        read_filter("{\"type\": [\"state\", \"object\"], \"since\": \"2026-01-31T12:00:00.000Z\","
                    " \"until\": \"2026-01-31T13:00:00.500Z\"}");
    const int64_t noon_ns = INT64_C(1769860800) * CLOCK_NS_PER_S;
    assert_true(event_filter_takes(&filter, "front", EVENT_WORD_CAMERA_FAILING, noon_ns));
    assert_true(event_filter_takes(&filter, "front", EVENT_WORD_OBJECT, noon_ns + 3600 * CLOCK_NS_PER_S));
    assert_false(event_filter_takes(&filter, "front", EVENT_WORD_MOTION, noon_ns));
    assert_false(event_filter_takes(&filter, "front", EVENT_WORD_OBJECT, noon_ns - 1));
    assert_false(event_filter_takes(&filter, "front", EVENT_WORD_OBJECT, noon_ns + 3601 * CLOCK_NS_PER_S));
    json_t *written = event_filter_write(&filter);
    char *text = json_dumps(written, 0);
    event_filter_clear(&filter);
    filter = read_filter(text);
    assert_true(filter.words ==
                event_words_of("camera_state") + event_words_of("camera_failing") + event_words_of("object"));
    assert_int_equal(filter.since_ns, noon_ns);
    free(text);
    json_decref(written);
    event_filter_clear(&filter);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    refuse("{\"names\": []}", "1 to 64");
    refuse("{\"name\": 1}", "1 to 64");
    refuse("{\"names\": [\"front\", 2]}", "80 bytes");
    refuse("{\"type\": \"objekt\"}", "did you mean object?");
    refuse("{\"type\": [7]}", "no kind of event");
    refuse("{\"type\": \"\"}", "an empty word is no kind of event");
    refuse("{\"type\": []}", "expected a word");
    refuse("{\"since\": \"yesterday\"}", "\"since\": expected a time");
    refuse("{\"until\": 7}", "\"until\"");
}

static void test_every_word_and_kind_can_be_filtered_by(void **state)
{
    (void)state;
    uint64_t all = 0;
    for (size_t i = 0; event_filter_words[i]; i++) {
        assert_true(event_words_of(event_filter_words[i]) != 0);
        all |= event_words_of(event_filter_words[i]);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(event_filter_words[i], event_filter_words[k]);
    }
    assert_true(all == (UINT64_C(1) << EVENT_WORD_COUNT) - 1);
    for (unsigned int word = 0; word < EVENT_WORD_COUNT; word++)
        assert_int_equal(event_word_find(event_word_text((enum event_word)word)), word);
    assert_int_equal(event_word_find("camera_exploded"), EVENT_WORD_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none_takes_all),
        cmocka_unit_test(test_names_and_patterns),
        cmocka_unit_test(test_kinds_and_times),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_every_word_and_kind_can_be_filtered_by),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What the broker is to keep: published once for each change, again after a connection, and forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mqtt/retained.h"

static void assert_next(struct retained *retained, const char *topic, const char *payload)
{
    const struct retained_topic *next = retained_next(retained);
    assert_non_null(next);
    assert_string_equal(next->name, topic);
    assert_int_equal(next->size, strlen(payload));
    assert_memory_equal(next->payload, payload, strlen(payload));
    retained_published(retained, 1);
}

static void test_a_topic_that_changes_twice_is_published_once_with_the_newest(void **state)
{
    struct retained retained;
    (void)state;
    retained_init(&retained);
    retained_set_text(&retained, "a", "1");
    retained_set_text(&retained, "b", "1");
    retained_set_text(&retained, "a", "2");
    assert_int_equal(retained.due_count, 2);
    assert_next(&retained, "a", "2");
    assert_next(&retained, "b", "1");
    assert_null(retained_next(&retained));
    retained_set_text(&retained, "a", "2");
    assert_null(retained_next(&retained)); /* it is what it was */
    retained_publish_all(&retained);
    assert_next(&retained, "a", "2");
    assert_next(&retained, "b", "1");
    retained_fini(&retained);
}

static void test_what_is_removed_is_published_empty_and_forgotten(void **state)
{
    struct retained retained;
    (void)state;
    retained_init(&retained);
    retained_set_text(&retained, "n/camera/a/state", "x");
    retained_set_text(&retained, "n/camera/ab/state", "x");
    while (retained_next(&retained))
        retained_published(&retained, 1);
    retained_remove_below(&retained, "n/camera/a/");
    assert_false(retained_has(&retained, "n/camera/a/state"));
    assert_true(retained_has(&retained, "n/camera/ab/state"));
    assert_next(&retained, "n/camera/a/state", "");
    assert_null(retained_next(&retained));
    retained_publish_all(&retained);
    assert_next(&retained, "n/camera/ab/state", "x");
    assert_null(retained_next(&retained));
    retained_fini(&retained);
}

static void test_what_is_removed_and_set_again_before_it_was_published_stays(void **state)
{
    struct retained retained;
    (void)state;
    retained_init(&retained);
    retained_set_text(&retained, "a/b", "x");
    retained_published(&retained, 1);
    retained_remove_below(&retained, "a/");
    retained_set_text(&retained, "a/b", "x");
    assert_next(&retained, "a/b", "x");
    assert_true(retained_has(&retained, "a/b"));
    retained_fini(&retained);
}

static void test_what_the_broker_refuses_waits_until_it_changes_or_is_forgiven(void **state)
{
    struct retained retained;
    (void)state;
    retained_init(&retained);
    retained_set_text(&retained, "a", "1");
    retained_set_text(&retained, "b", "1");
    retained_published(&retained, 7);
    retained_published(&retained, 8);
    assert_string_equal(retained_refuse(&retained, 7)->name, "a");
    assert_null(retained_refuse(&retained, 9));
    retained_publish_all(&retained);
    assert_null(retained_published_as(&retained, 8)); /* of the connection before */
    assert_next(&retained, "b", "1");
    assert_null(retained_next(&retained));
    retained_set_text(&retained, "a", "2");
    assert_next(&retained, "a", "2");
    retained_refuse(&retained, 1);
    retained_forgive(&retained);
    retained_publish_all(&retained);
    assert_int_equal(retained.due_count, 2);
    retained_fini(&retained);
}

/* The topic that had the number long ago was taken for the one that has it now. */
static void test_a_number_that_comes_again_is_the_last_one_s(void **state)
{
    struct retained retained;
    (void)state;
    retained_init(&retained);
    retained_set_text(&retained, "a", "1");
    retained_published(&retained, 7);
    retained_set_text(&retained, "b", "1");
    retained_published(&retained, 7);
    assert_string_equal(retained_refuse(&retained, 7)->name, "b");
    retained_set_text(&retained, "a", "2");
    retained_published(&retained, 7);
    assert_string_equal(retained_published_as(&retained, 7)->name, "a");
    retained_publish_all(&retained);
    assert_next(&retained, "a", "2");
    assert_null(retained_next(&retained));
    retained_fini(&retained);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_topic_that_changes_twice_is_published_once_with_the_newest),
        cmocka_unit_test(test_what_the_broker_refuses_waits_until_it_changes_or_is_forgiven),
        cmocka_unit_test(test_a_number_that_comes_again_is_the_last_one_s),
        cmocka_unit_test(test_what_is_removed_is_published_empty_and_forgotten),
        cmocka_unit_test(test_what_is_removed_and_set_again_before_it_was_published_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

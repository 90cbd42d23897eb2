/* Objects that began and have not ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/json.h"
#include "daemon/events/open_objects.h"
#include "tracker/tracks.h"

/* else a tracker that is killed leaves starts without an end */
_Static_assert((int)OPEN_OBJECTS_MAX >= (int)TRACKS_MAX, "all that camd-tracker follows can be ended for it");

static bool note(struct open_objects *open, int id, const char *phase)
{
    json_t *event =
        json_pack("{s:i, s:s, s:s, s:[[i,i,i]]}", "id", id, "phase", phase, "reason", "", "path", 1, 2, 3);
    assert_non_null(event);
    bool is_news = open_objects_note(open, event);
    assert_string_equal(json_member_string(event, "phase", ""), phase);
    json_decref(event);
    return is_news;
}

static void test_what_has_not_ended_is_ended(void **state)
{
    struct open_objects open = {0};
    (void)state;
    note(&open, 1, "start");
    note(&open, 2, "start");
    note(&open, 2, "update");
    note(&open, 3, "start");
    note(&open, 1, "end");
    note(&open, 9, "end");
    json_int_t ids = 0;
    for (json_t *event; (event = open_objects_end(&open, "killed")); json_decref(event)) {
        ids = ids * 10 + json_member_int(event, "id", 0);
        assert_string_equal(json_member_string(event, "phase", ""), "end");
        assert_string_equal(json_member_string(event, "reason", ""), "killed");
        assert_int_equal(json_array_size(json_object_get(event, "path")), 0);
    }
    assert_true(ids == 23 || ids == 32);
    open_objects_clear(&open);
}

static void test_more_than_fit_in_are_not_known(void **state)
{
    struct open_objects open = {0};
    (void)state;
    for (int id = 1; id <= OPEN_OBJECTS_MAX + 5; id++)
        assert_int_equal(note(&open, id, "start"), id == OPEN_OBJECTS_MAX + 1); /* told once */
    assert_int_equal(open.count, OPEN_OBJECTS_MAX);
    note(&open, 7, "update");
    assert_int_equal(open.count, OPEN_OBJECTS_MAX);
    open_objects_clear(&open);
    assert_null(open_objects_end(&open, "killed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_has_not_ended_is_ended),
        cmocka_unit_test(test_more_than_fit_in_are_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

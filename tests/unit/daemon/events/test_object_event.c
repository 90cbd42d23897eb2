/* What subscribers see of an object is of the form that is promised, whatever a tracker says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/events/object_event.h"

static const char whole[] =
    "{\"type\":\"event\",\"event\":\"object\",\"phase\":\"end\",\"reason\":\"left\",\"id\":7,\"label\":"
    "\"person\","
    "\"score\":0.5,\"computed_score\":0.75,\"top_score\":1,\"box\":[1,2,30,40],\"region\":[0,0,320,320],"
    "\"area\":1170,"
    "\"zones\":[\"yard\"],\"entered_zones\":[\"yard\",\"gate\"],\"stationary\":false,\"motionless\":3,"
    "\"position_changes\":1,\"start_ns\":10,\"seen_ns\":20,\"wall_ns\":30,\"frame_id\":4,\"path\":[[5,6,10],["
    "7,8,20]],"
    "\"best\":{\"frame_id\":3,\"wall_ns\":15,\"score\":0.75,\"box\":[1,2,3,4],\"region\":[0,0,320,320]},"
    "\"extra\":1}";

static json_t *message;
static const char *problem;

static int set_up(void **state)
{
    (void)state;
    message = json_loads(whole, 0, NULL);
    problem = NULL;
    return message ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    json_decref(message);
    return 0;
}

static void a_whole_event_is_copied_without_what_is_not_promised(void **state)
{
    (void)state;
    json_t *copy = object_event_copy(message, &problem);
    assert_non_null(copy);
    json_object_del(message, "type");
    json_object_del(message, "event");
    json_object_del(message, "extra");
    json_object_set_new(message, "top_score", json_real(1.0));
    json_object_set_new(message, "speed", json_null()); /* a tracker need not measure */
    json_object_set_new(message, "average_speed", json_null());
    json_object_set_new(message, "direction", json_null());
    json_object_set_new(message, "picture", json_null());
    assert_true(json_equal(copy, message));
    json_decref(copy);
}

static void speed_is_copied(void **state)
{
    (void)state;
    json_object_set_new(message, "speed", json_real(1.25));
    json_object_set_new(message, "average_speed", json_null());
    json_object_set_new(message, "direction", json_integer(270));
    json_t *copy = object_event_copy(message, &problem);
    assert_non_null(copy);
    assert_true(json_real_value(json_object_get(copy, "speed")) == 1.25);
    assert_true(json_is_null(json_object_get(copy, "average_speed")));
    assert_int_equal(json_integer_value(json_object_get(copy, "direction")), 270);
    json_decref(copy);
}

static void a_member_that_is_absent_or_of_another_form_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *member, *value;
    } cases[] = {
        {"phase", "\"begin\""},
        {"phase", "1"},
        {"reason", "null"},
        {"reason", "\"\""},
        {"reason", "1"},
        {"id", "-1"},
        {"id", "1.5"},
        {"label", "[]"},
        {"score", "1.01"},
        {"score", "\"1\""},
        {"box", "[1,2,3]"},
        {"box", "[1,2,3,4.5]"},
        {"box", "[1,2,3,1000000]"},
        {"zones", "[1]"},
        {"zones", "{}"},
        {"stationary", "0"},
        {"path", "[[1,2]]"},
        {"path", "[[1,2,-3]]"},
        {"best", "{\"score\":1}"},
        {"best", "null"},
        {"frame_id", "true"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *copy, *changed = json_copy(message);
        json_object_set_new(changed, cases[i].member, json_loads(cases[i].value, JSON_DECODE_ANY, NULL));
        assert_null(object_event_copy(changed, &problem));
        assert_string_equal(problem, cases[i].member);
        json_object_del(changed, cases[i].member);
        assert_null(object_event_copy(changed, &problem));
        assert_string_equal(problem, cases[i].member);
        copy = object_event_copy(message, &problem);
        assert_non_null(copy);
        json_decref(copy);
        json_decref(changed);
    }
}

/* A start that was told as camd-ipc(7) has it, where only an end has a reason, was dropped. */
static void only_an_end_needs_a_reason(void **state)
{
    (void)state;
    json_t *changed = json_copy(message);
    json_object_set_new(changed, "phase", json_string("start"));
    json_object_del(changed, "reason");
    json_t *copy = object_event_copy(changed, &problem);
    assert_non_null(copy);
    assert_string_equal(json_string_value(json_object_get(copy, "reason")), "");
    json_decref(copy);
    json_object_set_new(changed, "reason", json_string("left"));
    copy = object_event_copy(changed, &problem);
    assert_string_equal(json_string_value(json_object_get(copy, "reason")), ""); /* as camd-ipc(7) says */
    json_decref(copy);
    json_decref(changed);
}

static void a_speed_of_another_form_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *member, *value;
    } cases[] = {{"speed", "-1"}, {"speed", "\"fast\""}, {"average_speed", "1e6"}, {"direction", "[90]"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *changed = json_copy(message);
        json_object_set_new(changed, cases[i].member, json_loads(cases[i].value, JSON_DECODE_ANY, NULL));
        assert_null(object_event_copy(changed, &problem));
        assert_string_equal(problem, cases[i].member);
        json_decref(changed);
    }
}

/* A tracker that says nothing of pictures is one that keeps none, as all did once. */
static void what_is_kept_of_an_object_is_told_if_its_tracker_tells_it(void **state)
{
    (void)state;
    static const struct {
        const char *said, *told; /* told NULL: refused */
    } cases[] = {
        {"null", "null"},
        {"{\"state\":\"off\",\"frame_id\":\"x\"}", "{\"state\":\"off\"}"},
        {"{\"state\":\"gone\"}", "{\"state\":\"gone\"}"},
        {"{\"state\":\"kept\",\"frame_id\":3,\"wall_ns\":15,\"box\":[1,2,3,4],\"extra\":1}",
         "{\"state\":\"kept\",\"frame_id\":3,\"wall_ns\":15,\"box\":[1,2,3,4]}"},
        {"{\"state\":\"kept\"}", NULL},
        {"{\"state\":\"kept\",\"frame_id\":3,\"wall_ns\":15,\"box\":[1,2,3]}", NULL},
        {"{\"state\":\"lost\"}", NULL},
        {"{}", NULL},
        {"[]", NULL},
        {"\"kept\"", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_object_set_new(message, "picture", json_loads(cases[i].said, JSON_DECODE_ANY, NULL));
        json_t *copy = object_event_copy(message, &problem);
        if (!cases[i].told) {
            assert_null(copy);
            assert_string_equal(problem, "picture");
            continue;
        }
        json_t *told = json_loads(cases[i].told, JSON_DECODE_ANY, NULL);
        assert_true(json_equal(json_object_get(copy, "picture"), told));
        json_decref(told);
        json_decref(copy);
    }
}

static void a_long_path_loses_its_beginning_and_a_long_word_is_refused(void **state)
{
    (void)state;
    json_t *path = json_array();
    for (int i = 0; i < OBJECT_EVENT_PATH_MAX + 5; i++)
        json_array_append_new(path, json_pack("[i,i,i]", i, 1, 2));
    json_object_set_new(message, "path", path);
    json_t *copy = object_event_copy(message, &problem);
    assert_non_null(copy);
    const json_t *copied = json_object_get(copy, "path");
    assert_int_equal(json_array_size(copied), OBJECT_EVENT_PATH_MAX);
    assert_int_equal(json_integer_value(json_array_get(json_array_get(copied, 0), 0)), 5);
    json_decref(copy);
    char word[64];
    memset(word, 'a', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    json_object_set_new(message, "label", json_string(word));
    assert_null(object_event_copy(message, &problem));
    assert_string_equal(problem, "label");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_kept_of_an_object_is_told_if_its_tracker_tells_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_whole_event_is_copied_without_what_is_not_promised, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(only_an_end_needs_a_reason, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_speed_of_another_form_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(speed_is_copied, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_member_that_is_absent_or_of_another_form_is_named, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_long_path_loses_its_beginning_and_a_long_word_is_refused, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

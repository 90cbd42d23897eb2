/* Which requests are malformed, whatever the verb makes of their values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/verbs/members.h"

static bool is_right(const char *text, char problem[MEMBERS_PROBLEM_BYTES])
{
    json_t *body = json_loads(text, 0, NULL);
    assert_non_null(body);
    const int verb = verb_from_word(json_string_value(json_object_get(body, "verb")));
    assert_true(verb >= 0);
    problem[0] = '\0';
    const bool answer = members_are_right((enum verb)verb, body, problem);
    json_decref(body);
    return answer;
}

static void take(const char *text)
{
    char problem[MEMBERS_PROBLEM_BYTES];
    assert_true(is_right(text, problem));
}

static void refuse(const char *text, const char *expected)
{
    char problem[MEMBERS_PROBLEM_BYTES];
    assert_false(is_right(text, problem));
    assert_string_equal(problem, expected);
}

/* A trial with 1 for true added the camera, and one for "yes" that was not to be saved was. */
static void test_a_boolean_of_another_type_is_not_taken_as_false(void **state)
{
    (void)state;
    refuse("{\"verb\": \"add\", \"name\": \"a\", \"dry_run\": 1}", "\"dry_run\" is true or false");
    refuse("{\"verb\": \"set\", \"name\": \"a\", \"dry_run\": 1}", "\"dry_run\" is true or false");
    refuse("{\"verb\": \"add\", \"name\": \"a\", \"runtime\": \"yes\"}", "\"runtime\" is true or false");
    refuse("{\"verb\": \"set\", \"name\": \"a\", \"runtime\": null}", "\"runtime\" is true or false");
    refuse("{\"verb\": \"remove\", \"name\": \"a\", \"keep_grid\": 1}", "\"keep_grid\" is true or false");
    refuse("{\"verb\": \"upgrade\", \"workers\": 1}", "\"workers\" is true or false");
    refuse("{\"verb\": \"logs\", \"follow\": 1}", "\"follow\" is true or false");
    refuse("{\"verb\": \"stop\", \"all\": 1}", "\"all\" is true or false");
    take("{\"verb\": \"add\", \"name\": \"a\", \"dry_run\": true, \"runtime\": false, \"timeout_s\": 1.5}");
    take("{\"verb\": \"remove\", \"name\": \"a\", \"keep_grid\": true}");
}

/* "kick" alone was answered by no_camera, as if there were a name that nobody has. */
static void test_a_verb_that_needs_a_name_says_so(void **state)
{
    (void)state;
    refuse("{\"verb\": \"kick\"}", "kick needs \"name\", \"names\" or \"all\"");
    refuse("{\"verb\": \"kick\", \"all\": false}", "kick needs \"name\", \"names\" or \"all\"");
    refuse("{\"verb\": \"zone\"}", "zone needs \"name\"");
    refuse("{\"verb\": \"zone\", \"names\": [\"a\"]}", "zone needs \"name\"");
    refuse("{\"verb\": \"status\", \"name\": 5}", "\"name\" is a string");
    refuse("{\"verb\": \"status\", \"names\": \"a\"}", "\"names\" is an array of strings");
    take("{\"verb\": \"kick\", \"names\": [\"a\"]}");
    take("{\"verb\": \"kick\", \"all\": true}");
    take("{\"verb\": \"status\"}");
}

/* The name was ignored, and all cameras were removed. */
static void test_a_name_stands_alone(void **state)
{
    (void)state;
    static const char *const expected = "\"name\" stands alone, without \"names\" and \"all\"";
    refuse("{\"verb\": \"remove\", \"name\": \"a\", \"all\": true}", expected);
    refuse("{\"verb\": \"kick\", \"name\": \"a\", \"names\": [\"b\"]}", expected);
    refuse("{\"verb\": \"status\", \"name\": \"a\", \"all\": true}", expected);
    /* front was renamed, and the log said back */
    refuse("{\"verb\": \"rename\", \"name\": \"front\", \"to\": \"x\", \"names\": [\"back\"]}", expected);
    take("{\"verb\": \"kick\", \"name\": \"a\", \"all\": false}");
}

static void test_members_of_other_verbs_are_ignored(void **state)
{
    (void)state;
    take("{\"verb\": \"version\", \"name\": 5, \"all\": 1}");
    take("{\"verb\": \"kick\", \"name\": \"a\", \"dry_run\": 1}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_boolean_of_another_type_is_not_taken_as_false),
        cmocka_unit_test(test_a_verb_that_needs_a_name_says_so),
        cmocka_unit_test(test_a_name_stands_alone),
        cmocka_unit_test(test_members_of_other_verbs_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *parse(const char *text)
{
    json_error_t error;
    return json_parse_object(text, strlen(text), &error);
}

static void assert_refused(const char *text, const char *reason)
{
    json_error_t error;
    assert_null(json_parse_object(text, strlen(text), &error));
    assert_non_null(strstr(error.text, reason));
}

static void test_members_of_their_type_are_read(void **state)
{
    json_t *object = parse("{\"s\":\"text\",\"i\":-9007199254740993,\"d\":0.5,\"b\":true}");
    (void)state;
    assert_non_null(object);
    assert_string_equal(json_member_string(object, "s", "x"), "text");
    assert_true(json_member_int(object, "i", 0) == INT64_C(-9007199254740993));
    assert_true(json_member_double(object, "d", 0) == 0.5);
    assert_true(json_member_bool(object, "b", false));
    json_decref(object);
}

static void test_members_absent_or_of_another_type_give_the_default(void **state)
{
    json_t *object = parse("{\"s\":1,\"i\":\"1\",\"d\":\"1\",\"b\":1,\"n\":null,\"f\":1.5}");
    (void)state;
    assert_non_null(object);
    for (int i = 0; i < 2; i++) {
        const char *const suffix = i == 0 ? "" : "absent";
        char name[16] = "s";
        strcat(name, suffix);
        assert_string_equal(json_member_string(object, name, "default"), "default");
        name[0] = 'i';
        assert_int_equal(json_member_int(object, name, 7), 7);
        name[0] = 'f'; /* no integer: not rounded */
        assert_int_equal(json_member_int(object, name, 7), 7);
        name[0] = 'd';
        assert_true(json_member_double(object, name, 7) == 7);
        name[0] = 'b';
        assert_true(json_member_bool(object, name, true));
        name[0] = 'n';
        assert_null(json_member_string(object, name, NULL));
    }
    json_decref(object);
    assert_int_equal(json_member_int(NULL, "i", 7), 7);
}

static void test_an_integer_is_a_number_too(void **state)
{
    json_t *object = parse("{\"d\":3}");
    (void)state;
    assert_true(json_member_double(object, "d", 0) == 3.0);
    json_decref(object);
}

static void test_only_objects_are_taken(void **state)
{
    (void)state;
    assert_refused("[]", "object");
    assert_refused("1", "");
    assert_refused("", "");
    assert_refused("{", "");
    assert_refused("{} {}", "");
    assert_refused("{\"a\":1,\"a\":2}", "duplicate");
    assert_refused("{\"a\":\"\\u0000\"}", "");
    assert_refused("{\"a\":\"\xff\"}", "");
}

static void test_the_length_counts_and_not_a_nul(void **state)
{
    json_error_t error;
    json_t *object = json_parse_object("{\"a\":1}garbage", 7, &error);
    (void)state;
    assert_non_null(object);
    json_decref(object);
    assert_null(json_parse_object("{\"a\":1}\0", 8, &error));
}

/* An object with depth levels, itself the first. */
static void nest(char *text, unsigned int depth)
{
    strcpy(text, "{\"a\":");
    for (unsigned int i = 1; i < depth; i++)
        strcat(text, "[");
    if (depth == 1)
        strcat(text, "0");
    for (unsigned int i = 1; i < depth; i++)
        strcat(text, "]");
    strcat(text, "}");
}

static void test_depth_is_limited(void **state)
{
    char text[64];
    json_t *object;
    (void)state;
    nest(text, 1);
    object = parse(text);
    assert_non_null(object);
    json_decref(object);

    nest(text, JSON_DEPTH_MAX);
    object = parse(text);
    assert_non_null(object);
    json_decref(object);

    nest(text, JSON_DEPTH_MAX + 1);
    assert_refused(text, "deep");
}

static void test_brackets_in_strings_are_no_depth(void **state)
{
    json_t *object = parse("{\"a\":\"[[[[[[[[[[[[[[[[[[[[ \\\" [[[ \\\\\",\"b\":[{\"c\":\"}\"}]}");
    (void)state;
    assert_non_null(object);
    json_decref(object);
    /* siblings don't add up */
    object = parse("{\"a\":[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]}");
    assert_non_null(object);
    json_decref(object);
    assert_refused("{\"a\":\"\\", "");
}

static void test_text_is_compact_and_reads_back(void **state)
{
    json_t *object = json_pack("{s:s, s:[i,i]}", "name", "caf\xc3\xa9", "list", 1, 2);
    char *text = json_text(object);
    (void)state;
    assert_string_equal(text, "{\"name\":\"caf\xc3\xa9\",\"list\":[1,2]}");
    json_t *again = parse(text);
    assert_true(json_equal(object, again));
    json_decref(again);
    json_decref(object);
    free(text);
}

static void test_lossy_string_keeps_utf8_and_replaces_the_rest(void **state)
{
    json_t *good = json_string_lossy("caf\xc3\xa9");
    json_t *bad = json_string_lossy("caf\xe9 \xff"
                                    "end");
    (void)state;
    assert_string_equal(json_string_value(good), "caf\xc3\xa9");
    assert_string_equal(json_string_value(bad), "caf? ?end");
    json_decref(good);
    json_decref(bad);
}

static void test_what_is_const_is_gone_through_copied_and_held(void **state)
{
    json_t *object = parse("{\"a\":1,\"b\":2}");
    const json_t *seen = object, *member;
    const char *name;
    json_int_t sum = 0;
    (void)state;
    json_members_foreach(seen, name, member)
        sum += json_integer_value(member) * (name[0] == 'a' ? 1 : 10);
    assert_int_equal(sum, 21);
    json_members_foreach((const json_t *)NULL, name, member)
        fail();
    json_t *copy = json_copy_of(seen), *held = json_hold(seen);
    assert_true(copy != object && json_equal(copy, object));
    assert_ptr_equal(held, object);
    json_decref(object);
    assert_int_equal(json_object_size(held), 2);
    json_decref(held);
    json_decref(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_of_their_type_are_read),
        cmocka_unit_test(test_members_absent_or_of_another_type_give_the_default),
        cmocka_unit_test(test_an_integer_is_a_number_too),
        cmocka_unit_test(test_only_objects_are_taken),
        cmocka_unit_test(test_the_length_counts_and_not_a_nul),
        cmocka_unit_test(test_depth_is_limited),
        cmocka_unit_test(test_brackets_in_strings_are_no_depth),
        cmocka_unit_test(test_text_is_compact_and_reads_back),
        cmocka_unit_test(test_lossy_string_keeps_utf8_and_replaces_the_rest),
        cmocka_unit_test(test_what_is_const_is_gone_through_copied_and_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

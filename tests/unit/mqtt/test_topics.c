/* Names of topics, and what is read from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "mqtt/topics.h"

static const struct topics topics = {.prefix = "house/camd", .node = "cellar", .discovery = "homeassistant"};

static void test_names(void **state)
{
    char topic[TOPIC_BYTES];
    (void)state;
    assert_string_equal(topic_of_node(&topics, "status", topic), "house/camd/cellar/status");
    assert_string_equal(topic_of_camera(&topics, "front", "motion", topic),
                        "house/camd/cellar/camera/front/motion");
    assert_string_equal(topic_of_discovery(&topics, "front", topic),
                        "homeassistant/device/camd_cellar/front/config");
    assert_string_equal(topic_of_discovery(&topics, NULL, topic), "homeassistant/device/camd_cellar/config");
}

static void test_a_label_is_one_level(void **state)
{
    char level[TOPIC_LEVEL_BYTES];
    (void)state;
    assert_string_equal(topic_level("traffic light/+#$", level), "traffic_light____");
    assert_string_equal(topic_level("\xc3\xa9t\xc3\xa9", level), "\xc3\xa9t\xc3\xa9");
}

/* They were refused by the library, at each connection again, and what they were of was not published. */
static void test_what_mqtt_does_not_take_is_in_no_level(void **state)
{
    char level[TOPIC_LEVEL_BYTES];
    (void)state;
    assert_string_equal(topic_level("a\xc2\x85z\xc2\xa0", level), "a_z\xc2\xa0");
    assert_string_equal(topic_level("\xef\xb7\x90\xef\xb7\xaf\xef\xb7\xb0", level), "__\xef\xb7\xb0");
    assert_string_equal(topic_level("\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd", level), "__\xef\xbf\xbd");
    assert_string_equal(topic_level("\xf0\x9f\xbf\xbe\xf4\x8f\xbf\xbf\xf0\x9f\x98\x80", level),
                        "__\xf0\x9f\x98\x80");
}

static void test_what_is_set(void **state)
{
    char camera[TOPIC_NAME_BYTES], what[TOPIC_LEVEL_BYTES];
    (void)state;
    assert_true(topic_parse_set(&topics, "house/camd/cellar/camera/front/enabled/set", camera, what));
    assert_string_equal(camera, "front");
    assert_string_equal(what, "enabled");
    static const char *const others[] = {
        "house/camd/cellar/camera/front/enabled", "house/camd/cellar/camera/front/enabled/set/x",
        "house/camd/attic/camera/front/enabled/set", "house/camd/cellar/camera/front", ""};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(topic_parse_set(&topics, others[i], camera, what));
}

/* Nobody was told that a camera's name is too long, or not there at all: the command got no answer. */
static void test_what_is_set_of_what_cannot_be_is_parsed_to_be_refused(void **state)
{
    static const char name[] = "1234567890123456789012345678901234567890123456789";
    char camera[TOPIC_NAME_BYTES], what[TOPIC_LEVEL_BYTES], topic[TOPIC_BYTES];
    (void)state;
    snprintf(topic, sizeof(topic), "house/camd/cellar/camera/%s/enabled/set", name);
    assert_true(topic_parse_set(&topics, topic, camera, what));
    assert_int_equal(strlen(camera), CAMD_NAME_MAX + 1);
    assert_false(text_is_camera_name(camera));
    snprintf(topic, sizeof(topic), "house/camd/cellar/camera/front/%s%s/set", name, name);
    assert_true(topic_parse_set(&topics, topic, camera, what));
    assert_string_equal(camera, "front");
    assert_int_equal(strlen(what), TOPIC_LEVEL_BYTES - 1);
    assert_true(topic_parse_set(&topics, "house/camd/cellar/camera///set", camera, what));
    assert_string_equal(camera, "");
    assert_string_equal(what, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_a_label_is_one_level),
        cmocka_unit_test(test_what_mqtt_does_not_take_is_in_no_level),
        cmocka_unit_test(test_what_is_set),
        cmocka_unit_test(test_what_is_set_of_what_cannot_be_is_parsed_to_be_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

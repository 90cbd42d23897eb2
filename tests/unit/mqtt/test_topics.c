/* Names of topics, and what is read from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

static void test_what_is_set(void **state)
{
    char camera[CAMD_NAME_MAX + 1], what[TOPIC_LEVEL_BYTES];
    (void)state;
    assert_true(topic_parse_set(&topics, "house/camd/cellar/camera/front/enabled/set", camera, what));
    assert_string_equal(camera, "front");
    assert_string_equal(what, "enabled");
    static const char *const others[] = {
        "house/camd/cellar/camera/front/enabled",
        "house/camd/cellar/camera/front/enabled/set/x",
        "house/camd/cellar/camera//enabled/set",
        "house/camd/attic/camera/front/enabled/set",
        "house/camd/cellar/camera/front//set",
        "house/camd/cellar/camera/front",
        "house/camd/cellar/camera/12345678901234567890123456789012345678901/enabled/set",
        ""};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(topic_parse_set(&topics, others[i], camera, what));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_a_label_is_one_level),
        cmocka_unit_test(test_what_is_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

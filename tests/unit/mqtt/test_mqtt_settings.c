/*
 * mqtt.ini: the keys in the manual page are those of the table, and the example has the defaults. Arguments: page,
 * example.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/whole_file.h"
#include "config/config_plain.h"
#include "mqtt/mqtt_settings.h"

static const char *page, *example;

static char *read_file(const char *path)
{
    char *text = NULL;
    size_t length = 0;
    assert_int_equal(whole_file_read(path, 1 << 20, &text, &length), 0);
    return text;
}

static char *printed(bool keys, const struct mqtt_settings *settings)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    if (keys)
        config_plain_print_keys(&mqtt_plain, out);
    else
        config_plain_print(&mqtt_plain, settings, out, true);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void test_the_page_has_the_keys_of_the_table(void **state)
{
    char *text = read_file(page), *keys = printed(true, NULL);
    (void)state;
    if (!strstr(text, keys))
        printf("%s", keys);
    assert_non_null(strstr(text, keys));
    free(text);
    free(keys);
}

/* "# KEY = VALUE" in the example: all keys are there, with their defaults. */
static void test_the_example_shows_the_defaults(void **state)
{
    struct mqtt_settings settings = {0};
    struct config_problems *problems = calloc(1, sizeof(*problems));
    (void)state;
    assert_non_null(problems);
    assert_int_equal(config_plain_load(&mqtt_plain, example, &settings, problems), 0);
    char *text = read_file(example), *values = printed(false, &settings), *rest = values, *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        char shown[256];
        snprintf(shown, sizeof(shown), "\n# %s\n", line);
        if (*line && *line != '[' && !strstr(text, shown))
            fail_msg("%s: there is no line: %s", example, shown);
    }
    free(text);
    free(values);
    config_plain_clear(&mqtt_plain, &settings);
    free(problems);
}

static void test_names_of_nodes(void **state)
{
    char name[MQTT_NODE_BYTES], node[] = "cellar.example", commands[] = "enable,ptz";
    const struct mqtt_settings settings = {.node = node, .commands = commands};
    (void)state;
    mqtt_node_name(&settings, name);
    assert_string_equal(name, "cellar");
    assert_true(mqtt_takes_command(&settings, "enable"));
    assert_true(mqtt_takes_command(&settings, "ptz"));
    assert_false(mqtt_takes_command(&settings, "motion"));
    assert_int_equal(mqtt_port(&settings), 1883);
}

/* A URL with its password was one, and was shown: by --fleet, and in the log with each try. */
static void test_what_is_a_host_has_nothing_beside_it(void **state)
{
    static const char *const hosts[] = {"localhost",    "broker.example.org", "my_host-2",
                                        "192.0.2.1",    "2001:db8::1",        "::1",
                                        "fe80::1%eth0", "::ffff:192.0.2.1"};
    static const char *const others[] = {"",         "mqtt://u:hush@h:1883", "mqtt://h", "u:hush@h", "u@h",
                                         "u:hush",   "u:hush:1883",          "h:1883",   "h/x",      "[::1]",
                                         "h example"};
    (void)state;
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        assert_true(mqtt_is_host(hosts[i]));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(mqtt_is_host(others[i]));
}

/* Of settings that are well but for the text at member. */
static const char *key_of_problem(size_t member, const char *text)
{
    char broker[] = "localhost", prefix[] = "camd", bad[32];
    struct mqtt_settings settings = {.broker = broker, .prefix = prefix};
    const char *key = NULL;
    char *value = bad;
    snprintf(bad, sizeof(bad), "%s", text);
    memcpy((char *)&settings + member, &value, sizeof(value));
    return mqtt_plain.check(&settings, &key) ? key : "none";
}

/* camd-mqtt -n was content with them, and then nothing could be published. */
static void test_characters_that_mqtt_forbids_are_refused(void **state)
{
    static const char *const bad[] = {"a\xc2\x80",     "\xc2\x85/b",       "a\xc2\x9f",
                                      "\xef\xb7\x90",  "\xef\xb7\xaf",     "\xef\xbf\xbe",
                                      "a\xef\xbf\xbf", "\xf0\x9f\xbf\xbe", "\xf4\x8f\xbf\xbf"};
    static const char *const good[] = {
        "camd",         "\xc2\xa0",     "h\xc3\xb6he/\xe2\x82\xac", "\xef\xb7\x8f",
        "\xef\xb7\xb0", "\xef\xbf\xbd", "\xf0\x9f\x93\xb7"};
    static const size_t members[] = {offsetof(struct mqtt_settings, prefix),
                                     offsetof(struct mqtt_settings, discovery_prefix),
                                     offsetof(struct mqtt_settings, username)};
    static const char *const keys[] = {"prefix", "discovery_prefix", "username"};
    (void)state;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        for (size_t j = 0; j < sizeof(bad) / sizeof(bad[0]); j++)
            assert_string_equal(key_of_problem(members[i], bad[j]), keys[i]);
        for (size_t j = 0; j < sizeof(good) / sizeof(good[0]); j++)
            assert_string_equal(key_of_problem(members[i], good[j]), "none");
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_page_has_the_keys_of_the_table),
        cmocka_unit_test(test_the_example_shows_the_defaults),
        cmocka_unit_test(test_names_of_nodes),
        cmocka_unit_test(test_what_is_a_host_has_nothing_beside_it),
        cmocka_unit_test(test_characters_that_mqtt_forbids_are_refused),
    };
    if (argc != 3)
        return 2;
    page = argv[1];
    example = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}

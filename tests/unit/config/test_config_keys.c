/* Every key: its default, and what it takes and refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config_key_cases.h"

static void test_the_cases_are_all_keys(void **state)
{
    (void)state;
    assert_int_equal(config_key_count, key_case_count);
    for (size_t i = 0; i < key_case_count; i++)
        assert_string_equal(config_keys[i].name, key_cases[i].name);
}

static void test_defaults(void **state)
{
    (void)state;
    config_load_good("[camera front]\ninput = /a.mp4\n[detector d]\nbackend = motion\n");
    for (size_t i = 0; i < key_case_count; i++) {
        if (key_cases[i].standard)
            assert_key_case_value(&key_cases[i], key_case_owner(&key_cases[i], loaded),
                                  key_cases[i].standard);
    }
    assert_null(loaded->group);
    assert_null(loaded->log);
    assert_int_equal(loaded->log_level, 3); /* LOG_INFO */
    const struct config_camera *camera = &loaded->cameras[0];
    assert_int_equal(camera->open_timeout_ms, 10000);
    assert_int_equal(camera->restart_delay_ms, 500);
    assert_int_equal(camera->width, 0);
    assert_int_equal(camera->restart_limit, 0);
    assert_true(camera->motion_skip_threshold <= 0);
    assert_null(camera->capture);
    assert_null(loaded->defaults.input);
}

static void test_defaults_without_a_file(void **state)
{
    (void)state;
    assert_int_equal(config_load(NULL, &loaded, &problems), 0);
    assert_null(loaded->file);
    assert_int_equal(loaded->camera_count, 0);
    assert_string_equal(loaded->run_dir, "/run/camd");
}

static void test_good_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < key_case_count; i++) {
        const struct key_case *key_case = &key_cases[i];
        const char *title = key_case_title(key_case);
        for (const struct value *value = key_case->good; value->text; value++) {
            key_case_load_good(key_case, title, value->text);
            assert_key_case_value(key_case, key_case_owner(key_case, loaded), value->result);
        }
    }
}

static void test_bad_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < key_case_count; i++) {
        const struct key_case *key_case = &key_cases[i];
        for (const struct value *value = key_case->bad; value->text; value++) {
            if (key_case_load(key_case, key_case_title(key_case), value->text) == 0)
                fail_msg("%s = %s passed", key_case->name, value->text);
            const struct config_problem *problem = &problems.list[0];
            if (problems.count != 1 || !strstr(problem->text, value->result) || problem->line != 2)
                fail_msg("%s = %s: line %u: %s, not: %s", key_case->name, value->text, problem->line,
                         problem->text, value->result);
            assert_non_null(strstr(problem->text, ": expected "));
            assert_memory_equal(problem->key, key_case->name, strlen(key_case->name));
        }
    }
}

static void test_defaults_section_and_camera(void **state)
{
    (void)state;
    for (size_t i = 0; i < key_case_count; i++) {
        const struct key_case *key_case = &key_cases[i];
        if (!(key_case_key(key_case)->places & CONFIG_PLACE_DEFAULTS))
            continue;
        key_case_load_good(key_case, "defaults", key_case->good[0].text);
        assert_key_case_value(key_case, &loaded->defaults, key_case->good[0].result);
        assert_key_case_value(key_case, &loaded->cameras[0], key_case->good[0].result);
    }
    config_load_good(
        "[camera front]\ninput = /a\nfps = 9\n[defaults]\nfps = 7\nloop = yes\n[camera back]\ninput = /b\n");
    assert_true(loaded->cameras[0].fps > 8.9 && loaded->cameras[0].loop);
    assert_true(loaded->cameras[1].fps < 7.1 && loaded->cameras[1].loop);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, config_fixture_set_up, config_fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_cases_are_all_keys),
        TEST(test_defaults),
        TEST(test_defaults_without_a_file),
        TEST(test_good_values),
        TEST(test_bad_values),
        TEST(test_defaults_section_and_camera),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

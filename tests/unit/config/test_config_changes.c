/* What a change of each key asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config_key_cases.h"

static void test_changes_of_cameras(void **state)
{
    (void)state;
    for (size_t i = 0; i < key_case_count; i++) {
        const struct key_case *key_case = &key_cases[i];
        if (key_case_is_of_camd(key_case) || key_case_is_of_detector(key_case))
            continue;
        struct config_camera before, after;
        config_load_good("[camera front]\ninput = rtsp://u@h/x\n");
        assert_int_equal(config_camera_copy(&before, &loaded->cameras[0]), 0);
        key_case_load_good(key_case, "camera front", key_case->good[0].text);
        assert_int_equal(config_camera_copy(&after, &loaded->cameras[0]), 0);
        if (config_camera_compare(&before, &after) != key_case->apply ||
            config_camera_compare(&after, &before) != key_case->apply)
            fail_msg("a change of %s asks for %#x", key_case->name, config_camera_compare(&before, &after));
        assert_int_equal(config_camera_compare(&after, &after), 0);
        assert_int_equal(config_camera_compare(&after, &loaded->cameras[0]), 0);
        config_camera_fini(&before);
        config_camera_fini(&after);
    }
}

static void test_changes_of_detectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < key_case_count; i++) {
        const struct key_case *key_case = &key_cases[i];
        if (!key_case_is_of_detector(key_case) || strcmp(key_case->name, "labels") == 0)
            continue;
        struct config_detector before;
        config_load_good("[detector d]\nbackend = motion\n");
        assert_int_equal(config_detector_copy(&before, &loaded->detectors[0]), 0);
        assert_int_equal(config_detector_compare(&before, &loaded->detectors[0]), 0);
        key_case_load_good(key_case, "detector d", key_case->good[0].text);
        unsigned int apply = config_detector_compare(&before, &loaded->detectors[0]);
        /* with another back-end letterbox is another, too */
        if (apply != (key_case->apply | (strcmp(key_case->name, "backend") == 0 ? CONFIG_APPLY_LIVE : 0U)))
            fail_msg("a change of %s asks for %#x", key_case->name, apply);
        config_detector_fini(&before);
    }
}

static void test_changes_of_masks(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "mask.a = motion 0,0 1,0 1,1\n",
        "mask.a = motion 0,0 1,0 1,0.9\n",
        "mask.a = motion 0,0 1,0 1,1 0,1\n",
        "mask.b = motion 0,0 1,0 1,1\n",
        "mask.a = motion 0,0 1,0 1,1\nmask.b = motion 0,0 1,0 1,1\n",
    };
    enum { COUNT = sizeof(texts) / sizeof(*texts) };
    struct config_camera cameras[COUNT];
    char text[256];
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(text, sizeof(text), "[camera front]\ninput = /a\n%s", texts[i]);
        config_load_good(text);
        assert_int_equal(config_camera_copy(&cameras[i], &loaded->cameras[0]), 0);
    }
    for (size_t i = 0; i < COUNT * COUNT; i++)
        assert_int_equal(config_camera_compare(&cameras[i / COUNT], &cameras[i % COUNT]),
                         i / COUNT == i % COUNT ? 0 : CONFIG_APPLY_LIVE);
    for (size_t i = 0; i < COUNT; i++)
        config_camera_fini(&cameras[i]);
}

static void test_changes_of_the_daemon(void **state)
{
    (void)state;
    for (size_t i = 0; i < key_case_count; i++) {
        const struct key_case *key_case = &key_cases[i];
        if (!key_case_is_of_camd(key_case))
            continue;
        config_load_good("");
        struct config *before = loaded;
        loaded = NULL;
        key_case_load_good(key_case, "camd", key_case->good[0].text);
        char *changes = config_daemon_changes(before, loaded);
        if (key_case->apply == CONFIG_APPLY_START)
            assert_string_equal(changes, key_case->name);
        else
            assert_null(changes);
        assert_int_equal(key_case_key(key_case)->apply, key_case->apply);
        free(changes);
        config_free(before);
    }
}

static void test_keeps_what_only_a_new_start_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < key_case_count; i++) {
        const struct key_case *key_case = &key_cases[i];
        if (!key_case_is_of_camd(key_case))
            continue;
        struct config *running, *standard;
        assert_int_equal(config_standard(&running), 0);
        assert_int_equal(config_standard(&standard), 0);
        key_case_load_good(key_case, "camd", key_case->good[0].text);
        config_daemon_keep(loaded, running);
        assert_null(config_daemon_changes(standard, loaded));
        assert_int_equal(config_value_is_equal(key_case_key(key_case), standard, loaded),
                         key_case->apply == CONFIG_APPLY_START);
        config_free(running);
        config_free(standard);
    }
}

static void test_names_the_changes_of_the_daemon(void **state)
{
    (void)state;
    config_load_good("");
    struct config *before = loaded;
    loaded = NULL;
    config_load_good("[camd]\nrun_dir = /x\nlog = /y\nlog_level = debug\nshm_prefix = z.\n");
    char *changes = config_daemon_changes(before, loaded);
    assert_string_equal(changes, "run_dir, log, shm_prefix");
    free(changes);
    config_free(before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, config_fixture_set_up, config_fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_changes_of_cameras),
        TEST(test_changes_of_detectors),
        TEST(test_changes_of_masks),
        TEST(test_changes_of_the_daemon),
        TEST(test_keeps_what_only_a_new_start_changes),
        TEST(test_names_the_changes_of_the_daemon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

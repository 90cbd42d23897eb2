/* The part of the configuration that capture uses: defaults, refusals, changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <errno.h>

#include "capture/capture_settings.h"

#define S INT64_C(1000000000)

static void test_defaults(void **state)
{
    (void)state;
    struct settings settings;
    const char *problem = NULL;
    json_t *config = json_pack("{s:s}", "input", "clip.avi");

    assert_int_equal(capture_settings_read(&settings, config, &problem), 0);
    assert_null(problem);
    assert_string_equal(settings.input, "clip.avi");
    assert_int_equal(settings.width, 0);
    assert_true(settings.fps >= 5 && settings.fps <= 5);
    assert_true(settings.pace);
    assert_false(settings.loop);
    assert_string_equal(settings.rtsp_transport, "tcp");
    assert_int_equal(settings.open_timeout_ns, 10 * S);
    assert_int_equal(settings.read_timeout_ns, 10 * S);
    capture_settings_fini(&settings);
    json_decref(config);
}

static void assert_refused(json_t *config)
{
    struct settings settings = {.width = 77};
    const char *problem = NULL;
    assert_int_equal(capture_settings_read(&settings, config, &problem), -EINVAL);
    assert_non_null(problem);
    assert_int_equal(settings.width, 77);
    json_decref(config);
}

static void test_nonsense_is_refused(void **state)
{
    (void)state;
    assert_refused(json_pack("{}"));
    assert_refused(json_pack("{s:s}", "input", ""));
    assert_refused(json_pack("{s:s, s:i}", "input", "a", "width", 640));
    assert_refused(json_pack("{s:s, s:i, s:i}", "input", "a", "width", 641, "height", 480));
    assert_refused(json_pack("{s:s, s:i, s:i}", "input", "a", "width", 8, "height", 480));
    assert_refused(json_pack("{s:s, s:i, s:i}", "input", "a", "width", 640, "height", 100000));
    assert_refused(json_pack("{s:s, s:i, s:i}", "input", "a", "width", -2, "height", -2));
    assert_refused(json_pack("{s:s, s:f}", "input", "a", "fps", 0.0));
    assert_refused(json_pack("{s:s, s:f}", "input", "a", "fps", 1e9));
    assert_refused(json_pack("{s:s, s:s}", "input", "a", "rtsp_transport", "carrier pigeon"));
}

static void test_time_outs_are_bounded(void **state)
{
    (void)state;
    struct settings settings;
    const char *problem;
    json_t *config = json_pack("{s:s, s:f, s:f}", "input", "a", "open_timeout", 0.0, "read_timeout", 1e12);

    assert_int_equal(capture_settings_read(&settings, config, &problem), 0);
    assert_int_equal(settings.open_timeout_ns, 10 * S);
    assert_int_equal(settings.read_timeout_ns, SETTINGS_TIMEOUT_MAX_S * S);
    capture_settings_fini(&settings);
    json_decref(config);
}

static void test_update_takes_good_values_only(void **state)
{
    (void)state;
    struct settings settings = {.fps = 5, .pace = true};
    json_t *better = json_pack("{s:f, s:b, s:b}", "fps", 2.0, "loop", 1, "pace", 0);
    json_t *worse = json_pack("{s:f}", "fps", -1.0);

    assert_true(capture_settings_update(&settings, better));
    assert_true(settings.fps >= 2 && settings.fps <= 2);
    assert_true(settings.loop);
    assert_false(settings.pace);
    assert_false(capture_settings_update(&settings, better));
    assert_false(capture_settings_update(&settings, worse));
    assert_true(settings.fps >= 2 && settings.fps <= 2);
    json_decref(better);
    json_decref(worse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_nonsense_is_refused),
        cmocka_unit_test(test_time_outs_are_bounded),
        cmocka_unit_test(test_update_takes_good_values_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

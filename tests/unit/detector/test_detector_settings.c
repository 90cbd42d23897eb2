#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "detector/detector_settings.h"

static json_t *parse(const char *text)
{
    json_t *config = json_loads(text, 0, NULL);
    assert_non_null(config);
    return config;
}

static void what_is_absent_is_the_models(void **state)
{
    (void)state;
    json_t *config = parse("{\"backend\": \"opencv-hog\", \"width\": 768, \"height\": 576, \"model\": null}");
    struct detector_settings settings;
    const char *backend;
    char problem[DETECTOR_PROBLEM_BYTES];
    assert_int_equal(detector_settings_read(config, &backend, &settings, problem), 0);
    assert_string_equal(backend, "opencv-hog");
    assert_null(settings.model);
    assert_string_equal(settings.head, "auto");
    assert_int_equal(settings.width, 768);
    assert_int_equal(settings.height, 576);
    assert_int_equal(settings.order, DETECTOR_ORDER_BGR);
    assert_false(settings.order_is_given);
    assert_int_equal(settings.threads, 1);
    assert_int_equal(settings.label_count, 0);
    for (int i = 0; i < 3; i++) {
        assert_true(settings.mean[i] == DETECTOR_UNSET);
        assert_true(settings.scale[i] == DETECTOR_UNSET);
    }
    assert_true(settings.score_threshold == DETECTOR_UNSET);
    assert_true(settings.nms_threshold == DETECTOR_UNSET);
    json_decref(config);
}

static void everything_is_read(void **state)
{
    (void)state;
    json_t *config = parse(
        "{\"backend\": \"opencv-dnn\", \"width\": 512, \"height\": 384, \"model\": \"m.onnx\", \"head\": \"yolo\", \"mean\": [1, 2.5, 3], \"scale\": 0.5, \"colour_order\": \"rgb\", \"score_threshold\": 0.25, \"nms_threshold\": 0.75, \"threads\": 2, \"labels\": [\"a\", \"b\"], \"something_newer\": {}}");
    struct detector_settings settings;
    const char *backend;
    char problem[DETECTOR_PROBLEM_BYTES];
    assert_int_equal(detector_settings_read(config, &backend, &settings, problem), 0);
    assert_string_equal(settings.model, "m.onnx");
    assert_string_equal(settings.head, "yolo");
    assert_float_equal(settings.mean[1], 2.5, 1e-6);
    assert_float_equal(settings.scale[0], 0.5, 1e-6);
    assert_float_equal(settings.scale[2], 0.5, 1e-6);
    assert_int_equal(settings.order, DETECTOR_ORDER_RGB);
    assert_true(settings.order_is_given);
    assert_float_equal(settings.score_threshold, 0.25, 1e-6);
    assert_float_equal(settings.nms_threshold, 0.75, 1e-6);
    assert_int_equal(settings.threads, 2);
    assert_int_equal(settings.label_count, 2);
    json_decref(config);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *members, *said;
    } WRONG[] = {
        {"\"height\": 32", "width and height"},
        {"\"width\": 32, \"height\": 15", "height: expected a whole number from 16 to 8192"},
        {"\"width\": 32.5, \"height\": 32", "width: expected a whole number"},
        {"\"width\": 32, \"height\": 32, \"threads\": 0", "threads: expected a whole number from 1 to 64"},
        {"\"width\": 32, \"height\": 32, \"mean\": [1, 2]", "mean: expected 3 numbers"},
        {"\"width\": 32, \"height\": 32, \"mean\": [1, 2, \"3\"]", "mean: expected a number"},
        {"\"width\": 32, \"height\": 32, \"score_threshold\": 1.5",
         "score_threshold: expected a number from 0 to 1"},
        {"\"width\": 32, \"height\": 32, \"colour_order\": \"gbr\"", "colour_order: expected rgb or bgr"},
        {"\"width\": 32, \"height\": 32, \"model\": 7", "model: expected a string"},
    };
    for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
        char text[256], problem[DETECTOR_PROBLEM_BYTES] = "";
        struct detector_settings settings;
        const char *backend = NULL;
        snprintf(text, sizeof(text), "{%s}", WRONG[i].members);
        json_t *config = parse(text);
        assert_int_equal(detector_settings_read(config, &backend, &settings, problem), -EINVAL);
        assert_null(backend);
        assert_non_null(strstr(problem, WRONG[i].said));
        json_decref(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_absent_is_the_models),
        cmocka_unit_test(everything_is_read),
        cmocka_unit_test(what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/settings.h"

static struct settings settings;
static char problem[SETTINGS_PROBLEM_BYTES];

static int read_text(const char *text)
{
    json_t *config = json_loads(text, 0, NULL);
    assert_non_null(config);
    problem[0] = '\0';
    int result = settings_read(config, &settings, problem);
    json_decref(config);
    return result;
}

static void absent_members_have_the_defaults(void **state)
{
    (void)state;
    assert_int_equal(read_text("{}"), 0);
    assert_true(settings.motion);
    assert_int_equal(settings.motion_height, 100);
    assert_int_equal(settings.off_delay_ns, INT64_C(30000000000));
    assert_int_equal(settings.detector.threshold, 30);
    assert_true(settings.detector.contour_area == 10.0);
    assert_true(settings.detector.frame_alpha == 0.01);
    assert_true(settings.detector.lightning_threshold == 0.8);
    assert_true(settings.detector.skip_threshold == 0.0);
    assert_true(settings.detector.improve_contrast);
    assert_int_equal(settings.mask_count, 0);
}

static void all_members_are_read(void **state)
{
    (void)state;
    assert_int_equal(
        read_text("{\"motion\": false, \"motion_threshold\": 40, \"motion_contour_area\": 20,"
                  " \"motion_frame_height\": 180, \"motion_frame_alpha\": 0.05,"
                  " \"motion_lightning_threshold\": 0.5, \"motion_skip_threshold\": 0.7,"
                  " \"motion_improve_contrast\": false, \"motion_off_delay\": 2.5, \"fps\": 5,"
                  " \"masks\": [{\"name\": \"tree\", \"points\": [[0, 0], [1, 0], [0.5, 0.25]]}]}"),
        0);
    assert_false(settings.motion);
    assert_int_equal(settings.motion_height, 180);
    assert_int_equal(settings.off_delay_ns, INT64_C(2500000000));
    assert_int_equal(settings.detector.threshold, 40);
    assert_true(settings.detector.contour_area == 20.0);
    assert_true(settings.detector.frame_alpha == 0.05);
    assert_true(settings.detector.lightning_threshold == 0.5);
    assert_true(settings.detector.skip_threshold == 0.7);
    assert_false(settings.detector.improve_contrast);
    assert_int_equal(settings.mask_count, 1);
    assert_int_equal(settings.masks[0].count, 3);
    assert_true(settings.masks[0].points[2].x == 0.5 && settings.masks[0].points[2].y == 0.25);
}

static void an_absent_skip_threshold_may_be_null(void **state)
{
    (void)state;
    assert_int_equal(read_text("{\"motion_skip_threshold\": null}"), 0);
    assert_true(settings.detector.skip_threshold == 0.0);
}

static void mistakes_are_named_and_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *text, *key;
    } cases[] = {
        {"{\"motion_threshold\": 0}", "motion_threshold"},
        {"{\"motion_threshold\": 256}", "motion_threshold"},
        {"{\"motion_threshold\": \"30\"}", "motion_threshold"},
        {"{\"motion_frame_alpha\": -0.1}", "motion_frame_alpha"},
        {"{\"motion_lightning_threshold\": 0.2}", "motion_lightning_threshold"},
        {"{\"motion_off_delay\": -1}", "motion_off_delay"},
        {"{\"motion\": 1}", "motion: "},
        {"{\"masks\": {}}", "masks"},
        {"{\"masks\": [{\"name\": \"a\", \"points\": [[0, 0], [1, 1]]}]}", "mask a"},
        {"{\"masks\": [{\"name\": \"a\", \"points\": [[0, 0], [1, 1], [0, 1.01]]}]}", "mask a"},
        {"{\"masks\": [{\"name\": \"a\", \"points\": [[0, 0], [1, 1], [0]]}]}", "mask a"},
        {"{\"masks\": [{\"points\": 3}]}", "mask (without a name)"},
        {"{\"masks\": [7]}", "mask (without a name)"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(read_text("{\"motion_threshold\": 77}"), 0);
        struct settings before = settings;
        assert_int_equal(read_text(cases[i].text), -22);
        assert_non_null(strstr(problem, cases[i].key));
        assert_non_null(strstr(problem, "expected"));
        assert_memory_equal(&settings, &before, sizeof(before));
    }
}

static void too_many_masks_are_refused(void **state)
{
    (void)state;
    for (int count = MASK_POLYGONS_MAX; count <= MASK_POLYGONS_MAX + 1; count++) {
        json_t *masks = json_array();
        for (int i = 0; i < count; i++)
            json_array_append_new(
                masks, json_pack("{s:s, s:[[i,i],[i,i],[i,i]]}", "name", "a", "points", 0, 0, 1, 0, 1, 1));
        json_t *config = json_pack("{s:o}", "masks", masks);
        assert_int_equal(settings_read(config, &settings, problem), count <= MASK_POLYGONS_MAX ? 0 : -22);
        json_decref(config);
    }
}

static void masks_are_compared_by_their_points(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{\"masks\": [{\"name\": \"a\", \"points\": [[0, 0], [1, 0], [1, 1]]}]}",
        "{\"masks\": [{\"name\": \"a\", \"points\": [[0, 0], [1, 0], [1, 0.9]]}]}",
        "{\"masks\": [{\"name\": \"a\", \"points\": [[0, 0], [1, 0], [1, 1], [0, 1]]}]}",
    };
    static struct settings read[4];
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(read_text(texts[i]), 0);
        read[i] = settings;
    }
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++)
            assert_int_equal(settings_masks_are_equal(&read[i], &read[j]), i == j);
    assert_int_equal(read_text("{\"masks\": [{\"name\": \"b\", \"points\": [[0, 0], [1, 0], [1, 1]]}]}"), 0);
    assert_true(settings_masks_are_equal(&settings, &read[1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_members_have_the_defaults),
        cmocka_unit_test(all_members_are_read),
        cmocka_unit_test(an_absent_skip_threshold_may_be_null),
        cmocka_unit_test(mistakes_are_named_and_change_nothing),
        cmocka_unit_test(too_many_masks_are_refused),
        cmocka_unit_test(masks_are_compared_by_their_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

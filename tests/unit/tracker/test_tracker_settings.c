#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/config_keys.h"
#include "tracker/tracker_settings.h"

/* What the configuration allows, the tracker has room for. */
_Static_assert((int)CONFIG_ZONES_MAX <= (int)ZONES_MAX && (int)CONFIG_MASKS_MAX <= (int)MASK_POLYGONS_MAX &&
                   (int)CONFIG_FILTERS_MAX <= (int)FILTERS_MAX &&
                   (int)CONFIG_ZONE_FILTERS_MAX <= (int)ZONE_FILTERS_MAX &&
                   (int)CONFIG_LIMITS_MAX <= (int)FILTERS_MAX &&
                   (int)CONFIG_LIST_MAX <= (int)ZONE_OBJECTS_MAX &&
                   (int)CONFIG_POINTS_MAX <= (int)MASK_POINTS_MAX,
               "config.h beside the tracker's headers");

static struct settings settings;
static char problem[SETTINGS_PROBLEM_BYTES];

static int read_text(const char *text)
{
    json_t *config = json_loads(text, 0, NULL);
    assert_non_null(config);
    problem[0] = '\0';
    int result = tracker_settings_read(config, &settings, problem);
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
    assert_true(settings.detector.ignore_light && settings.detector.ignore_restless);
    assert_int_equal(settings.mask_count, 0);
}

static void all_members_are_read(void **state)
{
    (void)state;
    assert_int_equal(
        read_text(
            "{\"motion\": false, \"motion_threshold\": 40, \"motion_contour_area\": 20, \"motion_frame_height\": 180, \"motion_frame_alpha\": 0.05, \"motion_lightning_threshold\": 0.5, \"motion_skip_threshold\": 0.7, \"motion_improve_contrast\": false, \"motion_ignore_light\": false, \"motion_ignore_restless\": false, \"motion_off_delay\": 2.5, \"fps\": 5, \"masks\": [{\"name\": \"tree\", \"points\": [[0, 0], [1, 0], [0.5, 0.25]]}]}"),
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
    assert_false(settings.detector.ignore_light || settings.detector.ignore_restless);
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
        assert_int_equal(tracker_settings_read(config, &settings, problem),
                         count <= MASK_POLYGONS_MAX ? 0 : -22);
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
            assert_int_equal(tracker_settings_masks_are_equal(&read[i], &read[j]), i == j);
    assert_int_equal(read_text("{\"masks\": [{\"name\": \"b\", \"points\": [[0, 0], [1, 0], [1, 1]]}]}"), 0);
    assert_true(tracker_settings_masks_are_equal(&settings, &read[1]));
}

static void objects_have_their_defaults(void **state)
{
    (void)state;
    assert_int_equal(read_text("{}"), 0);
    assert_int_equal(settings.detection.backend, SETTINGS_BACKEND_NONE);
    assert_int_equal(settings.label_count, 1);
    assert_string_equal(settings.labels[0], "person");
    assert_int_equal(settings.max_regions, 8);
    assert_int_equal(settings.detection_budget_ns, 500000000);
    assert_int_equal(settings.filter_count + settings.zone_count + settings.object_mask_count, 0);
    struct tracker_settings_tracking tracking = tracker_settings_tracking(&settings);
    assert_int_equal(tracking.stationary_interval, 50);
    assert_int_equal(tracking.stationary_threshold, 50);
    assert_int_equal(tracking.max_disappeared, 25);
    assert_int_equal(tracking.min_initialized, 2);
    assert_int_equal(read_text("{\"fps\": 10, \"max_disappeared\": 7, \"stationary_interval\": 3}"), 0);
    tracking = tracker_settings_tracking(&settings);
    assert_int_equal(tracking.stationary_interval, 3);
    assert_int_equal(tracking.stationary_threshold, 100);
    assert_int_equal(tracking.max_disappeared, 7);
    assert_int_equal(tracking.min_initialized, 5);
}

/* One that was given and one that was derived could be such that an object was lost before it was sure. */
static void an_object_is_sure_before_it_is_lost(void **state)
{
    (void)state;
    assert_int_equal(read_text("{\"fps\": 10, \"max_disappeared\": 4}"), 0);
    struct tracker_settings_tracking tracking = tracker_settings_tracking(&settings);
    assert_int_equal(tracking.max_disappeared, 4);
    assert_int_equal(tracking.min_initialized, 3);
    assert_int_equal(read_text("{\"fps\": 10, \"min_initialized\": 1000}"), 0);
    tracking = tracker_settings_tracking(&settings);
    assert_int_equal(tracking.max_disappeared, 1001);
    assert_int_equal(tracking.min_initialized, 1000);
}

static void zones_filters_masks_and_the_detector_are_read(void **state)
{
    (void)state;
    assert_int_equal(
        read_text(
            "{\"objects_track\": [\"car\", \"dog\"], \"max_regions\": 3, \"detection_budget\": 0.25, \"filters\": {\"car\": {\"min_score\": 0.25, \"threshold\": 0.5, \"min_area\": 0.125, \"max_area\": 900, \"min_ratio\": 0.5, \"max_ratio\": 2}, \"dog\": {}}, \"zones\": [{\"name\": \"yard\", \"points\": [[0,0],[1,0],[1,1]], \"inertia\": 5, \"loitering_time\": 1.5, \"objects\": [\"dog\"]}, {\"name\": \"b\", \"points\": [[0,0],[1,0],[1,1]]}], \"masks\": [{\"name\": \"a\", \"kind\": \"object\", \"label\": null, \"points\": [[0,0],[1,0],[1,1]]}, {\"name\": \"b\", \"kind\": \"motion\", \"points\": [[0,0],[1,0],[1,1]]}, {\"name\": \"c\", \"kind\": \"object\", \"label\": \"dog\", \"points\": [[0,0],[1,0],[1,1]]}], \"detector\": {\"name\": \"d\", \"backend\": \"opencv-dnn\", \"width\": 416, \"height\": 320, \"letterbox\": true}}"),
        0);
    assert_int_equal(settings.label_count, 2);
    assert_string_equal(settings.labels[1], "dog");
    assert_int_equal(settings.max_regions, 3);
    assert_int_equal(settings.detection_budget_ns, 250000000);
    assert_int_equal(settings.filter_count, 2);
    const struct filter *car = &settings.filters[strcmp(settings.filters[0].label, "car") == 0 ? 0 : 1];
    assert_true(car->min_score == .25F && car->threshold == .5F && car->min_area == .125 &&
                car->max_area == 900);
    assert_true(car->min_ratio == .5 && car->max_ratio == 2);
    assert_int_equal(settings.zone_count, 2);
    assert_int_equal(settings.zones[0].inertia, 5);
    assert_int_equal(settings.zones[0].loitering_ns, 1500000000);
    assert_string_equal(settings.zones[0].objects[0], "dog");
    assert_int_equal(settings.zones[1].inertia, 3);
    assert_int_equal(settings.zones[1].loitering_ns, 0);
    assert_int_equal(settings.mask_count, 1);
    assert_int_equal(settings.object_mask_count, 2);
    assert_string_equal(settings.object_masks[0].label, "");
    assert_string_equal(settings.object_masks[1].label, "dog");
    assert_int_equal(settings.detection.backend, SETTINGS_BACKEND_PROCESS);
    assert_int_equal(settings.detection.width, 416);
    assert_true(settings.detection.letterbox);
    assert_int_equal(read_text("{\"detector\": {\"name\": \"m\", \"backend\": \"motion\"}}"), 0);
    assert_int_equal(settings.detection.backend, SETTINGS_BACKEND_MOTION);
    assert_int_equal(read_text("{\"detector\": null}"), 0);
    assert_int_equal(settings.detection.backend, SETTINGS_BACKEND_NONE);
}

static void mistakes_about_objects_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *key;
    } cases[] = {
        {"{\"fps\": 0}", "fps"},
        {"{\"max_regions\": 17}", "max_regions"},
        {"{\"objects_track\": \"person\"}", "objects_track"},
        {"{\"objects_track\": [\"\"]}", "objects_track"},
        {"{\"filters\": []}", "filters"},
        {"{\"filters\": {\"car\": 1}}", "filters"},
        {"{\"filters\": {\"car\": {\"min_score\": 1.5}}}", "filters: car: min_score"},
        {"{\"zones\": [{\"points\": [[0,0],[1,0],[1,1]]}]}", "zones"},
        {"{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0]]}]}", "zone a"},
        {"{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1]], \"inertia\": 0}]}",
         "zone a: inertia"},
        {"{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1]], \"loitering_time\": -1}]}",
         "zone a: loitering_time"},
        {"{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1]], \"objects\": [1]}]}",
         "zone a: objects"},
        {"{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1]], \"distances\": [4,12,4,12]}]}",
         "zone a: distances"},
        {"{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1],[0,1]], \"distances\": [4,12,4]}]}",
         "zone a: distances"},
        {"{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,1],[1,0],[0,1]], \"distances\": [4,12,4,12]}]}",
         "zone a: distances"},
        {"{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1],[0,1]], \"distances\": [4,12,4,32]}]}",
         "zone a: distances"},
        {"{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1],[0,1]], \"speed_threshold\": 2}]}",
         "zone a: speed_threshold"},
        {"{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1]], \"filters\": {\"car\": {\"threshold\": 2}}}]}",
         "zone a: filters: car: threshold"},
        {"{\"stationary_max_frames\": -1}", "stationary_max_frames"},
        {"{\"stationary_max_frames_by_label\": {\"car\": -1}}", "stationary_max_frames_by_label"},
        {"{\"stationary_max_frames_by_label\": 5}", "stationary_max_frames_by_label"},
        {"{\"masks\": [{\"name\": \"a\", \"kind\": \"face\", \"points\": [[0,0],[1,0],[1,1]]}]}",
         "mask a: kind"},
        {"{\"masks\": [{\"name\": \"a\", \"kind\": \"object\", \"label\": 3, \"points\": [[0,0],[1,0],[1,1]]}]}",
         "mask a: label"},
        {"{\"detector\": {}}", "detector"},
        {"{\"detector\": {\"name\": \"a\", \"backend\": \"x\"}}", "detector"},
        {"{\"detector\": {\"name\": \"a\", \"backend\": \"x\", \"width\": 320, \"height\": 320, \"letterbox\": 1}}",
         "letterbox"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(read_text("{\"max_regions\": 5}"), 0);
        assert_int_equal(read_text(cases[i].text), -22);
        if (!strstr(problem, cases[i].key))
            fail_msg("%s: \"%s\"", cases[i].text, problem);
        assert_int_equal(settings.max_regions, 5);
    }
}

/* camd sends every setting; one who starts the tracker without must not get others than camd.ini(5) promises. */
static void defaults_are_those_of_the_key_table(void **state)
{
    (void)state;
    static struct settings sent;
    struct config *config = NULL;
    assert_int_equal(config_standard(&config), 0);
    json_t *json = config_camera_json(&config->defaults, NULL);
    assert_int_equal(tracker_settings_read(json, &sent, problem), 0);
    json_decref(json);
    config_free(config);
    assert_int_equal(read_text("{}"), 0);
    assert_memory_equal(&settings, &sent, sizeof(sent));
}

/* Whatever number the key table allows for a camera, the tracker takes. */
static void all_that_the_key_table_allows_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (!key->is_worker || !(key->places & CONFIG_PLACE_CAMERA) || key->family || !(key->most > 0))
            continue;
        for (int most = 0; most < 2; most++) {
            json_t *json = json_pack("{s:f}", key->name, most ? key->most : key->least);
            if (tracker_settings_read(json, &settings, problem) < 0)
                fail_msg("%s: %s", key->name, problem);
            json_decref(json);
        }
    }
}

static void filters_and_speeds_of_zones_are_read(void **state)
{
    (void)state;
    assert_int_equal(
        read_text(
            "{\"stationary_max_frames\": 600, \"stationary_max_frames_by_label\": {\"car\": null, \"dog\": 20}, \"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1],[0,1]], \"distances\": [4, 12.5, 4, 12.5], \"speed_threshold\": 2.5, \"filters\": {\"dog\": {\"min_area\": 0.25, \"threshold\": 0.9}}}, {\"name\": \"b\", \"points\": [[0,0],[1,0],[1,1]], \"distances\": null, \"speed_threshold\": null}]}"),
        0);
    const struct zone *zone = &settings.zones[0];
    assert_true(zone->has_distances && zone->distances[1] == 12.5 && zone->speed_threshold == 2.5);
    assert_int_equal(zone->filter_count, 1);
    assert_string_equal(zone->filters[0].label, "dog");
    assert_true(zone->filters[0].min_area == .25 && zone->filters[0].threshold == .9F &&
                zone->filters[0].min_score == 0 && isinf(zone->filters[0].max_area));
    assert_false(settings.zones[1].has_distances || settings.zones[1].speed_threshold > 0);
    assert_int_equal(settings.stationary_limit, 600);
    assert_int_equal(settings.stationary_limit_count, 2);
    const int dog = strcmp(settings.stationary_limits[0].label, "dog") == 0 ? 0 : 1;
    assert_int_equal(settings.stationary_limits[dog].frames, 20);
    assert_int_equal(settings.stationary_limits[1 - dog].frames, 0);
}

static void zones_are_compared_whole(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1]]}]}",
        "{\"zones\": [{\"name\": \"b\", \"points\": [[0,0],[1,0],[1,1]]}]}",
        "{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,0.5]]}]}",
        "{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1]], \"inertia\": 4}]}",
        "{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1]], \"loitering_time\": 4}]}",
        "{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1]], \"objects\": [\"car\"]}]}",
        "{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1]], \"objects\": [\"dog\"]}]}",
        "{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1]], \"filters\": {\"dog\": {}}}]}",
        "{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1]], \"filters\": {\"dog\": {\"min_area\": 2}}}]}",
        "{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1],[0,1]]}]}",
        "{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1],[0,1]], \"distances\": [4,12,4,12]}]}",
        "{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1],[0,1]], \"distances\": [4,12,4,11]}]}",
        "{\"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1],[0,1]], \"distances\": [4,12,4,12], \"speed_threshold\": 2}]}",
    };
    enum { COUNT = sizeof(texts) / sizeof(texts[0]) };
    static struct settings read[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(read_text(texts[i]), 0);
        read[i] = settings;
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++)
            assert_int_equal(tracker_settings_zones_are_equal(&read[i], &read[j]), i == j);
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
        cmocka_unit_test(objects_have_their_defaults),
        cmocka_unit_test(an_object_is_sure_before_it_is_lost),
        cmocka_unit_test(zones_filters_masks_and_the_detector_are_read),
        cmocka_unit_test(mistakes_about_objects_are_named),
        cmocka_unit_test(defaults_are_those_of_the_key_table),
        cmocka_unit_test(all_that_the_key_table_allows_is_read),
        cmocka_unit_test(filters_and_speeds_of_zones_are_read),
        cmocka_unit_test(zones_are_compared_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

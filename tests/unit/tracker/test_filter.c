/* Which detections count, where zones and masks are, and what labels mean. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/filter.h"
#include "tracker/label.h"
#include "tracker/policy.h"
#include "tracker/polygon.h"

enum { WIDTH = 1280, HEIGHT = 720 };

static const struct camd_box square = {100, 100, 420, 420};
static struct detection detection;

static bool place(float class_, float score, float ymin, float xmin, float ymax, float xmax)
{
    const float row[ROW_VALUES] = {class_, score, ymin, xmin, ymax, xmax};
    return filter_place(row, &square, WIDTH, HEIGHT, 3, &detection);
}

static void a_row_is_placed_into_the_frame(void **state)
{
    (void)state;
    assert_true(place(1, .75F, .25F, .5F, .5F, .75F));
    const struct camd_box expected = {260, 180, 340, 260};
    assert_memory_equal(&detection.box, &expected, sizeof(expected));
    assert_int_equal(detection.label, 1);
    assert_true(detection.score == .75F);
    assert_memory_equal(&detection.region, &square, sizeof(square));
    assert_true(place(1, 1.0F, -3, -3, 90, 90)); /* cut to the frame */
    const struct camd_box all = {0, 0, WIDTH - 1, HEIGHT - 1};
    assert_memory_equal(&detection.box, &all, sizeof(all));
    assert_true(detection.score == 1.0F);
}

static void rows_that_are_no_box_are_refused(void **state)
{
    (void)state;
    detection.label = 77;
    assert_false(place(1, .75F, .5F, .5F, .5F, .5F));
    assert_false(place(1, .75F, .5F, .5F, .25F, .75F));
    assert_false(place(1, 1.01F, .25F, .5F, .5F, .75F));
    assert_false(place(1, 0.0F, .25F, .5F, .5F, .75F));
    assert_false(place(3, .75F, .25F, .5F, .5F, .75F));
    assert_false(place(-1, .75F, .25F, .5F, .5F, .75F));
    assert_false(place(NAN, .75F, .25F, .5F, .5F, .75F));
    assert_false(place(1, NAN, .25F, .5F, .5F, .75F));
    assert_false(place(1, .75F, -INFINITY, .5F, .5F, .75F));
    assert_false(place(1, .75F, .25F, 1e30F, .5F, INFINITY));
    assert_int_equal(detection.label, 77);
}

static enum filter_verdict check(const struct filter *filter, struct camd_box box, float score)
{
    struct detection given = {.box = box, .score = score};
    return filter_check(filter, NULL, 0, WIDTH, HEIGHT, &given);
}

static void filters_hold_in_their_order(void **state)
{
    (void)state;
    struct filter filter = FILTER_DEFAULTS;
    const struct camd_box box = {100, 100, 200, 300}; /* area 20000, ratio 0.5 */
    assert_int_equal(check(&filter, box, .5F), FILTER_PASSED);
    assert_int_equal(check(&filter, box, .49F), FILTER_SCORE);
    filter.min_ratio = .51;
    assert_int_equal(check(&filter, box, .49F), FILTER_SCORE);
    assert_int_equal(check(&filter, box, .5F), FILTER_TOO_NARROW);
    filter.min_ratio = 0;
    filter.max_ratio = .49;
    assert_int_equal(check(&filter, box, .5F), FILTER_TOO_WIDE);
    filter.max_area = 19999;
    assert_int_equal(check(&filter, box, .1F), FILTER_TOO_LARGE);
    filter.min_area = .03; /* of the frame: 27648 pixels */
    assert_int_equal(check(&filter, box, .1F), FILTER_TOO_SMALL);
    filter = (struct filter)FILTER_DEFAULTS;
    filter.min_area = 1; /* a pixel, not the whole frame */
    assert_int_equal(check(&filter, box, .5F), FILTER_PASSED);
}

static const struct mask_polygon lower_half = {.count = 4, .points = {{0, .5}, {1, .5}, {1, 1}, {0, 1}}};

static void masks_hide_by_the_bottom_centre(void **state)
{
    (void)state;
    const struct filter filter = FILTER_DEFAULTS;
    const struct mask_polygon *masks[] = {&lower_half};
    struct detection above = {.box = {100, 100, 200, 359}, .score = .9F},
                     on = {.box = {100, 100, 200, 360}, .score = .9F};
    assert_int_equal(filter_check(&filter, masks, 1, WIDTH, HEIGHT, &above), FILTER_PASSED);
    assert_int_equal(filter_check(&filter, masks, 1, WIDTH, HEIGHT, &on), FILTER_MASKED);
}

static void a_polygon_has_its_border_and_the_even_odd_rule(void **state)
{
    (void)state;
    const struct mask_polygon triangle = {.count = 3, .points = {{0, 0}, {.5, 0}, {0, .5}}};
    assert_true(polygon_contains(&triangle, 100, 100, 0, 0));
    assert_true(polygon_contains(&triangle, 100, 100, 25, 25));
    assert_false(polygon_contains(&triangle, 100, 100, 26, 25));
    assert_true(polygon_contains(&triangle, 100, 100, 50, 0));
    assert_false(polygon_contains(&triangle, 100, 100, 51, 0));
    assert_false(polygon_contains(&triangle, 100, 100, -1, 0));
    assert_false(polygon_contains(&triangle, 100, 100, 10, -1));
    const struct mask_polygon bow = {.count = 4, .points = {{0, 0}, {1, 1}, {1, 0}, {0, 1}}};
    assert_true(polygon_contains(&bow, 100, 100, 10, 50));
    assert_true(polygon_contains(&bow, 100, 100, 90, 50));
    assert_false(polygon_contains(&bow, 100, 100, 50, 10));
}

/* A mask drawn by motion's drawer agrees with the test of points. */
static void points_agree_with_drawn_masks(void **state)
{
    (void)state;
    enum { SIDE = 64 };
    static uint8_t drawn[SIDE * SIDE];
    const struct mask_polygon polygon = {.count = 5,
                                         .points = {{.1, .2}, {.8, .1}, {.9, .7}, {.5, .4}, {.2, .9}}};
    int differ = 0;
    assert_int_equal(mask_draw(&polygon, 1, SIDE, SIDE, drawn, SIDE, SIDE), 0);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            differ += polygon_contains(&polygon, SIDE, SIDE, x, y) != (drawn[y * SIDE + x] == 0);
    assert_in_range(differ, 0, 4 * SIDE / 2); /* only along borders, where a line is drawn in whole pixels */
}

static void traits_are_the_vectors(void **state)
{
    (void)state;
    const struct label_traits *package = label_traits("package"), *car = label_traits("car"),
                              *plate = label_traits("license_plate"), *person = label_traits("person");
    assert_true(package->known_active_iou == 0.0 && package->classified);
    assert_true(car->active_check_iou == .75 && car->classified && car->nms_iou == .6 &&
                car->containment == .8);
    assert_true(plate->known_active_iou == .9 && plate->stationary_check_iou == .9 && plate->history == 4);
    assert_false(plate->classified);
    assert_ptr_equal(person, label_traits("dog"));
    assert_true(person->known_active_iou == .2 && person->stationary_check_iou == .6 &&
                person->active_check_iou == .9 && person->history == 10 && !person->classified);
    assert_true(label_traits("face")->containment == .5);
}

static struct settings settings;
static struct policy policy;
static const char names[3][CAMD_LABEL_BYTES] = {"person", "car", "dog"};

static void settings_are_resolved_for_each_label(void **state)
{
    (void)state;
    char problem[SETTINGS_PROBLEM_BYTES];
    json_t *config = json_loads(
        "{\"objects_track\": [\"person\", \"car\"], \"filters\": {\"car\": {\"min_score\": 0.25}}, \"masks\": [{\"name\": \"m\", \"kind\": \"object\", \"label\": \"car\", \"points\": [[0,0],[1,0],[1,1]]}], \"stationary_max_frames\": 600, \"stationary_max_frames_by_label\": {\"car\": 40, \"dog\": null}, \"zones\": [{\"name\": \"a\", \"points\": [[0,0],[1,0],[1,1]], \"objects\": [\"person\"], \"filters\": {\"car\": {\"min_area\": 7}}}, {\"name\": \"b\", \"points\": [[0,0],[1,0],[1,1]]}]}",
        0, NULL);
    assert_int_equal(tracker_settings_read(config, &settings, problem), 0);
    json_decref(config);
    policy_make(&policy, &settings, names, 3);
    assert_true(policy.labels[0].tracked && policy.labels[1].tracked && !policy.labels[2].tracked);
    assert_int_equal(policy.labels[0].zones, 3);
    assert_int_equal(policy.labels[1].zones, 2);
    assert_null(policy.labels[0].zone_filters[0]);
    assert_true(policy.labels[1].zone_filters[0]->min_area == 7);
    assert_null(policy.labels[1].zone_filters[1]);
    assert_int_equal(policy.labels[0].stationary_limit, 600);
    assert_int_equal(policy.labels[1].stationary_limit, 40);
    assert_int_equal(policy.labels[2].stationary_limit, 0); /* none, of its own */
    assert_int_equal(policy.labels[0].mask_count, 0);
    assert_int_equal(policy.labels[1].mask_count, 1);
    assert_true(policy_start_score(&policy, true) == .25F && policy_start_score(&policy, false) == .25F);

    struct detection found = {.box = {10, 100, 60, 200}, .score = .3F, .label = 1};
    assert_int_equal(policy_judge(&policy, WIDTH, HEIGHT, &found), POLICY_CONFIDENT);
    found.label = 0;
    assert_int_equal(policy_judge(&policy, WIDTH, HEIGHT, &found), POLICY_WEAK);
    found.score = .05F;
    assert_int_equal(policy_judge(&policy, WIDTH, HEIGHT, &found), POLICY_DROPPED);
    found.score = .9F;
    found.label = 2;
    assert_int_equal(policy_judge(&policy, WIDTH, HEIGHT, &found), POLICY_DROPPED);
    found.label = 3;
    assert_int_equal(policy_judge(&policy, WIDTH, HEIGHT, &found), POLICY_DROPPED);
    found.label = 1;
    found.box = (struct camd_box){1000, 100, 1100, 200};
    assert_int_equal(policy_judge(&policy, WIDTH, HEIGHT, &found), POLICY_DROPPED); /* masked */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_placed_into_the_frame),
        cmocka_unit_test(rows_that_are_no_box_are_refused),
        cmocka_unit_test(filters_hold_in_their_order),
        cmocka_unit_test(masks_hide_by_the_bottom_centre),
        cmocka_unit_test(a_polygon_has_its_border_and_the_even_odd_rule),
        cmocka_unit_test(points_agree_with_drawn_masks),
        cmocka_unit_test(traits_are_the_vectors),
        cmocka_unit_test(settings_are_resolved_for_each_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* One object: scores, believing, standing still, zones, path, and what subscribers are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/object.h"

enum { WIDTH = 640, HEIGHT = 480, STILL = 5 };

static struct object object;
static struct zone zones[2];
static uint32_t zone_count;
static struct stationary_picture picture;
static uint8_t luma[WIDTH * HEIGHT];
static int64_t now_ns;
static const struct label_traits *traits;
static uint32_t stationary_limit;

static int set_up(void **state)
{
    (void)state;
    now_ns = 1000;
    zone_count = 0;
    stationary_limit = 0;
    memset(&object, 0, sizeof(object));
    picture = (struct stationary_picture){NULL, WIDTH, HEIGHT, 3};
    traits = label_traits("person");
    for (size_t i = 0; i < sizeof(luma); i++)
        luma[i] = (uint8_t)((i * 2654435761u) >> 24);
    return 0;
}

/* The object is seen there, or (score 0) only expected. */
static void see(struct camd_box box, float score)
{
    struct object_frame frame = {
        .width = WIDTH,
        .height = HEIGHT,
        .frame_id = (uint64_t)now_ns,
        .now_ns = now_ns,
        .taken_ns = now_ns,
        .wall_ns = now_ns,
        .zones = zones,
        .zone_count = zone_count,
        .stationary_threshold = STILL,
        .picture = &picture,
    };
    struct object_sight sight = {.box = box, .score = score, .detected = score > 0};
    if (object.id == 0)
        object_begin(&object, 9, 0, &frame, &sight);
    struct object_rules rules = {
        .traits = traits, .threshold = .7F, .zones = ~UINT32_C(0), .stationary_limit = stationary_limit};
    object_update(&object, &rules, &frame, &sight);
    now_ns++;
}

static const struct camd_box here = {100, 100, 150, 200}, there = {400, 200, 450, 300};

static bool news(enum object_phase expected)
{
    enum object_phase phase;
    return object_has_news(&object, now_ns, &phase) && phase == expected;
}

static void an_object_is_believed_once_its_median_reaches_the_threshold(void **state)
{
    (void)state;
    see(here, .9F);
    assert_true(object.computed_score == 0.0F); /* missing ones count as 0 */
    assert_false(object.believed);
    see(here, .8F);
    assert_true(object.computed_score == .8F);
    assert_true(object.believed);
    for (int i = 0; i < 10; i++)
        see(here, 0);
    assert_true(object.computed_score == 0.0F);
    assert_true(object.believed); /* for good */
    assert_true(object.top_score == .8F || object.top_score == .85F);
}

static void weak_scores_are_not_believed(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++)
        see(here, .69F);
    assert_false(object.believed);
    assert_false(news(OBJECT_START));
}

static void only_significant_changes_are_told(void **state)
{
    (void)state;
    see(here, .9F);
    see(here, .9F);
    assert_true(news(OBJECT_START));
    see(here, .9F);
    assert_false(news(OBJECT_UPDATE));
    for (int i = 0; i < STILL; i++)
        see(here, .9F);
    assert_true(object.is_stationary);
    assert_true(news(OBJECT_UPDATE));
    assert_false(news(OBJECT_UPDATE));
    see(there, .9F); /* position changes, and not stationary any more: one update */
    assert_false(object.is_stationary);
    assert_int_equal(object.stationary.position_changes, 1);
    assert_true(news(OBJECT_UPDATE));
    see(there, .9F);
    assert_false(news(OBJECT_UPDATE));
    now_ns += INT64_C(60000000000);
    assert_true(news(OBJECT_UPDATE));
}

static void set_zone(uint32_t inertia, int64_t loitering_ns)
{
    zones[0] = (struct zone){
        .name = "yard",
        .polygon = {.count = 4, .points = {{0, 0}, {.5, 0}, {.5, 1}, {0, 1}}},
        .inertia = inertia,
        .loitering_ns = loitering_ns,
    };
    zone_count = 1;
}

static void a_zone_counts_after_its_inertia(void **state)
{
    (void)state;
    set_zone(3, 0);
    see(here, .9F);
    see(here, .9F);
    assert_int_equal(object.zones.current, 0);
    see(here, .9F);
    assert_int_equal(object.zones.current, 1);
    see(there, .9F);
    assert_int_equal(object.zones.current, 0);
    assert_int_equal(object.zones.entered, 1);
    see(here, .9F); /* it was there long enough before */
    assert_int_equal(object.zones.current, 1);
}

static void passing_a_border_is_not_being_in_a_zone(void **state)
{
    (void)state;
    set_zone(3, 0);
    for (int i = 0; i < 20; i++)
        see(i % 2 ? here : there, .9F);
    assert_int_equal(object.zones.entered, 0);
}

static void loitering_takes_its_time_without_a_break(void **state)
{
    (void)state;
    set_zone(1, 100);
    see(here, .9F);
    now_ns += 90;
    see(here, .9F);
    assert_int_equal(object.zones.current, 0);
    now_ns += 20;
    see(here, .9F);
    assert_int_equal(object.zones.current, 1);
    see(there, .9F);
    now_ns += 200;
    see(here, .9F);
    assert_int_equal(object.zones.current, 0);
}

static void zones_are_for_their_labels(void **state)
{
    (void)state;
    struct zone zone = {.object_count = 1, .objects = {"car"}};
    assert_true(zone_is_for(&zone, "car"));
    assert_false(zone_is_for(&zone, "person"));
    zone.object_count = 0;
    assert_true(zone_is_for(&zone, "person"));
}

static void the_path_has_steps_and_a_bound(void **state)
{
    (void)state;
    see(here, .9F);
    see((struct camd_box){110, 100, 160, 200}, .9F);
    assert_int_equal(object.path_count, 1); /* less than a twentieth of the frame's width */
    see(there, .9F);
    assert_int_equal(object.path_count, 2);
    assert_int_equal(object.path[1].x, 425);
    assert_int_equal(object.path[1].y, 300);
    for (int i = 0; i < 500; i++)
        see(i % 2 ? here : there, .9F);
    assert_in_range(object.path_count, OBJECT_PATH_MAX / 2, OBJECT_PATH_MAX);
    assert_int_equal(object.path[0].x, 125);
    for (uint32_t i = 1; i < object.path_count; i++)
        assert_true(object.path[i].wall_ns > object.path[i - 1].wall_ns);
}

static void the_best_picture_is_large_certain_and_whole(void **state)
{
    (void)state;
    see((struct camd_box){0, 100, 80, 300}, .95F);
    see(here, .7F); /* whole, though smaller and less certain */
    assert_memory_equal(&object.best.box, &here, sizeof(here));
    see((struct camd_box){100, 100, 151, 201}, .72F);
    assert_memory_equal(&object.best.box, &here, sizeof(here));
    see((struct camd_box){100, 100, 170, 240}, .7F);
    assert_int_equal(object.best.box.x2, 170);
    assert_int_equal(object.best.frame_id, now_ns - 1);
    see(here, .8F);
    assert_memory_equal(&object.best.box, &here, sizeof(here));
}

/* As the reference: more than the limit beyond the threshold. STILL is the threshold. */
static void an_object_that_stands_for_too_long_is_dismissed(void **state)
{
    (void)state;
    stationary_limit = 4;
    for (int i = 0; i < STILL + 5; i++) {
        see(here, .9F);
        /* its place is the whole frame at first: the first update is a move or not, as the reference has it */
        const bool is_due = object.stationary.motionless > STILL + 4;
        assert_int_equal(object.is_dismissed, is_due);
    }
    for (int i = 0; i < 3; i++)
        see(here, .9F);
    assert_true(object.is_dismissed);
}

static void without_a_limit_none_is_dismissed(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        see(here, .9F);
    assert_true(object.is_stationary);
    assert_false(object.is_dismissed);
}

/* What is cut off at a side stands on the ground somewhere else. */
static void boxes_that_the_side_cuts_are_no_places(void **state)
{
    (void)state;
    static const struct camd_box cut[] = {
        {0, 100, 50, 200}, {600, 100, WIDTH - 1, 200}, {100, 400, 150, HEIGHT - 1}};
    for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++)
        see(cut[i], .9F);
    see(here, 0); /* not seen at all */
    assert_int_equal(object.places.count, 0);
    see((struct camd_box){100, 0, 150, 200}, .9F);
    assert_int_equal(object.places.count, 1);
    assert_true(object.places.list[0].x == 125.0 / WIDTH && object.places.list[0].y == 200.0 / HEIGHT);
}

/* 64 pixels are a metre. */
static void the_last_speed_and_their_mean_are_kept(void **state)
{
    (void)state;
    set_zone(1, 0);
    zones[0].has_distances = true;
    memcpy(zones[0].distances, (const double[]){5, 7.5, 5, 7.5}, sizeof(zones[0].distances));
    assert_null(zone_measure_ground(&zones[0]));
    for (int i = 0; i < 50; i++) {
        see((struct camd_box){10 + 8 * i, 100, 50 + 8 * i, 200}, .9F);
        now_ns += INT64_C(250000000) - 1;
    }
    assert_false(object.zones.speed.known); /* it has left the zone, in the middle of the frame */
    assert_false(object.speeds.now.known);  /* more than two seconds ago */
    assert_true(object.speeds.last.known);
    assert_true(object.speeds.last.value > .499 && object.speeds.last.value < .501);
    assert_true(object.speeds.last.direction < .01 || object.speeds.last.direction > 359.99);
    const double mean = object.speeds.sum / object.speeds.count;
    assert_true(mean > .499 && mean < .501);
}

/*
 * With 25 frames a second an object is in the zone before its speed is known: who hears of the one has to hear of the
 * other.
 */
static void a_speed_that_becomes_known_is_told(void **state)
{
    (void)state;
    set_zone(1, 0);
    zones[0].has_distances = true;
    memcpy(zones[0].distances, (const double[]){5, 7.5, 5, 7.5}, sizeof(zones[0].distances));
    assert_null(zone_measure_ground(&zones[0]));
    int told = 0, known = 0;
    for (int i = 0; i < 30; i++) {
        enum object_phase phase;
        see((struct camd_box){10 + 8 * i, 100, 50 + 8 * i, 200}, .9F);
        now_ns += INT64_C(40000000) - 1;
        object.stationary.position_changes = 1; /* that it moves on is not what this is about */
        if (!object_has_news(&object, now_ns, &phase))
            continue;
        told++;
        known += object.speeds.now.known;
    }
    assert_int_equal(told, 2); /* start, in the zone already; its speed */
    assert_int_equal(known, 1);
}

/* A car stands; its box jumps about, but the picture at its place stays. */
static void stand_as_a_car(void)
{
    traits = label_traits("car");
    picture.luma = luma;
    for (int i = 0; i < STILL + 5; i++) {
        picture.looks = 3;
        see(here, .9F);
    }
    assert_true(object.stationary.anchor.set);
}

static void a_car_whose_picture_stays_has_not_moved(void **state)
{
    (void)state;
    stand_as_a_car();
    uint32_t motionless = object.stationary.motionless;
    picture.looks = 1;
    see(there, .9F);
    assert_int_equal(object.stationary.motionless, motionless + 1);
    assert_int_equal(picture.looks, 0);
    see(there, .9F); /* nobody looks: it stays */
    assert_int_equal(object.stationary.motionless, motionless + 2);
}

static void a_car_whose_picture_changes_has_moved_at_the_second_look(void **state)
{
    (void)state;
    stand_as_a_car();
    for (size_t i = 0; i < sizeof(luma); i++)
        luma[i] = (uint8_t)((i * 40503u) >> 8);
    picture.looks = 3;
    see(there, .9F);
    assert_int_not_equal(object.stationary.motionless, 0);
    see(there, .9F);
    assert_int_equal(object.stationary.motionless, 0);
    assert_int_equal(object.stationary.position_changes, 1);
    assert_false(object.stationary.anchor.set);
}

static void looks_are_judged_as_the_reference_does(void **state)
{
    (void)state;
    struct anchor anchor = {.set = true};
    assert_true(stationary_judge(&anchor, .95, .01));
    assert_true(stationary_judge(&anchor, .84, .01));
    assert_int_equal(anchor.changed, 1);
    assert_true(stationary_judge(&anchor, .87, .03)); /* neither: begins again */
    assert_int_equal(anchor.changed, 0);
    assert_true(stationary_judge(&anchor, .95, .04));
    assert_false(stationary_judge(&anchor, .84, .0));
    anchor = (struct anchor){.set = true};
    for (int i = 0; i < 3; i++)
        assert_true(stationary_judge(&anchor, .86, .035));
    assert_false(stationary_judge(&anchor, .86, .035)); /* drift 0.14 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_object_is_believed_once_its_median_reaches_the_threshold, set_up),
        cmocka_unit_test_setup(weak_scores_are_not_believed, set_up),
        cmocka_unit_test_setup(only_significant_changes_are_told, set_up),
        cmocka_unit_test_setup(a_zone_counts_after_its_inertia, set_up),
        cmocka_unit_test_setup(passing_a_border_is_not_being_in_a_zone, set_up),
        cmocka_unit_test_setup(loitering_takes_its_time_without_a_break, set_up),
        cmocka_unit_test_setup(zones_are_for_their_labels, set_up),
        cmocka_unit_test_setup(an_object_that_stands_for_too_long_is_dismissed, set_up),
        cmocka_unit_test_setup(without_a_limit_none_is_dismissed, set_up),
        cmocka_unit_test_setup(boxes_that_the_side_cuts_are_no_places, set_up),
        cmocka_unit_test_setup(the_last_speed_and_their_mean_are_kept, set_up),
        cmocka_unit_test_setup(a_speed_that_becomes_known_is_told, set_up),
        cmocka_unit_test_setup(the_path_has_steps_and_a_bound, set_up),
        cmocka_unit_test_setup(the_best_picture_is_large_certain_and_whole, set_up),
        cmocka_unit_test_setup(a_car_whose_picture_stays_has_not_moved, set_up),
        cmocka_unit_test_setup(a_car_whose_picture_changes_has_moved_at_the_second_look, set_up),
        cmocka_unit_test_setup(looks_are_judged_as_the_reference_does, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

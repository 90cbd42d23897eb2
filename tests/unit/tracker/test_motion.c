/* The facts about motion that were measured on the reference, and its rules one by one. */
#include <math.h>
#include <stdbool.h>

#include "motion_scene.h"

/* ---- measured on the reference ---- */

/* The reference's first frames are motion, for it begins with black: 15 of them here, 19 with a gradient. */
static void the_first_picture_is_calibrated(void **state)
{
    (void)state;
    set_up(640, 480, 100);
    fill(100);
    detect();
    assert_false(f.outcome.calibrating);
    assert_int_equal(f.outcome.box_count, 0);
    assert_average(100.0F);
    tear_down();
    set_up(640, 480, 100);
    fill_gradient(0, 255);
    for (int i = 0; i < 60; i++) {
        detect();
        assert_false(f.outcome.calibrating);
        assert_true(f.outcome.fraction == 0.0);
    }
    tear_down();
}

/* Noise like that of a sensor at night: the sum of four levels, with a deviation of 7. */
static void add_noise(uint64_t seed)
{
    seed = seed * 2654435761 + 1;
    for (uint32_t i = 0; i < f.width * f.height; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        int sum = 0;
        for (uint32_t k = 0; k < 4; k++)
            sum += (int)(seed >> (16 * k) & 15);
        f.luma[i] = (uint8_t)(f.luma[i] + (sum - 30) * 3 / 4);
    }
}

/* Its contrast rose for 50 frames, and 97 of 100 frames of a noisy still scene were motion. */
static void a_noisy_still_scene_is_no_motion_at_start(void **state)
{
    (void)state;
    set_up(640, 480, 100);
    f.settings.ignore_light = f.settings.ignore_restless = true;
    for (uint32_t i = 0; i < 100; i++) {
        fill_gradient(70, 150);
        add_noise(i);
        detect();
        assert_false(f.outcome.calibrating);
        assert_int_equal(f.outcome.box_count, 0);
    }
    tear_down();
}

/* 159 in the reference, whose average began with black and is still some levels off. */
static void a_bright_square_is_absorbed_after_155_frames(void **state)
{
    (void)state;
    set_up(640, 480, 100);
    fill_gradient(40, 180);
    for (int i = 0; i < 120; i++)
        detect();
    fill_box(300, 200, 80, 40, 230);
    int frames = 0;
    for (detect(); f.outcome.box_count > 0 && frames < 1000; detect()) {
        assert_false(f.outcome.calibrating);
        frames++;
    }
    assert_int_equal(frames, 155);
    tear_down();
}

static void an_impulse_is_blurred_to_51_31_18(void **state)
{
    (void)state;
    set_up(100, 100, 100);
    fill_box(50, 50, 1, 1, 255);
    f.settings.improve_contrast = false;
    detect();
    static const uint8_t expected[5][5] = {
        {0, 0, 0, 0, 0}, {0, 18, 31, 18, 0}, {0, 31, 51, 31, 0}, {0, 18, 31, 18, 0}, {0, 0, 0, 0, 0}};
    for (uint32_t y = 0; y < 5; y++)
        assert_memory_equal(f.motion.picture + (size_t)(48 + y) * 100 + 48, expected[y], 5);
    tear_down();
}

static void half_a_frame_gives_one_box(void **state)
{
    (void)state;
    set_up(100, 100, 100);
    detect();
    assert_false(f.outcome.calibrating);
    fill_box(0, 0, 100, 50, 255);
    detect();
    assert_int_equal(f.outcome.box_count, 1);
    assert_box(0, 0, 0, 100, 52);
    assert_false(f.outcome.calibrating);
    tear_down();
}

/* The reference never learns it: motion was off from then on, or, since it begins with black, from the start. */
static void a_change_that_is_skipped_and_stays_is_learnt(void **state)
{
    (void)state;
    static const double thresholds[] = {0.0001, 0.01, 0.04, 0.4, 0.9, 1.0};
    for (size_t i = 0; i < sizeof(thresholds) / sizeof(thresholds[0]); i++) {
        set_up(100, 100, 100);
        f.settings.skip_threshold = thresholds[i];
        fill_gradient(60, 200);
        detect();
        assert_false(f.outcome.calibrating);
        fill_gradient(20, 60); /* day turns to night */
        for (int frame = 0; frame < 40; frame++) {
            detect();
            assert_true(f.outcome.box_count == 0 || f.outcome.calibrating ||
                        f.outcome.fraction <= thresholds[i]);
        }
        assert_false(f.outcome.calibrating);
        assert_true(f.outcome.fraction == 0.0);
        fill_box(10, 10, 20, 20, 250);
        detect();
        assert_int_equal(f.outcome.box_count, f.outcome.fraction <= thresholds[i]);
        tear_down();
    }
}

static void too_large_a_change_is_skipped(void **state)
{
    (void)state;
    set_up(100, 100, 100);
    f.settings.skip_threshold = 0.4;
    detect();
    assert_false(f.outcome.calibrating);
    fill_box(0, 0, 100, 50, 255);
    for (int i = 0; i < 9; i++) {
        detect();
        assert_int_equal(f.outcome.box_count, 0);
        assert_true(f.outcome.calibrating);
        assert_true(f.outcome.fraction > 0.4);
    }
    assert_average(0.0F); /* nothing learnt: it may be lightning */
    tear_down();
}

/* ---- what changed ---- */

/* 4 by 3 pixels grow by the blur and by one more each side; the blur leaves the corners dark. */
static void boxes_have_the_grown_size_times_the_scale(void **state)
{
    (void)state;
    set_up(100, 100, 100);
    detect();
    fill_box(40, 30, 4, 3, 255);
    detect();
    assert_int_equal(f.outcome.box_count, 1);
    assert_box(0, 38, 28, 46, 35);
    tear_down();

    set_up(768, 576, 100);
    f.settings.improve_contrast = false;
    detect();
    fill_box(300, 200, 100, 100, 255);
    detect();
    /* columns 52..69 of 133 (300 / 5.774 up), rows 35..52 of 100; less and more 2, times 5.76 */
    assert_int_equal(f.outcome.box_count, 1);
    assert_box(0, (int)(50 * 5.76), (int)(33 * 5.76), (int)(72 * 5.76), (int)(55 * 5.76));
    tear_down();
}

static void the_average_is_rounded_half_to_even(void **state)
{
    (void)state;
    set_up(100, 100, 100);
    fill(31);
    static const struct {
        float average;
        bool differs; /* by more than 30 */
    } cases[] = {{0.0F, true}, {0.5F, true}, {0.51F, false}, {1.5F, false}, {61.49F, false}, {61.5F, true}};
    f.settings.frame_alpha = 0; /* learning changes nothing but rounds */
    detect();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (uint32_t pixel = 0; pixel < 100 * 100; pixel++)
            f.motion.average[pixel] = cases[i].average;
        f.settings.threshold = 255;
        f.motion.calibrating = false;
        detect();
        f.settings.threshold = 30;
        detect();
        assert_int_equal(f.outcome.fraction > 0.0, cases[i].differs);
    }
    tear_down();
}

static void contours_up_to_the_area_are_left_out(void **state)
{
    (void)state;
    set_up(100, 100, 100);
    detect();
    fill_box(40, 30, 1, 1, 255); /* grows to a cross of 3 by 3, then to 21 pixels: area 14 */
    f.settings.contour_area = 14;
    f.settings.threshold = 20;
    f.settings.frame_alpha = 0;
    detect();
    assert_int_equal(f.outcome.box_count, 0);
    assert_true(f.outcome.fraction == 14.0 / 10000.0); /* the total has it */
    f.settings.contour_area = 13.5;
    detect();
    assert_int_equal(f.outcome.box_count, 1);
    tear_down();
}

/* ---- what it means ---- */

static void lightning_starts_calibration_and_gives_boxes(void **state)
{
    (void)state;
    set_up(100, 100, 100);
    detect();
    assert_false(f.outcome.calibrating);
    fill_box(0, 0, 100, 85, 255);
    detect();
    assert_true(f.outcome.calibrating);
    assert_int_equal(f.outcome.box_count, 1);
    tear_down();
}

static void more_than_four_boxes_are_not_calm(void **state)
{
    (void)state;
    for (uint32_t boxes = 4; boxes <= 5; boxes++) {
        set_up(100, 100, 100);
        detect();
        f.motion.calibrating = true;
        for (uint32_t i = 0; i < boxes; i++)
            fill_box(5 + 18 * i, 40, 3, 3, 255);
        detect();
        assert_int_equal(f.outcome.box_count, boxes);
        assert_true(f.outcome.fraction < 0.05);
        assert_int_equal(f.outcome.calibrating, boxes > 4);
        tear_down();
    }
}

static void lasting_motion_is_learnt_from_the_tenth_frame(void **state)
{
    (void)state;
    set_up(100, 100, 100);
    detect();
    fill(100);
    for (int i = 0; i < 9; i++) {
        detect();
        assert_average(0.0F);
    }
    detect(); /* calibrating, since the whole frame differs */
    assert_true(f.outcome.calibrating);
    assert_average(20.0F);
    detect();
    assert_average(36.0F);
    tear_down();
}

static void calm_frames_are_learnt_at_once_and_slowly(void **state)
{
    (void)state;
    set_up(100, 100, 100);
    detect();
    f.motion.learnt = 100; /* pictures: all weigh the same until then */
    fill(20);              /* less than the threshold */
    detect();
    assert_average(0.2F);
    assert_false(f.outcome.calibrating);
    f.settings.frame_alpha = 0.5;
    detect();
    assert_average(10.1F);
    tear_down();
}

static void a_calm_frame_starts_the_count_anew(void **state)
{
    (void)state;
    set_up(100, 100, 100);
    f.settings.frame_alpha = 0;
    detect();
    for (int i = 0; i < 9; i++) {
        fill_box(40, 40, 10, 10, 255);
        detect();
    }
    assert_int_equal(f.motion.motion_frames, 9);
    fill(0);
    detect();
    assert_int_equal(f.motion.motion_frames, 0);
    tear_down();
}

/* ---- masks ---- */

static void masked_pixels_are_black(void **state)
{
    (void)state;
    uint8_t mask[100 * 100];
    set_up(100, 100, 100);
    for (size_t i = 0; i < sizeof(mask); i++)
        mask[i] = i % 100 < 50 ? 0 : 1;
    motion_set_mask(&f.motion, mask);
    detect();
    fill_box(10, 40, 20, 20, 255);
    detect();
    assert_int_equal(f.outcome.box_count, 0);
    fill_box(70, 40, 10, 10, 255);
    detect();
    assert_int_equal(f.outcome.box_count, 1);
    assert_box(0, 68, 38, 82, 52);
    tear_down();
}

/* As the average takes it in, the background gets its structure: by that it would look like light after ten pictures. */
static void a_thing_that_stays_is_no_light_until_it_is_learnt(void **state)
{
    (void)state;
    set_up(100, 100, 100);
    f.settings.improve_contrast = false;
    f.settings.ignore_light = f.settings.ignore_restless = true;
    for (int i = 0; i < 120; i++)
        detect();
    fill_box(40, 40, 20, 30, 90);
    int frames = 0;
    for (detect(); f.outcome.box_count > 0 && frames < 1000; detect()) {
        assert_in_range(f.outcome.boxes[0].y2 - f.outcome.boxes[0].y1, 30, 36); /* all of it */
        frames++;
    }
    assert_in_range(frames, 100, 125);
    tear_down();
}

static void a_lamp_is_motion_only_when_light_is_not_ignored(void **state)
{
    (void)state;
    for (int ignored = 0; ignored <= 1; ignored++) {
        set_up(100, 100, 100);
        f.settings.improve_contrast = false;
        f.settings.ignore_light = ignored;
        for (uint32_t i = 0; i < 100 * 100; i++)
            f.luma[i] = (uint8_t)(60 + (i * 2654435761U >> 27));
        detect();
        for (uint32_t i = 0; i < 100 * 100; i++) {
            double x = (i % 100 - 50.0) / 20.0, y = (i / 100 - 50.0) / 20.0;
            f.luma[i] = (uint8_t)(f.luma[i] + 80.0 * exp(-x * x - y * y));
        }
        detect();
        assert_false(f.outcome.calibrating);
        assert_true(f.outcome.fraction > 0.05);
        assert_int_equal(f.outcome.box_count, ignored ? 0 : 1);
        tear_down();
    }
}

static void another_mask_starts_anew_but_keeps_the_contrast(void **state)
{
    (void)state;
    set_up(100, 100, 100);
    fill_gradient(100, 150);
    detect();
    struct contrast contrast = f.motion.contrast;
    f.motion.motion_frames = 3;
    motion_set_mask(&f.motion, NULL);
    assert_true(f.motion.calibrating);
    assert_int_equal(f.motion.motion_frames, 0);
    assert_false(f.motion.begun);
    assert_memory_equal(&f.motion.contrast, &contrast, sizeof(contrast));
    tear_down();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_picture_is_calibrated),
        cmocka_unit_test(a_noisy_still_scene_is_no_motion_at_start),
        cmocka_unit_test(a_bright_square_is_absorbed_after_155_frames),
        cmocka_unit_test(an_impulse_is_blurred_to_51_31_18),
        cmocka_unit_test(half_a_frame_gives_one_box),
        cmocka_unit_test(too_large_a_change_is_skipped),
        cmocka_unit_test(a_change_that_is_skipped_and_stays_is_learnt),
        cmocka_unit_test(boxes_have_the_grown_size_times_the_scale),
        cmocka_unit_test(the_average_is_rounded_half_to_even),
        cmocka_unit_test(contours_up_to_the_area_are_left_out),
        cmocka_unit_test(lightning_starts_calibration_and_gives_boxes),
        cmocka_unit_test(more_than_four_boxes_are_not_calm),
        cmocka_unit_test(lasting_motion_is_learnt_from_the_tenth_frame),
        cmocka_unit_test(calm_frames_are_learnt_at_once_and_slowly),
        cmocka_unit_test(a_calm_frame_starts_the_count_anew),
        cmocka_unit_test(a_thing_that_stays_is_no_light_until_it_is_learnt),
        cmocka_unit_test(a_lamp_is_motion_only_when_light_is_not_ignored),
        cmocka_unit_test(masked_pixels_are_black),
        cmocka_unit_test(another_mask_starts_anew_but_keeps_the_contrast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The steps of a frame, and when motion is on: all with times of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/pipeline.h"

enum { WIDTH = 320, HEIGHT = 240, DELAY_NS = 1000 };

static struct pipeline pipeline;
static struct settings settings;
static struct camd_result result;
static uint8_t pixels[WIDTH * HEIGHT * 3 / 2];
static int64_t now_ns;
static uint64_t frame_id;
static uint32_t flags;

static int set_up(void **state)
{
    (void)state;
    char problem[SETTINGS_PROBLEM_BYTES];
    json_t *config = json_object();
    assert_int_equal(tracker_settings_read(config, &settings, problem), 0);
    json_decref(config);
    settings.off_delay_ns = DELAY_NS;
    now_ns = 1000000;
    frame_id = 0;
    flags = 0;
    memset(pixels, 0, sizeof(pixels));
    pipeline_init(&pipeline, &settings);
    assert_int_equal(pipeline_set_size(&pipeline, WIDTH, HEIGHT), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pipeline_fini(&pipeline);
    return 0;
}

static void frame(bool ptz_moving)
{
    struct camd_frame next = {.pixels = pixels,
                              .frame_id = ++frame_id,
                              .flags = flags,
                              .slot = 3,
                              .epoch = 2,
                              .arrival_ns = now_ns - 10,
                              .wall_ns = 5000 + now_ns};
    pipeline_frame(&pipeline, &next, ptz_moving, now_ns);
    memset(&result, 0xee, sizeof(result));
    pipeline_write_result(&pipeline, now_ns + 7, &result);
    now_ns++;
}

/* A bright square, anywhere else each time, so that it is not learnt. */
static void frame_with_motion(void)
{
    memset(pixels, 0, (size_t)WIDTH * HEIGHT);
    uint32_t left = 20 + (uint32_t)(frame_id * 53 % 200);
    for (uint32_t y = 100; y < 160; y++)
        memset(pixels + (size_t)y * WIDTH + left, 255, 60);
    frame(false);
}

static void frame_without_motion(void)
{
    memset(pixels, 0, (size_t)WIDTH * HEIGHT);
    frame(false);
}

static void the_result_has_the_frame_and_its_boxes(void **state)
{
    (void)state;
    frame_without_motion();
    assert_int_equal(result.flags, 0);
    assert_int_equal(result.motion_count, 0);
    frame_with_motion();
    assert_int_equal(result.frame_id, 2);
    assert_int_equal(result.slot, 3);
    assert_int_equal(result.epoch, 2);
    assert_int_equal(result.arrival_ns, now_ns - 1 - 10);
    assert_int_equal(result.wall_ns, 5000 + now_ns - 1);
    assert_int_equal(result.done_ns, now_ns - 1 + 7);
    assert_int_equal(result.object_count, 0);
    assert_int_equal(result.region_count, 0);
    assert_int_equal(result.motion_count, 1);
    assert_int_equal(result.flags, CAMD_RESULT_MOTION);
    const struct camd_box *box = &result.motion[0];
    assert_in_range(box->x1, 60, 73);
    assert_in_range(box->x2, 133, 146);
    assert_in_range(box->y1, 90, 100);
    assert_in_range(box->y2, 160, 170);
}

/* While the mount moves nobody looks for objects: what had no room before was counted again with every frame. */
static void what_has_no_room_is_counted_once(void **state)
{
    (void)state;
    pipeline.settings.detection.backend = SETTINGS_BACKEND_MOTION;
    frame_without_motion();
    pipeline.movers.left_out = pipeline.detect.left_out = 7;
    for (int i = 0; i < 20; i++)
        frame(true);
    assert_int_equal(pipeline.limits.of[LIMIT_FIGURES].total, 0);
    assert_int_equal(pipeline.limits.of[LIMIT_DETECTIONS].total, 0);
}

/* Nor does the background take on what they show: the scene of before makes no motion after them. */
static void damaged_pictures_make_no_motion_and_teach_nothing(void **state)
{
    (void)state;
    frame_without_motion();
    flags = CAMD_FRAME_DAMAGED;
    for (int i = 0; i < 100; i++) {
        memset(pixels, 255, (size_t)WIDTH * HEIGHT / 2);
        frame(false);
        assert_int_equal(result.frame_id, frame_id);
        assert_int_equal(result.motion_count, 0);
        assert_int_equal(result.flags, 0);
    }
    flags = 0;
    frame_without_motion();
    assert_int_equal(result.motion_count, 0);
    assert_int_equal(result.flags, 0);
    frame_with_motion();
    assert_int_equal(result.motion_count, 1);
}

static void boxes_while_calibrating_are_no_motion(void **state)
{
    (void)state;
    frame_without_motion();
    memset(pixels, 200, (size_t)WIDTH * HEIGHT);
    frame(false);
    assert_int_equal(result.motion_count, 1);
    assert_int_equal(result.flags, CAMD_RESULT_CALIBRATING);
    assert_false(pipeline.activity.active);
}

static void motion_is_off_after_the_delay(void **state)
{
    (void)state;
    frame_without_motion();
    assert_int_equal(pipeline_deadline_ns(&pipeline), INT64_MAX);
    frame_with_motion();
    int64_t seen_ns = now_ns - 1;
    assert_true(pipeline.activity.active);
    assert_int_equal(pipeline_deadline_ns(&pipeline), seen_ns + DELAY_NS);

    now_ns = seen_ns + DELAY_NS - 1;
    frame_without_motion();
    assert_int_equal(result.flags, CAMD_RESULT_MOTION);
    now_ns = seen_ns + DELAY_NS;
    frame_without_motion();
    assert_int_equal(result.flags, 0);
}

static void more_motion_puts_the_end_off(void **state)
{
    (void)state;
    frame_without_motion();
    frame_with_motion();
    now_ns += DELAY_NS - 5;
    frame_with_motion();
    assert_int_equal(pipeline_deadline_ns(&pipeline), now_ns - 1 + DELAY_NS);
}

static void motion_is_off_after_the_delay_without_frames(void **state)
{
    (void)state;
    frame_without_motion();
    frame_with_motion();
    int64_t deadline_ns = pipeline_deadline_ns(&pipeline);
    pipeline_tick(&pipeline, deadline_ns - 1);
    assert_true(pipeline.activity.active);
    pipeline_tick(&pipeline, deadline_ns);
    assert_false(pipeline.activity.active);
    assert_int_equal(pipeline_deadline_ns(&pipeline), INT64_MAX);
}

static void a_moving_camera_has_one_box_and_learns_nothing(void **state)
{
    (void)state;
    frame_without_motion();
    memset(pixels, 25, (size_t)WIDTH * HEIGHT); /* below the threshold: it would be learnt */
    frame(true);
    assert_int_equal(result.motion_count, 1);
    assert_int_equal(result.motion[0].x1, 32);
    assert_int_equal(result.motion[0].y1, 24);
    assert_int_equal(result.motion[0].x2, 288);
    assert_int_equal(result.motion[0].y2, 216);
    assert_int_equal(result.flags, CAMD_RESULT_PTZ | CAMD_RESULT_MOTION);
    for (uint32_t i = 0; i < pipeline.motion.width * pipeline.motion.height; i++)
        assert_true(pipeline.motion.average[i] == 0.0F);
    frame(false);
    assert_int_equal(result.motion_count, 0);
    assert_true(pipeline.motion.average[0] > 0.0F);
}

static void motion_switched_off_ends_at_once(void **state)
{
    (void)state;
    frame_without_motion();
    frame_with_motion();
    settings.motion = false;
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    assert_false(pipeline.activity.active);
    frame_with_motion();
    assert_int_equal(result.motion_count, 0);
    assert_int_equal(result.flags, 0);
    frame(true);
    assert_int_equal(result.motion_count, 0);
}

static void thresholds_apply_from_the_next_frame(void **state)
{
    (void)state;
    frame_without_motion();
    frame_with_motion();
    assert_int_equal(result.motion_count, 1);
    float *average = pipeline.motion.average;
    settings.detector.threshold = 255;
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    assert_ptr_equal(pipeline.motion.average, average);
    assert_false(pipeline.motion.calibrating);
    frame_with_motion();
    assert_int_equal(result.motion_count, 0);
}

static void other_masks_start_motion_anew(void **state)
{
    (void)state;
    frame_without_motion();
    pipeline.motion.average[0] = 9.0F;
    pipeline.motion.motion_frames = 4;
    assert_false(pipeline.motion.calibrating);
    settings.mask_count = 1;
    settings.masks[0] = (struct mask_polygon){.count = 4, .points = {{0, 0}, {1, 0}, {1, 1}, {0, 1}}};
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    assert_true(pipeline.motion.calibrating);
    assert_false(pipeline.motion.begun);
    assert_int_equal(pipeline.motion.motion_frames, 0);
    frame_with_motion();
    assert_int_equal(result.motion_count, 0); /* all is masked */

    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    assert_false(pipeline.motion.calibrating); /* the same masks change nothing */
    settings.mask_count = 0;
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    assert_true(pipeline.motion.calibrating);
    assert_false(pipeline.motion.masked);
}

static void another_height_starts_motion_anew(void **state)
{
    (void)state;
    frame_without_motion();
    settings.motion_height = 60;
    assert_int_equal(pipeline_configure(&pipeline, &settings), 0);
    assert_int_equal(pipeline.motion.height, 60);
    assert_int_equal(pipeline.motion.width, 80);
    assert_true(pipeline.motion.calibrating);
}

static void new_segments_of_the_same_size_keep_what_was_learnt(void **state)
{
    (void)state;
    frame_without_motion();
    assert_int_equal(pipeline_set_size(&pipeline, WIDTH, HEIGHT), 0);
    assert_false(pipeline.motion.calibrating);
    assert_int_equal(pipeline_set_size(&pipeline, WIDTH, HEIGHT / 2), 0);
    assert_true(pipeline.motion.calibrating);
    assert_int_equal(pipeline.motion.frame_height, HEIGHT / 2);
}

#define PIPELINE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PIPELINE_TEST(the_result_has_the_frame_and_its_boxes),
        PIPELINE_TEST(what_has_no_room_is_counted_once),
        PIPELINE_TEST(damaged_pictures_make_no_motion_and_teach_nothing),
        PIPELINE_TEST(boxes_while_calibrating_are_no_motion),
        PIPELINE_TEST(motion_is_off_after_the_delay),
        PIPELINE_TEST(more_motion_puts_the_end_off),
        PIPELINE_TEST(motion_is_off_after_the_delay_without_frames),
        PIPELINE_TEST(a_moving_camera_has_one_box_and_learns_nothing),
        PIPELINE_TEST(motion_switched_off_ends_at_once),
        PIPELINE_TEST(thresholds_apply_from_the_next_frame),
        PIPELINE_TEST(other_masks_start_motion_anew),
        PIPELINE_TEST(another_height_starts_motion_anew),
        PIPELINE_TEST(new_segments_of_the_same_size_keep_what_was_learnt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

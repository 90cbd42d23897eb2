/* What was found, drawn: layers, colours by state, and results that a tracker made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "picture/overlay.h"

enum { WIDTH = 160, HEIGHT = 120, LUMA = WIDTH * HEIGHT };

static const char labels[2][CAMD_LABEL_BYTES] = {"person", "car"};

static uint8_t pixels[LUMA * 3 / 2];
static struct picture picture = {WIDTH, HEIGHT, pixels};
static struct camd_result result;

static int set_up(void **state)
{
    (void)state;
    memset(pixels, 100, LUMA);
    memset(pixels + LUMA, 128, LUMA / 2);
    memset(&result, 0, sizeof(result));
    return 0;
}

static size_t count_luma(uint8_t luma)
{
    size_t count = 0;
    for (size_t i = 0; i < LUMA; i++)
        count += pixels[i] == luma;
    return count;
}

static void add_object(uint32_t flags)
{
    result.objects[result.object_count++] =
        (struct camd_object){.id = 7, .label = 0, .score = 0.87f, .box = {40, 40, 80, 100}, .flags = flags};
}

static void test_layers(void **state)
{
    (void)state;
    result.motion[result.motion_count++] = (struct camd_box){10, 30, 30, 50};
    result.regions[result.region_count++] = (struct camd_box){0, 0, 150, 110};
    add_object(0);
    assert_int_equal(overlay_draw(&picture, &result, labels, 2, 0), 0);
    assert_int_equal(count_luma(100), LUMA);
    assert_int_equal(overlay_draw(&picture, &result, labels, 2, OVERLAY_MOTION), 1);
    assert_true(count_luma(145) > 0);
    assert_int_equal(count_luma(90), 0);
    assert_int_equal(overlay_draw(&picture, &result, labels, 2, OVERLAY_ALL), 3);
    assert_true(count_luma(90) > 0);
    assert_true(count_luma(182) > 0);
}

static void test_motion_while_calibrating_means_nothing(void **state)
{
    (void)state;
    result.motion[result.motion_count++] = (struct camd_box){10, 30, 30, 50};
    result.flags = CAMD_RESULT_CALIBRATING;
    assert_int_equal(overlay_draw(&picture, &result, labels, 2, OVERLAY_ALL), 0);
    assert_int_equal(count_luma(100), LUMA);
}

static void test_the_second_in_an_id_is_not_written(void **state)
{
    static uint8_t with_short_id[sizeof(pixels)];
    add_object(0);
    overlay_draw(&picture, &result, labels, 2, OVERLAY_OBJECTS);
    memcpy(with_short_id, pixels, sizeof(pixels));
    set_up(state);
    add_object(0);
    result.objects[0].id = 1795643773000007;
    overlay_draw(&picture, &result, labels, 2, OVERLAY_OBJECTS);
    assert_memory_equal(pixels, with_short_id, sizeof(pixels));
}

static void test_colour_tells_the_state(void **state)
{
    static const struct {
        uint32_t flags;
        uint8_t luma;
    } rows[] = {{0, 182},
                {CAMD_OBJECT_STATIONARY, 140},
                {CAMD_OBJECT_FALSE_POSITIVE, 150},
                {CAMD_OBJECT_FALSE_POSITIVE | CAMD_OBJECT_STATIONARY, 150},
                {CAMD_OBJECT_PREDICTED, 182}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_up(state);
        add_object(rows[i].flags);
        assert_int_equal(overlay_draw(&picture, &result, labels, 2, OVERLAY_OBJECTS), 1);
        assert_true(count_luma(rows[i].luma) > 100);
    }
}

static void assert_box(const struct camd_box *box, int32_t x1, int32_t y1, int32_t x2, int32_t y2)
{
    const struct camd_box expected = {x1, y1, x2, y2};
    assert_memory_equal(box, &expected, sizeof(expected));
}

static void test_boxes_of_every_kind_go_with_the_size_of_the_picture(void **state)
{
    (void)state;
    result.motion[result.motion_count++] = (struct camd_box){10, 30, 30, 50};
    result.regions[result.region_count++] = (struct camd_box){0, 0, 150, 110};
    add_object(0);
    overlay_scale(&result, 160, 120, 320, 60);
    assert_box(&result.objects[0].box, 80, 20, 160, 50);
    assert_box(&result.motion[0], 20, 15, 60, 25);
    assert_box(&result.regions[0], 0, 0, 300, 55);
}

static void test_counts_beyond_their_limits_are_cut_when_boxes_are_scaled(void **state)
{
    (void)state;
    result.object_count = result.motion_count = result.region_count = UINT32_MAX;
    overlay_scale(&result, 160, 120, 320, 60);
}

/* Labels and counts that do not exist, boxes anywhere: a tracker may be another program. */
static void test_absurd_results_do_no_harm(void **state)
{
    (void)state;
    memset(&result, 0xff, sizeof(result));
    result.flags = 0;
    overlay_draw(&picture, &result, labels, UINT32_MAX, 0);
    overlay_draw(&picture, &result, labels, 2, OVERLAY_ALL);
    set_up(state);
    add_object(0);
    result.objects[0].label = 1000;
    result.objects[0].box = (struct camd_box){INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX};
    assert_int_equal(overlay_draw(&picture, &result, labels, 2, OVERLAY_OBJECTS), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_layers, set_up),
        cmocka_unit_test_setup(test_motion_while_calibrating_means_nothing, set_up),
        cmocka_unit_test_setup(test_the_second_in_an_id_is_not_written, set_up),
        cmocka_unit_test_setup(test_colour_tells_the_state, set_up),
        cmocka_unit_test_setup(test_boxes_of_every_kind_go_with_the_size_of_the_picture, set_up),
        cmocka_unit_test_setup(test_counts_beyond_their_limits_are_cut_when_boxes_are_scaled, set_up),
        cmocka_unit_test_setup(test_absurd_results_do_no_harm, set_up),
    };
    return cmocka_run_group_tests_name("overlay", tests, NULL, NULL);
}

/* The small picture in which motion is looked for: which pixels it is made of, its blur and its contrast. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "motion_scene.h"

/* The pixel at or before the place, or the one before that where a whole number comes out a hair too small.
 */
static void assert_positions(const uint32_t *positions, uint32_t count, uint32_t frame_count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t exact = i * frame_count / count;
        bool whole = i * frame_count % count == 0;
        assert_true(positions[i] == exact || (whole && positions[i] + 1 == exact));
    }
}

static void samples_are_the_nearest_pixels(void **state)
{
    (void)state;
    static const uint32_t sizes[][3] = {
        {768, 576, 133},   {640, 480, 133}, {1280, 720, 177}, {1920, 1080, 177}, {2560, 1440, 177},
        {3840, 2160, 177}, {352, 288, 122}, {704, 576, 122},  {1080, 1920, 56},  {7680, 4320, 177}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        set_up(sizes[i][0], sizes[i][1], 100);
        assert_int_equal(f.motion.width, sizes[i][2]);
        assert_int_equal(f.motion.height, 100);
        assert_positions(f.motion.columns, f.motion.width, f.width);
        assert_positions(f.motion.rows, f.motion.height, f.height);
        tear_down();
    }
}

/* As cv2.resize takes them: 15 * 7.2 is 107.999... there. */
static void samples_fall_short_where_those_of_opencv_do(void **state)
{
    (void)state;
    set_up(1280, 720, 100);
    assert_int_equal(f.motion.rows[5], 36);
    assert_int_equal(f.motion.rows[15], 107);
    assert_int_equal(f.motion.rows[16], 115);
    tear_down();
}

static void the_picture_is_made_of_the_samples(void **state)
{
    (void)state;
    set_up(768, 576, 100);
    for (uint32_t i = 0; i < f.width * f.height; i++)
        f.luma[i] = (uint8_t)(i * 2654435761U >> 24);
    f.settings.improve_contrast = false;
    detect();
    for (uint32_t y = 0; y < 100; y++)
        for (uint32_t x = 0; x < 133; x++)
            assert_int_equal(f.motion.reduced[y * 133 + x], f.luma[y * 576 / 100 * 768 + x * 768 / 133]);
    tear_down();
}

static void the_picture_is_never_higher_than_the_frame(void **state)
{
    (void)state;
    set_up(64, 48, 100);
    assert_int_equal(f.motion.width, 64);
    assert_int_equal(f.motion.height, 48);
    tear_down();
    set_up(64, 48, 0);
    assert_int_equal(f.motion.height, 48);
    tear_down();
    set_up(16, 8192, 100); /* narrower than a pixel of the reduced picture */
    assert_int_equal(f.motion.width, 1);
    detect();
    tear_down();
    struct motion motion;
    assert_int_equal(motion_init(&motion, 0, 48, 100), -22);
}

/* All results that a middle and two neighbours can have, against the formula, truncated. */
static void the_blur_is_exact_for_every_input(void **state)
{
    (void)state;
    enum { SUMS = 511, ROWS = 3 * SUMS };
    const double side = exp(-0.5) / (1.0 + 2.0 * exp(-0.5)), middle_weight = 1.0 - 2.0 * side;
    set_up(2, ROWS, 0); /* two equal columns: the pass along the rows changes nothing */
    f.settings.improve_contrast = false;
    for (int middle = 0; middle <= 255; middle++) {
        for (int sum = 0; sum < SUMS; sum++) {
            const int rows[3] = {sum / 2, middle, sum - sum / 2};
            for (int i = 0; i < 3; i++)
                memset(f.luma + (size_t)(3 * sum + i) * 2, rows[i], 2);
        }
        detect();
        for (int sum = 0; sum < SUMS; sum++) {
            int exact = sum == 2 * middle ? middle : (int)(middle * middle_weight + sum * side);
            assert_int_equal(f.motion.picture[(3 * sum + 1) * 2], exact);
        }
    }
    tear_down();
}

static void the_blur_mirrors_at_the_edges(void **state)
{
    (void)state;
    set_up(100, 100, 100);
    f.settings.improve_contrast = false;
    fill_box(0, 0, 1, 1, 255);
    detect();
    /* 255 * (.4519 + .2741), truncated, twice; then 255 * .2741 in the neighbours */
    assert_int_equal(f.motion.picture[0], 134);
    assert_int_equal(f.motion.picture[1], 50);
    assert_int_equal(f.motion.picture[100], 50);
    assert_int_equal(f.motion.picture[99], 0);
    tear_down();
}

static void contrast_is_stretched_on_demand(void **state)
{
    (void)state;
    set_up(100, 100, 100);
    fill_gradient(100, 150);
    f.settings.improve_contrast = false;
    detect();
    assert_int_equal(f.motion.reduced[0], 100);
    f.settings.improve_contrast = true;
    for (int i = 0; i < CONTRAST_HISTORY; i++)
        detect();
    assert_int_equal(f.motion.reduced[0], 0);
    assert_int_equal(f.motion.reduced[99], 255);
    tear_down();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_the_nearest_pixels),
        cmocka_unit_test(samples_fall_short_where_those_of_opencv_do),
        cmocka_unit_test(the_picture_is_made_of_the_samples),
        cmocka_unit_test(the_picture_is_never_higher_than_the_frame),
        cmocka_unit_test(the_blur_is_exact_for_every_input),
        cmocka_unit_test(the_blur_mirrors_at_the_edges),
        cmocka_unit_test(contrast_is_stretched_on_demand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What of a frame a picture shows: the object, all of it, and as much around it as there is room for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tracker/best_view.h"

enum { WIDTH = 1920, HEIGHT = 1080, ROUNDS = 50000 };

static void test_a_frame_that_fits_is_shown_whole(void **state)
{
    const struct camd_box object = {100, 100, 140, 200};
    struct best_view view;
    (void)state;
    assert_true(best_view_choose(&view, &object, 640, 480, 640 * 480));
    assert_int_equal(view.part.x1, 0);
    assert_int_equal(view.part.y1, 0);
    assert_int_equal(view.part.x2, 640);
    assert_int_equal(view.part.y2, 480);
    assert_int_equal(view.width, 640);
    assert_int_equal(view.height, 480);
}

/* Of a larger one the part round the object, at its own size. */
static void test_surroundings_are_given_up_before_size(void **state)
{
    const struct camd_box object = {900, 500, 960, 700};
    struct best_view view;
    (void)state;
    assert_true(best_view_choose(&view, &object, WIDTH, HEIGHT, 300000));
    assert_int_equal(view.width, view.part.x2 - view.part.x1);
    assert_int_equal(view.height, view.part.y2 - view.part.y1);
    assert_in_range((uint64_t)view.width * view.height, 290000, 300000);
    assert_true(view.part.x1 < 900 - 100 && view.part.x2 > 960 + 100);
}

static void test_an_object_that_is_too_large_is_reduced(void **state)
{
    const struct camd_box object = {200, 100, 1400, 1000};
    struct best_view view;
    (void)state;
    assert_true(best_view_choose(&view, &object, WIDTH, HEIGHT, 300000));
    assert_true(view.width < (uint32_t)(view.part.x2 - view.part.x1));
    assert_in_range((uint64_t)view.width * view.height, 290000, 300000);
    assert_int_equal(view.part.y1, 0); /* 300 pixels around it, as far as there are */
    assert_int_equal(view.part.x2, 1700);
}

static void test_properties(void **state)
{
    (void)state;
    srandom(6);
    for (int round = 0; round < ROUNDS; round++) {
        const uint32_t width = 16 + 2 * ((uint32_t)random() % 1000),
                       height = 16 + 2 * ((uint32_t)random() % 600);
        const uint64_t pixels = 2000 + (uint64_t)random() % 800000;
        const int32_t x = (int32_t)(random() % 2400) - 200, y = (int32_t)(random() % 1500) - 200;
        const struct camd_box object = {x, y, x + (int32_t)(random() % 700), y + (int32_t)(random() % 700)};
        struct best_view view;
        const int is_in = object.x1 < object.x2 && object.y1 < object.y2 && object.x2 > 0 && object.y2 > 0 &&
                          object.x1 < (int32_t)width && object.y1 < (int32_t)height;
        assert_int_equal(best_view_choose(&view, &object, width, height, pixels), is_in);
        if (!is_in)
            continue;
        const struct camd_box *part = &view.part;

        assert_true(part->x1 >= 0 && part->y1 >= 0 && part->x2 <= (int32_t)width &&
                    part->y2 <= (int32_t)height);
        assert_true(part->x1 % 2 == 0 && part->y1 % 2 == 0 && part->x2 % 2 == 0 && part->y2 % 2 == 0);
        assert_true(part->x1 <= (object.x1 < 0 ? 0 : object.x1) &&
                    part->y1 <= (object.y1 < 0 ? 0 : object.y1));
        assert_true(part->x2 >= (object.x2 > (int32_t)width ? (int32_t)width : object.x2));
        assert_true(part->y2 >= (object.y2 > (int32_t)height ? (int32_t)height : object.y2));
        assert_true(view.width >= 2 && view.height >= 2 && view.width % 2 == 0 && view.height % 2 == 0);
        assert_true(view.width <= (uint32_t)(part->x2 - part->x1) &&
                    view.height <= (uint32_t)(part->y2 - part->y1));
        assert_true((uint64_t)view.width * view.height <= pixels);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_frame_that_fits_is_shown_whole),
        cmocka_unit_test(test_surroundings_are_given_up_before_size),
        cmocka_unit_test(test_an_object_that_is_too_large_is_reduced),
        cmocka_unit_test(test_properties),
    };
    return cmocka_run_group_tests_name("best view", tests, NULL, NULL);
}

/* What changes in a picture and is no object. */
#include <string.h>

#include "movers_scene.h"

/* Three pictures have something in a line: one that is fast, unless another beside the first may be what the second shows. */
static void flickers_in_a_line_are_no_fast_object(void **state)
{
    (void)state;
    for (int others = 0; others <= 1; others++) {
        tear_down(state);
        set_up(state);
        learn_the_wall();
        for (int i = 0; i < 3; i++) {
            begin_picture();
            person(200 + 80 * i, 200, 30);
            if (i == 0 && others)
                person(200, 320, 30);
            look();
        }
        assert_int_equal(any_is_believed(), !others);
    }
}

/* Something flashes, and the next picture has something like it elsewhere, which stays: a lamp that was switched on. */
static void what_stays_after_a_flash_elsewhere_is_no_object(void **state)
{
    (void)state;
    learn_the_wall();
    for (int i = 0; i < 40; i++) {
        begin_picture();
        person(i == 0 ? 100 : 220, 200, 230);
        look();
        assert_int_equal(present(), 0);
    }
}

/* A door opens, a lamp goes on: it changed, but nothing walks. */
static void what_changed_and_stays_there_is_no_object(void **state)
{
    (void)state;
    learn_the_wall();
    for (int i = 0; i < 40; i++) {
        begin_picture();
        draw(300, 100, 40, 90, 230);
        look();
        assert_int_equal(present(), 0);
        for (uint32_t k = 0; k < found.count; k++)
            assert_true(found.list[k].score < .5F); /* cannot begin an object */
    }
}

static void a_flicker_is_no_object(void **state)
{
    (void)state;
    learn_the_wall();
    for (int i = 0; i < 40; i++) {
        begin_picture();
        if (i % 4 == 0)
            draw(40 + i * 5, 100 + i * 3, 40, 90, 230);
        look();
        assert_int_equal(present(), 0);
    }
}

/* Lines on the ground, which the outline of what stood there crosses. */
static void draw_markings(void)
{
    for (int32_t x = 0; x + 4 < WIDTH; x += 40)
        draw(x, 280, 4, 90, 190);
}

/* A car is parked as the camera is started, and leaves. */
static void leave_a_place(bool is_marked)
{
    enum { LEFT = 100, TOP = 300, LONG = 120, HIGH = 45 };
    bool was_seen = false;
    const struct camd_box place = {LEFT, TOP, LEFT + LONG, TOP + HIGH};
    for (int i = -LEARN_FRAMES; i < 20 * FPS; i++) {
        const int32_t x = LEFT + (i > 0 ? 6 * i : 0);
        begin_picture();
        if (is_marked)
            draw_markings();
        if (x + LONG < WIDTH)
            draw(x, TOP, LONG, HIGH, 30);
        look();
        const struct camd_box car = {x, TOP, x + LONG, TOP + HIGH};
        was_seen = was_seen || track_at(&car, .6) != 0;
        assert_int_equal(x > LEFT + 2 * LONG ? track_at(&place, .3) : 0, 0);
    }
    assert_true(was_seen);
}

/* It and its empty place were two objects. */
static void where_something_of_the_scene_was_is_no_object(void **state)
{
    (void)state;
    leave_a_place(false);
}

/* There the picture has something along the outline, too, and that was taken for the outline of what stands there. */
static void where_something_was_on_a_marked_ground_is_no_object(void **state)
{
    (void)state;
    leave_a_place(true);
}

/* Its shadow, which goes with it, is cut off a figure; that made a figure of what had been left out. */
static void a_gap_with_a_flat_part_is_no_object(void **state)
{
    (void)state;
    for (int i = 0; i < LEARN_FRAMES + 5 * FPS; i++) {
        begin_picture();
        if (i < LEARN_FRAMES) {
            draw(200, 200, 40, 100, 230);
            draw(240, 270, 60, 30, 230);
        }
        look();
        assert_int_equal(found.count, 0);
    }
}

static void shake(void)
{
    memmove(pixels, pixels + WIDTH * 20, (size_t)WIDTH * (HEIGHT - 20));
}

/* A jolt of the camera made an object of every edge. */
static void a_picture_that_is_another_one_says_nothing_of_objects(void **state)
{
    (void)state;
    learn_the_wall();
    for (int i = 0; i < 3 * FPS; i++) {
        begin_picture();
        shake();
        look();
        assert_true(movers.is_unsure || i >= FPS);
        assert_int_equal(present(), 0);
    }
    assert_false(movers.is_unsure); /* in the end it is the scene */
}

/* Drops anywhere, other ones in each picture: some of them are near one of the picture before, and were taken for it. */
static void rain_is_no_object(void **state)
{
    (void)state;
    uint32_t seed = 7;
    learn_the_wall();
    for (int i = 0; i < 120; i++) {
        begin_picture();
        for (int drop = 0; drop < 150; drop++) {
            seed = seed * 1664525 + 1013904223;
            draw((int32_t)(seed >> 16) % (WIDTH - 8), (int32_t)(seed >> 8 & 0xFFFF) % (HEIGHT - 40), 6, 30,
                 (uint8_t)(180 + (seed >> 28)));
        }
        look();
        assert_int_equal(present(), 0);
    }
    assert_true(movers.scale.weight < 1.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MOVERS_TEST(flickers_in_a_line_are_no_fast_object),
        MOVERS_TEST(what_stays_after_a_flash_elsewhere_is_no_object),
        MOVERS_TEST(what_changed_and_stays_there_is_no_object),
        MOVERS_TEST(a_flicker_is_no_object),
        MOVERS_TEST(where_something_of_the_scene_was_is_no_object),
        MOVERS_TEST(where_something_was_on_a_marked_ground_is_no_object),
        MOVERS_TEST(a_gap_with_a_flat_part_is_no_object),
        MOVERS_TEST(a_picture_that_is_another_one_says_nothing_of_objects),
        MOVERS_TEST(rain_is_no_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which regions go first, and that none waits for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/attention.h"
#include "tracker/box.h"

enum { WIDTH = 2560, HEIGHT = 1440 };

static struct attention attention;
static struct attention_frame frame;
static struct attention_choice choice;
static struct camd_grid grid;
static struct camd_box objects[8], motion[CAMD_MOTION_MAX];

static int set_up(void **state)
{
    (void)state;
    memset(&attention, 0, sizeof(attention));
    memset(&grid, 0, sizeof(grid));
    frame = (struct attention_frame){
        .frame = {WIDTH, HEIGHT, 320}, .grid = &grid, .objects = objects, .motion = motion};
    return 0;
}

/* The n-th of places that are far from each other. */
static struct camd_box place(int32_t n)
{
    int32_t x = 20 + n % 5 * 520, y = 20 + n / 5 * 520;
    return (struct camd_box){x, y, x + 100, y + 100};
}

static void add_object(int32_t n)
{
    objects[frame.object_count++] = place(n);
}

static void add_motion(int32_t n)
{
    motion[frame.motion_count++] = place(n);
}

static bool is_chosen(int32_t n)
{
    struct camd_box wanted = place(n);
    for (uint32_t i = 0; i < choice.count; i++)
        if (box_contains(&choice.regions[i].region, &wanted))
            return true;
    return false;
}

static void nothing_to_see_is_no_region(void **state)
{
    (void)state;
    attention_choose(&attention, &frame, 8, &choice);
    assert_int_equal(choice.count, 0);
    assert_int_equal(choice.left_out, 0);
}

static void objects_go_before_motion_near_them_and_that_before_other_motion(void **state)
{
    (void)state;
    add_motion(0);
    add_motion(1);
    motion[1] = (struct camd_box){540, 100, 900, 500}; /* touches the object, and is not within its region */
    add_object(1);
    attention_choose(&attention, &frame, 8, &choice);
    assert_int_equal(choice.count, 3);
    assert_int_equal(choice.regions[0].rank, ATTENTION_OBJECTS);
    assert_int_equal(choice.regions[1].rank, ATTENTION_NEAR_OBJECT);
    assert_int_equal(choice.regions[2].rank, ATTENTION_MOTION);
    attention_choose(&attention, &frame, 1, &choice);
    assert_int_equal(choice.count, 1);
    assert_int_equal(choice.left_out, 2);
    assert_int_equal(choice.regions[0].rank, ATTENTION_OBJECTS);
}

static void motion_within_an_objects_region_needs_none_of_its_own(void **state)
{
    (void)state;
    add_object(1);
    add_motion(1);
    attention_choose(&attention, &frame, 8, &choice);
    assert_int_equal(choice.count, 1);
}

static void each_gets_its_turn_though_there_is_time_for_one_only(void **state)
{
    (void)state;
    enum { OBJECTS = 3, MOTION = 6 };
    int chosen[OBJECTS + MOTION] = {0};
    for (int32_t i = 0; i < OBJECTS; i++)
        add_object(i);
    for (int32_t i = OBJECTS; i < OBJECTS + MOTION; i++)
        add_motion(i);
    for (int n = 0; n < 2 * (OBJECTS + MOTION); n++) {
        attention_choose(&attention, &frame, 1, &choice);
        assert_int_equal(choice.count, 1);
        assert_int_equal(choice.left_out, OBJECTS + MOTION - 1);
        for (int32_t i = 0; i < OBJECTS + MOTION; i++)
            chosen[i] += is_chosen(i);
    }
    for (int i = 0; i < OBJECTS + MOTION; i++)
        assert_in_range(chosen[i], 1, 3);
}

static void a_postponed_region_goes_first_the_next_time(void **state)
{
    (void)state;
    for (int32_t i = 0; i < 4; i++)
        add_object(i);
    attention_choose(&attention, &frame, 3, &choice);
    struct camd_box last = choice.regions[2].region;
    attention_postpone(&attention, &choice, 2);
    assert_int_equal(choice.count, 2);
    assert_int_equal(choice.left_out, 2);
    attention_choose(&attention, &frame, 2, &choice);
    assert_true(box_equal(&choice.regions[0].region, &last) || box_equal(&choice.regions[1].region, &last));
    assert_int_equal(choice.regions[0].waited, 1);
    assert_int_equal(choice.regions[1].waited, 1);
}

static void the_grid_is_for_the_first_frame(void **state)
{
    (void)state;
    grid.cells[3][5] = (struct camd_grid_cell){.count = 5, .mean = .2F};
    frame.first = true;
    attention_choose(&attention, &frame, 8, &choice);
    assert_int_equal(choice.count, 1);
    assert_int_equal(choice.regions[0].rank, ATTENTION_STARTUP);
    assert_int_equal(choice.regions[0].region.x2 - choice.regions[0].region.x1, 512);
    frame.first = false;
    attention_choose(&attention, &frame, 8, &choice);
    assert_int_equal(choice.count, 0);
}

static void everywhere_is_a_region_of_the_frames_size(void **state)
{
    (void)state;
    frame.everywhere = true;
    attention_choose(&attention, &frame, 8, &choice);
    assert_int_equal(choice.count, 1);
    const struct camd_box square = {0, 0, WIDTH, WIDTH};
    assert_true(box_equal(&choice.regions[0].region, &square));
}

static void a_whole_frame_is_one_region(void **state)
{
    (void)state;
    frame.whole_frame = true;
    attention_choose(&attention, &frame, 8, &choice);
    assert_int_equal(choice.count, 0);
    add_motion(3);
    add_motion(7);
    attention_choose(&attention, &frame, 8, &choice);
    assert_int_equal(choice.count, 1);
    assert_int_equal(choice.left_out, 0);
    const struct camd_box whole = {0, 0, WIDTH, HEIGHT};
    assert_true(box_equal(&choice.regions[0].region, &whole));
}

/* Small things are lost in a whole frame that is reduced to a fraction: squares beside it, which wait their turn. */
static void squares_come_beside_a_whole_frame_that_shrinks_much(void **state)
{
    const struct camd_box whole = {0, 0, WIDTH, HEIGHT};
    (void)state;
    frame.whole_frame = frame.squares = true;
    attention_choose(&attention, &frame, 3, &choice);
    assert_int_equal(choice.count, 0);
    for (int32_t n = 0; n < 4; n++)
        add_motion(n);
    attention_choose(&attention, &frame, 3, &choice);
    assert_int_equal(choice.count, 3);
    assert_int_equal(choice.left_out, 2);
    assert_true(box_equal(&choice.regions[0].region, &whole));
    const struct camd_box first = choice.regions[1].region, second = choice.regions[2].region;
    attention_choose(&attention, &frame, 3, &choice);
    assert_true(box_equal(&choice.regions[0].region, &whole));
    for (uint32_t i = 1; i < 3; i++) {
        assert_false(box_equal(&choice.regions[i].region, &first));
        assert_false(box_equal(&choice.regions[i].region, &second));
    }
    attention_choose(&attention, &frame, 1, &choice);
    assert_int_equal(choice.count, 1);
    assert_true(box_equal(&choice.regions[0].region, &whole));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_to_see_is_no_region, set_up),
        cmocka_unit_test_setup(objects_go_before_motion_near_them_and_that_before_other_motion, set_up),
        cmocka_unit_test_setup(motion_within_an_objects_region_needs_none_of_its_own, set_up),
        cmocka_unit_test_setup(each_gets_its_turn_though_there_is_time_for_one_only, set_up),
        cmocka_unit_test_setup(a_postponed_region_goes_first_the_next_time, set_up),
        cmocka_unit_test_setup(the_grid_is_for_the_first_frame, set_up),
        cmocka_unit_test_setup(everywhere_is_a_region_of_the_frames_size, set_up),
        cmocka_unit_test_setup(a_whole_frame_is_one_region, set_up),
        cmocka_unit_test_setup(squares_come_beside_a_whole_frame_that_shrinks_much, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

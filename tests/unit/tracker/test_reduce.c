/* One detection an object: the reference's numbers (spec, test vectors), and a detector that says too much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tracker/box.h"
#include "tracker/reduce.h"

static struct detection_list list;
static const struct label_traits *traits[2];

static int set_up(void **state)
{
    (void)state;
    list.count = 0;
    traits[0] = label_traits("car");
    traits[1] = label_traits("person");
    return 0;
}

static void add(uint32_t label, float score, struct camd_box box, struct camd_box region)
{
    list.list[list.count++] =
        (struct detection){.box = box, .region = region, .score = score, .label = label};
}

static void add_first(void)
{
    add(0, .81F, (struct camd_box){1209, 73, 1437, 163}, (struct camd_box){1150, 0, 1500, 200});
}

static void a_clipped_duplicate_goes(void **state)
{
    (void)state;
    add_first();
    add(0, .88F, (struct camd_box){1238, 73, 1401, 171}, (struct camd_box){1242, 0, 1602, 360});
    assert_false(reduce_is_clipped(&list.list[0], 2560, 720));
    assert_true(reduce_is_clipped(&list.list[1], 2560, 720));
    reduce_detections(&list, traits, 2560, 720, REDUCE_SCORE_MIN);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.list[0].box.x1, 1209);
}

static void neighbours_are_kept(void **state)
{
    (void)state;
    add_first();
    add(0, .832F, (struct camd_box){1121, 55, 1214, 100}, (struct camd_box){922, 0, 1242, 320});
    add(0, .855F, (struct camd_box){1414, 97, 1571, 186}, (struct camd_box){1248, 0, 1568, 320});
    reduce_detections(&list, traits, 2560, 720, REDUCE_SCORE_MIN);
    assert_int_equal(list.count, 3);
}

static void a_small_box_in_a_much_larger_one_is_kept(void **state)
{
    (void)state;
    add(0, .81F, (struct camd_box){164, 279, 816, 719}, (struct camd_box){90, 0, 910, 820});
    add(0, .832F, (struct camd_box){248, 340, 328, 385}, (struct camd_box){0, 0, 460, 460});
    reduce_detections(&list, traits, 2560, 720, REDUCE_SCORE_MIN);
    assert_int_equal(list.count, 2);
}

static void boxes_that_overlap_in_part_are_kept(void **state)
{
    (void)state;
    add(0, .8F, (struct camd_box){954, 312, 1247, 475}, (struct camd_box){800, 200, 1280, 680});
    add(0, .85F, (struct camd_box){970, 380, 1273, 610}, (struct camd_box){800, 200, 1280, 680});
    reduce_detections(&list, traits, 1280, 720, REDUCE_SCORE_MIN);
    assert_int_equal(list.count, 2);
}

static void labels_do_not_hide_each_other(void **state)
{
    (void)state;
    add_first();
    add(1, .7F, (struct camd_box){1209, 73, 1437, 163}, (struct camd_box){1150, 0, 1500, 200});
    reduce_detections(&list, traits, 2560, 720, REDUCE_SCORE_MIN);
    assert_int_equal(list.count, 2);
}

static void scores_up_to_the_least_go(void **state)
{
    (void)state;
    add(0, .5F, (struct camd_box){500, 100, 600, 200}, (struct camd_box){400, 50, 720, 370});
    add(0, .51F, (struct camd_box){700, 300, 800, 400}, (struct camd_box){600, 250, 920, 570});
    reduce_detections(&list, traits, 2560, 720, REDUCE_SCORE_MIN);
    assert_int_equal(list.count, 1);
}

static void a_full_list_is_reduced(void **state)
{
    (void)state;
    for (int32_t i = 0; i < DETECTIONS_MAX; i++)
        add((uint32_t)i % 2, .6F, (struct camd_box){100 + i % 7, 100, 200, 300},
            (struct camd_box){0, 0, 2560, 720});
    reduce_detections(&list, traits, 2560, 720, REDUCE_SCORE_MIN);
    assert_int_equal(list.count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_clipped_duplicate_goes, set_up),
        cmocka_unit_test_setup(neighbours_are_kept, set_up),
        cmocka_unit_test_setup(a_small_box_in_a_much_larger_one_is_kept, set_up),
        cmocka_unit_test_setup(boxes_that_overlap_in_part_are_kept, set_up),
        cmocka_unit_test_setup(labels_do_not_hide_each_other, set_up),
        cmocka_unit_test_setup(scores_up_to_the_least_go, set_up),
        cmocka_unit_test_setup(a_full_list_is_reduced, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

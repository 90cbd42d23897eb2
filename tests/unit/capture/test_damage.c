/* Which pictures show damage: by their numbers, in the order in which they come out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include "capture/damage.h"

#define SECOND INT64_C(1000000000)

static void test_errors_last_until_a_key_picture(void **state)
{
    (void)state;
    struct damage damage = {0};

    for (uint32_t number = 0; number < 30; number++) {
        damage_packet(&damage, number);
        if (number == 12)
            damage_bad(&damage, number, SECOND);
        assert_int_equal(damage_of_picture(&damage, number, number % 10 == 0, SECOND),
                         number >= 12 && number < 20);
    }
}

static void test_a_key_picture_with_errors_does_not_heal(void **state)
{
    (void)state;
    struct damage damage = {0};

    damage_packet(&damage, 0);
    damage_bad(&damage, 0, SECOND);
    assert_true(damage_of_picture(&damage, 0, true, SECOND));
    damage_packet(&damage, 1);
    assert_true(damage_of_picture(&damage, 1, false, SECOND));
    damage_packet(&damage, 2);
    assert_false(damage_of_picture(&damage, 2, true, SECOND));
    damage_packet(&damage, 3);
    assert_false(damage_of_picture(&damage, 3, false, SECOND));
}

/* What is missing was before the picture, which refers to it unless it is a key picture. */
static void test_what_is_missing(void **state)
{
    (void)state;
    struct damage damage = {0};

    damage_packet(&damage, 5);
    damage_missing(&damage, SECOND);
    assert_true(damage_of_picture(&damage, 5, false, SECOND));
    damage_packet(&damage, 6);
    damage_missing(&damage, SECOND);
    assert_false(damage_of_picture(&damage, 6, true, SECOND));
    damage_packet(&damage, 7);
    assert_false(damage_of_picture(&damage, 7, false, SECOND));
}

/* I0 P2 B1 P4 B3 by their places in the order of presentation; packets 0 1 2 3 4. */
static void test_pictures_that_come_out_in_another_order(void **state)
{
    (void)state;
    struct damage damage = {0};

    for (uint32_t number = 0; number < 3; number++)
        damage_packet(&damage, number);
    assert_false(damage_of_picture(&damage, 0, true, SECOND));
    damage_packet(&damage, 3);
    damage_bad(&damage, 3, SECOND);
    assert_false(damage_of_picture(&damage, 2, false, SECOND)); /* made before the error */
    assert_false(damage_of_picture(&damage, 1, false, SECOND));
    damage_packet(&damage, 4);
    assert_true(damage_of_picture(&damage, 4, false, SECOND)); /* made from what is damaged */
    assert_true(damage_of_picture(&damage, 3, false, SECOND));
}

/* The key picture comes out when later packets have been decoded. */
static void test_errors_behind_a_key_picture_stay(void **state)
{
    (void)state;
    struct damage damage = {0};

    damage_packet(&damage, 0);
    damage_bad(&damage, 0, SECOND);
    for (uint32_t number = 1; number <= 4; number++)
        damage_packet(&damage, number);
    damage_bad(&damage, 3, SECOND);
    assert_true(damage_of_picture(&damage, 0, false, SECOND));
    assert_false(damage_of_picture(&damage, 1, true, SECOND));
    assert_false(damage_of_picture(&damage, 2, false, SECOND));
    assert_true(damage_of_picture(&damage, 3, false, SECOND));
    assert_true(damage_of_picture(&damage, 4, false, SECOND));
}

static void test_a_stream_without_key_pictures_is_whole_again_in_time(void **state)
{
    (void)state;
    struct damage damage = {0};

    damage_packet(&damage, 1);
    damage_bad(&damage, 1, SECOND);
    assert_true(damage_of_picture(&damage, 1, false, SECOND));
    damage_packet(&damage, 2);
    assert_true(damage_of_picture(&damage, 2, false, SECOND + DAMAGE_LASTS_NS));
    damage_packet(&damage, 3);
    assert_false(damage_of_picture(&damage, 3, false, SECOND + DAMAGE_LASTS_NS + 1));
}

static void test_numbers_begin_again(void **state)
{
    (void)state;
    struct damage damage = {0};

    damage_packet(&damage, UINT32_MAX);
    damage_bad(&damage, UINT32_MAX, SECOND);
    assert_true(damage_of_picture(&damage, UINT32_MAX, false, SECOND));
    damage_packet(&damage, 0);
    assert_true(damage_of_picture(&damage, 0, false, SECOND));
    damage_packet(&damage, 1);
    assert_false(damage_of_picture(&damage, 1, true, SECOND));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors_last_until_a_key_picture),
        cmocka_unit_test(test_a_key_picture_with_errors_does_not_heal),
        cmocka_unit_test(test_what_is_missing),
        cmocka_unit_test(test_pictures_that_come_out_in_another_order),
        cmocka_unit_test(test_errors_behind_a_key_picture_stay),
        cmocka_unit_test(test_a_stream_without_key_pictures_is_whole_again_in_time),
        cmocka_unit_test(test_numbers_begin_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

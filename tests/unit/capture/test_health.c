/* When damage is told: not once, but when it keeps coming, and until it has stopped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include "capture/health.h"

#define SECOND INT64_C(1000000000)

static struct health health;
static int64_t now_ns;

static int set_up(void **state)
{
    (void)state;
    health = (struct health){0};
    now_ns = 1000 * SECOND;
    return 0;
}

/* Five pictures a second; the damaged ones begin with an error. Returns how often there was something to tell. */
static unsigned int play(int seconds, int damaged_from, int damaged_to, bool is_loss)
{
    unsigned int told = 0;
    for (int i = 0; i < 5 * seconds; i++, now_ns += SECOND / 5) {
        bool is_damaged = i >= 5 * damaged_from && i < 5 * damaged_to;
        told += health_note_packet(&health, now_ns);
        if (is_damaged)
            health_note_errors(&health, !is_loss, is_loss, now_ns);
        told += health_note_picture(&health, is_damaged, now_ns);
    }
    return told;
}

static void test_good_pictures_are_nothing_to_tell(void **state)
{
    (void)state;
    assert_int_equal(play(300, 0, 0, false), 0);
    assert_int_equal(health.state, HEALTH_GOOD);
}

static void test_one_accident_is_nothing_to_tell(void **state)
{
    (void)state;
    assert_int_equal(play(60, 10, 11, true), 0);
    assert_int_equal(play(60, 10, 11, true), 0);
}

static void test_what_keeps_coming_is_told_once_and_its_end(void **state)
{
    (void)state;
    assert_int_equal(play(10, 9, 10, true), 0);
    assert_int_equal(play(5, 4, 5, true), 0);
    assert_int_equal(play(5, 4, 5, true), 1);
    assert_int_equal(health.state, HEALTH_DAMAGED);
    assert_true(health_has_losses(&health));
    assert_true(health_share(&health) > 0.1 && health_share(&health) < 0.2);
    assert_int_equal(play(15, 0, 0, false), 0);
    assert_int_equal(health.state, HEALTH_DAMAGED);
    assert_int_equal(play(10, 0, 0, false), 1);
    assert_int_equal(health.state, HEALTH_GOOD);
}

static void test_errors_are_no_losses(void **state)
{
    (void)state;
    assert_int_equal(play(8, 0, 8, false), 1);
    assert_false(health_has_losses(&health));
    assert_true(health_share(&health) > 0.99);
}

static void test_what_brings_no_picture_at_all_is_damaged(void **state)
{
    (void)state;
    unsigned int told = 0;

    for (int i = 0; i < 40; i++, now_ns += SECOND / 5) {
        if (i % 2)
            health_note_lost(&health, now_ns);
        else
            told += health_note_picture(&health, false, now_ns);
    }
    assert_int_equal(told, 1);
    assert_true(health_share(&health) > 0.4 && health_share(&health) < 0.6);
}

static void test_another_share_is_told_in_time(void **state)
{
    (void)state;
    assert_int_equal(play(8, 7, 8, false), 0);
    assert_int_equal(play(8, 7, 8, false), 0);
    assert_int_equal(play(8, 6, 8, false), 1);
    double share = health.told_share;
    assert_true(play(40, 0, 40, false) == 1);
    assert_true(health.told_share > share + 0.5);
}

static void test_pictures_that_are_long_in_coming(void **state)
{
    (void)state;
    unsigned int told = 0;

    for (int i = 0; i < 100; i++, now_ns += SECOND / 10)
        told += health_note_packet(&health, now_ns);
    assert_int_equal(told, 1);
    assert_int_equal(health.state, HEALTH_WAITING);
    assert_true(health_note_picture(&health, false, now_ns));
    assert_int_equal(health.state, HEALTH_GOOD);
    assert_false(health_note_packet(&health, now_ns + 60 * SECOND));
}

static void test_a_long_pause_forgets(void **state)
{
    (void)state;
    assert_int_equal(play(8, 0, 8, false), 1);
    now_ns += 1000000 * SECOND;
    assert_true(health_note_picture(&health, false, now_ns));
    assert_int_equal(health.state, HEALTH_GOOD);
}

#define HEALTH_TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEALTH_TEST(test_good_pictures_are_nothing_to_tell),
        HEALTH_TEST(test_one_accident_is_nothing_to_tell),
        HEALTH_TEST(test_what_keeps_coming_is_told_once_and_its_end),
        HEALTH_TEST(test_errors_are_no_losses),
        HEALTH_TEST(test_what_brings_no_picture_at_all_is_damaged),
        HEALTH_TEST(test_another_share_is_told_in_time),
        HEALTH_TEST(test_pictures_that_are_long_in_coming),
        HEALTH_TEST(test_a_long_pause_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

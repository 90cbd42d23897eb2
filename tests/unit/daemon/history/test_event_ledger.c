/* Whose events are how many, places over epochs, and who loses when there are too many. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/history/event_ledger.h"

static struct event_ledger ledger;

static int set_up(void **state)
{
    (void)state;
    return event_ledger_init(&ledger);
}

static int tear_down(void **state)
{
    (void)state;
    event_ledger_fini(&ledger);
    return 0;
}

static size_t camera(const char *name)
{
    size_t number;
    assert_int_equal(event_ledger_camera(&ledger, name, &number), 0);
    return number;
}

static uint64_t place(uint64_t epoch, uint64_t seq)
{
    const struct event_place event = {epoch, seq};
    uint64_t found = 0;
    assert_int_equal(event_ledger_place(&ledger, &event, &found), 0);
    return found;
}

static void test_cameras_have_numbers_and_take_them_along(void **state)
{
    (void)state;
    assert_int_equal(camera(NULL), 0);
    assert_int_equal(camera(""), 0);
    assert_int_equal(camera("front"), 1);
    assert_int_equal(camera("back"), 2);
    assert_int_equal(camera("front"), 1);
    event_ledger_rename(&ledger, "front", "back");
    assert_string_equal(ledger.cameras[1].name, "back");
    assert_int_equal(camera("back"), 2); /* new events are the newest one's */
    assert_int_equal(camera("front"), 3);
}

/* Numbers were never free again: scripts that add and remove cameras used them up. */
static void test_a_name_whose_events_are_all_gone_makes_room_for_another(void **state)
{
    (void)state;
    ledger.camera_max = 4;
    event_ledger_add(&ledger, camera("a"), 100);
    event_ledger_add(&ledger, camera("b"), 100);
    event_ledger_add(&ledger, camera("c"), 100);
    assert_int_equal(camera("d"), 0); /* all have events */
    assert_int_equal(ledger.camera_count, 4);
    event_ledger_remove(&ledger, camera("c"), 100, 7, 1);
    event_ledger_remove(&ledger, camera("b"), 100, 5, 9);
    assert_int_equal(camera("d"), 2); /* b's, which had none for longer */
    assert_string_equal(ledger.cameras[2].name, "d");
    assert_int_equal(ledger.cameras[2].gone, 0);
    assert_true(ledger.cameras[2].changed);
    assert_int_equal(camera("d"), 2);
    event_ledger_add(&ledger, 2, 100);
    assert_int_equal(camera("b"), 3);
}

/* Names were compared one after the other, for each event. */
static void test_a_name_is_known_by_its_newest_number_whoever_has_it_no_more(void **state)
{
    (void)state;
    ledger.camera_max = 4;
    event_ledger_add(&ledger, camera("a"), 100);
    camera("b");
    event_ledger_add(&ledger, camera("c"), 100);
    event_ledger_rename(&ledger, "b", "a"); /* 1 and 2 */
    event_ledger_rename(&ledger, "a", "a");
    assert_int_equal(camera("a"), 2);
    assert_int_equal(camera("d"), 2); /* it had no events */
    assert_int_equal(camera("a"), 1);
    event_ledger_rename(&ledger, "c", "d"); /* 2 and 3 */
    assert_int_equal(camera("d"), 3);
    event_ledger_rename(&ledger, "nobody", "d");
    assert_int_equal(camera("d"), 3);
    assert_int_equal(camera("c"), 2); /* the older d's */
    event_ledger_rename(&ledger, "d", "e");
    assert_int_equal(camera("e"), 3);
}

/* The order is that of the starts, whatever the clock says the epochs are. */
static void test_an_epoch_is_behind_the_one_before(void **state)
{
    const struct event_place late = {900, 4};
    uint64_t found;
    (void)state;
    assert_int_equal(place(900, 1), 1);
    assert_int_equal(place(900, 3), 3); /* the second could not be kept */
    assert_int_equal(place(100, 1), 4);
    assert_int_equal(place(100, 2), 5);
    assert_int_equal(place(900, 2), 2);
    assert_int_equal(event_ledger_place(&ledger, &late, &found), -ESTALE);
    assert_int_equal(event_ledger_epoch_at(&ledger, 3)->epoch, 900);
    assert_int_equal(event_ledger_epoch_at(&ledger, 4)->epoch, 100);
    assert_null(event_ledger_epoch_at(&ledger, 0));
    assert_null(event_ledger_epoch(&ledger, 7));
}

static void test_epochs_are_bounded(void **state)
{
    (void)state;
    for (uint64_t epoch = 1; epoch <= EVENT_EPOCHS_MAX + 2; epoch++)
        place(epoch, 1);
    assert_int_equal(ledger.epoch_count, EVENT_EPOCHS_MAX);
    assert_null(event_ledger_epoch(&ledger, 2));
    assert_non_null(event_ledger_epoch(&ledger, 3));
}

/* Two busy cameras must not erase a quiet one's. */
static void test_those_lose_who_have_the_most(void **state)
{
    (void)state;
    event_ledger_add(&ledger, camera("quiet"), 100);
    event_ledger_add(&ledger, camera("busy"), 5000);
    event_ledger_add(&ledger, camera("busier"), 7000);
    assert_int_equal(event_ledger_level(&ledger, 1000), 6000);
    assert_int_equal(event_ledger_level(&ledger, 4000), 4000);
    assert_int_equal(event_ledger_level(&ledger, 11800), 100);
    assert_int_equal(event_ledger_level(&ledger, 12100), 0);
    assert_int_equal(event_ledger_level(&ledger, UINT64_MAX), 0);
    assert_int_equal(event_ledger_level(&ledger, 0), 7000);
}

static void test_what_is_gone_is_remembered(void **state)
{
    (void)state;
    const size_t front = camera("front");
    event_ledger_add(&ledger, front, 100);
    event_ledger_add(&ledger, front, 100);
    event_ledger_remove(&ledger, front, 100, 7, 2000);
    event_ledger_remove(&ledger, front, 500, 9, 1000); /* the clock was set back; and more than there was */
    assert_int_equal(ledger.cameras[front].bytes, 0);
    assert_int_equal(ledger.cameras[front].count, 0);
    assert_int_equal(ledger.cameras[front].gone, 9);
    assert_int_equal(ledger.cameras[front].gone_ns, 2000);
}

static void test_what_a_file_may_not_have(void **state)
{
    const struct event_camera named = {.name = "front"}, unnamed = {.bytes = 5};
    const struct event_epoch first = {.base = 0, .epoch = 1, .last = 10},
                             overlapping = {.base = 9, .epoch = 2, .last = 1};
    (void)state;
    assert_int_equal(event_ledger_load_camera(&ledger, 0, &unnamed), 0);
    assert_int_equal(event_ledger_load_camera(&ledger, 2, &named), -EBADMSG);
    assert_int_equal(event_ledger_load_camera(&ledger, 1, &unnamed), -EBADMSG);
    assert_int_equal(event_ledger_load_camera(&ledger, 1, &named), 0);
    assert_int_equal(event_ledger_load_epoch(&ledger, &first), 0);
    assert_int_equal(event_ledger_load_epoch(&ledger, &overlapping), -EBADMSG);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_cameras_have_numbers_and_take_them_along),
        TEST(test_a_name_whose_events_are_all_gone_makes_room_for_another),
        TEST(test_a_name_is_known_by_its_newest_number_whoever_has_it_no_more),
        TEST(test_an_epoch_is_behind_the_one_before),
        TEST(test_epochs_are_bounded),
        TEST(test_those_lose_who_have_the_most),
        TEST(test_what_is_gone_is_remembered),
        TEST(test_what_a_file_may_not_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

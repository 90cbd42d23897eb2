/* Events on their way: in order, acknowledged, sent again after a connection was lost, and bounded. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mqtt/outbox.h"

static void add(struct outbox *outbox, uint64_t seq)
{
    assert_int_equal(outbox_add(outbox, "topic", "{}", 2, (struct camd_place){.epoch = 7, .seq = seq}), 0);
}

/* Sends all that can be sent, numbered from message on; returns how many. */
static int send_all(struct outbox *outbox, int message)
{
    int count = 0;
    while (outbox_next(outbox))
        outbox_sent(outbox, message + count++);
    return count;
}

static void test_confirmed_moves_on_only_over_what_is_without_a_gap(void **state)
{
    struct outbox outbox;
    (void)state;
    assert_int_equal(outbox_init(&outbox, 8), 0);
    for (uint64_t seq = 1; seq <= 3; seq++)
        add(&outbox, seq);
    assert_int_equal(send_all(&outbox, 10), 3);
    assert_false(outbox_acknowledge(&outbox, 11));
    assert_int_equal(outbox.confirmed.epoch, 0);
    assert_false(outbox_acknowledge(&outbox, 99));
    assert_true(outbox_acknowledge(&outbox, 10));
    assert_int_equal(outbox.confirmed.seq, 2);
    assert_true(outbox_acknowledge(&outbox, 12));
    assert_int_equal(outbox.confirmed.seq, 3);
    assert_int_equal(outbox.count, 0);
    outbox_fini(&outbox);
}

static void test_what_was_on_its_way_is_sent_again_in_its_order(void **state)
{
    struct outbox outbox;
    (void)state;
    assert_int_equal(outbox_init(&outbox, 8), 0);
    for (uint64_t seq = 1; seq <= 4; seq++)
        add(&outbox, seq);
    outbox_sent(&outbox, 10);
    outbox_sent(&outbox, 11);
    outbox_sent(&outbox, 12);
    assert_false(outbox_acknowledge(&outbox, 11));
    outbox_rewind(&outbox);
    assert_int_equal(outbox_next(&outbox)->place.seq, 1);
    outbox_sent(&outbox, 20);
    assert_int_equal(outbox_next(&outbox)->place.seq, 3); /* the second was acknowledged before */
    outbox_sent(&outbox, 21);
    assert_int_equal(outbox_next(&outbox)->place.seq, 4);
    assert_true(outbox_acknowledge(&outbox, 20));
    assert_int_equal(outbox.confirmed.seq, 2);
    outbox_fini(&outbox);
}

static void test_numbers_of_a_lost_connection_acknowledge_nothing(void **state)
{
    struct outbox outbox;
    (void)state;
    assert_int_equal(outbox_init(&outbox, 4), 0);
    add(&outbox, 1);
    outbox_sent(&outbox, 10);
    outbox_rewind(&outbox);
    assert_false(outbox_acknowledge(&outbox, 10));
    assert_int_equal(outbox.count, 1);
    outbox_fini(&outbox);
}

static void test_what_the_broker_never_takes_holds_up_nothing(void **state)
{
    struct outbox outbox;
    (void)state;
    assert_int_equal(outbox_init(&outbox, 8), 0);
    for (uint64_t seq = 1; seq <= 3; seq++)
        add(&outbox, seq);
    outbox_sent(&outbox, 10);
    assert_int_equal(outbox_largest_sent(&outbox), 2);
    assert_false(outbox_give_up(&outbox));
    assert_int_equal(outbox_next(&outbox)->place.seq, 3);
    assert_int_equal(outbox_sent_as(&outbox, 10)->place.seq, 1);
    assert_true(outbox_acknowledge(&outbox, 10));
    assert_null(outbox_sent_as(&outbox, 10));
    assert_int_equal(outbox_largest_sent(&outbox), 0);
    assert_int_equal(outbox.confirmed.seq, 2);
    assert_true(outbox_give_up(&outbox));
    assert_int_equal(outbox.confirmed.seq, 3);
    assert_null(outbox_next(&outbox));
    outbox_fini(&outbox);
}

static void test_it_is_bounded_and_goes_round(void **state)
{
    struct outbox outbox;
    (void)state;
    assert_int_equal(outbox_init(&outbox, 2), 0);
    for (uint64_t seq = 1; seq <= 9; seq += 2) {
        add(&outbox, seq);
        add(&outbox, seq + 1);
        assert_true(outbox_is_full(&outbox));
        assert_int_equal(outbox_add(&outbox, "t", "", 0, (struct camd_place){7, 99}), -ENOBUFS);
        assert_int_equal(send_all(&outbox, 1), 2);
        assert_true(outbox_acknowledge(&outbox, 1));
        assert_true(outbox_acknowledge(&outbox, 2));
        assert_int_equal(outbox.confirmed.seq, seq + 1);
    }
    add(&outbox, 20); /* freed with it */
    outbox_fini(&outbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_confirmed_moves_on_only_over_what_is_without_a_gap),
        cmocka_unit_test(test_what_was_on_its_way_is_sent_again_in_its_order),
        cmocka_unit_test(test_numbers_of_a_lost_connection_acknowledge_nothing),
        cmocka_unit_test(test_what_the_broker_never_takes_holds_up_nothing),
        cmocka_unit_test(test_it_is_bounded_and_goes_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

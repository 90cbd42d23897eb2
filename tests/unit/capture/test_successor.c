/* When another stream has taken the place of the first one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <libavcodec/packet.h>

#include "capture/successor.h"

static bool add(struct successor *successor, AVPacket *packet, int stream, int64_t arrival_ns)
{
    assert_return_code(av_new_packet(packet, 10), 0);
    packet->stream_index = stream;
    packet->pts = arrival_ns;
    bool is_sure = successor_add(successor, packet, arrival_ns);
    av_packet_unref(packet);
    return is_sure;
}

static void test_packets_of_a_new_stream_are_kept_until_it_is_sure(void **state)
{
    (void)state;
    struct successor successor = {0};
    AVPacket *packet = av_packet_alloc();

    for (int i = 1; i < SUCCESSOR_PACKETS; i++)
        assert_false(add(&successor, packet, 1, i));
    assert_true(add(&successor, packet, 1, SUCCESSOR_PACKETS));
    for (int i = 0; i < SUCCESSOR_PACKETS; i++) {
        assert_int_equal(successor.packets[i]->pts, i + 1);
        assert_int_equal(successor.arrivals_ns[i], i + 1);
    }
    successor_clear(&successor);
    av_packet_free(&packet);
}

static void test_old_stream_that_goes_on_has_no_successor(void **state)
{
    (void)state;
    struct successor successor = {0};
    AVPacket *packet = av_packet_alloc();

    for (int i = 0; i < 100; i++) {
        assert_false(add(&successor, packet, 1, i));
        assert_false(add(&successor, packet, 1, i));
        successor_clear(&successor);
    }
    /* nor have two new ones that take turns succeeded to it */
    for (int i = 0; i < 100; i++)
        assert_false(add(&successor, packet, i % 2, i));
    successor_clear(&successor);
    av_packet_free(&packet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets_of_a_new_stream_are_kept_until_it_is_sure),
        cmocka_unit_test(test_old_stream_that_goes_on_has_no_successor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

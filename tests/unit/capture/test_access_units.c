/* Pictures out of the pieces in which RTP brings them, and the pauses between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <libavcodec/avcodec.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "capture/access_units.h"
#include "capture/rhythm.h"

#define MS INT64_C(1000000)
#define S  INT64_C(1000000000)

/* First bytes of NAL units behind their start code; the first slice of a picture has the next bit set. */
#define H264_DELIMITER  "\x09\x10"
#define H264_PARAMETERS "\x67\x42\x68\xce"
#define H264_KEY_FIRST  "\x65\x88"
#define H264_KEY_NEXT   "\x65\x3a"
#define H264_FIRST      "\x41\x9a"
#define H264_NEXT       "\x41\x3b"
#define HEVC_KEY_FIRST  "\x26\x01\xaf"
#define HEVC_FIRST      "\x02\x01\xd0"
#define HEVC_NEXT       "\x02\x01\x50"
#define HEVC_RECOVERY   "\x4e\x01\x06"

struct stream {
    struct access_units units;
    AVPacket *piece, *unit, *last; /* last: the last picture that was completed */
    int64_t now_ns, arrival_ns;
};

static void stream_init(struct stream *stream, int codec)
{
    *stream = (struct stream){
        .piece = av_packet_alloc(),
        .unit = av_packet_alloc(),
        .last = av_packet_alloc(),
        .now_ns = 1000 * S,
    };
    assert_true(access_units_init(&stream->units, codec));
}

static void stream_fini(struct stream *stream)
{
    access_units_fini(&stream->units);
    av_packet_free(&stream->piece);
    av_packet_free(&stream->unit);
    av_packet_free(&stream->last);
}

/* Adds stream->piece; whether it completed the picture before. */
static bool add_piece(struct stream *stream, int64_t time)
{
    stream->piece->pts = time;
    stream->now_ns += MS;
    int result =
        access_units_add(&stream->units, stream->piece, stream->now_ns, stream->unit, &stream->arrival_ns);
    assert_true(result >= 0);
    av_packet_unref(stream->piece);
    if (result > 0) {
        av_packet_unref(stream->last);
        av_packet_move_ref(stream->last, stream->unit);
    }
    return result > 0;
}

/* A piece of that many bytes, with a start code or without. */
static bool add(struct stream *stream, int64_t time, bool begins, const char *head, size_t length)
{
    size_t start = begins ? 4 : 0;
    assert_int_equal(av_new_packet(stream->piece, (int)(start + length)), 0);
    memset(stream->piece->data, 0x55, start + length);
    if (begins)
        memcpy(stream->piece->data, "\0\0\0\1", 4);
    memcpy(stream->piece->data + start, head, strlen(head));
    return add_piece(stream, time);
}

static void test_other_codecs_are_left_to_libavformat(void **state)
{
    (void)state;
    struct access_units units;
    assert_false(access_units_init(&units, AV_CODEC_ID_MJPEG));
    assert_true(access_units_pause_ns(&units, S) < 0);
    assert_int_equal(access_units_finish(&units, NULL, NULL), 0);
}

static void test_picture_ends_where_the_time_changes(void **state)
{
    (void)state;
    struct stream stream;
    stream_init(&stream, AV_CODEC_ID_H264);
    assert_false(add(&stream, 100, true, H264_DELIMITER, 2));
    int64_t begun_ns = stream.now_ns;
    assert_false(add(&stream, 100, true, H264_PARAMETERS, 30));
    assert_false(add(&stream, 100, true, H264_KEY_FIRST, 1400));
    assert_false(add(&stream, 100, false, "\x11", 1400));
    assert_false(add(&stream, 100, false, "\x22", 300));
    assert_true(add(&stream, 200, true, H264_FIRST, 500));
    assert_int_equal(stream.last->size, 4 + 2 + 4 + 30 + 4 + 1400 + 1400 + 300);
    assert_int_equal(stream.last->pts, 100);
    assert_true(stream.last->flags & AV_PKT_FLAG_KEY);
    assert_int_equal(stream.arrival_ns, begun_ns);
    assert_true(add(&stream, 300, true, H264_FIRST, 500));
    assert_int_equal(stream.last->size, 504);
    assert_false(stream.last->flags & AV_PKT_FLAG_KEY);
    stream_fini(&stream);
}

/* GStreamer's payloader puts them before every slice of a key frame; libavformat's parser would make two pictures of it. */
static void test_parameter_sets_between_slices_cut_no_picture(void **state)
{
    (void)state;
    struct stream stream;
    stream_init(&stream, AV_CODEC_ID_H264);
    for (int64_t time = 0; time < 10; time++) {
        assert_int_equal(add(&stream, time, true, H264_PARAMETERS, 30), time > 0);
        assert_false(add(&stream, time, true, H264_KEY_FIRST, 700));
        assert_false(add(&stream, time, true, H264_PARAMETERS, 30));
        assert_false(add(&stream, time, true, H264_KEY_NEXT, 600));
    }
    assert_int_equal(stream.last->size, 4 * 4 + 30 + 700 + 30 + 600);
    stream_fini(&stream);
}

static void test_parameter_sets_with_a_time_of_their_own_go_with_the_next_picture(void **state)
{
    (void)state;
    struct stream stream;
    stream_init(&stream, AV_CODEC_ID_H264);
    assert_false(add(&stream, 0, true, H264_PARAMETERS, 30));
    assert_false(add(&stream, 100, true, H264_KEY_FIRST, 700));
    assert_true(add(&stream, 200, true, H264_FIRST, 700));
    assert_int_equal(stream.last->size, 4 + 30 + 4 + 700);
    assert_int_equal(stream.last->pts, 100);
    stream_fini(&stream);
}

static void test_times_that_stand_still_or_are_missing(void **state)
{
    (void)state;
    static const int64_t times[] = {0, AV_NOPTS_VALUE};
    for (size_t i = 0; i < 2; i++) {
        struct stream stream;
        stream_init(&stream, AV_CODEC_ID_H264);
        for (int picture = 0; picture < 10; picture++) {
            assert_false(add(&stream, times[i], true, H264_DELIMITER, 2));
            assert_false(add(&stream, times[i], true, H264_PARAMETERS, 30));
            assert_int_equal(add(&stream, times[i], true, H264_FIRST, 700), picture > 0);
            assert_false(add(&stream, times[i], true, H264_NEXT, 600));
        }
        /* all of its own, and nothing of its neighbours' */
        assert_int_equal(stream.last->size, 4 * 4 + 2 + 30 + 700 + 600);
        assert_memory_equal(stream.last->data + 4, H264_DELIMITER, 2);
        stream_fini(&stream);
    }
}

static void test_several_units_in_one_piece(void **state)
{
    (void)state;
    static const char piece[] = "\0\0\0\1" H264_PARAMETERS "\0\0\0\1" H264_FIRST "\x55\x55";
    struct stream stream;
    stream_init(&stream, AV_CODEC_ID_H264);
    for (int picture = 0; picture < 3; picture++) {
        assert_int_equal(av_new_packet(stream.piece, sizeof(piece) - 1), 0);
        memcpy(stream.piece->data, piece, sizeof(piece) - 1);
        stream.piece->data[sizeof(piece) - 2] = (uint8_t)picture;
        assert_int_equal(add_piece(&stream, 0), picture > 0);
    }
    assert_int_equal(stream.last->size, sizeof(piece) - 1);
    stream_fini(&stream);
}

static void test_hevc(void **state)
{
    (void)state;
    struct stream stream;
    stream_init(&stream, AV_CODEC_ID_HEVC);
    assert_false(add(&stream, 0, true, HEVC_KEY_FIRST, 600));
    assert_true(add(&stream, 0, true, HEVC_FIRST, 600));
    assert_true(stream.last->flags & AV_PKT_FLAG_KEY);
    assert_false(add(&stream, 0, true, HEVC_NEXT, 600));
    assert_true(add(&stream, 90, true, HEVC_FIRST, 600));
    assert_int_equal(stream.last->size, 2 * 604);
    assert_false(stream.last->flags & AV_PKT_FLAG_KEY);
    /* without key pictures, this says where one may begin */
    assert_false(add(&stream, 90, true, HEVC_RECOVERY, 20));
    assert_true(add(&stream, 180, true, HEVC_FIRST, 600));
    assert_false(stream.last->flags & AV_PKT_FLAG_KEY);
    assert_true(add(&stream, 270, true, HEVC_FIRST, 600));
    assert_true(stream.last->flags & AV_PKT_FLAG_KEY);
    stream_fini(&stream);
}

static void test_picture_is_whole_when_its_last_piece_was_short_and_nothing_follows(void **state)
{
    (void)state;
    struct stream stream;
    stream_init(&stream, AV_CODEC_ID_H264);
    add(&stream, 0, true, H264_PARAMETERS, 30);
    assert_true(access_units_pause_ns(&stream.units, stream.now_ns + S) < 0); /* no slice yet */
    add(&stream, 0, true, H264_KEY_FIRST, 1400);
    assert_true(access_units_pause_ns(&stream.units, stream.now_ns + S) < 0); /* a full piece */
    add(&stream, 0, false, "\x11", 1398);
    assert_true(access_units_pause_ns(&stream.units, stream.now_ns + S) < 0);
    add(&stream, 0, false, "\x11", 900);
    assert_int_equal(access_units_pause_ns(&stream.units, stream.now_ns + 10 * MS),
                     30 * MS); /* more may come */
    assert_int_equal(access_units_pause_ns(&stream.units, stream.now_ns + 100 * MS), 0);
    assert_int_equal(access_units_finish(&stream.units, stream.last, &stream.arrival_ns), 1);
    assert_int_equal(stream.last->size, 4 + 30 + 4 + 1400 + 1398 + 900);
    assert_true(access_units_pause_ns(&stream.units, stream.now_ns + S) < 0);
    assert_int_equal(access_units_finish(&stream.units, stream.unit, &stream.arrival_ns), 0);
    /* the next one is not mixed up with it */
    assert_false(add(&stream, 90, true, H264_FIRST, 100));
    assert_int_equal(access_units_pause_ns(&stream.units, stream.now_ns + S), 0);
    stream_fini(&stream);
}

/* A piece like no other: of random bytes. */
static void make_piece(struct stream *stream, const char *head, size_t length)
{
    assert_int_equal(av_new_packet(stream->piece, (int)length), 0);
    for (size_t at = 0; at < length; at++)
        stream->piece->data[at] = (uint8_t)random();
    memcpy(stream->piece->data, "\0\0\0\1", 4);
    memcpy(stream->piece->data + 4, head, strlen(head));
}

/* A pause between two of its slices, such as that of a packet that is sent again, made two damaged pictures of one. */
static void test_picture_with_fewer_slices_than_the_one_before_is_not_there_yet(void **state)
{
    (void)state;
    struct stream stream;
    stream_init(&stream, AV_CODEC_ID_H264);
    add(&stream, 100, true, H264_KEY_FIRST, 500);
    add(&stream, 100, true, H264_KEY_NEXT, 400);
    add(&stream, 100, true, H264_KEY_NEXT, 300);
    for (int64_t time = 200; time < 500; time += 100) {
        assert_int_equal(add(&stream, time, true, H264_FIRST, 100), time == 200);
        assert_true(access_units_pause_ns(&stream.units, stream.now_ns + 250 * MS) < 0);
        add(&stream, time, true, H264_NEXT, 90);
        assert_true(access_units_pause_ns(&stream.units, stream.now_ns + 250 * MS) < 0);
        add(&stream, time, true, H264_NEXT, 80);
        assert_int_equal(access_units_pause_ns(&stream.units, stream.now_ns + S), 0);
        assert_int_equal(access_units_finish(&stream.units, stream.unit, &stream.arrival_ns), 1);
        assert_int_equal(stream.unit->size, 3 * 4 + 100 + 90 + 80);
        av_packet_unref(stream.unit);
    }
    /* with fewer from here on, the next one ends it, and those behind it are there at once again */
    assert_false(add(&stream, 500, true, H264_FIRST, 100));
    assert_true(access_units_pause_ns(&stream.units, stream.now_ns + 250 * MS) < 0);
    assert_true(add(&stream, 600, true, H264_FIRST, 100));
    assert_int_equal(access_units_pause_ns(&stream.units, stream.now_ns + S), 0);
    stream_fini(&stream);
}

/* Cameras that cut slices by size have fewer again and again: each such picture came when the next one did, ten seconds late. */
static void test_picture_with_fewer_slices_is_waited_for_not_for_ever(void **state)
{
    (void)state;
    struct stream stream;
    stream_init(&stream, AV_CODEC_ID_H264);
    add(&stream, 100, true, H264_KEY_FIRST, 500);
    add(&stream, 100, true, H264_KEY_NEXT, 400);
    assert_int_equal(access_units_pause_ns(&stream.units, stream.now_ns + 40 * MS), 0);
    assert_true(add(&stream, 200, true, H264_FIRST, 100));
    assert_true(access_units_pause_ns(&stream.units, stream.now_ns + 250 * MS) < 0);
    assert_int_equal(access_units_pause_ns(&stream.units, stream.now_ns + 300 * MS), 0);
    assert_int_equal(access_units_finish(&stream.units, stream.unit, &stream.arrival_ns), 1);
    av_packet_unref(stream.unit);
    stream_fini(&stream);
}

/* That of the first picture is not known: what was cut in two is one as far as its slices are counted. */
static void test_slices_of_a_picture_that_was_cut_in_two_are_counted_together(void **state)
{
    (void)state;
    struct stream stream;
    stream_init(&stream, AV_CODEC_ID_HEVC);
    add(&stream, 100, true, HEVC_KEY_FIRST, 500);
    assert_int_equal(access_units_finish(&stream.units, stream.unit, &stream.arrival_ns), 1);
    av_packet_unref(stream.unit);
    add(&stream, 100, true, HEVC_NEXT, 500);
    assert_true(add(&stream, 200, true, HEVC_FIRST, 100));
    assert_true(access_units_pause_ns(&stream.units, stream.now_ns + 250 * MS) < 0);
    add(&stream, 200, true, HEVC_NEXT, 100);
    assert_int_equal(access_units_pause_ns(&stream.units, stream.now_ns + S), 0);
    stream_fini(&stream);
}

/* Some cameras send packets twice, and so do networks; libavformat takes the second one for another. */
static void test_piece_that_comes_twice_counts_once(void **state)
{
    (void)state;
    struct stream stream;
    AVPacket *again = av_packet_alloc();
    stream_init(&stream, AV_CODEC_ID_H264);
    for (int64_t picture = 0; picture < 3; picture++) {
        make_piece(&stream, H264_FIRST, 900);
        assert_int_equal(av_packet_ref(again, stream.piece), 0);
        assert_int_equal(add_piece(&stream, picture), picture > 0);
        av_packet_move_ref(stream.piece, again);
        assert_false(add_piece(&stream, picture));
        make_piece(&stream, H264_NEXT, 600);
        memset(stream.piece->data, 0x77, 4); /* the rest of a slice, without a start code */
        assert_int_equal(av_packet_ref(again, stream.piece), 0);
        assert_false(add_piece(&stream, picture));
        av_packet_move_ref(stream.piece, again);
        assert_false(add_piece(&stream, picture));
    }
    assert_int_equal(stream.last->size, 900 + 600);
    av_packet_free(&again);
    stream_fini(&stream);
}

/* The code of a picture of one colour repeats a few bytes; no piece of it is a second copy. */
static void test_pieces_of_a_pattern_all_count(void **state)
{
    (void)state;
    struct stream stream;
    stream_init(&stream, AV_CODEC_ID_H264);
    assert_false(add(&stream, 0, true, H264_KEY_FIRST, 1401));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(av_new_packet(stream.piece, 1398), 0);
        for (size_t at = 0; at < 1398; at++)
            stream.piece->data[at] = (uint8_t) "\x4d\xb2\x36"[at % 3];
        assert_false(add_piece(&stream, 0));
    }
    assert_true(add(&stream, 90, true, H264_FIRST, 100));
    assert_int_equal(stream.last->size, 4 + 1401 + 3 * 1398);
    stream_fini(&stream);
}

static void test_what_grows_without_end_is_thrown_away(void **state)
{
    (void)state;
    struct stream stream;
    stream_init(&stream, AV_CODEC_ID_H264);
    add(&stream, 0, true, H264_FIRST, 1000);
    for (int i = 0; i < 100; i++) {
        assert_false(add(&stream, 0, false, i % 2 ? "\x11" : "\x22", 1000000));
        assert_true(stream.units.length <= ACCESS_UNIT_BYTES_MAX);
    }
    assert_false(add(&stream, 90, true, H264_FIRST, 1000));
    assert_true(add(&stream, 180, true, H264_FIRST, 1000));
    stream_fini(&stream);
}

static void test_any_bytes(void **state)
{
    (void)state;
    srandom(1);
    for (int round = 0; round < 200; round++) {
        struct stream stream;
        stream_init(&stream, round % 2 ? AV_CODEC_ID_H264 : AV_CODEC_ID_HEVC);
        for (int i = 0; i < 200; i++) {
            int length = (int)(random() % 40);
            assert_int_equal(av_new_packet(stream.piece, length), 0);
            for (int at = 0; at < length; at++)
                stream.piece->data[at] = (uint8_t)(random() % 3 ? 0 : random() % 4 ? 1 : random());
            add_piece(&stream, random() % 3);
        }
        stream_fini(&stream);
    }
}

/* ---- rhythm ---- */

static void test_patience_with_what_says_that_it_sends_seldom(void **state)
{
    (void)state;
    struct rhythm rhythm = {0};
    int64_t now_ns = 100 * S;

    rhythm_expect(&rhythm, 10 * S, 10 * S);
    assert_int_equal(rhythm_patience_ns(&rhythm, 10 * S), 30 * S);
    rhythm_note(&rhythm, now_ns);
    for (int i = 0; i < 50; i++)
        rhythm_note(&rhythm, now_ns += 100 * MS);
    assert_int_equal(rhythm_patience_ns(&rhythm, 10 * S), 10 * S);
}

static void test_stream_may_be_silent_for_three_of_its_intervals(void **state)
{
    (void)state;
    struct rhythm rhythm = {0};
    int64_t now_ns = 50 * S;

    assert_int_equal(rhythm_patience_ns(&rhythm, 10 * S), 10500 * MS);
    rhythm_expect(&rhythm, S / 25, 10 * S); /* it says so, and it need not be so */
    assert_int_equal(rhythm_patience_ns(&rhythm, 10 * S), 10500 * MS);
    rhythm_note(&rhythm, now_ns);
    assert_int_equal(rhythm_patience_ns(&rhythm, 10 * S), 10500 * MS); /* one has no interval yet */
    rhythm_note(&rhythm, now_ns += 10 * S);
    assert_int_equal(rhythm_patience_ns(&rhythm, 10 * S), 30 * S);
    for (int i = 0; i < 50; i++)
        rhythm_note(&rhythm, now_ns += 100 * MS);
    assert_int_equal(rhythm_patience_ns(&rhythm, 10 * S), 10 * S);
    rhythm_note(&rhythm, now_ns += 9 * S); /* one pause is no rhythm */
    assert_int_equal(rhythm_patience_ns(&rhythm, 10 * S), 10 * S);
    rhythm = (struct rhythm){.last_ns = 1};
    rhythm_note(&rhythm, 100000 * S);
    assert_int_equal(rhythm_patience_ns(&rhythm, 10 * S), RHYTHM_PATIENCE_MAX_NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_codecs_are_left_to_libavformat),
        cmocka_unit_test(test_picture_ends_where_the_time_changes),
        cmocka_unit_test(test_parameter_sets_between_slices_cut_no_picture),
        cmocka_unit_test(test_parameter_sets_with_a_time_of_their_own_go_with_the_next_picture),
        cmocka_unit_test(test_times_that_stand_still_or_are_missing),
        cmocka_unit_test(test_several_units_in_one_piece),
        cmocka_unit_test(test_hevc),
        cmocka_unit_test(test_picture_is_whole_when_its_last_piece_was_short_and_nothing_follows),
        cmocka_unit_test(test_picture_with_fewer_slices_than_the_one_before_is_not_there_yet),
        cmocka_unit_test(test_picture_with_fewer_slices_is_waited_for_not_for_ever),
        cmocka_unit_test(test_slices_of_a_picture_that_was_cut_in_two_are_counted_together),
        cmocka_unit_test(test_piece_that_comes_twice_counts_once),
        cmocka_unit_test(test_pieces_of_a_pattern_all_count),
        cmocka_unit_test(test_what_grows_without_end_is_thrown_away),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_stream_may_be_silent_for_three_of_its_intervals),
        cmocka_unit_test(test_patience_with_what_says_that_it_sends_seldom),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

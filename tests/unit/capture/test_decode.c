/* The decoder: a picture keeps the arrival time of its own packet, whatever the order they come out in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/decode.h"

static char path[] = "/tmp/camd-test-decode.XXXXXX.mp4";

static unsigned int drain(struct decoder *decoder, int64_t *last, int expected_end)
{
    struct decoded decoded;
    unsigned int count = 0;
    int result;
    while ((result = decoder_receive(decoder, &decoded)) == 0) {
        assert_int_equal(decoded.arrival_ns, decoded.time);
        assert_true(decoded.time > *last);
        assert_false(decoded.damaged);
        *last = decoded.time;
        count++;
    }
    assert_int_equal(result, expected_end);
    return count;
}

static void test_arrival_time_stays_with_its_picture(void **state)
{
    (void)state;
    AVFormatContext *format = NULL;
    struct decoder decoder;
    int64_t last = INT64_MIN, last_sent = INT64_MIN;
    unsigned int count = 0, reordered = 0;

    assert_int_equal(avformat_open_input(&format, path, NULL, NULL), 0);
    assert_true(avformat_find_stream_info(format, NULL) >= 0);
    assert_int_equal(decoder_open(&decoder, format->streams[0], "none", "test"), 0);
    AVPacket *packet = av_packet_alloc();
    assert_non_null(packet);
    while (av_read_frame(format, packet) >= 0) {
        reordered += packet->pts < last_sent;
        last_sent = packet->pts;
        assert_int_equal(decoder_send(&decoder, packet, packet->pts), 0);
        av_packet_unref(packet);
        count += drain(&decoder, &last, AVERROR(EAGAIN));
    }
    assert_int_equal(decoder_send(&decoder, NULL, 0), 0);
    count += drain(&decoder, &last, AVERROR_EOF);
    assert_int_equal(count, 100);
    assert_true(reordered > 10); /* else the clip proves nothing */
    av_packet_free(&packet);
    decoder_close(&decoder);
    avformat_close_input(&format);
}

/* Takes what the decoder has; the pictures' numbers are those of their packets. */
static void note_damage(struct decoder *decoder, bool damaged[100], unsigned int *count)
{
    struct decoded decoded;
    while (decoder_receive(decoder, &decoded) == 0) {
        assert_in_range(decoded.arrival_ns, 0, 99);
        damaged[decoded.arrival_ns] = decoded.damaged;
        (*count)++;
    }
}

/* Nothing is wrong with the packet's bytes: the decoder can't notice by itself. */
static void test_incomplete_packet_damages_pictures_up_to_the_next_key(void **state)
{
    (void)state;
    AVFormatContext *format = NULL;
    struct decoder decoder;
    bool damaged[100], had_errors, had_losses;
    int64_t last_time = INT64_MIN;
    int number = 0, marked = -1, next_key = -1;
    unsigned int count = 0;

    assert_int_equal(avformat_open_input(&format, path, NULL, NULL), 0);
    assert_true(avformat_find_stream_info(format, NULL) >= 0);
    assert_int_equal(decoder_open(&decoder, format->streams[0], "none", "test"), 0);
    AVPacket *packet = av_packet_alloc();
    assert_non_null(packet);
    for (; av_read_frame(format, packet) >= 0; number++) {
        const bool is_key = packet->flags & AV_PKT_FLAG_KEY;
        if (marked >= 0 && next_key < 0 && is_key)
            next_key = number;
        if (marked < 0 && number > 30 && !is_key && packet->pts > last_time) { /* a P picture */
            packet->flags |= AV_PKT_FLAG_CORRUPT;
            marked = number;
        }
        last_time = packet->pts > last_time ? packet->pts : last_time;
        assert_int_equal(decoder_send(&decoder, packet, number), 0);
        av_packet_unref(packet);
        note_damage(&decoder, damaged, &count);
    }
    assert_int_equal(decoder_send(&decoder, NULL, 0), 0);
    note_damage(&decoder, damaged, &count);
    assert_int_equal(count, 100);
    assert_true(marked > 30 && next_key > marked);
    for (int i = 0; i < 100; i++)
        assert_int_equal(damaged[i], i >= marked && i < next_key);
    decoder_take_errors(&decoder, &had_errors, &had_losses);
    assert_true(had_losses);
    av_packet_free(&packet);
    decoder_close(&decoder);
    avformat_close_input(&format);
}

static void test_codec_without_a_decoder(void **state)
{
    (void)state;
    struct decoder decoder;
    AVCodecParameters *parameters = avcodec_parameters_alloc();
    AVStream stream = {.codecpar = parameters};

    assert_non_null(parameters);
    parameters->codec_type = AVMEDIA_TYPE_VIDEO;
    parameters->codec_id = AV_CODEC_ID_NONE;
    assert_int_equal(decoder_open(&decoder, &stream, "none", "test"), AVERROR_DECODER_NOT_FOUND);
    assert_null(decoder.context);
    avcodec_parameters_free(&parameters);
}

static int make_clip(void **state)
{
    (void)state;
    char command[512];
    int fd = mkstemps(path, 4);
    if (fd < 0)
        return -1;
    close(fd);
    snprintf(
        command, sizeof(command),
        "ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=size=320x240:rate=25:duration=4 -c:v libx264 -preset fast -bf 3 -g 25 -pix_fmt yuv420p '%s'",
        path);
    return system(command);
}

static int remove_clip(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrival_time_stays_with_its_picture),
        cmocka_unit_test(test_incomplete_packet_damages_pictures_up_to_the_next_key),
        cmocka_unit_test(test_codec_without_a_decoder),
    };
    return cmocka_run_group_tests(tests, make_clip, remove_clip);
}

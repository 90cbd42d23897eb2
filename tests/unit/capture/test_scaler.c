/* The scaler: whichever way it takes, pictures are the same to the byte, and the quicker one stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <libavutil/cpu.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <string.h>

#include "capture/scaler.h"

enum { MORE_THAN_TRIALS = 12, MS = 1000000 };

static AVFrame *frame_make(int format, int width, int height)
{
    AVFrame *frame = av_frame_alloc();
    uint32_t state = 1;
    assert_non_null(frame);
    frame->format = format;
    frame->width = width;
    frame->height = height;
    assert_int_equal(av_frame_get_buffer(frame, 64), 0);
    for (int at = 0; at < AV_NUM_DATA_POINTERS && frame->buf[at]; at++)
        for (size_t i = 0; i < frame->buf[at]->size; i++) {
            state = state * 1103515245 + 12345;
            frame->buf[at]->data[i] = (uint8_t)(state >> 16);
        }
    return frame;
}

static void run(struct scaler *scaler, const AVFrame *from, AVFrame *to)
{
    assert_int_equal(
        scaler_run(scaler, (const uint8_t *const *)from->data, from->linesize, to->data, to->linesize),
        to->height);
}

static void assert_same_planes(const AVFrame *a, const AVFrame *b)
{
    for (int plane = 0; plane < 3; plane++) {
        const int width = plane ? a->width / 2 : a->width, rows = plane ? a->height / 2 : a->height;
        for (int y = 0; y < rows; y++)
            assert_memory_equal(a->data[plane] + y * a->linesize[plane],
                                b->data[plane] + y * b->linesize[plane], (size_t)width);
    }
}

static void pictures_of_all_ways_are_equal(const struct scaling *scaling)
{
    struct scaler scaler = {0};
    AVFrame *from = frame_make(scaling->source_format, scaling->source_width, scaling->source_height);
    AVFrame *first = frame_make(AV_PIX_FMT_YUV420P, scaling->width, scaling->height);
    AVFrame *next = frame_make(AV_PIX_FMT_YUV420P, scaling->width, scaling->height);
    assert_int_equal(scaler_prepare(&scaler, scaling), 0);
    run(&scaler, from, first);
    for (int i = 1; i < MORE_THAN_TRIALS; i++) {
        run(&scaler, from, next);
        assert_same_planes(first, next);
    }
    assert_true(scaler.is_decided);
    scaler_free(&scaler);
    av_frame_free(&from);
    av_frame_free(&first);
    av_frame_free(&next);
}

static void test_pictures_are_the_same_in_all_ways(void **state)
{
    (void)state;
    static const int formats[] = {AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV422P,  AV_PIX_FMT_YUV444P,
                                  AV_PIX_FMT_NV12,    AV_PIX_FMT_YUYV422,  AV_PIX_FMT_GRAY8,
                                  AV_PIX_FMT_RGB24,   AV_PIX_FMT_YUV420P10};
    static const struct {
        int from_width, from_height, width, height;
    } sizes[] = {{1920, 1080, 1280, 720}, {768, 576, 1280, 720}, {640, 480, 384, 288}, {353, 289, 320, 240}};

    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++)
            for (int full_range = 0; full_range <= 1; full_range++)
                pictures_of_all_ways_are_equal(&(struct scaling){
                    .source_width = sizes[j].from_width,
                    .source_height = sizes[j].from_height,
                    .source_format = formats[i],
                    .width = sizes[j].width,
                    .height = sizes[j].height,
                    .from_full_range = full_range,
                });
}

/* In both ways by turns: takes so long in either, in milliseconds. */
static void note_all(struct scaler *scaler, int64_t first_ms, int64_t second_ms)
{
    for (int i = 0; i < MORE_THAN_TRIALS; i++)
        scaler_note(scaler, (scaler_turn(scaler) == 0 ? first_ms : second_ms) * MS);
}

static void test_the_quicker_way_stays(void **state)
{
    (void)state;
    struct scaler first = {.is_made = true}, second = {.is_made = true}, equal = {.is_made = true};

    note_all(&first, 3, 5);
    assert_true(first.is_decided);
    assert_int_equal(scaler_turn(&first), 0);
    note_all(&second, 5, 3);
    assert_true(second.is_decided);
    assert_int_equal(scaler_turn(&second), 1);
    note_all(&equal, 4, 4);
    assert_int_equal(scaler_turn(&equal), 0);
}

/* Each way's first picture pays for what is done once, and one of the others may be disturbed. */
static void test_what_is_slow_once_does_not_decide(void **state)
{
    (void)state;
    struct scaler scaler = {.is_made = true};

    for (int i = 0; i < MORE_THAN_TRIALS; i++) {
        const bool is_disturbed = i == 1 || i == 5;
        scaler_note(&scaler, is_disturbed ? 100 * MS : scaler_turn(&scaler) == 1 ? 3 * MS : 5 * MS);
    }
    assert_int_equal(scaler_turn(&scaler), 1);
}

static const struct scaling small = {
    .source_width = 64, .source_height = 64, .source_format = AV_PIX_FMT_YUV420P, .width = 32, .height = 32};

static void test_processors_that_do_not_gather_have_one_way(void **state)
{
    (void)state;
    const int flags = av_get_cpu_flags();
    struct scaler scaler = {0};

    av_force_cpu_flags(flags | AV_CPU_FLAG_SLOW_GATHER);
    assert_int_equal(scaler_prepare(&scaler, &small), 0);
    av_force_cpu_flags(flags);
    assert_true(scaler.is_decided);
    assert_int_equal(scaler_turn(&scaler), 0);
    scaler_free(&scaler);
}

/* Decoders ask for them, too. */
static void test_the_processor_s_flags_stay_as_they_are(void **state)
{
    (void)state;
    const int flags = av_get_cpu_flags();

    pictures_of_all_ways_are_equal(&small);
    assert_int_equal(av_get_cpu_flags(), flags);
}

static void test_another_size_begins_again(void **state)
{
    (void)state;
    struct scaling wanted = small;
    struct scaler scaler = {0};

    assert_int_equal(scaler_prepare(&scaler, &wanted), 0);
    note_all(&scaler, 5, 3);
    assert_int_equal(scaler_prepare(&scaler, &wanted), 0);
    assert_true(scaler.is_decided);
    wanted.width = 48;
    assert_int_equal(scaler_prepare(&scaler, &wanted), 0);
    assert_int_equal(scaler.pictures, 0);
    wanted.source_format = AV_PIX_FMT_NONE;
    assert_int_equal(scaler_prepare(&scaler, &wanted), AVERROR(EINVAL));
    assert_false(scaler.is_made);
    scaler_free(&scaler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pictures_are_the_same_in_all_ways),
        cmocka_unit_test(test_the_quicker_way_stays),
        cmocka_unit_test(test_what_is_slow_once_does_not_decide),
        cmocka_unit_test(test_processors_that_do_not_gather_have_one_way),
        cmocka_unit_test(test_the_processor_s_flags_stay_as_they_are),
        cmocka_unit_test(test_another_size_begins_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

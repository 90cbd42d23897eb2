/*
 * Pictures into slots: not a byte beyond the slot is touched, no plane runs into the next, whatever the size.
 * The slot ends at a page that can't be written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <libavutil/frame.h>
#include <libavutil/log.h>
#include <libavutil/pixfmt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/slot_picture.h"

struct slot {
    uint8_t *mapping, *pixels;
    size_t mapped, size;
};

/* Between two pages that can't be touched. */
static void slot_make(struct slot *slot, uint32_t width, uint32_t height)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    slot->size = (size_t)width * height * 3 / 2;
    size_t pages = (slot->size + page - 1) / page * page;
    slot->mapped = pages + 2 * page;
    slot->mapping = mmap(NULL, slot->mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(slot->mapping, MAP_FAILED);
    assert_int_equal(mprotect(slot->mapping + page, pages, PROT_READ | PROT_WRITE), 0);
    slot->pixels = slot->mapping + page;
    memset(slot->pixels, 0xAA, pages);
}

static void slot_free(struct slot *slot)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t i = slot->size; i < slot->mapped - 2 * page; i++)
        assert_int_equal(slot->pixels[i], 0xAA);
    munmap(slot->mapping, slot->mapped);
}

static AVFrame *frame_make(int format, int width, int height)
{
    AVFrame *frame = av_frame_alloc();
    assert_non_null(frame);
    frame->format = format;
    frame->width = width;
    frame->height = height;
    assert_int_equal(av_frame_get_buffer(frame, 0), 0);
    for (int plane = 0; plane < 3 && frame->buf[plane]; plane++)
        memset(frame->buf[plane]->data, 0, frame->buf[plane]->size);
    return frame;
}

/* Flat planes, each of its own value, come out as such: a plane that ran into the next would show. */
static void planes_fill(AVFrame *frame, int y, int u, int v)
{
    const int values[] = {y, u, v};
    for (int plane = 0; plane < 3; plane++) {
        int rows = plane ? (frame->height + 1) / 2 : frame->height;
        memset(frame->data[plane], values[plane], (size_t)(frame->linesize[plane] * rows));
    }
}

/* Exact but for `rounding`: filters over many lines don't sum up to one. */
static void assert_planes_near(const struct slot *slot, uint32_t width, uint32_t height, int y, int u, int v,
                               int rounding)
{
    size_t luma = (size_t)width * height;
    for (size_t i = 0; i < slot->size; i++) {
        int expected = i < luma ? y : i < luma + luma / 4 ? u : v;
        if (abs(slot->pixels[i] - expected) > rounding)
            fail_msg("%u x %u: byte %zu is %u, not %d", width, height, i, slot->pixels[i], expected);
    }
}

static void assert_planes(const struct slot *slot, uint32_t width, uint32_t height, int y, int u, int v)
{
    assert_planes_near(slot, width, height, y, u, v, 0);
}

static void test_copy_stays_in_the_slot(void **state)
{
    (void)state;
    for (uint32_t width = 16; width <= 80; width += 2)
        for (uint32_t height = 16; height <= 24; height += 2) {
            struct picture picture;
            struct slot slot;
            AVFrame *frame = frame_make(AV_PIX_FMT_YUV420P, (int)width, (int)height);
            planes_fill(frame, 50, 100, 150);
            slot_make(&slot, width, height);
            picture_init(&picture);
            assert_int_equal(picture_write(&picture, frame, slot.pixels, width, height), 0);
            assert_null(picture.scaler); /* it was a copy */
            assert_planes(&slot, width, height, 50, 100, 150);
            picture_fini(&picture);
            slot_free(&slot);
            av_frame_free(&frame);
        }
}

static void test_scaling_stays_in_the_slot(void **state)
{
    (void)state;
    static const struct {
        int width, height;
    } sources[] = {{640, 480}, {33, 17}, {1280, 720}};
    struct picture picture;

    picture_init(&picture);
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        AVFrame *frame = frame_make(AV_PIX_FMT_YUV420P, sources[i].width, sources[i].height);
        planes_fill(frame, 50, 100, 150);
        for (uint32_t width = 16; width <= 150; width += 2)
            for (uint32_t height = 18; height <= 34; height += 8) {
                struct slot slot;
                slot_make(&slot, width, height);
                assert_int_equal(picture_write(&picture, frame, slot.pixels, width, height), 0);
                assert_planes_near(&slot, width, height, 50, 100, 150, 4);
                slot_free(&slot);
            }
        av_frame_free(&frame);
    }
    picture_fini(&picture);
}

static void test_conversion_stays_in_the_slot_and_does_not_crash(void **state)
{
    (void)state;
    static const int formats[] = {AV_PIX_FMT_NV12,        AV_PIX_FMT_YUV422P,  AV_PIX_FMT_YUYV422,
                                  AV_PIX_FMT_RGB24,       AV_PIX_FMT_BGRA,     AV_PIX_FMT_GRAY8,
                                  AV_PIX_FMT_YUV444P,     AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P,
                                  AV_PIX_FMT_YUV420P10LE, AV_PIX_FMT_PAL8};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        for (uint32_t width = 16; width <= 100; width += 2) {
            struct picture picture;
            struct slot slot;
            AVFrame *frame = frame_make(formats[i], (int)width, 18);
            slot_make(&slot, width, 18);
            picture_init(&picture);
            assert_int_equal(picture_write(&picture, frame, slot.pixels, width, 18), 0);
            assert_non_null(picture.scaler);
            for (size_t byte = 0; byte < 16; byte++) /* all was written */
                assert_true(slot.pixels[byte] != 0xAA && slot.pixels[slot.size - 1 - byte] != 0xAA);
            picture_fini(&picture);
            slot_free(&slot);
            av_frame_free(&frame);
        }
}

static void test_full_range_becomes_limited(void **state)
{
    (void)state;
    /* The range may be in the format or beside it. */
    static const int formats[] = {AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV420P};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct picture picture;
        struct slot slot;
        AVFrame *frame = frame_make(formats[i], 64, 48);
        frame->color_range = AVCOL_RANGE_JPEG;
        planes_fill(frame, 255, 128, 128);
        slot_make(&slot, 64, 48);
        picture_init(&picture);
        assert_int_equal(picture_write(&picture, frame, slot.pixels, 64, 48), 0);
        assert_planes(&slot, 64, 48, 235, 128, 128);
        planes_fill(frame, 0, 128, 128);
        assert_int_equal(picture_write(&picture, frame, slot.pixels, 64, 48), 0);
        assert_planes(&slot, 64, 48, 16, 128, 128);
        picture_fini(&picture);
        slot_free(&slot);
        av_frame_free(&frame);
    }
}

static void test_odd_pictures_lose_their_last_line(void **state)
{
    (void)state;
    struct picture picture;
    struct slot slot;
    AVFrame *frame = frame_make(AV_PIX_FMT_YUV420P, 65, 49);
    planes_fill(frame, 50, 100, 150);
    slot_make(&slot, 64, 48);
    picture_init(&picture);
    assert_int_equal(picture_even(65), 64);
    assert_int_equal(picture_write(&picture, frame, slot.pixels, 64, 48), 0);
    assert_null(picture.scaler);
    assert_planes(&slot, 64, 48, 50, 100, 150);
    picture_fini(&picture);
    slot_free(&slot);
    av_frame_free(&frame);
}

static void test_odd_pictures_are_converted_without_scaling(void **state)
{
    (void)state;
    struct picture picture;
    struct slot slot;
    AVFrame *frame = frame_make(AV_PIX_FMT_YUV422P, 65, 49);
    planes_fill(frame, 0, 128, 128);
    for (int y = 0; y < 49; y++)
        for (int x = 0; x < 65; x++)
            frame->data[0][y * frame->linesize[0] + x] = (uint8_t)((x * 7 + y * 13) % 200 + 20);
    slot_make(&slot, 64, 48);
    picture_init(&picture);
    assert_int_equal(picture_write(&picture, frame, slot.pixels, 64, 48), 0);
    for (int y = 0; y < 48; y++)
        for (int x = 0; x < 64; x++)
            assert_int_equal(slot.pixels[y * 64 + x], (x * 7 + y * 13) % 200 + 20);
    picture_fini(&picture);
    slot_free(&slot);
    av_frame_free(&frame);
}

static void test_what_cannot_be_converted_is_an_error(void **state)
{
    (void)state;
    struct picture picture;
    uint8_t pixels[64 * 48 * 3 / 2];
    AVFrame *frame = frame_make(AV_PIX_FMT_YUV444P, 64, 48);
    frame->format = AV_PIX_FMT_VAAPI;
    picture_init(&picture);
    assert_true(picture_write(&picture, frame, pixels, 64, 48) < 0);
    picture_fini(&picture);
    av_frame_free(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy_stays_in_the_slot),
        cmocka_unit_test(test_scaling_stays_in_the_slot),
        cmocka_unit_test(test_conversion_stays_in_the_slot_and_does_not_crash),
        cmocka_unit_test(test_full_range_becomes_limited),
        cmocka_unit_test(test_odd_pictures_lose_their_last_line),
        cmocka_unit_test(test_odd_pictures_are_converted_without_scaling),
        cmocka_unit_test(test_what_cannot_be_converted_is_an_error),
    };
    av_log_set_level(AV_LOG_FATAL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

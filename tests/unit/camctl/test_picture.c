/* Pictures: boxes on I420, the change of range, and that the JPEG holds the picture. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#include "camctl/picture.h"

enum { WIDTH = 64, HEIGHT = 48, LUMA = WIDTH * HEIGHT, BYTES = LUMA * 3 / 2, GUARD = 64 };

/* A picture with bytes around it that nobody may touch. */
struct guarded {
    uint8_t bytes[GUARD + BYTES + GUARD];
    struct picture picture;
};

static void guarded_init(struct guarded *guarded, uint8_t y, uint8_t chroma)
{
    memset(guarded->bytes, 0xa5, sizeof guarded->bytes);
    guarded->picture = (struct picture){WIDTH, HEIGHT, guarded->bytes + GUARD};
    memset(guarded->picture.pixels, y, LUMA);
    memset(guarded->picture.pixels + LUMA, chroma, BYTES - LUMA);
}

static void guarded_check(const struct guarded *guarded)
{
    for (size_t i = 0; i < GUARD; i++) {
        assert_int_equal(guarded->bytes[i], 0xa5);
        assert_int_equal(guarded->bytes[GUARD + BYTES + i], 0xa5);
    }
}

static size_t changed(const struct guarded *guarded, uint8_t y)
{
    size_t count = 0;

    for (size_t i = 0; i < LUMA; i++)
        count += guarded->picture.pixels[i] != y;
    return count;
}

static uint8_t luma_at(const struct guarded *guarded, int x, int y)
{
    return guarded->picture.pixels[y * WIDTH + x];
}

static void test_box_is_an_outline(void **state)
{
    const struct camd_box box = {10, 8, 30, 20};
    struct guarded guarded;

    (void)state;
    guarded_init(&guarded, 16, 128);
    picture_draw_box(&guarded.picture, &box, PICTURE_MOTION);
    assert_int_not_equal(luma_at(&guarded, 10, 8), 16);
    assert_int_not_equal(luma_at(&guarded, 29, 19), 16);
    assert_int_not_equal(luma_at(&guarded, 11, 14), 16);
    assert_int_equal(luma_at(&guarded, 12, 10), 16); /* inside */
    assert_int_equal(luma_at(&guarded, 27, 17), 16);
    assert_int_equal(luma_at(&guarded, 9, 8), 16); /* outside */
    assert_int_equal(luma_at(&guarded, 30, 19), 16);
    assert_int_equal(luma_at(&guarded, 10, 20), 16);
    assert_int_equal(changed(&guarded, 16), 20 * 12 - 16 * 8); /* two pixels thick */
    /* as many chroma samples of each plane as blocks of four pixels */
    size_t chroma = 0;
    for (size_t i = LUMA; i < LUMA + LUMA / 4; i++)
        chroma += guarded.picture.pixels[i] != 128;
    assert_int_equal(chroma, (20 * 12 - 16 * 8) / 4);
    guarded_check(&guarded);
}

static void test_boxes_outside_and_absurd_ones_do_no_harm(void **state)
{
    static const struct camd_box boxes[] = {
        {-100, -100, -50, -50},
        {WIDTH, HEIGHT, WIDTH + 10, HEIGHT + 10},
        {30, 20, 10, 8},
        {10, 10, 10, 10},
        {INT_MAX, INT_MAX, INT_MIN, INT_MIN},
        {INT_MAX - 1, INT_MAX - 1, INT_MAX, INT_MAX},
        {INT_MIN, INT_MIN, INT_MIN + 1, INT_MIN + 1},
    };
    struct guarded guarded;

    (void)state;
    for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
        guarded_init(&guarded, 16, 128);
        picture_draw_box(&guarded.picture, &boxes[i], PICTURE_MOTION);
        assert_int_equal(changed(&guarded, 16), 0);
        guarded_check(&guarded);
    }
}

static void test_a_box_that_reaches_out_is_cut(void **state)
{
    const struct camd_box across = {-5, 10, WIDTH + 5, 20}, around = {INT_MIN, INT_MIN, INT_MAX, INT_MAX};
    struct guarded guarded;

    (void)state;
    guarded_init(&guarded, 16, 128);
    picture_draw_box(&guarded.picture, &across, PICTURE_MOTION);
    assert_int_equal(changed(&guarded, 16), 2 * 2 * WIDTH); /* above and below; the sides are outside */
    guarded_check(&guarded);
    guarded_init(&guarded, 16, 128);
    picture_draw_box(&guarded.picture, &around, PICTURE_MOTION);
    assert_int_equal(changed(&guarded, 16), 0);
    guarded_check(&guarded);
}

/* Odd corners: whole chroma samples, so that luma and chroma of the line agree. */
static void test_odd_corners_are_widened(void **state)
{
    const struct camd_box box = {1, 1, 5, 5};
    struct guarded guarded;

    (void)state;
    guarded_init(&guarded, 16, 128);
    picture_draw_box(&guarded.picture, &box, PICTURE_MOTION);
    assert_int_not_equal(luma_at(&guarded, 0, 0), 16);
    assert_int_not_equal(luma_at(&guarded, 5, 5), 16);
    assert_int_equal(luma_at(&guarded, 6, 6), 16);
    guarded_check(&guarded);
}

static void test_range_is_stretched(void **state)
{
    static const struct {
        uint8_t limited, luma, chroma;
    } rows[] = {
        {0, 0, 0},       {15, 0, 0},      {16, 0, 0},      {17, 1, 2},      {126, 128, 126},
        {128, 130, 128}, {235, 255, 250}, {240, 255, 255}, {255, 255, 255},
    };
    struct guarded guarded;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        guarded_init(&guarded, rows[i].limited, rows[i].limited);
        picture_to_full_range(&guarded.picture);
        assert_int_equal(guarded.picture.pixels[0], rows[i].luma);
        assert_int_equal(guarded.picture.pixels[LUMA - 1], rows[i].luma);
        assert_int_equal(guarded.picture.pixels[LUMA], rows[i].chroma);
        assert_int_equal(guarded.picture.pixels[BYTES - 1], rows[i].chroma);
        guarded_check(&guarded);
    }
}

/* Halves: dark left, light right, with colour below. What comes out of the JPEG is what went in, nearly. */
static void test_jpeg_holds_the_picture(void **state)
{
    struct guarded guarded;
    uint8_t *jpeg = NULL, decoded[BYTES];
    size_t bytes = 0;
    int width, height, sampling, colours;

    (void)state;
    guarded_init(&guarded, 40, 128);
    for (int y = 0; y < HEIGHT; y++)
        memset(guarded.picture.pixels + y * WIDTH + WIDTH / 2, 200, WIDTH / 2);
    memset(guarded.picture.pixels + LUMA, 90, LUMA / 4);
    memset(guarded.picture.pixels + LUMA + LUMA / 4, 170, LUMA / 4);
    assert_int_equal(picture_jpeg(&guarded.picture, 95, &jpeg, &bytes), 0);
    guarded_check(&guarded);

    tjhandle decompressor = tjInitDecompress();
    assert_int_equal(tjDecompressHeader3(decompressor, jpeg, bytes, &width, &height, &sampling, &colours), 0);
    assert_int_equal(width, WIDTH);
    assert_int_equal(height, HEIGHT);
    assert_int_equal(sampling, TJSAMP_420);
    assert_int_equal(tjDecompressToYUV2(decompressor, jpeg, bytes, decoded, WIDTH, 1, HEIGHT, 0), 0);
    for (size_t i = 0; i < BYTES; i++)
        assert_in_range(decoded[i] - guarded.picture.pixels[i] + 4, 0, 8);
    tjDestroy(decompressor);
    picture_jpeg_free(jpeg);
}

/* A width that is even, but no multiple of what JPEG codes at once. */
static void test_jpeg_of_an_awkward_size(void **state)
{
    enum { AWKWARD_WIDTH = 18, AWKWARD_HEIGHT = 22, AWKWARD_BYTES = AWKWARD_WIDTH * AWKWARD_HEIGHT * 3 / 2 };
    uint8_t *pixels = malloc(AWKWARD_BYTES),
            *jpeg = NULL; /* malloc, so that a sanitizer sees reads beyond it */
    struct picture picture = {AWKWARD_WIDTH, AWKWARD_HEIGHT, pixels};
    size_t bytes = 0;

    (void)state;
    memset(pixels, 77, AWKWARD_BYTES);
    assert_int_equal(picture_jpeg(&picture, 90, &jpeg, &bytes), 0);
    assert_true(bytes > 100);
    picture_jpeg_free(jpeg);
    free(pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_box_is_an_outline),
        cmocka_unit_test(test_boxes_outside_and_absurd_ones_do_no_harm),
        cmocka_unit_test(test_a_box_that_reaches_out_is_cut),
        cmocka_unit_test(test_odd_corners_are_widened),
        cmocka_unit_test(test_range_is_stretched),
        cmocka_unit_test(test_jpeg_holds_the_picture),
        cmocka_unit_test(test_jpeg_of_an_awkward_size),
    };

    return cmocka_run_group_tests_name("camctl picture", tests, NULL, NULL);
}

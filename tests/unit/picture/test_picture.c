/* Pictures: boxes, tints and text on I420, the change of range, and that the files hold the picture. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#include "picture/encode.h"
#include "picture/font.h"
#include "picture/picture.h"

enum { WIDTH = 64, HEIGHT = 48, LUMA = WIDTH * HEIGHT, BYTES = LUMA * 3 / 2, GUARD = 64 };

/* A picture with bytes around it that nobody may touch. */
struct guarded {
    uint8_t bytes[GUARD + BYTES + GUARD];
    struct picture picture;
};

static void guarded_init(struct guarded *guarded, uint8_t y, uint8_t chroma)
{
    memset(guarded->bytes, 0xa5, sizeof(guarded->bytes));
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
    for (size_t i = 0; i < sizeof(boxes) / sizeof(*boxes); i++) {
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
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
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

static void test_png_holds_the_picture(void **state)
{
    static const struct {
        uint8_t y, u, v;
        int red, green, blue;
    } rows[] = {{16, 128, 128, 0, 0, 0},
                {235, 128, 128, 255, 255, 255},
                {81, 90, 240, 255, 0, 0},
                {145, 54, 34, 0, 255, 0},
                {41, 240, 110, 0, 0, 255}};
    struct guarded guarded;
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        uint8_t *file = NULL, rgb[LUMA * 3];
        size_t bytes = 0;
        png_image image = {.version = PNG_IMAGE_VERSION};
        guarded_init(&guarded, rows[i].y, rows[i].u);
        memset(guarded.picture.pixels + LUMA + LUMA / 4, rows[i].v, LUMA / 4);
        assert_int_equal(picture_png(&guarded.picture, &file, &bytes), 0);
        guarded_check(&guarded);
        assert_true(png_image_begin_read_from_memory(&image, file, bytes));
        assert_int_equal(image.width, WIDTH);
        assert_int_equal(image.height, HEIGHT);
        image.format = PNG_FORMAT_RGB;
        assert_true(png_image_finish_read(&image, NULL, rgb, 0, NULL));
        for (size_t pixel = 0; pixel < LUMA; pixel++) {
            assert_in_range(rgb[3 * pixel] - rows[i].red + 2, 0, 4);
            assert_in_range(rgb[3 * pixel + 1] - rows[i].green + 2, 0, 4);
            assert_in_range(rgb[3 * pixel + 2] - rows[i].blue + 2, 0, 4);
        }
        free(file);
    }
}

static void test_y4m_header(void **state)
{
    char header[Y4M_HEADER_BYTES];
    (void)state;
    assert_int_equal(y4m_header(header, 768, 576, 9500),
                     strlen("YUV4MPEG2 W768 H576 F9500:1000 Ip A1:1 C420jpeg\n"));
    assert_string_equal(header, "YUV4MPEG2 W768 H576 F9500:1000 Ip A1:1 C420jpeg\n");
    assert_true(y4m_header(header, UINT32_MAX, UINT32_MAX, UINT32_MAX) < sizeof(header));
}

static void test_tint_mixes(void **state)
{
    const struct camd_box box = {-4, 8, 20, 16};
    struct guarded guarded;
    (void)state;
    guarded_init(&guarded, 100, 128);
    picture_tint(&guarded.picture, &box, PICTURE_MOTION, 0);
    assert_int_equal(changed(&guarded, 100), 0);
    picture_tint(&guarded.picture, &box, PICTURE_MOTION, 128);
    assert_int_equal(changed(&guarded, 100), 20 * 8);
    assert_in_range(luma_at(&guarded, 0, 8), 101, 144);
    picture_tint(&guarded.picture, &box, PICTURE_MOTION, 1000);
    assert_int_equal(luma_at(&guarded, 19, 15), 145);
    guarded_check(&guarded);
}

static size_t dots_of(char letter)
{
    size_t count = 0;
    for (int row = 0; row < FONT_ROWS; row++)
        count += (size_t)__builtin_popcount(font_glyph(letter)[row]);
    return count;
}

/* On amber the letters are black: as many black pixels as the letter has dots. */
static void test_text_is_drawn_on_a_bar(void **state)
{
    struct guarded guarded;
    size_t black = 0, bar = 0;
    (void)state;
    guarded_init(&guarded, 100, 128);
    assert_int_equal(picture_text_scale(&guarded.picture), 1);
    assert_int_equal(picture_draw_text(&guarded.picture, 4, 4, PICTURE_OBJECT, "a7"), FONT_ROWS + 2);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            black += luma_at(&guarded, x, y) == 16;
            bar += luma_at(&guarded, x, y) == 182;
        }
    assert_int_equal(black, dots_of('a') + dots_of('7'));
    assert_int_equal(bar + black, 14 * 10); /* 13 by 9, widened to whole chroma samples */
    guarded_check(&guarded);
}

static void test_text_stays_in_the_picture(void **state)
{
    static const int32_t places[][2] = {
        {0, 0}, {WIDTH - 2, HEIGHT - 2}, {INT_MAX, INT_MAX}, {INT_MIN, INT_MIN}, {-7, 30}};
    struct guarded guarded;
    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        guarded_init(&guarded, 100, 128);
        picture_draw_text(&guarded.picture, places[i][0], places[i][1], PICTURE_REGION, "ab");
        assert_int_not_equal(changed(&guarded, 100), 0);
        guarded_check(&guarded);
        guarded_init(&guarded, 100, 128);
        picture_draw_text(&guarded.picture, places[i][0], places[i][1], PICTURE_REGION,
                          "a text that is much longer than the picture is wide, \xc3\xa4\x01");
        guarded_check(&guarded);
    }
}

static void test_every_letter_differs(void **state)
{
    (void)state;
    for (int a = ' '; a <= '~'; a++)
        for (int b = a + 1; b <= '~'; b++)
            assert_memory_not_equal(font_glyph((char)a), font_glyph((char)b), FONT_ROWS);
    assert_ptr_equal(font_glyph('\x7f'), font_glyph('\xff'));
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
        cmocka_unit_test(test_png_holds_the_picture),
        cmocka_unit_test(test_y4m_header),
        cmocka_unit_test(test_tint_mixes),
        cmocka_unit_test(test_text_is_drawn_on_a_bar),
        cmocka_unit_test(test_text_stays_in_the_picture),
        cmocka_unit_test(test_every_letter_differs),
    };

    return cmocka_run_group_tests_name("picture", tests, NULL, NULL);
}

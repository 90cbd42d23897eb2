/* Coordinates and the stamp on a picture: where they are, and that they are seen on light and dark. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "picture/ruler.h"
#include "picture/stamp.h"

static void *make(struct picture *picture, uint32_t width, uint32_t height, uint8_t grey)
{
    const size_t luma = (size_t)width * height;
    *picture = (struct picture){width, height, malloc(luma * 3 / 2)};
    assert_non_null(picture->pixels);
    memset(picture->pixels, grey, luma);
    memset(picture->pixels + luma, 128, luma / 2);
    return picture->pixels;
}

static int luma_at(const struct picture *picture, uint32_t x, uint32_t y)
{
    return picture->pixels[(size_t)y * picture->width + x];
}

static const struct {
    uint32_t width, height;
} sizes[] = {{64, 48},   {160, 120},   {320, 240},   {240, 320},
             {768, 576}, {1920, 1080}, {3840, 2160}, {4096, 64}};
static const uint8_t greys[] = {16, 126, 235};

/* In the middle between two numbers of the other side, a line differs from what is beside it, however light that is. */
static void test_lines_are_at_the_tenths_and_seen_on_everything(void **state)
{
    (void)state;
    for (size_t i = 2; i < sizeof(sizes) / sizeof(sizes[0]) - 1; i++) {
        for (size_t grey = 0; grey < sizeof(greys); grey++) {
            struct picture picture;
            uint8_t *pixels = make(&picture, sizes[i].width, sizes[i].height, greys[grey]);
            ruler_draw_lines(&picture);
            for (uint32_t tenth = 1; tenth < 10; tenth++) {
                const uint32_t x = picture.width * tenth / 10, y = picture.height * 45 / 100;
                int most = 0;
                assert_int_equal(luma_at(&picture, x - 1, y), greys[grey]);
                for (uint32_t width = 0; width < 8; width++) {
                    const int difference = abs(luma_at(&picture, x + width, y) - greys[grey]);
                    most = difference > most ? difference : most;
                }
                assert_true(most > 30);
                assert_int_equal(luma_at(&picture, picture.width * 45 / 100, picture.height * tenth / 10 - 1),
                                 greys[grey]);
            }
            free(pixels);
        }
    }
}

/* Numbers are letters of full contrast on a dark bar; they don't reach the next one. */
static void test_numbers_are_readable_at_every_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct picture picture;
        uint8_t *pixels = make(&picture, sizes[i].width, sizes[i].height, 126);
        size_t white = 0, grey = 0;
        uint32_t top;
        ruler_draw_numbers(&picture);
        for (size_t at = 0; at < (size_t)picture.width * picture.height; at++)
            white += picture.pixels[at] == 235;
        assert_true(white > 20);
        /* the row of numbers along the top has gaps */
        top = 6 * picture_text_scale(&picture) + picture_text_scale(&picture);
        for (uint32_t x = picture.width / 4; x < picture.width; x++)
            grey += luma_at(&picture, x, top) == 126;
        assert_true(grey > 4);
        free(pixels);
    }
}

static void test_the_stamp_is_at_the_right_bottom(void **state)
{
    (void)state;
    for (size_t grey = 0; grey < sizeof(greys); grey++) {
        struct picture picture;
        uint8_t *pixels = make(&picture, 320, 240, greys[grey]);
        size_t white = 0, dark = 0;
        stamp_draw(&picture, "front", "2026-11-27 19:05:59");
        for (uint32_t y = 231; y < 240; y++)
            for (uint32_t x = 170; x < 320; x++) {
                white += luma_at(&picture, x, y) == 235;
                dark += luma_at(&picture, x, y) == 24;
            }
        assert_true(white > 200 && dark > 600);
        assert_int_equal(luma_at(&picture, 160, 235), greys[grey]);
        assert_int_equal(luma_at(&picture, 300, 220), greys[grey]);
        free(pixels);
    }
}

static void test_a_long_name_has_a_line_of_its_own(void **state)
{
    struct picture picture;
    uint8_t *pixels = make(&picture, 320, 240, 126);
    (void)state;
    stamp_draw(&picture, "the_camera_with_the_longest_name_of_all_", "2026-11-27 19:05:59");
    assert_int_equal(luma_at(&picture, 318, 223), 24);
    assert_int_equal(luma_at(&picture, 318, 220), 126);
    free(pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_are_at_the_tenths_and_seen_on_everything),
        cmocka_unit_test(test_numbers_are_readable_at_every_size),
        cmocka_unit_test(test_the_stamp_is_at_the_right_bottom),
        cmocka_unit_test(test_a_long_name_has_a_line_of_its_own),
    };
    return cmocka_run_group_tests_name("ruler", tests, NULL, NULL);
}

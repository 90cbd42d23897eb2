/* A contact sheet: how tiles are laid out, how pictures fit, and text in lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "picture/sheet.h"

static void test_tiles_for_any_number_of_cameras(void **state)
{
    static const struct {
        size_t count;
        uint32_t columns, rows, width, height;
    } rows[] = {{1, 1, 1, 1280, 720}, {2, 2, 1, 960, 540},  {4, 2, 2, 960, 540},  {5, 3, 2, 640, 360},
                {12, 4, 3, 480, 270}, {17, 5, 4, 320, 180}, {64, 8, 8, 320, 180}, {1000, 32, 32, 320, 180}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sheet sheet = sheet_arrange(rows[i].count);
        assert_int_equal(sheet.columns, rows[i].columns);
        assert_int_equal(sheet.rows, rows[i].rows);
        assert_int_equal(sheet.tile_width, rows[i].width);
        assert_int_equal(sheet.tile_height, rows[i].height);
        assert_int_equal(sheet_width(&sheet), rows[i].columns * rows[i].width);
        assert_int_equal(sheet_height(&sheet), rows[i].rows * rows[i].height);
    }
}

static void test_a_picture_fits_in_its_shape(void **state)
{
    static const struct {
        uint32_t width, height, room_width, room_height, fit_width, fit_height;
    } rows[] = {{1920, 1080, 480, 270, 480, 270}, {768, 576, 480, 252, 336, 252},
                {1080, 1920, 480, 252, 140, 252}, {320, 240, 960, 540, 320, 240},
                {4096, 64, 320, 180, 320, 4},     {4096, 16, 320, 180, 320, 2}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t width = rows[i].width, height = rows[i].height;
        sheet_fit(&width, &height, rows[i].room_width, rows[i].room_height);
        assert_int_equal(width, rows[i].fit_width);
        assert_int_equal(height, rows[i].fit_height);
    }
}

static struct picture make(uint32_t width, uint32_t height, uint8_t luma, uint8_t chroma)
{
    const size_t bytes = (size_t)width * height;
    struct picture picture = {width, height, malloc(bytes * 3 / 2)};
    assert_non_null(picture.pixels);
    memset(picture.pixels, luma, bytes);
    memset(picture.pixels + bytes, chroma, bytes / 2);
    return picture;
}

static void test_a_tile_is_put_in_its_place(void **state)
{
    const struct sheet sheet = {.columns = 2, .rows = 2, .tile_width = 4, .tile_height = 2};
    struct picture whole = make(8, 4, 10, 20), tile = make(4, 2, 200, 210);
    (void)state;
    sheet_place(&sheet, &whole, 3, &tile);
    for (uint32_t y = 0; y < 4; y++)
        for (uint32_t x = 0; x < 8; x++)
            assert_int_equal(whole.pixels[y * 8 + x], x >= 4 && y >= 2 ? 200 : 10);
    for (uint32_t y = 0; y < 2; y++)
        for (uint32_t x = 0; x < 4; x++) {
            assert_int_equal(whole.pixels[32 + y * 4 + x], x >= 2 && y >= 1 ? 210 : 20);
            assert_int_equal(whole.pixels[40 + y * 4 + x], x >= 2 && y >= 1 ? 210 : 20);
        }
    free(whole.pixels);
    free(tile.pixels);
}

static void test_text_goes_on_in_the_next_line(void **state)
{
    struct picture picture = make(100, 60, 100, 128);
    (void)state;
    /* 15 letters a line */
    assert_int_equal(sheet_draw_lines(&picture, 4, 4, 60, 1, PICTURE_SHADE, ""), 0);
    assert_int_equal(sheet_draw_lines(&picture, 4, 4, 60, 1, PICTURE_SHADE, "one line"), 9);
    assert_int_equal(sheet_draw_lines(&picture, 4, 4, 60, 1, PICTURE_SHADE, "a line and then another"), 18);
    assert_int_equal(sheet_draw_lines(&picture, 4, 4, 60, 1, PICTURE_SHADE, "awordthatisasoflongasthis"), 18);
    /* and no further than there is room */
    assert_int_equal(
        sheet_draw_lines(&picture, 4, 4, 30, 1, PICTURE_SHADE, "one two three four five six seven eight"),
        18);
    assert_int_equal(picture.pixels[40 * 100 + 10], 100);
    free(picture.pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tiles_for_any_number_of_cameras),
        cmocka_unit_test(test_a_picture_fits_in_its_shape),
        cmocka_unit_test(test_a_tile_is_put_in_its_place),
        cmocka_unit_test(test_text_goes_on_in_the_next_line),
    };
    return cmocka_run_group_tests_name("sheet", tests, NULL, NULL);
}

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/tensor.h"

/* ---- pictures ---- */

struct picture {
    uint32_t width, height;
    uint8_t *pixels;
};

static struct picture picture_make(uint32_t width, uint32_t height, uint8_t y, uint8_t u, uint8_t v)
{
    const size_t luma = (size_t)width * height;
    struct picture picture = {width, height, malloc(luma / 2 * 3)};
    assert_non_null(picture.pixels);
    memset(picture.pixels, y, luma);
    memset(picture.pixels + luma, u, luma / 4);
    memset(picture.pixels + luma + luma / 4, v, luma / 4);
    return picture;
}

/* Colours as OpenCV converts them: red is (82, 90, 240), blue (41, 240, 110). */
static struct picture red_picture(uint32_t width, uint32_t height)
{
    return picture_make(width, height, 82, 90, 240);
}

static void fill(uint8_t *plane, uint32_t stride, const uint32_t box[4], uint8_t value)
{
    for (uint32_t y = box[1]; y < box[3]; y++)
        memset(plane + (size_t)y * stride + box[0], value, box[2] - box[0]);
}

static void draw_blue(const struct picture *picture, const uint32_t box[4])
{
    const size_t luma = (size_t)picture->width * picture->height;
    const uint32_t half[4] = {box[0] / 2, box[1] / 2, box[2] / 2, box[3] / 2};
    fill(picture->pixels, picture->width, box, 41);
    fill(picture->pixels + luma, picture->width / 2, half, 240);
    fill(picture->pixels + luma + luma / 4, picture->width / 2, half, 110);
}

/* The tensor of a region, the caller's to free. */
static uint8_t *make(const struct picture *picture, struct camd_box region, struct tensor_format format)
{
    struct tensor_maker maker;
    uint8_t *tensor = malloc((size_t)format.width * format.height * 3);
    assert_non_null(tensor);
    assert_int_equal(tensor_init(&maker, picture->width, picture->height, &format), 0);
    assert_int_equal(tensor_write(&maker, picture->pixels, &region, tensor), 0);
    tensor_fini(&maker);
    return tensor;
}

static void assert_pixel(const uint8_t *tensor, uint32_t width, uint32_t x, uint32_t y, int r, int g, int b)
{
    const uint8_t *pixel = tensor + ((size_t)y * width + x) * 3;
    assert_int_equal(pixel[0], r);
    assert_int_equal(pixel[1], g);
    assert_int_equal(pixel[2], b);
}

/* ---- the reference's vectors ---- */

/*
 * The reference takes I420 as a matrix of frame width and 3/2 frame height, in which a row of chroma is half a row: of
 * 720p, U begins at row 720 and V at 900, and what begins at x 645 is the odd rows.
 */
static void crop_of_the_planes_is_the_references(void **state)
{
    (void)state;
    const struct camd_box region = {10, 10, 50, 50};
    const struct tensor_plane luma = tensor_luma(&region), chroma = tensor_chroma(&region);
    assert_int_equal(luma.x, 10);
    assert_int_equal(luma.y, 10);
    assert_int_equal(luma.width, 40);
    assert_int_equal(luma.height, 40);
    const uint32_t half = 1280 / 2, even = chroma.y / 2, odd = (chroma.y + 1) / 2;
    assert_int_equal(chroma.y % 2, 0);
    assert_int_equal(chroma.x, 5);
    assert_int_equal(chroma.x + chroma.width, 25);
    assert_int_equal(720 + even, 722);
    assert_int_equal(720 + even + chroma.height / 2, 732);
    assert_int_equal(900 + even, 902);
    assert_int_equal(900 + odd + chroma.height / 2, 912);
    assert_int_equal(chroma.x + half, 645);
    assert_int_equal(chroma.x + half + chroma.width, 665);
}

static void red_picture_with_a_blue_square(void **state)
{
    (void)state;
    struct picture picture = red_picture(200, 100);
    draw_blue(&picture, (const uint32_t[]){5, 5, 55, 55});

    uint8_t *tensor = make(&picture, (struct camd_box){10, 10, 50, 50}, (struct tensor_format){40, 40, true});
    assert_pixel(tensor, 40, 0, 0, 0, 0, 255);
    free(tensor);
    tensor = make(&picture, (struct camd_box){0, 0, 200, 200}, (struct tensor_format){200, 200, true});
    assert_pixel(tensor, 200, 0, 0, 255, 1, 0);
    assert_pixel(tensor, 200, 199, 98, 255, 1, 0);
    assert_pixel(tensor, 200, 199, 101, 0, 0, 0); /* outside of the frame; at its border chroma mixes */
    assert_pixel(tensor, 200, 199, 199, 0, 0, 0);
    free(tensor);
    free(picture.pixels);
}

static void portrait_does_not_fail(void **state)
{
    (void)state;
    struct picture picture = red_picture(1080, 1920);
    uint8_t *tensor =
        make(&picture, (struct camd_box){0, 852, 648, 1500}, (struct tensor_format){320, 320, true});
    assert_pixel(tensor, 320, 0, 0, 255, 1, 0);
    assert_pixel(tensor, 320, 319, 319, 255, 1, 0);
    free(tensor);
    free(picture.pixels);
}

/* ---- ours ---- */

static void channels_come_in_the_order_asked_for(void **state)
{
    (void)state;
    struct picture picture = red_picture(64, 64);
    uint8_t *tensor = make(&picture, (struct camd_box){0, 0, 64, 64}, (struct tensor_format){32, 32, false});
    assert_pixel(tensor, 32, 16, 16, 0, 1, 255);
    free(tensor);
    free(picture.pixels);
}

static void whole_frame_keeps_its_aspect_beside_grey(void **state)
{
    (void)state;
    struct picture picture = red_picture(768, 432);
    uint8_t *tensor =
        make(&picture, (struct camd_box){0, 0, 768, 432}, (struct tensor_format){512, 384, true});
    assert_pixel(tensor, 512, 511, 287, 255, 1, 0);
    assert_pixel(tensor, 512, 0, 288, 114, 114, 114);
    assert_pixel(tensor, 512, 511, 383, 114, 114, 114);
    free(tensor);
    free(picture.pixels);

    picture = red_picture(240, 480);
    tensor = make(&picture, (struct camd_box){0, 0, 240, 480}, (struct tensor_format){320, 320, true});
    assert_pixel(tensor, 320, 159, 319, 255, 1, 0);
    assert_pixel(tensor, 320, 160, 0, 114, 114, 114);
    free(tensor);
    free(picture.pixels);
}

static void content_is_what_the_scale_says(void **state)
{
    (void)state;
    const struct tensor_size wide = tensor_content(1920, 1080, 512, 384),
                             square = tensor_content(500, 500, 320, 320),
                             thin = tensor_content(4000, 1, 320, 320);
    assert_int_equal(wide.width, 512);
    assert_int_equal(wide.height, 288);
    assert_int_equal(square.width, 320);
    assert_int_equal(square.height, 320);
    assert_int_equal(thin.width, 320);
    assert_int_equal(thin.height, 1);
}

/* Double precision, sample by sample: bilinear at (i + 1/2) step - 1/2, the border's samples go on. */
static double bilinear(const uint8_t *row, uint32_t count, uint32_t i, double step)
{
    double at = (i + 0.5) * step - 0.5;
    at = at < 0 ? 0 : at > count - 1 ? count - 1 : at;
    const uint32_t left = (uint32_t)at, right = left + 1 < count ? left + 1 : left;
    return row[left] + (at - left) * (row[right] - row[left]);
}

/* Grey pictures that only change along x, or along y: what is there is luma. */
static void luma_is_resized_as_by_the_formula(void **state)
{
    (void)state;
    static const uint32_t SIDES[] = {32, 50, 64, 96, 128};
    uint8_t values[64];
    srand(7);
    for (size_t i = 0; i < sizeof(values); i++)
        values[i] = (uint8_t)(16 + rand() % 220);
    for (int across = 0; across < 2; across++) {
        struct picture picture = picture_make(64, 64, 0, 128, 128);
        for (uint32_t i = 0; i < 64 * 64; i++)
            picture.pixels[i] = values[across ? i % 64 : i / 64];
        for (size_t k = 0; k < sizeof(SIDES) / sizeof(SIDES[0]); k++) {
            const uint32_t side = SIDES[k];
            uint8_t *tensor =
                make(&picture, (struct camd_box){0, 0, 64, 64}, (struct tensor_format){side, side, true});
            for (uint32_t i = 0; i < side; i++) {
                const double grey = (bilinear(values, 64, i, 64.0 / side) - 16) * 255 / 219;
                const uint8_t *pixel = tensor + (size_t)(across ? i : i * side) * 3;
                const int expected = (int)(grey + 0.5);
                assert_in_range(pixel[1] + 2, expected > 255 ? 255 : expected, expected + 4);
            }
            free(tensor);
        }
        free(picture.pixels);
    }
}

/* A picture of stripes one pixel wide is grey from afar; samples far between would be black or white. */
static void fine_stripes_become_grey_when_much_smaller(void **state)
{
    (void)state;
    struct picture picture = picture_make(1920, 1080, 16, 128, 128);
    for (uint32_t i = 0; i < 1920 * 1080; i++)
        picture.pixels[i] = i % 2 ? 235 : 16;
    uint8_t *tensor =
        make(&picture, (struct camd_box){0, 0, 1920, 1080}, (struct tensor_format){300, 300, true});
    for (uint32_t x = 1; x < 299; x++)
        assert_in_range(tensor[((size_t)20 * 300 + x) * 3], 90, 165);
    free(tensor);
    free(picture.pixels);
}

/* Every region that a caller may ask for, at the frame's borders and beyond: the sanitizers look on. */
static void random_regions_stay_in_their_memory(void **state)
{
    (void)state;
    srand(3);
    for (int round = 0; round < 60; round++) {
        const uint32_t width = 2 * (1 + (uint32_t)rand() % 200), height = 2 * (1 + (uint32_t)rand() % 200);
        const struct tensor_format format = {1 + (uint32_t)rand() % 400, 1 + (uint32_t)rand() % 400,
                                             rand() % 2 == 0};
        struct picture picture = picture_make(width, height, 235, 128, 128);
        struct tensor_maker maker;
        uint8_t *tensor = malloc((size_t)format.width * format.height * 3);
        assert_int_equal(tensor_init(&maker, width, height, &format), 0);
        for (int i = 0; i < 10; i++) {
            const int x = rand() % (int)width, y = rand() % (int)height;
            const int right = x + 1 + rand() % 320, below = y + 1 + rand() % 320;
            assert_int_equal(
                tensor_write(&maker, picture.pixels, &(struct camd_box){x, y, right, below}, tensor), 0);
            if (right <= (int)width && below <= (int)height)
                assert_int_equal(tensor[1], 255); /* as all of it */
        }
        tensor_fini(&maker);
        free(tensor);
        free(picture.pixels);
    }
}

static void bad_regions_are_refused(void **state)
{
    (void)state;
    static const struct camd_box BAD[] = {
        {-1, 0, 40, 40},       {0, -4, 40, 40},
        {64, 0, 104, 40},      {0, 48, 40, 88},
        {10, 10, 10, 20},      {10, 10, 20, 10},
        {20, 20, 10, 40},      {0, 0, 400, 40},
        {0, 0, INT32_MAX, 40}, {0, INT32_MIN, 4, INT32_MAX},
    };
    struct picture picture = red_picture(64, 48);
    struct tensor_maker maker;
    uint8_t tensor[32 * 32 * 3];
    assert_int_equal(tensor_init(&maker, 64, 48, &(struct tensor_format){32, 32, true}), 0);
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
        assert_int_equal(tensor_write(&maker, picture.pixels, &BAD[i], tensor), -EINVAL);
    tensor_fini(&maker);
    assert_int_equal(tensor_init(&maker, 63, 48, &(struct tensor_format){32, 32, true}), -EINVAL);
    assert_int_equal(tensor_init(&maker, 64, 48, &(struct tensor_format){0, 32, true}), -EINVAL);
    assert_int_equal(tensor_init(&maker, 64, 48, &(struct tensor_format){32, 8193, true}), -EINVAL);
    free(picture.pixels);
}

/* Objects all over a frame make a region that is larger than the frame: it was refused, and nothing was detected. */
static void region_larger_than_the_frame(void **state)
{
    (void)state;
    enum { FRAME_WIDTH = 768, FRAME_HEIGHT = 576, SIDE = 32 };
    static uint8_t pixels[FRAME_WIDTH * FRAME_HEIGHT * 3 / 2], tensor[SIDE * SIDE * 3];
    static const struct camd_box LARGE[] = {{0, 0, 828, 828}, {0, 0, 2 * FRAME_WIDTH, 2 * FRAME_WIDTH}};
    struct tensor_maker maker;
    assert_int_equal(
        tensor_init(&maker, FRAME_WIDTH, FRAME_HEIGHT, &(struct tensor_format){SIDE, SIDE, true}), 0);
    memset(pixels, 200, FRAME_WIDTH * FRAME_HEIGHT);
    memset(pixels + FRAME_WIDTH * FRAME_HEIGHT, 128, FRAME_WIDTH * FRAME_HEIGHT / 2);
    for (size_t i = 0; i < sizeof(LARGE) / sizeof(LARGE[0]); i++) {
        assert_int_equal(tensor_write(&maker, pixels, &LARGE[i], tensor), 0);
        assert_true(tensor[0] > 200);                     /* the frame */
        assert_int_equal(tensor[SIDE * SIDE * 3 - 1], 0); /* beyond it */
    }
    tensor_fini(&maker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crop_of_the_planes_is_the_references),
        cmocka_unit_test(red_picture_with_a_blue_square),
        cmocka_unit_test(portrait_does_not_fail),
        cmocka_unit_test(channels_come_in_the_order_asked_for),
        cmocka_unit_test(whole_frame_keeps_its_aspect_beside_grey),
        cmocka_unit_test(content_is_what_the_scale_says),
        cmocka_unit_test(luma_is_resized_as_by_the_formula),
        cmocka_unit_test(fine_stripes_become_grey_when_much_smaller),
        cmocka_unit_test(random_regions_stay_in_their_memory),
        cmocka_unit_test(bad_regions_are_refused),
        cmocka_unit_test(region_larger_than_the_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

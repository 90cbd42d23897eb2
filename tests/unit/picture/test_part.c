/* Parts of pictures, and pictures out of JPEGs, which may be anything. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "picture/decode.h"
#include "picture/encode.h"
#include "picture/part.h"

enum { WIDTH = 48, HEIGHT = 32, BYTES = WIDTH * HEIGHT * 3 / 2, ROUNDS = 3000 };

static uint8_t frame[BYTES], pixels[BYTES], again[BYTES];

static void draw(void)
{
    srandom(2);
    for (size_t i = 0; i < BYTES; i++)
        frame[i] = (uint8_t)random();
}

/* Sample x, y of a plane (0: Y, 1: U, 2: V) of a picture. */
static uint8_t sample(const uint8_t *picture, uint32_t width, uint32_t height, int plane, uint32_t x,
                      uint32_t y)
{
    const size_t luma = (size_t)width * height, stride = plane == 0 ? width : width / 2;
    return picture[(plane > 0 ? luma : 0) + (plane > 1 ? luma / 4 : 0) + y * stride + x];
}

static void test_a_part_of_the_same_size_is_a_copy(void **state)
{
    const struct camd_box part = {10, 4, 30, 18};
    struct picture picture = {20, 14, pixels};
    (void)state;
    draw();
    picture_part(&picture, frame, WIDTH, HEIGHT, &part);
    for (int plane = 0; plane < 3; plane++) {
        const uint32_t half = plane > 0 ? 2 : 1;
        for (uint32_t y = 0; y < 14 / half; y++)
            for (uint32_t x = 0; x < 20 / half; x++)
                assert_int_equal(sample(pixels, 20, 14, plane, x, y),
                                 sample(frame, WIDTH, HEIGHT, plane, 10 / half + x, 4 / half + y));
    }
}

/* Half the size: each pixel is the mean of four. */
static void test_a_smaller_part_has_means(void **state)
{
    const struct camd_box part = {8, 8, 40, 24};
    struct picture picture = {16, 8, pixels};
    (void)state;
    draw();
    picture_part(&picture, frame, WIDTH, HEIGHT, &part);
    for (int plane = 0; plane < 3; plane++) {
        const uint32_t half = plane > 0 ? 2 : 1;
        for (uint32_t y = 0; y < 8 / half; y++)
            for (uint32_t x = 0; x < 16 / half; x++) {
                int sum = 2;
                for (uint32_t i = 0; i < 4; i++)
                    sum += sample(frame, WIDTH, HEIGHT, plane, 8 / half + 2 * x + i % 2,
                                  8 / half + 2 * y + i / 2);
                assert_int_equal(sample(pixels, 16, 8, plane, x, y), sum / 4);
            }
    }
}

/*
 * Any part at any size: nothing outside of the picture's bytes is touched (sanitizers look), and what is of one
 * colour stays so.
 */
static void test_any_part_at_any_size(void **state)
{
    (void)state;
    memset(frame, 77, BYTES);
    srandom(3);
    for (int round = 0; round < ROUNDS; round++) {
        const int32_t x = (int32_t)(random() % (WIDTH / 2)) * 2, y = (int32_t)(random() % (HEIGHT / 2)) * 2;
        const int32_t width = 2 + (int32_t)(random() % ((WIDTH - x) / 2)) * 2,
                      height = 2 + (int32_t)(random() % ((HEIGHT - y) / 2)) * 2;
        const struct camd_box part = {x, y, x + width, y + height};
        struct picture picture = {2 + (uint32_t)(random() % (width / 2)) * 2,
                                  2 + (uint32_t)(random() % (height / 2)) * 2, NULL};
        const size_t bytes = (size_t)picture.width * picture.height / 2 * 3;
        picture.pixels = malloc(bytes);
        picture_part(&picture, frame, WIDTH, HEIGHT, &part);
        for (size_t i = 0; i < bytes; i++)
            assert_int_equal(picture.pixels[i], 77);
        free(picture.pixels);
    }
}

static void test_around_a_box(void **state)
{
    const struct camd_box box = {11, 5, 20, 10}, corner = {-4, -4, 1, 1}, outside = {WIDTH, 0, WIDTH + 4, 4},
                          far = {INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX};
    struct camd_box part;
    (void)state;
    assert_true(picture_part_around(&part, &box, 0, WIDTH, HEIGHT));
    assert_memory_equal(&part, (&(struct camd_box){10, 4, 20, 10}), sizeof(part));
    assert_true(picture_part_around(&part, &box, 5, WIDTH, HEIGHT));
    assert_memory_equal(&part, (&(struct camd_box){6, 0, 26, 16}), sizeof(part));
    assert_true(picture_part_around(&part, &corner, 0, WIDTH, HEIGHT));
    assert_memory_equal(&part, (&(struct camd_box){0, 0, 2, 2}), sizeof(part));
    assert_true(picture_part_around(&part, &far, INT32_MAX, WIDTH, HEIGHT));
    assert_memory_equal(&part, (&(struct camd_box){0, 0, WIDTH, HEIGHT}), sizeof(part));
    assert_false(picture_part_around(&part, &outside, 100, WIDTH, HEIGHT));
}

static uint8_t *encode(size_t *bytes)
{
    struct picture picture = {WIDTH, HEIGHT, frame};
    uint8_t *jpeg = NULL;
    for (size_t i = 0; i < BYTES; i++)
        frame[i] = (uint8_t)(i < WIDTH * HEIGHT ? i / WIDTH * 4 + 60 : 128);
    assert_int_equal(picture_jpeg(&picture, 95, &jpeg, bytes), 0);
    return jpeg;
}

static void test_a_jpeg_is_decoded(void **state)
{
    struct picture picture = {WIDTH, HEIGHT, again}, other = {WIDTH - 2, HEIGHT, again};
    size_t bytes = 0;
    uint8_t *jpeg = encode(&bytes);
    (void)state;
    assert_int_equal(picture_from_jpeg(&picture, jpeg, bytes), 0);
    for (size_t i = 0; i < BYTES; i++)
        assert_in_range(again[i], frame[i] - 4, frame[i] + 4);
    assert_int_equal(picture_from_jpeg(&other, jpeg, bytes), -EBADMSG);
    assert_int_equal(picture_from_jpeg(&picture, jpeg, bytes / 2), -EBADMSG);
    assert_int_equal(picture_from_jpeg(&picture, jpeg, 0), -EBADMSG);
    assert_int_equal(picture_from_jpeg(&picture, frame, BYTES), -EBADMSG);
    picture_jpeg_free(jpeg);
}

/* Whatever the bytes are, nothing else is touched. */
static void test_nonsense_is_refused_or_decoded(void **state)
{
    struct picture picture = {WIDTH, HEIGHT, again};
    size_t bytes = 0;
    uint8_t *jpeg = encode(&bytes), *changed = malloc(bytes);
    (void)state;
    srandom(7);
    for (int round = 0; round < ROUNDS; round++) {
        memcpy(changed, jpeg, bytes);
        for (long changes = 1 + random() % 4; changes > 0; changes--)
            changed[(size_t)random() % bytes] = (uint8_t)random();
        const int result = picture_from_jpeg(&picture, changed, bytes - (size_t)random() % 3);

        assert_true(result == 0 || result == -EBADMSG);
    }
    free(changed);
    picture_jpeg_free(jpeg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_part_of_the_same_size_is_a_copy),
        cmocka_unit_test(test_a_smaller_part_has_means),
        cmocka_unit_test(test_any_part_at_any_size),
        cmocka_unit_test(test_around_a_box),
        cmocka_unit_test(test_a_jpeg_is_decoded),
        cmocka_unit_test(test_nonsense_is_refused_or_decoded),
    };
    return cmocka_run_group_tests_name("picture part", tests, NULL, NULL);
}

/* encode_png.c - pictures as PNG files, with libpng: apart, so that who makes no PNG need not load that */
#include <errno.h>
#include <png.h>
#include <stdlib.h>

#include "picture/encode.h"
#include "picture/levels.h"

/* Rounded BT.601 of full range, in 16 bits of fraction. */
static void row_to_rgb(const struct picture *picture, uint32_t row, uint8_t *rgb)
{
    const size_t luma_bytes = (size_t)picture->width * picture->height;
    const uint8_t *y = picture->pixels + (size_t)row * picture->width;
    const uint8_t *u = picture->pixels + luma_bytes + (size_t)(row / 2) * (picture->width / 2);
    const uint8_t *v = u + luma_bytes / 4;
    for (uint32_t x = 0; x < picture->width; x++) {
        int c = 76309 * (y[x] - LIMITED_BLACK), d = u[x / 2] - LEVEL_MIDDLE, e = v[x / 2] - LEVEL_MIDDLE;
        rgb[3 * x] = level_cut((c + 104597 * e + 32768) >> 16);
        rgb[3 * x + 1] = level_cut((c - 25675 * d - 53279 * e + 32768) >> 16);
        rgb[3 * x + 2] = level_cut((c + 132201 * d + 32768) >> 16);
    }
}

int picture_png(const struct picture *picture, uint8_t **png, size_t *bytes)
{
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = picture->width,
                       .height = picture->height,
                       .format = PNG_FORMAT_RGB};
    uint8_t *rgb = malloc(PNG_IMAGE_SIZE(image)), *made = NULL;
    png_alloc_size_t size = 0;
    int result = -ENOMEM;
    if (!rgb)
        return result;
    for (uint32_t row = 0; row < picture->height; row++)
        row_to_rgb(picture, row, rgb + (size_t)row * picture->width * 3);
    if (!png_image_write_to_memory(&image, NULL, &size, 0, rgb, 0, NULL)) {
        result = -EINVAL;
    } else if ((made = malloc(size)) && png_image_write_to_memory(&image, made, &size, 0, rgb, 0, NULL)) {
        *png = made;
        *bytes = size;
        made = NULL;
        result = 0;
    }
    png_image_free(&image);
    free(made);
    free(rgb);
    return result;
}

/* encode.c - pictures as files, with libjpeg-turbo and libpng */
#include "picture/encode.h"

#include <errno.h>
#include <inttypes.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

/* ---- range ---- */

enum {
    LIMITED_BLACK = 16,
    LIMITED_LUMA = 219,   /* steps from black to white */
    LIMITED_CHROMA = 224, /* steps of a chroma sample, round its middle */
    MIDDLE = 128,
    FULL = 255,
};

/* value * to / from, rounded half away from zero. */
static int stretch(int value, int to, int from)
{
    int doubled = 2 * value * to;
    return (doubled + (value < 0 ? -from : from)) / (2 * from);
}

static uint8_t cut(int value)
{
    return (uint8_t)(value < 0 ? 0 : value > FULL ? FULL : value);
}

static void map_bytes(uint8_t *bytes, size_t count, const uint8_t table[256])
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = table[bytes[i]];
}

static void map_planes(struct picture *picture, const uint8_t luma[256], const uint8_t chroma[256])
{
    size_t luma_bytes = (size_t)picture->width * picture->height;
    map_bytes(picture->pixels, luma_bytes, luma);
    map_bytes(picture->pixels + luma_bytes, luma_bytes / 2, chroma);
}

void picture_to_limited_range(struct picture *picture)
{
    uint8_t luma[256], chroma[256];
    for (int i = 0; i < 256; i++) {
        luma[i] = cut(LIMITED_BLACK + stretch(i, LIMITED_LUMA, FULL));
        chroma[i] = cut(MIDDLE + stretch(i - MIDDLE, LIMITED_CHROMA, FULL));
    }
    map_planes(picture, luma, chroma);
}

void picture_to_full_range(struct picture *picture)
{
    uint8_t luma[256], chroma[256];
    for (int i = 0; i < 256; i++) {
        luma[i] = cut(stretch(i - LIMITED_BLACK, FULL, LIMITED_LUMA));
        chroma[i] = cut(MIDDLE + stretch(i - MIDDLE, FULL, LIMITED_CHROMA));
    }
    map_planes(picture, luma, chroma);
}

/* ---- JPEG ---- */

int picture_jpeg(const struct picture *picture, int quality, uint8_t **jpeg, size_t *bytes)
{
    int width = (int)picture->width, height = (int)picture->height;
    size_t luma = (size_t)picture->width * picture->height;
    const unsigned char *planes[3] = {picture->pixels, picture->pixels + luma,
                                      picture->pixels + luma + luma / 4};
    int strides[3] = {width, width / 2, width / 2};
    unsigned char *made = NULL;
    unsigned long made_bytes = 0;
    tjhandle compressor = tjInitCompress();
    if (!compressor)
        return -ENOMEM;
    int result = tjCompressFromYUVPlanes(compressor, planes, width, strides, height, TJSAMP_420, &made,
                                         &made_bytes, quality, TJFLAG_ACCURATEDCT);
    tjDestroy(compressor);
    if (result != 0) {
        tjFree(made);
        return -EINVAL;
    }
    *jpeg = made;
    *bytes = made_bytes;
    return 0;
}

void picture_jpeg_free(uint8_t *jpeg)
{
    tjFree(jpeg);
}

/* ---- PNG ---- */

/* Rounded BT.601 of full range, in 16 bits of fraction. */
static void row_to_rgb(const struct picture *picture, uint32_t row, uint8_t *rgb)
{
    const size_t luma_bytes = (size_t)picture->width * picture->height;
    const uint8_t *y = picture->pixels + (size_t)row * picture->width;
    const uint8_t *u = picture->pixels + luma_bytes + (size_t)(row / 2) * (picture->width / 2);
    const uint8_t *v = u + luma_bytes / 4;
    for (uint32_t x = 0; x < picture->width; x++) {
        int c = 76309 * (y[x] - LIMITED_BLACK), d = u[x / 2] - MIDDLE, e = v[x / 2] - MIDDLE;
        rgb[3 * x] = cut((c + 104597 * e + 32768) >> 16);
        rgb[3 * x + 1] = cut((c - 25675 * d - 53279 * e + 32768) >> 16);
        rgb[3 * x + 2] = cut((c + 132201 * d + 32768) >> 16);
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

/* ---- YUV4MPEG2 ---- */

size_t y4m_header(char header[Y4M_HEADER_BYTES], uint32_t width, uint32_t height, uint32_t fps_milli)
{
    int length = snprintf(header, Y4M_HEADER_BYTES,
                          "YUV4MPEG2 W%" PRIu32 " H%" PRIu32 " F%" PRIu32 ":1000 Ip A1:1 C420jpeg\n", width,
                          height, fps_milli);
    return (size_t)length;
}

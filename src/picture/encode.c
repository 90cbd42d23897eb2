/* encode.c - pictures as JPEG files, with libjpeg-turbo, and streams of pictures */
#include "picture/encode.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <turbojpeg.h>

#include "picture/levels.h"

/* ---- range ---- */

/* value * to / from, rounded half away from zero. */
static int stretch(int value, int to, int from)
{
    int doubled = 2 * value * to;
    return (doubled + (value < 0 ? -from : from)) / (2 * from);
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
        luma[i] = level_cut(LIMITED_BLACK + stretch(i, LIMITED_LUMA, LEVEL_MOST));
        chroma[i] = level_cut(LEVEL_MIDDLE + stretch(i - LEVEL_MIDDLE, LIMITED_CHROMA, LEVEL_MOST));
    }
    map_planes(picture, luma, chroma);
}

void picture_to_full_range(struct picture *picture)
{
    uint8_t luma[256], chroma[256];
    for (int i = 0; i < 256; i++) {
        luma[i] = level_cut(stretch(i - LIMITED_BLACK, LEVEL_MOST, LIMITED_LUMA));
        chroma[i] = level_cut(LEVEL_MIDDLE + stretch(i - LEVEL_MIDDLE, LEVEL_MOST, LIMITED_CHROMA));
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

/* ---- YUV4MPEG2 ---- */

size_t y4m_header(char header[Y4M_HEADER_BYTES], uint32_t width, uint32_t height, uint32_t fps_milli)
{
    int length = snprintf(header, Y4M_HEADER_BYTES,
                          "YUV4MPEG2 W%" PRIu32 " H%" PRIu32 " F%" PRIu32 ":1000 Ip A1:1 C420jpeg\n", width,
                          height, fps_milli);
    return (size_t)length;
}

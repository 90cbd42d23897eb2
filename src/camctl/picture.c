/* picture.c - drawing on a picture and making a JPEG of it */
#include "camctl/picture.h"

#include <errno.h>
#include <string.h>
#include <turbojpeg.h>

/* ---- boxes ------------------------------------------------------------------------------------------------
 */

/* BT.601, limited range. */
static const struct {
    uint8_t y, u, v;
} colours[PICTURE_COLOUR_COUNT] = {
    [PICTURE_MOTION] = {145, 54, 34}, /* green */
};

static uint32_t clamp(int64_t value, uint32_t limit)
{
    return value < 0 ? 0 : value > limit ? limit : (uint32_t)value;
}

static void fill_plane(uint8_t *plane, uint32_t stride, uint32_t x1, uint32_t y1, uint32_t x2, uint32_t y2,
                       uint8_t value)
{
    for (uint32_t y = y1; y < y2 && x1 < x2; y++)
        memset(plane + (size_t)y * stride + x1, value, x2 - x1);
}

/* x1,y1 inclusive, x2,y2 exclusive, cut to the picture and widened to whole chroma samples. */
static void fill(struct picture *picture, int64_t left, int64_t top, int64_t right, int64_t bottom,
                 enum picture_colour colour)
{
    uint32_t width = picture->width, height = picture->height;
    uint32_t x1 = clamp(left, width) & ~1u, y1 = clamp(top, height) & ~1u;
    uint32_t x2 = (clamp(right, width) + 1) & ~1u, y2 = (clamp(bottom, height) + 1) & ~1u;
    size_t luma = (size_t)width * height;
    uint8_t *u = picture->pixels + luma, *v = u + luma / 4;

    fill_plane(picture->pixels, width, x1, y1, x2, y2, colours[colour].y);
    fill_plane(u, width / 2, x1 / 2, y1 / 2, x2 / 2, y2 / 2, colours[colour].u);
    fill_plane(v, width / 2, x1 / 2, y1 / 2, x2 / 2, y2 / 2, colours[colour].v);
}

void picture_draw_box(struct picture *picture, const struct camd_box *box, enum picture_colour colour)
{
    int64_t thick = picture->height / 360 * 2 + 2; /* 2 pixels, 4 from 360 lines, 8 at 1080 */
    int64_t x1 = box->x1, y1 = box->y1, x2 = box->x2, y2 = box->y2;

    if (x2 <= x1 || y2 <= y1)
        return;
    fill(picture, x1, y1, x2, y1 + thick < y2 ? y1 + thick : y2, colour);
    fill(picture, x1, y2 - thick > y1 ? y2 - thick : y1, x2, y2, colour);
    fill(picture, x1, y1, x1 + thick < x2 ? x1 + thick : x2, y2, colour);
    fill(picture, x2 - thick > x1 ? x2 - thick : x1, y1, x2, y2, colour);
}

/* ---- range ------------------------------------------------------------------------------------------------
 */

enum {
    LIMITED_BLACK = 16,
    LIMITED_LUMA = 219,   /* steps from black to white */
    LIMITED_CHROMA = 224, /* steps of a chroma sample, round its middle */
    MIDDLE = 128,
    FULL = 255,
};

/* value * FULL / steps, rounded half away from zero. */
static int stretch(int value, int steps)
{
    int doubled = 2 * value * FULL;

    return (doubled + (value < 0 ? -steps : steps)) / (2 * steps);
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

void picture_to_full_range(struct picture *picture)
{
    size_t luma_bytes = (size_t)picture->width * picture->height;
    uint8_t luma[256], chroma[256];

    for (int i = 0; i < 256; i++) {
        luma[i] = cut(stretch(i - LIMITED_BLACK, LIMITED_LUMA));
        chroma[i] = cut(MIDDLE + stretch(i - MIDDLE, LIMITED_CHROMA));
    }
    map_bytes(picture->pixels, luma_bytes, luma);
    map_bytes(picture->pixels + luma_bytes, luma_bytes / 2, chroma);
}

/* ---- JPEG -------------------------------------------------------------------------------------------------
 */

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

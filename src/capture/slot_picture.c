#include "capture/slot_picture.h"

#include <errno.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
#include <stdbool.h>

/* Some of libswscale's vector code crashes on less (NV12 to I420 with AVX on 32), whatever its manual says. */
enum { PLANE_ALIGNMENT = 64 };

/* The three planes of an I420 picture. */
struct planes {
    uint8_t *data[4];
    int strides[4];
};

/* The old full-range formats, and what they are besides. */
static const struct {
    int format, plain;
} full_range_formats[] = {
    {AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV420P}, {AV_PIX_FMT_YUVJ411P, AV_PIX_FMT_YUV411P},
    {AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUV422P}, {AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUV440P},
    {AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUV444P},
};

void picture_init(struct picture *picture)
{
    *picture = (struct picture){.source_format = AV_PIX_FMT_NONE};
}

void picture_fini(struct picture *picture)
{
    sws_freeContext(picture->scaler);
    av_frame_free(&picture->staging);
    picture_init(picture);
}

uint32_t picture_even(int size)
{
    return size > 0 ? (uint32_t)size & ~UINT32_C(1) : 0;
}

/* Range and format apart: libswscale warns about the old formats for each context otherwise. */
static int plain_format(const AVFrame *frame, int *full_range)
{
    *full_range = frame->color_range == AVCOL_RANGE_JPEG;
    for (size_t i = 0; i < sizeof full_range_formats / sizeof full_range_formats[0]; i++)
        if (frame->format == full_range_formats[i].format) {
            *full_range = 1;
            return full_range_formats[i].plain;
        }
    return frame->format;
}

/* Made by its options, since the range counts only before the initialisation: set later, libswscale just copies. */
static struct SwsContext *scaler_make(int format, int full_range, int source_width, int source_height,
                                      int width, int height)
{
    const struct {
        const char *name;
        int value;
    } options[] = {
        {"srcw", source_width},    {"srch", source_height}, {"src_format", format},
        {"dstw", width},           {"dsth", height},        {"dst_format", AV_PIX_FMT_YUV420P},
        {"src_range", full_range}, {"dst_range", 0},        {"sws_flags", SWS_BICUBIC},
    };
    struct SwsContext *scaler = sws_alloc_context();
    int result = scaler ? 0 : -1;

    for (size_t i = 0; i < sizeof options / sizeof options[0] && result >= 0; i++)
        result = av_opt_set_int(scaler, options[i].name, options[i].value, 0);
    if (result >= 0)
        result = sws_init_context(scaler, NULL, NULL);
    if (result >= 0)
        return scaler;
    sws_freeContext(scaler);
    return NULL;
}

static struct planes planes_of_slot(uint8_t *pixels, int width, int height)
{
    size_t luma = (size_t)width * (size_t)height;
    return (struct planes){
        .data = {pixels, pixels + luma, pixels + luma + luma / 4},
        .strides = {width, width / 2, width / 2},
    };
}

static bool planes_are_aligned(const struct planes *planes)
{
    for (int i = 0; i < 3; i++)
        if ((uintptr_t)planes->data[i] % PLANE_ALIGNMENT != 0 || planes->strides[i] % PLANE_ALIGNMENT != 0)
            return false;
    return true;
}

static void planes_copy(const struct planes *to, uint8_t *const data[], const int strides[], int width,
                        int height)
{
    for (int i = 0; i < 3; i++)
        av_image_copy_plane(to->data[i], to->strides[i], data[i], strides[i], i == 0 ? width : width / 2,
                            i == 0 ? height : height / 2);
}

static int staging_make(struct picture *picture, int width, int height)
{
    picture->staging = av_frame_alloc();
    if (!picture->staging)
        return AVERROR(ENOMEM);
    picture->staging->format = AV_PIX_FMT_YUV420P;
    picture->staging->width = width;
    picture->staging->height = height;
    return av_frame_get_buffer(picture->staging, PLANE_ALIGNMENT);
}

static int scaler_prepare(struct picture *picture, int format, int full_range, int source_width,
                          int source_height, int width, int height)
{
    if (picture->scaler && picture->source_format == format && picture->source_full_range == full_range &&
        picture->source_width == source_width && picture->source_height == source_height &&
        picture->width == width && picture->height == height)
        return 0;
    picture_fini(picture);

    picture->scaler = scaler_make(format, full_range, source_width, source_height, width, height);
    if (!picture->scaler)
        return AVERROR(EINVAL);
    picture->source_width = source_width;
    picture->source_height = source_height;
    picture->source_format = format;
    picture->source_full_range = full_range;
    picture->width = width;
    picture->height = height;
    return 0;
}

static int picture_scale(struct picture *picture, const AVFrame *frame, const struct planes *slot)
{
    bool straight = planes_are_aligned(slot);
    if (!straight && !picture->staging) {
        int result = staging_make(picture, picture->width, picture->height);
        if (result < 0)
            return result;
    }
    AVFrame *staging = picture->staging;
    int rows = sws_scale(picture->scaler, (const uint8_t *const *)frame->data, frame->linesize, 0,
                         picture->source_height, straight ? slot->data : staging->data,
                         straight ? slot->strides : staging->linesize);
    if (rows != picture->height)
        return rows < 0 ? rows : AVERROR_EXTERNAL;
    if (!straight)
        planes_copy(slot, staging->data, staging->linesize, picture->width, picture->height);
    return 0;
}

int picture_write(struct picture *picture, const struct AVFrame *frame, uint8_t *pixels, uint32_t width,
                  uint32_t height)
{
    int w = (int)width, h = (int)height, full_range;
    const struct planes slot = planes_of_slot(pixels, w, h);
    int format = plain_format(frame, &full_range);
    bool same_size = picture_even(frame->width) == width && picture_even(frame->height) == height;

    if (format == AV_PIX_FMT_YUV420P && !full_range && same_size) {
        planes_copy(&slot, frame->data, frame->linesize, w, h);
        return 0;
    }
    /* Of a picture that is only converted, the odd last column or row is left out, too: no scaling by a pixel. */
    int result = scaler_prepare(picture, format, full_range, same_size ? w : frame->width,
                                same_size ? h : frame->height, w, h);
    return result < 0 ? result : picture_scale(picture, frame, &slot);
}

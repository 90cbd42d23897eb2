#include "capture/slot_picture.h"

#include <errno.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libavutil/imgutils.h>
#include <stdbool.h>
#include <string.h>

#include "camd/shm.h"
#include "capture/marks.h"
#include "capture/plane_stream.h"

/* Some of libswscale's vector code crashes on less (NV12 to I420 with AVX on 32), whatever its manual says. */
enum { PLANE_ALIGNMENT = 64 };

/* A slot of no more is copied through the caches: the tracker finds some of it there. */
enum { CACHED_BYTES_MAX = 1024 * 1024 };

void picture_init(struct picture *picture, const struct colours *said)
{
    *picture = (struct picture){.said = said};
}

void picture_fini(struct picture *picture)
{
    scaler_free(&picture->scaler);
    av_frame_free(&picture->staging);
}

uint32_t picture_even(int size)
{
    return size > 0 ? (uint32_t)size & ~UINT32_C(1) : 0;
}

bool picture_size_is_possible(uint32_t width, uint32_t height)
{
    return width >= CAMD_SIZE_MIN && width <= CAMD_SIZE_MAX && height >= CAMD_SIZE_MIN &&
           height <= CAMD_SIZE_MAX;
}

/* ---- planes ---- */

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

/* Without padding a plane is one piece, which the processor copies faster than many rows. */
static void plane_copy(uint8_t *to, int to_stride, const uint8_t *from, int from_stride, int width,
                       int height)
{
    if (to_stride == width && from_stride == width)
        memcpy(to, from, (size_t)width * (size_t)height);
    else
        av_image_copy_plane(to, to_stride, from, from_stride, width, height);
}

static void planes_copy(const struct planes *to, uint8_t *const data[], const int strides[], int width,
                        int height)
{
    bool is_large = width * height * 3 / 2 > CACHED_BYTES_MAX;
    for (int i = 0; i < 3; i++) {
        int row = i == 0 ? width : width / 2, rows = i == 0 ? height : height / 2;
        if (is_large)
            plane_stream(to->data[i], to->strides[i], data[i], strides[i], (size_t)row, (size_t)rows);
        else
            plane_copy(to->data[i], to->strides[i], data[i], strides[i], row, rows);
    }
}

static struct planes planes_of_frame(const AVFrame *frame)
{
    struct planes planes = {0};
    for (int i = 0; i < 3; i++) {
        planes.data[i] = frame->data[i];
        planes.strides[i] = frame->linesize[i];
    }
    return planes;
}

static int staging_ensure(struct picture *picture)
{
    const struct scaling *scaling = &picture->scaler.scaling;
    if (picture->staging && picture->staging->width == scaling->width &&
        picture->staging->height == scaling->height)
        return 0;
    av_frame_free(&picture->staging);
    picture->staging = av_frame_alloc();
    if (!picture->staging)
        return AVERROR(ENOMEM);
    picture->staging->format = AV_PIX_FMT_YUV420P;
    picture->staging->width = scaling->width;
    picture->staging->height = scaling->height;
    int result = av_frame_get_buffer(picture->staging, PLANE_ALIGNMENT);
    if (result < 0)
        av_frame_free(&picture->staging);
    return result;
}

/* Scales into *planes, which become the staging frame's where they are not fit for it or may not be. */
static int picture_scale(struct picture *picture, const AVFrame *frame, bool may_be_slot,
                         struct planes *planes)
{
    if (!may_be_slot || !planes_are_aligned(planes)) {
        int result = staging_ensure(picture);
        if (result < 0)
            return result;
        *planes = planes_of_frame(picture->staging);
    }
    int rows = scaler_run(&picture->scaler, (const uint8_t *const *)frame->data, frame->linesize,
                          planes->data, planes->strides);
    if (rows != picture->scaler.scaling.height)
        return rows < 0 ? rows : AVERROR_EXTERNAL;
    return 0;
}

/* ---- pictures ---- */

/* From the given planes into the slot: the slot's own aside, whose picture is there already. */
static void planes_put(const struct planes *slot, const struct planes *from, struct orientation orientation,
                       const struct colours_map *map, int width, int height)
{
    if (!orientation_is_upright(orientation)) {
        orientation_turn(orientation, slot, from, width, height);
        from = slot;
    }
    if (map)
        colours_convert(map, slot, from, width, height);
    else if (from->data[0] != slot->data[0])
        planes_copy(slot, from->data, from->strides, width, height);
}

int picture_write(struct picture *picture, const struct AVFrame *frame, struct orientation orientation,
                  uint8_t *pixels, uint32_t width, uint32_t height)
{
    struct scaling scaling = {
        .source_format = marks_plain_format(frame->format), .width = (int)width, .height = (int)height};
    const struct planes slot = planes_of_slot(pixels, (int)width, (int)height);
    struct planes planes = slot;
    struct colours_map map;
    struct colours colours;
    if (marks_frame_colours(frame, &colours) && picture->said)
        colours = colours_override(colours, picture->said);
    bool converts = colours_map_make(&map, &colours);
    orientation_turn_size(orientation, &scaling.width, &scaling.height);
    /* Of a picture that is only converted, the odd last column or row is left out: no scaling by a pixel. */
    bool same_size = (int)picture_even(frame->width) == scaling.width &&
                     (int)picture_even(frame->height) == scaling.height;
    scaling.source_width = same_size ? scaling.width : frame->width;
    scaling.source_height = same_size ? scaling.height : frame->height;

    if (scaling.source_format == AV_PIX_FMT_YUV420P && same_size) {
        planes = planes_of_frame(frame);
    } else {
        /* libswscale does the range by the way, but another matrix only by way of a second picture */
        scaling.from_full_range = colours.range == COLOURS_FULL && !colours_need_matrix(&colours);
        converts = converts && !scaling.from_full_range;
        int result = scaler_prepare(&picture->scaler, &scaling);
        if (result >= 0)
            result = picture_scale(picture, frame, orientation_is_upright(orientation), &planes);
        if (result < 0)
            return result;
    }
    planes_put(&slot, &planes, orientation, converts ? &map : NULL, (int)width, (int)height);
    return 0;
}

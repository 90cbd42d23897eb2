#include "capture/marks.h"

#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>

/* The old full-range formats, and what they are besides. */
static const struct {
    int format, plain;
} full_range_formats[] = {
    {AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV420P}, {AV_PIX_FMT_YUVJ411P, AV_PIX_FMT_YUV411P},
    {AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUV422P}, {AV_PIX_FMT_YUVJ440P, AV_PIX_FMT_YUV440P},
    {AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUV444P},
};

/* BT.470 B/G and SMPTE 170M are BT.601 by other names. */
static const struct {
    enum AVColorSpace space;
    enum colours_matrix matrix;
} matrices[] = {
    {AVCOL_SPC_BT470BG, COLOURS_BT601},
    {AVCOL_SPC_SMPTE170M, COLOURS_BT601},
    {AVCOL_SPC_BT709, COLOURS_BT709},
    {AVCOL_SPC_BT2020_NCL, COLOURS_BT2020},
};

int marks_plain_format(int format)
{
    for (size_t i = 0; i < sizeof(full_range_formats) / sizeof(full_range_formats[0]); i++)
        if (format == full_range_formats[i].format)
            return full_range_formats[i].plain;
    return format;
}

static bool matrix_find(enum AVColorSpace space, enum colours_matrix *matrix)
{
    for (size_t i = 0; i < sizeof(matrices) / sizeof(matrices[0]); i++)
        if (space == matrices[i].space) {
            *matrix = matrices[i].matrix;
            return true;
        }
    return false;
}

static enum colours_range range_of(int format, enum AVColorRange range)
{
    if (range == AVCOL_RANGE_JPEG || marks_plain_format(format) != format)
        return COLOURS_FULL;
    return range == AVCOL_RANGE_MPEG ? COLOURS_LIMITED : COLOURS_RANGE_UNMARKED;
}

static bool read_marks(int format, enum AVColorSpace space, enum AVColorRange range, struct colours *colours)
{
    const AVPixFmtDescriptor *description = av_pix_fmt_desc_get((enum AVPixelFormat)format);
    *colours = (struct colours){0};
    if (!description || (description->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)))
        return false;
    colours->range = range_of(format, range);
    matrix_find(space, &colours->matrix);
    return true;
}

bool marks_frame_colours(const AVFrame *frame, struct colours *colours)
{
    return read_marks(frame->format, frame->colorspace, frame->color_range, colours);
}

bool marks_stream_colours(const AVStream *stream, struct colours *colours)
{
    const AVCodecParameters *parameters = stream->codecpar;
    return read_marks(parameters->format, parameters->color_space, parameters->color_range, colours);
}

const char *marks_unknown_colours(const AVFrame *frame)
{
    enum colours_matrix matrix;
    if (frame->color_trc == AVCOL_TRC_SMPTE2084 || frame->color_trc == AVCOL_TRC_ARIB_STD_B67)
        return av_color_transfer_name(frame->color_trc);
    if (frame->colorspace == AVCOL_SPC_UNSPECIFIED || frame->colorspace == AVCOL_SPC_RGB ||
        matrix_find(frame->colorspace, &matrix))
        return NULL;
    return av_color_space_name(frame->colorspace);
}

/* ---- which side is up ---- */

#if LIBAVFORMAT_VERSION_INT < AV_VERSION_INT(60, 15, 100)
static const int32_t *stream_matrix(const AVStream *stream)
{
    size_t size = 0;
    const uint8_t *data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
    return size >= 9 * sizeof(int32_t) ? (const int32_t *)(const void *)data : NULL;
}
#else
static const int32_t *stream_matrix(const AVStream *stream)
{
    const AVPacketSideData *side = av_packet_side_data_get(
        stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
    return side && side->size >= 9 * sizeof(int32_t) ? (const int32_t *)(const void *)side->data : NULL;
}
#endif

struct orientation marks_stream_orientation(const AVStream *stream)
{
    return orientation_of_matrix(stream_matrix(stream));
}

struct orientation marks_frame_orientation(const AVFrame *frame, struct orientation of_stream)
{
    const AVFrameSideData *side = av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX);
    if (!side || side->size < 9 * sizeof(int32_t))
        return of_stream;
    return orientation_of_matrix((const int32_t *)(const void *)side->data);
}

#include "replay/video.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/imgutils.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE_PARTS = 1000,
    BITS_A_PIXEL_TENTHS = 2,
    BITS_LEAST = 100000, /* a second: encoders count them in thousands, and know no rate of none */
    QUALITY_SCALE = 4,
};

struct video {
    char *path;
    AVFormatContext *format;
    AVCodecContext *encoder;
    AVStream *stream;
    AVFrame *frame;
    AVPacket *packet;
    int64_t pictures;
};

static int failed(const char *path, int error, const char *what, char problem[REPLAY_PROBLEM_BYTES])
{
    char text[AV_ERROR_MAX_STRING_SIZE];
    av_make_error_string(text, sizeof(text), error);
    snprintf(problem, REPLAY_PROBLEM_BYTES, "%s: %s: %s", path, what, text);
    return error == AVERROR(ENOMEM) ? -ENOMEM : -EIO;
}

/* Our pixel format is what every usual encoder takes; one that doesn't is refused by avcodec_open2. */
static int make_encoder(struct video *video, uint32_t width, uint32_t height, double fps)
{
    const AVCodec *codec = avcodec_find_encoder(video->format->oformat->video_codec);
    if (!codec)
        return AVERROR_ENCODER_NOT_FOUND;
    video->encoder = avcodec_alloc_context3(codec);
    if (!video->encoder)
        return AVERROR(ENOMEM);
    AVCodecContext *encoder = video->encoder;
    encoder->width = (int)width;
    encoder->height = (int)height;
    encoder->pix_fmt = AV_PIX_FMT_YUV420P;
    encoder->color_range = AVCOL_RANGE_MPEG;
    encoder->time_base = (AVRational){RATE_PARTS, (int)(fps * RATE_PARTS + 0.5)};
    encoder->framerate = av_inv_q(encoder->time_base);
    encoder->bit_rate = (int64_t)fmax(fps * width * height * BITS_A_PIXEL_TENTHS / 10.0, BITS_LEAST);
    encoder->flags |= AV_CODEC_FLAG_QSCALE;
    encoder->global_quality = FF_QP2LAMBDA * QUALITY_SCALE;
    if (video->format->oformat->flags & AVFMT_GLOBALHEADER)
        encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    return avcodec_open2(encoder, codec, NULL);
}

static int make_stream(struct video *video)
{
    video->stream = avformat_new_stream(video->format, NULL);
    if (!video->stream)
        return AVERROR(ENOMEM);
    video->stream->time_base = video->encoder->time_base;
    video->stream->avg_frame_rate = video->encoder->framerate;
    return avcodec_parameters_from_context(video->stream->codecpar, video->encoder);
}

static int make_frame(struct video *video)
{
    video->frame = av_frame_alloc();
    video->packet = av_packet_alloc();
    if (!video->frame || !video->packet)
        return AVERROR(ENOMEM);
    video->frame->format = video->encoder->pix_fmt;
    video->frame->width = video->encoder->width;
    video->frame->height = video->encoder->height;
    return av_frame_get_buffer(video->frame, 0);
}

static void release(struct video *video)
{
    if (video->format && video->format->pb)
        avio_closep(&video->format->pb);
    avformat_free_context(video->format);
    avcodec_free_context(&video->encoder);
    av_frame_free(&video->frame);
    av_packet_free(&video->packet);
    free(video->path);
    free(video);
}

int video_open(const char *path, uint32_t width, uint32_t height, double fps, struct video **video,
               char problem[REPLAY_PROBLEM_BYTES])
{
    struct video *opened = calloc(1, sizeof(*opened));
    if (!opened)
        return failed(path, AVERROR(ENOMEM), "the video cannot be made", problem);
    opened->path = strdup(path);
    int result = opened->path ? 0 : AVERROR(ENOMEM);
    if (result >= 0)
        result = avformat_alloc_output_context2(&opened->format, NULL, NULL, path);
    if (result >= 0)
        result = make_encoder(opened, width, height, fps);
    if (result >= 0)
        result = make_stream(opened);
    if (result >= 0)
        result = make_frame(opened);
    if (result >= 0)
        result = avio_open(&opened->format->pb, path, AVIO_FLAG_WRITE);
    if (result >= 0)
        result = avformat_write_header(opened->format, NULL);
    if (result < 0) {
        result =
            failed(path, result,
                   "the video cannot be made (the name's ending says the kind: .mp4, .mkv, .avi)", problem);
        release(opened);
        return result;
    }
    *video = opened;
    return 0;
}

/* frame NULL: the end. */
static int encode(struct video *video, const AVFrame *frame)
{
    int result = avcodec_send_frame(video->encoder, frame);
    while (result >= 0) {
        result = avcodec_receive_packet(video->encoder, video->packet);
        if (result == AVERROR(EAGAIN) || result == AVERROR_EOF)
            return 0;
        if (result < 0)
            break;
        av_packet_rescale_ts(video->packet, video->encoder->time_base, video->stream->time_base);
        video->packet->stream_index = video->stream->index;
        result = av_interleaved_write_frame(video->format, video->packet);
    }
    return result;
}

int video_write(struct video *video, const uint8_t *pixels, char problem[REPLAY_PROBLEM_BYTES])
{
    AVFrame *frame = video->frame;
    uint8_t *planes[4];
    int strides[4];
    int result = av_frame_make_writable(frame);
    if (result >= 0)
        result =
            av_image_fill_arrays(planes, strides, pixels, AV_PIX_FMT_YUV420P, frame->width, frame->height, 1);
    if (result >= 0) {
        av_image_copy(frame->data, frame->linesize, (const uint8_t **)planes, strides, AV_PIX_FMT_YUV420P,
                      frame->width, frame->height);
        frame->pts = video->pictures++;
        result = encode(video, frame);
    }
    return result < 0 ? failed(video->path, result, "the video cannot be written", problem) : 0;
}

int video_close(struct video *video, char problem[REPLAY_PROBLEM_BYTES])
{
    if (!video)
        return 0;
    int result = encode(video, NULL);
    if (result >= 0)
        result = av_write_trailer(video->format);
    if (result >= 0)
        result = avio_closep(&video->format->pb);
    if (result < 0)
        result = failed(video->path, result, "the video cannot be written", problem);
    release(video);
    return result;
}

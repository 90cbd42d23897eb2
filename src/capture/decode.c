#include "capture/decode.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "camd/shm.h"
#include "capture/marks.h"

/* A number that travels with the packet to its picture; the field for it changed with FFmpeg 6.0. */
#if LIBAVCODEC_VERSION_MAJOR < 60
enum { TRAVEL_FLAGS = 0 };

static void travel_begin(AVCodecContext *context, AVPacket *packet, uint32_t number)
{
    (void)packet;
    context->reordered_opaque = number;
}

static uint32_t travel_end(const AVFrame *frame)
{
    return (uint32_t)frame->reordered_opaque;
}
#else
enum { TRAVEL_FLAGS = AV_CODEC_FLAG_COPY_OPAQUE };

static void travel_begin(AVCodecContext *context, AVPacket *packet, uint32_t number)
{
    (void)context;
    packet->opaque = (void *)(uintptr_t)number;
}

static uint32_t travel_end(const AVFrame *frame)
{
    return (uint32_t)(uintptr_t)frame->opaque;
}
#endif

int decoder_open(struct decoder *decoder, const struct AVStream *stream, const char *hwaccel,
                 const char *subject)
{
    *decoder = (struct decoder){0};
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    if (!codec)
        return AVERROR_DECODER_NOT_FOUND;

    int result = AVERROR(ENOMEM);
    decoder->context = avcodec_alloc_context3(codec);
    decoder->frame = av_frame_alloc();
    if (!decoder->context || !decoder->frame)
        goto fail;
    result = avcodec_parameters_to_context(decoder->context, stream->codecpar);
    if (result < 0)
        goto fail;
    decoder->orientation = marks_stream_orientation(stream);
    decoder->context->pkt_timebase = stream->time_base;
    decoder->context->thread_count = 1;
    decoder->context->flags |= TRAVEL_FLAGS;
    /* A broken header can't make us allocate more than the largest picture takes. */
    decoder->context->max_pixels = (int64_t)CAMD_SIZE_MAX * CAMD_SIZE_MAX;
    hwaccel_prepare(&decoder->hwaccel, hwaccel, subject, codec, decoder->context);
    result = avcodec_open2(decoder->context, codec, NULL);
    if (result < 0)
        goto fail;
    return 0;
fail:
    decoder_close(decoder);
    return result;
}

void decoder_close(struct decoder *decoder)
{
    avcodec_free_context(&decoder->context);
    av_frame_free(&decoder->frame);
    hwaccel_fini(&decoder->hwaccel);
}

bool decoder_spare(struct decoder *decoder, bool unwanted)
{
    const AVCodecDescriptor *codec = avcodec_descriptor_get(decoder->context->codec_id);

    if (unwanted && codec && (codec->props & AV_CODEC_PROP_INTRA_ONLY))
        return true;
    decoder->context->skip_frame = unwanted ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
    return false;
}

int decoder_send(struct decoder *decoder, struct AVPacket *packet, int64_t arrival_ns)
{
    if (packet) {
        decoder->arrivals_ns[decoder->packets % DECODE_PACKETS_KEPT] = arrival_ns;
        travel_begin(decoder->context, packet, decoder->packets++);
    }
    return avcodec_send_packet(decoder->context, packet);
}

int decoder_receive(struct decoder *decoder, struct decoded *decoded)
{
    AVFrame *frame = decoder->frame;
    int result = avcodec_receive_frame(decoder->context, frame);
    if (result < 0)
        return result;
    const AVFrame *picture;
    result = hwaccel_fetch(&decoder->hwaccel, frame, &picture);
    if (result < 0)
        return result;
    *decoded = (struct decoded){
        .frame = picture,
        .time = frame->best_effort_timestamp,
        .arrival_ns = decoder->arrivals_ns[travel_end(frame) % DECODE_PACKETS_KEPT],
        .orientation = marks_frame_orientation(frame, decoder->orientation),
        .damaged = frame->decode_error_flags != 0 || (frame->flags & AV_FRAME_FLAG_CORRUPT),
    };
    return 0;
}

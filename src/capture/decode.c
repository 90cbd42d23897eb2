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
    *decoder = (struct decoder){.heard = damage_words_get()};
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

/* ---- damage ---- */

/* What the log has said since the last look is about the last packet: it is decoded before the next one is given. */
static void hear_damage(struct decoder *decoder)
{
    const struct damage_words words = damage_words_get();
    struct damage_words *heard = &decoder->heard;
    int64_t now_ns = decoder->arrivals_ns[decoder->damage.last % DECODE_PACKETS_KEPT];

    /* A key picture that is not the first of all refers to some that are missing on purpose. */
    if (decoder->restarted > 0)
        heard->missing = words.missing;
    decoder->had_errors = decoder->had_errors || words.broken != heard->broken;
    decoder->had_losses = decoder->had_losses || words.lost != heard->lost || words.missing != heard->missing;
    if (words.missing != heard->missing)
        damage_missing(&decoder->damage, now_ns);
    /* What was lost may be of this packet, or of the one that is put together after it. */
    if (words.lost != heard->lost || words.broken != heard->broken)
        damage_bad(&decoder->damage, decoder->damage.last, now_ns);
    if (words.whole != heard->whole) {
        decoder->whole |= UINT64_C(1) << (decoder->damage.last % DECODE_PACKETS_KEPT);
        decoder->tells_whole = decoder->hwaccel.pixel_format < 0;
    }
    decoder->heard = words;
}

static bool is_error(int result)
{
    return result < 0 && result != AVERROR(EAGAIN) && result != AVERROR_EOF;
}

static void note_packet(struct decoder *decoder, uint32_t number, bool is_incomplete)
{
    damage_packet(&decoder->damage, number);
    if (is_incomplete) {
        decoder->had_losses = true;
        damage_bad(&decoder->damage, number, decoder->arrivals_ns[number % DECODE_PACKETS_KEPT]);
    }
    decoder->whole &= ~(UINT64_C(1) << (number % DECODE_PACKETS_KEPT));
    hear_damage(decoder);
}

static void note_result(struct decoder *decoder, int result)
{
    uint32_t number = decoder->damage.last;
    hear_damage(decoder);
    if (!is_error(result))
        return;
    decoder->had_errors = true;
    damage_bad(&decoder->damage, number, decoder->arrivals_ns[number % DECODE_PACKETS_KEPT]);
}

#if LIBAVUTIL_VERSION_INT < AV_VERSION_INT(58, 7, 100)
static bool frame_is_key(const AVFrame *frame)
{
    return frame->key_frame;
}
#else
static bool frame_is_key(const AVFrame *frame)
{
    return frame->flags & AV_FRAME_FLAG_KEY;
}
#endif

bool decoder_has_no_keys(const struct decoder *decoder)
{
    const AVCodecDescriptor *codec = avcodec_descriptor_get(decoder->context->codec_id);
    return codec && (codec->props & AV_CODEC_PROP_INTRA_ONLY);
}

static bool picture_is_damaged(struct decoder *decoder, const AVFrame *frame, uint32_t number)
{
    int64_t arrival_ns = decoder->arrivals_ns[number % DECODE_PACKETS_KEPT];
    bool is_cut = decoder->tells_whole && !(decoder->whole & UINT64_C(1) << (number % DECODE_PACKETS_KEPT));
    if (is_cut || frame->decode_error_flags != 0 || (frame->flags & AV_FRAME_FLAG_CORRUPT)) {
        decoder->had_errors = true;
        damage_bad(&decoder->damage, number, arrival_ns);
    }
    return damage_of_picture(&decoder->damage, number, frame_is_key(frame) || decoder_has_no_keys(decoder),
                             arrival_ns);
}

void decoder_restart(struct decoder *decoder)
{
    avcodec_flush_buffers(decoder->context);
    decoder->restarted = 2;
}

void decoder_take_errors(struct decoder *decoder, bool *had_errors, bool *had_losses)
{
    *had_errors = decoder->had_errors;
    *had_losses = decoder->had_losses;
    decoder->had_errors = decoder->had_losses = false;
}

/* ---- packets in, pictures out ---- */

bool decoder_spare(struct decoder *decoder, bool unwanted)
{
    if (unwanted && decoder_has_no_keys(decoder))
        return true;
    decoder->context->skip_frame = unwanted ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
    return false;
}

int decoder_send(struct decoder *decoder, struct AVPacket *packet, int64_t arrival_ns)
{
    if (packet) {
        decoder->arrivals_ns[decoder->packets % DECODE_PACKETS_KEPT] = arrival_ns;
        note_packet(decoder, decoder->packets, packet->flags & AV_PKT_FLAG_CORRUPT);
        if (decoder->restarted > 0)
            decoder->restarted--;
        travel_begin(decoder->context, packet, decoder->packets++);
    }
    int result = avcodec_send_packet(decoder->context, packet);
    note_result(decoder, result);
    return result;
}

int decoder_receive(struct decoder *decoder, struct decoded *decoded)
{
    AVFrame *frame = decoder->frame;
    int result = avcodec_receive_frame(decoder->context, frame);
    note_result(decoder, result);
    if (result < 0)
        return result;
    const AVFrame *picture;
    result = hwaccel_fetch(&decoder->hwaccel, frame, &picture);
    if (result < 0)
        return result;
    uint32_t number = travel_end(frame);
    *decoded = (struct decoded){
        .frame = picture,
        .time = frame->best_effort_timestamp,
        .arrival_ns = decoder->arrivals_ns[number % DECODE_PACKETS_KEPT],
        .orientation = marks_frame_orientation(frame, decoder->orientation),
        .key = frame_is_key(frame),
        .damaged = picture_is_damaged(decoder, frame, number),
    };
    return 0;
}

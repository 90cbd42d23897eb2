#include "capture/source.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/pixdesc.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "capture/avlog.h"
#include "capture/source_kind.h"

/*
 * How much is looked at to learn codec and geometry. The first is enough nearly always, and what is missing then is
 * learned from the first picture; libavformat by itself would look at five seconds of a camera's stream.
 */
static const struct probe {
    int64_t bytes, us;
} probes[] = {
    {1 << 20, 700 * 1000},
    {5 << 20, 5 * 1000 * 1000},
};

enum { PROBES = sizeof probes / sizeof probes[0] };

#define PERIOD_DEFAULT_NS (CLOCK_NS_PER_S / 25)
#define RATE_MAX          1000.0 /* frame rates above are a container's clock, not a rate */

static int source_interrupted(void *opaque)
{
    struct source *source = opaque;

    source->stopped = source->stopped || source->stop_question(source->stop_data);
    if (clock_monotonic_ns() >= source->deadline_ns)
        source->timed_out = true;
    return source->stopped || source->timed_out;
}

/* What libav makes of an interruption differs from protocol to protocol, so the flags decide. */
static int source_result(const struct source *source, int result)
{
    if (result >= 0)
        return 0;
    if (source->stopped)
        return AVERROR_EXIT;
    return source->timed_out ? AVERROR(ETIMEDOUT) : result;
}

static void deadline_set(struct source *source, int64_t timeout_ns)
{
    source->deadline_ns = clock_monotonic_ns() + timeout_ns;
    source->timed_out = false;
}

/* ---- opening ---- */

static int open_failed(struct source *source, int error, enum camd_stage stage,
                       const struct settings *settings, struct failure *failure)
{
    error = source_result(source, error);
    failure->remote = source->remote;
    if (error == AVERROR(ETIMEDOUT))
        failure_set(failure, stage, error, "no answer within %.3g s",
                    (double)settings->open_timeout_ns / (double)CLOCK_NS_PER_S);
    else if (error == AVERROR_INVALIDDATA && source->remote && stage == CAMD_STAGE_OPEN)
        /* Also what libavformat makes of a connection that was closed before the answer. */
        error = failure_set(failure, stage, AVERROR(EPROTO), "no answer that makes sense");
    else
        failure_set(failure, stage, error, NULL);
    return error;
}

/*
 * What has a length is a file, wherever it is: it is paced like one. Multipart JPEG and raw streams have no times;
 * libavformat would number their pictures as if there were 25 a second.
 */
static void source_learn_clock(struct source *source)
{
    const struct AVInputFormat *format = source->format->iformat;

    if (source->remote && source->format->pb && avio_size(source->format->pb) > 0)
        source->live = false;
    source->clockless =
        source->live && (format->flags & AVFMT_NOTIMESTAMPS || strcmp(format->name, "mpjpeg") == 0);
}

static int source_connect(struct source *source, const struct settings *settings, const char *subject,
                          const struct probe *probe, struct failure *failure)
{
    AVDictionary *options = NULL;
    struct source_location location = {0};

    int result = source->kind->locate(settings, subject, &location, &options, failure);
    source->live = location.live;
    if (result < 0)
        goto out;
    source->format = avformat_alloc_context();
    if (!source->format) {
        result = open_failed(source, AVERROR(ENOMEM), CAMD_STAGE_OPEN, settings, failure);
        goto out;
    }
    source->format->interrupt_callback = (AVIOInterruptCB){source_interrupted, source};
    source->format->probesize = probe->bytes;
    source->format->max_analyze_duration = probe->us;
    source->format->fps_probe_size = 0; /* rates come from headers: counting frames would take a second */
    result = avformat_open_input(&source->format, location.url, location.format, &options);
    if (result < 0)
        result = open_failed(source, result, CAMD_STAGE_OPEN, settings, failure);
    else
        source_learn_clock(source);
out:
    av_dict_free(&options);
    source_location_fini(&location);
    return source_result(source, result);
}

/* Formats that draw text files as pictures. Nobody's camera speaks them, but they make a video of any text. */
static bool codec_is_text_art(enum AVCodecID codec)
{
    static const enum AVCodecID codecs[] = {AV_CODEC_ID_ANSI, AV_CODEC_ID_BINTEXT, AV_CODEC_ID_XBIN,
                                            AV_CODEC_ID_IDF};
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++)
        if (codecs[i] == codec)
            return true;
    return false;
}

static int source_probe(struct source *source, const struct settings *settings, struct failure *failure)
{
    int result = avformat_find_stream_info(source->format, NULL);
    if (result < 0)
        return open_failed(source, result, CAMD_STAGE_PROBE, settings, failure);

    int index = av_find_best_stream(source->format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (index < 0)
        return failure_set(failure, CAMD_STAGE_PROBE, AVERROR_STREAM_NOT_FOUND, "no video in it");
    AVStream *stream = source->format->streams[index];
    if (stream->disposition & AV_DISPOSITION_ATTACHED_PIC)
        return failure_set(failure, CAMD_STAGE_PROBE, AVERROR_STREAM_NOT_FOUND,
                           "only a cover picture in it, no video");
    if (stream->codecpar->codec_id == AV_CODEC_ID_NONE)
        return failure_set(failure, CAMD_STAGE_PROBE, AVERROR_STREAM_NOT_FOUND,
                           "its video is of an unknown codec");
    if (codec_is_text_art(stream->codecpar->codec_id))
        return failure_set(failure, CAMD_STAGE_PROBE, AVERROR_INVALIDDATA, "it is text, not a video");

    for (unsigned int i = 0; i < source->format->nb_streams; i++)
        if ((int)i != index)
            source->format->streams[i]->discard = AVDISCARD_ALL;
    source->stream = stream;
    return 0;
}

static double stream_rate(const AVStream *stream)
{
    const AVRational rates[] = {stream->avg_frame_rate, stream->r_frame_rate};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
        if (rates[i].num > 0 && rates[i].den > 0 && av_q2d(rates[i]) <= RATE_MAX)
            return av_q2d(rates[i]);
    return 0;
}

int source_open(struct source *source, const struct settings *settings, const char *subject,
                source_stop_question stop_question, void *stop_data, struct failure *failure)
{
    *source = (struct source){
        .kind = source_kind_of(settings->input),
        .read_timeout_ns = settings->read_timeout_ns,
        .stop_question = stop_question,
        .stop_data = stop_data,
    };
    source->remote = failure->remote = source->kind->remote;
    avlog_forget();
    deadline_set(source, settings->open_timeout_ns);

    int result = AVERROR_STREAM_NOT_FOUND;
    for (int i = 0; i < PROBES && result == AVERROR_STREAM_NOT_FOUND; i++) {
        /* Opened again: libavformat can't be asked twice about one and the same stream. */
        result = source_connect(source, settings, subject, &probes[i], failure);
        if (result >= 0)
            result = source_probe(source, settings, failure);
        if (result < 0)
            source_close(source);
    }
    if (result < 0)
        return result;
    double rate = source->clockless ? 0 : stream_rate(source->stream);
    source->period_ns = rate > 0 ? (int64_t)(1e9 / rate) : PERIOD_DEFAULT_NS;
    return 0;
}

void source_close(struct source *source)
{
    int64_t deadline_ns = source->deadline_ns;

    /* RTSP says good-bye to the camera here, which must not take long either. */
    deadline_set(source, CLOCK_NS_PER_S);
    avformat_close_input(&source->format);
    source->deadline_ns = deadline_ns;
    source->stream = NULL;
}

/* ---- reading ---- */

int source_read(struct source *source, struct AVPacket *packet)
{
    deadline_set(source, source->read_timeout_ns);
    for (;;) {
        int result = av_read_frame(source->format, packet);
        if (result < 0)
            return source_result(source, result);
        if (packet->stream_index == source->stream->index)
            return 0;
        /* Sound that goes on must not hide that the pictures have stopped: the deadline stays. */
        av_packet_unref(packet);
        if (source_interrupted(source))
            return source_result(source, AVERROR_EXIT);
    }
}

void source_describe(const struct source *source, struct source_description *description)
{
    const AVCodecParameters *parameters = source->stream->codecpar;
    const char *pixel_format = av_get_pix_fmt_name((enum AVPixelFormat)parameters->format);

    *description = (struct source_description){
        .width = parameters->width,
        .height = parameters->height,
        .fps = source->clockless ? 0 : stream_rate(source->stream),
    };
    snprintf(description->codec, sizeof description->codec, "%s", avcodec_get_name(parameters->codec_id));
    snprintf(description->pixel_format, sizeof description->pixel_format, "%s",
             pixel_format ? pixel_format : "");
}

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "capture/avlog.h"
#include "capture/overheard.h"
#include "capture/source_kind.h"
#include "capture/source_private.h"

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

enum { PROBES = sizeof(probes) / sizeof(probes[0]) };

enum { OPENED_MAX = 200 }; /* without a packet; a play list of many sizes names two or three for each */

#define PERIOD_DEFAULT_NS (CLOCK_NS_PER_S / 25)

/* ---- the format ---- */

/* Its container's header says how long it is, which no camera can know. */
static bool has_duration(const AVFormatContext *format)
{
    bool has_one = format->duration > 0;
    for (unsigned int i = 0; i < format->nb_streams; i++)
        has_one = has_one || format->streams[i]->duration > 0;
    return has_one;
}

static bool has_an_end(const struct source *source)
{
    const struct input_bytes *bytes = &source->bytes;
    if (input_bytes_are_list(bytes))
        return has_duration(source->format);
    return bytes->length > 0 && (bytes->is_seekable || has_duration(source->format));
}

/* By what it is called, or what it is: GIF and AVIF come in formats that may have any number of them. */
static bool is_picture(const struct source *source)
{
    static const char type[] = "image/";
    return strncasecmp(source->bytes.content_type, type, sizeof(type) - 1) == 0 ||
           strcmp(source->format->iformat->name, "gif") == 0;
}

/*
 * What has a length is a file, wherever it is, and paced like one. But cameras give lengths, too, that mean nothing, and the
 * length of a play list is not that of what it names: it is a file's when it has an end.
 * Multipart JPEG and raw streams have no times; libavformat would number their pictures as if there were 25 a second.
 */
static void source_learn_clock(struct source *source)
{
    const struct AVInputFormat *format = source->format->iformat;
    const struct input_bytes *bytes = &source->bytes;
    bool is_jpegs = strcmp(format->name, "mpjpeg") == 0 || strcmp(format->name, "mjpeg") == 0 ||
                    strstr(format->name, "_pipe");
    source->has_pictures = source->remote && bytes->io && (is_jpegs || is_picture(source));
    source->has_parts = source->has_pictures && strcmp(format->name, "mpjpeg") == 0;
    if (source->remote && has_an_end(source) && !is_jpegs)
        source->live = false;
    source->clockless = source->live && (format->flags & AVFMT_NOTIMESTAMPS || is_jpegs);
}

/* What a play list names is on the camera's host, too. */
static int source_io_open(AVFormatContext *format, AVIOContext **io, const char *url, int flags,
                          AVDictionary **options)
{
    struct source *source = format->opaque;
    source->redirection_fault = redirection_judge_url(source->input, url);
    if (source->redirection_fault == REDIRECTION_GOOD && ++source->opened > OPENED_MAX)
        source->redirection_fault = REDIRECTION_NOWHERE;
    if (source->redirection_fault != REDIRECTION_GOOD)
        return AVERROR(EXDEV);
    return source->io_open(format, io, url, flags, options);
}

static int source_new_format(struct source *source)
{
    source->format = avformat_alloc_context();
    if (!source->format)
        return AVERROR(ENOMEM);
    source->format->pb = source->bytes.io;
    source->format->interrupt_callback = (AVIOInterruptCB){source_interrupted, source};
    if (source->remote) {
        source->io_open = source->format->io_open;
        source->format->io_open = source_io_open;
        source->format->opaque = source;
    }
    return 0;
}

static int source_open_format(struct source *source, struct source_location *location,
                              const struct probe *probe)
{
    const char *name = source->bytes.io ? input_bytes_format(&source->bytes) : NULL;
    int result = source_new_format(source);
    if (result < 0)
        return result;
    source->format->probesize = probe->bytes;
    source->format->max_analyze_duration = probe->us;
    source->format->fps_probe_size = 0; /* rates come from headers: counting frames would take a second */
    return avformat_open_input(&source->format, location->url,
                               name ? av_find_input_format(name) : location->format, &location->options);
}

static void forget_error(AVIOContext *io)
{
    io->error = 0;
    io->eof_reached = 0;
}

int source_go_by_pictures(struct source *source)
{
    AVIOContext *io = source->bytes.io;
    log_info(source->subject,
             "its pictures do not have the lengths that it states: they are told apart by their beginnings");
    avformat_close_input(&source->format);
    source->stream = NULL;
    source->has_parts = source->lost_parts = false;
    forget_error(io);
    int result = source_new_format(source);
    if (result >= 0)
        result = avformat_open_input(&source->format, source->input, av_find_input_format("mjpeg"), NULL);
    if (result < 0)
        return result == AVERROR_EOF ? AVERROR(ECONNRESET) : result;
    source->stream = source->format->streams[0];
    return 0;
}

/* 304 says that nothing has changed, and 300 and 306 lead nowhere. */
static bool is_redirection(int rtsp_status)
{
    return rtsp_status >= 301 && rtsp_status <= 308 && rtsp_status != 304 && rtsp_status != 306;
}

/* libavformat follows a redirection in the answer to DESCRIBE only. */
static bool rtsp_redirects_in_vain(void)
{
    struct overheard overheard;
    overheard_get(&overheard);
    return is_redirection(overheard.rtsp_status) &&
           (overheard.redirections == 0 || overheard.location[0] == '\0');
}

/* Where we were sent on to may have been out of reach before anybody asked; http gives up in a circle without a word. */
static void source_explain_redirections(struct source *source, int error)
{
    source_judge_redirections(source);
    if (source->redirection_fault == REDIRECTION_GOOD && overheard_redirections() > REDIRECTIONS_MAX)
        source->redirection_fault = REDIRECTION_CIRCLE;
    if (source->redirection_fault == REDIRECTION_GOOD && overheard_redirections() > 0 &&
        error == AVERROR(EACCES))
        source->redirection_fault = REDIRECTION_OTHER_PORT;
    if (source->redirection_fault == REDIRECTION_GOOD && rtsp_redirects_in_vain())
        source->redirection_fault = REDIRECTION_LATE;
}

/* Who makes it has ended and said so: until there is another list there is nothing but what is past. */
static int refuse_ended_list(const struct source *source, struct failure *failure)
{
    if (!input_bytes_are_stream_list(&source->bytes) || !has_duration(source->format))
        return 0;
    return failure_set(failure, CAMD_STAGE_OPEN, AVERROR(ECONNRESET),
                       "the camera's play list says that the stream has ended");
}

static bool is_rtsp(const struct source *source)
{
    return strcmp(source->format->iformat->name, "rtsp") == 0;
}

static bool is_over_udp(const struct source *source, const struct settings *settings)
{
    return is_rtsp(source) && strcmp(settings->rtsp_transport, "udp") == 0;
}

static int source_connect(struct source *source, const struct settings *settings, const struct probe *probe,
                          struct failure *failure)
{
    const AVIOInterruptCB interrupt = {source_interrupted, source};
    struct source_location location = {0};
    int result = source->kind->locate(settings, source->subject, &location, failure);
    if (result < 0)
        goto out;
    source->live = location.live;
    if (source->remote && location.has_bytes && source->user->http_conditions &&
        av_dict_set(&location.io_options, "headers", source->user->http_conditions, 0) < 0)
        result = AVERROR(ENOMEM);
    if (result >= 0 && location.has_bytes)
        result = input_bytes_open(&source->bytes, location.url, &interrupt, &location.io_options);
    if (result >= 0 && source->remote && input_bytes_end_before_index(&source->bytes))
        result = AVERROR(ESPIPE);
    if (result >= 0)
        result = source_open_format(source, &location, probe);
    if (result < 0) {
        source_explain_redirections(source, result);
        result = source_open_failed(source, result, CAMD_STAGE_OPEN, settings, failure);
    } else {
        source_learn_clock(source);
        result = refuse_ended_list(source, failure);
        if (is_over_udp(source, settings))
            own_datagrams_find(&source->datagrams);
    }
out:
    source_location_fini(&location);
    return result;
}

/* ---- its video ---- */

/* Formats that draw text files as pictures. Nobody's camera speaks them, but they make a video of any text. */
static bool codec_is_text_art(enum AVCodecID codec)
{
    static const enum AVCodecID codecs[] = {AV_CODEC_ID_ANSI, AV_CODEC_ID_BINTEXT, AV_CODEC_ID_XBIN,
                                            AV_CODEC_ID_IDF};
    for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
        if (codecs[i] == codec)
            return true;
    return false;
}

/*
 * The time for opening was over while libavformat looked for more than it needs, such as further pictures of a stream
 * that sends few: it makes do with what it has. But the connection keeps the interruption as an error.
 */
static void go_on_after_interruption(struct source *source)
{
    AVIOContext *io = source->bytes.io;
    if (source->timed_out && io)
        forget_error(io);
}

/* Of these, libavformat hands out whole pictures over RTSP. */
static bool comes_whole(enum AVCodecID codec)
{
    return codec == AV_CODEC_ID_MJPEG || codec == AV_CODEC_ID_VP8 || codec == AV_CODEC_ID_VP9;
}

/*
 * Over RTSP the description says what the codec is, and JPEGs are JPEGs; all else is learned from the first picture.
 * libavformat would wait for further ones.
 */
static bool source_is_described(struct source *source, const struct settings *settings)
{
    AVFormatContext *format = source->format;
    if (source->has_pictures && format->nb_streams == 1)
        return format->streams[0]->codecpar->codec_id == AV_CODEC_ID_MJPEG;
    if (!is_rtsp(source))
        return false;
    int index = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (index < 0)
        return false;
    enum AVCodecID codec = format->streams[index]->codecpar->codec_id;
    if (!access_units_init(&source->units, (int)codec) && !comes_whole(codec))
        return false;
    format->flags |= AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN;
    /* What TLS has decrypted already can't be seen in the socket. */
    if (strncmp(format->url, "rtsp:", strlen("rtsp:")) == 0 && strcmp(settings->rtsp_transport, "tcp") == 0)
        source->socket = own_socket_find();
    return true;
}

/*
 * An RTSP camera's description says so, and no waiting for packets makes a video of it: one that has sound only, or a video
 * of a codec that FFmpeg does not know. Data may be an MPEG transport stream, with a video in it, and so may what has no header
 * yet: the streams of one that is described as such are told by its packets.
 */
static int refuse_description(const struct source *source, struct failure *failure)
{
    const AVFormatContext *format = source->format;
    unsigned int videos = 0, sounds = 0;
    for (unsigned int i = 0; i < format->nb_streams; i++) {
        const AVCodecParameters *parameters = format->streams[i]->codecpar;
        videos += parameters->codec_type == AVMEDIA_TYPE_VIDEO && parameters->codec_id == AV_CODEC_ID_NONE;
        sounds += parameters->codec_type == AVMEDIA_TYPE_AUDIO;
    }
    if (!is_rtsp(source) || format->ctx_flags & AVFMTCTX_NOHEADER || videos + sounds < format->nb_streams)
        return 0;
    if (videos > 0)
        return failure_set(failure, CAMD_STAGE_PROBE, AVERROR_DECODER_NOT_FOUND,
                           "its video is of a codec that FFmpeg does not know");
    return failure_set(failure, CAMD_STAGE_PROBE, AVERROR_STREAM_NOT_FOUND, "no video in it");
}

static int source_probe(struct source *source, const struct settings *settings, struct failure *failure)
{
    int result = 0;
    if (!source_is_described(source, settings))
        result = avformat_find_stream_info(source->format, NULL);
    if (source->stopped)
        result = AVERROR_EXIT;
    /* What libavformat was interrupted in, is a piece or the list itself, and nothing is read on after that. */
    if (source->timed_out && input_bytes_are_list(&source->bytes))
        result = AVERROR(ETIMEDOUT);
    source_judge_redirections(source);
    if (result < 0 || source->redirection_fault != REDIRECTION_GOOD)
        return source_open_failed(source, result, CAMD_STAGE_PROBE, settings, failure);
    go_on_after_interruption(source);

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
    source->known_streams = source->format->nb_streams;
    return 0;
}

static int source_find_video(struct source *source, const struct settings *settings, struct failure *failure)
{
    int result = AVERROR_STREAM_NOT_FOUND;
    for (int i = 0; i < PROBES && result == AVERROR_STREAM_NOT_FOUND && !source->timed_out; i++) {
        source_close(source);
        /* Opened again: libavformat can't be asked twice about one and the same stream. */
        result = source_connect(source, settings, &probes[i], failure);
        if (result >= 0)
            result = refuse_description(source, failure);
        if (result < 0)
            return result;
        result = source_probe(source, settings, failure);
    }
    return source->timed_out && result == AVERROR_STREAM_NOT_FOUND
               ? source_open_failed(source, result, CAMD_STAGE_PROBE, settings, failure)
               : result;
}

int source_open(struct source *source, const struct settings *settings, const char *subject,
                const struct source_user *user, struct failure *failure)
{
    int64_t now_ns = clock_monotonic_ns();
    *source = (struct source){
        .kind = source_kind_of(settings->input),
        .input = settings->input,
        .subject = subject,
        .read_timeout_ns = settings->read_timeout_ns,
        .user = user,
        .heard_ns = now_ns,
        .socket = -1,
    };
    source->remote = failure->remote = source->kind->remote;
    avlog_forget();
    overheard_forget();
    source->locations = overheard_locations();
    source_set_deadline(source, now_ns, settings->open_timeout_ns);

    avlog_quiet(true); /* what FFmpeg says of a failure is told with it */
    int result = source_find_video(source, settings, failure);
    avlog_quiet(false);
    source->packet = av_packet_alloc();
    source->unit = av_packet_alloc();
    if (result >= 0 && (!source->packet || !source->unit))
        result = source_open_failed(source, AVERROR(ENOMEM), CAMD_STAGE_OPEN, settings, failure);
    if (result < 0) {
        source_close(source);
        return result;
    }
    double rate = source->clockless ? 0 : source_stated_rate(source->stream);
    source->period_ns = rate > 0 ? (int64_t)(1e9 / rate) : PERIOD_DEFAULT_NS;
    if (rate > 0)
        rhythm_expect(&source->rhythm, source->period_ns, source->read_timeout_ns);
    source->packet_ns = clock_monotonic_ns();
    source->packet_at_bytes = source->socket >= 0 ? own_socket_bytes_read(source->socket) : 0;
    /* What was silent until the time for opening was over does not get all of the time for reading as well. */
    source_set_deadline(source, source->timed_out ? source->heard_ns : clock_monotonic_ns(),
                        source_patience_ns(source));
    return 0;
}

#include "capture/source.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/pixdesc.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "capture/avlog.h"
#include "capture/marks.h"
#include "capture/overheard.h"
#include "capture/own_socket.h"
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

enum {
    HTTP_NOT_MODIFIED = 304,
    CHOKING_PACKETS = 10,
    CHOKING_BYTES = 64 * 1024, /* beside them: buffers, and some sound */
};

enum { PROBES = sizeof probes / sizeof probes[0] };

#define PERIOD_DEFAULT_NS (CLOCK_NS_PER_S / 25)

static void hand_over(struct source *source, AVPacket *packet, int64_t arrival_ns)
{
    rhythm_note(&source->rhythm, arrival_ns);
    source->packets++;
    source->packet_bytes += (uint64_t)packet->size;
    source->packet_at_bytes = source->heard_bytes;
    if (!source->user->take(source->user->data, packet, arrival_ns))
        source->refused = true;
    av_packet_unref(packet);
}

/* RTSP's connection is hidden in libavformat: what it hears is not known. */
static void source_listen(struct source *source, int64_t now_ns)
{
    const AVIOContext *io = source->bytes.io;

    if (!io || io->bytes_read != source->heard_bytes)
        source->heard_ns = now_ns;
    source->heard_bytes = io ? io->bytes_read : 0;
}

/* Libav asks while it waits for more. What is there may be a whole picture by then, for which nobody has to wait. */
static void source_take_while_waiting(struct source *source, int64_t now_ns)
{
    int64_t pause_ns = source->is_reading ? access_units_pause_ns(&source->units, now_ns) : -1;
    int64_t arrival_ns;

    /* It asks ten times a second, so the rest of the pause is waited for here if that is possible. */
    if (pause_ns < 0 ||
        (pause_ns > 0 && !(source->socket >= 0 && own_socket_is_silent(source->socket, pause_ns))))
        return;
    if (access_units_finish(&source->units, source->unit, &arrival_ns) > 0)
        hand_over(source, source->unit, arrival_ns);
}

/* Where we are sent on to is only overheard, but before anything is sent there. */
static void source_judge_redirections(struct source *source)
{
    struct overheard overheard;

    if (overheard_locations() == source->locations)
        return;
    overheard_get(&overheard);
    source->locations = overheard.locations;
    if (source->redirection_fault == REDIRECTION_GOOD)
        source->redirection_fault =
            redirection_judge(source->input, overheard.location, overheard.redirections);
}

static int source_interrupted(void *opaque)
{
    struct source *source = opaque;
    int64_t now_ns = clock_monotonic_ns();

    source_listen(source, now_ns);
    source_judge_redirections(source);
    source_take_while_waiting(source, now_ns);
    source->stopped = source->stopped || source->user->must_stop(source->user->data);
    if (now_ns >= source->deadline_ns)
        source->timed_out = true;
    return source->stopped || source->timed_out || source->refused ||
           source->redirection_fault != REDIRECTION_GOOD;
}

static const int redirection_errors[] = {
    [REDIRECTION_CIRCLE] = AVERROR(ELOOP),
    [REDIRECTION_FOREIGN] = AVERROR(EXDEV),
};

/*
 * What libav makes of an interruption differs from protocol to protocol, so the flags decide. It keeps one that it could
 * do without, and comes back with it later: AVERROR_EXIT is ours only when we have to stop.
 */
static int source_result(const struct source *source, int result)
{
    if (result >= 0)
        return 0;
    if (source->stopped)
        return AVERROR_EXIT;
    if (source->redirection_fault != REDIRECTION_GOOD)
        return redirection_errors[source->redirection_fault];
    if (source->timed_out || result == AVERROR_EXIT)
        return AVERROR(ETIMEDOUT);
    /* http makes an error of input and output of the end of what has no length */
    return result == AVERROR(EIO) && source->remote && source->bytes.io && source->bytes.length <= 0
               ? AVERROR_EOF
               : result;
}

static void deadline_set(struct source *source, int64_t from_ns, int64_t timeout_ns)
{
    source->deadline_ns = from_ns + timeout_ns;
    source->timed_out = false;
}

/* ---- opening ---- */

/* A parser that wants to read beyond the end makes an error of input and output of it. */
static bool has_ended(const struct source *source, int error)
{
    const AVIOContext *io = source->bytes.io;

    return error == AVERROR_EOF || (error == AVERROR(EIO) && io && io->error == 0);
}

static bool has_what_there_is(const struct source *source)
{
    struct overheard overheard;

    overheard_get(&overheard);
    return source->user->http_conditions && overheard.status == HTTP_NOT_MODIFIED;
}

/* "text/html": a page that asks to log in, or says that too many look already. */
static bool is_page(const struct source *source)
{
    return source->remote && strncasecmp(source->bytes.content_type, "text/", strlen("text/")) == 0;
}

static int open_failed(struct source *source, int error, enum camd_stage stage,
                       const struct settings *settings, struct failure *failure)
{
    error = source_result(source, error);
    failure->remote = source->remote;
    if (error == AVERROR_EOF && has_what_there_is(source))
        error = failure_set(failure, stage, AVERROR(EALREADY), NULL);
    else if (source->redirection_fault == REDIRECTION_CIRCLE)
        failure_set(failure, stage, error, "the camera redirects in a circle");
    else if (source->redirection_fault == REDIRECTION_FOREIGN)
        failure_set(failure, stage, error, "the camera redirects to another host, which is not followed");
    else if (error == AVERROR(ETIMEDOUT))
        failure_set(failure, stage, error, "no answer within %.3g s",
                    (double)settings->open_timeout_ns / (double)CLOCK_NS_PER_S);
    else if (has_ended(source, error))
        /* As an end of the stream it would be taken for that of one that had begun. */
        error = source->remote
                    ? failure_set(failure, stage, AVERROR(ECONNRESET), "the camera answered with nothing")
                    : failure_set(failure, stage, AVERROR_INVALIDDATA, "it ends before its first picture");
    else if (error == AVERROR_INVALIDDATA && is_page(source))
        error = failure_set(failure, stage, AVERROR(EBADMSG), "it is a page of text (%s), not pictures",
                            source->bytes.content_type);
    else if (error == AVERROR_INVALIDDATA && source->remote && stage == CAMD_STAGE_OPEN)
        /* Also what libavformat makes of a connection that was closed before the answer. */
        error = failure_set(failure, stage, AVERROR(EPROTO),
                            "no answer that makes sense, or it closed the connection");
    else
        failure_set(failure, stage, error, NULL);
    return error;
}

/* Its container's header says how long it is, which no camera can know. */
static bool has_duration(const AVFormatContext *format)
{
    bool has_one = format->duration > 0;

    for (unsigned int i = 0; i < format->nb_streams; i++)
        has_one = has_one || format->streams[i]->duration > 0;
    return has_one;
}

/*
 * What has a length is a file, wherever it is, and paced like one. But cameras give lengths, too, that mean nothing.
 * Multipart JPEG and raw streams have no times; libavformat would number their pictures as if there were 25 a second.
 */
static void source_learn_clock(struct source *source)
{
    const struct AVInputFormat *format = source->format->iformat;
    const struct input_bytes *bytes = &source->bytes;

    bool is_jpegs = strcmp(format->name, "mpjpeg") == 0 || strcmp(format->name, "mjpeg") == 0 ||
                    strstr(format->name, "_pipe");
    source->has_pictures = source->remote && bytes->io && is_jpegs;
    if (source->remote && bytes->length > 0 && !is_jpegs &&
        (bytes->is_seekable || has_duration(source->format)))
        source->live = false;
    source->clockless = source->live && (format->flags & AVFMT_NOTIMESTAMPS || is_jpegs);
}

/* What a play list names is on the camera's host, too. */
static int source_io_open(AVFormatContext *format, AVIOContext **io, const char *url, int flags,
                          AVDictionary **options)
{
    struct source *source = format->opaque;

    if (redirection_stays(source->input, url))
        return source->io_open(format, io, url, flags, options);
    source->redirection_fault = REDIRECTION_FOREIGN;
    return AVERROR(EXDEV);
}

static int source_open_format(struct source *source, struct source_location *location,
                              const struct probe *probe)
{
    source->format = avformat_alloc_context();
    if (!source->format)
        return AVERROR(ENOMEM);
    const char *name = source->bytes.io ? input_bytes_format(&source->bytes) : NULL;
    source->format->pb = source->bytes.io;
    source->format->interrupt_callback = (AVIOInterruptCB){source_interrupted, source};
    if (source->remote) {
        source->io_open = source->format->io_open;
        source->format->io_open = source_io_open;
        source->format->opaque = source;
    }
    source->format->probesize = probe->bytes;
    source->format->max_analyze_duration = probe->us;
    source->format->fps_probe_size = 0; /* rates come from headers: counting frames would take a second */
    return avformat_open_input(&source->format, location->url,
                               name ? av_find_input_format(name) : location->format, &location->options);
}

/* Where we were sent on to may have been out of reach before anybody asked; http gives up in a circle without a word. */
static void source_explain_redirections(struct source *source)
{
    source_judge_redirections(source);
    if (source->redirection_fault == REDIRECTION_GOOD && overheard_redirections() > REDIRECTIONS_MAX)
        source->redirection_fault = REDIRECTION_CIRCLE;
}

static int source_connect(struct source *source, const struct settings *settings, const char *subject,
                          const struct probe *probe, struct failure *failure)
{
    const AVIOInterruptCB interrupt = {source_interrupted, source};
    struct source_location location = {0};

    int result = source->kind->locate(settings, subject, &location, failure);
    if (result < 0)
        goto out;
    source->live = location.live;
    if (source->remote && location.has_bytes && source->user->http_conditions &&
        av_dict_set(&location.io_options, "headers", source->user->http_conditions, 0) < 0)
        result = AVERROR(ENOMEM);
    if (result >= 0 && location.has_bytes)
        result = input_bytes_open(&source->bytes, location.url, &interrupt, &location.io_options);
    if (result >= 0)
        result = source_open_format(source, &location, probe);
    if (result < 0) {
        source_explain_redirections(source);
        result = open_failed(source, result, CAMD_STAGE_OPEN, settings, failure);
    } else {
        source_learn_clock(source);
    }
out:
    source_location_fini(&location);
    return result;
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

/*
 * The time for opening was over while libavformat looked for more than it needs, such as further pictures of a stream
 * that sends few: it makes do with what it has. But the connection keeps the interruption as an error.
 */
static void go_on_after_interruption(struct source *source)
{
    AVIOContext *io = source->bytes.io;

    if (source->timed_out && io) {
        io->error = 0;
        io->eof_reached = 0;
    }
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
    if (strcmp(format->iformat->name, "rtsp") != 0)
        return false;
    int index = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (index < 0 || !access_units_init(&source->units, (int)format->streams[index]->codecpar->codec_id))
        return false;
    format->flags |= AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN;
    /* What TLS has decrypted already can't be seen in the socket. */
    if (strncmp(format->url, "rtsp:", strlen("rtsp:")) == 0 && strcmp(settings->rtsp_transport, "tcp") == 0)
        source->socket = own_socket_find();
    return true;
}

static int source_probe(struct source *source, const struct settings *settings, struct failure *failure)
{
    int result = source_is_described(source, settings) ? 0 : avformat_find_stream_info(source->format, NULL);
    if (source->stopped)
        result = AVERROR_EXIT;
    if (result < 0)
        return open_failed(source, result, CAMD_STAGE_PROBE, settings, failure);
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
    return 0;
}

static double stream_rate(const AVStream *stream)
{
    const AVRational rates[] = {stream->avg_frame_rate, stream->r_frame_rate};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
        if (rates[i].num > 0 && rates[i].den > 0 && av_q2d(rates[i]) <= SOURCE_RATE_MAX)
            return av_q2d(rates[i]);
    return 0;
}

static int source_find_video(struct source *source, const struct settings *settings, const char *subject,
                             struct failure *failure)
{
    int result = AVERROR_STREAM_NOT_FOUND;
    for (int i = 0; i < PROBES && result == AVERROR_STREAM_NOT_FOUND && !source->timed_out; i++) {
        source_close(source);
        /* Opened again: libavformat can't be asked twice about one and the same stream. */
        result = source_connect(source, settings, subject, &probes[i], failure);
        if (result >= 0)
            result = source_probe(source, settings, failure);
    }
    return source->timed_out && result == AVERROR_STREAM_NOT_FOUND
               ? open_failed(source, result, CAMD_STAGE_PROBE, settings, failure)
               : result;
}

int64_t source_patience_ns(const struct source *source)
{
    return source->live ? rhythm_patience_ns(&source->rhythm, source->read_timeout_ns)
                        : source->read_timeout_ns;
}

bool source_is_choking(const struct source *source)
{
    uint64_t since = (uint64_t)(source->heard_bytes - source->packet_at_bytes);

    return source->packets > 0 &&
           since > CHOKING_BYTES + CHOKING_PACKETS * (source->packet_bytes / source->packets);
}

int source_open(struct source *source, const struct settings *settings, const char *subject,
                const struct source_user *user, struct failure *failure)
{
    int64_t now_ns = clock_monotonic_ns();
    *source = (struct source){
        .kind = source_kind_of(settings->input),
        .input = settings->input,
        .read_timeout_ns = settings->read_timeout_ns,
        .user = user,
        .heard_ns = now_ns,
        .socket = -1,
    };
    source->remote = failure->remote = source->kind->remote;
    avlog_forget();
    overheard_forget();
    source->locations = overheard_locations();
    deadline_set(source, now_ns, settings->open_timeout_ns);

    avlog_quiet(true); /* what FFmpeg says of a failure is told with it */
    int result = source_find_video(source, settings, subject, failure);
    avlog_quiet(false);
    source->packet = av_packet_alloc();
    source->unit = av_packet_alloc();
    if (result >= 0 && (!source->packet || !source->unit))
        result = open_failed(source, AVERROR(ENOMEM), CAMD_STAGE_OPEN, settings, failure);
    if (result < 0) {
        source_close(source);
        return result;
    }
    double rate = source->clockless ? 0 : stream_rate(source->stream);
    source->period_ns = rate > 0 ? (int64_t)(1e9 / rate) : PERIOD_DEFAULT_NS;
    /* What was silent until the time for opening was over does not get all of the time for reading as well. */
    deadline_set(source, source->timed_out ? source->heard_ns : clock_monotonic_ns(),
                 source_patience_ns(source));
    return 0;
}

void source_close(struct source *source)
{
    int64_t deadline_ns = source->deadline_ns;
    bool timed_out = source->timed_out;

    /* RTSP says good-bye to the camera here, which must not take long either. */
    deadline_set(source, clock_monotonic_ns(), CLOCK_NS_PER_S);
    avformat_close_input(&source->format);
    input_bytes_close(&source->bytes);
    source->deadline_ns = deadline_ns;
    source->timed_out = timed_out;
    source->stream = NULL;
    av_packet_free(&source->packet);
    av_packet_free(&source->unit);
    access_units_fini(&source->units);
}

/* ---- reading ---- */

/* A packet of the video: what libavformat made of it, or a piece of a picture. 1 when the user was given one. */
static int packet_take(struct source *source)
{
    int64_t now_ns = clock_monotonic_ns(), arrival_ns = now_ns;
    AVPacket *packet = source->packet;
    int result = 1;

    if (source->units.syntax) {
        result = access_units_add(&source->units, source->packet, now_ns, source->unit, &arrival_ns);
        packet = source->unit;
        av_packet_unref(source->packet);
    }
    if (result > 0)
        hand_over(source, packet, arrival_ns);
    /* What libavformat had kept back, and hands out when it is interrupted, prolongs nothing. */
    if (!source->timed_out)
        deadline_set(source, clock_monotonic_ns(), source_patience_ns(source));
    return result;
}

/* 1 when the user was given a packet, 0 when it was one of something else. */
static int packet_read(struct source *source)
{
    source->is_reading = true;
    int result = av_read_frame(source->format, source->packet);
    source->is_reading = false;
    if (source->refused) {
        av_packet_unref(source->packet);
        return 1;
    }
    if (result < 0)
        return source_result(source, result);
    /* Sound that goes on must not hide that the pictures have stopped: it prolongs nothing. */
    bool is_video = source->packet->stream_index == source->stream->index;
    result = is_video ? packet_take(source) : 0;
    av_packet_unref(source->packet);
    if (result < 0 || source->refused)
        return result;
    return source->timed_out || source_interrupted(source) ? source_result(source, AVERROR_EXIT) : result;
}

int source_read(struct source *source)
{
    uint64_t packets = source->packets;
    int64_t arrival_ns;
    int result = 0;

    /* The user may be given one while libavformat waits for more, which then completes none. */
    while (result == 0 && source->packets == packets)
        result = packet_read(source);
    if (result >= 0)
        return 0;
    /* The last picture of a stream that broke off has no successor that would complete it. */
    if (access_units_finish(&source->units, source->unit, &arrival_ns) > 0)
        hand_over(source, source->unit, arrival_ns);
    return source->refused ? 0 : result;
}

/* As it will stand: a picture on its side has another width, and pixels of another shape. */
static void describe_shape(const struct source *source, struct source_description *description)
{
    AVRational aspect = av_guess_sample_aspect_ratio(source->format, source->stream, NULL);

    if (aspect.num > 0 && aspect.den > 0) {
        description->aspect_width = aspect.num;
        description->aspect_height = aspect.den;
    }
    description->orientation = marks_stream_orientation(source->stream);
    orientation_turn_size(description->orientation, &description->width, &description->height);
    orientation_turn_size(description->orientation, &description->aspect_width, &description->aspect_height);
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
    marks_stream_colours(source->stream, &description->colours);
    describe_shape(source, description);
}

int source_refuse_size(struct failure *failure)
{
    struct overheard overheard;

    overheard_get(&overheard);
    if (overheard.width == 0)
        return 0;
    return failure_set_size(failure, overheard.width, overheard.height);
}

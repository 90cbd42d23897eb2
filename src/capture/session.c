#include "capture/session.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "base/clock.h"
#include "base/log.h"
#include "capture/decode.h"
#include "capture/pace.h"
#include "capture/skip.h"
#include "capture/slot_output.h"
#include "capture/source.h"

enum {
    BARREN_MAX = 3000, /* packets in a row without a picture: two minutes of a camera at 25 a second */
    READ_AGAIN_MS = 10,
};

_Static_assert(PACE_UNKNOWN_NS == AV_NOPTS_VALUE, "a time stamp that is unknown");

struct session {
    struct worker *worker;
    struct settings *settings;
    struct failure *failure;
    struct source source;
    struct decoder decoder;
    struct output output;
    AVPacket *packet;

    struct pace_timeline timeline;
    struct pace_selector selector;
    struct pace_clock clock;
    struct skip skip;
    int64_t start_ns; /* continuous time of the first picture: stream time 0 */
    int64_t frame_ns; /* stream time of the last picture */
    bool has_frame;
    uint32_t barren;        /* packets since the last picture */
    uint64_t pass_pictures; /* since the source was opened */
};

static int64_t to_ns(int64_t time, AVRational time_base)
{
    return av_rescale_q(time, time_base, (AVRational){1, (int)CLOCK_NS_PER_S});
}

/* Asked by libav while it waits. Messages are handled right here: no slot is open while a packet is read. */
static bool session_should_stop(void *data)
{
    struct session *session = data;
    return !output_goes_on(&session->output);
}

static void session_take_config(struct session *session)
{
    if (!session->worker->config_changed)
        return;
    session->worker->config_changed = false;
    if (capture_settings_update(session->settings, session->worker->config)) {
        pace_selector_init(&session->selector, session->settings->fps);
        session->skip.count = 0;
    }
    session->output.hold_back = !session->source.live && !session->settings->pace;
}

/* ---- pictures ---- */

/*
 * Time stamps that are missing or don't rise are made up, so that stream time always goes on. own_ns: the picture's own
 * time or PACE_UNKNOWN_NS.
 */
static int64_t picture_time(struct session *session, int64_t own_ns)
{
    int64_t time_ns = session->frame_ns + session->source.period_ns;

    if (own_ns != PACE_UNKNOWN_NS) {
        time_ns = own_ns;
        if (!session->has_frame)
            session->start_ns = time_ns;
        time_ns -= session->start_ns;
        if (session->has_frame && time_ns <= session->frame_ns)
            time_ns = session->frame_ns + CLOCK_NS_PER_MS;
    } else if (!session->has_frame) {
        time_ns = 0;
    }
    session->frame_ns = time_ns;
    session->has_frame = true;
    return time_ns;
}

static int64_t picture_own_time(const struct session *session, const struct decoded *decoded)
{
    if (session->source.clockless)
        return decoded->arrival_ns;
    return decoded->time == AV_NOPTS_VALUE ? PACE_UNKNOWN_NS
                                           : to_ns(decoded->time, session->source.stream->time_base);
}

/* Lets the selector pass over the pictures that were left out before the one of that time. */
static void pass_over_skipped(struct session *session, int64_t own_ns)
{
    int64_t skipped_ns;

    skip_remove(&session->skip, own_ns);
    while (skip_take_before(&session->skip, own_ns, &skipped_ns))
        pace_selector_takes(&session->selector, picture_time(session, skipped_ns));
}

/* Whether the packet's picture need not be decoded, for nobody will look at it. */
static bool packet_is_unwanted(struct session *session, const AVPacket *packet, int64_t arrival_ns)
{
    int64_t own_ns = arrival_ns;

    if (!session->has_frame)
        return false;
    if (!session->source.clockless) {
        if (packet->pts == AV_NOPTS_VALUE)
            return false;
        own_ns = to_ns(packet->pts, session->source.stream->time_base);
    }
    return pace_selector_passes_over(&session->selector, own_ns - session->start_ns) &&
           skip_add(&session->skip, own_ns);
}

static int picture_take(struct session *session, const struct decoded *decoded)
{
    int64_t own_ns = picture_own_time(session, decoded);

    session->barren = 0;
    session->pass_pictures++;
    session->output.counters.decoded++;
    if (decoded->damaged)
        session->output.counters.damaged++;

    if (own_ns != PACE_UNKNOWN_NS)
        pass_over_skipped(session, own_ns);
    int64_t stream_time_ns = picture_time(session, own_ns);
    if (!pace_selector_takes(&session->selector, stream_time_ns))
        return 0;
    const struct output_frame frame = {
        .picture = decoded->frame,
        .stream_time_ns = stream_time_ns,
        .arrival_ns = decoded->arrival_ns,
        .damaged = decoded->damaged,
    };
    return output_put(&session->output, &frame, session->failure);
}

static int count_damage(struct session *session, int error)
{
    if (error == AVERROR(ENOMEM))
        return failure_set(session->failure, CAMD_STAGE_DECODE, error, NULL);
    session->output.counters.damaged++;
    output_gap(&session->output);
    return 0;
}

static int pictures_drain(struct session *session)
{
    for (;;) {
        struct decoded decoded;
        int result = decoder_receive(&session->decoder, &decoded);
        if (result == AVERROR(EAGAIN) || result == AVERROR_EOF)
            return 0;
        result = result < 0 ? count_damage(session, result) : picture_take(session, &decoded);
        if (result < 0)
            return result;
    }
}

static int packet_decode(struct session *session, AVPacket *packet, int64_t arrival_ns)
{
    bool unwanted = packet && packet_is_unwanted(session, packet, arrival_ns);
    if (decoder_spare(&session->decoder, unwanted)) {
        session->barren = 0;
        return 0;
    }
    int result = decoder_send(&session->decoder, packet, arrival_ns);
    if (result < 0 && result != AVERROR_EOF) {
        result = count_damage(session, result);
        if (result < 0)
            return result;
    }
    return pictures_drain(session);
}

/* ---- packets ---- */

/* A stream's time stamp, or none where it makes no sense: a broken or hostile stream has any. */
static int64_t sane_time(int64_t time, AVRational time_base)
{
    return time != AV_NOPTS_VALUE && pace_is_time(to_ns(time, time_base)) ? time : AV_NOPTS_VALUE;
}

/* Makes the packet's times continuous and returns its own; the decoder hands them on to the picture. */
static int64_t packet_retime(struct session *session, AVPacket *packet)
{
    AVRational time_base = session->source.stream->time_base;
    packet->dts = sane_time(packet->dts, time_base);
    packet->pts = sane_time(packet->pts, time_base);
    int64_t time = packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts;
    bool jumped;

    int64_t time_ns = pace_timeline_packet(&session->timeline,
                                           time == AV_NOPTS_VALUE ? PACE_UNKNOWN_NS : to_ns(time, time_base),
                                           session->source.period_ns, &jumped);
    if (jumped)
        output_gap(&session->output);
    int64_t offset =
        av_rescale_q(session->timeline.offset_ns, (AVRational){1, (int)CLOCK_NS_PER_S}, time_base);
    if (packet->dts != AV_NOPTS_VALUE)
        packet->dts += offset;
    if (packet->pts != AV_NOPTS_VALUE)
        packet->pts += offset;
    return time_ns;
}

static int packet_take(struct session *session, AVPacket *packet)
{
    int64_t arrival_ns = clock_monotonic_ns();

    session->output.counters.packets++;
    session->output.counters.bytes += (uint64_t)packet->size;
    if (++session->barren > BARREN_MAX)
        return failure_set(session->failure, CAMD_STAGE_DECODE, AVERROR_INVALIDDATA,
                           "no picture in the last %d packets", BARREN_MAX);
    int64_t time_ns = packet_retime(session, packet);
    if (packet->flags & AV_PKT_FLAG_CORRUPT)
        return count_damage(session, AVERROR_INVALIDDATA);

    if (!session->source.live && session->settings->pace) {
        /* A file plays camera: its packet arrives when it is due. */
        if (!output_wait_until(&session->output, pace_clock_due(&session->clock, time_ns, arrival_ns)))
            return AVERROR_EXIT;
        arrival_ns = clock_monotonic_ns();
    }
    return packet_decode(session, packet, arrival_ns);
}

/* An error of reading, the end of the stream among them: 0 to go on. */
static int read_failed(struct session *session, int error)
{
    struct source *source = &session->source;

    if (error == AVERROR_EXIT || (error == AVERROR_EOF && !source->live))
        return error;
    if (error == AVERROR(EAGAIN)) {
        int64_t again_ns = clock_monotonic_ns() + READ_AGAIN_MS * CLOCK_NS_PER_MS;
        return output_wait_until(&session->output, again_ns) ? 0 : AVERROR_EXIT;
    }
    if (error == AVERROR_INVALIDDATA && session->barren++ < BARREN_MAX)
        return count_damage(session, error);
    /* AVERROR_EOF as such is the end of a file, after which nothing is tried again. */
    if (error == AVERROR_EOF)
        return failure_set(session->failure, CAMD_STAGE_READ, AVERROR(ECONNRESET),
                           "the camera ended the stream");
    /* http makes that of the end of what has no length */
    if (error == AVERROR(EIO) && source->live && source->remote)
        return failure_set(session->failure, CAMD_STAGE_READ, AVERROR(ECONNRESET),
                           "the camera ended the stream");
    if (error == AVERROR(ETIMEDOUT))
        return failure_set(session->failure, CAMD_STAGE_READ, error, "nothing came for %.3g s",
                           (double)session->settings->read_timeout_ns / (double)CLOCK_NS_PER_S);
    return failure_set(session->failure, CAMD_STAGE_READ, error, NULL);
}

/* Reads to the end: AVERROR_EOF, or why it can't. */
static int packets_take(struct session *session)
{
    for (;;) {
        if (!output_goes_on(&session->output))
            return AVERROR_EXIT;
        session_take_config(session);
        int result = source_read(&session->source, session->packet);
        if (result < 0) {
            result = read_failed(session, result);
        } else {
            result = packet_take(session, session->packet);
            av_packet_unref(session->packet);
        }
        output_count(&session->output);
        if (result < 0)
            return result;
    }
}

/* ---- passes ---- */

static int session_open(struct session *session)
{
    struct source_description description;

    int result = source_open(&session->source, session->settings, session->worker->camera,
                             session_should_stop, session, session->failure);
    if (result < 0)
        return result;
    session->output.hold_back = !session->source.live && !session->settings->pace;
    session->pass_pictures = 0;
    session->skip.count = 0;
    session->barren = 0;

    source_describe(&session->source, &description);
    result = decoder_open(&session->decoder, session->source.stream, session->settings->hwaccel,
                          session->worker->camera);
    if (result < 0)
        return failure_set(session->failure, CAMD_STAGE_PROBE, result, "its codec %s can't be decoded here",
                           description.codec);
    if (description.fps > 0)
        log_info(session->worker->camera, "opened: %s %d x %d, %.3g frames a second", description.codec,
                 description.width, description.height, description.fps);
    else
        log_info(session->worker->camera, "opened: %s %d x %d", description.codec, description.width,
                 description.height);
    /* Told early, camd makes the segments while the first picture is decoded. */
    if (picture_even(description.width) > 0 && picture_even(description.height) > 0)
        return output_announce(&session->output, &description, session->failure);
    session->output.announced = description;
    return 0;
}

static void session_close(struct session *session)
{
    decoder_close(&session->decoder);
    source_close(&session->source);
}

/* The source from its start to its end: 0 at the end, AVERROR_EXIT, or a failure. */
static int session_pass(struct session *session)
{
    int result = session_open(session);
    if (result >= 0)
        result = packets_take(session);
    if (result == AVERROR_EOF) {
        result = packet_decode(session, NULL, 0);
        pass_over_skipped(session, INT64_MAX);
        output_count(&session->output);
        if (result >= 0 && session->pass_pictures == 0)
            result = failure_set(session->failure, CAMD_STAGE_DECODE, AVERROR_INVALIDDATA,
                                 "no picture in it can be decoded");
    }
    session_close(session);
    return result;
}

enum session_end session_run(struct worker *worker, struct settings *settings, struct failure *failure)
{
    struct session session = {
        .worker = worker,
        .settings = settings,
        .failure = failure,
        .packet = av_packet_alloc(),
    };
    if (!session.packet) {
        failure_set(failure, CAMD_STAGE_SETUP, AVERROR(ENOMEM), NULL);
        return SESSION_FAILED;
    }
    output_init(&session.output, worker, settings);
    pace_selector_init(&session.selector, settings->fps);

    int result = session_pass(&session);
    while (result >= 0 && settings->loop) {
        session.output.counters.reopened++;
        pace_timeline_restart(&session.timeline);
        result = session_pass(&session);
    }
    output_fini(&session.output);
    av_packet_free(&session.packet);
    if (result >= 0)
        return SESSION_ENDED;
    if (result != AVERROR_EXIT)
        return SESSION_FAILED;
    return session.output.broken ? SESSION_BROKEN : SESSION_STOPPED;
}

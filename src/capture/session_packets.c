#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "capture/avlog.h"
#include "capture/overheard.h"
#include "capture/session_private.h"

enum {
    BARREN_MAX = 3000, /* packets in a row without a picture: two minutes of a camera at 25 a second */
    COMPLAINTS_MAX = 10,
    READ_AGAIN_MS = 10,
};

#define RATE_NS (10 * CLOCK_NS_PER_S)

/* Much comes, and libavformat makes nothing of it, or nothing but complaints. */
static bool packets_are_refused(struct session *session)
{
    if (!session->is_refused && session_is_dark_since(session, session->picture_ns))
        session->is_refused = overheard_complaints() - session->complaints >= COMPLAINTS_MAX ||
                              source_is_choking(&session->source);
    return session->is_refused;
}

bool session_must_stop(void *data)
{
    struct session *session = data;
    return !output_goes_on(&session->output) || packets_are_refused(session);
}

void session_take_config(struct session *session)
{
    if (!session->worker->config_changed)
        return;
    session->worker->config_changed = false;
    if (capture_settings_update(session->settings, session->worker->config))
        choice_set_fps(&session->choice, session->settings->fps);
    session->output.hold_back = !session->source.live && !session->settings->pace;
}

/* A stream's time stamp, or none where it makes no sense: a broken or hostile stream has any. */
static int64_t sane_time(const struct session *session, int64_t time)
{
    return pace_is_time(session_presentation_time(session, time)) ? time : AV_NOPTS_VALUE;
}

/* Whether a still picture's bytes are those of before; keeps them. */
static bool still_is_unchanged(struct session *session, const AVPacket *packet)
{
    AVPacket *last = session->still_packet;
    bool is_same = session->still.is_one && last->size == packet->size && packet->size > 0 &&
                   memcmp(last->data, packet->data, (size_t)packet->size) == 0;
    if (is_same)
        return true;
    av_packet_unref(last);
    if (session->pass_packets == 1 && av_packet_ref(last, packet) < 0)
        log_debug(session->worker->camera, "memory is short: the next picture counts as a new one");
    return false;
}

static void warn_of_clock(const struct session *session)
{
    static const char *const faults[] = {
        [STREAM_CLOCK_GOOD] = "",
        [STREAM_CLOCK_STANDS] = "stand still while its pictures come",
        [STREAM_CLOCK_FAST] = "run faster than its pictures come",
        [STREAM_CLOCK_SLOW] = "run slower than its pictures come",
    };
    log_warning(
        session->worker->camera,
        "the stream's time stamps %s: the pictures are timed by their arrival from now on; a newer firmware of the camera may mend it",
        faults[session->choice.stream_clock.fault]);
}

/* Makes the packet's times continuous and returns its own; the decoder hands them on to the picture. */
static int64_t packet_retime(struct session *session, AVPacket *packet, int64_t arrival_ns)
{
    AVRational time_base = session->source.stream->time_base;
    packet->dts = sane_time(session, packet->dts);
    packet->pts = sane_time(session, packet->pts);
    int64_t time = packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts;
    unsigned int findings;

    int64_t time_ns =
        choice_packet(&session->choice, session_presentation_time(session, time), arrival_ns, &findings);
    if (findings & CHOICE_JUMPED)
        output_gap(&session->output);
    if (findings & CHOICE_CLOCK_IS_BAD)
        warn_of_clock(session);
    if (findings & CHOICE_STANDS)
        packet->dts = packet->pts = AV_NOPTS_VALUE;
    int64_t offset =
        av_rescale_q(session->choice.timeline.offset_ns, (AVRational){1, (int)CLOCK_NS_PER_S}, time_base);
    if (packet->dts != AV_NOPTS_VALUE)
        packet->dts += offset;
    if (packet->pts != AV_NOPTS_VALUE)
        packet->pts += offset;
    return time_ns;
}

/*
 * Pictures that a file has before the place where an edit list begins: others refer to them, and nobody is to see them. They
 * take no time.
 */
static bool is_before_start(const AVPacket *packet)
{
    return packet->flags & AV_PKT_FLAG_DISCARD;
}

static int64_t packet_without_time(AVPacket *packet)
{
    packet->dts = packet->pts = AV_NOPTS_VALUE;
    return PACE_UNKNOWN_NS;
}

/* The container says that from here on the video is another one, as a recording of several streams has it. */
static bool is_another_stream(const struct session *session)
{
    const AVStream *stream = session->source.stream;
    return stream->index != session->stream_index || (int)stream->codecpar->codec_id != session->codec_id;
}

static int change_decoder(struct session *session)
{
    log_debug(session->worker->camera, "the stream is another one from here on");
    session_idle_end(session);
    session->idle = (struct idle){0};
    int result = session_decode(session, NULL, 0);
    decoder_close(&session->decoder);
    return result < 0 ? result : session_open_decoder(session);
}

/* What answered with a still picture goes on sending: it is a stream, and its pictures are chosen as those of any other. */
static int stream_found(struct session *session, int64_t arrival_ns)
{
    session->still.is_one = false;
    session->rate_since_ns = arrival_ns;
    avlog_quiet(false); /* as still_fetch was */
    log_info(session->worker->camera, "it is a stream now, no still picture any more");
    return output_announce_rate(&session->output, session->stated_fps, false, session->failure);
}

/*
 * What comes over RTSP is not kept waiting: a camera throws away what it can't get rid of. Over HTTP it is what libavformat
 * asks for, or what waits in a connection.
 */
static bool can_be_paced(const struct session *session)
{
    return session->source.bytes.io && session->choice.clock == CHOICE_CHECKED &&
           !session->choice.stream_clock.by_arrival;
}

/* A file plays camera, and so does a camera that delivers by pieces: when the packet of that time arrives. */
static int64_t when_due(struct session *session, int64_t time_ns, int64_t arrival_ns)
{
    if (!session->source.live)
        return session->settings->pace ? pace_clock_due(&session->clock, time_ns, arrival_ns) : arrival_ns;
    return can_be_paced(session) ? pieces_due(&session->pieces, time_ns, arrival_ns) : arrival_ns;
}

static int packet_take(struct session *session, AVPacket *packet, int64_t arrival_ns)
{
    session->pass_packets++;
    session->output.counters.packets++;
    session_health_packet(session, arrival_ns);
    session->output.counters.bytes += (uint64_t)packet->size;
    if (session->still.is_one && session->pass_packets == 2) {
        int result = stream_found(session, arrival_ns);
        if (result < 0)
            return result;
    }
    if (++session->barren > BARREN_MAX)
        return failure_set(session->failure, CAMD_STAGE_DECODE, AVERROR_INVALIDDATA,
                           "no picture in the last %d packets", BARREN_MAX);
    if (session->source.has_pictures && still_is_unchanged(session, packet)) {
        session_note_picture(session);
        return 0;
    }
    if (session->waits_for_key && !(packet->flags & AV_PKT_FLAG_KEY))
        return 0;
    session->waits_for_key = false;
    int64_t time_ns =
        is_before_start(packet) ? packet_without_time(packet) : packet_retime(session, packet, arrival_ns);
    const int64_t due_ns = time_ns == PACE_UNKNOWN_NS ? arrival_ns : when_due(session, time_ns, arrival_ns);
    if (due_ns > arrival_ns) {
        /* As if it arrived then. */
        if (!output_wait_until(&session->output, due_ns))
            return AVERROR_EXIT;
        arrival_ns = clock_monotonic_ns();
    }
    return session_pass_on(session, packet, arrival_ns);
}

/* ---- gaps in a transport stream ---- */

/*
 * Where its packets are not numbered on, libavformat marks the picture before the one in which something may be missing:
 * that is the one that its parser ends there. (AVI, MP4 and FLV mark the one that is cut itself; its decoder notices.)
 * Nothing is missing, where two recordings, or two pieces of a play list, are joined: the one after the mark is the last one
 * of the first then, and a key picture follows. So it waits for the one after it, and the mark goes on with it.
 */
static int take_waiting(struct session *session, bool is_joint)
{
    AVPacket *packet = session->waiting_packet;
    if (packet->size == 0)
        return 0;
    if (!is_joint)
        packet->flags |= AV_PKT_FLAG_CORRUPT;
    int result = packet_take(session, packet, session->waiting_ns);
    av_packet_unref(packet);
    return result;
}

static int packet_take_in_turn(struct session *session, AVPacket *packet, int64_t arrival_ns)
{
    /* What is missing is missing in its own stream, and what waited is for the decoder that there was. */
    bool is_another = is_another_stream(session);
    bool has_to_wait = session->is_gap_next && !is_another;
    int result = take_waiting(session, packet->flags & AV_PKT_FLAG_KEY);
    if (result >= 0 && is_another)
        result = change_decoder(session);
    if (result < 0)
        return result;
    session->is_gap_next = packet->flags & AV_PKT_FLAG_CORRUPT;
    packet->flags &= ~AV_PKT_FLAG_CORRUPT;
    if (!has_to_wait || av_packet_ref(session->waiting_packet, packet) < 0)
        return packet_take(session, packet, arrival_ns);
    session->waiting_ns = arrival_ns;
    return 0;
}

/* ---- reading ---- */

/*
 * Every RATE_NS, camd is told the rate that was measured, if the stream says none, or one that it does not keep: how long
 * a camera may be silent depends on it.
 */
static int measure_rate(struct session *session, int64_t arrival_ns)
{
    int64_t passed_ns = arrival_ns - session->rate_since_ns;
    if (session->pass_packets == 1)
        session->rate_since_ns = arrival_ns;
    if (session->pass_packets == 1 || passed_ns < RATE_NS) {
        session->rate_packets++;
        return 0;
    }
    double measured = (double)session->rate_packets * (double)CLOCK_NS_PER_S / (double)passed_ns;
    double stated = session->stated_fps;
    session->rate_since_ns = arrival_ns;
    session->rate_packets = 1;
    return output_announce_rate(&session->output, stated > 0 && measured > stated / 2 ? stated : measured,
                                false, session->failure);
}

bool session_packet_handed_over(void *data, AVPacket *packet, int64_t arrival_ns)
{
    struct session *session = data;
    session->packet_result = packet_take_in_turn(session, packet, arrival_ns);
    if (session->packet_result >= 0 && session->source.live && !session->still.is_one)
        session->packet_result = measure_rate(session, arrival_ns);
    output_count(&session->output);
    return session->packet_result >= 0;
}

bool session_has_one_picture(const struct session *session)
{
    return session->source.has_pictures && session->pass_packets == 1;
}

/* An error of reading, the end of the stream among them: 0 to go on. */
static int read_failed(struct session *session, int error)
{
    struct source *source = &session->source;
    if (session->is_refused)
        return session_give_up_stream(session);
    /* A picture whose length is not the one that was stated is cut off, or not: its decoder will say. */
    if ((error == AVERROR(EIO) || error == AVERROR(ECONNRESET)) && session_has_one_picture(session))
        return AVERROR_EOF;
    if (error == AVERROR_EXIT ||
        (error == AVERROR_EOF && (!source->live || session_has_one_picture(session))))
        return error;
    if (error == AVERROR(EAGAIN)) {
        int64_t again_ns = clock_monotonic_ns() + READ_AGAIN_MS * CLOCK_NS_PER_MS;
        return output_wait_until(&session->output, again_ns) ? 0 : AVERROR_EXIT;
    }
    if (error == AVERROR_INVALIDDATA && session->barren++ < BARREN_MAX)
        return session_count_damage(session, error);
    return source_read_failed(source, error, session->failure);
}

int session_take_packets(struct session *session)
{
    for (;;) {
        if (!output_goes_on(&session->output))
            return AVERROR_EXIT;
        session_take_config(session);
        int result = source_read(&session->source);
        result = result < 0 ? read_failed(session, result) : session->packet_result;
        output_count(&session->output);
        if (result == AVERROR_EOF) {
            int last_result = take_waiting(session, true);
            return last_result < 0 ? last_result : result;
        }
        if (result < 0)
            return result;
    }
}

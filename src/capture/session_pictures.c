#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "base/clock.h"
#include "capture/overheard.h"
#include "capture/session_private.h"

#define DARK_NS CLOCK_NS_PER_S /* without a picture though packets come: the stream has become another one */

_Static_assert(PACE_UNKNOWN_NS == AV_NOPTS_VALUE, "a time stamp that is unknown");

bool session_is_dark_since(const struct session *session, int64_t since_ns)
{
    int64_t dark_ns = rhythm_patience_ns(&session->source.rhythm, DARK_NS);
    return session->source.live && session->pass_pictures > 0 && clock_monotonic_ns() - since_ns >= dark_ns;
}

int64_t session_presentation_time(const struct session *session, int64_t time)
{
    return time == AV_NOPTS_VALUE
               ? PACE_UNKNOWN_NS
               : av_rescale_q(time, session->source.stream->time_base, (AVRational){1, (int)CLOCK_NS_PER_S});
}

int session_give_up_stream(struct session *session)
{
    return failure_set(session->failure, CAMD_STAGE_DECODE, AVERROR_INPUT_CHANGED,
                       "none of its pictures can be decoded any more; the camera may have changed its codec");
}

int session_count_damage(struct session *session, int error)
{
    if (error == AVERROR(ENOMEM))
        return failure_set(session->failure, CAMD_STAGE_DECODE, error, NULL);
    if (session->pass_pictures == 0 && source_refuse_size(session->failure) < 0)
        return session->failure->error;
    session->output.counters.damaged++;
    health_note_lost(&session->health, clock_monotonic_ns());
    output_gap(&session->output);
    return 0;
}

void session_note_picture(struct session *session)
{
    session->barren = 0;
    session->undecoded = 0;
    session->pass_pictures++;
    session->picture_ns = clock_monotonic_ns();
    session->complaints = overheard_complaints();
}

/* Where the description says nothing, the stream's parameters may. */
static void learn_stated_rate(struct session *session)
{
    AVRational rate = session->decoder.context->framerate;
    if (session->stated_fps > 0 || rate.num <= 0 || rate.den <= 0 || av_q2d(rate) >= SOURCE_RATE_END)
        return;
    session->stated_fps = av_q2d(rate);
    session->output.announced.fps = session->stated_fps;
}

/* One with a broken head among good ones: they go on. The first one is believed, and refused. */
static bool has_impossible_size(const struct session *session, const AVFrame *picture)
{
    return session->pass_pictures > 0 &&
           !output_size_is_possible(&session->output, picture->width, picture->height);
}

static int picture_take(struct session *session, const struct decoded *decoded)
{
    if (has_impossible_size(session, decoded->frame))
        return session_count_damage(session, AVERROR_INVALIDDATA);
    struct output_frame frame = {
        .picture = decoded->frame,
        .orientation = decoded->orientation,
        .arrival_ns = decoded->arrival_ns,
        .damaged = decoded->damaged,
    };
    session_note_picture(session);
    if (session->pass_pictures == 1)
        learn_stated_rate(session);
    session->output.counters.decoded++;
    if (decoded->damaged)
        session->output.counters.damaged++;
    if (session->is_unseen) {
        session_health_forget(session);
        return 0;
    }
    session_health_picture(session, decoded);

    bool is_taken = choice_takes(&session->choice, session_presentation_time(session, decoded->time),
                                 decoded->arrival_ns, &frame.stream_time_ns);
    /* A still picture was asked for at the rate that is wanted. */
    if (!is_taken && !session->still.is_one)
        return 0;
    int result = output_put(&session->output, &frame, session->failure);
    session_health_frame(session, decoded->arrival_ns);
    return result;
}

static int pictures_drain(struct session *session)
{
    for (;;) {
        struct decoded decoded;
        int result = decoder_receive(&session->decoder, &decoded);
        if (result == AVERROR(EAGAIN) || result == AVERROR_EOF)
            return 0;
        result = result < 0 ? session_count_damage(session, result) : picture_take(session, &decoded);
        if (result < 0)
            return result;
    }
}

/* A packet whose picture is wanted; true when too many of them in a row have brought none. */
static bool note_undecoded(struct session *session, int64_t arrival_ns)
{
    if (session->undecoded++ == 0)
        session->undecoded_ns = arrival_ns;
    return session->undecoded > UNDECODED_MAX && session_is_dark_since(session, session->undecoded_ns);
}

static int send_and_drain(struct session *session, AVPacket *packet, int64_t arrival_ns)
{
    int result = decoder_send(&session->decoder, packet, arrival_ns);
    if (result < 0 && result != AVERROR_EOF) {
        result = session_count_damage(session, result);
        if (result < 0)
            return result;
    }
    return pictures_drain(session);
}

int session_decode(struct session *session, AVPacket *packet, int64_t arrival_ns)
{
    bool unwanted = packet && choice_leaves_out(&session->choice,
                                                session_presentation_time(session, packet->pts), arrival_ns);
    if (decoder_spare(&session->decoder, unwanted)) {
        session_note_picture(session);
        return 0;
    }
    if (packet && !unwanted && note_undecoded(session, arrival_ns))
        return session_give_up_stream(session);
    return send_and_drain(session, packet, arrival_ns);
}

int session_decode_unseen(struct session *session, AVPacket *packet, int64_t arrival_ns)
{
    session->is_unseen = true;
    int result = decoder_spare(&session->decoder, true) ? 0 : send_and_drain(session, packet, arrival_ns);
    session->is_unseen = false;
    return result;
}

#include "capture/session.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "capture/avlog.h"
#include "capture/choice.h"
#include "capture/decode.h"
#include "capture/health.h"
#include "capture/health_report.h"
#include "capture/overheard.h"
#include "capture/slot_output.h"
#include "capture/source.h"
#include "capture/still.h"

enum {
    BARREN_MAX = 3000, /* packets in a row without a picture: two minutes of a camera at 25 a second */
    UNDECODED_MAX = 5, /* wanted packets without a picture, after which it matters for how long */
    COMPLAINTS_MAX = 10,
    READ_AGAIN_MS = 10,
};

#define RATE_NS (10 * CLOCK_NS_PER_S)
#define DARK_NS CLOCK_NS_PER_S /* without a picture though packets come: the stream has become another one */

_Static_assert(PACE_UNKNOWN_NS == AV_NOPTS_VALUE, "a time stamp that is unknown");

struct session {
    struct worker *worker;
    struct settings *settings;
    struct failure *failure;
    struct source_user source_user;
    struct source source;
    struct decoder decoder;
    struct output output;
    struct choice choice;
    struct pace_clock clock;
    struct still still;
    AVPacket *still_packet; /* the last one of what may be a still picture */
    struct health health;
    int packet_result;     /* what became of the last packet */
    uint32_t barren;       /* packets since the last picture */
    uint32_t undecoded;    /* packets since then whose picture was wanted */
    int64_t undecoded_ns;  /* arrival of the first of them */
    int64_t picture_ns;    /* when that was */
    uint32_t complaints;   /* of libav's until then */
    bool is_refused;       /* packets come that libavformat can't make anything of */
    double stated_fps;     /* by the stream's own word; 0: none */
    int64_t rate_since_ns; /* packets are counted since then */
    uint64_t rate_packets;
    uint64_t passes;        /* times that the source was opened */
    uint64_t pass_packets;  /* since the source was opened */
    uint64_t pass_pictures; /* since the source was opened, those that were spared among them */
};

/* Whether a stream that had pictures has had none for so long that it is not its rhythm. */
static bool is_dark_since(const struct session *session, int64_t since_ns)
{
    int64_t dark_ns = rhythm_patience_ns(&session->source.rhythm, DARK_NS);

    return session->source.live && session->pass_pictures > 0 && clock_monotonic_ns() - since_ns >= dark_ns;
}

/* Much comes, and libavformat makes nothing of it, or nothing but complaints. */
static bool packets_are_refused(struct session *session)
{
    if (!session->is_refused && is_dark_since(session, session->picture_ns))
        session->is_refused = overheard_complaints() - session->complaints >= COMPLAINTS_MAX ||
                              source_is_choking(&session->source);
    return session->is_refused;
}

static int64_t to_ns(int64_t time, AVRational time_base)
{
    return av_rescale_q(time, time_base, (AVRational){1, (int)CLOCK_NS_PER_S});
}

/* Asked by libav while it waits. Messages are handled right here: no slot is open while a packet is read. */
static bool session_must_stop(void *data)
{
    struct session *session = data;
    return !output_goes_on(&session->output) || packets_are_refused(session);
}

static void session_take_config(struct session *session)
{
    if (!session->worker->config_changed)
        return;
    session->worker->config_changed = false;
    if (capture_settings_update(session->settings, session->worker->config))
        choice_set_fps(&session->choice, session->settings->fps);
    session->output.hold_back = !session->source.live && !session->settings->pace;
}

/* ---- pictures ---- */

static int64_t presentation_time(const struct session *session, int64_t time)
{
    return time == AV_NOPTS_VALUE ? PACE_UNKNOWN_NS : to_ns(time, session->source.stream->time_base);
}

static int give_up_stream(struct session *session)
{
    return failure_set(session->failure, CAMD_STAGE_DECODE, AVERROR_INPUT_CHANGED,
                       "none of its pictures can be decoded any more; the camera may have changed its codec");
}

static int count_damage(struct session *session, int error)
{
    if (error == AVERROR(ENOMEM))
        return failure_set(session->failure, CAMD_STAGE_DECODE, error, NULL);
    if (session->pass_pictures == 0 && source_refuse_size(session->failure) < 0)
        return session->failure->error;
    session->output.counters.damaged++;
    output_gap(&session->output);
    return 0;
}

static void tell_health(struct session *session, bool has_changed)
{
    if (has_changed)
        health_report(session->worker, session->settings, session->source.remote, &session->health);
}

/* Of the last packet, and of the pictures that it brought. */
static void note_errors(struct session *session, int64_t arrival_ns)
{
    bool had_errors, had_losses;

    decoder_take_errors(&session->decoder, &had_errors, &had_losses);
    health_note_errors(&session->health, had_errors, had_losses, arrival_ns);
}

/* A picture was decoded, or could have been. */
static void note_picture(struct session *session)
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

    if (session->stated_fps > 0 || rate.num <= 0 || rate.den <= 0 || av_q2d(rate) > SOURCE_RATE_MAX)
        return;
    session->stated_fps = av_q2d(rate);
    session->output.announced.fps = session->stated_fps;
}

static int picture_take(struct session *session, const struct decoded *decoded)
{
    struct output_frame frame = {
        .picture = decoded->frame,
        .orientation = decoded->orientation,
        .arrival_ns = decoded->arrival_ns,
        .damaged = decoded->damaged,
    };
    note_picture(session);
    if (session->pass_pictures == 1)
        learn_stated_rate(session);
    session->output.counters.decoded++;
    if (decoded->damaged)
        session->output.counters.damaged++;
    note_errors(session, decoded->arrival_ns);
    tell_health(session, health_note_picture(&session->health, decoded->damaged, decoded->arrival_ns));

    bool is_taken = choice_takes(&session->choice, presentation_time(session, decoded->time),
                                 decoded->arrival_ns, &frame.stream_time_ns);
    /* A still picture was asked for at the rate that is wanted. */
    if (!is_taken && !session->still.is_one)
        return 0;
    return output_put(&session->output, &frame, session->failure);
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

/* A packet whose picture is wanted; true when too many of them in a row have brought none. */
static bool note_undecoded(struct session *session, int64_t arrival_ns)
{
    if (session->undecoded++ == 0)
        session->undecoded_ns = arrival_ns;
    return session->undecoded > UNDECODED_MAX && is_dark_since(session, session->undecoded_ns);
}

/* packet NULL: the end. */
static int packet_decode(struct session *session, AVPacket *packet, int64_t arrival_ns)
{
    bool unwanted =
        packet && choice_leaves_out(&session->choice, presentation_time(session, packet->pts), arrival_ns);
    if (decoder_spare(&session->decoder, unwanted)) {
        note_picture(session);
        return 0;
    }
    if (packet && !unwanted && note_undecoded(session, arrival_ns))
        return give_up_stream(session);
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
    bool is_fast = session->choice.stream_clock.bad_windows > 0;

    log_warning(
        session->worker->camera,
        "the stream's time stamps %s than its pictures come: the pictures are timed by their arrival from now on; a newer firmware of the camera may mend it",
        is_fast ? "run faster" : "run slower");
}

/* Makes the packet's times continuous and returns its own; the decoder hands them on to the picture. */
static int64_t packet_retime(struct session *session, AVPacket *packet, int64_t arrival_ns)
{
    AVRational time_base = session->source.stream->time_base;
    packet->dts = sane_time(packet->dts, time_base);
    packet->pts = sane_time(packet->pts, time_base);
    int64_t time = packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts;
    unsigned int findings;

    int64_t time_ns =
        choice_packet(&session->choice, presentation_time(session, time), arrival_ns, &findings);
    if (findings & CHOICE_JUMPED)
        output_gap(&session->output);
    if (findings & CHOICE_CLOCK_IS_BAD)
        warn_of_clock(session);
    int64_t offset =
        av_rescale_q(session->choice.timeline.offset_ns, (AVRational){1, (int)CLOCK_NS_PER_S}, time_base);
    if (packet->dts != AV_NOPTS_VALUE)
        packet->dts += offset;
    if (packet->pts != AV_NOPTS_VALUE)
        packet->pts += offset;
    return time_ns;
}

static int packet_take(struct session *session, AVPacket *packet, int64_t arrival_ns)
{
    session->pass_packets++;
    session->output.counters.packets++;
    tell_health(session, health_note_packet(&session->health, arrival_ns));
    session->output.counters.bytes += (uint64_t)packet->size;
    if (++session->barren > BARREN_MAX)
        return failure_set(session->failure, CAMD_STAGE_DECODE, AVERROR_INVALIDDATA,
                           "no picture in the last %d packets", BARREN_MAX);
    if (session->source.has_pictures && still_is_unchanged(session, packet)) {
        note_picture(session);
        return 0;
    }
    int64_t time_ns = packet_retime(session, packet, arrival_ns);
    if (packet->flags & AV_PKT_FLAG_CORRUPT) {
        decoder_lose(&session->decoder);
        return count_damage(session, AVERROR_INVALIDDATA);
    }
    if (session->source.stream->codecpar->codec_id != session->decoder.context->codec_id)
        return give_up_stream(session);

    if (!session->source.live && session->settings->pace) {
        /* A file plays camera: its packet arrives when it is due. */
        if (!output_wait_until(&session->output, pace_clock_due(&session->clock, time_ns, arrival_ns)))
            return AVERROR_EXIT;
        arrival_ns = clock_monotonic_ns();
    }
    return packet_decode(session, packet, arrival_ns);
}

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

static bool packet_handed_over(void *data, AVPacket *packet, int64_t arrival_ns)
{
    struct session *session = data;

    session->packet_result = packet_take(session, packet, arrival_ns);
    if (session->packet_result >= 0 && session->source.live && !session->still.is_one)
        session->packet_result = measure_rate(session, arrival_ns);
    output_count(&session->output);
    return session->packet_result >= 0;
}

/* The whole answer was one picture. */
static bool has_one_picture(const struct session *session)
{
    return session->source.has_pictures && session->pass_packets == 1;
}

/* How long the source may be silent, in seconds, without the grace that one gets whose interval is not known. */
static double silence_s(const struct source *source)
{
    int64_t silence_ns =
        source->rhythm.interval_ns > 0 ? source_patience_ns(source) : source->read_timeout_ns;
    return (double)silence_ns / (double)CLOCK_NS_PER_S;
}

/* An error of reading, the end of the stream among them: 0 to go on. */
static int read_failed(struct session *session, int error)
{
    struct source *source = &session->source;

    if (session->is_refused)
        return give_up_stream(session);
    if (error == AVERROR_EXIT || (error == AVERROR_EOF && (!source->live || has_one_picture(session))))
        return error;
    if (error == AVERROR(EAGAIN)) {
        int64_t again_ns = clock_monotonic_ns() + READ_AGAIN_MS * CLOCK_NS_PER_MS;
        return output_wait_until(&session->output, again_ns) ? 0 : AVERROR_EXIT;
    }
    if (error == AVERROR_INVALIDDATA && session->barren++ < BARREN_MAX)
        return count_damage(session, error);
    /* AVERROR_EOF as such is the end of a file, after which nothing is tried again. */
    if (error == AVERROR_EOF || (error == AVERROR(EIO) && source->live && source->remote))
        return failure_set(session->failure, CAMD_STAGE_READ, AVERROR(ECONNRESET),
                           "the camera ended the stream");
    if (error == AVERROR(ETIMEDOUT))
        return failure_set(session->failure, CAMD_STAGE_READ, error, "nothing came for %.3g s",
                           silence_s(source));
    return failure_set(session->failure, CAMD_STAGE_READ, error, NULL);
}

/* Reads to the end: AVERROR_EOF, or why it can't. */
static int packets_take(struct session *session)
{
    for (;;) {
        if (!output_goes_on(&session->output))
            return AVERROR_EXIT;
        session_take_config(session);
        int result = source_read(&session->source);
        result = result < 0 ? read_failed(session, result) : session->packet_result;
        output_count(&session->output);
        if (result < 0)
            return result;
    }
}

/* ---- passes ---- */

static enum choice_clock clock_of(const struct source *source)
{
    if (!source->live)
        return CHOICE_OWN;
    return source->clockless ? CHOICE_ARRIVAL : CHOICE_CHECKED;
}

/* Once, not in every pass of a loop. */
static void log_opened(struct session *session, const struct source_description *description)
{
    const char *camera = session->worker->camera;

    if (session->passes++ > 0)
        return;
    if (description->width <= 0)
        log_info(camera, "opened: %s", description->codec);
    else if (description->fps > 0)
        log_info(camera, "opened: %s %d x %d, %.3g frames a second", description->codec, description->width,
                 description->height, description->fps);
    else
        log_info(camera, "opened: %s %d x %d", description->codec, description->width, description->height);
}

static int pass_begin(struct session *session)
{
    struct source_description description;

    source_describe(&session->source, &description);
    session->stated_fps = description.fps;
    int result = decoder_open(&session->decoder, session->source.stream, session->settings->hwaccel,
                              session->worker->camera);
    if (result < 0 && source_refuse_size(session->failure) < 0)
        return session->failure->error;
    if (result < 0)
        return failure_set(session->failure, CAMD_STAGE_PROBE, result, "its codec %s can't be decoded here",
                           description.codec);
    log_opened(session, &description);
    /* Told early, camd makes the segments while the first picture is decoded. */
    if (picture_even(description.width) > 0 && picture_even(description.height) > 0)
        return output_announce(&session->output, &description, session->failure);
    if (!session->output.is_announced)
        session->output.announced = description;
    return 0;
}

static int pass_end(struct session *session)
{
    int result = packet_decode(session, NULL, 0);

    choice_end(&session->choice);
    output_count(&session->output);
    if (result >= 0 && session->pass_pictures == 0)
        result = failure_set(session->failure, CAMD_STAGE_DECODE, AVERROR_INVALIDDATA,
                             "no picture in it can be decoded");
    return result;
}

/* The source from its start to its end: 0 at the end, AVERROR_EXIT, or a failure. */
static int session_pass(struct session *session)
{
    struct source *source = &session->source;

    int result = source_open(source, session->settings, session->worker->camera, &session->source_user,
                             session->failure);
    if (result < 0)
        return result;
    session->output.hold_back = !source->live && !session->settings->pace;
    session->pass_pictures = 0;
    session->barren = session->undecoded = 0;
    session->pass_packets = session->rate_packets = 0;
    choice_begin(&session->choice, clock_of(source), source->period_ns);

    result = pass_begin(session);
    if (result >= 0)
        result = packets_take(session);
    if (result == AVERROR_EOF)
        result = pass_end(session);
    decoder_close(&session->decoder);
    source_close(source);
    return result;
}

/* ---- still pictures ---- */

static void still_note_answer(struct session *session, bool has_picture)
{
    struct overheard overheard;

    overheard_get(&overheard);
    still_answered(&session->still, &overheard, has_picture, clock_monotonic_ns());
}

/* What went wrong with one answer need not with the next. */
static int still_forgive(struct session *session, int error)
{
    int64_t timeout_ns = session->settings->read_timeout_ns;
    bool is_for_good = error == AVERROR_HTTP_UNAUTHORIZED || error == AVERROR_HTTP_FORBIDDEN;

    if (error == AVERROR_EXIT || is_for_good ||
        still_is_over(&session->still, timeout_ns, clock_monotonic_ns()))
        return error;
    log_debug(session->worker->camera, "an answer was not good: %s", session->failure->reason);
    return 0;
}

static int still_tell_rate(struct session *session)
{
    const struct settings *settings = session->settings;
    double rate = still_rate(&session->still);

    if (rate <= 0)
        rate = still_rate_wanted(settings->fps, settings->fps_is_own);
    return output_announce_rate(&session->output, rate, true, session->failure);
}

/* A camera's stream that came to a good end was one picture. */
static int still_found(struct session *session)
{
    const struct settings *settings = session->settings;

    still_begin(&session->still, clock_monotonic_ns());
    log_info(session->worker->camera, "it is a still picture: it is fetched again %s",
             settings->fps_is_own ? "as often as fps says" : "once a second at most");
    still_note_answer(session, true);
    return still_tell_rate(session);
}

/* Waits for the picture's turn and fetches it again. */
static int still_fetch(struct session *session)
{
    char conditions[STILL_HEAD_BYTES];

    session_take_config(session);
    if (!output_wait_until(&session->output, still_next(&session->still, session->settings->fps,
                                                        session->settings->fps_is_own, clock_monotonic_ns())))
        return AVERROR_EXIT;
    bool has_conditions = still_conditions(&session->still, clock_monotonic_ns(), conditions);
    session->source_user.http_conditions = has_conditions ? conditions : NULL;
    avlog_quiet(true);
    int result = session_pass(session);
    avlog_quiet(false);
    session->source_user.http_conditions = NULL;

    if (result == AVERROR(EALREADY))
        session->output.counters.packets++;
    if (result >= 0 || result == AVERROR(EALREADY))
        still_note_answer(session, result >= 0);
    else
        return still_forgive(session, result);
    output_count(&session->output);
    return still_tell_rate(session);
}

/* ---- the whole ---- */

/* Once, and again as long as there is reason to. */
static int session_passes(struct session *session)
{
    int result = session_pass(session);

    if (result >= 0 && session->source.live)
        result = still_found(session);
    while (result >= 0 && (session->still.is_one || session->settings->loop)) {
        if (session->still.is_one) {
            result = still_fetch(session);
        } else {
            session->output.counters.reopened++;
            result = session_pass(session);
        }
    }
    return result;
}

enum session_end session_run(struct worker *worker, struct settings *settings, struct failure *failure)
{
    struct session session = {
        .worker = worker,
        .settings = settings,
        .failure = failure,
        .source_user = {&session, NULL, session_must_stop, packet_handed_over},
        .still_packet = av_packet_alloc(),
    };
    if (!session.still_packet) {
        failure_set(failure, CAMD_STAGE_SETUP, AVERROR(ENOMEM), NULL);
        return SESSION_FAILED;
    }
    output_init(&session.output, worker, settings);
    choice_init(&session.choice, settings->fps);
    int result = session_passes(&session);
    output_fini(&session.output);
    av_packet_free(&session.still_packet);
    if (result >= 0)
        return SESSION_ENDED;
    if (result != AVERROR_EXIT)
        return SESSION_FAILED;
    return session.output.broken ? SESSION_BROKEN : SESSION_STOPPED;
}

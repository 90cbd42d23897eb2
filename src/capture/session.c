#include "capture/session.h"

#include <errno.h>
#include <inttypes.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "capture/avlog.h"
#include "capture/overheard.h"
#include "capture/session_private.h"
#include "capture/source_kind.h"

/* ---- passes ---- */

/* A still picture that is fetched again and again has at most a time within one answer, as a GIF has. */
static enum choice_clock clock_of(const struct session *session)
{
    const struct source *source = &session->source;
    if (session->still.is_one)
        return CHOICE_ARRIVAL;
    if (!source->live)
        return CHOICE_OWN;
    return source->clockless ? CHOICE_ARRIVAL : CHOICE_CHECKED;
}

/* Once, not in every pass of a loop. */
static void log_opened(struct session *session, const struct source_description *description)
{
    const char *camera = session->worker->camera;
    char rate[TEXT_NUMBER_BYTES];
    if (session->passes++ > 0)
        return;
    if (description->width <= 0)
        log_info(camera, "opened: %s", description->codec);
    else if (description->fps > 0)
        log_info(camera, "opened: %s %d x %d, %s frames a second", description->codec, description->width,
                 description->height, text_rate(description->fps, rate));
    else
        log_info(camera, "opened: %s %d x %d", description->codec, description->width, description->height);
}

int session_open_decoder(struct session *session)
{
    struct source_description description;
    source_describe(&session->source, &description);
    session->stated_fps = description.fps;
    snprintf(session->output.codec, sizeof(session->output.codec), "%s", description.codec);
    session->stream_index = session->source.stream->index;
    session->codec_id = (int)session->source.stream->codecpar->codec_id;
    session->waits_for_key = session->codec_id == AV_CODEC_ID_HEVC && session->source.units.syntax;
    int result = decoder_open(&session->decoder, session->source.stream, session->settings->hwaccel,
                              session->worker->camera);
    if (result < 0 && source_refuse_size(session->failure) < 0)
        return session->failure->error;
    if (result < 0)
        return failure_set(session->failure, CAMD_STAGE_PROBE, result, "its codec %s cannot be decoded here",
                           description.codec);
    session->health.has_no_keys = decoder_has_no_keys(&session->decoder);
    log_opened(session, &description);
    /* Told early, camd makes the segments while the first picture is decoded. */
    if (picture_even(description.width) > 0 && picture_even(description.height) > 0)
        return output_announce(&session->output, &description, session->failure);
    if (!session->output.is_announced)
        session->output.announced = description;
    return 0;
}

/* Of a file; what a camera sends is asked for again then. In a loop it is told once. */
static void warn_of_undecoded_end(const struct session *session)
{
    if (session->passes == 1 && session->undecoded > UNDECODED_MAX)
        log_warning(session->worker->camera,
                    "no picture can be made of its last %" PRIu32
                    " packets: it may change its codec there, and has to be cut or written again",
                    session->undecoded);
}

static int pass_end(struct session *session)
{
    if (session->pass_pictures > 0)
        warn_of_undecoded_end(session); /* before those come out that the decoder keeps */
    int result = session_decode(session, NULL, 0);
    session->is_lone_picture = !session->source.live && session->pass_pictures == 1;
    choice_end(&session->choice);
    output_count(&session->output);
    if (result >= 0 && session->pass_pictures == 0)
        result = failure_set(session->failure, CAMD_STAGE_DECODE, AVERROR(ENODATA),
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
    session->idle = (struct idle){0};
    av_packet_unref(session->waiting_packet);
    session->is_gap_next = false;
    choice_begin(&session->choice, clock_of(session), source->period_ns);
    pieces_begin(&session->pieces, input_bytes_are_list(&source->bytes));

    result = session_open_decoder(session);
    if (result >= 0)
        result = session_take_packets(session);
    session_idle_end(session);
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
    session->source_user.http_conditions = NULL;
    if (!session->still.is_one)
        return result;
    avlog_quiet(false);

    if (result == AVERROR(EALREADY))
        session->output.counters.packets++;
    if (result >= 0 || result == AVERROR(EALREADY))
        still_note_answer(session, result >= 0);
    else
        return still_forgive(session, result);
    output_count(&session->output);
    return still_tell_rate(session);
}

/* ---- loops ---- */

/* The sandbox lets one file be opened: the one that was there when it was entered, and none that took its name. */
static int loop_explain(struct session *session, int error)
{
    struct stat now;
    if (error != AVERROR(EACCES) || session->source.remote || session->file.st_ino == 0 ||
        stat(source_path(session->settings->input), &now) != 0 ||
        (now.st_ino == session->file.st_ino && now.st_dev == session->file.st_dev))
        return error;
    return failure_set(session->failure, CAMD_STAGE_OPEN, AVERROR_INPUT_CHANGED,
                       "another file has taken its name");
}

static int loop_pass(struct session *session)
{
    session->output.counters.reopened++;
    picture_health_begin(&session->picture_health);
    const int result = session_pass(session);
    return result < 0 ? loop_explain(session, result) : result;
}

/* ---- the whole ---- */

/* Once, and again as long as there is reason to. */
static int session_passes(struct session *session)
{
    int result = session_pass(session);
    if (result >= 0 && session_has_one_picture(session))
        result = still_found(session);
    while (result >= 0 && (session->still.is_one || session->settings->loop))
        result = session->still.is_one ? still_fetch(session) : loop_pass(session);
    return result;
}

enum session_end session_run(struct worker *worker, struct settings *settings, struct failure *failure)
{
    struct session session = {
        .worker = worker,
        .settings = settings,
        .failure = failure,
        .source_user = {&session, NULL, true, session_must_stop, session_packet_handed_over},
        .still_packet = av_packet_alloc(),
        .waiting_packet = av_packet_alloc(),
    };
    if (!session.still_packet || !session.waiting_packet) {
        av_packet_free(&session.still_packet);
        av_packet_free(&session.waiting_packet);
        failure_set(failure, CAMD_STAGE_SETUP, AVERROR(ENOMEM), NULL);
        return SESSION_FAILED;
    }
    if (stat(source_path(settings->input), &session.file) != 0)
        session.file.st_ino = 0; /* it is no file */
    output_init(&session.output, worker, settings);
    choice_init(&session.choice, settings->fps);
    int result = session_passes(&session);
    output_fini(&session.output);
    av_packet_free(&session.still_packet);
    av_packet_free(&session.waiting_packet);
    if (result >= 0)
        return SESSION_ENDED;
    if (result != AVERROR_EXIT)
        return SESSION_FAILED;
    return session.output.broken ? SESSION_BROKEN : SESSION_STOPPED;
}

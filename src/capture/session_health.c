#include "capture/health_report.h"
#include "capture/picture_sample.h"
#include "capture/session_private.h"
#include "capture/source_kind.h"

/* Between two looks at what is shown: it is in no hurry, and each costs some microseconds. */
#define LOOK_NS INT64_C(50000000)

static void tell(struct session *session, bool has_changed)
{
    if (has_changed)
        health_report(session->worker, session->settings, session->source.remote, &session->health);
}

void session_health_packet(struct session *session, int64_t arrival_ns)
{
    tell(session, health_note_packet(&session->health, arrival_ns));
}

/* Of the last packet, and of the pictures that it brought. */
static void note_errors(struct session *session, int64_t arrival_ns)
{
    bool had_errors, had_losses;
    decoder_take_errors(&session->decoder, &had_errors, &had_losses);
    health_note_errors(&session->health, had_errors, had_losses, arrival_ns);
}

void session_health_picture(struct session *session, const struct decoded *decoded)
{
    note_errors(session, decoded->arrival_ns);
    if (decoded->key)
        picture_health_note_key(&session->picture_health, decoded->arrival_ns);
    tell(session, health_note_picture(&session->health, decoded->damaged, decoded->arrival_ns));
}

void session_health_forget(struct session *session)
{
    bool had_errors, had_losses;
    decoder_take_errors(&session->decoder, &had_errors, &had_losses);
}

/* Test patterns may be uniform or stand still, and a still picture is one. */
static bool shows_what_is_there(const struct session *session)
{
    return !session->source.kind->is_pattern && !session->still.is_one && !session->is_lone_picture;
}

static void look_at(struct session *session, const uint8_t *frame, int64_t arrival_ns)
{
    const struct camd_segments *segments = &session->worker->segments;
    struct picture_health *health = &session->picture_health;
    struct picture_sample sample;
    picture_sample_take(&sample, frame, segments->width, segments->height);
    if (picture_health_note(health, &sample, arrival_ns, &session->settings->limits))
        picture_health_note_whole(health,
                                  picture_bytes(frame, (size_t)segments->width * segments->height * 3 / 2));
}

void session_health_frame(struct session *session, int64_t arrival_ns)
{
    double measure = 0;
    if (!session->output.written || !shows_what_is_there(session) ||
        arrival_ns - session->looked_ns < LOOK_NS)
        return;
    session->looked_ns = arrival_ns;
    if (picture_limits_any(&session->settings->limits))
        look_at(session, session->output.written, arrival_ns);
    const enum picture_trouble trouble =
        picture_health_judge(&session->picture_health, &session->settings->limits, &measure);
    tell(session, health_note_sight(&session->health, trouble, measure, arrival_ns));
}

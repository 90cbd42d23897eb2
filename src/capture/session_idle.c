/* While nothing moves, key pictures alone are decoded: what the key idle_decode is for. */
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "base/log.h"
#include "capture/session_private.h"

void session_idle_end(struct session *session)
{
    struct kept_packets *kept = &session->kept;
    for (uint32_t i = 0; i < kept->count; i++)
        av_packet_free(&kept->packets[i]);
    kept->count = 0;
    kept->bytes = 0;
}

/* A reference: the bytes are not copied; there is room for it. False: memory is short. */
static bool keep(struct kept_packets *kept, const AVPacket *packet, int64_t arrival_ns)
{
    AVPacket *copy = av_packet_clone(packet);
    if (!copy)
        return false;
    kept->packets[kept->count] = copy;
    kept->arrivals_ns[kept->count++] = arrival_ns;
    kept->bytes += (size_t)packet->size;
    return true;
}

static bool has_room(const struct kept_packets *kept, const AVPacket *packet)
{
    return kept->count < KEPT_PACKETS_MAX && kept->bytes + (size_t)packet->size <= KEPT_BYTES_MAX;
}

/* The tracker says that nothing moves, and has seen enough to say so. */
static bool is_quiet(const struct session *session)
{
    if (!session->worker->has_segments || session->output.hold_back)
        return false;
    const struct camd_tracker_block *tracker = session->worker->segments.tracker;
    return __atomic_load_n(&tracker->frames, __ATOMIC_RELAXED) > 0 &&
           __atomic_load_n(&tracker->calibrating, __ATOMIC_RELAXED) == 0 &&
           __atomic_load_n(&tracker->motion, __ATOMIC_RELAXED) == 0;
}

/* Takes out what the decoder still has, so that it can begin with any key picture. */
static int restart_decoder(struct session *session)
{
    int result = session_decode(session, NULL, 0);
    decoder_restart(&session->decoder);
    return result;
}

/* A decoder may hold a picture back until the next ones have come: they won't. */
static int decode_alone(struct session *session, AVPacket *packet, int64_t arrival_ns, bool was_idle)
{
    session_idle_end(session);
    int result = was_idle ? 0 : restart_decoder(session);
    if (!keep(&session->kept, packet, arrival_ns)) {
        session->idle.is_idle = false;
        return result < 0 ? result : session_decode(session, packet, arrival_ns);
    }
    const uint64_t pictures = session->pass_pictures;
    if (result >= 0)
        result = session_decode(session, packet, arrival_ns);
    if (result >= 0)
        result = restart_decoder(session);
    idle_note_key(&session->idle, session->pass_pictures != pictures);
    return result;
}

static int catch_up(struct session *session)
{
    struct kept_packets *kept = &session->kept;
    int result = 0;
    log_debug(session->worker->camera,
              "something moves: all is decoded from the last key picture on, which is %u packets ago",
              (unsigned)kept->count);
    for (uint32_t i = 0; i < kept->count && result >= 0; i++)
        result = output_goes_on(&session->output)
                     ? session_decode_unseen(session, kept->packets[i], kept->arrivals_ns[i])
                     : AVERROR_EXIT;
    session_idle_end(session);
    return result;
}

/* For camd's status. */
static void show_idle(const struct session *session)
{
    if (session->worker->has_segments)
        __atomic_store_n(&session->worker->segments.capture->idle, session->idle.is_idle, __ATOMIC_RELAXED);
}

static int pass_on(struct session *session, AVPacket *packet, int64_t arrival_ns)
{
    const bool was_idle = session->idle.is_idle;
    int result = 0;
    switch (idle_packet(&session->idle, packet->flags & AV_PKT_FLAG_KEY, is_quiet(session),
                        has_room(&session->kept, packet), session->settings->idle_limit_ns, arrival_ns)) {
    case IDLE_KEY:
        return decode_alone(session, packet, arrival_ns, was_idle);
    case IDLE_KEEP:
        if (keep(&session->kept, packet, arrival_ns)) {
            session_note_picture(session);
            return 0;
        }
        session->idle.is_idle = false;
        __attribute__((fallthrough));
    case IDLE_WAKE:
        result = catch_up(session);
        break;
    case IDLE_NOT:
        session_idle_end(session);
        break;
    }
    return result < 0 ? result : session_decode(session, packet, arrival_ns);
}

int session_pass_on(struct session *session, AVPacket *packet, int64_t arrival_ns)
{
    const int result = pass_on(session, packet, arrival_ns);
    show_idle(session);
    return result;
}

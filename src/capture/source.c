#include "capture/source.h"

#include <errno.h>
#include <libavcodec/packet.h>
#include <libavformat/avformat.h>
#include <string.h>

#include "base/clock.h"
#include "camd/shm.h"
#include "capture/overheard.h"
#include "capture/source_private.h"

enum {
    CHOKING_PACKETS = 10,
    CHOKING_LARGEST = 2,       /* a key picture may be as large as a hundred others, and slow to come */
    CHOKING_BYTES = 64 * 1024, /* beside them: buffers, and some sound */
};

/* Of bytes that come without end; after that a part has another length than it states. */
#define PART_NS (2 * CLOCK_NS_PER_S)

#define PICTURE_BYTES_MAX (INT64_C(64) << 20)
#define LIST_BYTES_MAX    (INT64_C(4) << 20)

#define FORGET_NS (10 * CLOCK_NS_PER_MS)

#define STANDSTILL_NS (2 * CLOCK_NS_PER_S)

/* The kernel is asked that long after the last picture: libavformat comes by several times a packet. */
#define ASK_NS (CLOCK_NS_PER_S / 2)

/* ---- while libav waits ---- */

/* RTSP's connection is hidden in libavformat, but the kernel knows what it has read from it; over TLS and UDP it is not known. */
static void source_listen(struct source *source, int64_t now_ns)
{
    const AVIOContext *io = source->bytes.io;
    const bool is_known = io || source->socket >= 0;
    int64_t bytes = 0;
    if (is_known)
        bytes = io ? io->bytes_read : own_socket_bytes_read(source->socket);
    if (!is_known || bytes != source->heard_bytes)
        source->heard_ns = now_ns;
    source->heard_bytes = bytes;
}

static void hand_over(struct source *source, AVPacket *packet, int64_t arrival_ns)
{
    rhythm_note(&source->rhythm, arrival_ns);
    source->packets++;
    source->opened = 0;
    source->packet_bytes += (uint64_t)packet->size;
    if (packet->size > source->largest_bytes)
        source->largest_bytes = packet->size;
    if (!source->timed_out) { /* else it is what libavformat had kept back */
        source_listen(source, clock_monotonic_ns());
        source->packet_at_bytes = source->heard_bytes;
        source->packet_ns = arrival_ns;
        source->answers = overheard_http_answers();
    }
    if (!source->user->take(source->user->data, packet, arrival_ns))
        source->refused = true;
    av_packet_unref(packet);
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

static int64_t bytes_since_packet(const struct source *source)
{
    return source->heard_bytes - source->packet_at_bytes;
}

/* A part that goes on and on: the next ones are in it. */
static bool has_lost_parts(const struct source *source, int64_t now_ns)
{
    return source->has_parts && source->is_reading && bytes_since_packet(source) > CHOKING_BYTES &&
           now_ns - source->packet_ns > rhythm_patience_ns(&source->rhythm, PART_NS);
}

/* Of a picture that is sent as it is, at most, by the size that its stream states; 0: of none. */
static int64_t raw_picture_bytes(const struct source *source)
{
    enum { PIXEL_BYTES_MAX = 8 }; /* of four channels of 16 bits */
    const int64_t pixels_max = (int64_t)CAMD_SIZE_MAX * CAMD_SIZE_MAX;
    int64_t most = 0;

    for (unsigned int i = 0; source->format && i < source->format->nb_streams; i++) {
        const AVCodecParameters *parameters = source->format->streams[i]->codecpar;
        int64_t pixels = (int64_t)parameters->width * parameters->height;
        if (parameters->codec_id == AV_CODEC_ID_RAWVIDEO && pixels > most && pixels <= pixels_max)
            most = pixels;
    }
    return most * PIXEL_BYTES_MAX;
}

/* How much may come of a live source without a picture. */
static int64_t bytes_max(const struct source *source)
{
    return input_bytes_are_list(&source->bytes) ? LIST_BYTES_MAX
                                                : PICTURE_BYTES_MAX + raw_picture_bytes(source);
}

/* Of a file one may have to read as much. */
static bool has_no_end(const struct source *source)
{
    return source->live && !source->bytes.is_seekable && bytes_since_packet(source) > bytes_max(source);
}

void source_judge_redirections(struct source *source)
{
    struct overheard overheard;
    const enum redirection_fault refusal = redirection_take_refusal();
    if (source->redirection_fault == REDIRECTION_GOOD)
        source->redirection_fault = refusal;
    if (overheard_locations() == source->locations)
        return;
    overheard_get(&overheard);
    source->locations = overheard.locations;
    if (source->redirection_fault == REDIRECTION_GOOD)
        source->redirection_fault =
            redirection_judge(source->input, overheard.location, overheard.redirections);
}

/* It is asked several times a second: if not, the machine stood still, and the camera could say nothing. */
static void mind_standstill(struct source *source, int64_t now_ns)
{
    if (source->is_reading && now_ns - source->asked_ns >= STANDSTILL_NS)
        source->deadline_ns += now_ns - source->asked_ns;
    source->asked_ns = now_ns;
}

static void forget_datagram_errors(struct source *source, int64_t now_ns)
{
    if (source->datagrams.count == 0 || now_ns - source->forgotten_ns < FORGET_NS)
        return;
    source->forgotten_ns = now_ns;
    own_datagrams_forget_errors(&source->datagrams);
}

/* While libavformat opens a connection nobody else knows it; with TLS, what comes may all be the handshake's. */
static int64_t babble_bytes(const struct source *source)
{
    const size_t scheme = strcspn(source->input, ":");
    const bool is_plain = scheme == strlen("rtsp") && source->remote; /* or http */
    return is_plain && !source->stream && !source->bytes.io ? own_socket_bytes_read(own_socket_find()) : 0;
}

int source_interrupted(void *opaque)
{
    struct source *source = opaque;
    int64_t now_ns = clock_monotonic_ns();
    mind_standstill(source, now_ns);
    forget_datagram_errors(source, now_ns);
    if (source->socket < 0 || now_ns - source->packet_ns >= ASK_NS)
        source_listen(source, now_ns);
    source_judge_redirections(source);
    source_take_while_waiting(source, now_ns);
    source->stopped = source->stopped || source->user->must_stop(source->user->data);
    if (now_ns >= source->deadline_ns && !source->timed_out) {
        source->timed_out = true;
        source->babble_bytes = babble_bytes(source);
    }
    source->lost_parts = source->lost_parts || has_lost_parts(source, now_ns);
    if (source->endless_bytes == 0 && has_no_end(source))
        source->endless_bytes = bytes_max(source);
    return source->endless_bytes > 0 || source->stopped || source->timed_out || source->refused ||
           source->lost_parts || source->redirection_fault != REDIRECTION_GOOD;
}

static const int redirection_errors[] = {
    [REDIRECTION_CIRCLE] = AVERROR(ELOOP),     [REDIRECTION_FOREIGN] = AVERROR(EXDEV),
    [REDIRECTION_OTHER_KIND] = AVERROR(EXDEV), [REDIRECTION_NOWHERE] = AVERROR(ELOOP),
    [REDIRECTION_OTHER_PORT] = AVERROR(EXDEV), [REDIRECTION_LATE] = AVERROR(EXDEV),
};

int source_result(const struct source *source, int result)
{
    if (result >= 0)
        return 0;
    if (source->stopped)
        return AVERROR_EXIT;
    if (source->endless_bytes > 0)
        return AVERROR(EOVERFLOW);
    if (source->redirection_fault != REDIRECTION_GOOD)
        return redirection_errors[source->redirection_fault];
    if (source->timed_out || result == AVERROR_EXIT)
        return AVERROR(ETIMEDOUT);
    /* http makes an error of input and output of the end of what has no length */
    return result == AVERROR(EIO) && source->remote && source->bytes.io && source->bytes.length <= 0
               ? AVERROR_EOF
               : result;
}

void source_set_deadline(struct source *source, int64_t from_ns, int64_t timeout_ns)
{
    source->deadline_ns = from_ns + timeout_ns;
    source->timed_out = false;
}

int64_t source_patience_ns(const struct source *source)
{
    return source->live ? rhythm_patience_ns(&source->rhythm, source->read_timeout_ns)
                        : source->read_timeout_ns;
}

int64_t source_unfinished_bytes(const struct source *source, int64_t silence_ns)
{
    bool is_silent = clock_monotonic_ns() - source->heard_ns >= silence_ns;
    return source->bytes.io && !is_silent ? bytes_since_packet(source) : 0;
}

bool source_is_talking(const struct source *source)
{
    bool is_silent = clock_monotonic_ns() - source->heard_ns >= CLOCK_NS_PER_S;
    return !is_silent && bytes_since_packet(source) > CHOKING_BYTES;
}

bool source_is_choking(const struct source *source)
{
    if (source->packets == 0 || source->has_parts || !source->bytes.io)
        return false;
    int64_t many = CHOKING_PACKETS * (int64_t)(source->packet_bytes / source->packets);
    int64_t large = CHOKING_LARGEST * source->largest_bytes;
    return bytes_since_packet(source) > CHOKING_BYTES + (many > large ? many : large);
}

/* ---- reading ---- */

/* A packet of the video: what libavformat made of it, or a piece of a picture. 1 when the user was given one. */
static int packet_take(struct source *source)
{
    if (source->packet->size == 0) /* a part of a multipart stream with nothing in it */
        return 0;

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
        source_set_deadline(source, clock_monotonic_ns(), source_patience_ns(source));
    return result;
}

/* Of a video that began after the opening, of a codec that is known. */
static bool is_of_new_stream(const struct source *source)
{
    unsigned int index = (unsigned int)source->packet->stream_index;
    const AVStream *stream = source->format->streams[index];
    return source->user->follows && index >= source->known_streams &&
           stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
           stream->codecpar->codec_id != AV_CODEC_ID_NONE &&
           !(stream->disposition & AV_DISPOSITION_ATTACHED_PIC);
}

/* A packet of another stream. 1 when it has become the video, and the user was given what had come of it. */
static int other_take(struct source *source)
{
    struct successor *successor = &source->successor;
    if (!is_of_new_stream(source) || !successor_add(successor, source->packet, clock_monotonic_ns()))
        return 0;
    source->stream->discard = AVDISCARD_ALL;
    source->stream = source->format->streams[successor->packets[0]->stream_index];
    for (unsigned int i = 0; i < successor->count && !source->refused; i++)
        hand_over(source, successor->packets[i], successor->arrivals_ns[i]);
    successor_clear(successor);
    source_set_deadline(source, clock_monotonic_ns(), source_patience_ns(source));
    return 1;
}

/* 1 when the user was given a packet, 0 when it was one of something else. */
static int packet_read(struct source *source)
{
    source->asked_ns = clock_monotonic_ns();
    source->is_reading = true;
    int result = av_read_frame(source->format, source->packet);
    source->is_reading = false;
    if (source->refused) {
        av_packet_unref(source->packet);
        return 1;
    }
    if (source->lost_parts || (source->has_parts && result == AVERROR_INVALIDDATA)) {
        av_packet_unref(source->packet);
        return source_go_by_pictures(source);
    }
    if (result < 0) {
        source_judge_redirections(source);
        return source_result(source, result);
    }
    /* Sound that goes on must not hide that the pictures have stopped: it prolongs nothing. */
    bool is_video = source->packet->stream_index == source->stream->index;
    if (is_video)
        successor_clear(&source->successor);
    else
        source->packet_at_bytes += source->packet->size; /* of them no picture was to come */
    result = is_video ? packet_take(source) : other_take(source);
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

void source_close(struct source *source)
{
    int64_t deadline_ns = source->deadline_ns;
    bool timed_out = source->timed_out;
    source->datagrams.count = 0;
    /* RTSP says good-bye to the camera here, which must not take long either. */
    source_set_deadline(source, clock_monotonic_ns(), CLOCK_NS_PER_S);
    avformat_close_input(&source->format);
    input_bytes_close(&source->bytes);
    source->deadline_ns = deadline_ns;
    source->timed_out = timed_out;
    source->stream = NULL;
    av_packet_free(&source->packet);
    av_packet_free(&source->unit);
    access_units_fini(&source->units);
    successor_clear(&source->successor);
}

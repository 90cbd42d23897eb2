/*
 * session_private.h - a session's state, and what its files do for each other
 *
 * session.c opens the source again and again, session_packets.c takes packets from it, session_idle.c keeps those
 * back that nobody would look at, session_pictures.c makes pictures of them, and session_health.c looks whether these
 * are well. All results are 0, or a negative libav error, with the failure filled in unless it is AVERROR_EXIT or
 * AVERROR_EOF.
 */
#ifndef CAMD_CAPTURE_SESSION_PRIVATE_H
#define CAMD_CAPTURE_SESSION_PRIVATE_H

#include <libavcodec/packet.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "capture/choice.h"
#include "capture/decode.h"
#include "capture/failure.h"
#include "capture/health.h"
#include "capture/idle.h"
#include "capture/picture_health.h"
#include "capture/pieces.h"
#include "capture/slot_output.h"
#include "capture/source.h"
#include "capture/still.h"

enum { UNDECODED_MAX = 5 }; /* wanted packets without a picture, after which it matters for how long */

enum {
    KEPT_PACKETS_MAX = 600, /* ten seconds of 60 a second */
    /* A camera would have to send more than this within one interval of key pictures. */
    KEPT_BYTES_MAX = 16 * 1024 * 1024,
};

/* The last key picture's packet and those since then: references, not copies. */
struct kept_packets {
    AVPacket *packets[KEPT_PACKETS_MAX];
    int64_t arrivals_ns[KEPT_PACKETS_MAX];
    uint32_t count;
    size_t bytes;
};

struct session {
    struct worker *worker;
    struct settings *settings;
    struct failure *failure;
    struct source_user source_user;
    struct source source;
    struct stat file; /* the input, when the sandbox had been entered; st_ino 0: none */
    struct decoder decoder;
    int stream_index; /* of the stream, when the decoder was opened */
    int codec_id;     /* of the stream, when the decoder was opened: that one may have a finer opinion */
    struct output output;
    struct choice choice;
    struct pace_clock clock; /* of a file */
    struct pieces pieces;    /* of a camera */
    struct still still;
    AVPacket *still_packet;   /* the last one of what may be a still picture */
    AVPacket *waiting_packet; /* that may have a hole, until it is known what follows; empty: none */
    int64_t waiting_ns;       /* its arrival */
    bool is_gap_next;         /* the next packet may have one */
    struct health health;
    struct picture_health picture_health;
    struct idle idle;
    struct kept_packets kept;
    bool is_lone_picture;  /* a file has no other one: it is shown again and again */
    bool is_unseen;        /* pictures are decoded for those that follow */
    int64_t looked_ns;     /* when it looked at a picture last */
    bool waits_for_key;    /* the decoder would make pictures of what comes before one, all of them wrong */
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

/* ---- session.c ---- */

/* Opens the decoder for the codec that the stream has now, and tells camd what it is. */
int session_open_decoder(struct session *session);

/* ---- session_packets.c ---- */

/* Whether the whole answer was one picture. */
bool session_has_one_picture(const struct session *session);

/*
 * Asked by libav while it waits; data: the session. Messages are handled right here: no slot is open while a packet
 * is read.
 */
bool session_must_stop(void *data);
/* For struct source_user. */
bool session_packet_handed_over(void *data, AVPacket *packet, int64_t arrival_ns);
/* Reads to the end: AVERROR_EOF, or why it can't. */
int session_take_packets(struct session *session);
/* What changed in the camera's settings counts from here on. */
void session_take_config(struct session *session);

/* ---- session_idle.c ---- */

/* Decodes a packet, or keeps it back while nothing moves. */
int session_pass_on(struct session *session, AVPacket *packet, int64_t arrival_ns);
/* Lets go of what was kept back. */
void session_idle_end(struct session *session);

/* ---- session_pictures.c ---- */

/* A packet's time on the pace clock. */
int64_t session_presentation_time(const struct session *session, int64_t time);
/* Makes pictures of a packet, and frames of those that are wanted. packet NULL: the end. */
int session_decode(struct session *session, AVPacket *packet, int64_t arrival_ns);
/* Makes pictures of it that nobody will look at, for those that are made from them. */
int session_decode_unseen(struct session *session, AVPacket *packet, int64_t arrival_ns);
/* A packet, or its picture, is damaged; negative when that is no reason to go on. */
int session_count_damage(struct session *session, int error);
/* A picture was decoded, or could have been. */
void session_note_picture(struct session *session);
/* Nothing that comes can be decoded any more. */
int session_give_up_stream(struct session *session);
/* Whether a stream that had pictures has had none for so long that it is not its rhythm. */
bool session_is_dark_since(const struct session *session, int64_t since_ns);

/* ---- session_health.c: each tells camd what has changed ---- */

/* A packet came, whatever becomes of it. */
void session_health_packet(struct session *session, int64_t arrival_ns);
/* A picture was decoded. */
void session_health_picture(struct session *session, const struct decoded *decoded);
/* It was decoded for others only. */
void session_health_forget(struct session *session);
/* It became a frame, if it did. */
void session_health_frame(struct session *session, int64_t arrival_ns);

#endif

/*
 * decode.h - packets to pictures, with the arrival time of each packet carried through the decoder
 *
 * One thread: frame threads would delay every picture, and the cameras of a machine share its cores anyway.
 */
#ifndef CAMD_CAPTURE_DECODE_H
#define CAMD_CAPTURE_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/damage.h"
#include "capture/damage_words.h"
#include "capture/hwaccel.h"
#include "capture/orientation.h"

struct AVCodecContext;
struct AVFrame;
struct AVPacket;
struct AVStream;

enum { DECODE_PACKETS_KEPT = 64 }; /* arrival times of packets in the decoder; it holds 16 pictures at most */

struct decoder {
    struct AVCodecContext *context;
    struct AVFrame *frame;
    int64_t arrivals_ns[DECODE_PACKETS_KEPT];
    uint32_t packets;
    struct damage damage;
    struct damage_words heard; /* what of them is in damage already */
    uint64_t whole;            /* a bit for each of the last 64 packets that was decoded to its end */
    bool tells_whole;          /* the decoder tells what `whole` counts */
    uint32_t restarted; /* packets that refer to what came before a restart, the one that is due among them */
    bool had_errors, had_losses;    /* since decoder_take_errors */
    struct orientation orientation; /* of the stream */
    struct hwaccel hwaccel;
};

struct decoded {
    const struct AVFrame *frame; /* the decoder's, until the next call */
    int64_t time;                /* in the stream's time base; INT64_MIN: unknown */
    int64_t arrival_ns;
    struct orientation orientation; /* how it has to be turned */
    bool key;                       /* a key picture */
    bool damaged;                   /* by errors of its own, or of a picture that it was made from */
};

/*
 * 0 or a negative libav error (AVERROR_DECODER_NOT_FOUND among them); the decoder is closed then. hwaccel
 * and subject are as for hwaccel_prepare; the decoder may not be moved while it is open.
 */
int decoder_open(struct decoder *decoder, const struct AVStream *stream, const char *hwaccel,
                 const char *subject);
void decoder_close(struct decoder *decoder);

/* Whether every picture of the codec stands by itself, as JPEGs do: there are no key frames to wait for. */
bool decoder_has_no_keys(const struct decoder *decoder);
/*
 * For the next packet, whose picture nobody will look at: true when it need not be sent at all. Else, with unwanted, the
 * decoder leaves the picture out when no other one refers to it. The other pictures stay the same to the byte.
 */
bool decoder_spare(struct decoder *decoder, bool unwanted);

/*
 * Gives it a packet, or NULL at the end; take all pictures with decoder_receive after it. A negative libav
 * error means that the packet was bad; AVERROR(ENOMEM) aside, the next one may be good. With AV_PKT_FLAG_CORRUPT
 * something is missing in the packet: its picture is damaged, and so are those that refer to it.
 */
int decoder_send(struct decoder *decoder, struct AVPacket *packet, int64_t arrival_ns);
/* After the end (decoder_send with NULL) it begins again, with a key picture. */
void decoder_restart(struct decoder *decoder);
/* Whether, since the last call, there were errors in packets, and whether something was missing. */
void decoder_take_errors(struct decoder *decoder, bool *had_errors, bool *had_losses);
/* 0, AVERROR(EAGAIN): give it a packet, AVERROR_EOF: that was all after the end, or a bad picture's error. */
int decoder_receive(struct decoder *decoder, struct decoded *decoded);

#endif

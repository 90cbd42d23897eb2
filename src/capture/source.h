/*
 * source.h - where the packets come from: a camera, a file, or a test pattern
 *
 * A table of kinds says how each is opened. Opening and every read end in time: libav asks back while it
 * waits, and is told to give up at the deadline, on a stop, and when camd is gone.
 */
#ifndef CAMD_CAPTURE_SOURCE_H
#define CAMD_CAPTURE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/access_units.h"
#include "capture/capture_settings.h"
#include "capture/failure.h"
#include "capture/input_bytes.h"
#include "capture/orientation.h"
#include "capture/own_socket.h"
#include "capture/redirection.h"
#include "capture/rhythm.h"
#include "capture/successor.h"

#define SOURCE_RATE_END 1000.0 /* frame rates from here on are a container's clock, not a rate */

struct AVDictionary;
struct AVFormatContext;
struct AVIOContext;
struct AVPacket;
struct AVStream;
struct source_kind;

/* Who reads a source. Both are called while libav works, again and again the one, for every packet the other. */
struct source_user {
    void *data;
    const char *http_conditions; /* lines of a request's head; NULL: none */
    bool follows; /* the video may go on as another stream: source->stream is the one that counts */
    /* True makes it give up. May handle messages. */
    bool (*must_stop)(void *data);
    /*
     * A packet of the video: a whole picture, the source's again when it returns, and when it arrived. False: it
     * wants no more, and why is its own business.
     */
    bool (*take)(void *data, struct AVPacket *packet, int64_t arrival_ns);
};

struct source {
    const struct source_kind *kind;
    const char *input;        /* as in the settings; not owned */
    struct input_bytes bytes; /* kinds that have some */
    struct AVFormatContext *format;
    struct AVStream *stream; /* the video */
    bool remote;             /* on the network */
    bool live;               /* comes in its own time: neither paced nor held back */
    bool has_pictures;       /* one after the other, or just one: it may be a still picture */
    bool clockless;          /* its packets have no times: those of their arrival count */
    bool has_parts;          /* multipart JPEG, read by the lengths that it states */
    int64_t period_ns;       /* of one frame, by the stream's own word; 1/25 s when it has none */
    int64_t read_timeout_ns;

    const char *subject; /* for the log; not owned */
    const struct source_user *user;
    struct AVPacket *packet;
    struct access_units units; /* RTSP, H.264 and HEVC: out of them come the packets */
    struct AVPacket *unit;
    unsigned int known_streams; /* when it was opened */
    struct successor successor;
    int socket;                     /* of RTSP over TCP; -1: not known */
    struct own_datagrams datagrams; /* of RTSP over UDP */
    int64_t forgotten_ns;           /* when their errors were */
    bool is_reading;
    uint64_t packets, packet_bytes; /* that the user was given */
    int64_t largest_bytes;          /* of one of them */
    int64_t packet_at_bytes; /* of all bytes, where the last one was given; those of sound are left out */
    int64_t packet_ns;       /* when that was, or the opening */
    struct rhythm rhythm;    /* of the packets that the user was given */
    int64_t deadline_ns;
    int64_t asked_ns; /* while it is read: when libavformat asked last whether it is to go on */
    int64_t heard_ns; /* when something came from the network, as far as that is known */
    int64_t heard_bytes;
    bool timed_out, stopped, refused, lost_parts;
    int64_t babble_bytes;  /* that had come when the time for opening was over, and were no answer */
    int64_t endless_bytes; /* more came than that, the most of one picture or play list; 0: it did not */
    uint32_t opened;       /* of what play lists name, since the last packet */
    uint32_t answers;      /* to requests by HTTP, when the last packet came */
    uint32_t locations;    /* that were judged, as overheard counts them */
    enum redirection_fault redirection_fault;
    int (*io_open)(struct AVFormatContext *format, struct AVIOContext **io, const char *url, int flags,
                   struct AVDictionary **options); /* libavformat's own */
};

/* What is told about a stream. Sizes are 0, texts "" and fps 0 when not known. */
struct source_description {
    char codec[32], pixel_format[32];
    int width, height;               /* of the upright picture */
    int aspect_width, aspect_height; /* of a pixel of it; 0: not known */
    struct orientation orientation;  /* how it is turned for that */
    struct colours colours;          /* as marked */
    double fps;                      /* still: of the answers */
    bool still;
};

/*
 * Opens the input and finds its video. 0 or a negative libav error with failure filled in, never AVERROR_EOF;
 * AVERROR_EXIT when the user has to stop, AVERROR(EALREADY) when it has what there is (http_conditions). A source
 * that failed to open is closed already. user and the settings' input stay the caller's, and have to outlive the
 * source.
 */
int source_open(struct source *source, const struct settings *settings, const char *subject,
                const struct source_user *user, struct failure *failure);
void source_close(struct source *source);

/* How long the source may say nothing: the read time-out, or longer when it sends less often. */
int64_t source_patience_ns(const struct source *source);

/*
 * Of what libavformat reads through source->bytes: those that have come since the last packet; 0 when the last of them came
 * that long ago.
 */
int64_t source_unfinished_bytes(const struct source *source, int64_t silence_ns);

/* Whether many bytes keep coming though no packet does, as far as that is known. */
bool source_is_talking(const struct source *source);

/* Whether the bytes of many packets have come since the last packet, as far as that is known. */
bool source_is_choking(const struct source *source);

/*
 * Reads on until the user was given a packet: 0, whatever it said to it. Else a negative libav error: AVERROR_EOF,
 * AVERROR_EXIT (has to stop), AVERROR(ETIMEDOUT) (nothing within the read time-out), AVERROR(EAGAIN), others.
 */
int source_read(struct source *source);

/* An error of source_read: fills in failure with what came of it; returns its error, never AVERROR_EOF. */
int source_read_failed(const struct source *source, int error, struct failure *failure);

/* When a picture was too large for the decoder: fills in failure and returns its error. 0: that is not it. */
int source_refuse_size(struct failure *failure);

void source_describe(const struct source *source, struct source_description *description);

#endif

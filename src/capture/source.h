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

#include "capture/capture_settings.h"
#include "capture/failure.h"

struct AVFormatContext;
struct AVPacket;
struct AVStream;
struct source_kind;

/* Asked again and again while libav works: true makes it give up. May handle messages. */
typedef bool (*source_stop_question)(void *data);

struct source {
    const struct source_kind *kind;
    struct AVFormatContext *format;
    struct AVStream *stream; /* the video */
    bool remote;             /* on the network */
    bool live;               /* comes in its own time: neither paced nor held back */
    bool clockless;          /* its packets have no times: those of their arrival count */
    int64_t period_ns;       /* of one frame, by the stream's own word; 1/25 s when it has none */
    int64_t read_timeout_ns;

    source_stop_question stop_question;
    void *stop_data;
    int64_t deadline_ns;
    bool timed_out, stopped;
};

/* What is told about a stream. Sizes are 0, texts "" and fps 0 when not known. */
struct source_description {
    char codec[32], pixel_format[32];
    int width, height;
    double fps;
};

/*
 * Opens the input and finds its video. 0 or a negative libav error with failure filled in; AVERROR_EXIT when
 * the stop question said so. A source that failed to open is closed already.
 */
int source_open(struct source *source, const struct settings *settings, const char *subject,
                source_stop_question stop_question, void *stop_data, struct failure *failure);
void source_close(struct source *source);

/*
 * The next packet of the video, the caller's to unref. 0 or a negative libav error: AVERROR_EOF, AVERROR_EXIT
 * (told to stop), AVERROR(ETIMEDOUT) (nothing within the read time-out), AVERROR(EAGAIN), others.
 */
int source_read(struct source *source, struct AVPacket *packet);

void source_describe(const struct source *source, struct source_description *description);

#endif

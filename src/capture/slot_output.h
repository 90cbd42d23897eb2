/*
 * slot_output.h - pictures into the camera's slots: what is told about the stream, segments, counters, publishing
 *
 * Owns nothing but the scaler; the worker owns channel and segments. Segments that don't fit the stream's
 * size any more are left alone until camd sends new ones.
 */
#ifndef CAMD_CAPTURE_SLOT_OUTPUT_H
#define CAMD_CAPTURE_SLOT_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/capture_settings.h"
#include "capture/failure.h"
#include "capture/slot_picture.h"
#include "capture/source.h"
#include "runtime/runtime.h"

#define OUTPUT_LOOK_EVERY_NS INT64_C(20000000)

/* Counted since the last output_count; they go to capture's block, which may not be there yet. */
struct output_counters {
    uint64_t packets, bytes, decoded, damaged, reopened;
};

struct output {
    struct worker *worker;
    const struct settings *settings;
    struct picture picture;
    struct output_counters counters;
    struct worker_rate frame_rate, skipped_rate;

    struct source_description announced; /* the last `stream` message, when is_announced */
    bool is_announced;
    char codec[32];              /* of the pictures to come; the last message may be about others */
    const char *unknown_colours; /* of the last picture: marked as what is not converted; or NULL */
    bool stale;                  /* the segments are of a size that the stream has no more */
    bool ready;                  /* `ready` was sent */
    bool broken;                 /* new segments could not be mapped, which camd was told: the end */
    bool hold_back;              /* wait for the tracker instead of skipping */
    /* The frame that the last output_put made, until the next one; NULL: it made none. */
    const uint8_t *written;
    uint32_t flags;    /* enum camd_frame_flags for the next frame */
    int64_t looked_ns; /* for messages, the last time */
    uint32_t refused;  /* slots refused in a row */
};

/* A picture with what is known about it. */
struct output_frame {
    const struct AVFrame *picture;
    struct orientation orientation;
    int64_t stream_time_ns, arrival_ns;
    bool damaged;
};

void output_init(struct output *output, struct worker *worker, const struct settings *settings);
void output_fini(struct output *output);

/* Whether pictures of that size can be delivered: of any when they are scaled to a size of the camera's own. */
bool output_size_is_possible(const struct output *output, int width, int height);

/*
 * Tells camd about the stream, when it differs from what was told before. Sizes must be known. Returns 0, or
 * a negative libav error with failure filled in when the size can't be delivered.
 */
int output_announce(struct output *output, const struct source_description *description,
                    struct failure *failure);

/* Tells camd how often its pictures come, and that it is a still picture; when that differs from what was told before. */
int output_announce_rate(struct output *output, double fps, bool still, struct failure *failure);

/*
 * Puts a picture into a slot and offers it to the tracker; waits for segments, and for the tracker when
 * hold_back. 0, AVERROR_EXIT when told to stop, or a negative libav error with failure filled in.
 */
int output_put(struct output *output, const struct output_frame *frame, struct failure *failure);

/* Frames are missing before the next one. */
void output_gap(struct output *output);

/* Adds the counters to capture's block, if it is there. */
void output_count(struct output *output);

/* Handles messages until a time on the monotonic clock (0: those that are there). False: told to stop. */
bool output_wait_until(struct output *output, int64_t until_ns);
/* The same without waiting, and cheap: looks for messages when the last look is OUTPUT_LOOK_EVERY_NS ago. */
bool output_goes_on(struct output *output);

#endif

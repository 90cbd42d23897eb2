/*
 * pace.h - stream time: making it continuous, choosing frames by it, and playing files by it
 *
 * Pure: times come in as arguments, in nanoseconds.
 */
#ifndef CAMD_CAPTURE_PACE_H
#define CAMD_CAPTURE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_UNKNOWN_NS    INT64_MIN            /* a packet without a time stamp */
#define PACE_JUMP_NS       INT64_C(10000000000) /* a step forward above this is a jump, not a pause */
#define PACE_JUMP_BACK_NS  INT64_C(1000000000)  /* a step back above this is a jump, not disorder */
#define PACE_LATE_NS       INT64_C(500000000) /* a file later than this goes on from now instead of catching up */
#define PACE_PERIOD_MAX_NS INT64_C(10000000000)
#define PACE_TIME_MAX_NS                                                                                     \
    INT64_C(4000000000000000000) /* sums of two such times still fit; the epoch's fit, too */

/*
 * The times of a stream's packets, made continuous: they start at 0, jumps (a camera that set its clock, a
 * joint in a recording) are bridged by one frame's time, and a file that starts again goes on where it ended.
 */
struct pace_timeline {
    int64_t offset_ns; /* to be added to the stream's own times to get continuous ones */
    int64_t last_ns;   /* continuous time of the last packet */
    int64_t end_ns;    /* where the next one is due */
    bool anchored;     /* offset_ns is valid for this pass */
};

/* Whether a stream can mean that: PACE_UNKNOWN_NS and what is further off than PACE_TIME_MAX_NS is no time. */
bool pace_is_time(int64_t time_ns);

/*
 * Continuous time of the next packet. period_ns: of one frame, above 0. *jumped (never NULL): a jump was
 * bridged.
 */
int64_t pace_timeline_packet(struct pace_timeline *timeline, int64_t packet_ns, int64_t period_ns,
                             bool *jumped);
/* The file starts again: its first packet comes at end_ns. */
void pace_timeline_restart(struct pace_timeline *timeline);

/*
 * Chooses frames for a rate. Grid points are at k/fps of stream time, so nothing drifts; the first frame that
 * reaches one is chosen, where half a frame's time (at most half a grid step) of unevenness is forgiven. A
 * stream that is slower than fps is passed on whole.
 */
struct pace_selector {
    double fps;
    int64_t due;       /* index of the next grid point */
    int64_t last_ns;   /* of the last frame looked at */
    int64_t period_ns; /* between frames, smoothed; 0: not known */
    bool started;
};

void pace_selector_init(struct pace_selector *selector, double fps);
bool pace_selector_takes(struct pace_selector *selector, int64_t stream_ns);
/*
 * Whether a frame that is still to come, at that time, will certainly not be chosen, whatever frames come between it
 * and the last one looked at.
 */
bool pace_selector_passes_over(const struct pace_selector *selector, int64_t stream_ns);

/* Plays stream times in real time: maps them to the monotonic clock. */
struct pace_clock {
    int64_t stream_ns, monotonic_ns; /* a moment on both clocks */
    bool started;
};

/*
 * When a packet of that time is due on the monotonic clock; not after now_ns: at once. Small delays are
 * caught up with, big ones (a stopped process) move the clock.
 */
int64_t pace_clock_due(struct pace_clock *clock, int64_t stream_ns, int64_t now_ns);

#endif

/*
 * frame_time.h - when frames were taken, on one clock that goes on over starts of capture
 *
 * The stream's own time is the better one, since frames arrive in bursts, but it begins again with each start of capture, and
 * cameras that set their clocks make it jump. Pure.
 */
#ifndef CAMD_TRACKER_FRAME_TIME_H
#define CAMD_TRACKER_FRAME_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "camd/segment.h"

/* All 0: no frame yet. */
struct frame_time {
    bool begun;
    uint32_t epoch; /* of the last frame */
    int64_t stream_time_ns, arrival_ns;
    int64_t taken_ns; /* on our clock, which rises with each frame */
};

/* The next frame's. usual_ns: what passes between frames where neither time tells, above 0. */
int64_t frame_time_next(struct frame_time *time, const struct camd_frame *frame, int64_t usual_ns);

#endif

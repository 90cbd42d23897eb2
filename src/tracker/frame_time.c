#include "tracker/frame_time.h"

/* A frame may arrive so much sooner after the last one than it was taken: what waited was sent in one go. */
#define BURST_NS INT64_C(5000000000)

/* Whether so much time may have passed: more than none, and not longer than the frames' arrivals allow. */
static bool is_sound(int64_t passed_ns, int64_t arrival_ns)
{
    return passed_ns > 0 && passed_ns - BURST_NS <= arrival_ns;
}

int64_t frame_time_next(struct frame_time *time, const struct camd_frame *frame, int64_t usual_ns)
{
    int64_t arrival_ns = frame->arrival_ns - time->arrival_ns;
    int64_t stream_ns = frame->stream_time_ns - time->stream_time_ns;
    int64_t passed_ns = time->begun && frame->epoch == time->epoch && is_sound(stream_ns, arrival_ns)
                            ? stream_ns
                        : time->begun && arrival_ns > 0 ? arrival_ns
                                                        : usual_ns;
    *time = (struct frame_time){
        .begun = true,
        .epoch = frame->epoch,
        .stream_time_ns = frame->stream_time_ns,
        .arrival_ns = frame->arrival_ns,
        .taken_ns = time->taken_ns + passed_ns,
    };
    return time->taken_ns;
}

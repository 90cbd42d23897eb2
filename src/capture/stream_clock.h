/*
 * stream_clock.h - the clock of a live stream: its own time as long as that can be believed, else that of arrival
 *
 * Pictures arrive unevenly, so a camera's time stamps are the better clock; but some cameras send times that stand
 * still, or run ten times too fast. Stream time is therefore mapped to the monotonic clock and kept in a corridor about
 * it: it may be ahead of the arrival, or behind it, by as long as deliveries were seen to come apart, and half a second.
 * What would leave the corridor is moved to its edge. So there are never many more or fewer pictures than the rate that
 * is wanted asks for, whatever the time stamps say. A stream that has to be moved all the time has no clock, nor has one
 * whose pictures share their times, as whole seconds do: from then on arrival counts.
 *
 * Pure: times come in as arguments, in nanoseconds.
 */
#ifndef CAMD_CAPTURE_STREAM_CLOCK_H
#define CAMD_CAPTURE_STREAM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Why the stream's time is not believed. */
enum stream_clock_fault {
    STREAM_CLOCK_GOOD,
    STREAM_CLOCK_STANDS, /* its pictures share their times */
    STREAM_CLOCK_FAST,   /* it runs faster than pictures come */
    STREAM_CLOCK_SLOW,   /* it runs slower than pictures come */
};

struct stream_clock {
    int64_t offset_ns; /* to be added to the stream's time; by_arrival: to that of arrival */
    int64_t last_ns;   /* arrival of the last packet */
    int64_t last_stream_ns;
    bool started, by_arrival;
    enum stream_clock_fault fault; /* by_arrival: what was judged */

    /* The longest times between two packets: of the present PAUSE_NS, and of those before. */
    int64_t pause_ns, pause_before_ns, pause_since_ns;

    /* The window that is being judged. */
    int64_t window_since_ns, moved_ns;
    uint32_t packets;
    uint32_t standing;    /* those with the time of the one before, though they came later */
    int bad_windows;      /* in a row; below 0: those that ran slow */
    int standing_windows; /* in a row: those that stood still time and again */
};

/*
 * The next packet in the order of decoding. stream_ns: its own time, without jumps. Changes offset_ns, and returns true
 * when it has just lost its belief in the stream's time; it never comes back.
 */
bool stream_clock_packet(struct stream_clock *clock, int64_t stream_ns, int64_t arrival_ns);

/* The time of a picture, or a packet, on the clock. Meaningless before the first packet. */
int64_t stream_clock_time(const struct stream_clock *clock, int64_t stream_ns, int64_t arrival_ns);

#endif

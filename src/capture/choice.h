/*
 * choice.h - which pictures of a stream are taken, and at which stream time
 *
 * Brings together the stream's own times, made continuous, or those of arrival (pace.h, stream_clock.h,
 * arrival_clock.h), the selector that takes `fps` of them a second, and what need not be decoded for it (skip.h).
 *
 * Pure: times come in as arguments, in nanoseconds; PACE_UNKNOWN_NS for a time stamp that is missing.
 */
#ifndef CAMD_CAPTURE_CHOICE_H
#define CAMD_CAPTURE_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/arrival_clock.h"
#include "capture/pace.h"
#include "capture/skip.h"
#include "capture/stream_clock.h"

enum choice_clock {
    CHOICE_OWN,     /* a file's */
    CHOICE_CHECKED, /* a camera's own, as long as it agrees with the arrival of its packets */
    CHOICE_ARRIVAL, /* what is sent has no times */
};

struct choice {
    enum choice_clock clock;
    int64_t period_ns; /* of a picture, by the stream's own word: what is made up where times are missing */
    struct pace_timeline timeline;
    struct stream_clock stream_clock;
    struct arrival_clock arrival_clock;
    int64_t arrival_ns; /* of the last packet; arrival_clock has its time */
    struct pace_selector selector;
    struct skip skip;
    int64_t start_ns; /* time of the first picture: stream time 0 */
    int64_t last_ns;  /* stream time of the last picture */
    bool has_picture;
    bool is_reckoned_anew; /* since the opening, by another clock than before: start_ns is of that one */
    int64_t own_ns;        /* time of the last packet of a file */
    unsigned int sharing;  /* how many packets of a file before the last one had its time */
};

/* What a packet's time stamp made plain. */
enum choice_finding {
    CHOICE_JUMPED = 1,       /* a jump was bridged */
    CHOICE_CLOCK_IS_BAD = 2, /* told once: from now on arrival counts */
    CHOICE_STANDS = 4,       /* a file's times stand still: this one is none */
};

void choice_init(struct choice *choice, double fps);
/* From now on another rate. */
void choice_set_fps(struct choice *choice, double fps);
/* The source was opened: for the first time, or again, and stream time goes on, by that clock from here on. */
void choice_begin(struct choice *choice, enum choice_clock clock, int64_t period_ns);

/*
 * The next packet, in the order of decoding; time_ns is its decoding time, or that of presentation. Returns it made
 * continuous; choice->timeline.offset_ns is what makes the other one so, too. *findings: bits of enum choice_finding.
 */
int64_t choice_packet(struct choice *choice, int64_t time_ns, int64_t arrival_ns, unsigned int *findings);
/* Whether that packet's picture need not be decoded, since it will certainly not be taken. */
bool choice_leaves_out(struct choice *choice, int64_t presentation_ns, int64_t arrival_ns);
/* Whether the next picture, in the order of presentation, is taken, and its stream time, which always rises. */
bool choice_takes(struct choice *choice, int64_t presentation_ns, int64_t arrival_ns, int64_t *stream_ns);
/* There are no more pictures in this pass. */
void choice_end(struct choice *choice);

#endif

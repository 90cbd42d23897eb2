/*
 * arrival_clock.h - times for pictures that have none, by their arrival
 *
 * What comes in bursts was not taken in bursts: each picture gets its share of the time in which it came with others. Pure:
 * times come in as arguments, in nanoseconds.
 */
#ifndef CAMD_CAPTURE_ARRIVAL_CLOCK_H
#define CAMD_CAPTURE_ARRIVAL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define ARRIVAL_CLOCK_OFF_NS                                                                                 \
    INT64_C(2500000000) /* further off than this from its arrival no picture's time is */

struct arrival_clock {
    int64_t last_ns;   /* time of the last picture */
    int64_t period_ns; /* between two of them, in the last window; 0: not known yet */
    int64_t since_ns;  /* the window's begin */
    uint32_t pictures; /* since then */
    bool started;
};

/* The time of a picture that arrives now: it always rises. */
int64_t arrival_clock_picture(struct arrival_clock *clock, int64_t arrival_ns);

#endif

/*
 * trouble.h - when to tell of a detector's trouble, which comes and goes from frame to frame when it is at its limit
 *
 * It is told when it begins, and is over when all went well for TROUBLE_QUIET_NS: one line each, not one a second.
 */
#ifndef CAMD_TRACKER_TROUBLE_H
#define CAMD_TRACKER_TROUBLE_H

#include <stdbool.h>
#include <stdint.h>

#define TROUBLE_QUIET_NS INT64_C(10000000000)

struct trouble {
    bool told;
    int64_t last_ns; /* of the last failure */
};

enum trouble_news { TROUBLE_NO_NEWS, TROUBLE_BEGAN, TROUBLE_OVER };

/* Of a frame for which the detector was asked: error is 0 or negative. Time is monotonic. */
enum trouble_news trouble_step(struct trouble *trouble, int error, int64_t now_ns);

#endif

/* measures.h - what is behind the health of a camera's pictures: its names in JSON, and its words for people */
#ifndef CAMD_PROTOCOL_MEASURES_H
#define CAMD_PROTOCOL_MEASURES_H

#include <stdbool.h>

enum { MEASURE_TEXT_BYTES = 64 };

struct measure {
    const char *name;           /* in messages of workers, in status and in events */
    double most;                /* it can be; the least is 0 */
    const char *before, *after; /* it in words; after NULL: it is a duration in seconds */
    int digits;
    double scale;
    bool goes_on; /* a time that has not ended: it is longer by now than when it was told */
};

/* "share", "unchanged_s", "brightness", "detail": ends with a NULL name. */
extern const struct measure measures[];

/* " (nothing new for 12 s)"; value negative: "". */
const char *measure_text(const struct measure *measure, double value, char text[MEASURE_TEXT_BYTES]);

#endif

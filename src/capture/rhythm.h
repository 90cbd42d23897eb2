/*
 * rhythm.h - how far apart the pictures of a stream come, and how long one may be waited for
 *
 * Pure: times come in as arguments, in nanoseconds on the monotonic clock.
 */
#ifndef CAMD_CAPTURE_RHYTHM_H
#define CAMD_CAPTURE_RHYTHM_H

#include <stdint.h>

#define RHYTHM_PATIENCE_MAX_NS INT64_C(3600000000000)

struct rhythm {
    int64_t last_ns;     /* 0: there was none yet */
    int64_t interval_ns; /* mean of the recent ones; 0: not known */
};

/*
 * What the stream says of itself, before anything came: believed as long as it makes for more patience than timeout_ns, since
 * many say what they don't keep.
 */
void rhythm_expect(struct rhythm *rhythm, int64_t interval_ns, int64_t timeout_ns);

void rhythm_note(struct rhythm *rhythm, int64_t now_ns);

/*
 * How long the stream may be silent: three of its intervals, and timeout_ns at least. As long as its interval is not known
 * it gets a twentieth more, or one that sends exactly as seldom as timeout_ns allows would be given up each time.
 */
int64_t rhythm_patience_ns(const struct rhythm *rhythm, int64_t timeout_ns);

#endif

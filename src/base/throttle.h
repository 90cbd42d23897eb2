/* throttle.h - a token bucket: so many things a second, and a count of what was dropped. Pure. */
#ifndef CAMD_BASE_THROTTLE_H
#define CAMD_BASE_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

struct throttle {
    uint32_t rate;       /* a second */
    uint32_t burst;      /* the most that may come at once */
    int64_t level_milli; /* tokens left, times 1000 */
    int64_t last_ms;
    uint64_t dropped; /* since it was last taken with throttle_take_dropped */
};

void throttle_init(struct throttle *throttle, uint32_t rate, uint32_t burst, int64_t now_ms);
/* True: go on. False: drop it, it is counted. */
bool throttle_pass(struct throttle *throttle, int64_t now_ms);
/* How long until something would pass, in milliseconds; 0: now. For those who would rather wait than drop. */
int64_t throttle_wait_ms(struct throttle *throttle, int64_t now_ms);
/* A whole burst may pass again. */
void throttle_fill(struct throttle *throttle);
/* What was dropped since it was last asked. */
uint64_t throttle_take_dropped(struct throttle *throttle);

#endif

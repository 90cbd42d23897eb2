/* Events a second, of frames and of detections. */
#include "runtime/runtime.h"

enum {
    RATE_WINDOW_S = 10,
    RATE_STAMPS = sizeof(((struct worker_rate *)0)->stamps_ns) / sizeof(int64_t),
};
#define RATE_WINDOW_NS     (INT64_C(1000000000) * RATE_WINDOW_S)
#define RATE_WINDOW_MIN_NS INT64_C(1000000000)

void worker_rate_update(struct worker_rate *rate, int64_t now_ns)
{
    if (rate->start_ns == 0)
        rate->start_ns = now_ns;
    if (rate->count == RATE_STAMPS) { /* full: the oldest goes */
        rate->first = (rate->first + 1) % RATE_STAMPS;
        rate->count--;
    }
    rate->stamps_ns[(rate->first + rate->count) % RATE_STAMPS] = now_ns;
    rate->count++;
    while (rate->stamps_ns[rate->first] < now_ns - RATE_WINDOW_NS) {
        rate->first = (rate->first + 1) % RATE_STAMPS;
        rate->count--;
    }
}

double worker_rate_value(const struct worker_rate *rate, int64_t now_ns)
{
    int64_t elapsed_ns = rate->start_ns == 0 ? 0 : now_ns - rate->start_ns;
    uint32_t within = rate->count;
    while (within > 0 &&
           rate->stamps_ns[(rate->first + rate->count - within) % RATE_STAMPS] < now_ns - RATE_WINDOW_NS)
        within--;
    /*
     * The reference divides by one second only when no time at all has passed, and so makes thousands a second of
     * a frame that is a moment old.
     */
    if (elapsed_ns < RATE_WINDOW_MIN_NS)
        elapsed_ns = RATE_WINDOW_MIN_NS;
    return (double)within * 1e9 / (double)(elapsed_ns < RATE_WINDOW_NS ? elapsed_ns : RATE_WINDOW_NS);
}

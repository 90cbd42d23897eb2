#include "base/throttle.h"

enum { TOKEN = 1000 };

void throttle_init(struct throttle *throttle, uint32_t rate, uint32_t burst, int64_t now_ms)
{
    *throttle = (struct throttle){
        .rate = rate, .burst = burst, .level_milli = (int64_t)burst * TOKEN, .last_ms = now_ms};
}

static void refill(struct throttle *throttle, int64_t now_ms)
{
    int64_t full = (int64_t)throttle->burst * TOKEN;
    int64_t passed_ms = now_ms > throttle->last_ms ? now_ms - throttle->last_ms : 0;
    throttle->last_ms = now_ms;
    /* rate tokens a second are rate thousandths a millisecond; a long pause fills it and must not overflow */
    if (passed_ms >= full)
        throttle->level_milli = full;
    else
        throttle->level_milli += passed_ms * throttle->rate;
    if (throttle->level_milli > full)
        throttle->level_milli = full;
}

bool throttle_pass(struct throttle *throttle, int64_t now_ms)
{
    refill(throttle, now_ms);
    if (throttle->level_milli < TOKEN) {
        throttle->dropped++;
        return false;
    }
    throttle->level_milli -= TOKEN;
    return true;
}

int64_t throttle_wait_ms(struct throttle *throttle, int64_t now_ms)
{
    refill(throttle, now_ms);
    const int64_t lacking_milli = TOKEN - throttle->level_milli;
    return lacking_milli <= 0 ? 0 : (lacking_milli + throttle->rate - 1) / throttle->rate;
}

void throttle_fill(struct throttle *throttle)
{
    throttle->level_milli = (int64_t)throttle->burst * TOKEN;
}

uint64_t throttle_take_dropped(struct throttle *throttle)
{
    uint64_t dropped = throttle->dropped;
    throttle->dropped = 0;
    return dropped;
}

#include "daemon/disk/absence.h"

#include "base/clock.h"

enum {
    CLOCK_SET_S = 1704067200, /* 2024: an older time is that of a clock without a battery */
    CLOCK_AHEAD_S =
        365 * CLOCK_S_PER_DAY /* nobody looked for so long after the end: more likely the clock is wrong */
};

bool absence_clock_is_set(int64_t now_s)
{
    return now_s >= CLOCK_SET_S;
}

int64_t absence_note(int64_t *since_s, bool has_camera, int64_t keep_s, int64_t now_s)
{
    if (has_camera) {
        *since_s = 0;
        return -1;
    }
    /* a clock that was set back must not make it stay for ever, one that is ahead by years must not remove it */
    if (*since_s == 0 || *since_s > now_s || now_s - *since_s > keep_s + CLOCK_AHEAD_S)
        *since_s = now_s;
    const int64_t left_s = *since_s + keep_s - now_s;
    return left_s > 0 ? left_s : 0;
}

#include "capture/rhythm.h"

enum { INTERVALS = 3, SHARE = 8, GRACE = 20 };

void rhythm_expect(struct rhythm *rhythm, int64_t interval_ns, int64_t timeout_ns)
{
    if (INTERVALS * interval_ns > timeout_ns)
        rhythm->interval_ns = interval_ns;
}

void rhythm_note(struct rhythm *rhythm, int64_t now_ns)
{
    int64_t step_ns = now_ns - rhythm->last_ns;
    if (rhythm->last_ns > 0 && step_ns >= 0)
        rhythm->interval_ns += rhythm->interval_ns > 0 ? (step_ns - rhythm->interval_ns) / SHARE : step_ns;
    rhythm->last_ns = now_ns;
}

int64_t rhythm_patience_ns(const struct rhythm *rhythm, int64_t timeout_ns)
{
    int64_t patience_ns = INTERVALS * rhythm->interval_ns;
    if (rhythm->interval_ns == 0)
        return timeout_ns + timeout_ns / GRACE;
    if (patience_ns < timeout_ns)
        return timeout_ns;
    return patience_ns < RHYTHM_PATIENCE_MAX_NS ? patience_ns : RHYTHM_PATIENCE_MAX_NS;
}

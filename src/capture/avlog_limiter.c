#include <stdio.h>
#include <string.h>

#include "capture/avlog.h"

static void window_start(struct avlog_limiter *limiter, int64_t now_ns)
{
    limiter->window_ns = now_ns;
    limiter->printed = 0;
    limiter->dropped = 0;
    limiter->started = true;
}

bool avlog_limiter_takes(struct avlog_limiter *limiter, const char *line, int64_t now_ns, uint32_t *repeated,
                         uint32_t *dropped)
{
    *repeated = 0;
    *dropped = 0;
    bool expired = !limiter->started || now_ns - limiter->window_ns >= AVLOG_WINDOW_NS;

    /* A line that never stops is told once a window. */
    if (!expired && strcmp(line, limiter->line) == 0) {
        limiter->repeated++;
        return false;
    }
    if (expired) {
        *dropped = limiter->dropped;
        window_start(limiter, now_ns);
    } else if (limiter->printed >= AVLOG_LINES_MAX) {
        limiter->dropped++;
        return false;
    }
    *repeated = limiter->repeated;
    limiter->repeated = 0;
    limiter->printed++;
    snprintf(limiter->line, sizeof limiter->line, "%s", line);
    return true;
}

#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t clock_read_ns(clockid_t id)
{
    struct timespec now;

    /* Cannot fail: both clocks exist on every Linux and the pointer is good. */
    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * CLOCK_NS_PER_S + (int64_t)now.tv_nsec;
}

int64_t clock_monotonic_ns(void)
{
    return clock_read_ns(CLOCK_MONOTONIC);
}

int64_t clock_monotonic_ms(void)
{
    return clock_monotonic_ns() / CLOCK_NS_PER_MS;
}

int64_t clock_wall_ns(void)
{
    return clock_read_ns(CLOCK_REALTIME);
}

int64_t clock_whole_second_ms(int64_t at_ms)
{
    const int64_t second_ms = CLOCK_NS_PER_S / CLOCK_NS_PER_MS;
    return (at_ms + second_ms - 1) / second_ms * second_ms;
}

void clock_format_utc(int64_t wall_ns, char text[CLOCK_TEXT_BYTES])
{
    int64_t seconds = wall_ns / CLOCK_NS_PER_S;
    int64_t rest_ns = wall_ns % CLOCK_NS_PER_S;

    /* Times before 1970: C divides towards zero, the calendar counts downwards. */
    if (rest_ns < 0) {
        rest_ns += CLOCK_NS_PER_S;
        seconds--;
    }

    /* The range of wall_ns ends in the year 2262, so every field has its usual width. */
    const time_t moment = (time_t)seconds;
    struct tm utc;
    char date[CLOCK_TEXT_BYTES - 8];

    if (gmtime_r(&moment, &utc) == NULL || strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc) == 0) {
        date[0] = '\0';
    }
    (void)snprintf(text, CLOCK_TEXT_BYTES, "%s.%03dZ", date, (int)(rest_ns / CLOCK_NS_PER_MS));
}

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t clock_read_ns(clockid_t id)
{
    struct timespec now;

    /* Cannot fail: both clocks exist on every Linux and the pointer is good. */
    clock_gettime(id, &now);
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

typedef struct tm *break_down(const time_t *moment, struct tm *parts);

/* between: date and time of day. */
static void format(int64_t wall_ns, break_down *function, char between, const char *end,
                   char text[CLOCK_TEXT_BYTES])
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
    struct tm parts = {0};
    char date[12] = "", time_of_day[12] = "";

    if (function(&moment, &parts)) {
        strftime(date, sizeof(date), "%Y-%m-%d", &parts);
        strftime(time_of_day, sizeof(time_of_day), "%H:%M:%S", &parts);
    }
    snprintf(text, CLOCK_TEXT_BYTES, "%s%c%s.%03d%s", date, between, time_of_day,
             (int)(rest_ns / CLOCK_NS_PER_MS), end);
}

void clock_format_utc(int64_t wall_ns, char text[CLOCK_TEXT_BYTES])
{
    format(wall_ns, gmtime_r, 'T', "Z", text);
}

void clock_format_local(int64_t wall_ns, char text[CLOCK_TEXT_BYTES])
{
    format(wall_ns, localtime_r, ' ', "", text);
}

bool clock_parse_utc(const char *text, int64_t *wall_ns)
{
    struct tm parts = {0};
    int ms = 0;
    char again[CLOCK_TEXT_BYTES];
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
               &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &ms) != 7)
        return false;
    parts.tm_year -= 1900;
    parts.tm_mon--;
    const int64_t seconds = timegm(&parts);
    /* what int64_t can't count ends in 2262 */
    if (seconds > INT64_MAX / CLOCK_NS_PER_S - 1 || seconds < INT64_MIN / CLOCK_NS_PER_S + 1)
        return false;
    const int64_t parsed_ns = seconds * CLOCK_NS_PER_S + ms * CLOCK_NS_PER_MS;
    /* what no calendar has was made another day, and signs and spaces were taken for digits */
    clock_format_utc(parsed_ns, again);
    if (strcmp(again, text) != 0)
        return false;
    *wall_ns = parsed_ns;
    return true;
}

#include "camctl/moment.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"

/* Of the local day that is so many days after that of now. */
static int64_t day_ns(int64_t now_ns, int days, const struct tm *time_of_day)
{
    const time_t now = (time_t)(now_ns / CLOCK_NS_PER_S);
    struct tm local;

    localtime_r(&now, &local);
    local.tm_mday += days;
    local.tm_hour = time_of_day->tm_hour;
    local.tm_min = time_of_day->tm_min;
    local.tm_sec = time_of_day->tm_sec;
    local.tm_isdst = -1; /* the day may have another one */
    return (int64_t)mktime(&local) * CLOCK_NS_PER_S;
}

static bool parse_whole(const char *text, const char *format, struct tm *parsed)
{
    const char *end;

    memset(parsed, 0, sizeof(*parsed));
    end = strptime(text, format, parsed);
    return end && *end == '\0';
}

/* "07:30": today, or yesterday when that is still to come. */
static bool parse_time_of_day(const char *text, int64_t now_ns, int64_t *wall_ns)
{
    struct tm parsed;

    if (!parse_whole(text, "%H:%M", &parsed) && !parse_whole(text, "%H:%M:%S", &parsed))
        return false;
    *wall_ns = day_ns(now_ns, 0, &parsed);
    if (*wall_ns > now_ns)
        *wall_ns = day_ns(now_ns, -1, &parsed);
    return true;
}

/* strptime takes a 30th of February, and mktime makes it March. */
static bool is_day(const struct tm *parsed)
{
    struct tm noon = {
        .tm_year = parsed->tm_year, .tm_mon = parsed->tm_mon, .tm_mday = parsed->tm_mday, .tm_hour = 12};

    timegm(&noon);
    return noon.tm_mday == parsed->tm_mday;
}

/* count: mktime or timegm. False: no calendar has such a day, or it is beyond 2262, where int64_t ends. */
static bool take_date(const struct tm *parsed, time_t (*count)(struct tm *), int64_t *wall_ns)
{
    const int64_t most_s = INT64_MAX / CLOCK_NS_PER_S - 1;
    struct tm counted = *parsed;

    counted.tm_isdst = -1;
    const int64_t seconds = count(&counted);
    if (!is_day(parsed) || seconds > most_s || seconds < -most_s)
        return false;
    *wall_ns = seconds * CLOCK_NS_PER_S;
    return true;
}

static bool parse_date(const char *text, int64_t *wall_ns)
{
    static const char *const formats[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M",
                                          "%Y-%m-%dT%H:%M:%S"};
    struct tm parsed;

    for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
        if (parse_whole(text, formats[i], &parsed))
            return take_date(&parsed, mktime, wall_ns);
    if (parse_whole(text, "%Y-%m-%dT%H:%M:%SZ", &parsed))
        return take_date(&parsed, timegm, wall_ns);
    return clock_parse_utc(text, wall_ns);
}

bool moment_parse(const char *text, int64_t now_ns, int64_t *wall_ns)
{
    const struct tm midnight = {0};
    double seconds;

    if (strcmp(text, "today") == 0) {
        *wall_ns = day_ns(now_ns, 0, &midnight);
    } else if (strcmp(text, "yesterday") == 0) {
        *wall_ns = day_ns(now_ns, -1, &midnight);
    } else if (strcmp(text, "now") == 0) {
        *wall_ns = now_ns;
    } else if (text_to_duration(text, &seconds)) {
        /* before 1970 there was nothing, either */
        const double now_s = (double)now_ns / (double)CLOCK_NS_PER_S;

        *wall_ns = seconds < now_s ? now_ns - (int64_t)(seconds * (double)CLOCK_NS_PER_S) : 0;
    } else {
        return parse_time_of_day(text, now_ns, wall_ns) || parse_date(text, wall_ns);
    }
    return true;
}

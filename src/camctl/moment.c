#include "camctl/moment.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"

/* Of the local day that is so many days after that of now; is_dst as in struct tm, -1 as the day has it. */
static int64_t day_ns(int64_t now_ns, int days, const struct tm *time_of_day, int is_dst)
{
    const time_t now = (time_t)(now_ns / CLOCK_NS_PER_S);
    struct tm local;
    localtime_r(&now, &local);
    local.tm_mday += days;
    local.tm_hour = time_of_day->tm_hour;
    local.tm_min = time_of_day->tm_min;
    local.tm_sec = time_of_day->tm_sec;
    local.tm_isdst = is_dst;
    return (int64_t)mktime(&local) * CLOCK_NS_PER_S;
}

static bool parse_whole(const char *text, const char *format, struct tm *parsed)
{
    const char *end;
    memset(parsed, 0, sizeof(*parsed));
    end = strptime(text, format, parsed);
    return end && *end == '\0' &&
           parsed->tm_sec < 60; /* strptime takes a leap second, which no clock here shows */
}

static bool shows(int64_t wall_ns, const struct tm *time_of_day)
{
    const time_t seconds = (time_t)(wall_ns / CLOCK_NS_PER_S);
    struct tm local;
    localtime_r(&seconds, &local);
    return local.tm_hour == time_of_day->tm_hour && local.tm_min == time_of_day->tm_min &&
           local.tm_sec == time_of_day->tm_sec;
}

/* Clocks that are put back show a time twice in a day: the first of those that have been, or as an end the last. */
static int64_t time_of_day_ns(int64_t now_ns, int days, const struct tm *time_of_day, bool is_end)
{
    int64_t taken_ns = day_ns(now_ns, days, time_of_day, -1);
    for (int is_dst = 0; is_dst <= 1; is_dst++) {
        const int64_t wall_ns = day_ns(now_ns, days, time_of_day, is_dst);
        if (wall_ns <= now_ns && shows(wall_ns, time_of_day) &&
            (taken_ns > now_ns || (is_end ? wall_ns > taken_ns : wall_ns < taken_ns)))
            taken_ns = wall_ns;
    }
    return taken_ns;
}

/* "07:30": today, or yesterday when that is still to come. */
static bool parse_time_of_day(const char *text, int64_t now_ns, bool is_end, int64_t *wall_ns)
{
    struct tm parsed;
    if (!parse_whole(text, "%H:%M", &parsed) && !parse_whole(text, "%H:%M:%S", &parsed))
        return false;
    *wall_ns = time_of_day_ns(now_ns, 0, &parsed, is_end);
    if (*wall_ns > now_ns)
        *wall_ns = time_of_day_ns(now_ns, -1, &parsed, is_end);
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

/* is_dst as in struct tm; count: mktime or timegm. False: no calendar has such a day, or it is beyond 2262, where int64_t ends. */
static bool take_date(const struct tm *parsed, int is_dst, time_t (*count)(struct tm *), int64_t *wall_ns)
{
    const int64_t most_s = INT64_MAX / CLOCK_NS_PER_S - 1;
    struct tm counted = *parsed;
    counted.tm_isdst = is_dst;
    const int64_t seconds = count(&counted);
    if (!is_day(parsed) || seconds > most_s || seconds < -most_s)
        return false;
    *wall_ns = seconds * CLOCK_NS_PER_S;
    return true;
}

/* What clocks showed twice is the first of both, or as an end the second. */
static bool take_local_date(const struct tm *parsed, bool is_end, int64_t *wall_ns)
{
    int64_t taken_ns, other_ns;
    if (!take_date(parsed, -1, mktime, &taken_ns))
        return false;
    for (int is_dst = 0; is_dst <= 1; is_dst++) {
        if (take_date(parsed, is_dst, mktime, &other_ns) && shows(other_ns, parsed) &&
            (is_end ? other_ns > taken_ns : other_ns < taken_ns))
            taken_ns = other_ns;
    }
    *wall_ns = taken_ns;
    return true;
}

/* "2026-01-31 07:30:15.125", as local times are shown. */
static bool parse_shown(const char *text, bool is_end, int64_t *wall_ns)
{
    char again[CLOCK_TEXT_BYTES];
    struct tm parsed = {0};
    const char *point = strptime(text, "%Y-%m-%d %H:%M:%S", &parsed);
    int64_t ms, whole_ns;
    if (!point || *point != '.' || !text_to_int(point + 1, &ms) || ms < 0 || ms > 999 ||
        !take_local_date(&parsed, is_end, &whole_ns))
        return false;
    whole_ns += ms * CLOCK_NS_PER_MS;
    clock_format_local(whole_ns, again);
    if (strcmp(again, text) != 0)
        return false;
    *wall_ns = whole_ns;
    return true;
}

static bool parse_date(const char *text, bool is_end, int64_t *wall_ns)
{
    static const char *const formats[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M",
                                          "%Y-%m-%dT%H:%M:%S"};
    struct tm parsed;
    for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
        if (parse_whole(text, formats[i], &parsed))
            return take_local_date(&parsed, is_end, wall_ns);
    if (parse_whole(text, "%Y-%m-%dT%H:%M:%SZ", &parsed))
        return take_date(&parsed, 0, timegm, wall_ns);
    return parse_shown(text, is_end, wall_ns) || clock_parse_utc(text, wall_ns);
}

bool moment_parse(const char *text, int64_t now_ns, bool is_end, int64_t *wall_ns)
{
    const struct tm midnight = {0};
    double seconds;
    if (strcmp(text, "today") == 0) {
        *wall_ns = day_ns(now_ns, 0, &midnight, -1);
    } else if (strcmp(text, "yesterday") == 0) {
        *wall_ns = day_ns(now_ns, -1, &midnight, -1);
    } else if (strcmp(text, "now") == 0) {
        *wall_ns = now_ns;
    } else if (text_to_duration(text, &seconds)) {
        /* before 1970 there was nothing, either */
        const double now_s = (double)now_ns / (double)CLOCK_NS_PER_S;
        *wall_ns = seconds < now_s ? now_ns - (int64_t)(seconds * (double)CLOCK_NS_PER_S) : 0;
    } else {
        return parse_time_of_day(text, now_ns, is_end, wall_ns) || parse_date(text, is_end, wall_ns);
    }
    return true;
}

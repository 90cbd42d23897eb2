/* Durations as people write and read them. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { NUMBER_BYTES = 32 };

static const double longest_s = INT32_MAX; /* 68 years */

/* The largest first. Two neighbours are written, of which the smaller is left out when there is none of it. */
static const struct unit {
    double seconds;
    const char *word, *letter;
} units[] = {{86400, "d", "d"}, {3600, "h", "h"}, {60, "min", "m"}, {1, "s", "s"}, {0.001, "ms", "ms"}};

enum { UNITS = sizeof(units) / sizeof(units[0]), UNIT_S = 3, UNIT_MS = 4 };

/* ---- writing ---- */

/* Of seconds, and what is smaller: with a tenth where that says something. */
static void write_small(const struct unit *unit, double seconds, bool brief, char text[TEXT_DURATION_BYTES])
{
    const bool is_ms = unit == &units[UNIT_MS];
    const double number = seconds / unit->seconds;
    const int tenths = (int)(number * 10.0 + 0.5);
    const bool has_tenth = tenths < 100 && tenths % 10 != 0;
    snprintf(text, TEXT_DURATION_BYTES, "%.*f%s%s", has_tenth ? 1 : 0,
             tenths < 100 ? (double)tenths / 10.0 : (double)(int)(number + (is_ms ? 0.5 : 0.0)),
             brief ? "" : " ", brief ? unit->letter : unit->word);
}

static void write_large(const struct unit *unit, double seconds, bool brief, char text[TEXT_DURATION_BYTES])
{
    const char *gap = brief ? "" : " ";
    const int whole = (int)(seconds < longest_s ? seconds : longest_s), size = (int)unit->seconds;
    const int rest = whole % size / (int)unit[1].seconds;
    int length =
        snprintf(text, TEXT_DURATION_BYTES, "%d%s%s", whole / size, gap, brief ? unit->letter : unit->word);
    if (rest > 0)
        snprintf(text + length, TEXT_DURATION_BYTES - (size_t)length, "%s%d%s%s", gap, rest, gap,
                 brief ? unit[1].letter : unit[1].word);
}

static const char *write_duration(double seconds, bool brief, char text[TEXT_DURATION_BYTES])
{
    size_t unit = 0;
    while (unit < UNIT_S && seconds < units[unit].seconds)
        unit++;
    if (!(seconds >= 0))
        snprintf(text, TEXT_DURATION_BYTES, "-");
    else if (unit < UNIT_S)
        write_large(&units[unit], seconds, brief, text);
    else
        write_small(&units[seconds > 0 && seconds < 0.9995 ? UNIT_MS : UNIT_S], seconds, brief, text);
    return text;
}

const char *text_duration(double seconds, char text[TEXT_DURATION_BYTES])
{
    return write_duration(seconds, false, text);
}

const char *text_short_duration(double seconds, char text[TEXT_DURATION_BYTES])
{
    return write_duration(seconds, true, text);
}

/* ---- reading ---- */

static const char *skip_spaces(const char *text)
{
    return text + strspn(text, " ");
}

/* Where the number ends; NULL: there is none. */
static const char *read_number(const char *text, double *number)
{
    char digits[NUMBER_BYTES];
    const size_t length = strspn(text, "0123456789.");
    if (length == 0 || length >= sizeof(digits))
        return NULL;
    memcpy(digits, text, length);
    digits[length] = '\0';
    return text_to_double(digits, number) ? text + length : NULL;
}

/* Where the unit ends; NULL: it is none of those from first on. */
static const char *read_unit(const char *text, size_t first, size_t *unit)
{
    const size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz");
    for (*unit = first; *unit < UNITS; ++*unit) {
        const char *const words[] = {units[*unit].word, units[*unit].letter};
        for (size_t i = 0; i < 2; i++)
            if (strlen(words[i]) == length && strncmp(words[i], text, length) == 0)
                return text + length;
    }
    return NULL;
}

bool text_to_duration(const char *text, double *seconds)
{
    double number, sum = 0;
    size_t unit, first = 0;
    const char *at = skip_spaces(text);
    if (text_to_double(text, &number) && number >= 0) {
        *seconds = number;
        return true;
    }
    do {
        at = read_number(at, &number);
        if (!at)
            return false;
        at = read_unit(skip_spaces(at), first, &unit);
        if (!at)
            return false;
        sum += number * units[unit].seconds;
        first = unit + 1;
        at = skip_spaces(at);
    } while (*at != '\0');
    *seconds = sum;
    return true;
}

/* words.c - numbers as people say them */
#include "camctl/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Two neighbouring units each; the largest that fits is used. */
static const struct {
    int64_t seconds, smaller;
    const char *unit, *smaller_unit, *letter, *smaller_letter;
} units[] = {
    {86400, 3600, "d", "h", "d", "h"},
    {3600, 60, "h", "min", "h", "m"},
    {60, 1, "min", "s", "m", "s"},
};

enum { DURATION_MAX_S = INT32_MAX }; /* 68 years */

static const char *write_duration(double seconds, bool brief, char text[WORDS_BYTES])
{
    const char *gap = brief ? "" : " ";

    if (!(seconds >= 0)) {
        snprintf(text, WORDS_BYTES, "-");
        return text;
    }
    int64_t whole = (int64_t)fmin(seconds, DURATION_MAX_S);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (whole < units[i].seconds)
            continue;
        snprintf(text, WORDS_BYTES, "%d%s%s%s%d%s%s", (int)(whole / units[i].seconds), gap,
                 brief ? units[i].letter : units[i].unit, gap,
                 (int)(whole % units[i].seconds / units[i].smaller), gap,
                 brief ? units[i].smaller_letter : units[i].smaller_unit);
        return text;
    }
    if (seconds < 9.95)
        snprintf(text, WORDS_BYTES, "%.1f%ss", seconds, gap);
    else
        snprintf(text, WORDS_BYTES, "%d%ss", (int)whole, gap);
    return text;
}

const char *words_duration(double seconds, char text[WORDS_BYTES])
{
    return write_duration(seconds, false, text);
}

const char *words_short_duration(double seconds, char text[WORDS_BYTES])
{
    return write_duration(seconds, true, text);
}

static const struct {
    const char *state;
    enum style style;
} state_styles[] = {
    {"up", STYLE_GOOD},       {"starting", STYLE_WAIT}, {"creating", STYLE_WAIT}, {"stopping", STYLE_WAIT},
    {"killing", STYLE_WAIT},  {"backoff", STYLE_WAIT},  {"failed", STYLE_BAD},    {"stuck", STYLE_BAD},
    {"degraded", STYLE_WAIT}, {"ended", STYLE_FAINT},   {"down", STYLE_FAINT},    {"disabled", STYLE_FAINT},
};

enum style words_state_style(const char *state)
{
    for (size_t i = 0; i < sizeof state_styles / sizeof *state_styles; i++)
        if (strcmp(state_styles[i].state, state) == 0)
            return state_styles[i].style;
    return STYLE_PLAIN;
}

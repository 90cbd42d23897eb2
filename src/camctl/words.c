/* words.c - see words.h */
#include "camctl/words.h"

#include <string.h>

#include "base/json.h"

const char words_states[] = "up|degraded|starting|backoff|failed|ended|stopping|down|disabled";

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

bool words_state_has_pictures(const char *state)
{
    return strcmp(state, "up") == 0 || strcmp(state, "degraded") == 0;
}

const char *words_measure(const json_t *health, char text[MEASURE_TEXT_BYTES])
{
    text[0] = '\0';
    for (const struct measure *measure = measures; measure->name && text[0] == '\0'; measure++)
        measure_text(measure, json_member_double(health, measure->name, -1), text);
    return text;
}

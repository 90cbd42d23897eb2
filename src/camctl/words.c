/* words.c - see words.h */
#include "camctl/words.h"

#include <string.h>

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

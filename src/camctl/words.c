#include "camctl/words.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

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
    for (size_t i = 0; i < sizeof(state_styles) / sizeof(*state_styles); i++)
        if (strcmp(state_styles[i].state, state) == 0)
            return state_styles[i].style;
    return STYLE_PLAIN;
}

enum style words_level_style(const char *level)
{
    static const struct {
        const char *level;
        enum style style;
    } styles[] = {{"error", STYLE_BAD}, {"warning", STYLE_WAIT}, {"debug", STYLE_FAINT}};
    for (size_t i = 0; i < sizeof(styles) / sizeof(*styles); i++)
        if (strcmp(styles[i].level, level) == 0)
            return styles[i].style;
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

const char *words_bit_rate(double kilobits, char text[WORDS_BIT_RATE_BYTES])
{
    const bool is_large = kilobits >= 999.5;
    const double number = is_large ? kilobits / 1000 : kilobits;
    snprintf(text, WORDS_BIT_RATE_BYTES, "%.*f %s",
             number < 9.995   ? 2
             : number < 99.95 ? 1
                              : 0,
             number, is_large ? "Mbit/s" : "kbit/s");
    return text;
}

const char *words_user(const json_t *asked, char text[WORDS_USER_BYTES])
{
    const int64_t uid = json_member_int(asked, "uid", -1);
    const struct passwd *user = uid >= 0 && uid <= UINT32_MAX ? getpwuid((uid_t)uid) : NULL;
    if (user)
        snprintf(text, WORDS_USER_BYTES, "%s (uid %" PRId64 ")", user->pw_name, uid);
    else
        snprintf(text, WORDS_USER_BYTES, "uid %" PRId64, uid);
    return text;
}

const char *words_waiting(const json_t *camera, char text[WORDS_WAITING_BYTES])
{
    double dark_s = json_member_double(camera, "dark_s", -1);
    double next_s = json_member_double(camera, "next_start_ms", -1) / 1000;
    char dark[TEXT_DURATION_BYTES], next[TEXT_DURATION_BYTES];
    if (dark_s < 0 && next_s < 0)
        return NULL;
    snprintf(text, WORDS_WAITING_BYTES, "%s%s%s%s%s", dark_s >= 0 ? "no pictures for " : "",
             dark_s >= 0 ? text_duration(dark_s, dark) : "", dark_s >= 0 && next_s >= 0 ? "; " : "",
             next_s >= 0 ? "next try in " : "", next_s >= 0 ? text_duration(next_s, next) : "");
    return text;
}

char *words_reason(const json_t *camera)
{
    const char *reason = json_member_string(camera, "reason", "");
    const char *cause = json_member_string(camera, "cause", "");
    char measure[MEASURE_TEXT_BYTES];
    return text_format("%s%s%s%s", reason, words_measure(camera, measure), cause[0] ? ": " : "", cause);
}

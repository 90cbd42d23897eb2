#include <stdio.h>
#include <string.h>

#include "capture/avlog.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Past a number: decimal, or hexadecimal with 0x, as addresses are. */
static const char *number_end(const char *text)
{
    if (text[0] == '0' && text[1] == 'x') {
        text += 2;
        while (is_hex(*text))
            text++;
        return text;
    }
    while (is_digit(*text))
        text++;
    return text;
}

void avlog_kind_of(const char *line, char kind[AVLOG_KIND_BYTES])
{
    size_t length = 0;
    while (*line && length < AVLOG_KIND_BYTES - 1) {
        bool is_negative = line[0] == '-' && is_digit(line[1]);
        if (is_digit(*line) || is_negative) {
            kind[length++] = '#';
            line = number_end(line + is_negative);
        } else {
            kind[length++] = *line++;
        }
    }
    kind[length] = '\0';
}

/* ---- windows ---- */

/* Twice as long when something was held back in the last one: a story that goes on, and else a new one. */
static void window_next(struct avlog_kind *kind, int64_t now_ns)
{
    int64_t window_ns = kind->held > 0 && kind->window_ns > 0 ? 2 * kind->window_ns : AVLOG_WINDOW_NS;
    kind->begun_ns = kind->last_ns = now_ns;
    kind->window_ns = window_ns < AVLOG_WINDOW_MAX_NS ? window_ns : AVLOG_WINDOW_MAX_NS;
    kind->held = 0;
}

static bool window_is_over(const struct avlog_kind *kind, int64_t now_ns)
{
    return kind->window_ns == 0 || now_ns - kind->begun_ns >= kind->window_ns;
}

/* The kind of that name; it takes the place of the one that has been silent for the longest time if need be. */
static struct avlog_kind *kind_ensure(struct avlog_limiter *limiter, const char *name)
{
    struct avlog_kind *oldest = &limiter->kinds[0];
    for (int i = 0; i < AVLOG_KINDS_MAX; i++) {
        struct avlog_kind *kind = &limiter->kinds[i];
        if (kind->name[0] && strcmp(kind->name, name) == 0)
            return kind;
        if (oldest->name[0] && (!kind->name[0] || kind->last_ns < oldest->last_ns))
            oldest = kind;
    }
    limiter->forgotten += oldest->held;
    *oldest = (struct avlog_kind){0};
    snprintf(oldest->name, sizeof(oldest->name), "%s", name);
    return oldest;
}

/* Room for one more line, of whatever kind. */
static bool all_have_room(struct avlog_limiter *limiter, int64_t now_ns)
{
    if (window_is_over(&limiter->all, now_ns)) {
        window_next(&limiter->all, now_ns);
        limiter->printed = 0;
    }
    if (limiter->printed < AVLOG_LINES_MAX) {
        limiter->printed++;
        return true;
    }
    limiter->all.held++;
    return false;
}

bool avlog_limiter_takes(struct avlog_limiter *limiter, const char *name, int64_t now_ns, uint32_t *held)
{
    struct avlog_kind *kind = kind_ensure(limiter, *name ? name : "?");
    *held = kind->held;
    kind->last_ns = now_ns;
    if (!window_is_over(kind, now_ns) || !all_have_room(limiter, now_ns)) {
        kind->held++;
        return false;
    }
    window_next(kind, now_ns);
    return true;
}

uint32_t avlog_limiter_held(const struct avlog_limiter *limiter)
{
    uint32_t held = limiter->forgotten;
    for (int i = 0; i < AVLOG_KINDS_MAX; i++)
        held += limiter->kinds[i].held;
    return held;
}

#include "base/pattern.h"

#include <stddef.h>
#include <string.h>

bool pattern_is(const char *text)
{
    return text[strcspn(text, "*?[")] != '\0';
}

/* The end of the set that begins at `[`, its `]`; NULL: it has none. A `]` in the first place belongs to the set. */
static const char *set_end(const char *set)
{
    const char *first = set + 1 + (set[1] == '!' || set[1] == '^');
    return *first ? strchr(first + 1, ']') : NULL;
}

static bool set_has(const char *set, const char *end, char c)
{
    const bool is_negated = set[1] == '!' || set[1] == '^';
    const unsigned char wanted = (unsigned char)c;
    bool has = false;
    for (const char *at = set + 1 + is_negated; at < end; at++) {
        const bool is_range = at[1] == '-' && at + 2 < end;
        const unsigned char least = (unsigned char)at[0], most = (unsigned char)at[is_range ? 2 : 0];
        has = has || (wanted >= least && wanted <= most);
        at += is_range ? 2 : 0;
    }
    return has != is_negated;
}

/* Whether what stands at the pattern (no *) takes the character; *next is what follows it in the pattern. */
static bool takes(const char *pattern, char c, const char **next)
{
    const char *end = *pattern == '[' ? set_end(pattern) : NULL;
    *next = end ? end + 1 : pattern + 1;
    if (end)
        return set_has(pattern, end, c);
    return *pattern == '?' || *pattern == c;
}

/* When nothing fits any more, only the last * has to be tried with one character more: what is before it has matched. */
bool pattern_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *begin = NULL, *next;
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            begin = text;
        } else if (*pattern && takes(pattern, *text, &next)) {
            pattern = next;
            text++;
        } else if (star) {
            pattern = star;
            text = ++begin;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

#include "daemon/supervise/trouble.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

/* 21.4, and neither 404 nor 192.0.2.7. */
static bool is_measured(const char *number, size_t length)
{
    const char *dot = memchr(number, '.', length);
    return dot && dot > number && dot + 1 < number + length &&
           !memchr(dot + 1, '.', (size_t)(number + length - dot - 1));
}

/* What was measured, how much memory is left for instance, is another number each time, and no other reason. */
static uint64_t hash_of(const char *text)
{
    char words[KEPT_TEXT_BYTES];
    size_t length = 0;
    while (*text && length < sizeof(words) - 1) {
        const size_t number = strspn(text, "0123456789.");
        if (number > 0 && is_measured(text, number)) {
            text += number;
            continue;
        }
        size_t count = number > 0 ? number : 1;
        if (count > sizeof(words) - 1 - length)
            count = sizeof(words) - 1 - length;
        memcpy(words + length, text, count);
        length += count;
        text += count;
    }
    words[length] = '\0';
    return text_hash(words);
}

static struct trouble_reason *find(const struct trouble *trouble, const char *text)
{
    const uint64_t hash = hash_of(text);
    for (int i = 0; i < TROUBLE_REASONS; i++) {
        const struct trouble_reason *reason = &trouble->reasons[i];
        if (reason->said_ms > 0 && reason->hash == hash)
            return (struct trouble_reason *)reason;
    }
    return NULL;
}

/* The place of a reason that is not known: a free one, or that of the one that was said longest ago. */
static struct trouble_reason *place(struct trouble *trouble)
{
    struct trouble_reason *oldest = &trouble->reasons[0];
    for (int i = 1; i < TROUBLE_REASONS; i++) {
        if (trouble->reasons[i].said_ms < oldest->said_ms)
            oldest = &trouble->reasons[i];
    }
    return oldest;
}

static void forget_text(struct trouble *trouble)
{
    kept_text_forget(&trouble->text);
    kept_text_forget(&trouble->hint);
}

/* It had been up for so long that what comes now is something new. */
static bool is_over(const struct trouble *trouble, int64_t now_ms)
{
    return trouble->since_ms == 0 && trouble->up_ms > 0 && now_ms - trouble->up_ms >= TROUBLE_OVER_MS;
}

bool trouble_is_known(const struct trouble *trouble, int64_t now_ms, const char *text)
{
    const struct trouble_reason *reason = is_over(trouble, now_ms) ? NULL : find(trouble, text);
    return reason && now_ms - reason->said_ms < TROUBLE_TELL_MS;
}

enum trouble_saying trouble_fail(struct trouble *trouble, int64_t now_ms, const char *text, const char *hint,
                                 struct trouble_count *count)
{
    if (is_over(trouble, now_ms))
        memset(trouble->reasons, 0, sizeof(trouble->reasons));
    if (trouble->since_ms == 0) {
        trouble->since_ms = now_ms;
        trouble->failures = 0;
        trouble->is_said = false;
    }
    trouble->failures++;
    kept_text_set(&trouble->text, "%s", text);
    kept_text_set(&trouble->hint, "%s", hint);

    struct trouble_reason *reason = find(trouble, text);
    trouble->is_known = reason && now_ms - reason->said_ms < TROUBLE_TELL_MS;
    if (trouble->is_known) {
        reason->unsaid++;
        return TROUBLE_KNOWN;
    }
    trouble->is_said = true;
    if (!reason) {
        *place(trouble) = (struct trouble_reason){.hash = hash_of(text), .said_ms = now_ms};
        return TROUBLE_NEW;
    }
    *count = (struct trouble_count){reason->unsaid + 1, now_ms - reason->said_ms};
    *reason = (struct trouble_reason){.hash = reason->hash, .said_ms = now_ms};
    return TROUBLE_AGAIN;
}

int64_t trouble_end(struct trouble *trouble, int64_t now_ms)
{
    const int64_t down_ms = trouble->since_ms > 0 ? now_ms - trouble->since_ms : 0;
    trouble->since_ms = 0;
    trouble->up_ms = now_ms;
    forget_text(trouble);
    return down_ms;
}

void trouble_clear(struct trouble *trouble)
{
    forget_text(trouble);
    *trouble = (struct trouble){0};
}

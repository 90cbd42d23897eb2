#include "daemon/supervise/trouble.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

static struct trouble_reason *find(const struct trouble *trouble, const char *text)
{
    const uint64_t hash = text_hash(text);
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
        *place(trouble) = (struct trouble_reason){.hash = text_hash(text), .said_ms = now_ms};
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

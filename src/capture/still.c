#include "capture/still.h"

#include <stdio.h>
#include <string.h>

#define S              INT64_C(1000000000)
#define WHOLE_EVERY_NS (60 * S)
#define RATE_MAX       1.0 /* of a camera that was not asked for more */

void still_begin(struct still *still, int64_t now_ns)
{
    still->is_one = true;
    still->due_ns = now_ns;
}

double still_rate_wanted(double fps, bool fps_is_own)
{
    return fps_is_own || fps < RATE_MAX ? fps : RATE_MAX;
}

int64_t still_next(struct still *still, double fps, bool fps_is_own, int64_t now_ns)
{
    still->due_ns += (int64_t)((double)S / still_rate_wanted(fps, fps_is_own));
    if (still->due_ns < now_ns)
        still->due_ns = now_ns;
    return still->due_ns;
}

bool still_conditions(const struct still *still, int64_t now_ns, char lines[STILL_HEAD_BYTES])
{
    lines[0] = '\0';
    if (now_ns - still->whole_ns >= WHOLE_EVERY_NS)
        return false;
    size_t length = 0;
    if (still->entity_tag[0])
        length = (size_t)snprintf(lines, STILL_HEAD_BYTES, "If-None-Match: %s\r\n", still->entity_tag);
    if (still->last_modified[0])
        snprintf(lines + length, STILL_HEAD_BYTES - length, "If-Modified-Since: %s\r\n",
                 still->last_modified);
    return lines[0] != '\0';
}

/* What may have been cut off matches nothing. */
static void keep_tag(char kept[OVERHEARD_TAG_BYTES], const char *tag)
{
    snprintf(kept, OVERHEARD_TAG_BYTES, "%s", strlen(tag) < OVERHEARD_TAG_BYTES - 1 ? tag : "");
}

void still_answered(struct still *still, const struct overheard *answer, bool has_picture, int64_t now_ns)
{
    rhythm_note(&still->answers, now_ns);
    if (!has_picture)
        return;
    still->whole_ns = now_ns;
    keep_tag(still->entity_tag, answer->entity_tag);
    keep_tag(still->last_modified, answer->last_modified);
}

bool still_is_over(const struct still *still, int64_t timeout_ns, int64_t now_ns)
{
    return now_ns - still->answers.last_ns >= rhythm_patience_ns(&still->answers, timeout_ns);
}

double still_rate(const struct still *still)
{
    return still->answers.interval_ns > 0 ? (double)S / (double)still->answers.interval_ns : 0;
}

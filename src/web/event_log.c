#include "web/event_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* ---- places ---- */

void event_log_place_text(const struct camd_place *place, char text[EVENT_LOG_PLACE_BYTES])
{
    snprintf(text, EVENT_LOG_PLACE_BYTES, "%" PRIu64 ".%" PRIu64, place->epoch, place->seq);
}

static const char *parse_number(const char *text, char end, uint64_t *number)
{
    char *after = NULL;
    if (text[0] < '0' || text[0] > '9')
        return NULL;
    errno = 0;
    *number = strtoull(text, &after, 10);
    return errno == 0 && *after == end ? after : NULL;
}

int event_log_place_parse(const char *text, struct camd_place *place)
{
    struct camd_place read;
    const char *rest = parse_number(text, '.', &read.epoch);
    if (!rest || !parse_number(rest + 1, '\0', &read.seq))
        return -EINVAL;
    *place = read;
    return 0;
}

/* ---- the log ---- */

static struct event_log_entry *entry_at(struct event_log *log, uint64_t position)
{
    return &log->entries[position % EVENT_LOG_MOST];
}

static void drop_first(struct event_log *log)
{
    struct event_log_entry *entry = entry_at(log, log->first++);
    log->bytes -= entry->text->length;
    shared_text_release(entry->text);
    entry->text = NULL;
}

void event_log_fini(struct event_log *log)
{
    while (log->first < log->next)
        drop_first(log);
}

static struct shared_text *frame(const struct camd_place *place, const char *kind, const char *data,
                                 size_t length)
{
    char id[EVENT_LOG_PLACE_BYTES];
    event_log_place_text(place, id);
    char *text = text_format("id: %s\nevent: %s\ndata: %.*s\n\n", id, kind, (int)length, data);
    struct shared_text *framed = text ? shared_text_new(text, strlen(text)) : NULL;

    free(text);
    return framed;
}

int event_log_add(struct event_log *log, const struct camd_place *place, const char *kind, const char *data,
                  size_t length)
{
    struct shared_text *text = frame(place, kind, data, length);
    if (!text)
        return -ENOMEM;
    while (log->first < log->next &&
           (log->next - log->first == EVENT_LOG_MOST || log->bytes + text->length > EVENT_LOG_BYTES))
        drop_first(log);
    *entry_at(log, log->next++) = (struct event_log_entry){*place, text};
    log->bytes += text->length;
    return 0;
}

const struct event_log_entry *event_log_at(const struct event_log *log, uint64_t position)
{
    return &log->entries[position % EVENT_LOG_MOST];
}

uint64_t event_log_behind(const struct event_log *log, const struct camd_place *place)
{
    for (uint64_t position = log->next; position > log->first; position--) {
        const struct camd_place *seen = &event_log_at(log, position - 1)->place;
        if (seen->epoch == place->epoch && seen->seq <= place->seq)
            return position;
    }
    return log->first;
}

bool event_log_misses(const struct event_log *log, const struct camd_place *place)
{
    if (place->epoch == 0 || log->first == log->next || event_log_behind(log, place) > log->first)
        return false;
    const struct camd_place *oldest = &event_log_at(log, log->first)->place;
    return oldest->epoch != place->epoch || oldest->seq != place->seq + 1;
}

uint64_t event_log_recent(const struct event_log *log, uint64_t count)
{
    return log->next - log->first > count ? log->next - count : log->first;
}

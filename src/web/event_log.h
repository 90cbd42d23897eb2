/*
 * event_log.h - the last events, as server-sent events, for viewers who are at different places in it
 *
 * A viewer has a position and nothing is queued for him: who is too slow finds that the log has gone on without him.
 * Bounded in number and bytes. Pure.
 */
#ifndef CAMD_WEB_EVENT_LOG_H
#define CAMD_WEB_EVENT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/shared_text.h"
#include "camd/client.h"

enum {
    EVENT_LOG_MOST = 1024,
    EVENT_LOG_BYTES = 512 * 1024,
    EVENT_LOG_PLACE_BYTES = 48, /* "EPOCH.SEQ" */
};

struct event_log_entry {
    struct camd_place place;
    struct shared_text *text; /* "id: ...", "event: ...", "data: ..." and an empty line */
};

/* Zero-initialised it is empty. */
struct event_log {
    struct event_log_entry entries[EVENT_LOG_MOST];
    uint64_t first, next; /* positions: of the oldest entry that is kept, and of the next one */
    size_t bytes;
};

void event_log_fini(struct event_log *log);

/* Adds what happened at a place: kind is "event" or "missed", data one line of JSON. 0 or -ENOMEM. */
int event_log_add(struct event_log *log, const struct camd_place *place, const char *kind, const char *data,
                  size_t length);

/* The entry at a position from first up to next. */
const struct event_log_entry *event_log_at(const struct event_log *log, uint64_t position);
/* Where to go on behind a place: first for one of which nothing is kept. */
uint64_t event_log_behind(const struct event_log *log, const struct camd_place *place);
/* Whether something that came behind that place is not kept any more. Epoch 0 is no place. */
bool event_log_misses(const struct event_log *log, const struct camd_place *place);
/* Where the last so many entries begin. */
uint64_t event_log_recent(const struct event_log *log, uint64_t count);

/* A place as text, and back: 0, or -EINVAL for what is none. */
void event_log_place_text(const struct camd_place *place, char text[EVENT_LOG_PLACE_BYTES]);
int event_log_place_parse(const char *text, struct camd_place *place);

#endif

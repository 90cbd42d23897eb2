/*
 * events.h - what happened, numbered, for subscribers
 *
 * A bounded ring of JSON texts, longer while what is in it has yet to be stored (daemon/history). Every event gets
 * {"epoch", "seq", "time", "event", "camera"?} and its own members. epoch is new at each start of the daemon, seq
 * counts from 1. An event is printed once, and all who read it share that text. A reader keeps the number of the next
 * event it wants: nothing is queued a reader, so a slow one costs nothing and finds out what it missed.
 */
#ifndef CAMD_DAEMON_EVENTS_EVENTS_H
#define CAMD_DAEMON_EVENTS_EVENTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "protocol/event_words.h"

enum {
    EVENTS_KEPT = 1024,
    EVENTS_BYTES = 512 * 1024, /* of text, all together */
    EVENTS_WAITING = 8192,     /* kept while they wait to be stored */
    EVENTS_WAITING_BYTES = 4 * 1024 * 1024,
    EVENTS_EVENT_BYTES = 64 * 1024 /* a longer one is kept without its own members, but with "cut": true */
};

struct events;
struct shared_text;

/* notify (may be NULL) is called after each new event. 0 or -ENOMEM. */
int events_new(struct events **events, uint64_t epoch, void (*notify)(void *context), void *context);
void events_free(struct events *events);

/*
 * fields (stolen; may be NULL) has further members; those of the ring win where names collide. wall_ns stamps
 * it. When memory is short the event and those before it are lost to readers, as if the ring had wrapped.
 */
void events_emit(struct events *events, const char *event, const char *camera, json_t *fields,
                 int64_t wall_ns);

/* Events up to that number are on the disk, or need not be: UINT64_MAX, as at first. */
void events_set_stored(struct events *events, uint64_t seq);

/* Readers of `name` get the events of camera, too, from now on: it has that name now. Their texts stay. */
void events_rename(struct events *events, const char *camera, const char *name);

uint64_t events_epoch(const struct events *events);
uint64_t events_next(const struct events *events);   /* number of the next event to come */
uint64_t events_oldest(const struct events *events); /* number of the oldest kept; == next when none */
/*
 * The text of an event that is kept (without newline), or NULL. Every number from oldest to next - 1 is kept. Who needs
 * it for longer than to the next event keeps a reference of his own.
 */
struct shared_text *events_text(const struct events *events, uint64_t seq);
/* What can be said of an event without parsing its text. */
struct event_view {
    struct shared_text *text;
    const char *camera;   /* the name that it has now; NULL: it is no camera's */
    enum event_word word; /* EVENT_WORD_COUNT: of another version */
    int64_t wall_ns;
};
/* False, and *view untouched: it is not kept. */
bool events_view(const struct events *events, uint64_t seq, struct event_view *view);

/* For an upgrade: epoch, numbers and all that is kept; and the same in the next program. 0 or -errno. */
json_t *events_hand_over(const struct events *events);
int events_take_over(struct events *events, const json_t *record);

#endif

/* events.c - see events.h */
#include "daemon/events/events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "camd/shm.h"

struct events_entry {
    char *text;
    size_t size;
    char camera[CAMD_NAME_MAX + 1]; /* empty: none */
};

struct events {
    uint64_t epoch;
    uint64_t oldest, next; /* numbers; an event is at its number modulo EVENTS_KEPT */
    size_t bytes;
    void (*notify)(void *context);
    void *context;
    struct events_entry kept[EVENTS_KEPT];
};

int events_new(struct events **result, uint64_t epoch, void (*notify)(void *context), void *context)
{
    struct events *events = calloc(1, sizeof(*events));
    if (events == NULL)
        return -ENOMEM;
    events->epoch = epoch;
    events->oldest = events->next = 1;
    events->notify = notify;
    events->context = context;
    *result = events;
    return 0;
}

static struct events_entry *events_entry(struct events *events, uint64_t seq)
{
    return &events->kept[seq % EVENTS_KEPT];
}

static void events_drop_oldest(struct events *events)
{
    struct events_entry *entry = events_entry(events, events->oldest);
    events->bytes -= entry->size;
    free(entry->text);
    entry->text = NULL;
    entry->size = 0;
    events->oldest++;
}

void events_free(struct events *events)
{
    if (events == NULL)
        return;
    while (events->oldest < events->next)
        events_drop_oldest(events);
    free(events);
}

/* The members that every event has, in the order in which people like to read them; NULL: memory is short. */
static json_t *events_head(const struct events *events, const char *event, const char *camera,
                           int64_t wall_ns)
{
    char time[CLOCK_TEXT_BYTES];
    clock_format_utc(wall_ns, time);
    json_t *head = json_pack("{s:I, s:I, s:s, s:o}", "epoch", (json_int_t)events->epoch, "seq",
                             (json_int_t)events->next, "time", time, "event", json_string_lossy(event));
    if (head != NULL && camera != NULL &&
        json_object_set_new(head, "camera", json_string_lossy(camera)) < 0) {
        json_decref(head);
        return NULL;
    }
    return head;
}

/* head is stolen; fields is not. */
static char *events_compose(json_t *head, json_t *fields)
{
    if (head == NULL)
        return NULL;
    json_t *whole = json_copy(head);
    char *text = NULL;
    if (whole != NULL && (fields == NULL || json_object_update_missing(whole, fields) == 0))
        text = json_text(whole);
    json_decref(whole);
    if (text != NULL && strlen(text) > EVENTS_EVENT_BYTES) {
        free(text);
        text = json_object_set_new(head, "cut", json_true()) == 0 ? json_text(head) : NULL;
    }
    json_decref(head);
    return text;
}

void events_emit(struct events *events, const char *event, const char *camera, json_t *fields,
                 int64_t wall_ns)
{
    char *text = events_compose(events_head(events, event, camera, wall_ns), fields);
    json_decref(fields);
    const size_t size = text == NULL ? 0 : strlen(text) + 1;
    while (events->oldest < events->next && (text == NULL || events->next - events->oldest == EVENTS_KEPT ||
                                             events->bytes + size > EVENTS_BYTES))
        events_drop_oldest(events);
    if (text != NULL) {
        struct events_entry *entry = events_entry(events, events->next);
        entry->text = text;
        entry->size = size;
        snprintf(entry->camera, sizeof(entry->camera), "%s", camera == NULL ? "" : camera);
        events->bytes += size;
    } else {
        events->oldest++; /* its number is used: readers find out that they missed it */
    }
    events->next++;
    if (events->notify != NULL)
        events->notify(events->context);
}

uint64_t events_epoch(const struct events *events)
{
    return events->epoch;
}

uint64_t events_next(const struct events *events)
{
    return events->next;
}

uint64_t events_oldest(const struct events *events)
{
    return events->oldest;
}

const char *events_text(const struct events *events, uint64_t seq)
{
    if (seq < events->oldest || seq >= events->next)
        return NULL;
    return events->kept[seq % EVENTS_KEPT].text;
}

const char *events_camera(const struct events *events, uint64_t seq)
{
    if (events_text(events, seq) == NULL)
        return NULL;
    const char *camera = events->kept[seq % EVENTS_KEPT].camera;
    return camera[0] == '\0' ? NULL : camera;
}

#include "mqtt/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int outbox_init(struct outbox *outbox, size_t capacity)
{
    *outbox = (struct outbox){.capacity = capacity};
    outbox->events = calloc(capacity, sizeof(*outbox->events));
    return outbox->events ? 0 : -ENOMEM;
}

static struct outbox_event *event_at(const struct outbox *outbox, size_t i)
{
    return &outbox->events[(outbox->first + i) % outbox->capacity];
}

static void remove_first(struct outbox *outbox)
{
    struct outbox_event *event = event_at(outbox, 0);
    free(event->topic);
    free(event->payload);
    *event = (struct outbox_event){0};
    outbox->first = (outbox->first + 1) % outbox->capacity;
    outbox->count--;
    outbox->sent--;
}

void outbox_fini(struct outbox *outbox)
{
    outbox->sent = outbox->count;
    while (outbox->count > 0)
        remove_first(outbox);
    free(outbox->events);
    outbox->events = NULL;
}

bool outbox_is_full(const struct outbox *outbox)
{
    return outbox->count == outbox->capacity;
}

int outbox_add(struct outbox *outbox, const char *topic, const char *payload, size_t size,
               struct camd_place place)
{
    if (outbox_is_full(outbox))
        return -ENOBUFS;
    struct outbox_event event = {
        .topic = strdup(topic), .payload = malloc(size > 0 ? size : 1), .size = size, .place = place};
    if (!event.topic || !event.payload) {
        free(event.topic);
        free(event.payload);
        return -ENOMEM;
    }
    memcpy(event.payload, payload, size);
    *event_at(outbox, outbox->count++) = event;
    return 0;
}

/* What was acknowledged out of its turn, before a connection was lost, is not sent again. */
static void skip_acknowledged(struct outbox *outbox)
{
    while (outbox->sent < outbox->count && event_at(outbox, outbox->sent)->is_acknowledged)
        outbox->sent++;
}

const struct outbox_event *outbox_next(const struct outbox *outbox)
{
    return outbox->sent < outbox->count ? event_at(outbox, outbox->sent) : NULL;
}

void outbox_sent(struct outbox *outbox, int message)
{
    event_at(outbox, outbox->sent++)->message = message;
    skip_acknowledged(outbox);
}

/* Whether `confirmed` moved on. */
static bool remove_acknowledged(struct outbox *outbox)
{
    bool has_moved = false;
    while (outbox->sent > 0 && event_at(outbox, 0)->is_acknowledged) {
        outbox->confirmed = event_at(outbox, 0)->place;
        has_moved = true;
        remove_first(outbox);
    }
    return has_moved;
}

bool outbox_give_up(struct outbox *outbox)
{
    event_at(outbox, outbox->sent)->is_acknowledged = true;
    skip_acknowledged(outbox);
    return remove_acknowledged(outbox);
}

/* NULL: none of ours, or acknowledged already. */
static struct outbox_event *find_sent(const struct outbox *outbox, int message)
{
    for (size_t i = 0; i < outbox->sent; i++) {
        struct outbox_event *event = event_at(outbox, i);
        if (event->message == message && !event->is_acknowledged)
            return event;
    }
    return NULL;
}

const struct outbox_event *outbox_sent_as(const struct outbox *outbox, int message)
{
    return find_sent(outbox, message);
}

size_t outbox_largest_sent(const struct outbox *outbox)
{
    size_t largest = 0;
    for (size_t i = 0; i < outbox->sent; i++) {
        const struct outbox_event *event = event_at(outbox, i);
        if (!event->is_acknowledged && event->size > largest)
            largest = event->size;
    }
    return largest;
}

bool outbox_acknowledge(struct outbox *outbox, int message)
{
    struct outbox_event *event = find_sent(outbox, message);
    if (event)
        event->is_acknowledged = true;
    return remove_acknowledged(outbox);
}

void outbox_rewind(struct outbox *outbox)
{
    outbox->sent = 0;
    skip_acknowledged(outbox);
}

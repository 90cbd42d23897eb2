/*
 * outbox.h - events on their way to the broker, in their order
 *
 * An event stays until the broker has acknowledged it and all before it; when the connection is lost, those that were on
 * their way are sent again. Bounded: when it is full, whoever fills it has to wait. Pure.
 */
#ifndef CAMD_MQTT_OUTBOX_H
#define CAMD_MQTT_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "camd/client.h"

struct outbox_event {
    char *topic, *payload;
    size_t size;
    struct camd_place place; /* of the event; of an event that stands for others, the last of these */
    int message;             /* the broker's number for it, while it is on its way */
    bool is_acknowledged;
};

struct outbox {
    struct outbox_event *events; /* a ring */
    size_t capacity, first, count;
    size_t sent;                 /* the first so many are on their way */
    struct camd_place confirmed; /* up to this one the broker has everything; epoch 0: nothing yet */
};

int outbox_init(struct outbox *outbox, size_t capacity);
void outbox_fini(struct outbox *outbox);

bool outbox_is_full(const struct outbox *outbox);
/* Copies both. 0, -ENOBUFS: it is full; or -ENOMEM. */
int outbox_add(struct outbox *outbox, const char *topic, const char *payload, size_t size,
               struct camd_place place);

/* The first that is not on its way, or NULL; those behind wait for it. */
const struct outbox_event *outbox_next(const struct outbox *outbox);
/* It is on its way, as the broker's message of that number. */
void outbox_sent(struct outbox *outbox, int message);
/* The event that is on its way as that message, or NULL. */
const struct outbox_event *outbox_sent_as(const struct outbox *outbox, int message);
/* Bytes of the largest payload that is on its way; 0: none is. */
size_t outbox_largest_sent(const struct outbox *outbox);
/* The first that is not on its way never will be: the broker does not take it. Whether `confirmed` moved on. */
bool outbox_give_up(struct outbox *outbox);
/* The broker has it. Whether `confirmed` moved on. */
bool outbox_acknowledge(struct outbox *outbox, int message);
/* The connection is lost: what is on its way is sent again. */
void outbox_rewind(struct outbox *outbox);

#endif

/*
 * retained.h - what the broker is to keep: a payload for each of our topics
 *
 * What is set here and is not what the broker has is due; a topic that changes again before it was published is published
 * once, with the newest payload. Pure: whoever publishes takes what is due, one after the other.
 */
#ifndef CAMD_MQTT_RETAINED_H
#define CAMD_MQTT_RETAINED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/name_index.h"

struct retained_topic {
    struct name_node node;
    char *name, *payload;
    size_t size; /* of the payload; 0: the broker is to forget the topic, and so do we then */
    bool is_due;
    /* The broker does not take this payload: it is not published again before retained_forgive. */
    bool is_refused;
    int message; /* the broker's number for it, in this connection; 0: none */
    TAILQ_ENTRY(retained_topic) all, due;
};
TAILQ_HEAD(retained_list, retained_topic);

struct retained {
    void *index;
    struct retained_list all, due; /* as they were published, the last one at the end; as they became due */
    size_t due_count;
};

void retained_init(struct retained *retained);
void retained_fini(struct retained *retained);

/* Nothing happens when the payload is what it was. 0 or -ENOMEM. */
int retained_set(struct retained *retained, const char *topic, const void *payload, size_t size);
int retained_set_text(struct retained *retained, const char *topic, const char *text);
/* All topics that begin so are to be forgotten. Walks over all. */
void retained_remove_below(struct retained *retained, const char *beginning);
bool retained_has(const struct retained *retained, const char *topic);

/* There is a new connection, and the broker may have lost everything: all topics are due. */
void retained_publish_all(struct retained *retained);
/* The first that is due, or NULL; valid until the next call. */
const struct retained_topic *retained_next(const struct retained *retained);
/* That one is on its way, as the broker's message of that number; 0: it can't be. */
void retained_published(struct retained *retained, int message);
/* Which topic that message was, or NULL; walks over all. */
const struct retained_topic *retained_published_as(const struct retained *retained, int message);
/* The broker has refused that message. What it was, or NULL; walks over all. */
const struct retained_topic *retained_refuse(struct retained *retained, int message);
/* What was refused may be tried again, when all is due. */
void retained_forgive(struct retained *retained);

#endif

/*
 * sweep.h - what the broker keeps of an earlier time and is not ours any more
 *
 * A camera may be removed, or lose a label, while camd-mqtt does not run. After a connection is made, and it is known which
 * topics there are, what the broker keeps below this node's topics is looked through once, and the rest is cleared.
 */
#ifndef CAMD_MQTT_SWEEP_H
#define CAMD_MQTT_SWEEP_H

#include <stdint.h>

#include "mqtt/broker.h"
#include "mqtt/retained.h"
#include "mqtt/topics.h"

enum { SWEEP_MESSAGES = 65536 }; /* the numbers that a message can have */

struct sweep {
    const struct topics *topics;
    bool is_doubting;
    int last_message; /* the subscription after whose answer everything kept has come; 0: it is not running */
    uint8_t waiting[SWEEP_MESSAGES / 8]; /* bits: messages that clear a topic and have no answer yet */
    size_t waiting_count, cleared, refused;
    const char *refusal; /* of the last one that was refused */
};

/* Begins; the broker is up. */
void sweep_begin(struct sweep *sweep, struct broker *broker, const struct topics *topics);
/*
 * What the broker keeps is of an earlier run, and camd has not said yet which cameras there are and how they are: until then
 * they are offline. To be called when the broker is up, and sweep_begin later.
 */
void sweep_doubt(struct sweep *sweep, struct broker *broker, const struct topics *topics);
/* The connection is lost. */
void sweep_stop(struct sweep *sweep);
/* The broker's answer to a subscription: ends the sweep when it is the last one. */
void sweep_subscribed(struct sweep *sweep, struct broker *broker, int message);
/* The broker's answer to a message: whether it was one of the sweep's. refusal: NULL: it has done it. */
bool sweep_acknowledged(struct sweep *sweep, int message, const struct broker_refusal *refusal);
/* A message that the broker kept: cleared when it is below our topics and not among them. */
void sweep_take(struct sweep *sweep, struct broker *broker, const struct retained *retained,
                const char *topic);

#endif

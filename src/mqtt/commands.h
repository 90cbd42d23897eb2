/* commands.h - what is asked for by MQTT: to camd, and its answer back */
#ifndef CAMD_MQTT_COMMANDS_H
#define CAMD_MQTT_COMMANDS_H

#include "base/throttle.h"
#include "companion/camd_link.h"
#include "mqtt/broker.h"
#include "mqtt/mqtt_settings.h"
#include "mqtt/topics.h"

enum { COMMANDS_ANSWERS_MAX = 1000 }; /* that the broker has not acknowledged; further commands get none */

struct commands {
    const struct mqtt_settings *settings;
    const struct topics *topics;
    struct broker *broker;
    struct camd_link *link;
    struct throttle throttle, lines; /* of what camd is asked for, and of the log */
    int subscription;                /* the broker's number for it */
    int answers[COMMANDS_ANSWERS_MAX];
    size_t answer_count;
    uint64_t unanswered; /* commands that got none, until it is told */
};

void commands_init(struct commands *commands, const struct mqtt_settings *settings,
                   const struct topics *topics, struct broker *broker, struct camd_link *link);
/* The broker is up: asks it for what is set. */
void commands_subscribe(struct commands *commands);
/*
 * A message: true when its topic is one that sets something, which is done then, or refused; the answer is published as
 * PREFIX/NODE/answer, and what is refused logged. What the broker kept is not obeyed: nobody wants it now.
 */
bool commands_take(struct commands *commands, const char *topic, const void *payload, size_t size,
                   bool is_kept);
/* The broker has acknowledged that message: whether it was an answer. */
bool commands_acknowledged(struct commands *commands, int message);
/* The connection is gone, and with it what was on its way. */
void commands_down(struct commands *commands);

#endif

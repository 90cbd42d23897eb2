/*
 * broker.h - the connection to the MQTT broker, in a libev loop
 *
 * It keeps itself: when it ends, or cannot be made, it is tried again, after 1 s and up to 60 s, with some chance in
 * it so that many nodes don't come at once. What was published and not acknowledged is for the user to publish again.
 * MQTT 5 is spoken, in which a broker says why it refuses something, or 3.1.1 with a broker that does not know that.
 * No call waits, neither for the broker nor for name servers.
 */
#ifndef CAMD_MQTT_BROKER_H
#define CAMD_MQTT_BROKER_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

struct broker;

struct broker_address {
    const char *host;
    int port, keepalive_s;
    bool tls;
    const char *ca_file, *certificate_file, *key_file, *username, *password; /* NULL: none */
};

struct broker_refusal {
    const char *reason; /* in words; the same one of each kind */
    bool is_too_large;
};

/* Any may be NULL but down. */
struct broker_handlers {
    void (*up)(void *context);
    /* The connection is gone or could not be made: why, in words. It is told each time. */
    void (*down)(void *context, const char *reason);
    /* The broker has what was published; or it has refused that for good. refusal: NULL if not */
    void (*acknowledged)(void *context, int message, const struct broker_refusal *refusal);
    /* What it keeps of that has come by now, if it does things in turn; or it does not let us read that. */
    void (*subscribed)(void *context, int message, bool is_refused);
    /* payload: size bytes. is_kept: it is what the broker kept, not what is published now. */
    void (*message)(void *context, const char *topic, const void *payload, size_t size, bool is_kept);
};

/*
 * Strings of the address stay the caller's. client: our name at the broker, NULL: any. will_topic: where the broker
 * publishes "offline", retained, when the connection ends without broker_free; NULL: nowhere. 0 or -errno; the first
 * try is in the loop.
 */
int broker_new(struct broker **broker, struct ev_loop *loop, const struct broker_address *address,
               const char *client, const char *will_topic, const struct broker_handlers *handlers,
               void *context);
/* Tells the broker if it is connected. NULL is fine. */
void broker_free(struct broker *broker);

bool broker_is_up(const struct broker *broker);
/*
 * At QoS 1. The message's number, from 1, or -errno: -ENOTCONN, and then what is wrong is told by down; -EMSGSIZE: the broker
 * has said that it takes nothing so large; -EINVAL: no broker would take such a topic or payload, which is logged.
 */
int broker_publish(struct broker *broker, const char *topic, const void *payload, size_t size,
                   bool is_retained);
int broker_subscribe(struct broker *broker, const char *filter, int qos);
int broker_unsubscribe(struct broker *broker, const char *filter);

#endif

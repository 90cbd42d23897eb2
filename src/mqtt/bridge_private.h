/* bridge_private.h - the inside of the bridge, for bridge.c, bridge_broker.c and bridge_sync.c */
#ifndef CAMD_MQTT_BRIDGE_PRIVATE_H
#define CAMD_MQTT_BRIDGE_PRIVATE_H

#include "mqtt/commands.h"
#include "mqtt/known_cameras.h"
#include "mqtt/mqtt_settings.h"
#include "mqtt/outbox.h"
#include "mqtt/sweep.h"

/* On their way to the broker at once: these may come twice when a connection is lost. */
enum { EVENTS_SENT_MAX = 20, RETAINED_SENT_MAX = 16, LAST_WORDS = 2 };
enum { REFUSALS_TOLD_MAX = 8 };
enum { BRIDGE_TEXT_BYTES = CAMD_LINK_TEXT_BYTES + 64 };

struct bridge {
    struct companion *companion;
    const struct mqtt_settings *settings;
    char node[MQTT_NODE_BYTES], client[MQTT_NODE_BYTES + 8];
    struct topics topics;
    char status_topic[TOPIC_BYTES];

    struct broker *broker;
    char down_reason[256];                        /* that was logged */
    const char *refusals_told[REFUSALS_TOLD_MAX]; /* of what this connection's broker did not take */
    size_t too_large; /* bytes of the smallest payload that the broker found too large; 0: none */
    /* Bytes of the largest payload that was on its way when the last connection was lost early. */
    size_t suspect;
    unsigned int suspicions; /* connections that were, one after the other, with that */
    int64_t up_ms;           /* monotonic: connected since then */
    bool is_deaf_told;       /* and that it does not let us read */
    struct retained retained;
    int retained_messages[RETAINED_SENT_MAX + LAST_WORDS];
    size_t retained_sent;
    struct outbox outbox;
    struct camd_place stored; /* what was acknowledged, on disk */
    int place_error;          /* that was logged */
    struct sweep sweep;
    struct commands commands;
    uint64_t lost; /* events that nobody gets */

    struct camd_link *link;
    char trouble[BRIDGE_TEXT_BYTES]; /* what is wrong with camd, as was logged; "": nothing */
    bool is_refused;                 /* camd does not tell what happens */
    struct known_cameras cameras;
    char *segments_prefix;
    uint64_t epoch; /* camd's, of the last snapshot */
    /* Up to this event, cameras are known from what was asked; epoch 0: by events since. */
    struct camd_place known;
    unsigned int asked; /* answers that are still to come in a sync */
    bool has_sync_failed, wants_sync;
    int64_t since_ns;        /* wall clock: camd is there, or is not, since then */
    int64_t camd_started_ns; /* wall clock, as camd says; 0: it has not yet */
    bool is_there, is_stopping;
    bool is_held;      /* camd is not read: too much waits for the broker */
    bool is_held_told; /* and so it was told, until nothing waits any more */
    bool is_synced;    /* it is known which topics there are */
    bool is_swept, is_subscribed;
    bool is_fresh; /* was asked just now: the snapshot that follows says nothing new */

    /* what the node said of itself last */
    size_t reported_dark, reported_cameras;
    uint64_t reported_lost;
    char reported_trouble[BRIDGE_TEXT_BYTES];
    bool reported_there, is_report_due;
    unsigned int looks; /* since then */

    ev_timer sync_timer, gone_timer, place_timer, report_timer, stop_timer;
};

/* What was acknowledged goes to the disk, in a moment. */
void bridge_store_place_soon(struct bridge *bridge);
void bridge_set_there(struct bridge *bridge, bool is_there);
/* What is wrong with camd, for the node's report; "": nothing. Whether that is news, and is to be logged. */
bool bridge_set_trouble(struct bridge *bridge, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Of the subscription to camd. */
void bridge_take(void *context, const struct camd_reply *reply);

/* ---- bridge_broker.c: what is on its way to the broker, and what it says ---- */

extern const struct broker_handlers bridge_broker_handlers;
/* Publishes what is due, and reads camd or not. */
void bridge_pump(struct bridge *bridge);
/* Clears what the broker keeps and is not ours any more: once a connection, when it is known which topics there are. */
void bridge_sweep(struct bridge *bridge);

/* ---- bridge_sync.c: asking camd how everything is ---- */

void bridge_init_sync(struct bridge *bridge);
/* In a moment, so that many reasons make one. */
void bridge_sync_soon(struct bridge *bridge);
void bridge_discover_node(struct bridge *bridge);

#endif

/* bridge_broker.c - the broker's side of the bridge: what is on its way to it, and what it says */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "mqtt/bridge_private.h"

enum {
    FORGIVEN_MS = 30000,
    SUSPICIONS = 3,
};

/* ---- what it refuses ---- */

/* Whether it is the first time in this connection; it is remembered. */
static bool is_new_refusal(struct bridge *bridge, const char *reason)
{
    for (size_t i = 0; i < REFUSALS_TOLD_MAX; i++) {
        if (bridge->refusals_told[i] == reason)
            return false;
        if (!bridge->refusals_told[i]) {
            bridge->refusals_told[i] = reason;
            return true;
        }
    }
    return false;
}

/* The same reason is told once a connection. */
static void tell_refused(struct bridge *bridge, const char *what, const char *reason)
{
    if (is_new_refusal(bridge, reason))
        log_warning(
            NULL,
            "the broker does not take %s: %s; others like it are not told, but counted when they are events",
            what, reason);
}

/* For good: nobody gets it. */
static void lose_event(struct bridge *bridge, const char *topic, const char *reason)
{
    bridge->lost++;
    bridge->is_report_due = true;
    tell_refused(bridge, topic, reason);
}

static const char *reason_not_sent(int error)
{
    static const char too_large[] =
        "it is larger than the broker takes: a larger message_size_limit or max_packet_size (mosquitto.conf), or pictures = no in mqtt.ini",
                      not_valid[] = "it is not valid, as was logged";
    return error == -EMSGSIZE ? too_large : not_valid;
}

static void learn_too_large(struct bridge *bridge, size_t size)
{
    if (bridge->too_large == 0 || size < bridge->too_large)
        bridge->too_large = size;
}

/* What has been replaced since it was sent has another size by now. */
static void take_refused_topic(struct bridge *bridge, const struct retained_topic *topic, bool is_too_large,
                               const char *reason)
{
    if (is_too_large && topic && !topic->is_due)
        learn_too_large(bridge, topic->size);
    tell_refused(bridge, topic ? topic->name : "what is published", reason);
}

static void take_refused_event(struct bridge *bridge, const struct outbox_event *event, bool is_too_large,
                               const char *reason)
{
    if (is_too_large)
        learn_too_large(bridge, event->size);
    lose_event(bridge, event->topic, reason);
}

/* Numbers come again: only what is on its way is looked for. */
static void take_refusal(struct bridge *bridge, int message, bool is_retained,
                         const struct broker_refusal *refusal)
{
    const struct outbox_event *event = is_retained ? NULL : outbox_sent_as(&bridge->outbox, message);
    const char *reason = refusal->is_too_large ? reason_not_sent(-EMSGSIZE) : refusal->reason;
    if (event)
        take_refused_event(bridge, event, refusal->is_too_large, reason);
    else
        take_refused_topic(bridge, is_retained ? retained_refuse(&bridge->retained, message) : NULL,
                           refusal->is_too_large, reason);
}

/* Of what the broker has not acknowledged. */
static size_t largest_on_its_way(const struct bridge *bridge)
{
    size_t largest = outbox_largest_sent(&bridge->outbox);
    for (size_t i = 0; i < bridge->retained_sent; i++) {
        const struct retained_topic *topic =
            retained_published_as(&bridge->retained, bridge->retained_messages[i]);
        if (topic && !topic->is_due && topic->size > largest)
            largest = topic->size;
    }
    return largest;
}

/* A broker of MQTT 3.1.1 that finds a message too large has no word for it, and ends the connection. */
static void suspect_largest(struct bridge *bridge)
{
    const size_t largest = largest_on_its_way(bridge);
    bridge->suspicions = largest > 0 && largest == bridge->suspect ? bridge->suspicions + 1 : 1;
    bridge->suspect = largest;
    if (largest == 0 || bridge->suspicions < SUSPICIONS)
        return;
    learn_too_large(bridge, largest);
    log_warning(
        NULL,
        "the broker ends each connection when a message of %zu bytes comes: such messages are not published any more (mosquitto.conf: max_packet_size)",
        largest);
}

/* A broker that had nothing against us for a while may be another one when it comes back. */
static void forgive(struct bridge *bridge)
{
    bridge->suspect = 0;
    bridge->too_large = 0;
    retained_forgive(&bridge->retained);
}

static void learn_from_end(struct bridge *bridge)
{
    if (bridge->up_ms == 0)
        return;
    if (clock_monotonic_ms() - bridge->up_ms > FORGIVEN_MS)
        forgive(bridge);
    else
        suspect_largest(bridge);
    bridge->up_ms = 0;
}

/* ---- what is on its way to it ---- */

/* What was found too large once, or larger, is not sent again: some brokers end the connection for it. */
static int publish(struct bridge *bridge, const char *topic, const char *payload, size_t size,
                   bool is_retained)
{
    if (bridge->too_large > 0 && size >= bridge->too_large)
        return -EMSGSIZE;
    return broker_publish(bridge->broker, topic, payload, size, is_retained);
}

static void pump_retained(struct bridge *bridge)
{
    const struct retained_topic *topic;
    while (bridge->retained_sent < RETAINED_SENT_MAX && (topic = retained_next(&bridge->retained)) != NULL) {
        const int message = publish(bridge, topic->name, topic->payload, topic->size, true);
        if (message == -ENOTCONN)
            return;
        if (message < 0)
            tell_refused(bridge, topic->name, reason_not_sent(message));
        else
            bridge->retained_messages[bridge->retained_sent++] = message;
        retained_published(&bridge->retained, message < 0 ? 0 : message);
    }
}

static void pump_events(struct bridge *bridge)
{
    const struct outbox_event *event;
    while (bridge->outbox.sent < EVENTS_SENT_MAX && (event = outbox_next(&bridge->outbox)) != NULL) {
        const int message = publish(bridge, event->topic, event->payload, event->size, false);
        if (message == -ENOTCONN)
            return;
        if (message > 0) {
            outbox_sent(&bridge->outbox, message);
            continue;
        }
        lose_event(bridge, event->topic, reason_not_sent(message));
        if (outbox_give_up(&bridge->outbox))
            bridge_store_place_soon(bridge);
    }
}

/* What the broker does not take waits here, and then in camd. Told once, until nothing waits any more. */
static void hold_camd(struct bridge *bridge)
{
    const struct outbox *outbox = &bridge->outbox;
    if (outbox_is_full(outbox))
        bridge->is_held = true;
    else if (outbox->count <= outbox->capacity / 2)
        bridge->is_held = false;
    if (bridge->is_held && !bridge->is_held_told)
        log_warning(
            NULL,
            "%zu events wait for the broker: further ones wait in camd's history (queue_events in mqtt.ini)",
            outbox->count);
    else if (bridge->is_held_told && outbox->count == 0)
        log_notice(NULL, "the broker has taken all events that waited for it");
    bridge->is_held_told = bridge->is_held || (bridge->is_held_told && outbox->count > 0);
    camd_link_pause(bridge->link, bridge->is_held || bridge->is_stopping);
}

void bridge_pump(struct bridge *bridge)
{
    if (broker_is_up(bridge->broker) && !bridge->is_stopping) {
        pump_retained(bridge);
        pump_events(bridge);
    }
    hold_camd(bridge);
}

/* ---- what it says ---- */

static bool take_retained_message(struct bridge *bridge, int message)
{
    for (size_t i = 0; i < bridge->retained_sent; i++) {
        if (bridge->retained_messages[i] == message) {
            bridge->retained_messages[i] = bridge->retained_messages[--bridge->retained_sent];
            return true;
        }
    }
    return false;
}

static void end_if_done(struct bridge *bridge)
{
    if (bridge->is_stopping && bridge->retained_sent == 0 && bridge->outbox.sent == 0)
        companion_end(bridge->companion, 0);
}

static void on_acknowledged(void *context, int message, const struct broker_refusal *refusal)
{
    struct bridge *bridge = context;
    if (sweep_acknowledged(&bridge->sweep, message, refusal) ||
        (commands_acknowledged(&bridge->commands, message) && !refusal))
        return;
    const bool is_retained = take_retained_message(bridge, message);
    if (refusal)
        take_refusal(bridge, message, is_retained, refusal);
    if (!is_retained && outbox_acknowledge(&bridge->outbox, message))
        bridge_store_place_soon(bridge);
    bridge_pump(bridge);
    end_if_done(bridge);
}

static void on_up(void *context)
{
    struct bridge *bridge = context;
    log_notice(NULL, "connected to the broker at %s, as node %s; %zu events wait for it",
               bridge->settings->broker, bridge->topics.node, bridge->outbox.count);
    bridge->down_reason[0] = '\0';
    memset(bridge->refusals_told, 0, sizeof(bridge->refusals_told));
    bridge->is_deaf_told = false;
    bridge->up_ms = clock_monotonic_ms();
    broker_publish(bridge->broker, bridge->status_topic, "online", strlen("online"), true);
    retained_publish_all(&bridge->retained);
    commands_subscribe(&bridge->commands);
    if (!bridge->is_synced)
        sweep_doubt(&bridge->sweep, bridge->broker, &bridge->topics);
    bridge_sweep(bridge);
    bridge_pump(bridge);
}

/* The same reason is told once. */
static void on_down(void *context, const char *reason)
{
    struct bridge *bridge = context;
    if (strcmp(bridge->down_reason, reason) != 0)
        log_warning(
            NULL,
            "not connected to the broker at %s:%d: %s; it is tried again, and what happens meanwhile is kept",
            bridge->settings->broker, mqtt_port(bridge->settings), reason);
    snprintf(bridge->down_reason, sizeof(bridge->down_reason), "%s", reason);
    learn_from_end(bridge);
    bridge->retained_sent = 0;
    bridge->is_swept = false;
    sweep_stop(&bridge->sweep);
    commands_down(&bridge->commands);
    outbox_rewind(&bridge->outbox);
    if (bridge->is_stopping)
        companion_end(bridge->companion, 0);
}

/* Once for a connection, when it is known which topics there are. */
void bridge_sweep(struct bridge *bridge)
{
    if (bridge->is_swept || !bridge->is_synced || !broker_is_up(bridge->broker))
        return;
    bridge->is_swept = true;
    sweep_begin(&bridge->sweep, bridge->broker, &bridge->topics);
}

/* Told once a connection. */
static void tell_refused_subscription(struct bridge *bridge, int message)
{
    const struct topics *topics = &bridge->topics;
    if (message == bridge->commands.subscription) {
        if (bridge->settings->commands)
            log_warning(
                NULL,
                "commands do not come: the broker does not let this user read %s/%s/camera/+/+/set: its access list has to",
                topics->prefix, topics->node);
    } else if (!bridge->is_deaf_told) {
        bridge->is_deaf_told = true;
        log_warning(
            NULL,
            "what the broker keeps of cameras that are gone is not cleared: it does not let this user read its own topics, %s/%s/#: its access list has to",
            topics->prefix, topics->node);
    }
}

static void on_subscribed(void *context, int message, bool is_refused)
{
    struct bridge *bridge = context;
    if (is_refused)
        tell_refused_subscription(bridge, message);
    sweep_subscribed(&bridge->sweep, bridge->broker, message);
}

static void on_message(void *context, const char *topic, const void *payload, size_t size, bool is_kept)
{
    struct bridge *bridge = context;
    if (is_kept)
        sweep_take(&bridge->sweep, bridge->broker, &bridge->retained, topic);
    if (!bridge->is_stopping)
        commands_take(&bridge->commands, topic, payload, size, is_kept);
}

const struct broker_handlers bridge_broker_handlers = {.up = on_up,
                                                       .down = on_down,
                                                       .acknowledged = on_acknowledged,
                                                       .subscribed = on_subscribed,
                                                       .message = on_message};

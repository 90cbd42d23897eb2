#include "mqtt/sweep.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

enum { FILTERS = 3 };

/* Returns how many. Home Assistant is to hear first that a device is gone, and then that what it looked at is. */
static size_t make_filters(const struct topics *topics, char filters[FILTERS][TOPIC_BYTES])
{
    size_t count = 0;
    if (topics->discovery) {
        topic_of_discovery(topics, "+", filters[count++]);
        topic_of_discovery(topics, NULL, filters[count++]);
    }
    topic_of_node(topics, "camera/#", filters[count++]);
    return count;
}

static const char *availabilities(const struct topics *topics, char filter[TOPIC_BYTES])
{
    return topic_of_camera(topics, "+", "availability", filter);
}

void sweep_doubt(struct sweep *sweep, struct broker *broker, const struct topics *topics)
{
    char filter[TOPIC_BYTES];
    *sweep = (struct sweep){.topics = topics, .is_doubting = true};
    broker_subscribe(broker, availabilities(topics, filter), 0);
}

/* Brokers answer a subscription before or after they send what they keep; the second answer comes after either. */
void sweep_begin(struct sweep *sweep, struct broker *broker, const struct topics *topics)
{
    char filters[FILTERS][TOPIC_BYTES], status[TOPIC_BYTES];
    const size_t count = make_filters(topics, filters);
    if (sweep->is_doubting)
        broker_unsubscribe(broker, availabilities(topics, status));
    *sweep = (struct sweep){.topics = topics};
    for (size_t i = 0; i < count; i++)
        broker_subscribe(broker, filters[i], 0);
    const int message = broker_subscribe(broker, topic_of_node(topics, "status", status), 0);
    sweep->last_message = message > 0 ? message : 0;
}

void sweep_stop(struct sweep *sweep)
{
    *sweep = (struct sweep){.topics = sweep->topics};
}

/* When all has come, and all that was done about it is answered. */
static void tell_if_done(struct sweep *sweep)
{
    if (sweep->last_message != 0 || sweep->waiting_count > 0)
        return;
    if (sweep->cleared > 0)
        log_notice(NULL, "cleared %zu topic%s of cameras or labels that are gone", sweep->cleared,
                   sweep->cleared == 1 ? "" : "s");
    if (sweep->refused > 0)
        log_warning(NULL,
                    "%zu topic%s of cameras or labels that are gone cannot be cleared at the broker: %s",
                    sweep->refused, sweep->refused == 1 ? "" : "s", sweep->refusal);
    sweep->cleared = sweep->refused = 0;
}

bool sweep_acknowledged(struct sweep *sweep, int message, const struct broker_refusal *refusal)
{
    const uint8_t bit = (uint8_t)(1 << (message % 8));
    uint8_t *byte = &sweep->waiting[(message % SWEEP_MESSAGES) / 8];
    if (!(*byte & bit))
        return false;
    *byte = (uint8_t)(*byte & ~bit);
    sweep->waiting_count--;
    sweep->cleared += !refusal;
    sweep->refused += refusal != NULL;
    if (refusal)
        sweep->refusal = refusal->reason;
    tell_if_done(sweep);
    return true;
}

void sweep_subscribed(struct sweep *sweep, struct broker *broker, int message)
{
    char filters[FILTERS][TOPIC_BYTES], status[TOPIC_BYTES];
    if (sweep->last_message == 0 || message != sweep->last_message)
        return;
    const size_t count = make_filters(sweep->topics, filters);
    for (size_t i = 0; i < count; i++)
        broker_unsubscribe(broker, filters[i]);
    broker_unsubscribe(broker, topic_of_node(sweep->topics, "status", status));
    sweep->last_message = 0;
    tell_if_done(sweep);
}

static void clear(struct sweep *sweep, struct broker *broker, const char *topic)
{
    const int message = broker_publish(broker, topic, "", 0, true);
    if (message <= 0)
        return;
    sweep->waiting[(message % SWEEP_MESSAGES) / 8] |= (uint8_t)(1 << (message % 8));
    sweep->waiting_count++;
}

static bool is_below(const struct topics *topics, const char *topic)
{
    char beginning[TOPIC_BYTES], discovery[TOPIC_BYTES] = "";
    topic_of_node(topics, "camera/", beginning);
    if (topics->discovery)
        snprintf(discovery, sizeof(discovery), "%s/device/camd_%s/", topics->discovery, topics->node);
    return strncmp(topic, beginning, strlen(beginning)) == 0 ||
           (discovery[0] != '\0' && strncmp(topic, discovery, strlen(discovery)) == 0);
}

/* The broker keeps commands of others' making beside it. */
static bool is_availability(const char *topic)
{
    const char *last = strrchr(topic, '/');
    return last && strcmp(last, "/availability") == 0;
}

void sweep_take(struct sweep *sweep, struct broker *broker, const struct retained *retained,
                const char *topic)
{
    if (sweep->is_doubting && is_availability(topic))
        broker_publish(broker, topic, "offline", strlen("offline"), true);
    if (sweep->last_message == 0 || !is_below(sweep->topics, topic) || retained_has(retained, topic))
        return;
    clear(sweep, broker, topic);
}

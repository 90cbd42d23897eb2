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
    sweep->last_message = 0;
    sweep->is_doubting = false;
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
    if (sweep->cleared > 0)
        log_notice(NULL, "cleared %zu topics of cameras or labels that are gone", sweep->cleared);
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
    if (broker_publish(broker, topic, "", 0, true) > 0)
        sweep->cleared++;
}

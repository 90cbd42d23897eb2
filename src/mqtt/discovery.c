/*
 * discovery.c - see discovery.h, and "Device discovery payload" in Home Assistant's documentation of MQTT
 *
 * Members and values are those of that documentation; tests/integration/home_assistant.py has them as a table.
 */
#include "mqtt/discovery.h"

#include <stdio.h>

#include "base/json.h"

enum { TOLD_MAX = 4096 }; /* components of a camera; then those that are gone have been told often enough */

struct making {
    const struct topics *topics;
    const struct known_camera *camera;
    json_t *components;
};

/* ---- parts ---- */

static json_t *make_origin(void)
{
    return json_pack("{s:s, s:s}", "name", "camd-mqtt", "sw_version", CAMD_VERSION);
}

/* {"topic": PREFIX/NODE/status}; what they say are the payloads that Home Assistant expects unless told otherwise. */
static json_t *make_availability(const struct making *making, bool needs_pictures)
{
    char status[TOPIC_BYTES], pictures[TOPIC_BYTES];
    topic_of_node(making->topics, "status", status);
    if (!needs_pictures)
        return json_pack("[{s:s}]", "topic", status);
    topic_of_camera(making->topics, making->camera->name, "availability", pictures);
    return json_pack("[{s:s}, {s:s}]", "topic", status, "topic", pictures);
}

/*
 * A component with what all have; key is its own within the device, and its unique_id comes of it. Both have levels as topics
 * have: no two of node, camera, zone and label together make one name. The members are taken.
 */
static void add(struct making *making, const char *key, const char *platform, const char *name,
                bool needs_pictures, json_t *members)
{
    char unique[TOPIC_BYTES];
    if (making->camera)
        snprintf(unique, sizeof(unique), "camd/%s/%s/%s", making->topics->node, making->camera->name, key);
    else
        snprintf(unique, sizeof(unique), "camd/%s/%s", making->topics->node, key);
    json_t *component =
        json_pack("{s:s, s:s, s:s, s:s, s:o}", "platform", platform, "unique_id", unique, "name", name,
                  "availability_mode", "all", "availability", make_availability(making, needs_pictures));
    if (component && members)
        json_object_update(component, members);
    json_object_set_new(making->components, key, component);
    json_decref(members);
}

/* Nothing but its platform: Home Assistant takes it away if it has it. */
static void take_away(json_t *components, const char *key, const char *platform)
{
    json_object_set_new(components, key, json_pack("{s:s}", "platform", platform));
}

static const char *own_topic(const struct making *making, const char *what, char topic[TOPIC_BYTES])
{
    return topic_of_camera(making->topics, making->camera->name, what, topic);
}

/* ---- a camera's components ---- */

/*
 * When a camera is removed, its state is cleared, and Home Assistant may see that before it has taken the device away: the
 * templates let it find nothing wrong with that.
 */
static void add_states(struct making *making)
{
    char topic[TOPIC_BYTES], state[TOPIC_BYTES];
    add(making, "motion", "binary_sensor", "Motion", true,
        json_pack("{s:s, s:s}", "state_topic", own_topic(making, "motion", topic), "device_class", "motion"));
    add(making, "problem", "binary_sensor", "Problem", false,
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "state_topic", own_topic(making, "problem", topic),
                  "device_class", "problem", "entity_category", "diagnostic", "json_attributes_topic",
                  own_topic(making, "state", state), "json_attributes_template", "{{ value or '{}' }}"));
    add(making, "state", "sensor", "State", false,
        json_pack("{s:s, s:s, s:s}", "state_topic", own_topic(making, "state", topic), "value_template",
                  "{{ value_json.state if value else '' }}", "entity_category", "diagnostic"));
}

static void add_switch(struct making *making, const char *what, const char *name, bool is_taken)
{
    char state[TOPIC_BYTES], set[TOPIC_BYTES], level[TOPIC_LEVEL_BYTES];
    if (!is_taken) {
        take_away(making->components, what, "switch");
        return;
    }
    snprintf(level, sizeof(level), "%s/set", what);
    add(making, what, "switch", name, false,
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "state_topic", own_topic(making, what, state), "command_topic",
                  own_topic(making, level, set), "payload_on", "ON", "payload_off", "OFF", "entity_category",
                  "config"));
}

/* Whether there is one: by the count, which is a topic of its own. */
static void add_occupancy(struct making *making, const char *zone, const char *label)
{
    char what[TOPIC_BYTES], key[TOPIC_BYTES], name[TOPIC_BYTES], topic[TOPIC_BYTES];
    char label_level[TOPIC_LEVEL_BYTES], zone_level[TOPIC_LEVEL_BYTES] = "";
    topic_level(label, label_level);
    if (zone)
        topic_level(zone, zone_level);
    snprintf(what, sizeof(what), zone ? "zone/%s/%s" : "objects%s/%s", zone_level, label_level);
    snprintf(key, sizeof(key), "occupancy%s%s/%s", zone ? "/" : "", zone_level, label_level);
    snprintf(name, sizeof(name), zone ? "%s: %s" : "%s%s", zone ? zone : "", label);
    add(making, key, "binary_sensor", name, true,
        json_pack("{s:s, s:s, s:s}", "state_topic", own_topic(making, what, topic), "device_class",
                  "occupancy", "value_template", "{{ 'ON' if value | int(0) > 0 else 'OFF' }}"));
    snprintf(key, sizeof(key), "count%s%s/%s", zone ? "/" : "", zone_level, label_level);
    snprintf(name, sizeof(name), zone ? "%s: %s count" : "%s%s count", zone ? zone : "", label);
    add(making, key, "sensor", name, true,
        json_pack("{s:s, s:s}", "state_topic", own_topic(making, what, topic), "state_class", "measurement"));
}

static void add_picture(struct making *making, const char *label, bool is_published)
{
    char what[TOPIC_BYTES], key[TOPIC_BYTES], name[TOPIC_BYTES], topic[TOPIC_BYTES], level[TOPIC_LEVEL_BYTES];
    snprintf(what, sizeof(what), "picture/%s", topic_level(label, level));
    snprintf(key, sizeof(key), "picture/%s", level);
    snprintf(name, sizeof(name), "Last %s", label);
    if (is_published)
        add(making, key, "image", name, true,
            json_pack("{s:s, s:s}", "image_topic", own_topic(making, what, topic), "content_type",
                      "image/jpeg"));
    else
        take_away(making->components, key, "image");
}

static void add_pictures(struct making *making, bool are_published)
{
    char topic[TOPIC_BYTES];
    if (are_published)
        add(making, "camera", "camera", "Last object", true,
            json_pack("{s:s}", "topic", own_topic(making, "picture", topic)));
    else
        take_away(making->components, "camera", "camera");
    for (size_t i = 0; i < making->camera->label_count; i++)
        add_picture(making, making->camera->labels[i], are_published);
}

/* ---- devices ---- */

static json_t *finish(struct making *making, json_t *device)
{
    return json_pack("{s:o, s:o, s:o}", "device", device, "origin", make_origin(), "components",
                     making->components);
}

json_t *discovery_of_camera(const struct known_camera *camera, const struct topics *topics,
                            const struct discovery_wish *wish)
{
    struct making making = {.topics = topics, .camera = camera, .components = json_object()};
    char id[TOPIC_BYTES], node[TOPIC_BYTES];
    add_states(&making);
    add_switch(&making, "enabled", "Enabled", wish->takes_enable);
    add_switch(&making, "motion_detection", "Motion detection", wish->takes_motion);
    for (size_t l = 0; l < camera->label_count; l++) {
        add_occupancy(&making, NULL, camera->labels[l]);
        for (size_t z = 0; z < camera->zone_count; z++)
            add_occupancy(&making, camera->zones[z], camera->labels[l]);
    }
    add_pictures(&making, wish->has_pictures);
    snprintf(id, sizeof(id), "camd/%s/%s", topics->node, camera->name);
    snprintf(node, sizeof(node), "camd/%s", topics->node);
    return finish(&making, json_pack("{s:[s], s:s, s:s, s:s, s:s, s:s}", "identifiers", id, "name",
                                     camera->name, "manufacturer", "camd", "model", "Camera", "sw_version",
                                     CAMD_VERSION, "via_device", node));
}

json_t *discovery_of_node(const struct topics *topics)
{
    struct making making = {.topics = topics, .components = json_object()};
    char id[TOPIC_BYTES], name[TOPIC_BYTES], topic[TOPIC_BYTES];
    topic_of_node(topics, "node", topic);
    add(&making, "camd", "binary_sensor", "camd", false,
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "state_topic", topic, "device_class", "running",
                  "value_template", "{{ 'ON' if value_json.camd == 'up' else 'OFF' }}", "entity_category",
                  "diagnostic", "json_attributes_topic", topic, "json_attributes_template",
                  "{{ {'reason': value_json.reason} | tojson }}"));
    add(&making, "dark", "sensor", "Dark cameras", false,
        json_pack("{s:s, s:s, s:s, s:s}", "state_topic", topic, "value_template", "{{ value_json.dark }}",
                  "state_class", "measurement", "entity_category", "diagnostic"));
    snprintf(id, sizeof(id), "camd/%s", topics->node);
    snprintf(name, sizeof(name), "camd %s", topics->node);
    return finish(&making, json_pack("{s:[s], s:s, s:s, s:s, s:s}", "identifiers", id, "name", name,
                                     "manufacturer", "camd", "model", "Node", "sw_version", CAMD_VERSION));
}

void discovery_take_away(json_t *discovery, json_t *told)
{
    json_t *components = json_object_get(discovery, "components"), *component, *platform;
    const char *key;
    json_object_foreach(told, key, platform) {
        if (!json_object_get(components, key))
            take_away(components, key, json_string_value(platform));
    }
    if (json_object_size(told) > TOLD_MAX)
        json_object_clear(told);
    json_object_foreach(components, key, component) {
        json_object_set(told, key, json_object_get(component, "platform"));
    }
}

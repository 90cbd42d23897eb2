#include "mqtt/known_camera.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

void known_camera_init(struct known_camera *camera, const char *name)
{
    *camera = (struct known_camera){.is_enabled = true, .looks_for_motion = true};
    snprintf(camera->name, sizeof(camera->name), "%s", name);
}

static void clear_words(char **words, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        free(words[i]);
    *count = 0;
}

void known_camera_fini(struct known_camera *camera)
{
    clear_words(camera->labels, &camera->label_count);
    clear_words(camera->zones, &camera->zone_count);
    free(camera->state);
    free(camera->reason);
    free(camera->hint);
    free(camera->since);
}

/* When memory is short, what was known is forgotten. */
static void take_text(char **field, const char *text)
{
    free(*field);
    *field = text && *text ? strdup(text) : NULL;
}

/* ---- labels and zones ---- */

/* The place of the word, added if need be; most when there is no room. */
static size_t place_of(char **words, size_t *count, size_t most, const char *word, size_t length)
{
    for (size_t i = 0; i < *count; i++) {
        if (strncmp(words[i], word, length) == 0 && words[i][length] == '\0')
            return i;
    }
    if (*count == most)
        return most;
    words[*count] = strndup(word, length);
    return words[*count] ? (*count)++ : most;
}

/* Labels that are one level of a topic are one label. */
static size_t label_of(struct known_camera *camera, const char *word, size_t length)
{
    char label[CAMD_LABEL_BYTES], level[TOPIC_LEVEL_BYTES], other[TOPIC_LEVEL_BYTES];
    snprintf(label, sizeof(label), "%.*s", (int)length, word);
    topic_level(label, level);
    for (size_t i = 0; i < camera->label_count; i++) {
        if (strcmp(topic_level(camera->labels[i], other), level) == 0)
            return i;
    }
    return place_of(camera->labels, &camera->label_count, KNOWN_LABELS_MAX, word, length);
}

static size_t zone_of(struct known_camera *camera, const char *word, size_t length)
{
    return place_of(camera->zones, &camera->zone_count, KNOWN_ZONES_MAX, word, length);
}

/* With commas between them and nothing else: a label may have white space in it, as "traffic light" has. */
static void take_labels(struct known_camera *camera, const char *list)
{
    while (*list) {
        list += strspn(list, ",");
        const size_t length = strcspn(list, ",");
        if (length > 0)
            label_of(camera, list, length);
        list += length;
    }
}

/* The zone's name in its key, zone.NAME; NULL: it is another key. */
static const char *zone_name(const char *key)
{
    static const char zone[] = "zone.";
    const char *name = key + sizeof(zone) - 1;
    return strncmp(key, zone, sizeof(zone) - 1) == 0 && !strchr(name, '.') ? name : NULL;
}

static uint64_t hash_description(const json_t *settings)
{
    uint64_t hash = 1;
    for (size_t i = 0; i < json_array_size(settings); i++) {
        const json_t *setting = json_array_get(settings, i);
        const char *key = json_member_string(setting, "key", "");
        if (strcmp(key, "objects_track") == 0)
            hash = hash * 31 + text_hash(json_member_string(setting, "value", ""));
        else if (zone_name(key))
            hash = hash * 31 + text_hash(key);
    }
    return hash;
}

static void take_setting(struct known_camera *camera, const char *key, const char *value)
{
    const char *zone = zone_name(key);
    if (strcmp(key, "objects_track") == 0)
        take_labels(camera, value);
    else if (strcmp(key, "motion") == 0)
        camera->looks_for_motion = strcmp(value, "yes") == 0;
    else if (zone)
        zone_of(camera, zone, strlen(zone));
}

/* Objects know labels and zones by their places, so they go together. */
bool known_camera_take_settings(struct known_camera *camera, const json_t *part)
{
    const json_t *settings = json_object_get(part, "settings");
    const uint64_t hash = hash_description(settings);
    const bool has_changed = camera->description_hash != 0 && camera->description_hash != hash;
    if (has_changed) {
        known_camera_forget_objects(camera);
        clear_words(camera->labels, &camera->label_count);
        clear_words(camera->zones, &camera->zone_count);
    }
    camera->description_hash = hash;
    for (size_t i = 0; i < json_array_size(settings); i++) {
        const json_t *setting = json_array_get(settings, i);
        take_setting(camera, json_member_string(setting, "key", ""),
                     json_member_string(setting, "value", ""));
    }
    return has_changed;
}

/* ---- objects ---- */

void known_camera_forget_objects(struct known_camera *camera)
{
    camera->object_count = 0;
}

static struct known_object *object_of(struct known_camera *camera, uint64_t id)
{
    for (size_t i = 0; i < camera->object_count; i++) {
        if (camera->objects[i].id == id)
            return &camera->objects[i];
    }
    return NULL;
}

static void take_object_end(struct known_camera *camera, uint64_t id)
{
    struct known_object *object = object_of(camera, id);
    if (object)
        *object = camera->objects[--camera->object_count];
}

static uint32_t zones_of(struct known_camera *camera, const json_t *zones)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < json_array_size(zones); i++) {
        const char *zone = json_string_value(json_array_get(zones, i));
        const size_t place = zone ? zone_of(camera, zone, strlen(zone)) : KNOWN_ZONES_MAX;
        if (place < KNOWN_ZONES_MAX)
            bits |= UINT32_C(1) << place;
    }
    return bits;
}

static void take_object(struct known_camera *camera, const json_t *event)
{
    const uint64_t id = (uint64_t)json_member_int(event, "id", 0);
    const char *label = json_member_string(event, "label", "");
    if (strcmp(json_member_string(event, "phase", ""), "end") == 0) {
        take_object_end(camera, id);
        return;
    }
    const size_t place = label_of(camera, label, strlen(label));
    struct known_object *object = object_of(camera, id);
    if (!object && camera->object_count < KNOWN_OBJECTS_MAX)
        object = &camera->objects[camera->object_count++];
    if (object)
        *object = (struct known_object){
            .id = id, .label = (uint32_t)place, .zones = zones_of(camera, json_object_get(event, "zones"))};
}

/* ---- states ---- */

static bool state_is(const struct known_camera *camera, const char *state)
{
    return camera->state && strcmp(camera->state, state) == 0;
}

static bool has_pictures(const struct known_camera *camera)
{
    return state_is(camera, "up") || state_is(camera, "degraded");
}

static void take_state(struct known_camera *camera, const json_t *told)
{
    take_text(&camera->state, json_member_string(told, "state", ""));
    take_text(&camera->reason, json_member_string(told, "reason", ""));
    take_text(&camera->hint, json_member_string(told, "hint", ""));
    take_text(&camera->since, json_member_string(told, "since", ""));
    camera->is_dark = state_is(camera, "backoff") || state_is(camera, "failed");
    if (!has_pictures(camera)) {
        camera->has_motion = false;
        known_camera_forget_objects(camera);
    }
}

void known_camera_take_status(struct known_camera *camera, const json_t *status, int64_t now_ns)
{
    const json_t *dark_s = json_object_get(status, "dark_s");
    char since[CLOCK_TEXT_BYTES];
    take_state(camera, status);
    camera->is_enabled = json_member_bool(status, "enabled", true);
    camera->has_motion = json_member_bool(status, "motion", false);
    camera->is_dark = json_is_number(dark_s);
    if (camera->is_dark) {
        clock_format_utc(now_ns - (int64_t)(json_number_value(dark_s) * (double)CLOCK_NS_PER_S), since);
        take_text(&camera->since, since);
    }
}

static void take_motion(struct known_camera *camera, const json_t *event)
{
    camera->has_motion = json_member_bool(event, "active", false);
}

static void take_enabled(struct known_camera *camera, const json_t *event)
{
    camera->is_enabled = strcmp(json_member_string(event, "event", ""), "camera_enabled") == 0;
}

static const struct {
    const char *event;
    void (*take)(struct known_camera *camera, const json_t *event);
} events[] = {
    {"camera_state", take_state},     {"motion", take_motion},           {"object", take_object},
    {"camera_enabled", take_enabled}, {"camera_disabled", take_enabled},
};

void known_camera_take_event(struct known_camera *camera, const json_t *event)
{
    const char *word = json_member_string(event, "event", "");
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (strcmp(events[i].event, word) == 0)
            events[i].take(camera, event);
    }
}

/* ---- what the broker keeps ---- */

struct publishing {
    const struct known_camera *camera;
    const struct topics *topics;
    struct retained *retained;
    int error;
};

static void set(struct publishing *publishing, const char *what, const char *text)
{
    char topic[TOPIC_BYTES];
    topic_of_camera(publishing->topics, publishing->camera->name, what, topic);
    int error = retained_set_text(publishing->retained, topic, text);
    if (error < 0)
        publishing->error = error;
}

static void set_bool(struct publishing *publishing, const char *what, bool is_on)
{
    set(publishing, what, is_on ? "ON" : "OFF");
}

static void set_state(struct publishing *publishing)
{
    const struct known_camera *camera = publishing->camera;
    json_t *state =
        json_pack("{s:s, s:s, s:s, s:b, s:b, s:s, s:s, s:s?}", "node", publishing->topics->node, "camera",
                  camera->name, "state", camera->state ? camera->state : "unknown", "dark", camera->is_dark,
                  "enabled", camera->is_enabled, "reason", camera->reason ? camera->reason : "", "hint",
                  camera->hint ? camera->hint : "", "since", camera->since);
    char *text = state ? json_text(state) : NULL;
    if (text)
        set(publishing, "state", text);
    else
        publishing->error = -ENOMEM;
    free(text);
    json_decref(state);
}

static void set_count(struct publishing *publishing, const char *zone, const char *label, unsigned int count)
{
    char what[TOPIC_BYTES], number[16], label_level[TOPIC_LEVEL_BYTES], zone_level[TOPIC_LEVEL_BYTES];
    topic_level(label, label_level);
    if (zone)
        snprintf(what, sizeof(what), "zone/%s/%s", topic_level(zone, zone_level), label_level);
    else
        snprintf(what, sizeof(what), "objects/%s", label_level);
    snprintf(number, sizeof(number), "%u", count);
    set(publishing, what, number);
}

static void set_counts(struct publishing *publishing)
{
    const struct known_camera *camera = publishing->camera;
    unsigned int all[KNOWN_LABELS_MAX + 1] = {0}, in_zone[KNOWN_ZONES_MAX][KNOWN_LABELS_MAX + 1] = {{0}};
    for (size_t i = 0; i < camera->object_count; i++) {
        const struct known_object *object = &camera->objects[i];
        all[object->label]++;
        for (size_t z = 0; z < camera->zone_count; z++)
            in_zone[z][object->label] += object->zones >> z & 1;
    }
    for (size_t l = 0; l < camera->label_count; l++) {
        set_count(publishing, NULL, camera->labels[l], all[l]);
        for (size_t z = 0; z < camera->zone_count; z++)
            set_count(publishing, camera->zones[z], camera->labels[l], in_zone[z][l]);
    }
}

int known_camera_publish(const struct known_camera *camera, bool is_camd_there, const struct topics *topics,
                         struct retained *retained)
{
    struct publishing publishing = {.camera = camera, .topics = topics, .retained = retained};
    set_state(&publishing);
    set(&publishing, "availability", is_camd_there && has_pictures(camera) ? "online" : "offline");
    set_bool(&publishing, "enabled", camera->is_enabled);
    set_bool(&publishing, "motion", camera->has_motion);
    set_bool(&publishing, "motion_detection", camera->looks_for_motion);
    set_bool(&publishing, "problem", camera->is_dark || state_is(camera, "degraded"));
    set_counts(&publishing);
    return publishing.error;
}

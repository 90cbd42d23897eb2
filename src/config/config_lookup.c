#include "config/config_keys.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "config/config_family.h"

const struct config_key *config_key_find(const char *name)
{
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (config_key_of_value(key, name))
            return key;
    }
    return NULL;
}

/* What people write who come from other programs: no misspellings, so that no distance finds them. */
static const struct {
    const char *word, *key;
} other_words[] = {
    {"url", "input"},
    {"uri", "input"},
    {"source", "input"},
    {"stream", "input"},
    {"rtsp", "input"},
    {"address", "input"},
    {"path", "input"},
    {"device", "input"},
    {"file", "input"},
    {"password", "password_file"},
    {"rate", "fps"},
    {"frame_rate", "fps"},
    {"framerate", "fps"},
    {"size", "width"},
    {"resolution", "width"},
    {"transport", "rtsp_transport"},
    {"enable", "enabled"},
    {"disabled", "enabled"},
    {"objects", "objects_track"},
    {"track", "objects_track"},
    {"labels", "objects_track"},
    {"timeout", "open_timeout"},
    {"threshold", "motion_threshold"},
    {"memory", "max_memory"},
    {"repeat", "loop"},
    {"zones", "zone"},
    {"masks", "mask"},
    {"filters", "filter"},
    {"type", "backend"},
    {"classes", "labels"},
};

static const char *other_word(const char *name, enum config_place place)
{
    for (size_t i = 0; i < sizeof(other_words) / sizeof(other_words[0]); i++) {
        if (strcasecmp(other_words[i].word, name) != 0)
            continue;
        for (size_t j = 0; j < config_key_count; j++) {
            if (strcmp(config_keys[j].name, other_words[i].key) == 0 && config_keys[j].places & place)
                return other_words[i].key;
        }
    }
    return NULL;
}

const char *config_key_nearest(const char *name, enum config_place place)
{
    const char *candidates[CONFIG_KEYS_MAX];
    const char *other = other_word(name, place);
    if (other)
        return other;
    size_t count = 0;
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (key->places & place)
            candidates[count++] = key->name;
        size_t length = strlen(key->name);
        if (key->places & place && key->family && strncmp(name, key->name, length) == 0 &&
            name[length] == '.')
            return key->name; /* what is wrong comes after it */
    }
    const char *nearest = text_nearest(name, candidates, count);
    size_t family = strcspn(name, ".");
    char word[32];
    if (nearest || !name[family] || family >= sizeof(word))
        return nearest;
    memcpy(word, name, family);
    word[family] = '\0';
    nearest = text_nearest(word, candidates, count);
    return nearest && !config_key_find(nearest) ? nearest : NULL; /* a family is found with a member only */
}

const struct config_key *config_key_of_value(const struct config_key *key, const char *name)
{
    if (key->family)
        return config_family_key(key, name);
    return strcmp(key->name, name) == 0 ? key : NULL;
}

bool config_may_lack_worker_user(const struct config *config)
{
    const char *standard = config_key_find("worker_user")->standard;
    return config->worker_user && strcmp(config->worker_user, standard) == 0 &&
           strcmp(config->sandbox, "require") != 0;
}

#include "common/config_keys.h"

#include <string.h>

#include "common/text.h"

const struct config_key *config_key_find(const char *name)
{
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (key->type->is_family ? config_key_member_name(key, name) != NULL : strcmp(name, key->name) == 0)
            return key;
    }
    return NULL;
}

const char *config_key_nearest(const char *name, enum config_place place)
{
    const char *candidates[CONFIG_KEYS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < config_key_count; i++) {
        if (config_keys[i].places & place)
            candidates[count++] = config_keys[i].name;
    }
    const char *nearest = text_nearest(name, candidates, count);
    size_t family = strcspn(name, ".");
    char word[32];
    if (nearest || !name[family] || family >= sizeof word)
        return nearest;
    memcpy(word, name, family);
    word[family] = '\0';
    nearest = text_nearest(word, candidates, count);
    return nearest && !config_key_find(nearest) ? nearest : NULL; /* a family is found with a member only */
}

const char *config_key_member_name(const struct config_key *key, const char *name)
{
    size_t length = strlen(key->name);
    if (!key->type->is_family || strncmp(name, key->name, length) != 0 || name[length] != '.')
        return NULL;
    return name + length + 1;
}

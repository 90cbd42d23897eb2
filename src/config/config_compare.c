#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "config/config_keys.h"

unsigned int config_camera_compare(const struct config_camera *a, const struct config_camera *b)
{
    unsigned int apply = 0;
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (key->places & CONFIG_PLACE_CAMERA && !config_value_is_equal(key, a, b))
            apply |= key->apply;
    }
    if (a->fps_is_own != b->fps_is_own)
        apply |= CONFIG_APPLY_LIVE;
    return apply;
}

unsigned int config_detector_compare(const struct config_detector *a, const struct config_detector *b)
{
    unsigned int apply = 0;
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (key->places & CONFIG_PLACE_DETECTOR && !config_value_is_equal(key, a, b))
            apply |= key->apply;
    }
    /* The same file may hold other labels now. */
    if (a->label_count != b->label_count ||
        (a->label_count > 0 &&
         memcmp(a->label_list, b->label_list, a->label_count * sizeof(*a->label_list)) != 0))
        apply |= CONFIG_APPLY_DETECTOR | CONFIG_APPLY_SEGMENTS;
    return apply;
}

/* Names of the keys of a place that differ and whose apply has bits of with and none of without. */
static char *changes(const void *a, const void *b, unsigned int place, unsigned int with,
                     unsigned int without)
{
    char *names = NULL;
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (!(key->places & place) || !(key->apply & with) || key->apply & without ||
            config_value_is_equal(key, a, b))
            continue;
        char *longer = text_format("%s%s%s", names ? names : "", names ? ", " : "", key->name);
        free(names);
        names = longer;
        if (!names)
            break;
    }
    return names;
}

char *config_camera_changes(const struct config_camera *a, const struct config_camera *b, unsigned int with,
                            unsigned int without)
{
    return changes(a, b, CONFIG_PLACE_CAMERA, with, without);
}

char *config_daemon_changes(const struct config *a, const struct config *b)
{
    return changes(a, b, CONFIG_PLACE_CAMD, CONFIG_APPLY_START, 0);
}

void config_daemon_keep(struct config *config, struct config *running)
{
    for (size_t i = 0; i < config_key_count; i++) {
        if (config_keys[i].places & CONFIG_PLACE_CAMD && config_keys[i].apply & CONFIG_APPLY_START)
            config_value_swap(&config_keys[i], config, running);
    }
}

#include <stdlib.h>
#include <string.h>

#include "common/config.h"
#include "common/config_keys.h"
#include "common/text.h"

unsigned int config_camera_compare(const struct config_camera *a, const struct config_camera *b)
{
    unsigned int apply = 0;
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (key->places & CONFIG_PLACE_CAMERA && !config_value_is_equal(key, a, b))
            apply |= key->apply;
    }
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
         memcmp(a->label_list, b->label_list, a->label_count * sizeof *a->label_list) != 0))
        apply |= CONFIG_APPLY_DETECTOR | CONFIG_APPLY_SEGMENTS;
    return apply;
}

char *config_daemon_changes(const struct config *a, const struct config *b)
{
    char *changes = NULL;
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (!(key->places & CONFIG_PLACE_CAMD && key->apply & CONFIG_APPLY_START) ||
            config_value_is_equal(key, a, b))
            continue;
        char *longer = text_format("%s%s%s", changes ? changes : "", changes ? ", " : "", key->name);
        free(changes);
        changes = longer;
        if (!changes)
            break;
    }
    return changes;
}

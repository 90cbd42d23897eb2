#include "config/config_show.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "config/config_family.h"
#include "config/config_keys.h"
#include "config/config_written.h"

struct showing {
    const struct config *config;
    const struct config_camera *camera;
    bool show_secrets;
    config_show *show;
    void *context;
};

/* Where the setting was written, or that it was not. */
static void find_source(const struct showing *showing, struct config_shown *shown)
{
    const struct config_camera *camera = showing->camera;
    shown->source = CONFIG_SOURCE_BUILT_IN;
    if (config_written_find(camera->written, shown->key, &shown->line)) {
        shown->source = shown->line > 0 ? CONFIG_SOURCE_OWN : CONFIG_SOURCE_RUNTIME;
        shown->file = shown->line > 0 ? camera->file : NULL;
    } else if (config_written_find(showing->config->defaults.written, shown->key, &shown->line)) {
        shown->source = CONFIG_SOURCE_DEFAULTS;
        shown->file = showing->config->file;
    }
}

/* value (taken over) as it is to be seen; 0 or -ENOMEM. */
static int show(const struct showing *showing, const char *key, bool is_secret, char *value)
{
    char *shown_value = value && is_secret && !showing->show_secrets ? secret_redact_value(value) : value;
    if (shown_value) {
        struct config_shown shown = {.key = key, .value = shown_value};
        find_source(showing, &shown);
        showing->show(showing->context, &shown);
    }
    const int status = shown_value ? 0 : -ENOMEM;
    if (shown_value != value)
        free(shown_value);
    secret_free(value);
    return status;
}

static int show_member(void *context, const char *name, const struct config_key *key, const void *element)
{
    return show(context, name, key->is_secret, config_value_print(key, element));
}

static int show_taken_away(void *context, const char *name, const struct config_key *key, const void *element)
{
    (void)key;
    (void)element;
    return show(context, name, false, text_format("none"));
}

/* What was taken away from [defaults] is shown, too: it was written. */
static int show_family(struct showing *showing, const struct config_key *key)
{
    const int status = config_family_walk_missing(key->family, key->name, showing->camera,
                                                  &showing->config->defaults, show_taken_away, showing);
    return status < 0 ? status
                      : config_family_walk(key->family, key->name, showing->camera, show_member, showing);
}

int config_camera_show(const struct config *config, const struct config_camera *camera, bool show_secrets,
                       config_show *function, void *context)
{
    struct showing showing = {config, camera, show_secrets, function, context};
    int status = 0;
    for (size_t i = 0; i < config_key_count && status == 0; i++) {
        const struct config_key *key = &config_keys[i];
        if (!(key->places & CONFIG_PLACE_CAMERA))
            continue;
        status = key->family ? show_family(&showing, key)
                             : show(&showing, key->name, key->is_secret, config_value_print(key, camera));
    }
    return status;
}

char *config_setting_shown(const char *key, const char *value)
{
    const struct config_key *row = config_key_find(key), *own = row ? config_key_of_value(row, key) : NULL;
    if (!own)
        return strdup(*value ? "***" : "");
    if (own->type == &config_type_path && *value && (!own->absent || strcmp(value, own->absent) != 0))
        return strdup(secret_path_shown(value));
    return secret_redact_value(value);
}

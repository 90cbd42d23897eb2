#include <stdlib.h>
#include <string.h>

#include "common/config.h"
#include "common/config_keys.h"
#include "common/config_line.h"
#include "common/config_mask.h"
#include "common/text.h"

static void print_value(FILE *out, const struct config_key *key, const void *owner, bool show_secrets)
{
    char *value = config_value_print(key, owner);
    if (value && key->is_secret && !show_secrets) {
        char *redacted = text_redact(value);
        free(value);
        value = redacted;
    }
    /* An empty one is what has no default and is not set: input in [defaults]. */
    if (value && *value)
        config_line_write(out, key->name, value);
    free(value);
}

static void print_mask(FILE *out, const char *name, const char *value)
{
    char *key = text_format("mask.%s", name);
    if (key && value)
        config_line_write(out, key, value);
    free(key);
}

/* Masks of [defaults] that the camera does not have were taken away, which has to be said. */
static void print_masks(FILE *out, const struct config_camera *camera, const struct config_camera *defaults)
{
    for (size_t i = 0; i < camera->mask_count; i++) {
        char *value = config_mask_print(&camera->masks[i]);
        print_mask(out, camera->masks[i].name, value);
        free(value);
    }
    for (size_t i = 0; i < defaults->mask_count; i++) {
        if (!config_mask_find(camera, defaults->masks[i].name))
            print_mask(out, defaults->masks[i].name, "none");
    }
}

static void print_camera(FILE *out, const struct config_camera *camera, const struct config_camera *defaults,
                         enum config_place place, bool show_secrets)
{
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (!(key->places & place))
            continue;
        if (key->type->is_family)
            print_masks(out, camera, defaults);
        else
            print_value(out, key, camera, show_secrets);
    }
}

/* Whether all cameras were written in the main file, or have been printed into one. */
static bool is_one_file(const struct config *config)
{
    for (size_t i = 0; i < config->camera_count; i++) {
        const char *file = config->cameras[i].file;
        if (!file || !config->file || strcmp(file, config->file) != 0)
            return false;
    }
    return true;
}

static void print_daemon(FILE *out, const struct config *config)
{
    bool is_whole = is_one_file(config);
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (!(key->places & CONFIG_PLACE_CAMD))
            continue;
        if (strcmp(key->name, "cameras_dir") == 0 && !is_whole && config->cameras_dir) {
            fprintf(out, "# cameras_dir = %s: its cameras are below\n", config->cameras_dir);
            config_line_write(out, key->name, key->absent);
        } else {
            print_value(out, key, config, true);
        }
    }
}

void config_print(const struct config *config, FILE *out, bool show_secrets)
{
    fputs("[camd]\n", out);
    print_daemon(out, config);
    fputs("\n[defaults]\n", out);
    print_camera(out, &config->defaults, &config->defaults, CONFIG_PLACE_DEFAULTS, show_secrets);
    for (size_t i = 0; i < config->camera_count; i++) {
        const struct config_camera *camera = &config->cameras[i];
        if (camera->file)
            fprintf(out, "\n# %s:%u\n", camera->file, camera->line);
        else
            fputs("\n# added at run time\n", out);
        fprintf(out, "[camera %s]\n", camera->name);
        print_camera(out, camera, &config->defaults, CONFIG_PLACE_CAMERA, show_secrets);
    }
}

char *config_camera_file_text(const char *name, const struct config_setting *settings, size_t count)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return NULL;
    bool is_whole = true;
    fprintf(out, "[camera %s]\n", name);
    for (size_t i = 0; i < count && is_whole; i++) {
        is_whole = config_key_find(settings[i].key) && !config_line_check(settings[i].key, settings[i].value);
        if (is_whole)
            config_line_write(out, settings[i].key, settings[i].value);
    }
    if (fclose(out) != 0 || !is_whole) {
        free(text);
        return NULL;
    }
    return text;
}

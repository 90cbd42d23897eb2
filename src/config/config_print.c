#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "config/config_family.h"
#include "config/config_keys.h"
#include "config/config_line.h"
#include "config/config_show.h"

static int print_member(void *context, const char *name, const struct config_key *key, const void *element)
{
    FILE *out = context;
    char *value = config_value_print(key, element);
    if (value)
        config_line_write(out, name, value);
    free(value);
    return 0;
}

static int print_taken_away(void *context, const char *name, const struct config_key *key,
                            const void *element)
{
    FILE *out = context;
    (void)key;
    (void)element;
    config_line_write(out, name, "none");
    return 0;
}

/* What [defaults] have and the camera does not was taken away, which has to be said, and first: it makes room. */
static void print_family(FILE *out, const struct config_key *key, const struct config_camera *camera,
                         const struct config_camera *defaults)
{
    config_family_walk_missing(key->family, key->name, camera, defaults, print_taken_away, out);
    config_family_walk(key->family, key->name, camera, print_member, out);
}

/* It makes a difference whether the rate is written for the camera. */
static bool is_of_defaults(const struct config_key *key, const struct config_camera *camera)
{
    return key->offset == offsetof(struct config_camera, fps) && !camera->fps_is_own;
}

static void print_camera(FILE *out, const struct config_camera *camera, const struct config_camera *defaults,
                         enum config_place place, bool show_secrets)
{
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (!(key->places & place))
            continue;
        if (key->family)
            print_family(out, key, camera, defaults);
        else if (place == CONFIG_PLACE_CAMERA && is_of_defaults(key, camera))
            fprintf(out, "# %s: that of [defaults]\n", key->name);
        else
            config_value_write(out, key, camera, show_secrets);
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

/* are_below: cameras of cameras_dir follow in the same file. */
static void print_daemon(FILE *out, const struct config *config, bool are_below)
{
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (!(key->places & CONFIG_PLACE_CAMD))
            continue;
        if (strcmp(key->name, "cameras_dir") == 0 && are_below && config->cameras_dir) {
            fprintf(out, "# cameras_dir = %s: its cameras are below\n", config->cameras_dir);
            config_line_write(out, key->name, key->absent);
        } else if (key->family) {
            config_family_walk(key->family, key->name, config, print_member, out);
        } else {
            config_value_write(out, key, config, true);
        }
    }
}

static void print_detector(FILE *out, const struct config_detector *detector)
{
    fprintf(out, "\n[detector %s]\n", detector->name);
    for (size_t i = 0; i < config_key_count; i++) {
        if (config_keys[i].places & CONFIG_PLACE_DETECTOR)
            config_value_write(out, &config_keys[i], detector, true);
    }
}

void config_print(const struct config *config, FILE *out, bool show_secrets)
{
    fputs("[camd]\n", out);
    print_daemon(out, config, !is_one_file(config));
    fputs("\n[defaults]\n", out);
    print_camera(out, &config->defaults, &config->defaults, CONFIG_PLACE_DEFAULTS, show_secrets);
    for (size_t i = 0; i < config->detector_count; i++) {
        if (config->detectors[i].line > 0)
            print_detector(out, &config->detectors[i]);
    }
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

/* ---- only what was written ---- */

struct writing {
    FILE *out;
    bool is_camera; /* `enabled` is told apart */
};

static void write_written(void *context, const struct config_shown *shown)
{
    const struct writing *writing = context;
    const bool is_written = shown->source == CONFIG_SOURCE_OWN || shown->source == CONFIG_SOURCE_RUNTIME;
    if (is_written && shown->value[0] && !(writing->is_camera && strcmp(shown->key, "enabled") == 0))
        config_line_write(writing->out, shown->key, shown->value);
}

void config_print_shared(const struct config *config, FILE *out)
{
    struct writing writing = {out, false};
    fputs("[camd]\n", out);
    print_daemon(out, config, true);
    fputs("\n[defaults]\n", out);
    config_camera_show(config, &config->defaults, true, write_written, &writing);
    for (size_t i = 0; i < config->detector_count; i++) {
        if (config->detectors[i].line > 0)
            print_detector(out, &config->detectors[i]);
    }
}

void config_print_camera(const struct config *config, const struct config_camera *camera, bool enabled,
                         bool show_secrets, FILE *out)
{
    struct writing writing = {out, true};
    fprintf(out, "\n[camera %s]\n", camera->name);
    config_camera_show(config, camera, show_secrets, write_written, &writing);
    if (enabled != config->defaults.enabled)
        config_line_write(out, "enabled", enabled ? "yes" : "no");
}

/* Files with passwords that others can read, files that others can write, and programs that others can replace. */
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/secret.h"
#include "base/text.h"
#include "config/config.h"
#include "config/config_command.h"
#include "config/config_flat.h"
#include "config/config_keys.h"
#include "config/config_writer.h"

struct warning {
    config_warning *warn;
    void *context;
};

static void warn_text(const struct warning *warning, char *text)
{
    warning->warn(warning->context, text ? text : "memory is short: not everything was checked");
    free(text);
}

static void warn_readable(const struct warning *warning, const char *file)
{
    struct stat status;
    if (stat(file, &status) != 0 || !(status.st_mode & (S_IRGRP | S_IROTH)))
        return;
    warn_text(warning, text_format("%s has a password and others may read it (mode %04o): chmod 600 %s", file,
                                   (unsigned int)status.st_mode & 07777U, file));
}

static void warn_writable(const struct warning *warning, const char *path)
{
    char who[CONFIG_WRITER_BYTES];
    if (!path)
        return;
    config_writer_of_path(path, who);
    if (who[0] != '\0')
        warn_text(warning,
                  text_format(
                      "%s can be written by %s, who can change what camd does: chown root and chmod go-w %s",
                      path, who, path));
}

static void warn_replaceable(const struct warning *warning, const char *key, const char *path)
{
    char who[CONFIG_WRITER_BYTES], where[PATH_MAX];
    config_writer_of_place(path, who, where);
    if (who[0] == '\0')
        return;
    const bool is_itself = strcmp(where, path) == 0;
    warn_text(
        warning,
        text_format(
            "%s: %s is executed by camd, and %s can be written by %s, who can have anything executed: chown root and chmod go-w %s",
            key, path, is_itself ? "it" : where, who, where));
}

/* A key whose value names a program, by its path or as the first word of a command. */
static void warn_program(const struct warning *warning, const struct config_key *key, const char *value)
{
    char **words = NULL;
    if (key->type != &config_type_command)
        warn_replaceable(warning, key->name, value);
    else if (!config_command_split(value, &words) && words[0])
        warn_replaceable(warning, key->name, words[0]);
    free(words);
}

/*
 * Of a camera or, for [detector NAME], a detector. seen: what those before named, by the keys' places in the table, since
 * many name the same.
 */
static void warn_programs(const struct warning *warning, enum config_place place, const void *owner,
                          const char *seen[CONFIG_KEYS_MAX])
{
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (!key->is_program || !(key->places & place))
            continue;
        const char *value = *(char *const *)(const void *)((const char *)owner + key->offset);
        if (!value || (seen[i] && strcmp(seen[i], value) == 0))
            continue;
        warn_program(warning, key, value);
        seen[i] = value;
    }
}

void config_warn_camera(const struct config_camera *camera, config_warning *warn, void *context)
{
    const struct warning warning = {warn, context};
    const char *seen[CONFIG_KEYS_MAX] = {NULL};
    warn_programs(&warning, CONFIG_PLACE_CAMERA, camera, seen);
    config_warn_flat(camera, NULL, warn, context);
}

/* Cameras are in the order of their files, so that only the one before has to be looked at. */
void config_warn(const struct config *config, config_warning *warn, void *context)
{
    const struct warning warning = {warn, context};
    const char *const paths[] = {config->file, config->cameras_dir, config->run_dir, config->state_dir};
    const char *readable = NULL, *writable = config->file, *programs[CONFIG_KEYS_MAX] = {NULL};
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
        warn_writable(&warning, paths[i]);
    config_warn_flat(&config->defaults, NULL, warn, context);
    for (size_t i = 0; i < config->detector_count; i++)
        warn_programs(&warning, CONFIG_PLACE_DETECTOR, &config->detectors[i], programs);
    for (size_t i = 0; i < config->camera_count; i++) {
        const char *file = config->cameras[i].file;
        warn_programs(&warning, CONFIG_PLACE_CAMERA, &config->cameras[i], programs);
        config_warn_flat(&config->cameras[i], &config->defaults, warn, context);
        if (!file)
            continue;
        if (!writable || strcmp(writable, file) != 0)
            warn_writable(&warning, file);
        writable = file;
        if (secret_is_in(config->cameras[i].input) && (!readable || strcmp(readable, file) != 0)) {
            warn_readable(&warning, file);
            readable = file;
        }
    }
}

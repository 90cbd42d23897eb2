#include "config/config_bad_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void bad_file_fini(struct config_bad_file *bad)
{
    free(bad->file);
    free(bad->problem);
    free(bad->cameras);
}

void config_bad_files_clear(struct config *config)
{
    for (size_t i = 0; i < config->bad_file_count; i++)
        bad_file_fini(&config->bad_files[i]);
    free(config->bad_files);
    config->bad_files = NULL;
    config->bad_file_count = 0;
}

/* "front" of "/etc/camd/cameras.d/front.ini"; what no camera can be called becomes _ . */
static void name_after(const char *path, char name[CAMD_NAME_MAX + 1])
{
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    size_t length = strlen(base) > 4 ? strlen(base) - 4 : 0; /* .ini */
    snprintf(name, CAMD_NAME_MAX + 1, "%.*s", (int)(length < CAMD_NAME_MAX ? length : CAMD_NAME_MAX), base);
    for (char *at = name; *at; at++) {
        if (!text_is_name_character(*at))
            *at = '_';
    }
    if (!text_is_camera_name(name))
        snprintf(name, CAMD_NAME_MAX + 1, "_");
}

static bool is_taken(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->bad_file_count; i++) {
        if (strcmp(config->bad_files[i].name, name) == 0)
            return true;
    }
    return config_camera_find(config, name) != NULL;
}

/* A camera of the file's name may be in another file: then the name gets a number. */
static void make_unique(const struct config *config, char name[CAMD_NAME_MAX + 1])
{
    char stem[CAMD_NAME_MAX + 1];
    memcpy(stem, name, sizeof(stem));
    for (unsigned int number = 2; is_taken(config, name); number++)
        snprintf(name, CAMD_NAME_MAX + 1, "%.34s-%u", stem, number % 100000);
}

static int copy_cameras(struct config_bad_file *bad, const struct config_document *document)
{
    bad->cameras = calloc(document->count + 1, sizeof(bad->cameras[0]));
    if (!bad->cameras)
        return -ENOMEM;
    for (size_t i = 0; i < document->count; i++) {
        const struct config_section *section = &document->sections[i];
        if (section->place == CONFIG_PLACE_CAMERA)
            memcpy(bad->cameras[bad->camera_count++], section->name, sizeof(section->name));
    }
    return 0;
}

int config_bad_file_add(struct config *config, const struct config_document *document,
                        const struct config_problem *first, size_t count)
{
    struct config_bad_file bad = {.line = first ? first->line : 0, .further = count - 1};
    name_after(document->file, bad.name);
    make_unique(config, bad.name);
    bad.file = strdup(document->file);
    if (first)
        bad.problem =
            text_format("%s%s%s", first->key ? first->key : "", first->key ? ": " : "", first->text);
    else
        bad.problem = text_format("it has problems: camd -n shows them");
    struct config_bad_file *files =
        config_array_grow(config->bad_files, config->bad_file_count, sizeof(*config->bad_files));
    if (files)
        config->bad_files = files;
    if (!bad.file || !bad.problem || !files || copy_cameras(&bad, document) < 0) {
        bad_file_fini(&bad);
        return -ENOMEM;
    }
    config->bad_files[config->bad_file_count++] = bad;
    return 0;
}

bool config_camera_is_known(const struct config *config, const char *name)
{
    if (is_taken(config, name))
        return true;
    for (size_t i = 0; i < config->bad_file_count; i++) {
        const struct config_bad_file *bad = &config->bad_files[i];
        for (size_t j = 0; j < bad->camera_count; j++) {
            if (strcmp(bad->cameras[j], name) == 0)
                return true;
        }
    }
    return false;
}

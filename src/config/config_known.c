/*
 * Labels in a camera's settings: one that no detector knows would silently never be seen. That it is another detector's is no
 * fault: settings are inherited from [defaults], and whoever tries another detector keeps what is written.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "config/config_camera.h"
#include "config/config_document.h"
#include "config/config_problem.h"

struct check {
    const struct config *config;
    const struct config_entry *entry;
    const char *file;
    struct config_problems *problems;
};

static bool is_known(const struct config_detector *detector, const char *label)
{
    for (uint32_t i = 0; i < detector->label_count; i++) {
        if (strcmp(detector->label_list[i], label) == 0)
            return true;
    }
    return false;
}

static const char *nearest_of(const struct config_detector *detector, const char *label)
{
    const char *names[CAMD_LABELS_MAX];
    for (uint32_t i = 0; i < detector->label_count; i++)
        names[i] = detector->label_list[i];
    return text_nearest(label, names, detector->label_count);
}

static void check_label(const struct check *check, const char *label)
{
    const struct config *config = check->config;
    const char *nearest = NULL;
    char suggestion[TEXT_SUGGESTION_BYTES];
    for (size_t i = 0; i < config->detector_count; i++) {
        if (is_known(&config->detectors[i], label))
            return;
        nearest = nearest ? nearest : nearest_of(&config->detectors[i], label);
    }
    config_problem_add(check->problems, check->file, check->entry->line, check->entry->name,
                       "no detector has a label %s: expected one of the labels%s", label,
                       text_suggestion(nearest, suggestion));
}

/* Each of a list as it is kept: with commas between them, and no white space. */
static void check_list(const struct check *check, const char *list)
{
    char label[CAMD_LABEL_BYTES];
    while (list && *list) {
        size_t length = strcspn(list, ",");
        snprintf(label, sizeof(label), "%.*s", (int)length, list);
        check_label(check, label);
        list += length + (list[length] == ',');
    }
}

/* Whether the key is FAMILY.NAME and goes on with the rest. */
static bool is_of(const char *key, const char *family, const char *name, const char *rest)
{
    size_t length = strlen(family), name_length = strlen(name);
    return strncmp(key, family, length) == 0 && strncmp(key + length, name, name_length) == 0 &&
           strncmp(key + length + name_length, rest, strlen(rest)) == 0;
}

/* Whether the key is FAMILY.NAME. */
static bool is_whole(const char *key, const char *family, const char *name)
{
    return is_of(key, family, name, "") && strlen(key) == strlen(family) + strlen(name);
}

static void check_zone(const struct check *check, const struct config_zone *zone)
{
    const char *key = check->entry->name;
    const size_t length = strlen("zone.") + strlen(zone->name) + strlen(".");
    if (is_of(key, "zone.", zone->name, ".objects"))
        check_list(check, zone->objects);
    for (size_t i = 0; i < zone->filter_count && is_of(key, "zone.", zone->name, ".filter."); i++)
        if (is_of(key + length, "filter.", zone->filters[i].name, "."))
            check_label(check, zone->filters[i].name);
}

static void check_entry(const struct check *check, const struct config_camera *camera)
{
    const char *key = check->entry->name;
    if (strcmp(key, "objects_track") == 0)
        check_list(check, camera->objects_track);
    for (size_t i = 0; i < camera->filter_count; i++)
        if (is_of(key, "filter.", camera->filters[i].name, "."))
            check_label(check, camera->filters[i].name);
    for (size_t i = 0; i < camera->stationary_limit_count; i++)
        if (is_whole(key, "stationary_max_frames.", camera->stationary_limits[i].name))
            check_label(check, camera->stationary_limits[i].name);
    for (size_t i = 0; i < camera->zone_count; i++)
        check_zone(check, &camera->zones[i]);
    for (size_t i = 0; i < camera->mask_count; i++)
        if (is_whole(key, "mask.", camera->masks[i].name))
            check_list(check, camera->masks[i].polygon.label);
}

/* Without a file of labels there is nothing to know them from: what is written may be for a detector to come. */
static bool has_labels_file(const struct config *config)
{
    for (size_t i = 0; i < config->detector_count; i++) {
        if (config->detectors[i].labels)
            return true;
    }
    return false;
}

void config_camera_check_labels(const struct config *config, const struct config_camera *camera,
                                const struct config_section *section, const char *file,
                                struct config_problems *problems)
{
    if (!has_labels_file(config))
        return;
    for (size_t i = 0; i < section->count; i++) {
        struct check check = {config, &section->entries[i], file, problems};
        if (!section->entries[i].is_damaged)
            check_entry(&check, camera);
    }
}

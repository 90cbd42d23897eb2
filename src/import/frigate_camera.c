/* frigate_camera.c - one camera: the settings that are one value each, objects, and what is left out */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "import/frigate_private.h"

/* Where each value goes. */
static const struct {
    const char *path, *own;
} plain[] = {
    {"detect.fps", "fps"},
    {"detect.min_initialized", "min_initialized"},
    {"detect.max_disappeared", "max_disappeared"},
    {"detect.stationary.interval", "stationary_interval"},
    {"detect.stationary.threshold", "stationary_threshold"},
    {"detect.stationary.max_frames.default", "stationary_max_frames"},
    {"motion.enabled", "motion"},
    {"motion.threshold", "motion_threshold"},
    {"motion.lightning_threshold", "motion_lightning_threshold"},
    {"motion.skip_motion_threshold", "motion_skip_threshold"},
    {"motion.contour_area", "motion_contour_area"},
    {"motion.frame_alpha", "motion_frame_alpha"},
    {"motion.frame_height", "motion_frame_height"},
    {"motion.improve_contrast", "motion_improve_contrast"},
    {"motion.mqtt_off_delay", "motion_off_delay"},
};

/* ---- settings ---- */

static void take_plain(struct frigate *frigate)
{
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        frigate_set(frigate, frigate_find(frigate, plain[i].path), plain[i].path, plain[i].own);
}

/* Both or neither. */
static void take_size(struct frigate *frigate)
{
    const struct node width = frigate_find(frigate, "detect.width"),
                      height = frigate_find(frigate, "detect.height");
    const char *width_text = node_text(width), *height_text = node_text(height);
    frigate->width = frigate->height = 0;
    if (!width_text && !height_text)
        return;
    if (!width_text || !height_text) {
        frigate_note(frigate, width_text ? width : height, "detect",
                     "width and height are left out: camd wants both or neither");
        return;
    }
    text_to_double(width_text, &frigate->width);
    text_to_double(height_text, &frigate->height);
    frigate_set(frigate, width, "detect.width", "width");
    frigate_set(frigate, height, "detect.height", "height");
}

/* Of each label. */
static void take_frames(struct frigate *frigate, struct node objects)
{
    for (size_t i = 0; i < node_count(objects); i++) {
        struct node label, value;
        node_pair(objects, i, &label, &value);
        char *key = node_text(label) ? text_format("stationary_max_frames.%s", node_text(label)) : NULL;
        if (key)
            frigate_set(frigate, value, "detect.stationary.max_frames.objects", key);
        free(key);
    }
}

/*
 * "person,car", the caller's to free; NULL: nothing that could be one. What is longer than any setting is not gone on
 * with.
 */
static char *join(struct node list)
{
    char *text = node_text(list) ? strdup(node_text(list)) : NULL;
    for (size_t i = 0; i < node_count(list) && (!text || strlen(text) < CONFIG_VALUE_BYTES); i++) {
        const char *word = node_text(node_item(list, i));
        char *longer = word ? text_format("%s%s%s", text ? text : "", text ? "," : "", word) : NULL;
        if (!longer)
            continue;
        free(text);
        text = longer;
    }
    return text;
}

void frigate_set_list(struct frigate *frigate, struct node list, const char *what, const char *key)
{
    char *text = join(list);
    if (text && (strpbrk(text, "\r\n") || !imported_set(frigate->settings, key, text)))
        frigate_note(frigate, list, what, "left out: a setting is one line of UTF-8 text");
    free(text);
}

static void take_objects(struct frigate *frigate)
{
    const struct node track = frigate_find(frigate, "objects.track");
    if (node_count(track) > 0 || node_text(track))
        frigate_set_list(frigate, track, "objects.track", "objects_track");
    /* those of a label that the camera has go before those of all cameras */
    frigate_take_filters(frigate, node_at(frigate->root, "objects.filters"), "objects.filters", "filter");
    frigate_take_filters(frigate, node_at(frigate->camera, "objects.filters"), "objects.filters", "filter");
}

static void take_detector(struct frigate *frigate)
{
    char name[CAMD_NAME_MAX + 1];
    if (frigate->detector && frigate_is_yes(frigate_find(frigate, "detect.enabled"), true) &&
        imported_name(frigate->detector, name))
        imported_set(frigate->settings, "detector", name);
}

static void take_settings(struct frigate *frigate)
{
    static const char frames[] = "detect.stationary.max_frames.objects";
    take_size(frigate);
    take_plain(frigate);
    /* those of a label that the camera has go before those of all cameras */
    take_frames(frigate, node_at(frigate->root, frames));
    take_frames(frigate, node_at(frigate->camera, frames));
    take_detector(frigate);
    take_objects(frigate);
    frigate_take_masks(frigate);
    frigate_take_zones(frigate);
    if (!frigate_is_yes(node_member(frigate->camera, "enabled"), true))
        imported_set(frigate->settings, "enabled", "no");
}

static void note_others(struct frigate *frigate)
{
    char *path = text_format("cameras.%s.", frigate->name);
    if (path)
        frigate_note_others(frigate, frigate->camera, path, frigate_camera_keys);
    free(path);
}

void frigate_take_camera(struct frigate *frigate, size_t line)
{
    char *of = text_format("cameras.%s", frigate->name);
    json_t *camera = NULL;
    frigate->settings = json_object();
    if (!of || !frigate->settings)
        imported_note(frigate->imported, line, "cameras", "memory is short");
    else if (node_kind(frigate->camera) != NODE_MAP)
        imported_note(frigate->imported, line, of, "left out: expected its settings below it");
    else if (frigate_take_input(frigate))
        camera = imported_camera(frigate->imported, line, of, frigate->name);
    if (camera) {
        take_settings(frigate);
        json_object_update(camera, frigate->settings);
        note_others(frigate);
    } else {
        frigate->imported->left_out++;
    }
    json_decref(frigate->settings);
    free(of);
}

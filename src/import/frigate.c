/*
 * frigate.c - the configuration of Frigate: what stands for all cameras, and what camd has nothing for
 *
 * By its documentation (versions 0.13 to 0.17). What a camera has not, it has from the section of all cameras; [defaults] of
 * camd.ini is not written, so that each camera gets all of it.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "import/formats.h"
#include "import/frigate_private.h"

static const char own_matter[] = "it is Frigate's own";

/* Sections of the file. Those of cameras have their keys told where they are taken. */
static const struct frigate_key sections[] = {
    {"cameras", NULL},
    {"detect", NULL},
    {"objects", NULL},
    {"motion", NULL},
    {"ffmpeg", NULL},
    {"go2rtc", NULL},
    {"detectors", NULL},
    {"model", NULL},
    {"environment_vars", NULL},
    {"version", NULL},
    {"ui", NULL},
    {"record", "camd does not record: another program beside it does, from the camera itself"},
    {"snapshots",
     "camd keeps the best picture of each object: camctl snapshot --object; on_event can write it to a file"},
    {"mqtt", "camd-mqtt has a configuration of its own: see camd-mqtt(8)"},
    {"birdseye", "camctl snapshot --all and camd-web show all cameras"},
    {"audio", "camd does not listen"},
    {"review", "events of objects in zones are camd's: camctl events"},
    {"live", "camd-web shows pictures"},
    {"timestamp_style", "camctl snapshot --stamp writes the time on a picture"},
    {"tls", own_matter},
    {"auth", own_matter},
    {"proxy", own_matter},
    {"networking", own_matter},
    {"database", own_matter},
    {"logger", "log and log_level of camd.ini are camd's"},
    {"telemetry", "camctl metrics tells what there is to measure"},
    {"notifications", "on_event and on_state start a program that can tell somebody"},
    {"camera_groups", "names with a pattern stand for several cameras: camctl status 'yard_*'"},
    {"semantic_search", "camd does not keep pictures to search them"},
    {"genai", "camd does not describe pictures"},
    {"face_recognition", "camd does not know faces"},
    {"lpr", "camd does not read number plates"},
    {"classification", "camd does not sort pictures"},
    {"safe_mode", NULL},
    {NULL, NULL},
};

/* ---- for all files of the reader ---- */

bool frigate_is_yes(struct node node, bool usual)
{
    bool is_yes = usual;
    const char *text = node_text(node);
    if (text)
        text_to_bool(text, &is_yes);
    return is_yes;
}

static const struct frigate_key *find_key(const struct frigate_key *table, const char *name)
{
    for (; table->key; table++) {
        if (strcmp(table->key, name) == 0)
            return table;
    }
    return NULL;
}

/* {enabled: no}, and nothing at all, is what camd does, too. */
static bool is_off(struct node node)
{
    return node_kind(node) == NODE_NULL || !frigate_is_yes(node_member(node, "enabled"), true);
}

void frigate_note_others(struct frigate *frigate, struct node map, const char *path,
                         const struct frigate_key *table)
{
    for (size_t i = 0; i < node_count(map); i++) {
        struct node key, value;
        node_pair(map, i, &key, &value);
        const char *name = node_text(key);
        const struct frigate_key *found = name ? find_key(table, name) : NULL;
        if (!name || strcmp(name, "<<") == 0 || (found && !found->reason) || is_off(value))
            continue;
        char *of = text_format("%s%s", path, name);
        imported_note(frigate->imported, node_line(key), of ? of : name, "left out: %s",
                      found ? found->reason : "camd has nothing like it");
        free(of);
    }
}

void frigate_note(struct frigate *frigate, struct node node, const char *what, const char *format, ...)
{
    char *text = NULL;
    char *of = frigate->name ? text_format("cameras.%s.%s", frigate->name, what) : strdup(what);
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    imported_note(frigate->imported, node_line(node), of ? of : what, "%s", text ? text : "memory is short");
    free(of);
    free(text);
}

struct node frigate_find(const struct frigate *frigate, const char *section, const char *key)
{
    const struct node own = node_member(node_member(frigate->camera, section), key);
    if (node_kind(own) != NODE_NONE)
        return own;
    return node_member(node_member(frigate->root, section), key);
}

void frigate_set(struct frigate *frigate, struct node value, const char *what, const char *key)
{
    const char *text = node_text(value);
    const enum node_kind kind = node_kind(value);
    if (kind == NODE_NONE || kind == NODE_NULL)
        return;
    if (!text)
        frigate_note(frigate, value, what, "left out: expected one value");
    else if (strpbrk(text, "\r\n") || !imported_set(frigate->settings, key, text))
        frigate_note(frigate, value, what, "left out: a setting is one line of UTF-8 text");
}

/* ---- detectors ---- */

static bool ends_in(const char *text, const char *ending)
{
    const size_t length = strlen(text), rest = strlen(ending);
    return length >= rest && strcmp(text + length - rest, ending) == 0;
}

static void set_from(json_t *settings, const char *key, struct node map, const char *member)
{
    const char *text = node_text(node_member(map, member));
    if (text && !strpbrk(text, "\r\n"))
        imported_set(settings, key, text);
}

/* An ONNX model is one that OpenCV reads, whoever ran it before. */
static void take_model(struct frigate *frigate, const char *name, struct node model)
{
    char plain[CAMD_NAME_MAX + 1];
    const char *path = node_text(node_member(model, "path"));
    if (!path || !ends_in(path, ".onnx") || !imported_name(name, plain))
        return;
    json_t *settings = json_object();
    char *title = text_format("detector %s", plain);
    imported_set(settings, "backend", "opencv-dnn");
    set_from(settings, "model", model, "path");
    set_from(settings, "labels", model, "labelmap_path");
    set_from(settings, "input_width", model, "width");
    set_from(settings, "input_height", model, "height");
    set_from(settings, "colour_order", model, "input_pixel_format");
    if (title)
        json_object_set_new(frigate->imported->sections, title, settings);
    else
        json_decref(settings);
    free(title);
    frigate->detector = name;
}

static void take_detectors(struct frigate *frigate)
{
    const struct node detectors = node_member(frigate->root, "detectors");
    const struct node model = node_member(frigate->root, "model");
    for (size_t i = 0; i < node_count(detectors) && !frigate->detector; i++) {
        struct node key, value;
        node_pair(detectors, i, &key, &value);
        if (node_text(key))
            take_model(frigate, node_text(key),
                       node_kind(model) == NODE_MAP ? model : node_member(value, "model"));
    }
    if (frigate->detector)
        imported_note(
            frigate->imported, node_line(detectors), "detectors",
            "a [detector] is printed for camd.ini: check its paths, which are those that Frigate saw");
    else
        imported_note(
            frigate->imported, node_line(detectors), "detectors",
            "left out: camd runs ONNX models with OpenCV, and no others: write a [detector NAME] into camd.ini, then camctl set --all detector=NAME; until then cameras see motion");
}

/* ---- the whole ---- */

static void take_cameras(struct frigate *frigate)
{
    const struct node cameras = node_member(frigate->root, "cameras");
    for (size_t i = 0; i < node_count(cameras); i++) {
        struct node key;
        node_pair(cameras, i, &key, &frigate->camera);
        frigate->name = node_text(key);
        if (frigate->name && strcmp(frigate->name, "<<") != 0)
            frigate_take_camera(frigate, node_line(key));
    }
}

char *frigate_read_cameras(struct imported *imported, char *text, size_t length)
{
    char *problem = NULL;
    struct tree *tree = tree_read(text, length, &problem);
    if (!tree)
        return problem ? problem : strdup("memory is short");
    struct frigate frigate = {.imported = imported, .root = tree_root(tree)};
    if (node_kind(node_member(frigate.root, "cameras")) != NODE_MAP) {
        problem = strdup(
            "it has no cameras: expected the configuration of Frigate, whose cameras are below \"cameras:\"");
    } else {
        frigate_note_others(&frigate, frigate.root, "", sections);
        frigate_note_sections(&frigate, frigate.root, "");
        take_detectors(&frigate);
        take_cameras(&frigate);
    }
    if (tree_is_exhausted(tree) && !problem)
        problem = strdup("it is too large, or refers to itself too often: it was given up");
    tree_free(tree);
    return problem;
}

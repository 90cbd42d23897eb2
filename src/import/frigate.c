/*
 * frigate.c - the configuration of Frigate: what stands for all cameras, and how what is left out is told
 *
 * What a camera has not, it has from the section of all cameras; [defaults] of
 * camd.ini is not written, so that each camera gets all of it.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "import/formats.h"
#include "import/frigate_private.h"

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

static void note_below(struct frigate *frigate, struct node value, const char *path,
                       const struct frigate_key *found)
{
    for (size_t i = 0; node_kind(value) == NODE_LIST && i < node_count(value); i++)
        frigate_note_others(frigate, node_item(value, i), path, found->below);
    for (size_t i = 0; found->is_each && node_kind(value) == NODE_MAP && i < node_count(value); i++) {
        struct node key, one;
        node_pair(value, i, &key, &one);
        char *longer = node_text(key) && !is_off(one) ? text_format("%s%s.", path, node_text(key)) : NULL;
        if (longer)
            frigate_note_others(frigate, one, longer, found->below);
        free(longer);
    }
    if (!found->is_each)
        frigate_note_others(frigate, value, path, found->below);
}

static void note_other(struct frigate *frigate, struct node key, struct node value, const char *path,
                       const struct frigate_key *table)
{
    const char *name = node_text(key);
    const struct frigate_key *found = name ? find_key(table, name) : NULL;
    char *of = name ? text_format("%s%s", path, name) : NULL;
    char *below = of && found && found->below ? text_format("%s.", of) : NULL;
    if (below)
        note_below(frigate, value, below, found);
    else if (of && !(found && !found->reason) && !is_off(value))
        imported_note(frigate->imported, node_line(key), of, "left out: %s",
                      found ? found->reason : "camd has nothing like it");
    free(below);
    free(of);
}

void frigate_note_others(struct frigate *frigate, struct node map, const char *path,
                         const struct frigate_key *table)
{
    for (size_t i = 0; node_kind(map) == NODE_MAP && i < node_count(map); i++) {
        struct node key, value;
        node_pair(map, i, &key, &value);
        note_other(frigate, key, value, path, table);
    }
}

void frigate_note(struct frigate *frigate, struct node node, const char *what, const char *format, ...)
{
    char *of = frigate->name ? text_format("cameras.%s.%s", frigate->name, what) : strdup(what);
    va_list arguments;
    va_start(arguments, format);
    char *text = text_format_arguments(format, arguments);
    va_end(arguments);
    imported_note(frigate->imported, node_line(node), of ? of : what, "%s", text ? text : "memory is short");
    free(of);
    free(text);
}

struct node frigate_find(const struct frigate *frigate, const char *path)
{
    const struct node own = node_at(frigate->camera, path);
    return node_kind(own) != NODE_NONE ? own : node_at(frigate->root, path);
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

/* That of the detector itself goes before that of all. */
static struct node model_of(const struct frigate *frigate, struct node detector)
{
    const struct node own = node_member(detector, "model");
    return node_text(node_member(own, "path")) ? own : node_member(frigate->root, "model");
}

static bool is_onnx(struct node model)
{
    const char *path = node_text(node_member(model, "path"));
    return path && ends_in(path, ".onnx");
}

/* An ONNX model is one that OpenCV reads, whoever ran it before. */
static void take_model(struct frigate *frigate, const char *name, struct node model)
{
    char plain[CAMD_NAME_MAX + 1];
    if (!is_onnx(model) || !imported_name(name, plain))
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
    frigate_note_others(frigate, model, "model.", frigate_model_keys);
}

/* Of one that the file names, when there is one that cameras get. */
static void note_detector(struct frigate *frigate, struct node key, struct node detector)
{
    const char *name = node_text(key);
    char *of = name ? text_format("detectors.%s", name) : NULL;
    if (of && strcmp(name, frigate->detector) == 0)
        imported_note(
            frigate->imported, node_line(key), of,
            "a [detector] is printed for camd.ini: check its paths, which are those that Frigate saw; what runs it (type, device) is left out: see backend in camd.ini(5)");
    else if (of)
        imported_note(
            frigate->imported, node_line(key), of,
            "left out: the cameras get %s, since each has one detector%s", frigate->detector,
            is_onnx(model_of(frigate, detector))
                ? "; a [detector] of its own can run this model for some of them: see detector in camd.ini(5)"
                : "");
    free(of);
}

/* With no detector for the cameras, whatever the file has. */
static void note_no_detector(struct frigate *frigate, struct node detectors)
{
    static const char advice[] =
        "write a [detector NAME] into camd.ini, then camctl set --all detector=NAME; until then cameras see motion";
    const struct node model = node_member(frigate->root, "model");
    const bool is_any = node_count(detectors) > 0;
    if (is_any)
        imported_note(frigate->imported, node_line(detectors), "detectors",
                      "left out: none has an ONNX model, and camd runs no others: %s", advice);
    else
        imported_note(frigate->imported, node_line(detectors), "detectors",
                      "the file names none, and camd does not have the model that Frigate uses then: %s",
                      advice);
    if (node_kind(model) == NODE_MAP)
        imported_note(frigate->imported, node_line(model), "model", "left out: %s",
                      is_onnx(model)                          ? "the file names no detector that runs it"
                      : node_text(node_member(model, "path")) ? "it is no ONNX model"
                                                              : "it names no file of a model");
}

static void take_detectors(struct frigate *frigate)
{
    const struct node detectors = node_member(frigate->root, "detectors");
    struct node key, value;
    for (size_t i = 0; i < node_count(detectors) && !frigate->detector; i++) {
        node_pair(detectors, i, &key, &value);
        if (node_text(key))
            take_model(frigate, node_text(key), model_of(frigate, value));
    }
    if (!frigate->detector) {
        note_no_detector(frigate, detectors);
        return;
    }
    for (size_t i = 0; i < node_count(detectors); i++) {
        node_pair(detectors, i, &key, &value);
        note_detector(frigate, key, value);
    }
}

/* ---- what is used, but not as it was ---- */

static void note_go2rtc(struct frigate *frigate)
{
    const struct node streams = node_at(frigate->root, "go2rtc.streams");
    if (node_count(streams) > 0)
        imported_note(
            frigate->imported, node_line(streams), "go2rtc.streams",
            "cameras read from where go2rtc got them; what else reads from it needs a go2rtc beside camd");
}

/* What FRIGATE_... has is filled in where it is named. */
static void note_environment(struct frigate *frigate)
{
    static const char prefix[] = "FRIGATE_";
    const struct node variables = node_member(frigate->root, "environment_vars");
    for (size_t i = 0; i < node_count(variables); i++) {
        struct node key, value;
        node_pair(variables, i, &key, &value);
        const char *name = node_text(key);
        char *of = name && strncmp(name, prefix, sizeof(prefix) - 1) != 0
                       ? text_format("environment_vars.%s", name)
                       : NULL;
        if (of)
            imported_note(
                frigate->imported, node_line(key), of,
                "left out: pass_environment of camd.ini says what workers get of camd's environment");
        free(of);
    }
}

/* ---- the whole ---- */

static void take_cameras(struct frigate *frigate)
{
    const struct node cameras = node_member(frigate->root, "cameras");
    for (size_t i = 0; i < node_count(cameras); i++) {
        struct node key;
        node_pair(cameras, i, &key, &frigate->camera);
        frigate->name = node_text(key);
        if (frigate->name)
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
        frigate_note_others(&frigate, frigate.root, "", frigate_file_keys);
        note_go2rtc(&frigate);
        note_environment(&frigate);
        take_detectors(&frigate);
        take_cameras(&frigate);
    }
    if (tree_is_exhausted(tree)) { /* and is empty on that account */
        free(problem);
        problem = strdup("it is too large, or refers to itself too often: it was given up");
    }
    tree_free(tree);
    return problem;
}

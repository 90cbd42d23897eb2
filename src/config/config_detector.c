#include "config/config_detector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_camera.h"
#include "config/config_keys.h"
#include "config/config_problem.h"

/*
 * The back-ends of our own. Those with a label of their own need no model, and may be named without a section. The
 * sizes go with the back-end, each setting of a section aside: the whole frame at a size that shows people in it as the
 * back-end knows them best.
 */
static const struct {
    const char *name, *label;
    int64_t input_width, input_height; /* 0: as of other programs */
    bool letterbox;
} backends[] = {
    {"motion", "motion", 0, 0, false},
    {"opencv-hog", "person", 768, 576, true},
    {"opencv-dnn", NULL, 512, 384, true},
};
enum { BACKENDS = sizeof(backends) / sizeof(*backends) };

static bool is_detector_key(const struct config_key *key)
{
    return key->places & CONFIG_PLACE_DETECTOR;
}

static const char *own_label(const struct config_detector *detector)
{
    for (size_t i = 0; i < BACKENDS; i++) {
        if (detector->backend && strcmp(detector->backend, backends[i].name) == 0)
            return backends[i].label;
    }
    return NULL;
}

/* section: NULL when there is none. */
static void adopt_backend_defaults(struct config_detector *detector, const struct config_section *section)
{
    const bool has_size = section && (config_section_find(section, "input_width") ||
                                      config_section_find(section, "input_height"));
    for (size_t i = 0; i < BACKENDS; i++) {
        if (!detector->backend || strcmp(detector->backend, backends[i].name) != 0)
            continue;
        if (!has_size && backends[i].input_width > 0) {
            detector->input_width = backends[i].input_width;
            detector->input_height = backends[i].input_height;
        }
        if (!section || !config_section_find(section, "letterbox"))
            detector->letterbox = backends[i].letterbox;
    }
}

bool config_detector_has_process(const struct config_detector *detector)
{
    return strcmp(detector->backend, "motion") != 0;
}

/* ---- one detector ---- */

void config_detector_fini(struct config_detector *detector)
{
    for (size_t i = 0; i < config_key_count; i++) {
        if (is_detector_key(&config_keys[i]))
            config_value_clear(&config_keys[i], detector);
    }
    free(detector->label_list);
    detector->label_list = NULL;
    detector->label_count = 0;
}

int config_detector_copy(struct config_detector *to, const struct config_detector *from)
{
    struct config_detector copy = {.line = from->line};
    memcpy(copy.name, from->name, sizeof(copy.name));
    bool is_complete = true;
    for (size_t i = 0; i < config_key_count && is_complete; i++) {
        if (is_detector_key(&config_keys[i]))
            is_complete = config_value_copy(&config_keys[i], &copy, from);
    }
    if (is_complete && from->label_count > 0) {
        copy.label_list = calloc(from->label_count, sizeof(*copy.label_list));
        is_complete = copy.label_list != NULL;
    }
    if (!is_complete) {
        config_detector_fini(&copy);
        return -ENOMEM;
    }
    if (from->label_count > 0)
        memcpy(copy.label_list, from->label_list, from->label_count * sizeof(*copy.label_list));
    copy.label_count = from->label_count;
    *to = copy;
    return 0;
}

static int detector_init(struct config_detector *detector, const char *name, uint32_t line)
{
    *detector = (struct config_detector){.line = line};
    memcpy(detector->name, name, strlen(name) + 1);
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (!is_detector_key(key) || !key->standard)
            continue;
        /* The table's own values are right (a test sees to it): only memory can be short. */
        if (config_value_parse(key, key->name, key->standard, detector)) {
            config_detector_fini(detector);
            return -ENOMEM;
        }
    }
    return 0;
}

static int set_own_label(struct config_detector *detector)
{
    detector->label_list = calloc(1, sizeof(*detector->label_list));
    if (!detector->label_list)
        return -ENOMEM;
    strncpy(detector->label_list[0], own_label(detector), sizeof(*detector->label_list) - 1);
    detector->label_count = 1;
    return 0;
}

json_t *config_detector_json(const struct config_detector *detector)
{
    json_t *object = json_object();
    json_t *labels = json_array();
    int status = 0;
    for (uint32_t i = 0; i < detector->label_count && status == 0; i++)
        status = json_array_append_new(labels, json_string(detector->label_list[i]));
    if (json_object_set_new(object, "labels", labels) != 0)
        status = -1;
    if (json_object_set_new(object, "backend", json_string(detector->backend)) != 0)
        status = -1;
    for (size_t i = 0; i < config_key_count && status == 0; i++) {
        const struct config_key *key = &config_keys[i];
        if (is_detector_key(key) && key->is_worker)
            status = json_object_set_new(object, key->member ? key->member : key->name,
                                         config_value_json(key, detector));
    }
    if (status != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* ---- sections ---- */

static bool is_damaged(const struct config_section *section, const char *key)
{
    const struct config_entry *entry = config_section_find(section, key);
    return section->is_damaged || (entry && entry->is_damaged);
}

/* What the back-end needs has to be there. */
static int check_section(struct config_detector *detector, const struct config_section *section,
                         const char *file, struct config_problems *problems)
{
    if (!detector->backend) {
        if (!is_damaged(section, "backend"))
            config_problem_add(
                problems, file, section->line, "backend",
                "is missing: detector %s needs to know what detects, such as backend = opencv-dnn",
                detector->name);
        return 0;
    }
    bool has_own_label = own_label(detector) != NULL;
    if (strcmp(detector->backend, "opencv-dnn") == 0 && !detector->model && !is_damaged(section, "model"))
        config_problem_add(
            problems, file, section->line, "model",
            "is missing: the back-end opencv-dnn of detector %s needs the path of a model file",
            detector->name);
    const struct config_entry *labels = config_section_find(section, "labels");
    if (detector->labels && has_own_label)
        config_problem_add(problems, file, labels->line, "labels",
                           "the back-end %s has its own label, %s: expected no labels file",
                           detector->backend, own_label(detector));
    else if (detector->labels)
        return config_labels_read(detector->labels, file, labels->line, detector, problems);
    else if (has_own_label)
        return set_own_label(detector);
    else if (!is_damaged(section, "labels"))
        config_problem_add(problems, file, section->line, "labels",
                           "is missing: detector %s needs a file with the names of its classes, one a line",
                           detector->name);
    return 0;
}

/* Room for one more, with that name and defaults; NULL when memory is short. It counts from then on. */
static struct config_detector *add_detector(struct config *config, const char *name, uint32_t line)
{
    struct config_detector *detectors =
        config_array_grow(config->detectors, config->detector_count, sizeof(*detectors));
    if (!detectors)
        return NULL;
    config->detectors = detectors;
    struct config_detector *detector = &detectors[config->detector_count];
    if (detector_init(detector, name, line) < 0)
        return NULL;
    config->detector_count++;
    return detector;
}

static int load_section(struct config *config, struct config_section *section, const char *file,
                        struct config_problems *problems)
{
    if (config->detector_count == CONFIG_DETECTORS_MAX) {
        config_problem_add(problems, file, section->line, NULL,
                           "is one detector more than the %d that there can be", CONFIG_DETECTORS_MAX);
        return 0;
    }
    struct config_detector *detector = add_detector(config, section->name, section->line);
    int status = detector ? config_section_apply(section, file, detector, problems) : -ENOMEM;
    if (status < 0)
        return status;
    adopt_backend_defaults(detector, section);
    return check_section(detector, section, file, problems);
}

static int add_own(struct config *config, const char *name)
{
    struct config_detector *detector = add_detector(config, name, 0);
    if (!detector)
        return -ENOMEM;
    detector->backend = strdup(name);
    adopt_backend_defaults(detector, NULL);
    return detector->backend ? set_own_label(detector) : -ENOMEM;
}

int config_detectors_load(struct config *config, const struct config_document *document,
                          struct config_problems *problems)
{
    int status = 0;
    for (size_t i = 0; i < document->count && status == 0; i++) {
        if (document->sections[i].place == CONFIG_PLACE_DETECTOR)
            status = load_section(config, &document->sections[i], document->file, problems);
    }
    for (size_t i = 0; i < BACKENDS && status == 0; i++) {
        if (backends[i].label && !config_detector_find(config, backends[i].name))
            status = add_own(config, backends[i].name);
    }
    return status;
}

const struct config_detector *config_detector_find(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->detector_count && name; i++) {
        if (strcmp(config->detectors[i].name, name) == 0)
            return &config->detectors[i];
    }
    return NULL;
}

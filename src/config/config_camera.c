#include "config/config_camera.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "config/config_detector.h"
#include "config/config_edit.h"
#include "config/config_family.h"
#include "config/config_input.h"
#include "config/config_keys.h"
#include "config/config_problem.h"
#include "config/config_written.h"

static bool is_camera_key(const struct config_key *key)
{
    return key->places & CONFIG_PLACE_CAMERA;
}

/* ---- values ---- */

/* What stands where a path belongs and is none may be what the file was to hold: a password. */
static char *quote(const struct config_entry *entry)
{
    bool is_misplaced = entry->key->type == &config_type_path && entry->value[0] && entry->value[0] != '/';
    return is_misplaced ? strdup("the value (not shown)") : config_problem_quote(entry->value);
}

static int value_problem(const struct config_entry *entry, const char *file, const char *fault,
                         struct config_problems *problems)
{
    char *quoted = quote(entry);
    char *expected = config_value_expected(config_key_of_value(entry->key, entry->name));
    if (quoted && expected)
        config_problem_add(problems, file, entry->line, entry->name, "%s %s: expected %s", quoted, fault,
                           expected);
    bool is_short = !quoted || !expected;
    free(quoted);
    free(expected);
    return is_short ? -ENOMEM : 0;
}

int config_section_apply(struct config_section *section, const char *file, void *owner,
                         struct config_problems *problems)
{
    for (size_t i = 0; i < section->count; i++) {
        struct config_entry *entry = &section->entries[i];
        if (entry->is_damaged)
            continue;
        const char *fault = config_value_parse(entry->key, entry->name, entry->value, owner);
        if (fault == config_value_no_memory)
            return -ENOMEM;
        if (!fault)
            continue;
        entry->is_damaged = true;
        if (value_problem(entry, file, fault, problems) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* ---- checks across keys ---- */

/*
 * The setting that a problem of two keys is reported at: that of one of them, or NULL when there is none to
 * report. If the section has neither, what is wrong stands in [defaults] and has been reported there.
 */
static const struct config_entry *entry_of(const struct config_section *section, const char *a, const char *b)
{
    const struct config_entry *first = config_section_find(section, a);
    const struct config_entry *second = config_section_find(section, b);
    if ((first && first->is_damaged) || (second && second->is_damaged))
        return NULL;
    return first ? first : second;
}

static void check_size(const struct config_camera *camera, const struct config_section *section,
                       const char *file, struct config_problems *problems)
{
    const struct config_entry *entry = entry_of(section, "width", "height");
    if (entry && (camera->width == 0) != (camera->height == 0))
        config_problem_add(problems, file, entry->line, entry->name,
                           "%s is not set: expected both or neither",
                           camera->width == 0 ? "width" : "height");
}

/* Times of which one may not be longer than another. */
static void check_delays(const struct config_camera *camera, const struct config_section *section,
                         const char *file, struct config_problems *problems)
{
    const struct {
        const char *shorter, *longer;
        int64_t shorter_ms, longer_ms;
    } pairs[] = {
        {"restart_delay", "restart_max_delay", camera->restart_delay_ms, camera->restart_max_delay_ms},
        {"idle_decode", "stall_timeout", camera->idle_decode_ms, camera->stall_timeout_ms},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const struct config_entry *entry = entry_of(section, pairs[i].shorter, pairs[i].longer);
        char given[TEXT_NUMBER_BYTES], most[TEXT_NUMBER_BYTES];
        if (!entry || pairs[i].shorter_ms <= pairs[i].longer_ms)
            continue;
        text_from_double(given, (double)pairs[i].shorter_ms / 1000);
        text_from_double(most, (double)pairs[i].longer_ms / 1000);
        config_problem_add(problems, file, entry->line, entry->name,
                           "%s (%s seconds) is longer than %s (%s seconds): expected at most that",
                           pairs[i].shorter, given, pairs[i].longer, most);
    }
}

static const struct config_entry *entry_of_polygons(const struct config_section *section)
{
    const struct config_entry *entry = config_section_find(section, "mask");
    return entry ? entry : config_section_find(section, "zone");
}

/* Another program may read its input as it likes. */
static void check_input(const struct config_camera *camera, const struct config_section *section,
                        const char *file, struct config_problems *problems)
{
    const struct config_entry *entry = entry_of(section, "input", "capture");
    if (!entry || !camera->input || camera->capture)
        return;
    struct config_input_fault fault = config_input_check(camera->input);
    if (!fault.what)
        return;
    char *quoted = config_problem_quote(camera->input);
    config_problem_add(problems, file, entry->line, "input", "%s %s: expected %s",
                       quoted ? quoted : "the value", fault.what, fault.expected);
    free(quoted);
}

static void check_password(const struct config_camera *camera, const struct config_section *section,
                           const char *file, struct config_problems *problems)
{
    const struct config_entry *entry = entry_of(section, "password_file", "input");
    if (!entry || !camera->input)
        return;
    const char *fault = camera->password_file ? secret_url_fault(camera->input) : NULL;
    if (fault)
        config_problem_add(problems, file, entry->line, "password_file", "%s", fault);
    else if (secret_url_is_broken(camera->input))
        config_problem_add(
            problems, file, entry->line, "input",
            "has an @ after a /, ? or #: expected %%2F, %%3F or %%23 for those if they are the password's (or the password in a password_file), %%40 for an @ of the path");
}

/* False when there are too many, which is a problem enough. */
static bool check_corners(const struct config_camera *camera, const struct config_section *section,
                          const char *file, struct config_problems *problems)
{
    const struct config_entry *entry = entry_of_polygons(section);
    size_t corners = 0;
    for (size_t i = 0; i < camera->mask_count; i++)
        corners += camera->masks[i].polygon.point_count;
    for (size_t i = 0; i < camera->zone_count; i++)
        corners += camera->zones[i].polygon.point_count;
    if (!entry || corners <= CONFIG_CORNERS_MAX)
        return true;
    config_problem_add(problems, file, entry->line, entry->name,
                       "the masks and zones of the camera have %zu corners together: expected at most %d",
                       corners, CONFIG_CORNERS_MAX);
    return false;
}

/* How many bytes the settings have more than a worker can be told in one message. -ENOMEM */
static int bytes_too_many(const struct config_camera *camera, size_t *too_many)
{
    const size_t most = CONFIG_SETTINGS_BYTES - CONFIG_DETECTOR_BYTES;
    json_t *json = config_camera_json(camera, NULL);
    size_t bytes = json ? json_dumpb(json, NULL, 0, JSON_COMPACT) : 0;
    json_decref(json);
    *too_many = bytes > most ? bytes - most : 0;
    return bytes > 0 ? 0 : -ENOMEM;
}

/* A camera has those of [defaults], too: of what is too much there it has been told already. */
static void check_amount(const struct config *config, const struct config_camera *camera,
                         const struct config_section *section, const char *file,
                         struct config_problems *problems)
{
    const struct config_entry *entry = entry_of_polygons(section);
    uint32_t line = entry ? entry->line : section->line;
    size_t too_many = 0, inherited = 0;
    int error = bytes_too_many(camera, &too_many);
    if (error == 0 && too_many > 0 && !entry)
        error = bytes_too_many(&config->defaults, &inherited);
    if (error < 0)
        config_problem_add(problems, file, line, NULL, "cannot be checked: memory is short");
    else if (too_many > 0 && inherited == 0)
        config_problem_add(
            problems, file, line, entry ? entry->name : NULL,
            "the settings of the camera are %zu bytes more than a worker can be told: expected fewer masks, zones, filters or corners",
            too_many);
}

static void check_frames(const struct config_camera *camera, const struct config_section *section,
                         const char *file, struct config_problems *problems)
{
    const struct config_entry *entry = entry_of(section, "min_initialized", "max_disappeared");
    if (entry && camera->min_initialized > 0 && camera->max_disappeared > 0 &&
        camera->min_initialized >= camera->max_disappeared)
        config_problem_add(problems, file, entry->line, entry->name,
                           "min_initialized (%" PRId64 ") is not less than max_disappeared (%" PRId64
                           "): expected less",
                           camera->min_initialized, camera->max_disappeared);
}

static void check_detector(const struct config *config, const struct config_camera *camera,
                           const struct config_section *section, const char *file,
                           struct config_problems *problems)
{
    const struct config_entry *entry = config_section_find(section, "detector");
    if (!entry || entry->is_damaged || !camera->detector || config_detector_find(config, camera->detector))
        return;
    const char *names[CONFIG_DETECTORS_MAX + CONFIG_BACKENDS];
    char suggestion[TEXT_SUGGESTION_BYTES];
    for (size_t i = 0; i < config->detector_count; i++)
        names[i] = config->detectors[i].name;
    const char *nearest = text_nearest(camera->detector, names, config->detector_count);
    config_problem_add(problems, file, entry->line, entry->name,
                       "there is no detector %s: expected a [detector %s] in the main file%s",
                       camera->detector, camera->detector, text_suggestion(nearest, suggestion));
}

void config_camera_check(const struct config *config, const struct config_camera *camera,
                         const struct config_section *section, const char *file,
                         struct config_problems *problems)
{
    check_size(camera, section, file, problems);
    check_delays(camera, section, file, problems);
    check_frames(camera, section, file, problems);
    check_detector(config, camera, section, file, problems);
    config_camera_check_labels(config, camera, section, file, problems);
    config_camera_check_zones(camera, section, file, problems);
    config_camera_check_filters(camera, section, file, problems);
    if (check_corners(camera, section, file, problems))
        check_amount(config, camera, section, file, problems);
    check_input(camera, section, file, problems);
    check_password(camera, section, file, problems);
    if (section->place == CONFIG_PLACE_CAMERA && !camera->input && !section->is_damaged &&
        !config_section_find(section, "input"))
        config_problem_add(
            problems, file, section->line, "input",
            "is missing: camera %s needs to know where its pictures come from, such as input = rtsp://HOST/PATH",
            section->name);
}

/* ---- cameras ---- */

int config_camera_build(const struct config *config, struct config_section *section, const char *file,
                        struct config_camera *camera, struct config_problems *problems)
{
    struct config_camera built;
    int status = config_camera_copy(&built, &config->defaults);
    if (status < 0)
        return status;
    memcpy(built.name, section->name, sizeof(built.name));
    built.line = section->line;
    built.file = file ? strdup(file) : NULL;
    free(built.written); /* that of the defaults */
    built.written = NULL;
    status = file && !built.file ? -ENOMEM : config_section_apply(section, file, &built, problems);
    if (status == 0)
        status = config_written_add(&built.written, section);
    if (status < 0) {
        config_camera_fini(&built);
        return status;
    }
    built.fps_is_own = config_section_find(section, "fps") != NULL;
    config_camera_check(config, &built, section, file, problems);
    *camera = built;
    return 0;
}

static int section_of_settings(struct config_section *section, const struct config_setting *settings,
                               size_t count, struct config_problems *problems)
{
    for (size_t i = 0; i < count; i++) {
        int status = config_section_add(section, NULL, 0, settings[i].key, settings[i].value, problems);
        if (status == -ENOMEM)
            return status;
    }
    return 0;
}

struct config_setting *config_settings_of(const json_t *object, size_t *count)
{
    struct config_setting *settings = calloc(json_object_size(object) + 1, sizeof(*settings));
    const char *key;
    json_t *value;
    *count = 0;
    if (!settings)
        return NULL;
    json_members_foreach(object, key, value) {
        settings[(*count)++] = (struct config_setting){key, json_string_value(value)};
    }
    return settings;
}

int config_camera_make(const struct config *config, const char *name, const struct config_setting *settings,
                       size_t count, struct config_camera *camera, struct config_problems *problems)
{
    size_t before = config_problem_total(problems);
    struct config_section section = {.place = CONFIG_PLACE_CAMERA};
    if (!text_is_camera_name(name)) {
        config_problem_add(problems, NULL, 0, name, "is no name for a camera: expected " TEXT_NAME_RULE);
        return -EINVAL;
    }
    memcpy(section.name, name, strlen(name) + 1);

    struct config_camera made;
    int status = section_of_settings(&section, settings, count, problems);
    if (status == 0)
        status = config_camera_build(config, &section, NULL, &made, problems);
    config_section_clear(&section);
    if (status < 0)
        return status;
    if (config_problem_total(problems) > before) {
        config_camera_fini(&made);
        return problems->count > 0 ? -EINVAL : -ENOMEM;
    }
    *camera = made;
    return 0;
}

int config_camera_overlay(const struct config *config, const struct config_camera *base,
                          const struct config_setting *settings, size_t count, struct config_camera *camera,
                          struct config_problems *problems)
{
    const size_t before = config_problem_total(problems);
    struct config_section section = {.place = CONFIG_PLACE_CAMERA};
    struct config_camera made;
    int status = config_camera_copy(&made, base);
    if (status < 0)
        return status;
    memcpy(section.name, base->name, sizeof(section.name));
    status = section_of_settings(&section, settings, count, problems);
    if (status == 0)
        status = config_section_apply(&section, NULL, &made, problems);
    if (status == 0)
        status = config_written_add(&made.written, &section);
    if (status == 0) {
        made.fps_is_own = made.fps_is_own || config_section_find(&section, "fps");
        config_camera_check(config, &made, &section, NULL, problems);
        if (config_problem_total(problems) > before)
            status = problems->count > 0 ? -EINVAL : -ENOMEM;
    }
    config_section_clear(&section);
    if (status < 0)
        config_camera_fini(&made);
    else
        *camera = made;
    return status;
}

int config_camera_copy(struct config_camera *to, const struct config_camera *from)
{
    struct config_camera copy = {.line = from->line, .fps_is_own = from->fps_is_own};
    memcpy(copy.name, from->name, sizeof(copy.name));
    copy.file = from->file ? strdup(from->file) : NULL;
    copy.written = from->written ? strdup(from->written) : NULL;
    bool is_complete = (copy.file || !from->file) && (copy.written || !from->written);
    for (size_t i = 0; i < config_key_count && is_complete; i++) {
        if (is_camera_key(&config_keys[i]))
            is_complete = config_value_copy(&config_keys[i], &copy, from);
    }
    if (!is_complete) {
        config_camera_fini(&copy);
        return -ENOMEM;
    }
    *to = copy;
    return 0;
}

void config_camera_fini(struct config_camera *camera)
{
    for (size_t i = 0; i < config_key_count; i++) {
        if (is_camera_key(&config_keys[i]))
            config_value_clear(&config_keys[i], camera);
    }
    free(camera->file);
    camera->file = NULL;
    free(camera->written);
    camera->written = NULL;
}

/* A copy for trackers: what they need to know about their detector. */
static json_t *detector_json(const struct config_detector *detector)
{
    if (!detector)
        return json_null();
    return json_pack("{s:s, s:s, s:I, s:I, s:b, s:s?}", "name", detector->name, "backend", detector->backend,
                     "width", (json_int_t)detector->input_width, "height", (json_int_t)detector->input_height,
                     "letterbox", detector->letterbox, "colour_order", detector->colour_order);
}

json_t *config_camera_json(const struct config_camera *camera, const struct config_detector *detector)
{
    json_t *object = json_object();
    int status = json_object_set_new(object, "detector", detector_json(detector));
    if (status == 0)
        status = json_object_set_new(object, "fps_is_own", json_boolean(camera->fps_is_own));
    for (size_t i = 0; i < config_key_count && status == 0; i++) {
        const struct config_key *key = &config_keys[i];
        if (key->is_worker && is_camera_key(key))
            status = json_object_set_new(object, key->member ? key->member : key->name,
                                         config_value_json(key, camera));
    }
    if (status != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

json_t *config_camera_member_json(const struct config_camera *camera, const char *key)
{
    size_t i = 0;
    while (i + 1 < config_key_count && strcmp(config_keys[i].name, key) != 0)
        i++;
    return config_value_json(&config_keys[i], camera);
}

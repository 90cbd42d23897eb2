#include "common/config_camera.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/config_keys.h"
#include "common/config_mask.h"
#include "common/config_problem.h"
#include "common/secret.h"
#include "common/text.h"

static bool is_camera_key(const struct config_key *key)
{
    return key->places & CONFIG_PLACE_CAMERA;
}

/* ---- values
 * ------------------------------------------------------------------------------------------------ */

static int value_problem(const struct config_entry *entry, const char *file, const char *fault,
                         struct config_problems *problems)
{
    char *quoted = config_problem_quote(entry->value);
    char *expected = config_value_expected(entry->key);
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

/* ---- checks across keys
 * ------------------------------------------------------------------------------------ */

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

static void check_delays(const struct config_camera *camera, const struct config_section *section,
                         const char *file, struct config_problems *problems)
{
    const struct config_entry *entry = entry_of(section, "restart_delay", "restart_max_delay");
    if (!entry || camera->restart_delay_ms <= camera->restart_max_delay_ms)
        return;
    char delay[TEXT_NUMBER_BYTES], most[TEXT_NUMBER_BYTES];
    text_from_double(delay, (double)camera->restart_delay_ms / 1000);
    text_from_double(most, (double)camera->restart_max_delay_ms / 1000);
    config_problem_add(
        problems, file, entry->line, entry->name,
        "restart_delay (%s seconds) is longer than restart_max_delay (%s seconds): expected at most that",
        delay, most);
}

static void check_corners(const struct config_camera *camera, const struct config_section *section,
                          const char *file, struct config_problems *problems)
{
    const struct config_entry *entry = config_section_find(section, "mask");
    size_t corners = config_mask_corners(camera);
    if (entry && corners > CONFIG_CORNERS_MAX)
        config_problem_add(problems, file, entry->line, entry->name,
                           "the masks of the camera have %zu corners together: expected at most %d", corners,
                           CONFIG_CORNERS_MAX);
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
        config_problem_add(problems, file, entry->line, "input",
                           "its password has a / ? or # in it: expected %%2F, %%3F or %%23 instead, or the "
                           "password in a password_file");
}

void config_camera_check(const struct config_camera *camera, const struct config_section *section,
                         const char *file, struct config_problems *problems)
{
    check_size(camera, section, file, problems);
    check_delays(camera, section, file, problems);
    check_corners(camera, section, file, problems);
    check_password(camera, section, file, problems);
    if (section->place == CONFIG_PLACE_CAMERA && !camera->input && !section->is_damaged &&
        !config_section_find(section, "input"))
        config_problem_add(problems, file, section->line, "input",
                           "is missing: camera %s needs to know where its "
                           "pictures come from, such as input = rtsp://HOST/PATH",
                           section->camera);
}

/* ---- cameras
 * ----------------------------------------------------------------------------------------------- */

int config_camera_build(const struct config_camera *defaults, struct config_section *section,
                        const char *file, struct config_camera *camera, struct config_problems *problems)
{
    struct config_camera built;
    int status = config_camera_copy(&built, defaults);
    if (status < 0)
        return status;
    memcpy(built.name, section->camera, sizeof built.name);
    built.line = section->line;
    built.file = file ? strdup(file) : NULL;
    status = file && !built.file ? -ENOMEM : config_section_apply(section, file, &built, problems);
    if (status < 0) {
        config_camera_fini(&built);
        return status;
    }
    config_camera_check(&built, section, file, problems);
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

int config_camera_make(const struct config *config, const char *name, const struct config_setting *settings,
                       size_t count, struct config_camera *camera, struct config_problems *problems)
{
    size_t before = config_problem_total(problems);
    struct config_section section = {.place = CONFIG_PLACE_CAMERA};
    if (!text_is_camera_name(name)) {
        config_problem_add(problems, NULL, 0, name,
                           "is no name for a camera: expected 1 to %d letters, digits, _ and -",
                           CAMD_NAME_MAX);
        return -EINVAL;
    }
    memcpy(section.camera, name, strlen(name) + 1);

    struct config_camera made;
    int status = section_of_settings(&section, settings, count, problems);
    if (status == 0)
        status = config_camera_build(&config->defaults, &section, NULL, &made, problems);
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

int config_camera_copy(struct config_camera *to, const struct config_camera *from)
{
    struct config_camera copy = {.line = from->line};
    memcpy(copy.name, from->name, sizeof copy.name);
    copy.file = from->file ? strdup(from->file) : NULL;
    bool is_complete = copy.file || !from->file;
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
}

json_t *config_camera_json(const struct config_camera *camera)
{
    json_t *object = json_object();
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (!key->is_worker)
            continue;
        const char *member = key->member ? key->member : key->name;
        if (json_object_set_new(object, member, config_value_json(key, camera)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

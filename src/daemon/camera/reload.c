/*
 * Compare first, touch afterwards, and only what differs. What can fail (reading, memory for the copies) comes before
 * the first change, so that a reload that fails leaves everything as it was.
 */
#include "daemon/camera/reload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/change.h"
#include "daemon/camera/detector_private.h"
#include "daemon/camera/fleet_private.h"
#include "daemon/disk/overrides.h"
#include "daemon/supervise/launcher.h"

enum { PROBLEMS_SHOWN = 10 }; /* in the event; the log and the answer have all */

/* A reload under way, and what it reports. */
struct reload {
    struct services *services;
    struct fleet *fleet;
    struct config *config; /* the new one */
    /* Of its cameras, for those that are here already; input NULL: used, or none. */
    struct config_camera *copies;
    json_t *added, *removed, *changed, *cameras;
    json_t *detectors; /* {camera: what its detector's section means for it} */
    int unchanged;
};

/* A camera that was added at run time stays as it is, whatever the files say. */
static bool is_runtime(const struct camera *camera)
{
    return !camera->config.file;
}

/* One camera's part of the report. text (taken over) is for people. */
static void list(struct reload *reload, const char *name, const char *change, char *text)
{
    const char *words = text ? text : "";
    json_array_append_new(reload->cameras,
                          json_pack("{s:s, s:s, s:s}", "name", name, "change", change, "text", words));
    free(text);
}

/* The same, and in the log. */
static void report(struct reload *reload, const char *name, const char *change, char *text)
{
    log_notice(name, "%s by the reload%s%s", change, text && text[0] ? ": " : "", text ? text : "");
    list(reload, name, change, text);
}

/* ---- removing ---- */

static bool is_absent(const struct camera *camera)
{
    /* one that is held is being added: its file is not there yet */
    return !camera->is_configured && !is_runtime(camera) && camera->holders == 0;
}

static void remove_absent(struct reload *reload)
{
    struct camera *camera, *next;
    for (size_t i = 0; i < reload->config->camera_count; i++) {
        if ((camera = fleet_find(reload->fleet, reload->config->cameras[i].name)))
            camera->is_configured = true;
    }
    for (camera = fleet_first(reload->fleet); camera; camera = next) {
        next = fleet_next(camera);
        if (camera->bad_file && camera->is_configured) { /* it is good now: it is added as a camera */
            fleet_remove(reload->fleet, camera);
        } else if (camera->bad_file || is_absent(camera)) {
            json_array_append_new(reload->removed, json_string(camera->config.name));
            report(reload, camera->config.name, "removed", strdup("it is not in the configuration any more"));
            fleet_remove(reload->fleet, camera);
        }
        camera->is_configured = false;
    }
}

/* ---- adding ---- */

/* What stands for a bad file leaves in this turn, too, but has no workers. */
static bool has_old_workers(const struct reload *reload, const char *name)
{
    const struct camera *leaving = fleet_find_leaving(reload->fleet, name);
    return leaving && !leaving->bad_file;
}

static char *words_of_added(const struct reload *reload, const struct config_camera *config)
{
    const char *name = config->name;
    if (!overrides_enabled(reload->services->overrides, name, config->enabled))
        return text_format("disabled: camctl enable %s%s lets it run", text_before_operand(name), name);
    if (!config->autostart)
        return text_format("down: camctl start %s%s starts it", text_before_operand(name), name);
    return strdup(has_old_workers(reload, name) ? "it starts when its old workers are gone" : "it starts");
}

static void add(struct reload *reload, const struct config_camera *config)
{
    struct camera *camera;
    int error = fleet_add(reload->fleet, config, &camera);
    if (error == -EBUSY && !fleet_add_again(reload->fleet, config->name)) {
        report(reload, config->name, "left out",
               strdup("its file is being removed; if it is there afterwards, reload again"));
        return;
    }
    if (error < 0 && error != -EBUSY) {
        report(reload, config->name, "left out", text_format("%s; reload again", strerror(-error)));
        return;
    }
    json_array_append_new(reload->added, json_string(config->name));
    report(reload, config->name, "added", words_of_added(reload, config));
    if (error == 0 && config->autostart)
        camera_start(camera);
}

/* ---- changing ---- */

static void change(struct reload *reload, struct camera *camera, struct config_camera *config)
{
    const char *name = camera->config.name;
    if (change_overlay(camera, config) < 0)
        log_error(name, "memory is short: what was set at run time is not in front of its file any more");
    char *text = change_camera(camera, config, json_member_string(reload->detectors, name, NULL), true);
    if (text && !text[0]) {
        free(text);
        reload->unchanged++;
        return;
    }
    json_array_append_new(reload->changed, json_string(name));
    list(reload, name, "changed", text);
}

static void add_or_change(struct reload *reload, size_t i)
{
    const struct config_camera *config = &reload->config->cameras[i];
    struct camera *camera = fleet_find(reload->fleet, config->name);
    if (!camera) {
        add(reload, config);
    } else if (is_runtime(camera)) {
        camera_credentials_changed(camera);
        report(reload, config->name, "left alone",
               text_format(
                   "it was added at run time, and goes on so until camctl remove %s%s and the next reload",
                   text_before_operand(config->name), config->name));
    } else {
        change(reload, camera, &reload->copies[i]);
        reload->copies[i].input = NULL;
    }
}

/* ---- the whole ---- */

static const char *detector_words(const struct camera *camera, unsigned int bits)
{
    if (!camera->want_up)
        return "from its next start";
    if (bits & CONFIG_APPLY_SEGMENTS)
        return "new segments, and capture restarts";
    return bits & CONFIG_APPLY_LIVE ? "applied while it runs" : "the detector takes it over";
}

/* What another section of its detector means for a camera; those of new segments start again. */
static void change_detectors(struct reload *reload, const struct config *old)
{
    detectors_configure(reload->fleet);
    for (struct camera *camera = fleet_first(reload->fleet); camera; camera = fleet_next(camera)) {
        const char *name = camera->config.detector;
        detector_choose(camera);
        const struct config_detector *before = config_detector_find(old, name);
        const struct config_detector *after = config_detector_find(reload->config, name);
        if (!before && !after)
            continue;
        unsigned int bits =
            before && after ? config_detector_compare(before, after) : (unsigned int)CONFIG_APPLY_SEGMENTS;
        if (!after)
            log_warning(camera->config.name,
                        "its detector %s is not in the configuration any more: there is only motion", name);
        camera_detector_changed(camera, bits);
        if (bits != 0)
            json_object_set_new(reload->detectors, camera->config.name,
                                json_string(detector_words(camera, bits)));
    }
}

/* Run-time cameras are in no file, but may use a detector that is. */
static void report_runtime(struct reload *reload)
{
    for (const struct camera *camera = fleet_first(reload->fleet); camera; camera = fleet_next(camera)) {
        const char *words = json_member_string(reload->detectors, camera->config.name, NULL);
        if (!is_runtime(camera) || !words)
            continue;
        json_array_append_new(reload->changed, json_string(camera->config.name));
        report(reload, camera->config.name, "changed", text_format("[detector]: %s", words));
    }
}

static void warn(void *context, const char *text)
{
    (void)context;
    log_warning(NULL, "%s", text);
}

void reload_warn(const struct services *services)
{
    config_warn(services->config, warn, NULL);
}

static void release(struct reload *reload)
{
    for (size_t i = 0; reload->copies && i < reload->config->camera_count; i++) {
        if (reload->copies[i].input)
            config_camera_fini(&reload->copies[i]);
    }
    free(reload->copies);
    json_decref(reload->added);
    json_decref(reload->removed);
    json_decref(reload->changed);
    json_decref(reload->cameras);
    json_decref(reload->detectors);
}

/* Memory for all that will be needed. 0 or -ENOMEM. */
static int prepare(struct reload *reload)
{
    size_t count = reload->config->camera_count;
    reload->added = json_array();
    reload->removed = json_array();
    reload->changed = json_array();
    reload->cameras = json_array();
    reload->detectors = json_object();
    reload->copies = calloc(count + 1, sizeof(*reload->copies));
    if (!reload->added || !reload->removed || !reload->changed || !reload->cameras || !reload->detectors ||
        !reload->copies)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const struct config_camera *config = &reload->config->cameras[i];
        struct config_camera copy;
        const struct camera *camera = fleet_find(reload->fleet, config->name);
        if (!camera || is_runtime(camera))
            continue;
        if (config_camera_copy(&copy, config) < 0)
            return -ENOMEM;
        reload->copies[i] = copy;
    }
    return 0;
}

static json_t *apply(struct reload *reload)
{
    struct services *services = reload->services;
    struct config *config = reload->config, *old = services->config;
    char *restart = config_daemon_changes(old, config);
    config_daemon_keep(config, old);
    if (config->log_level != old->log_level)
        log_set_level((enum log_level)config->log_level);
    services->config = config; /* cameras that are added now are counted by its budget */
    services_look_after_overrides(services);
    const struct history_bounds bounds = services_history_bounds(config);
    history_set_bounds(services->history, &bounds);

    reload_warn(services);
    launcher_look_again(services->launcher);
    remove_absent(reload);
    change_detectors(reload, old);
    for (size_t i = 0; i < config->camera_count; i++)
        add_or_change(reload, i);
    report_runtime(reload);
    if (restart)
        log_warning(NULL, "changed in the configuration, but used only after a new start of camd: %s",
                    restart);
    log_notice(NULL, "configuration reloaded: cameras: %zu added, %zu removed, %zu changed, %d unchanged",
               json_array_size(reload->added), json_array_size(reload->removed),
               json_array_size(reload->changed), reload->unchanged);
    fleet_look_after_grids(reload->fleet);
    json_t *report = json_pack("{s:O, s:O, s:O, s:i, s:s?, s:O}", "added", reload->added, "removed",
                               reload->removed, "changed", reload->changed, "unchanged", reload->unchanged,
                               "restart_needed", restart, "cameras", reload->cameras);
    free(restart);
    config_free(old);
    return report;
}

/* Nothing was changed: says why in the log and to subscribers. */
static void say_failed(const struct services *services, int error, const struct config_problems *problems)
{
    json_t *texts = json_array();
    for (size_t i = 0; i < problems->count; i++) {
        char *text = config_problem_text(&problems->list[i]);
        log_error(NULL, "%s", text ? text : "(memory is short)");
        if (i < PROBLEMS_SHOWN)
            json_array_append_new(texts, json_string_lossy(text ? text : ""));
        free(text);
    }
    const char *why = error == -EINVAL ? "it has problems" : strerror(-error);
    log_error(NULL, "the configuration was not reloaded, nothing was changed: %s", why);
    services_emit(services, "reload_failed", NULL, json_pack("{s:s, s:o}", "text", why, "problems", texts));
}

/* cameras_dir, while a camera that runs was read from it. */
static const char *used_directory(const struct services *services, const struct fleet *fleet)
{
    const char *directory = services->config->cameras_dir;
    const size_t length = directory ? strlen(directory) : 0;
    for (const struct camera *camera = fleet_first(fleet); directory && camera; camera = fleet_next(camera)) {
        const char *file = camera->config.file;
        if (file && camera->holders == 0 && strncmp(file, directory, length) == 0 && file[length] == '/')
            return directory;
    }
    return NULL;
}

int reload_configuration(struct services *services, struct fleet *fleet, struct config_problems *problems,
                         json_t **result)
{
    struct reload reload = {.services = services, .fleet = fleet};
    const struct config_in_use in_use = {used_directory(services, fleet), services->config->is_empty};
    int error = config_load_again(services->config_path, &in_use, &reload.config, problems);
    if (error == 0) {
        error = prepare(&reload);
        if (error == 0)
            *result = apply(&reload);
        release(&reload);
        if (error < 0)
            config_free(reload.config);
    }
    if (error < 0)
        say_failed(services, error, problems);
    else
        services_emit(services, "reloaded", NULL, json_deep_copy(*result));
    return error;
}

/* Reading the configuration again: compare first, touch afterwards, and only what differs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "camd/daemon.h"
#include "common/log.h"

/* A camera that was added at run time stays as it is, whatever the files say. */
static bool is_runtime(const struct camera *camera)
{
    return camera->config.file == NULL;
}

static void remove_absent(struct daemon *daemon, const struct config *config, json_t *names)
{
    for (size_t i = 0; i < daemon->camera_count; i++) {
        struct camera *camera = daemon->cameras[i];
        if (camera->removed || is_runtime(camera) || config_camera_find(config, camera->config.name))
            continue;
        if (camera->file_jobs > 0)
            continue; /* being added: its file is not there yet */
        json_array_append_new(names, json_string(camera->config.name));
        log_notice(camera->config.name, "is not in the configuration any more: removed");
        daemon_camera_remove(daemon, camera);
    }
}

static void apply_wish(struct daemon *daemon, struct camera *camera)
{
    camera->enabled = overrides_enabled(daemon->overrides, camera->config.name, camera->config.enabled);
    if (!camera->enabled)
        camera_stop(camera);
    else if (camera->config.autostart)
        camera_start(camera);
}

static void add_or_change(struct daemon *daemon, const struct config_camera *config, json_t *added,
                          json_t *changed, int *unchanged)
{
    struct camera *camera = daemon_camera(daemon, config->name);
    if (!camera) {
        int error = daemon_camera_add(daemon, config, &camera);
        if (error == -EBUSY) {
            /* its workers are being stopped: it begins anew when they are gone */
            if (daemon_camera_come_back(daemon, config->name))
                json_array_append_new(added, json_string(config->name));
            return;
        }
        if (error < 0) {
            log_error(config->name, "could not be added: %s", strerror(-error));
            return;
        }
        json_array_append_new(added, json_string(config->name));
        if (config->autostart)
            camera_start(camera);
        return;
    }
    if (is_runtime(camera)) {
        log_warning(config->name,
                    "was added at run time and is now in the configuration, too: the former goes on until "
                    "camctl remove %s and the next reload",
                    config->name);
        return;
    }
    unsigned int bits = camera_configure(camera, config);
    if (bits == 0) {
        (*unchanged)++;
        return;
    }
    json_array_append_new(changed, json_string(config->name));
    if (bits & CONFIG_APPLY_WANT)
        apply_wish(daemon, camera);
}

/* What another section of its detector means for a camera; those of new segments start anew. */
static void change_detectors(struct daemon *daemon, const struct config *old)
{
    detectors_configure(daemon);
    for (size_t i = 0; i < daemon->camera_count; i++) {
        struct camera *camera = daemon->cameras[i];
        const char *name = camera->config.detector;
        const struct config_detector *before = config_detector_find(old, name);
        const struct config_detector *after = config_detector_find(daemon->config, name);
        if (!before && !after)
            continue;
        if (!after)
            log_warning(camera->config.name,
                        "its detector %s is not in the configuration any more: there is only motion", name);
        camera_detector_changed(camera, before && after ? config_detector_compare(before, after)
                                                        : (unsigned int)CONFIG_APPLY_SEGMENTS);
    }
}

static void swap(char **a, char **b)
{
    char *kept = *a;
    *a = *b;
    *b = kept;
}

/* Keys that only a new start can change keep their values. */
static void keep_daemon_keys(struct config *config, struct config *old)
{
    swap(&config->run_dir, &old->run_dir);
    swap(&config->state_dir, &old->state_dir);
    swap(&config->group, &old->group);
    swap(&config->log, &old->log);
    swap(&config->shm_prefix, &old->shm_prefix);
}

static void warn_exposed(void *context, const char *file, unsigned int mode)
{
    (void)context;
    log_warning(NULL, "%s has a password and others may read it (mode %04o): chmod 600 %s", file, mode, file);
}

void daemon_warn_exposed(const struct daemon *daemon)
{
    config_tell_exposed(daemon->config, warn_exposed, NULL);
}

int daemon_reload(struct daemon *daemon, struct config_problems *problems, json_t **report)
{
    struct config *config;
    int unchanged = 0;
    int error = config_load(daemon->config_path, &config, problems);
    if (error < 0)
        return error;
    json_t *added = json_array(), *removed = json_array(), *changed = json_array();
    char *restart = config_daemon_changes(daemon->config, config);

    struct config *old = daemon->config;
    keep_daemon_keys(config, old);
    if (config->log_level != old->log_level)
        log_set_level((enum log_level)config->log_level);
    daemon->config = config; /* cameras that are added now are counted by its budget */

    daemon_warn_exposed(daemon);
    remove_absent(daemon, config, removed);
    change_detectors(daemon, old);
    for (size_t i = 0; i < config->camera_count; i++)
        add_or_change(daemon, &config->cameras[i], added, changed, &unchanged);
    detectors_update(daemon);
    if (restart)
        log_warning(NULL, "changed in the configuration, but used only after a new start of camd: %s",
                    restart);
    log_notice(NULL, "configuration reloaded: %zu cameras added, %zu removed, %zu changed, %d unchanged",
               json_array_size(added), json_array_size(removed), json_array_size(changed), unchanged);

    daemon_grids_look(daemon);
    config_free(old);
    *report = json_pack("{s:o, s:o, s:o, s:i, s:s?}", "added", added, "removed", removed, "changed", changed,
                        "unchanged", unchanged, "restart_needed", restart);
    daemon_emit(daemon, "reloaded", NULL, json_deep_copy(*report));
    free(restart);
    return 0;
}

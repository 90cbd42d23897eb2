#include "daemon/camera/change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config_edit.h"
#include "daemon/camera/camera_private.h"
#include "daemon/disk/overrides.h"

/* ---- what it does, in words ---- */

/* What becomes of a key; one with several bits counts in the first row. */
static const struct {
    unsigned int bit;
    const char *words;
} effects[] = {
    {CONFIG_APPLY_SEGMENTS, "new segments, and capture restarts"},
    {CONFIG_APPLY_CAPTURE, "capture restarts"},
    {CONFIG_APPLY_TRACKER, "the tracker restarts"},
    {CONFIG_APPLY_LIVE, "applied while it runs"},
    {CONFIG_APPLY_POLICY, "from the next occasion"},
};

/* Appends "; KEYS: WORDS" to *text; names is taken over. */
static void append(char **text, char *names, const char *words)
{
    if (!names)
        return;
    char *longer = text_format("%s%s%s: %s", *text ? *text : "", *text ? "; " : "", names, words);
    free(names);
    free(*text);
    *text = longer;
}

/* Says what a change will do to a camera that has its old configuration yet. */
static char *explain_change(const struct camera *camera, const struct config_camera *config)
{
    char *text = NULL;
    unsigned int before = CONFIG_APPLY_WANT;
    if (!camera->want_up)
        append(&text, config_camera_changes(&camera->config, config, ~0U, before), "from its next start");
    for (size_t i = 0; camera->want_up && i < sizeof(effects) / sizeof(effects[0]); i++) {
        append(&text, config_camera_changes(&camera->config, config, effects[i].bit, before),
               effects[i].words);
        before |= effects[i].bit;
    }
    return text;
}

static const char *wish_words(const struct camera *camera, bool was_up)
{
    if (camera->enabled != camera->config.enabled)
        return camera->enabled ? "camctl enable was told otherwise, and that lasts"
                               : "camctl disable was told otherwise, and that lasts";
    if (camera->want_up != was_up)
        return was_up ? "it is stopped" : "it starts";
    return "from the next start of camd";
}

/*
 * What enable and disable said of a camera without a file is kept in itself alone, until its settings say something else: what
 * is stored is of an earlier one of its name. was_configured: what its settings said before.
 */
static bool is_to_be_enabled(const struct camera *camera, bool was_configured)
{
    if (!camera->config.file)
        return camera->config.enabled == was_configured ? camera->enabled : camera->config.enabled;
    return overrides_enabled(camera->services->overrides, camera->config.name, camera->config.enabled);
}

static void apply_wish(struct camera *camera, bool enabled)
{
    camera_set_enabled(camera, enabled);
    if (!enabled)
        camera_stop(camera);
    else if (camera->config.autostart)
        camera_start(camera);
}

static void warn(void *context, const char *text)
{
    log_warning(context, "%s", text);
}

char *change_camera(struct camera *camera, struct config_camera *config, const char *detector, bool by_reload)
{
    const bool was_up = camera->want_up, was_configured = camera->config.enabled;
    camera_credentials_changed(camera); /* what has changed may be what no file of ours shows */
    char *text = explain_change(camera, config);
    char *wish = config_camera_changes(&camera->config, config, CONFIG_APPLY_WANT, 0);
    const unsigned int bits = camera_configure(camera, config);
    /* what enable and disable said may not have been known before: see overrides.h */
    const bool enabled = is_to_be_enabled(camera, was_configured);
    const bool is_news = by_reload && camera->enabled != enabled;
    if (bits & CONFIG_APPLY_WANT || is_news) {
        apply_wish(camera, enabled);
        append(&text, wish ? wish : strdup("enabled"), wish_words(camera, was_up));
        wish = NULL;
    }
    free(wish);
    if (detector)
        append(&text, strdup("[detector]"), detector);
    if (bits == 0 && !detector && !is_news) {
        free(text);
        return strdup("");
    }
    if (!by_reload) /* which warns of all cameras */
        config_warn_camera(&camera->config, warn, camera->config.name);
    services_emit(camera->services, "camera_changed", camera->config.name,
                  json_pack("{s:s}", "text", text ? text : ""));
    log_notice(camera->config.name, "changed by %s: %s", by_reload ? "the reload" : "camctl set",
               text ? text : "");
    return text;
}

static int replace_file(struct config_camera *config, const char *file)
{
    char *copy = strdup(file);
    if (!copy)
        return -ENOMEM;
    free(config->file);
    config->file = copy;
    return 0;
}

int change_file(struct camera *camera, const char *file)
{
    const int error = camera->base ? replace_file(camera->base, file) : 0;
    return error < 0 ? error : replace_file(&camera->config, file);
}

/* ---- what was said at run time ---- */

/* base, or for a camera without a file the defaults, with these settings in front. */
static int make(const struct camera *camera, const struct config_camera *base, const json_t *runtime,
                struct config_camera *config, struct config_problems *problems)
{
    const struct config *whole = camera->services->config;
    size_t count;
    struct config_setting *settings = config_settings_of(runtime, &count);
    int error = -ENOMEM;
    if (settings && base)
        error = config_camera_overlay(whole, base, settings, count, config, problems);
    else if (settings)
        error = config_camera_make(whole, camera->config.name, settings, count, config, problems);
    free(settings);
    return error;
}

static void forget_base(struct camera *camera)
{
    if (camera->base)
        config_camera_fini(camera->base);
    free(camera->base);
    camera->base = NULL;
}

/* A copy of what the files say, to be kept while something is in front of it. */
static int keep_base(struct camera *camera, const struct config_camera *config)
{
    struct config_camera copy, *base = malloc(sizeof(*base));
    if (!base || config_camera_copy(&copy, config) < 0) {
        free(base);
        return -ENOMEM;
    }
    forget_base(camera);
    *base = copy;
    camera->base = base;
    return 0;
}

void camera_forget_runtime(struct camera *camera)
{
    forget_base(camera);
    json_decref(camera->runtime);
    camera->runtime = NULL;
}

static void log_forgotten(const struct camera *camera, const struct config_problems *problems)
{
    char *text = problems->count > 0 ? config_problem_text(&problems->list[0]) : NULL;
    log_warning(camera->config.name,
                "what was set at run time does not fit its file any more and is forgotten: %s",
                text ? text : "memory is short");
    free(text);
}

int change_overlay(struct camera *camera, struct config_camera *config)
{
    struct config_problems *problems = camera->runtime ? config_problems_new() : NULL;
    struct config_camera overlaid;
    if (!camera->runtime)
        return 0;
    int error = problems ? make(camera, config, camera->runtime, &overlaid, problems) : -ENOMEM;
    if (error == 0 && (error = keep_base(camera, config)) < 0)
        config_camera_fini(&overlaid);
    if (error == 0) {
        config_camera_fini(config);
        *config = overlaid;
    } else {
        if (error == -EINVAL)
            log_forgotten(camera, problems);
        camera_forget_runtime(camera);
    }
    config_problems_free(problems);
    return error == -EINVAL ? 0 : error;
}

/* What was said, with these settings in front: a new reference. */
static json_t *merge(const json_t *before, const json_t *settings)
{
    json_t *merged = before ? json_copy_of(before) : json_object();
    const char *key;
    json_t *value;
    json_members_foreach(settings, key, value) {
        if (json_is_null(value))
            json_object_del(merged, key);
        else
            json_object_set(merged, key, value);
    }
    return merged;
}

int change_runtime(struct camera *camera, const json_t *settings, struct config_camera *config,
                   struct config_problems *problems)
{
    const bool has_file = camera->config.file != NULL;
    const struct config_camera *base = camera->base ? camera->base : has_file ? &camera->config : NULL;
    json_t *merged = merge(camera->runtime, settings);
    int error = merged ? make(camera, base, merged, config, problems) : -ENOMEM;
    if (error == 0 && has_file && !camera->base && (error = keep_base(camera, &camera->config)) < 0)
        config_camera_fini(config);
    if (error < 0) {
        json_decref(merged);
        return error;
    }
    json_decref(camera->runtime);
    camera->runtime = merged;
    if (has_file && json_object_size(merged) == 0)
        camera_forget_runtime(camera);
    return 0;
}

int change_begin_runtime(struct camera *camera, const json_t *settings)
{
    camera->runtime = json_deep_copy(settings);
    return camera->runtime ? 0 : -ENOMEM;
}

json_t *change_take_runtime(struct camera *camera)
{
    return json_incref(camera->runtime);
}

int change_give_runtime(struct camera *camera, json_t *runtime)
{
    struct config_camera config;
    json_t *merged = merge(runtime, camera->runtime);
    if (!merged)
        return -ENOMEM;
    json_decref(camera->runtime);
    camera->runtime = merged;
    if (!camera->config.file)
        return 0;
    int error = config_camera_copy(&config, camera->base ? camera->base : &camera->config);
    if (error == 0 && (error = change_overlay(camera, &config)) < 0)
        config_camera_fini(&config);
    if (error == 0)
        camera_configure(camera, &config);
    return error;
}

int change_forget_runtime(struct camera *camera, const json_t *settings)
{
    json_t *kept = camera->runtime ? json_copy(camera->runtime) : NULL;
    const char *key;
    json_t *value;
    if (!camera->runtime)
        return 0;
    if (!kept)
        return -ENOMEM;
    json_members_foreach(settings, key, value)
        json_object_del(kept, key);
    json_decref(camera->runtime);
    camera->runtime = kept;
    if (json_object_size(kept) == 0)
        camera_forget_runtime(camera);
    return 0;
}

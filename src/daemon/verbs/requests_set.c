/*
 * set: other values for settings of a camera, in its file or only while camd runs.
 *
 * What is wrong is found before anything is touched; the file is written next, and the camera changed when that is on the
 * disk. One file is written by one request at a time: those for other sections of it wait, and read it again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "config/config_edit.h"
#include "daemon/camera/change.h"
#include "daemon/verbs/outcome.h"
#include "daemon/verbs/own_file.h"
#include "daemon/verbs/pending.h"
#include "daemon/verbs/requests_private.h"
#include "daemon/verbs/saving.h"

enum set_stage {
    SET_WAITING,  /* for the file, which another request writes */
    SET_WRITING,  /* the file */
    SET_APPLYING, /* what it changed */
};

struct setting {
    TAILQ_ENTRY(setting) in_requests;
    struct requests *requests;
    char name[CAMD_NAME_MAX + 1];
    char *path;
    json_t *changes; /* {KEY: VALUE or null} */
    bool is_dry;     /* nothing is written: whether it would be refused is all that is asked */
    enum set_stage stage;
    char *text; /* of the file, once it is being written */
    struct saving *saving;
    json_t *answer; /* once it is applied */
    /* Why it was not done, once that is clear. */
    enum control_error code;
    char *refusal, *hint;
};

/* ---- refusing ---- */

/* text is taken over. */
static void refuse(struct setting *setting, enum control_error code, char *text, const char *hint)
{
    setting->code = code;
    setting->refusal = text ? text : strdup("memory is short");
    setting->hint = hint ? strdup(hint) : NULL;
}

static void refuse_problems(struct setting *setting, int error, const struct config_problems *problems)
{
    if (error == -EINVAL)
        refuse(
            setting, CONTROL_USAGE, request_problems_text(problems),
            "nothing was changed; camctl help KEY says what a setting may be, camctl help keys which there are");
    else if (error == -ENOENT)
        refuse(setting, CONTROL_REFUSED,
               text_format("%s was not changed: %s has no [camera %s] any more", setting->name, setting->path,
                           setting->name),
               "camctl reload takes the file as it is");
    else
        refuse(setting, CONTROL_FAILED,
               text_format("%s was not changed: %s", setting->name, strerror(-error)), NULL);
}

/* ---- the file ---- */

static bool is_taken(const struct setting *setting)
{
    const struct setting *other;
    TAILQ_FOREACH(other, &setting->requests->settings, in_requests) {
        if (other != setting && other->stage == SET_WRITING && strcmp(other->path, setting->path) == 0)
            return true;
    }
    return false;
}

/* The file as it is now, edited. 0, or it is refused. */
static int edit(struct setting *setting, const char *text, size_t length)
{
    const struct config *config = setting->requests->services->config;
    struct config_problems *problems = config_problems_new();
    size_t count;
    struct config_setting *changes = config_settings_of(setting->changes, &count);
    struct config_camera camera;
    int error = problems && changes ? config_change_camera(config, setting->path, text, length, setting->name,
                                                           changes, count, &setting->text, &camera, problems)
                                    : -ENOMEM;
    if (error == 0)
        config_camera_fini(&camera);
    else if (problems)
        refuse_problems(setting, error, problems);
    else
        refuse(setting, CONTROL_FAILED, NULL, NULL);
    free(changes);
    config_problems_free(problems);
    return error;
}

/* Reads, edits and begins to write; or it is refused. */
static void begin(struct setting *setting, struct camera *camera)
{
    struct persist *persist = setting->requests->services->persist;
    struct own_file file;
    char *problem = NULL;
    setting->stage = SET_WRITING;
    if (!own_file_read(setting->path, &file, &problem)) {
        refuse(setting, CONTROL_REFUSED,
               text_format("%s was not changed: %s", setting->name, problem ? problem : "?"),
               "edit the file by hand and run camctl reload");
        free(problem);
        return;
    }
    if (edit(setting, file.text, file.length) == 0 && !setting->is_dry &&
        strcmp(setting->text, file.text) != 0) {
        const int error = persist_replace(persist, setting->path, &file.status, setting->text,
                                          strlen(setting->text), saving_file_done, setting->saving);
        saving_note(setting->saving, camera, SAVING_FILE, error < 0 ? error : 1);
    }
    own_file_release(&file);
}

/* The file is free: who has waited for it longest has his turn. */
static void let_next(struct requests *requests, const char *path)
{
    struct setting *next;
    TAILQ_FOREACH(next, &requests->settings, in_requests) {
        struct camera *camera = fleet_find(requests->fleet, next->name);
        if (next->stage != SET_WAITING || strcmp(next->path, path) != 0 || !camera)
            continue;
        begin(next, camera);
        camera_tell_soon(camera);
        return;
    }
}

static void leave_file(struct setting *setting)
{
    if (setting->stage != SET_WRITING)
        return;
    setting->stage = SET_APPLYING;
    let_next(setting->requests, setting->path);
}

/* ---- waiting ---- */

static void setting_release(void *state)
{
    struct setting *setting = state;
    leave_file(setting);
    TAILQ_REMOVE(&setting->requests->settings, setting, in_requests);
    saving_release(setting->saving);
    json_decref(setting->changes);
    json_decref(setting->answer);
    free(setting->path);
    secret_free(setting->text);
    free(setting->refusal);
    free(setting->hint);
    free(setting);
}

static bool set_is_settled(const void *state, const struct camera *camera)
{
    const struct setting *setting = state;
    if (setting->refusal)
        return true;
    if (setting->stage == SET_APPLYING)
        return request_is_applied(camera);
    return setting->stage == SET_WRITING && saving_is_done(setting->saving);
}

static void refuse_unwritten(struct setting *setting, int error)
{
    if (setting->is_dry) { /* it writes nothing, and has waited for one who does */
        refuse(setting, CONTROL_FAILED,
               text_format("%s was not checked: its file is still being written for another request",
                           setting->name),
               "try again");
        return;
    }
    char *hint = text_format("%s; or use --runtime", persist_hint(error, PERSIST_CAMERAS_DIR));
    refuse(setting, error == -ESTALE ? CONTROL_REFUSED : CONTROL_FAILED,
           text_format("%s was not changed: %s could not be written: %s", setting->name, setting->path,
                       persist_reason(error)),
           error == -ESTALE      ? "their change is there: look at it, and try again"
           : error == -ETIMEDOUT ? "which text it has is not known; camctl reload applies what is there"
                                 : hint);
    free(hint);
}

/* text (taken over): what change_camera made of it, NULL when memory was short for that. */
static json_t *change_answer(const char *name, char *text)
{
    const char *outcome = text ? text : "changed";
    json_t *answer = outcome_answer(name, outcome[0] ? outcome : "nothing changes for the camera");
    free(text);
    return answer;
}

/* What is in the file is the camera's now. */
static void apply(struct setting *setting, struct camera *camera)
{
    const struct config *config = setting->requests->services->config;
    struct config_problems *problems = config_problems_new();
    struct config_camera made;
    int error = problems ? config_camera_read(config, setting->path, setting->text, strlen(setting->text),
                                              setting->name, &made, problems)
                         : -ENOMEM;
    if (error == 0) {
        error = change_forget_runtime(camera, setting->changes);
        error = error < 0 ? error : change_overlay(camera, &made);
        if (error < 0)
            config_camera_fini(&made);
    }
    if (error == 0)
        setting->answer = change_answer(setting->name, change_camera(camera, &made, NULL, false));
    else if (problems)
        refuse_problems(setting, error, problems);
    else
        refuse(setting, CONTROL_FAILED, NULL, NULL);
    config_problems_free(problems);
}

static bool answer_set(struct requests *requests, struct control_request *request, void *state, bool late)
{
    struct setting *setting = state;
    struct camera *camera = fleet_find(requests->fleet, setting->name);
    const bool is_written = setting->stage == SET_WRITING && saving_is_done(setting->saving);
    const int error = is_written ? saving_error(setting->saving, SAVING_FILE) : late ? -ETIMEDOUT : 0;
    if (!setting->refusal && setting->stage != SET_APPLYING && error < 0)
        refuse_unwritten(setting, error);
    if (!setting->refusal && !camera)
        refuse(setting, CONTROL_FAILED, text_format("%s was removed meanwhile", setting->name), NULL);
    if (!setting->refusal && setting->is_dry) {
        control_reply_ok(request, json_pack("{s:s}", "name", setting->name));
        return true;
    }
    if (!setting->refusal && setting->stage != SET_APPLYING) {
        leave_file(setting);
        apply(setting, camera);
        camera_tell_soon(camera); /* it may be applied already */
        if (!setting->refusal)
            return false;
    }
    if (setting->refusal)
        control_reply_error(request, setting->code, setting->hint, "%s", setting->refusal);
    else
        control_reply_ok(request, json_incref(setting->answer));
    return true;
}

static const struct pending_kind pending_set = {
    .is_settled = set_is_settled, .answer = answer_set, .release = setting_release};

/* ---- beginning ---- */

static struct setting *setting_new(struct requests *requests, const struct camera *camera, json_t *changes,
                                   bool is_dry)
{
    struct setting *setting = calloc(1, sizeof(*setting));
    if (!setting)
        return NULL;
    setting->path = strdup(camera_config(camera)->file);
    setting->saving = saving_new();
    if (!setting->path || !setting->saving) {
        free(setting->path);
        saving_release(setting->saving);
        free(setting);
        return NULL;
    }
    setting->requests = requests;
    setting->changes = json_incref(changes);
    setting->is_dry = is_dry;
    memcpy(setting->name, camera_name(camera), sizeof(setting->name));
    TAILQ_INSERT_TAIL(&requests->settings, setting, in_requests);
    return setting;
}

static int64_t longest_ms(const struct camera *camera)
{
    return camera_config(camera)->stop_timeout_ms + CAMERA_STOP_EXTRA_MS + REQUEST_SAVE_MS;
}

static const char *what_to_do_instead(const struct config_camera *config)
{
    return config->file
               ? "change it there and run camctl reload; or use --runtime, which lasts until camd starts again"
               : "use --runtime, which lasts as long as the camera";
}

static void set_in_file(struct requests *requests, struct control_request *request, struct camera *camera,
                        json_t *changes, bool is_dry)
{
    struct setting *setting;
    char *problem = own_file_problem(requests->services->config, camera_config(camera));
    if (problem) {
        control_reply_error(request, CONTROL_REFUSED, what_to_do_instead(camera_config(camera)),
                            "%s was not changed: %s", camera_name(camera), problem);
        free(problem);
        return;
    }
    setting = setting_new(requests, camera, changes, is_dry);
    if (!setting) {
        request_no_memory(request);
        return;
    }
    if (!is_taken(setting))
        begin(setting, camera);
    request_answer_later(requests, request, &pending_set, setting, setting->name, longest_ms(camera));
}

/* ---- at run time only ---- */

static bool answer_applied(struct requests *requests, struct control_request *request, void *state, bool late)
{
    (void)requests;
    (void)late;
    control_reply_ok(request, json_incref(state));
    return true;
}

static const struct pending_kind pending_applied = {
    .is_settled = request_applied_is_settled, .answer = answer_applied, .release = request_json_release};

static void set_at_run_time(struct requests *requests, struct control_request *request, struct camera *camera,
                            const json_t *changes)
{
    struct config_problems *problems = config_problems_new();
    struct config_camera config;
    int error = problems ? change_runtime(camera, changes, &config, problems) : -ENOMEM;
    if (error == 0) {
        json_t *answer = change_answer(camera_name(camera), change_camera(camera, &config, NULL, false));
        request_answer_later(requests, request, &pending_applied, answer, camera_name(camera),
                             longest_ms(camera));
    } else if (error == -EINVAL) {
        request_problems(
            request, CONTROL_USAGE, problems,
            "nothing was changed; camctl help KEY says what a setting may be, camctl help keys which there are");
    } else {
        request_no_memory(request);
    }
    config_problems_free(problems);
}

/* ---- the request ---- */

/* False when an error has been answered. */
static bool changes_are_good(struct control_request *request, const json_t *changes)
{
    const char *key;
    json_t *value;
    if (!json_is_object(changes) || json_object_size(changes) == 0 ||
        json_object_size(changes) > REQUEST_SETTINGS_MAX) {
        control_reply_error(request, CONTROL_USAGE, "for example {\"fps\": \"5\", \"loop\": null}",
                            "set needs \"settings\", an object of 1 to %d keys", REQUEST_SETTINGS_MAX);
        return false;
    }
    json_members_foreach(changes, key, value) {
        if (json_is_string(value) || json_is_null(value))
            continue;
        control_reply_error(request, CONTROL_USAGE,
                            "values are strings, as in the file, or null to take one out",
                            "the value of %s is neither a string nor null", key);
        return false;
    }
    return true;
}

void request_set(struct requests *requests, struct control_request *request, const json_t *body)
{
    json_t *changes = json_object_get(body, "settings");
    const bool is_dry = json_member_bool(body, "dry_run", false);
    struct camera *camera = request_camera(requests, request, body);
    if (!camera || !changes_are_good(request, changes))
        return;
    if (camera_is_bad_file(camera))
        request_refuse_bad_file(request, camera);
    else if (!json_member_bool(body, "runtime", false))
        set_in_file(requests, request, camera, changes, is_dry);
    else if (is_dry)
        control_reply_error(request, CONTROL_USAGE, NULL, "dry_run is for what would be written in a file");
    else
        set_at_run_time(requests, request, camera, changes);
}

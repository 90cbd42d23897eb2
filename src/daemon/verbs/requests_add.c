/* add: saved durably, started, answered when it is known how it went. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/sys.h"
#include "base/text.h"
#include "config/config.h"
#include "config/config_edit.h"
#include "daemon/camera/change.h"
#include "daemon/disk/overrides.h"
#include "daemon/disk/persist.h"
#include "daemon/verbs/own_file.h"
#include "daemon/verbs/pending.h"
#include "daemon/verbs/requests_private.h"
#include "daemon/verbs/saving.h"

enum {
    ADD_TIMEOUT_S = 10,
    ADD_TIMEOUT_MAX_S = 600,
};

struct adding {
    char name[CAMD_NAME_MAX + 1];
    bool require_frame, runtime;
    int64_t begun_ms, deadline_ms;
    struct saving *saving;
    json_t *earlier; /* what enable or disable said of an earlier camera of the name; NULL: nothing */
    /* why it is taken back, once that has begun: it is answered when nothing is left */
    char *refusal, *hint;
    enum control_error code;
};

static void adding_release(void *state)
{
    struct adding *adding = state;
    saving_release(adding->saving);
    json_decref(adding->earlier);
    free(adding->refusal);
    free(adding->hint);
    free(adding);
}

/* The file that was written for it; somebody may have put something into it by now. */
static void take_back_file(const struct requests *requests, struct adding *adding, struct camera *camera)
{
    char *path = own_file_path(requests->services->config, adding->name), *problem = NULL;
    if (path && own_file_is_ours(path, adding->name, &problem))
        own_file_remove(requests->services->persist, adding->saving, camera, path);
    else
        log_warning(adding->name, "its file stays: %s", problem ? problem : "memory is short");
    free(problem);
    free(path);
}

/* Nothing of it stays. text (taken over) and hint are the answer when all is gone. */
static void take_back(struct requests *requests, struct adding *adding, enum control_error code, char *text,
                      const char *hint)
{
    struct camera *camera = fleet_find(requests->fleet, adding->name);
    adding->code = code;
    adding->refusal = text ? text : strdup("memory is short");
    adding->hint = hint && hint[0] ? strdup(hint) : NULL;
    log_warning(adding->name, "taken back: %s", adding->refusal ? adding->refusal : "memory is short");
    if (camera)
        fleet_remove(requests->fleet, camera);
    fleet_look_after_grids(
        requests->fleet); /* an earlier one of the name may have left a grid, which waits again */
    if (camera && !adding->runtime) {
        take_back_file(requests, adding, camera);
        saving_note(adding->saving, camera, SAVING_WISH,
                    overrides_restore(requests->services->overrides, adding->name, adding->earlier,
                                      saving_wish_done, adding->saving));
    }
}

static void answer_added(struct control_request *request, const struct adding *adding, struct camera *camera)
{
    control_reply_ok(request,
                     json_pack("{s:s, s:s, s:I, s:I}", "name", adding->name, "state",
                               camera_state_word(camera), "frames", (json_int_t)status_frames(camera),
                               "elapsed_ms", (json_int_t)(clock_monotonic_ms() - adding->begun_ms)));
}

static bool has_frames(const struct camera *camera)
{
    return camera_worker(camera, WORKER_CAPTURE)->automaton.state == AUTOMATON_UP;
}

static bool has_failed(const struct automaton *automaton)
{
    return automaton->state == AUTOMATON_BACKOFF || automaton->state == AUTOMATON_FAILED;
}

/* Which worker the camera waits for. */
static const struct automaton *awaited(const struct camera *camera)
{
    return &camera_worker(camera, has_frames(camera) ? WORKER_TRACKER : WORKER_CAPTURE)->automaton;
}

/* True when answered. */
static bool answer_not_running(struct requests *requests, struct control_request *request,
                               struct adding *adding, struct camera *camera)
{
    struct explanation why;
    const struct automaton *worker = awaited(camera);
    bool no_room = worker->reason == AUTOMATON_REASON_SEGMENTS;
    int64_t next_ms = worker->state == AUTOMATON_BACKOFF ? worker->deadline_ms - clock_monotonic_ms() : -1;
    camera_explain(camera, &why);
    const char *reason = why.reason[0] ? why.reason : "no picture came in time";
    if ((adding->require_frame && !has_frames(camera)) || no_room) {
        take_back(requests, adding, CONTROL_REFUSED,
                  text_format("%s was not added: %s", adding->name, reason), why.hint);
        return false;
    }
    char *text = text_format("%s is %s, but does not run yet: %s", adding->name,
                             adding->runtime ? "added" : "saved", reason);
    json_t *fields = next_ms >= 0 ? json_pack("{s:I}", "next_start_ms", (json_int_t)next_ms) : json_object();
    control_reply_error_with(request, CONTROL_NOT_RUNNING, fields, why.hint[0] ? why.hint : NULL,
                             text ? text : "memory is short");
    free(text);
    return true;
}

/* Pictures come, and the tracker takes them. */
static bool is_running(const struct camera *camera)
{
    const struct automaton *tracker = &camera_worker(camera, WORKER_TRACKER)->automaton;
    return camera_worker(camera, WORKER_CAPTURE)->automaton.state == AUTOMATON_ENDED ||
           (has_frames(camera) && tracker->state != AUTOMATON_CREATING &&
            tracker->state != AUTOMATON_STARTING && !has_failed(tracker));
}

/* True when waiting longer would not help: the reason is clear, or the next try comes too late. */
static bool is_hopeless(const struct adding *adding, const struct camera *camera)
{
    const struct automaton *worker = awaited(camera);
    if (worker->state == AUTOMATON_FAILED)
        return true;
    if (worker->state != AUTOMATON_BACKOFF)
        return false;
    return worker->reason == AUTOMATON_REASON_SEGMENTS || worker->failures >= 2 ||
           worker->deadline_ms >= adding->deadline_ms;
}

static bool is_late(const struct adding *adding)
{
    return clock_monotonic_ms() >= adding->deadline_ms;
}

/* A tracker that has not come so far may need longer than the request waits. */
static bool is_good_enough(const struct adding *adding, const struct camera *camera)
{
    return has_frames(camera) && is_late(adding) && !has_failed(awaited(camera));
}

/* Not all that would let it last could be written: nothing of it stays. */
static void take_back_unsaved(struct requests *requests, struct adding *adding)
{
    const int file_error = saving_error(adding->saving, SAVING_FILE);
    char *text =
        file_error < 0
            ? text_format("%s was not added: its file could not be written: %s", adding->name,
                          persist_reason(file_error))
            : text_format(
                  "%s was not added: %s, which has what enable or disable said of an earlier camera of that name, could not be written: %s",
                  adding->name, overrides_path(requests->services->overrides),
                  persist_reason(saving_error(adding->saving, SAVING_WISH)));
    char *hint = text_format(
        "%s; or use --runtime",
        file_error < 0 ? persist_hint(file_error, PERSIST_CAMERAS_DIR)
                       : persist_hint(saving_error(adding->saving, SAVING_WISH), PERSIST_STATE_DIR));
    take_back(requests, adding, CONTROL_FAILED, text, hint);
    free(hint);
}

/* Writing its file is bounded by persist, and leaving again by the stop ladder. */
static bool add_is_settled(const void *state, const struct camera *camera)
{
    const struct adding *adding = state;
    if (!saving_is_done(adding->saving))
        return false;
    if (adding->refusal)
        return camera_is_stuck(camera);
    return saving_has_failed(adding->saving) || is_running(camera) || !camera_is_wanted(camera) ||
           is_late(adding) || is_hopeless(adding, camera);
}

static bool answer_add(struct requests *requests, struct control_request *request, void *state, bool late)
{
    struct adding *adding = state;
    struct camera *camera = fleet_find(requests->fleet, adding->name);
    if (late && (adding->refusal || !saving_is_done(adding->saving)))
        return false;
    if (adding->refusal) {
        control_reply_error(request, adding->code, adding->hint, "%s", adding->refusal);
        return true;
    }
    if (!camera) {
        control_reply_error(request, CONTROL_FAILED, NULL, "%s was removed meanwhile", adding->name);
        return true;
    }
    if (saving_has_failed(adding->saving)) {
        take_back_unsaved(requests, adding);
        return false;
    }
    if (!is_running(camera) && camera_is_wanted(camera) && !is_good_enough(adding, camera))
        return answer_not_running(requests, request, adding, camera);
    answer_added(request, adding, camera);
    return true;
}

static const struct pending_kind pending_add_kind = {
    .is_settled = add_is_settled, .answer = answer_add, .release = adding_release};

/* The request's settings as pairs, the caller's to free; NULL when an error has been answered. */
static struct config_setting *read_settings(struct control_request *request, const json_t *body,
                                            size_t *count)
{
    const json_t *given = json_object_get(body, "settings");
    const char *key;
    json_t *value;
    if (!json_is_object(given) || json_object_size(given) > REQUEST_SETTINGS_MAX) {
        control_reply_error(request, CONTROL_USAGE, "for example {\"input\": \"rtsp://…\"}",
                            "add needs \"settings\", an object of at most %d keys", REQUEST_SETTINGS_MAX);
        return NULL;
    }
    json_members_foreach(given, key, value) {
        if (!json_is_string(value)) {
            control_reply_error(request, CONTROL_USAGE, "values are strings, as in the file",
                                "the value of %s is no string", key);
            return NULL;
        }
    }
    struct config_setting *settings = config_settings_of(given, count);
    if (!settings)
        request_no_memory(request);
    return settings;
}

/* Refuses a camera that could not start, with what is missing. One of unknown size is refused when it tells a size. */
static bool has_room(struct requests *requests, struct control_request *request,
                     const struct config_camera *config)
{
    struct explanation why;
    struct fleet_room room;
    if (!config->enabled || fleet_room_for_new(requests->fleet, config, &room) < 0 || room.slots > 0 ||
        (config->width == 0 && !fleet_room_is_short_of_numbers(&room)))
        return true;
    fleet_room_explain(&room, &why);
    control_reply_error(request, CONTROL_REFUSED, why.hint, "%s was not added: %s", config->name, why.reason);
    return false;
}

static bool name_is_free(const struct requests *requests, struct control_request *request, const char *name,
                         const char *path)
{
    if (!request_name_is_free(requests, request, name))
        return false;
    if (path && access(path, F_OK) == 0) {
        control_reply_error(request, CONTROL_REFUSED, "camctl reload takes it as it is; or delete it first",
                            "%s exists, but is not loaded", path);
        return false;
    }
    return true;
}

/* Begins to write the camera's file, and to forget what was said of an earlier one of its name. */
static void save(const struct requests *requests, struct adding *adding, struct camera *camera,
                 const char *path, const struct config_setting *settings, size_t count)
{
    const struct services *services = requests->services;
    struct saving *saving = adding->saving;
    char *text = config_camera_file_text(adding->name, settings, count);
    int error = text ? sys_mkdir(services->config->cameras_dir, 0755) : -ENOMEM;
    if (error == 0 || error == -EEXIST)
        error = persist_write(services->persist, path, text, strlen(text), 0600, saving_file_done, saving);
    secret_free(text);
    saving_note(saving, camera, SAVING_FILE, error < 0 ? error : 1);
    adding->earlier = overrides_said(services->overrides, adding->name);
    saving_note(saving, camera, SAVING_WISH,
                overrides_forget(services->overrides, adding->name, saving_wish_done, saving));
}

static struct adding *adding_new(const json_t *body)
{
    struct adding *adding = calloc(1, sizeof(*adding));
    if (!adding)
        return NULL;
    adding->saving = saving_new();
    if (!adding->saving) {
        adding_release(adding);
        return NULL;
    }
    double timeout_s = json_member_double(body, "timeout_s", ADD_TIMEOUT_S);
    if (!(timeout_s > 0.0) || timeout_s > ADD_TIMEOUT_MAX_S)
        timeout_s = timeout_s > 0.0 ? ADD_TIMEOUT_MAX_S : 0.0;
    adding->begun_ms = clock_monotonic_ms();
    adding->deadline_ms = adding->begun_ms + (int64_t)(timeout_s * 1000.0);
    adding->require_frame = json_member_bool(body, "require_frame", false);
    adding->runtime = json_member_bool(body, "runtime", false);
    return adding;
}

static void warn(void *context, const char *text)
{
    log_warning(context, "%s", text);
}

/* Everything has been checked: creates, saves, starts. config's file is set. */
static void add_checked(struct requests *requests, struct control_request *request, const json_t *body,
                        const struct config_camera *config, const struct config_setting *settings,
                        size_t count)
{
    struct camera *camera;
    struct adding *adding = adding_new(body);
    int error = adding ? fleet_add(requests->fleet, config, &camera) : -ENOMEM;
    if (error < 0) {
        if (adding)
            adding_release(adding);
        control_reply_error(request, CONTROL_FAILED, NULL, "%s was not added: %s", config->name,
                            strerror(-error));
        return;
    }
    memcpy(adding->name, config->name, sizeof(adding->name));
    /* what enable or disable said of an earlier camera of the name is not this one's */
    camera_set_enabled(camera, config->enabled);
    if (adding->runtime && change_begin_runtime(camera, json_object_get(body, "settings")) < 0)
        log_warning(config->name, "memory is short: set --runtime will not know its settings");
    if (!adding->runtime)
        save(requests, adding, camera, config->file, settings, count);
    if (!saving_has_failed(adding->saving) && config->autostart)
        camera_start(camera);
    fleet_look_after_grids(requests->fleet); /* one of that name may have left a grid */
    config_warn_camera(config, warn, adding->name);
    log_notice(config->name, "added%s", adding->runtime ? " until the daemon stops" : "");
    int64_t wait_ms = adding->deadline_ms - adding->begun_ms;
    request_answer_later(requests, request, &pending_add_kind, adding, config->name,
                         wait_ms > 0 ? wait_ms : 0);
}

/* The camera as the file that is about to be written has it, so that it is known which setting stands in which line. */
static void read_as_written(const struct requests *requests, const struct config_setting *settings,
                            size_t count, struct config_camera *config)
{
    struct config_problems *problems = config_problems_new();
    char *text = config_camera_file_text(config->name, settings, count);
    struct config_camera written;
    if (problems && text &&
        config_camera_read(requests->services->config, config->file, text, strlen(text), config->name,
                           &written, problems) == 0) {
        config_camera_fini(config);
        *config = written;
    }
    config_problems_free(problems);
    secret_free(text);
}

void request_add(struct requests *requests, struct control_request *request, const json_t *body)
{
    size_t count;
    const char *name = json_member_string(body, "name", "");
    bool runtime = json_member_bool(body, "runtime", false);
    char *path = runtime ? NULL : own_file_path(requests->services->config, name);
    if (!path && !runtime) {
        control_reply_error(request, CONTROL_REFUSED, "set cameras_dir in [camd], or use --runtime",
                            "there is no directory to save a camera in");
        return;
    }
    struct config_setting *settings =
        name_is_free(requests, request, name, path) ? read_settings(request, body, &count) : NULL;
    if (!settings) {
        free(path);
        return;
    }
    struct config_camera config;
    struct config_problems *problems = config_problems_new();
    int error = problems
                    ? config_camera_make(requests->services->config, name, settings, count, &config, problems)
                    : -ENOMEM;
    if (error == 0) {
        config.file = path;
        path = NULL;
        if (config.file)
            read_as_written(requests, settings, count, &config);
        if (json_member_bool(body, "dry_run", false))
            control_reply_ok(request, json_pack("{s:s}", "name", name));
        else if (has_room(requests, request, &config))
            add_checked(requests, request, body, &config, settings, count);
        config_camera_fini(&config);
    } else if (error == -EINVAL) {
        request_problems(request, CONTROL_USAGE, problems,
                         "camctl help KEY says what a setting may be, camctl help keys which there are");
    } else {
        control_reply_error(request, CONTROL_FAILED, NULL, "%s was not added: %s", name, strerror(-error));
    }
    config_problems_free(problems);
    free(settings);
    free(path);
}

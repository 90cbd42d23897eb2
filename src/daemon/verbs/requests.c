#include "daemon/verbs/requests_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/pattern.h"
#include "base/secret.h"
#include "base/text.h"
#include "config/config.h"
#include "daemon/verbs/allowed.h"
#include "daemon/verbs/audit.h"
#include "daemon/verbs/members.h"
#include "daemon/verbs/names.h"
#include "daemon/verbs/outcome.h"
#include "daemon/verbs/pending.h"
#include "daemon/verbs/rolling.h"
#include "daemon/verbs/several.h"

enum { NAME_SHOWN = 80 };

/* An answer when memory is short: there is nothing better to say. */
void request_no_memory(struct control_request *request)
{
    control_reply_error(request, CONTROL_FAILED, NULL, "memory is short");
}

char *request_name_shown(const char *name)
{
    char *redacted = secret_redact_value(name);
    if (redacted && strlen(redacted) > NAME_SHOWN)
        redacted[NAME_SHOWN] = '\0';
    return redacted;
}

static void refuse_name(struct control_request *request, const char *name)
{
    char *shown = request_name_shown(name);
    control_reply_error(request, CONTROL_USAGE, "for example front_door",
                        "\"%s\" is no name for a camera: expected " TEXT_NAME_RULE, shown ? shown : "");
    free(shown);
}

bool request_name_is_free(const struct requests *requests, struct control_request *request, const char *name)
{
    const bool is_there = fleet_find(requests->fleet, name),
               is_leaving = fleet_find_leaving(requests->fleet, name);
    if (!text_is_camera_name(name))
        refuse_name(request, name);
    else if (is_there || is_leaving)
        control_reply_error(request, CONTROL_REFUSED, "choose another name, or remove that one first",
                            "there is a camera %s already%s", name,
                            is_there ? "" : ", which is being removed");
    else
        return true;
    return false;
}

void request_no_camera(const struct requests *requests, struct control_request *request, const char *name)
{
    const char **names = calloc(fleet_count(requests->fleet) + 1, sizeof(*names));
    size_t count = 0;
    for (const struct camera *camera = fleet_first(requests->fleet); names && camera;
         camera = fleet_next(camera))
        names[count++] = camera_name(camera);
    const char *nearest = names ? text_nearest(name, names, count) : NULL;
    const bool is_detector = fleet_find_detector(requests->fleet, name);
    if (is_detector)
        nearest = name;
    char *hint = nearest ? text_format("did you mean %s%s?", is_detector ? "detector:" : "", nearest) : NULL;
    char *shown = request_name_shown(name);
    control_reply_error(request, CONTROL_NO_CAMERA, hint ? hint : "camctl status lists the cameras",
                        text_is_camera_name(name) ? "there is no camera %s" : "there is no camera \"%s\"",
                        shown ? shown : "");
    free(shown);
    free(hint);
    free(names);
}

struct camera *request_camera_named(const struct requests *requests, struct control_request *request,
                                    const char *name)
{
    struct camera *camera = fleet_find(requests->fleet, name);
    if (!camera)
        request_no_camera(requests, request, name);
    return camera;
}

struct camera *request_camera(struct requests *requests, struct control_request *request, const json_t *body)
{
    return request_camera_named(requests, request, json_member_string(body, "name", ""));
}

/* ---- start, stop, restart, kick ---- */

void request_refuse_bad_file(struct control_request *request, const struct camera *camera)
{
    struct explanation why;
    camera_explain(camera, &why);
    control_reply_error(request, CONTROL_REFUSED, why.hint, "%s cannot run: %s", camera_name(camera),
                        why.reason);
}

static bool refuse_disabled(struct control_request *request, const struct camera *camera)
{
    if (camera_is_bad_file(camera)) {
        request_refuse_bad_file(request, camera);
        return true;
    }
    if (camera_is_enabled(camera))
        return false;
    char *hint =
        text_format("camctl enable %s%s", text_before_operand(camera_name(camera)), camera_name(camera));
    control_reply_error(request, CONTROL_REFUSED, hint, "%s is disabled", camera_name(camera));
    free(hint);
    return true;
}

static void start(struct camera *camera)
{
    camera_start(camera);
    camera_kick(camera);
}

/* What the verb finds of the camera, before it is done: a new reference. */
static json_t *outcome(enum verb verb, const struct camera *camera)
{
    return outcome_answer(camera_name(camera), outcome_of_camera(verb, camera));
}

static void note_asked(struct camera *camera, enum verb verb, const struct control_request *request)
{
    const struct camera_asked asked = {verb_table[verb].word, control_request_uid(request), clock_wall_ns()};
    camera_note_asked(camera, &asked);
}

static void start_or_restart(struct requests *requests, struct control_request *request, const json_t *body,
                             enum verb verb, void (*function)(struct camera *camera))
{
    struct camera *camera = request_camera(requests, request, body);
    if (!camera || refuse_disabled(request, camera))
        return;
    json_t *answer = outcome(verb, camera);
    note_asked(camera, verb, request);
    function(camera);
    control_reply_ok(request, answer);
}

static void request_start(struct requests *requests, struct control_request *request, const json_t *body)
{
    start_or_restart(requests, request, body, VERB_START, start);
}

static bool is_in_trackers(const struct requests *requests, const char *name)
{
    const struct config_detector *config = config_detector_find(requests->services->config, name);
    return config && !config_detector_has_process(config);
}

static void no_detector(const struct requests *requests, struct control_request *request, const char *name)
{
    if (is_in_trackers(requests, name)) {
        control_reply_error(request, CONTROL_NO_CAMERA, "the camera's tracker is what to look at or restart",
                            "detector %s has no process of its own: the tracker of each camera does its work",
                            name);
        return;
    }
    const char *names[FLEET_DETECTORS_MAX];
    size_t count = 0;
    for (const struct detector *detector = fleet_first_detector(requests->fleet); detector;
         detector = fleet_next_detector(detector))
        names[count++] = detector_config(detector)->name;
    const char *nearest = text_nearest(name, names, count);
    char *hint = nearest ? text_format("did you mean detector:%s?", nearest) : NULL;
    char *shown = request_name_shown(name);
    control_reply_error(request, CONTROL_NO_CAMERA, hint ? hint : "camctl status shows those that there are",
                        "no camera uses a detector %s", shown ? shown : "of that name");
    free(shown);
    free(hint);
}

bool request_detector_named(const struct requests *requests, struct control_request *request,
                            const char *word, struct detector **detector)
{
    const char *name = names_detector(word);
    if (!name)
        return false;
    *detector = fleet_find_detector(requests->fleet, name);
    if (!*detector)
        no_detector(requests, request, name);
    return true;
}

/* The detector that the body names, as request_detector_named. */
static bool find_detector(struct requests *requests, struct control_request *request, const json_t *body,
                          struct detector **detector)
{
    return request_detector_named(requests, request, json_member_string(body, "name", ""), detector);
}

static void answer_detector(struct control_request *request, enum verb verb, struct detector *detector)
{
    char *name = text_format("detector:%s", detector_config(detector)->name);
    json_t *answer = outcome_answer(name ? name : "", outcome_of_detector(verb, detector));
    (verb == VERB_RESTART ? detector_restart : detector_kick)(detector);
    control_reply_ok(request, answer);
    free(name);
}

static void request_restart(struct requests *requests, struct control_request *request, const json_t *body)
{
    struct detector *detector;
    if (!find_detector(requests, request, body, &detector))
        start_or_restart(requests, request, body, VERB_RESTART, camera_restart);
    else if (detector)
        answer_detector(request, VERB_RESTART, detector);
}

bool request_is_stopped(const struct camera *camera)
{
    return camera_is_down(camera) || camera_is_wanted(camera);
}

void request_answer_stuck(struct control_request *request, const struct camera *camera)
{
    control_reply_error(request, CONTROL_FAILED,
                        "look at its driver or file system: camctl status tells its state",
                        "%s has a worker that could not be killed", camera_name(camera));
}

/* stop answers when the workers are gone. */
struct stopping {
    char name[CAMD_NAME_MAX + 1];
    json_t *answer;
};

static void stopping_release(void *state)
{
    struct stopping *stopping = state;
    json_decref(stopping->answer);
    free(stopping);
}

static bool is_down(const void *state, const struct camera *camera)
{
    (void)state;
    return request_is_stopped(camera) || camera_is_stuck(camera);
}

static bool answer_down(struct requests *requests, struct control_request *request, void *state, bool late)
{
    const struct stopping *stopping = state;
    const struct camera *camera = fleet_find(requests->fleet, stopping->name);
    (void)late;
    if (camera && !request_is_stopped(camera))
        request_answer_stuck(request, camera);
    else
        control_reply_ok(request, json_incref(stopping->answer));
    return true;
}

static const struct pending_kind pending_down = {
    .is_settled = is_down, .answer = answer_down, .release = stopping_release};

void request_answer_later(struct requests *requests, struct control_request *request,
                          const struct pending_kind *kind, void *state, const char *name, int64_t timeout_ms)
{
    json_t *names = name ? json_pack("[s]", name) : NULL;
    if (pending_add(requests, request, kind, state, names, timeout_ms) < 0)
        request_no_memory(request);
    json_decref(names);
}

static void request_stop(struct requests *requests, struct control_request *request, const json_t *body)
{
    struct camera *camera = request_camera(requests, request, body);
    struct stopping *stopping = camera ? malloc(sizeof(*stopping)) : NULL;
    if (!camera)
        return;
    if (!stopping) {
        request_no_memory(request);
        return;
    }
    memcpy(stopping->name, camera_name(camera), sizeof(stopping->name));
    stopping->answer = outcome(VERB_STOP, camera);
    if (camera_is_wanted(camera))
        note_asked(camera, VERB_STOP, request);
    camera_stop(camera);
    request_answer_later(requests, request, &pending_down, stopping, stopping->name,
                         camera_config(camera)->stop_timeout_ms + CAMERA_STOP_EXTRA_MS);
}

/* There is nothing to try for one that is not to run. */
static bool refuse_unwanted(struct control_request *request, const struct camera *camera)
{
    const char *name = camera_name(camera), *verb = camera_is_enabled(camera) ? "start" : "enable";
    if (camera_is_wanted(camera))
        return false;
    if (camera_is_bad_file(camera)) {
        request_refuse_bad_file(request, camera);
        return true;
    }
    char *hint = text_format("camctl %s %s%s", verb, text_before_operand(name), name);
    control_reply_error(request, CONTROL_REFUSED, hint, "%s is %s: there is nothing to try again", name,
                        camera_is_enabled(camera) ? "stopped" : "disabled");
    free(hint);
    return true;
}

static void request_kick(struct requests *requests, struct control_request *request, const json_t *body)
{
    struct detector *detector;
    if (find_detector(requests, request, body, &detector)) {
        if (detector)
            answer_detector(request, VERB_KICK, detector);
        return;
    }
    struct camera *camera = request_camera(requests, request, body);
    if (!camera || refuse_unwanted(request, camera))
        return;
    json_t *answer = outcome(VERB_KICK, camera);
    camera_kick(camera);
    control_reply_ok(request, answer);
}

static void request_ptz(struct requests *requests, struct control_request *request, const json_t *body)
{
    const json_t *moving = json_object_get(body, "moving");
    struct camera *camera = request_camera(requests, request, body);
    if (!camera)
        return;
    if (!json_is_boolean(moving)) {
        control_reply_error(request, CONTROL_USAGE, NULL, "ptz needs \"moving\": true or false");
        return;
    }
    camera_set_ptz(camera, json_is_true(moving));
    control_reply_ok(request, NULL);
}

/* ---- the daemon ---- */

char *request_problems_text(const struct config_problems *problems)
{
    char *all = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&all, &size);
    if (!out)
        return NULL;
    config_problems_print(problems, "", out);
    if (fclose(out) != 0) {
        free(all);
        return NULL;
    }
    if (size > 0)
        all[size - 1] = '\0';
    return all;
}

void request_problems(struct control_request *request, enum control_error error,
                      const struct config_problems *problems, const char *hint)
{
    char *text = request_problems_text(problems);
    control_reply_error(request, error, hint, "%s", text ? text : "memory is short");
    free(text);
}

static void request_shutdown(struct requests *requests, struct control_request *request, const json_t *body)
{
    (void)body;
    control_reply_ok(request, NULL);
    requests->owner.stop(requests->owner.context, "camctl shutdown");
}

static void request_upgrade(struct requests *requests, struct control_request *request, const json_t *body)
{
    if (json_member_bool(body, "workers", false))
        rolling_begin_older(requests, request);
    else
        requests->owner.upgrade(requests->owner.context, request);
}

/* ---- which function answers ---- */

static void request_match(struct requests *requests, struct control_request *request, const json_t *body)
{
    json_t *names = names_of_any(requests, request, body);
    if (names)
        control_reply_ok(request, json_pack("{s:o}", "cameras", names));
}

/* For each camera by itself when there are several. */
static request_function *const functions_of_cameras[VERB_COUNT] = {
    [VERB_REMOVE] = request_remove, [VERB_ENABLE] = request_enable, [VERB_DISABLE] = request_disable,
    [VERB_START] = request_start,   [VERB_STOP] = request_stop,     [VERB_RESTART] = request_restart,
    [VERB_KICK] = request_kick,     [VERB_PTZ] = request_ptz,       [VERB_GRID_CLEAR] = request_grid_clear,
    [VERB_SET] = request_set,
};

static request_function *const functions[VERB_COUNT] = {
    [VERB_MATCH] = request_match,
    [VERB_ADD] = request_add,
    [VERB_RENAME] = request_rename,
    [VERB_STATUS] = request_status,
    [VERB_SHOW] = request_show,
    [VERB_WAIT] = request_wait,
    [VERB_EXPORT] = request_export,
    [VERB_EVENTS] = request_events,
    [VERB_LOGS] = request_logs,
    [VERB_SUBSCRIBE] = request_subscribe,
    [VERB_SNAPSHOT] = request_snapshot,
    [VERB_STREAM] = request_snapshot, /* pictures, once or for long, come from the same segments */
    [VERB_ZONE] = request_zone,
    [VERB_GRID] = request_grid,
    [VERB_GRID_EXPORT] = request_grid_export,
    [VERB_GRID_IMPORT] = request_grid_import,
    [VERB_SHM] = request_shm,
    [VERB_RELOAD] = request_reload,
    [VERB_SHUTDOWN] = request_shutdown,
    [VERB_UPGRADE] = request_upgrade,
    [VERB_VERSION] = request_version,
};

/* One name that stands in "names" is the same as one in "name": its error is the request's. */
static void handle_names(struct requests *requests, struct control_request *request,
                         request_function *function, const json_t *body)
{
    json_t *names = names_of(requests, request, body);
    const json_t *given = json_object_get(body, "names");
    if (!names)
        return;
    if (json_array_size(given) != 1 || pattern_is(json_string_value(json_array_get(given, 0)))) {
        several_begin(requests, request, function, body, names);
        return;
    }
    json_t *single = json_copy_of(body);
    json_object_set(single, "name", json_array_get(names, 0));
    function(requests, request, single);
    json_decref(single);
    json_decref(names);
}

static void handle(struct requests *requests, struct control_request *request, enum verb verb,
                   const json_t *body)
{
    if (functions[verb])
        functions[verb](requests, request, body);
    else if (members_name_several(body))
        handle_names(requests, request, functions_of_cameras[verb], body);
    else
        functions_of_cameras[verb](requests, request, body);
}

void requests_look_up_allowed(struct requests *requests)
{
    if (!requests)
        return;
    allowed_free(requests->allowed);
    requests->allowed = allowed_new(requests->services->config);
}

bool requests_may(void *context, uid_t uid, enum verb verb, const json_t *body, const char **given)
{
    const struct requests *requests = context;
    *given = allowed_words(requests->allowed, uid);
    return *given && allowed_may(*given, verb, body);
}

/* Nothing is done for add and set with dry_run; with any other verb, that says nothing. */
static bool is_only_checked(enum verb verb, const json_t *body)
{
    return (verb == VERB_ADD || verb == VERB_SET) && json_member_bool(body, "dry_run", false);
}

void requests_handle(void *context, struct control_request *request, enum verb verb, const json_t *body)
{
    struct requests *requests = context;
    const bool is_change = verb_table[verb].privilege == VERB_CHANGE;
    char problem[MEMBERS_PROBLEM_BYTES];
    if (!functions[verb] && !functions_of_cameras[verb]) {
        control_reply_error(request, CONTROL_USAGE, NULL, "%s is camctl's own verb", verb_table[verb].word);
        return;
    }
    if (!members_are_right(verb, body, problem)) {
        control_reply_error(request, CONTROL_USAGE, "see camd-ipc(7) for what each verb takes", "%s",
                            problem);
        return;
    }
    if (fleet_is_stopping(requests->fleet) && is_change) {
        control_reply_error(request, CONTROL_REFUSED, NULL, "camd is being stopped");
        return;
    }
    if (is_change && !is_only_checked(verb, body))
        audit_note(requests->services, requests->fleet, request, verb, body);
    handle(requests, request, verb, body);
}

/* ---- life ---- */

int requests_new(struct requests **result, struct services *services, struct fleet *fleet,
                 const struct requests_owner *owner)
{
    struct requests *requests = calloc(1, sizeof(*requests));
    if (!requests)
        return -ENOMEM;
    *requests = (struct requests){.services = services, .fleet = fleet, .owner = *owner};
    TAILQ_INIT(&requests->settings);
    requests_look_up_allowed(requests);
    *result = requests;
    return 0;
}

void requests_end(struct requests *requests)
{
    if (!requests)
        return;
    requests_answer_all(requests, "camd is being stopped");
    rolling_end(requests);
}

void requests_restart_left(struct requests *requests)
{
    rolling_begin_left(requests);
}

const char *requests_are_busy_with(const struct requests *requests)
{
    if (requests->rolling)
        return "workers are being restarted one after the other";
    const bool all_answered =
        LIST_EMPTY(&requests->pending) && LIST_EMPTY(&requests->several) && TAILQ_EMPTY(&requests->settings);
    return all_answered ? NULL : "requests wait for their answer";
}

void requests_answer_all(struct requests *requests, const char *why)
{
    pending_free_all(requests, why);
    several_end_all(requests, why);
    request_events_end(requests, why);
}

void requests_free(struct requests *requests)
{
    if (!requests)
        return;
    rolling_end(requests);
    allowed_free(requests->allowed);
    free(requests);
}

/* Adding and removing cameras: saved durably, started, answered when it is known how it went. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "config/config.h"
#include "daemon/disk/overrides.h"
#include "daemon/disk/persist.h"
#include "daemon/verbs/pending.h"
#include "daemon/verbs/requests_private.h"

enum {
    SETTINGS_MAX = 256,
    ADD_TIMEOUT_S = 10,
    ADD_TIMEOUT_MAX_S = 600,
    SAVE_MS = 35000, /* the longest that a file can take: see persist.h */
};

/* Where camctl's cameras are kept; the caller's to free. NULL when there is no cameras_dir, or no memory. */
static char *own_file(const struct requests *requests, const char *name)
{
    const char *directory = requests->services->config->cameras_dir;
    if (!directory)
        return NULL;
    return text_format("%s/%s.ini", directory, name);
}

/* When the camera has settled; state is taken over. */
static void answer_later(struct requests *requests, struct control_request *request,
                         const struct pending_kind *kind, void *state, const char *name, int64_t timeout_ms)
{
    json_t *names = json_pack("[s]", name);
    if (pending_add(requests, request, kind, state, names, timeout_ms) < 0)
        request_no_memory(request);
    json_decref(names);
}

/* ---- add ---- */

/* How far the writing of the file is; shared with persist, which may finish after the request. */
struct saving {
    int references;
    bool done;
    int error;
    struct camera *camera; /* whose file it is */
};

static void saving_release(struct saving *saving)
{
    if (--saving->references == 0)
        free(saving);
}

/* A job was given to persist, which calls back later. */
static void saving_begun(struct saving *saving, struct camera *camera)
{
    saving->references++;
    saving->camera = camera;
    camera_hold(camera);
}

static void saved(void *context, int error)
{
    struct saving *saving = context;
    saving->done = true;
    saving->error = error;
    camera_release(saving->camera);
    saving_release(saving);
}

struct adding {
    char name[CAMD_NAME_MAX + 1];
    bool require_frame, runtime;
    int64_t begun_ms, deadline_ms;
    struct saving *saving;
    /* why it is taken back, once that has begun: it is answered when nothing is left */
    char *refusal, *hint;
    enum control_error code;
};

static void adding_release(void *state)
{
    struct adding *adding = state;
    saving_release(adding->saving);
    free(adding->refusal);
    free(adding->hint);
    free(adding);
}

/* Begins to remove what belongs to path; saving says when it is done. */
static void remove_file(struct requests *requests, struct saving *saving, struct camera *camera,
                        const char *path)
{
    saving->done = false;
    int error = persist_remove(requests->services->persist, path, saved, saving);
    if (error < 0) {
        saving->done = true;
        saving->error = error;
        return;
    }
    saving_begun(saving, camera);
}

/* Nothing of it stays. text (taken over) and hint are the answer when all is gone. */
static void take_back(struct requests *requests, struct adding *adding, enum control_error code, char *text,
                      const char *hint)
{
    struct camera *camera = fleet_find(requests->fleet, adding->name);
    char *path = adding->runtime ? NULL : own_file(requests, adding->name);
    adding->code = code;
    adding->refusal = text ? text : strdup("out of memory");
    adding->hint = hint && hint[0] ? strdup(hint) : NULL;
    if (camera)
        fleet_remove(requests->fleet, camera);
    fleet_look_after_grids(
        requests->fleet); /* an earlier one of the name may have left a grid, which waits again */
    if (camera && path)
        remove_file(requests, adding->saving, camera, path);
    free(path);
}

static void answer_added(struct control_request *request, const struct adding *adding, struct camera *camera)
{
    control_reply_ok(request,
                     json_pack("{s:s, s:s, s:I, s:I}", "name", adding->name, "state",
                               camera_state_word(camera), "frames", (json_int_t)status_frames(camera),
                               "elapsed_ms", (json_int_t)(clock_monotonic_ms() - adding->begun_ms)));
}

/* True when answered. */
static bool answer_not_running(struct requests *requests, struct control_request *request,
                               struct adding *adding, struct camera *camera)
{
    char reason[WORKER_TEXT_BYTES], hint[WORKER_TEXT_BYTES];
    const struct automaton *capture = &camera_worker(camera, WORKER_CAPTURE)->automaton;
    bool no_room = capture->reason == AUTOMATON_REASON_SEGMENTS;
    int64_t next_ms = capture->state == AUTOMATON_BACKOFF ? capture->deadline_ms - clock_monotonic_ms() : -1;
    camera_explain(camera, reason, sizeof(reason), hint, sizeof(hint));
    if (adding->require_frame || no_room) {
        take_back(
            requests, adding, CONTROL_REFUSED,
            text_format("%s was not added: %s", adding->name, reason[0] ? reason : "no picture came in time"),
            hint);
        return false;
    }
    char *text =
        text_format("%s is %s, but does not run yet: %s", adding->name, adding->runtime ? "added" : "saved",
                    reason[0] ? reason : "no picture came in time");
    json_t *fields = next_ms >= 0 ? json_pack("{s:I}", "next_start_ms", (json_int_t)next_ms) : json_object();
    control_reply_error_with(request, CONTROL_NOT_RUNNING, fields, hint[0] ? hint : NULL,
                             text ? text : "out of memory");
    free(text);
    return true;
}

/* Pictures come, and the tracker has been given its chance. */
static bool is_running(const struct camera *camera)
{
    enum automaton_state capture = camera_worker(camera, WORKER_CAPTURE)->automaton.state;
    enum automaton_state tracker = camera_worker(camera, WORKER_TRACKER)->automaton.state;
    return capture == AUTOMATON_ENDED ||
           (capture == AUTOMATON_UP && tracker != AUTOMATON_CREATING && tracker != AUTOMATON_STARTING);
}

/* True when waiting longer would not help: the reason is clear, or the next try comes too late. */
static bool is_hopeless(const struct adding *adding, const struct camera *camera)
{
    const struct automaton *capture = &camera_worker(camera, WORKER_CAPTURE)->automaton;
    if (capture->state == AUTOMATON_FAILED)
        return true;
    if (capture->state != AUTOMATON_BACKOFF)
        return false;
    return capture->reason == AUTOMATON_REASON_SEGMENTS || capture->failures >= 2 ||
           capture->deadline_ms >= adding->deadline_ms;
}

static bool is_late(const struct adding *adding)
{
    return clock_monotonic_ms() >= adding->deadline_ms;
}

/* Writing its file is bounded by persist, and leaving again by the stop ladder. */
static bool add_is_settled(const void *state, const struct camera *camera)
{
    const struct adding *adding = state;
    if (!adding->saving->done)
        return false;
    if (adding->refusal)
        return camera_is_stuck(camera);
    return adding->saving->error < 0 || is_running(camera) || !camera_is_wanted(camera) || is_late(adding) ||
           is_hopeless(adding, camera);
}

static bool answer_add(struct requests *requests, struct control_request *request, void *state, bool late)
{
    struct adding *adding = state;
    struct camera *camera = fleet_find(requests->fleet, adding->name);
    if (late && (adding->refusal || !adding->saving->done))
        return false;
    if (adding->refusal) {
        control_reply_error(request, adding->code, adding->hint, "%s", adding->refusal);
        return true;
    }
    if (!camera) {
        control_reply_error(request, CONTROL_FAILED, NULL, "%s was removed meanwhile", adding->name);
        return true;
    }
    if (adding->saving->error < 0) {
        take_back(requests, adding, CONTROL_FAILED,
                  text_format("%s was not added: its file could not be written: %s", adding->name,
                              strerror(-adding->saving->error)),
                  "look at cameras_dir: space, permissions; or use --runtime");
        return false;
    }
    bool has_frames = camera_worker(camera, WORKER_CAPTURE)->automaton.state == AUTOMATON_UP;
    if (!is_running(camera) && camera_is_wanted(camera) && !(has_frames && is_late(adding)))
        return answer_not_running(requests, request, adding, camera);
    answer_added(request, adding, camera);
    return true;
}

static const struct pending_kind pending_add_kind = {add_is_settled, answer_add, adding_release};

/* The request's settings as pairs; false when an error has been answered. */
static bool read_settings(struct control_request *request, const json_t *body,
                          struct config_setting *settings, size_t *count)
{
    const json_t *given = json_object_get(body, "settings");
    const char *key;
    json_t *value;
    *count = 0;
    if (!json_is_object(given) || json_object_size(given) > SETTINGS_MAX) {
        control_reply_error(request, CONTROL_USAGE, "for example {\"input\": \"rtsp://…\"}",
                            "add needs \"settings\", an object of at most %d keys", SETTINGS_MAX);
        return false;
    }
    json_object_foreach((json_t *)given, key, value)
    {
        if (!json_is_string(value)) {
            control_reply_error(request, CONTROL_USAGE, "values are strings, as in the file",
                                "the value of %s is no string", key);
            return false;
        }
        settings[(*count)++] = (struct config_setting){key, json_string_value(value)};
    }
    return true;
}

/* Refuses a camera that could not start, with what is missing. One of unknown size is refused when it tells a size. */
static bool has_room(struct requests *requests, struct control_request *request,
                     const struct config_camera *config)
{
    char problem[WORKER_TEXT_BYTES], hint[WORKER_TEXT_BYTES];
    struct fleet_room room;
    if (!config->enabled || fleet_room_for_new(requests->fleet, config, &room) < 0 || room.slots > 0 ||
        (config->width == 0 && room.descriptors.missing == 0))
        return true;
    fleet_room_explain(&room, problem, sizeof(problem), hint, sizeof(hint));
    control_reply_error(request, CONTROL_REFUSED, hint, "%s was not added: %s", config->name, problem);
    return false;
}

static bool name_is_free(struct requests *requests, struct control_request *request, const char *name,
                         const char *path)
{
    if (!text_is_camera_name(name)) {
        char *shown = request_name_shown(name);
        control_reply_error(request, CONTROL_USAGE, "for example front_door",
                            "\"%s\" is no name for a camera: 1 to 40 of A-Z a-z 0-9 _ -", shown ? shown : "");
        free(shown);
        return false;
    }
    if (fleet_find(requests->fleet, name) || fleet_find_leaving(requests->fleet, name)) {
        control_reply_error(request, CONTROL_REFUSED, "choose another name, or remove that one first",
                            "there is a camera %s already%s", name,
                            fleet_find(requests->fleet, name) ? "" : ", which is being removed");
        return false;
    }
    if (path && access(path, F_OK) == 0) {
        control_reply_error(request, CONTROL_REFUSED, "camctl reload takes it as it is; or delete it first",
                            "%s exists, but is not loaded", path);
        return false;
    }
    return true;
}

/* Begins to write the camera's file. 0 or -errno. */
static int save(struct requests *requests, struct adding *adding, struct camera *camera, const char *path,
                const struct config_setting *settings, size_t count)
{
    struct saving *saving = adding->saving;
    char *text = config_camera_file_text(adding->name, settings, count);
    int error = text ? sys_mkdir(requests->services->config->cameras_dir, 0755) : -ENOMEM;
    if (error == 0 || error == -EEXIST) {
        error = persist_write(requests->services->persist, path, text, strlen(text), 0600, saved, saving);
        if (error == 0)
            saving_begun(saving, camera);
    }
    free(text);
    return error;
}

static struct adding *adding_new(const json_t *body)
{
    struct adding *adding = calloc(1, sizeof(*adding));
    struct saving *saving = calloc(1, sizeof(*saving));
    if (!adding || !saving) {
        free(adding);
        free(saving);
        return NULL;
    }
    *saving = (struct saving){.references = 1};
    double timeout_s = json_member_double(body, "timeout_s", ADD_TIMEOUT_S);
    if (!(timeout_s > 0.0) || timeout_s > ADD_TIMEOUT_MAX_S)
        timeout_s = timeout_s > 0.0 ? ADD_TIMEOUT_MAX_S : 0.0;
    adding->saving = saving;
    adding->begun_ms = clock_monotonic_ms();
    adding->deadline_ms = adding->begun_ms + (int64_t)(timeout_s * 1000.0);
    adding->require_frame = json_member_bool(body, "require_frame", false);
    adding->runtime = json_member_bool(body, "runtime", false);
    return adding;
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
    /* a wish from an earlier camera of the name is not this one's */
    overrides_forget(requests->services->overrides, config->name);
    camera_set_enabled(camera, config->enabled);
    error = adding->runtime ? 0 : save(requests, adding, camera, config->file, settings, count);
    if (adding->runtime || error < 0) {
        adding->saving->done = true;
        adding->saving->error = error;
    }
    if (error == 0 && config->autostart)
        camera_start(camera);
    fleet_look_after_grids(requests->fleet); /* one of that name may have left a grid */
    log_notice(config->name, "added%s", adding->runtime ? " until the daemon stops" : "");
    int64_t wait_ms = adding->deadline_ms - adding->begun_ms;
    answer_later(requests, request, &pending_add_kind, adding, config->name, wait_ms > 0 ? wait_ms : 0);
}

void request_add(struct requests *requests, struct control_request *request, const json_t *body)
{
    struct config_setting settings[SETTINGS_MAX];
    size_t count;
    const char *name = json_member_string(body, "name", "");
    bool runtime = json_member_bool(body, "runtime", false);
    char *path = runtime ? NULL : own_file(requests, name);
    if (!path && !runtime) {
        control_reply_error(request, CONTROL_REFUSED, "set cameras_dir in [camd], or use --runtime",
                            "there is no directory to save a camera in");
        return;
    }
    if (!name_is_free(requests, request, name, path) || !read_settings(request, body, settings, &count)) {
        free(path);
        return;
    }
    struct config_camera config;
    struct config_problems *problems = calloc(1, sizeof(*problems));
    int error = problems
                    ? config_camera_make(requests->services->config, name, settings, count, &config, problems)
                    : -ENOMEM;
    if (error == 0) {
        config.file = path;
        path = NULL;
        if (has_room(requests, request, &config))
            add_checked(requests, request, body, &config, settings, count);
        config_camera_fini(&config);
    } else if (error == -EINVAL) {
        request_problems(request, CONTROL_USAGE, problems, "camctl help keys lists the keys");
    } else {
        control_reply_error(request, CONTROL_FAILED, NULL, "%s was not added: %s", name, strerror(-error));
    }
    if (problems)
        config_problems_clear(problems);
    free(problems);
    free(path);
}

/* ---- remove ---- */

struct removing {
    char name[CAMD_NAME_MAX + 1];
    struct saving *saving; /* of the file's removal */
};

static void removing_release(void *state)
{
    struct removing *removing = state;
    saving_release(removing->saving);
    free(removing);
}

/* Its file is gone, too, when it has left: it does not leave before. */
static bool remove_is_settled(const void *state, const struct camera *camera)
{
    (void)state;
    return !camera_is_leaving(camera);
}

static bool answer_remove(struct requests *requests, struct control_request *request, void *state, bool late)
{
    const struct removing *removing = state;
    const struct saving *saving = removing->saving;
    const char *name = removing->name;
    if (late && saving->done)
        control_reply_error(request, CONTROL_FAILED,
                            "look at its driver or file system; its segments stay until then",
                            "%s has a worker that could not be killed", name);
    else if (!saving->done || saving->error < 0)
        control_reply_error(request, CONTROL_FAILED, "delete it by hand, or it comes back at the next start",
                            "%s was stopped, but its file %s/%s.ini could not be removed: %s", name,
                            requests->services->config->cameras_dir, name,
                            strerror(saving->done ? -saving->error : ETIMEDOUT));
    else
        control_reply_ok(request, NULL);
    return true;
}

static const struct pending_kind pending_remove_kind = {remove_is_settled, answer_remove, removing_release};

/* camctl edits only files that it wrote: one camera in cameras_dir/NAME.ini. */
static bool is_ours(const struct requests *requests, const struct camera *camera, const char *path)
{
    if (strcmp(camera_config(camera)->file, path) != 0)
        return false;
    for (const struct camera *other = fleet_first(requests->fleet); other; other = fleet_next(other)) {
        const char *file = camera_config(other)->file;
        if (other != camera && file && strcmp(file, path) == 0)
            return false;
    }
    return true;
}

static struct removing *removing_new(const char *name)
{
    struct removing *removing = calloc(1, sizeof(*removing));
    struct saving *saving = calloc(1, sizeof(*saving));
    if (!removing || !saving) {
        free(removing);
        free(saving);
        return NULL;
    }
    *saving = (struct saving){.references = 1};
    removing->saving = saving;
    memcpy(removing->name, name, strlen(name) + 1); /* a camera's name fits */
    return removing;
}

static void remove_checked(struct requests *requests, struct control_request *request, struct camera *camera,
                           const char *path)
{
    bool runtime = camera_config(camera)->file == NULL;
    struct removing *removing = removing_new(camera_name(camera));
    if (!removing) {
        control_reply_error(request, CONTROL_FAILED, NULL, "out of memory");
        return;
    }
    int64_t timeout_ms = camera_config(camera)->stop_timeout_ms + CAMERA_STOP_EXTRA_MS;
    if (runtime)
        removing->saving->done = true;
    else
        remove_file(requests, removing->saving, camera, path);
    overrides_forget(requests->services->overrides, camera_name(camera));
    int error = grids_remove(requests->services->grids, camera_name(camera));
    if (error < 0)
        log_warning(camera_name(camera), "its region grid is not removed: %s", strerror(-error));
    camera_stop_learning(camera);
    log_notice(camera_name(camera), "removed");
    fleet_remove(requests->fleet, camera);
    answer_later(requests, request, &pending_remove_kind, removing, removing->name,
                 timeout_ms > SAVE_MS ? timeout_ms : SAVE_MS);
}

void request_remove(struct requests *requests, struct control_request *request, const json_t *body)
{
    struct camera *camera = request_camera(requests, request, body);
    if (!camera)
        return;
    char *path = own_file(requests, camera_name(camera));
    if (camera_config(camera)->file && (!path || !is_ours(requests, camera, path)))
        control_reply_error(
            request, CONTROL_REFUSED,
            "delete its section there and run camctl reload; camctl disable stops it for good",
            "%s is written in %s:%u, a file that camctl does not edit", camera_name(camera),
            camera_config(camera)->file, camera_config(camera)->line);
    else
        remove_checked(requests, request, camera, path);
    free(path);
}

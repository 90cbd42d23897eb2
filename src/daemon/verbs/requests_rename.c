/*
 * rename: a camera under another name, with its region grid, what enable and disable said of it, what was set at run time,
 * and its history.
 *
 * What enable or disable said is written for the other name first, so that a camera that is disabled is so under either
 * name, whenever camd dies. Then its section gets the other name, then its file, if that was named after it: the next camd
 * finds one camera. The old one leaves before the new one is started: a camera may serve one at a time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "config/config_edit.h"
#include "daemon/camera/change.h"
#include "daemon/disk/overrides.h"
#include "daemon/events/events.h"
#include "daemon/verbs/outcome.h"
#include "daemon/verbs/own_file.h"
#include "daemon/verbs/pending.h"
#include "daemon/verbs/requests_private.h"
#include "daemon/verbs/saving.h"

enum rename_stage {
    RENAME_WISHING, /* what enable or disable said of it */
    RENAME_WRITING, /* its section */
    RENAME_MOVING,  /* its file */
    RENAME_LEAVING, /* the old camera, until the new one can start */
    RENAME_STORING, /* the region grid under its other name */
};

struct renaming {
    char from[CAMD_NAME_MAX + 1], to[CAMD_NAME_MAX + 1];
    char *path, *new_path; /* NULL: a camera of this run; the same when the file keeps its name */
    char *text;            /* what is to be in the file, which was this one when it was read: */
    struct stat before;
    enum rename_stage stage;
    struct saving *saving;
    struct camera *held; /* the old one: no reload takes it away between two stages; NULL: it leaves */
    struct config_camera config; /* the new one's; file NULL and no input until it is known */
    bool has_config, has_arrived;
    bool is_wanted, is_enabled; /* the old one */
    json_t *runtime;
    json_t *earlier;    /* what enable or disable said of an earlier camera of the new name; NULL: nothing */
    const char *remark; /* what did not come along, in words; NULL: all did */
};

static void let_go(struct renaming *renaming)
{
    if (renaming->held)
        camera_release(renaming->held);
    renaming->held = NULL;
}

static void renaming_release(void *state)
{
    struct renaming *renaming = state;
    let_go(renaming);
    saving_release(renaming->saving);
    if (renaming->has_config)
        config_camera_fini(&renaming->config);
    json_decref(renaming->runtime);
    json_decref(renaming->earlier);
    free(renaming->path);
    free(renaming->new_path);
    secret_free(renaming->text);
    free(renaming);
}

/* What is written before the new camera is started holds the old one; nothing that the new one waits for. */
static struct saving *saving_of(const void *state)
{
    const struct renaming *renaming = state;
    return renaming->stage == RENAME_STORING ? renaming->saving : NULL;
}

static bool rename_is_settled(const void *state, const struct camera *camera)
{
    const struct renaming *renaming = state;
    return renaming->stage < RENAME_LEAVING ? saving_is_done(renaming->saving) : !camera_is_leaving(camera);
}

/* ---- what comes along ---- */

/* What enable or disable said of it, if they did; what they said of an earlier camera of its new name is not about it. */
static void write_wish(const struct requests *requests, const struct renaming *renaming,
                       struct camera *camera)
{
    const int begun = overrides_copy(requests->services->overrides, renaming->from, renaming->to,
                                     saving_wish_done, renaming->saving);
    saving_note(renaming->saving, camera, SAVING_WISH, begun);
}

/* It is not renamed: what was said of an earlier camera of the new name still is. */
static void take_back_wish(const struct requests *requests, const struct renaming *renaming)
{
    overrides_restore(requests->services->overrides, renaming->to, renaming->earlier, NULL, NULL);
}

static void take_along(const struct requests *requests, struct renaming *renaming, struct camera *camera)
{
    const struct services *services = requests->services;
    camera_stop_learning(camera);
    const int begun =
        grids_rename(services->grids, renaming->from, renaming->to, saving_grid_done, renaming->saving);
    if (begun < 0) {
        renaming->remark = "its region grid could not be taken along";
        log_warning(renaming->to, "%s: %s", renaming->remark, strerror(-begun));
    }
    saving_note(renaming->saving, NULL, SAVING_GRID, begun);
    write_wish(requests, renaming, camera); /* said meanwhile, or else it is on the disk already */
    overrides_forget(services->overrides, renaming->from, NULL, NULL);
    events_rename(services->events, renaming->from, renaming->to);
    services_emit(services, "camera_renamed", renaming->to, json_pack("{s:s}", "from", renaming->from));
    log_notice(renaming->to, "renamed from %s by camctl rename", renaming->from);
    renaming->is_wanted = camera_is_wanted(camera);
    renaming->is_enabled = camera_is_enabled(camera);
    renaming->runtime = change_take_runtime(camera);
}

/* ---- stages ---- */

static void answer_unwished(struct control_request *request, const struct requests *requests,
                            const struct renaming *renaming, int error)
{
    take_back_wish(requests, renaming);
    control_reply_error(
        request, CONTROL_FAILED, persist_hint(error, PERSIST_STATE_DIR),
        "%s was not renamed: %s, which says what was enabled and disabled, could not be written: %s",
        renaming->from, overrides_path(requests->services->overrides), persist_reason(error));
}

static void begin_write(const struct requests *requests, struct renaming *renaming, struct camera *camera)
{
    renaming->stage = RENAME_WRITING;
    if (!renaming->path)
        return;
    const int error =
        persist_replace(requests->services->persist, renaming->path, &renaming->before, renaming->text,
                        strlen(renaming->text), saving_file_done, renaming->saving);
    saving_note(renaming->saving, camera, SAVING_FILE, error < 0 ? error : 1);
}

static void answer_unwritten(struct control_request *request, const struct renaming *renaming, int error)
{
    control_reply_error(request, error == -ESTALE ? CONTROL_REFUSED : CONTROL_FAILED,
                        error == -ESTALE ? "their change is there: look at it, and try again"
                                         : persist_hint(error, PERSIST_CAMERAS_DIR),
                        "%s was not renamed: %s could not be written: %s", renaming->from, renaming->path,
                        persist_reason(error));
}

/* The section has its other name: from here on it is renamed, whatever its file is called. */
static void begin_move(const struct requests *requests, struct renaming *renaming, struct camera *camera)
{
    renaming->stage = RENAME_MOVING;
    if (strcmp(renaming->path, renaming->new_path) == 0)
        return;
    const int error = persist_move(requests->services->persist, renaming->path, renaming->new_path,
                                   saving_file_done, renaming->saving);
    saving_note(renaming->saving, camera, SAVING_FILE, error < 0 ? error : 1);
}

/* The new camera's configuration is in the file that it is in now. */
static int settle_file(struct renaming *renaming)
{
    const int error = saving_error(renaming->saving, SAVING_FILE);
    if (error == 0)
        return 0;
    log_warning(renaming->to, "its file stays %s: %s", renaming->path, persist_reason(error));
    renaming->remark = "its file keeps its name";
    char *file = strdup(renaming->path);
    if (!file)
        return -ENOMEM;
    free(renaming->config.file);
    renaming->config.file = file;
    return 0;
}

static void leave(struct requests *requests, struct renaming *renaming, struct camera *camera)
{
    renaming->stage = RENAME_LEAVING;
    take_along(requests, renaming, camera);
    fleet_remove(requests->fleet, camera);
    let_go(renaming);
    fleet_look_after_grids(requests->fleet);
}

/* It may be there already: a reload has found it, in the file that was still called after the old one. */
static void arrive(struct requests *requests, struct renaming *renaming)
{
    struct camera *camera = fleet_find(requests->fleet, renaming->to);
    const bool is_found = camera && renaming->config.file;
    if (is_found && change_file(camera, renaming->config.file) < 0)
        log_warning(renaming->to, "memory is short: camctl reload finds the file that it is in");
    if (!camera && fleet_add(requests->fleet, &renaming->config, &camera) < 0)
        return;
    renaming->has_arrived = true;
    if (!renaming->config.file) /* which nothing on the disk says */
        camera_set_enabled(camera, renaming->is_enabled);
    if (renaming->runtime && change_give_runtime(camera, renaming->runtime) < 0)
        log_warning(renaming->to, "memory is short: what was set at run time is lost");
    if (renaming->is_wanted)
        camera_start(camera);
    fleet_look_after_grids(requests->fleet);
}

/* A disk that is known to fail or to hang is not waited for. */
static bool is_being_stored(const struct requests *requests, const struct renaming *renaming)
{
    return saving_error(renaming->saving, SAVING_GRID) == -EINPROGRESS &&
           !grids_problem(requests->services->grids);
}

/* What could not be done of it, if that is not known yet. */
static void find_remark(struct renaming *renaming)
{
    if (renaming->remark)
        return;
    if (saving_error(renaming->saving, SAVING_WISH) < 0)
        renaming->remark = "what enable or disable said meanwhile lasts only until camd starts again";
    else if (saving_error(renaming->saving, SAVING_GRID) < 0)
        renaming->remark = "its region grid is not on the disk under this name yet";
}

static void answer_renamed(const struct requests *requests, struct control_request *request,
                           struct renaming *renaming)
{
    const struct camera *camera = fleet_find(requests->fleet, renaming->to);
    find_remark(renaming);
    char *words = text_format("renamed from %s; %s%s%s", renaming->from,
                              !renaming->has_arrived       ? "memory is short: camctl reload adds it"
                              : !camera                    ? "it was removed meanwhile"
                              : camera_is_wanted(camera)   ? "it starts"
                              : !camera_is_enabled(camera) ? "it is disabled"
                                                           : "it is down",
                              renaming->remark ? "; " : "", renaming->remark ? renaming->remark : "");
    control_reply_ok(request, outcome_answer(renaming->to, words ? words : "renamed"));
    free(words);
}

/* How the stage went that has ended, or is late. */
static int error_of_stage(const struct renaming *renaming, bool late)
{
    if (late && !saving_is_done(renaming->saving))
        return -ETIMEDOUT;
    return saving_error(renaming->saving, renaming->stage == RENAME_WISHING ? SAVING_WISH : SAVING_FILE);
}

/* False: the stage has failed, which has been answered. */
static bool go_on(struct requests *requests, struct control_request *request, struct renaming *renaming,
                  struct camera *camera, int error)
{
    if (renaming->stage == RENAME_WISHING && error < 0) {
        answer_unwished(request, requests, renaming, error);
        return false;
    }
    if (renaming->stage == RENAME_WRITING && error < 0) {
        if (error != -ETIMEDOUT) /* else its section may get the other name yet */
            take_back_wish(requests, renaming);
        answer_unwritten(request, renaming, error);
        return false;
    }
    if (!camera) {
        if (renaming->stage == RENAME_WISHING) /* nothing has the other name yet */
            take_back_wish(requests, renaming);
        control_reply_error(request, CONTROL_FAILED, "camctl reload takes its file as it is",
                            "%s was removed meanwhile", renaming->from);
        return false;
    }
    if (renaming->stage == RENAME_WISHING) {
        begin_write(requests, renaming, camera);
        camera_tell_soon(camera);
    } else if (renaming->stage == RENAME_WRITING && renaming->path) {
        begin_move(requests, renaming, camera);
        camera_tell_soon(camera);
    } else if (renaming->path && settle_file(renaming) < 0) {
        request_no_memory(request);
        return false;
    } else {
        leave(requests, renaming, camera);
    }
    return true;
}

static bool answer_rename(struct requests *requests, struct control_request *request, void *state, bool late)
{
    struct renaming *renaming = state;
    struct camera *camera = fleet_find(requests->fleet, renaming->from);
    const int error = error_of_stage(renaming, late);
    if (renaming->stage == RENAME_LEAVING) {
        renaming->stage = RENAME_STORING;
        arrive(requests, renaming);
        if (!late && is_being_stored(requests, renaming))
            return false;
    }
    if (renaming->stage == RENAME_STORING) {
        answer_renamed(requests, request, renaming);
        return true;
    }
    return !go_on(requests, request, renaming, camera, error);
}

static const struct pending_kind pending_rename = {.is_settled = rename_is_settled,
                                                   .answer = answer_rename,
                                                   .release = renaming_release,
                                                   .saving = saving_of};

/* ---- the beginning ---- */

/* Where its file will be: a file that has its name gets the new one's, unless it has other sections, too. */
static bool choose_path(const struct requests *requests, struct control_request *request,
                        struct renaming *renaming, const struct own_file *file)
{
    const struct config *config = requests->services->config;
    char *own = own_file_path(config, renaming->from), *new_own = own_file_path(config, renaming->to);
    const bool is_own =
        own && strcmp(own, renaming->path) == 0 && config_edit_sections(file->text, file->length) == 1;
    renaming->new_path = is_own ? new_own : strdup(renaming->path);
    if (is_own)
        new_own = NULL;
    free(own);
    free(new_own);
    if (!renaming->new_path) {
        request_no_memory(request);
        return false;
    }
    if (is_own && access(renaming->new_path, F_OK) == 0) {
        control_reply_error(request, CONTROL_REFUSED, "camctl reload takes it as it is; or delete it first",
                            "%s was not renamed: %s exists, but is not loaded", renaming->from,
                            renaming->new_path);
        return false;
    }
    return true;
}

/* The text of the file with the other name, and the camera that it means. False: an error has been answered. */
static bool edit(const struct requests *requests, struct control_request *request, struct renaming *renaming,
                 const struct own_file *file)
{
    const struct config *config = requests->services->config;
    struct config_problems *problems = config_problems_new();
    int error = problems ? config_edit_name(renaming->path, file->text, file->length, renaming->from,
                                            renaming->to, &renaming->text, problems)
                         : -ENOMEM;
    if (error == 0) {
        error = config_camera_read(config, renaming->new_path, renaming->text, strlen(renaming->text),
                                   renaming->to, &renaming->config, problems);
        renaming->has_config = error == 0;
    }
    if (error == -EINVAL)
        request_problems(request, CONTROL_REFUSED, problems, "nothing was changed; mend the file first");
    else if (error < 0)
        control_reply_error(request, CONTROL_REFUSED, "camctl reload takes the file as it is",
                            "%s was not renamed: %s has no [camera %s] any more", renaming->from,
                            renaming->path, renaming->from);
    config_problems_free(problems);
    return error == 0;
}

/* Reads its file and finds what is to be in it. False: an error has been answered. */
static bool prepare(struct requests *requests, struct control_request *request, struct renaming *renaming,
                    const struct camera *camera)
{
    struct own_file file;
    char *problem = own_file_problem(requests->services->config, camera_config(camera));
    if (problem || !own_file_read(renaming->path, &file, &problem)) {
        control_reply_error(request, CONTROL_REFUSED, "rename it there by hand and run camctl reload",
                            "%s was not renamed: %s", renaming->from, problem ? problem : "memory is short");
        free(problem);
        return false;
    }
    const bool is_good =
        choose_path(requests, request, renaming, &file) && edit(requests, request, renaming, &file);
    renaming->before = file.status;
    own_file_release(&file);
    return is_good;
}

static struct renaming *renaming_new(const struct camera *camera, const char *to)
{
    const struct config_camera *config = camera_config(camera);
    struct renaming *renaming = calloc(1, sizeof(*renaming));
    if (!renaming)
        return NULL;
    renaming->saving = saving_new();
    renaming->path = config->file ? strdup(config->file) : NULL;
    if (!config->file && config_camera_copy(&renaming->config, config) == 0)
        renaming->has_config = true;
    if (!renaming->saving || (config->file ? !renaming->path : !renaming->has_config)) {
        renaming_release(renaming);
        return NULL;
    }
    memcpy(renaming->from, config->name, sizeof(renaming->from));
    memcpy(renaming->to, to, strlen(to) + 1); /* a camera's name fits */
    memcpy(renaming->config.name, renaming->to, sizeof(renaming->to));
    return renaming;
}

void request_rename(struct requests *requests, struct control_request *request, const json_t *body)
{
    const char *to = json_member_string(body, "to", "");
    struct camera *camera = request_camera(requests, request, body);
    if (!camera || !request_name_is_free(requests, request, to))
        return;
    if (camera_is_bad_file(camera)) {
        request_refuse_bad_file(request, camera);
        return;
    }
    struct renaming *renaming = renaming_new(camera, to);
    if (!renaming) {
        request_no_memory(request);
        return;
    }
    if (renaming->path && !prepare(requests, request, renaming, camera)) {
        renaming_release(renaming);
        return;
    }
    camera_hold(camera);
    renaming->held = camera;
    renaming->earlier = overrides_said(requests->services->overrides, to);
    write_wish(requests, renaming, camera);
    const int64_t stop_ms = camera_config(camera)->stop_timeout_ms + CAMERA_STOP_EXTRA_MS;
    request_answer_later(requests, request, &pending_rename, renaming, renaming->from,
                         stop_ms + 3 * REQUEST_SAVE_MS);
}

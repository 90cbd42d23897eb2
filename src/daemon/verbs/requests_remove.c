/* remove: stopped, gone from the disk, answered when that is done. Nothing is deleted that camctl did not write. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config.h"
#include "daemon/disk/overrides.h"
#include "daemon/disk/persist.h"
#include "daemon/grids/grids.h"
#include "daemon/verbs/own_file.h"
#include "daemon/verbs/pending.h"
#include "daemon/verbs/requests_private.h"
#include "daemon/verbs/saving.h"

struct removing {
    char name[CAMD_NAME_MAX + 1];
    struct saving *saving; /* of what is removed from the disk */
};

static void removing_release(void *state)
{
    struct removing *removing = state;
    saving_release(removing->saving);
    free(removing);
}

/* What belongs to it on the disk is gone, too, when it has left: it does not leave before. */
static bool remove_is_settled(const void *state, const struct camera *camera)
{
    (void)state;
    return !camera_is_leaving(camera);
}

/* What stays of a camera when it could not be removed from the disk, in which directory, and what comes of that. */
static const struct {
    const char *what, *outcome;
    enum persist_directory directory;
} remains[SAVING_JOBS] = {
    [SAVING_FILE] = {"its file", "delete it by hand, or the camera comes back at the next start",
                     PERSIST_CAMERAS_DIR},
    [SAVING_WISH] = {"what enable or disable said of it", "else it counts for the next camera of that name",
                     PERSIST_STATE_DIR},
    [SAVING_GRID] = {"its region grid", "it is tried again until camd stops", PERSIST_STATE_DIR},
};

static void answer_remaining(const struct requests *requests, struct control_request *request,
                             const struct removing *removing, int job, int error)
{
    const char *problem = job == SAVING_GRID ? grids_problem(requests->services->grids) : NULL;
    const char *reason = problem ? problem : persist_reason(error);
    char *hint = text_format("%s; %s", persist_hint(error, remains[job].directory), remains[job].outcome);
    log_warning(removing->name, "%s could not be removed from the disk: %s; %s", remains[job].what, reason,
                hint ? hint : remains[job].outcome);
    control_reply_error(request, CONTROL_FAILED, hint,
                        "%s was stopped, but %s could not be removed from the disk: %s", removing->name,
                        remains[job].what, reason);
    free(hint);
}

/* False: nothing of it stays. */
static bool answer_remains(const struct requests *requests, struct control_request *request,
                           const struct removing *removing)
{
    for (int job = 0; job < SAVING_JOBS; job++) {
        const int error = saving_error(removing->saving, (enum saving_job)job);
        if (error == 0)
            continue;
        answer_remaining(requests, request, removing, job, error == -EINPROGRESS ? -ETIMEDOUT : error);
        return true;
    }
    return false;
}

static bool answer_remove(struct requests *requests, struct control_request *request, void *state, bool late)
{
    const struct removing *removing = state;
    if (answer_remains(requests, request, removing))
        return true;
    if (late)
        control_reply_error(request, CONTROL_FAILED,
                            "look at its driver or file system; its segments stay until then",
                            "%s has a worker that could not be killed", removing->name);
    else
        control_reply_ok(request, NULL);
    return true;
}

static const struct pending_kind pending_remove_kind = {
    .is_settled = remove_is_settled, .answer = answer_remove, .release = removing_release};

static struct removing *removing_new(const char *name)
{
    struct removing *removing = calloc(1, sizeof(*removing));
    if (!removing)
        return NULL;
    removing->saving = saving_new();
    if (!removing->saving) {
        free(removing);
        return NULL;
    }
    memcpy(removing->name, name, strlen(name) + 1); /* a camera's name fits */
    return removing;
}

/* path: of its file; NULL: it has none. */
static void remove_from_disk(const struct requests *requests, struct saving *saving, struct camera *camera,
                             const char *path, bool keeps_grid)
{
    const struct services *services = requests->services;
    const char *name = camera_name(camera);
    if (path)
        own_file_remove(services->persist, saving, camera, path);
    saving_note(saving, camera, SAVING_WISH,
                overrides_forget(services->overrides, name, saving_wish_done, saving));
    if (!keeps_grid)
        saving_note(saving, camera, SAVING_GRID,
                    grids_remove(services->grids, name, saving_grid_done, saving));
}

static void remove_checked(struct requests *requests, struct control_request *request, struct camera *camera,
                           const char *path, bool keeps_grid)
{
    struct removing *removing = removing_new(camera_name(camera));
    if (!removing) {
        request_no_memory(request);
        return;
    }
    const int64_t stop_ms = camera_config(camera)->stop_timeout_ms + CAMERA_STOP_EXTRA_MS;
    remove_from_disk(requests, removing->saving, camera, path, keeps_grid);
    if (!keeps_grid)
        camera_stop_learning(camera);
    log_notice(camera_name(camera), keeps_grid ? "removed, its region grid is kept" : "removed");
    fleet_remove(requests->fleet, camera);
    if (keeps_grid) /* the time for which it is kept begins */
        fleet_look_after_grids(requests->fleet);
    request_answer_later(requests, request, &pending_remove_kind, removing, removing->name,
                         stop_ms > REQUEST_SAVE_MS ? stop_ms : REQUEST_SAVE_MS);
}

/* Whoever deletes a file that has more than this camera in it loses that, too. */
static void refuse_remove(struct control_request *request, const struct camera *camera, const char *problem)
{
    control_reply_error(
        request, CONTROL_REFUSED,
        "take its section out of the file by hand and run camctl reload, which leaves the rest as it is; camctl disable stops it for good",
        "%s was not removed: %s", camera_name(camera), problem);
}

/* Its file is to be removed: camctl's own, with nothing else in it. */
static void remove_with_file(struct requests *requests, struct control_request *request,
                             struct camera *camera, bool keeps_grid)
{
    const struct config_camera *config = camera_config(camera);
    char *path = own_file_path(requests->services->config, config->name), *problem = NULL;
    if (!path || strcmp(config->file, path) != 0)
        problem = text_format("it is written in %s:%u, a file that camctl did not write", config->file,
                              config->line);
    else if (own_file_is_ours(path, config->name, &problem)) {
        remove_checked(requests, request, camera, path, keeps_grid);
        free(path);
        return;
    }
    refuse_remove(request, camera, problem ? problem : "memory is short");
    free(problem);
    free(path);
}

void request_remove(struct requests *requests, struct control_request *request, const json_t *body)
{
    const bool keeps_grid = json_member_bool(body, "keep_grid", false);
    struct camera *camera = request_camera(requests, request, body);
    if (camera && camera_config(camera)->file)
        remove_with_file(requests, request, camera, keeps_grid);
    else if (camera)
        remove_checked(requests, request, camera, NULL, keeps_grid);
}

/*
 * grid, grid_clear, grid_export and grid_import: what a camera's region grid has learnt. What changes it is done at once, and
 * answered when it is on the disk.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/json.h"
#include "base/text.h"
#include "daemon/grids/grid_record.h"
#include "daemon/verbs/pending.h"
#include "daemon/verbs/requests_private.h"
#include "daemon/verbs/saving.h"

/* Of a record that is given: those of larger grids are told from what is none. */
enum { GIVEN_BYTES = 16384 };
/* For the disk; it is written later all the same. Whoever asked waits a little longer. */
enum { STORE_MS = 8000 };

static json_t *cell_json(const struct camd_grid_cell *cell)
{
    return json_pack("{s:I, s:f, s:f}", "count", (json_int_t)cell->count, "mean", (double)cell->mean,
                     "deviation", (double)cell->deviation);
}

static json_t *cells_json(const struct grid *grid)
{
    json_t *columns = json_array();
    for (int x = 0; x < CAMD_GRID_SIDE; x++) {
        json_t *column = json_array();
        for (int y = 0; y < CAMD_GRID_SIDE; y++)
            json_array_append_new(column, cell_json(&grid->cells[x][y]));
        json_array_append_new(columns, column);
    }
    return columns;
}

static void answer(struct requests *requests, struct control_request *request, const char *name)
{
    const char *problem = grids_problem(requests->services->grids);
    struct grid grid;
    grids_get(requests->services->grids, name, &grid);
    control_reply_ok(request,
                     json_pack("{s:s, s:i, s:i, s:I, s:b, s:s?, s:o}", "name", name, "width", CAMD_GRID_SIDE,
                               "height", CAMD_GRID_SIDE, "samples", (json_int_t)grid_samples(&grid), "stored",
                               (int)grids_is_stored(requests->services->grids, name), "problem", problem,
                               "cells", cells_json(&grid)));
}

/* The body's name, of a camera that is there or of one whose grid is kept; NULL when an error has been answered. */
static const char *find_name(struct requests *requests, struct control_request *request, const json_t *body)
{
    const char *name = json_member_string(body, "name", "");
    struct grid_record record;
    if (grids_record(requests->services->grids, name, &record) == 0)
        return name;
    return request_camera(requests, request, body) ? name : NULL;
}

void request_grid(struct requests *requests, struct control_request *request, const json_t *body)
{
    const char *name = find_name(requests, request, body);
    if (name)
        answer(requests, request, name);
}

/* ---- a grid that was changed, until the disk has it ---- */

struct changed_grid {
    char name[CAMD_NAME_MAX + 1];
    const char *outcome; /* "cleared" */
    struct saving *saving;
};

static void changed_grid_release(void *state)
{
    struct changed_grid *changed = state;
    saving_release(changed->saving);
    free(changed);
}

static struct saving *saving_of(const void *state)
{
    const struct changed_grid *changed = state;
    return changed->saving;
}

static void answer_not_stored(struct requests *requests, struct control_request *request,
                              const struct changed_grid *changed, int error)
{
    const char *problem = grids_problem(requests->services->grids);
    if (error == -EINPROGRESS)
        error = -ETIMEDOUT;
    char *hint =
        text_format("%s; it is tried again until camd stops", persist_hint(error, PERSIST_STATE_DIR));
    control_reply_error(request, CONTROL_FAILED, hint,
                        "the region grid of %s is %s, but that is not on the disk yet: %s", changed->name,
                        changed->outcome, problem ? problem : persist_reason(error));
    free(hint);
}

static bool answer_changed(struct requests *requests, struct control_request *request, void *state, bool late)
{
    const struct changed_grid *changed = state;
    const int error = saving_error(changed->saving, SAVING_GRID);
    (void)late;
    if (error < 0)
        answer_not_stored(requests, request, changed, error);
    else
        answer(requests, request, changed->name);
    return true;
}

static const struct pending_kind changed_grid_kind = {
    .answer = answer_changed, .release = changed_grid_release, .saving = saving_of};

/* NULL: memory is short, which has been answered. */
static struct changed_grid *changed_grid_new(struct control_request *request, const char *name,
                                             const char *outcome)
{
    struct changed_grid *changed = calloc(1, sizeof(*changed));
    if (changed)
        changed->saving = saving_new();
    if (!changed || !changed->saving) {
        free(changed);
        request_no_memory(request);
        return NULL;
    }
    changed->outcome = outcome;
    memcpy(changed->name, name, strlen(name) + 1); /* a camera's name fits */
    return changed;
}

/* begun: as saving_note has it. False: it is not changed, which has been answered. */
static bool note_changed(struct control_request *request, struct changed_grid *changed, int begun)
{
    saving_note(changed->saving, NULL, SAVING_GRID, begun);
    if (begun >= 0)
        return true;
    control_reply_error(request, CONTROL_FAILED, NULL, "the region grid of %s was not %s: %s", changed->name,
                        changed->outcome,
                        begun == -ENOBUFS ? "too many region grids are kept already" : strerror(-begun));
    changed_grid_release(changed);
    return false;
}

void request_grid_clear(struct requests *requests, struct control_request *request, const json_t *body)
{
    struct camera *camera = request_camera(requests, request, body);
    struct changed_grid *changed = camera ? changed_grid_new(request, camera_name(camera), "cleared") : NULL;
    if (!changed)
        return;
    const int begun =
        grids_clear(requests->services->grids, changed->name, saving_grid_done, changed->saving);
    if (!note_changed(request, changed, begun))
        return;
    camera_publish_grid(camera);
    services_emit(requests->services, "grid_cleared", changed->name, NULL);
    request_answer_later(requests, request, &changed_grid_kind, changed, NULL, STORE_MS);
}

/* ---- records, from one camd to another ---- */

/* What is not known yet is no empty grid. */
static void refuse_unread(struct control_request *request, const struct requests *requests, const char *name)
{
    const char *problem = grids_problem(requests->services->grids);
    control_reply_error(request, CONTROL_FAILED, "try again in a second", "%s: the stored region grids %s%s",
                        name, problem ? "cannot be read: " : "have not been read yet",
                        problem ? problem : "");
}

void request_grid_export(struct requests *requests, struct control_request *request, const json_t *body)
{
    const char *name = json_member_string(body, "name", "");
    struct grid_record record = {0};
    char text[GRID_RECORD_TEXT_BYTES];
    const int error = grids_record(requests->services->grids, name, &record);
    if (error == -EAGAIN) {
        refuse_unread(request, requests, name);
        return;
    }
    if (error < 0 && !request_camera(requests, request, body))
        return;
    grid_record_write(&record, text);
    control_reply_ok(request, json_pack("{s:s, s:i, s:I, s:I, s:b, s:s}", "name", name, "version",
                                        GRID_RECORD_VERSION, "generation", (json_int_t)record.generation,
                                        "samples", (json_int_t)grid_samples(&record.grid), "configured",
                                        (int)(fleet_find(requests->fleet, name) != NULL), "record", text));
}

static void refuse_import(struct control_request *request, const char *name, const char *problem)
{
    control_reply_error(request, CONTROL_REFUSED, "camctl grid NAME --export FILE writes one",
                        "the region grid of %s stays as it is: what was given %s", name, problem);
}

/* False: it has been answered why not. */
static bool read_given(struct control_request *request, const char *name, const json_t *body,
                       struct grid_record *record)
{
    uint8_t bytes[GIVEN_BYTES];
    char problem[GRID_RECORD_PROBLEM_BYTES];
    size_t size = 0;
    int error = -EMEDIUMTYPE;
    if (hex_read(json_member_string(body, "record", ""), bytes, sizeof(bytes), &size))
        error = grid_record_decode(bytes, size, record);
    if (error == 0)
        return true;
    grid_record_explain(bytes, size, error, problem);
    refuse_import(request, name, problem);
    return false;
}

/* A camera that is not there now may come: its grid is kept for it as that of one that went. */
void request_grid_import(struct requests *requests, struct control_request *request, const json_t *body)
{
    const char *name = json_member_string(body, "name", "");
    struct camera *camera = fleet_find(requests->fleet, name);
    struct grid_record record;
    if (!text_is_camera_name(name)) {
        request_no_camera(requests, request, name);
        return;
    }
    struct changed_grid *changed =
        read_given(request, name, body, &record) ? changed_grid_new(request, name, "imported") : NULL;
    if (!changed)
        return;
    const int begun =
        grids_replace(requests->services->grids, name, &record.grid, saving_grid_done, changed->saving);
    if (!note_changed(request, changed, begun))
        return;
    if (camera)
        camera_publish_grid(camera);
    fleet_look_after_grids(requests->fleet);
    services_emit(requests->services, "grid_imported", name,
                  json_pack("{s:I}", "samples", (json_int_t)grid_samples(&record.grid)));
    request_answer_later(requests, request, &changed_grid_kind, changed, NULL, STORE_MS);
}

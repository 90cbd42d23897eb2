/* grid, grid_clear, grid_export and grid_import: what a camera's region grid has learnt. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "daemon/grids/grid_record.h"
#include "daemon/verbs/requests_private.h"

/* Of a record that is given: those of larger grids are told from what is none. */
enum { GIVEN_BYTES = 16384 };

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

void request_grid_clear(struct requests *requests, struct control_request *request, const json_t *body)
{
    struct camera *camera = request_camera(requests, request, body);
    if (!camera)
        return;
    const int error = grids_clear(requests->services->grids, camera_name(camera));
    if (error < 0) {
        control_reply_error(request, CONTROL_FAILED, NULL, "the region grid of %s was not cleared: %s",
                            camera_name(camera), strerror(-error));
        return;
    }
    camera_publish_grid(camera);
    services_emit(requests->services, "grid_cleared", camera_name(camera), NULL);
    answer(requests, request, camera_name(camera));
}

/* ---- records, from one camd to another ---- */

/* What is not known yet is no empty grid. */
static void refuse_unread(struct control_request *request, const struct requests *requests, const char *name)
{
    const char *problem = grids_problem(requests->services->grids);
    control_reply_error(request, CONTROL_FAILED, "try again in a second", "%s: the stored region grids %s%s",
                        name, problem ? "can't be read: " : "have not been read yet", problem ? problem : "");
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
    if (grid_record_read(json_member_string(body, "record", ""), bytes, sizeof(bytes), &size))
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
    if (!read_given(request, name, body, &record))
        return;
    const int error = grids_replace(requests->services->grids, name, &record.grid);
    if (error < 0) {
        control_reply_error(request, CONTROL_FAILED, NULL, "the region grid of %s was not imported: %s", name,
                            error == -ENOBUFS ? "too many region grids are kept already" : strerror(-error));
        return;
    }
    if (camera)
        camera_publish_grid(camera);
    fleet_look_after_grids(requests->fleet);
    services_emit(requests->services, "grid_imported", name,
                  json_pack("{s:I}", "samples", (json_int_t)grid_samples(&record.grid)));
    answer(requests, request, name);
}

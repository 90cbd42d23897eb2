/* grid and grid_clear: what a camera's region grid has learnt. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "daemon/verbs/requests_private.h"

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

static void answer(struct requests *requests, struct control_request *request, const struct camera *camera)
{
    const char *name = camera_name(camera), *problem = grids_problem(requests->services->grids);
    struct grid grid;
    grids_get(requests->services->grids, name, &grid);
    control_reply_ok(request,
                     json_pack("{s:s, s:i, s:i, s:I, s:b, s:s?, s:o}", "name", name, "width", CAMD_GRID_SIDE,
                               "height", CAMD_GRID_SIDE, "samples", (json_int_t)grid_samples(&grid), "stored",
                               (int)grids_is_stored(requests->services->grids, name), "problem", problem,
                               "cells", cells_json(&grid)));
}

void request_grid(struct requests *requests, struct control_request *request, const json_t *body)
{
    const struct camera *camera = request_camera(requests, request, body);
    if (camera)
        answer(requests, request, camera);
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
    answer(requests, request, camera);
}

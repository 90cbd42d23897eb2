/* grid and grid_clear: what a camera's region grid has learnt. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "daemon/daemon.h"
#include "daemon/verbs/requests.h"

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

static void answer(struct daemon *daemon, struct control_request *request, const struct camera *camera)
{
    const char *name = camera->config.name, *problem = grids_problem(daemon->grids);
    struct grid grid;
    grids_get(daemon->grids, name, &grid);
    control_reply_ok(request,
                     json_pack("{s:s, s:i, s:i, s:I, s:b, s:s?, s:o}", "name", name, "width", CAMD_GRID_SIDE,
                               "height", CAMD_GRID_SIDE, "samples", (json_int_t)grid_samples(&grid), "stored",
                               (int)grids_is_stored(daemon->grids, name), "problem", problem, "cells",
                               cells_json(&grid)));
}

void request_grid(struct daemon *daemon, struct control_request *request, const json_t *body)
{
    const struct camera *camera = request_camera(daemon, request, body);
    if (camera)
        answer(daemon, request, camera);
}

void request_grid_clear(struct daemon *daemon, struct control_request *request, const json_t *body)
{
    struct camera *camera = request_camera(daemon, request, body);
    if (!camera)
        return;
    const int error = grids_clear(daemon->grids, camera->config.name);
    if (error < 0) {
        control_reply_error(request, CONTROL_FAILED, NULL, "the region grid of %s was not cleared: %s",
                            camera->config.name, strerror(-error));
        return;
    }
    camera_grid_publish(camera);
    daemon_emit(daemon, "grid_cleared", camera->config.name, NULL);
    answer(daemon, request, camera);
}

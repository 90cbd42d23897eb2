/* A camera's region grid: samples from its tracker, and the copy in its segments. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/timer.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/fleet_private.h"
#include "daemon/segments/shm_blocks.h"
#include "grid/region_size.h"

/* At most once in this time: a change more or less changes nothing for the tracker. */
enum { PUBLISH_MS = 1000 };

void camera_publish_grid(struct camera *camera)
{
    struct grid grid;
    ev_timer_stop(camera->services->loop, &camera->grid_timer);
    if (!camera->store_ready)
        return;
    grids_get(camera->services->grids, camera->config.name, &grid);
    const int error = shm_blocks_set_grid(camera->store, &grid);
    if (error < 0)
        log_debug(camera->config.name, "its region grid is not published: %s", strerror(-error));
    camera->grid_published_ms = clock_monotonic_ms();
}

static void publish_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    camera_publish_grid(timer->data);
}

void camera_grid_init(struct camera *camera)
{
    ev_timer_init(&camera->grid_timer, publish_timer, 0.0, 0.0);
    camera->grid_timer.data = camera;
}

/* It is published now, or soon when there are many changes in a row. */
static void note_change(struct camera *camera)
{
    const int64_t wait_ms = camera->grid_published_ms + PUBLISH_MS - clock_monotonic_ms();
    if (!camera->store_ready || ev_is_active(&camera->grid_timer))
        return;
    if (wait_ms <= 0)
        camera_publish_grid(camera);
    else
        timer_start_ms(camera->services->loop, &camera->grid_timer, wait_ms);
}

/* The smallest region: as large as the detector's input. */
static uint32_t least_region(const struct shm_store *store)
{
    const uint32_t width = shm_store_input_width(store), height = shm_store_input_height(store);
    const uint32_t longer = width > height ? width : height;
    return longer > 0 ? longer : REGION_SIDE_STANDARD;
}

int camera_grid_sample(struct camera *camera, const struct camd_box *box)
{
    struct grid_sample sample;
    if (!camera->store_ready)
        return -EINVAL; /* a box of which frame? */
    int error = grid_sample_of_box(box, shm_store_width(camera->store), shm_store_height(camera->store),
                                   least_region(camera->store), &sample);
    if (error < 0 || camera->learns_nothing)
        return error;
    error = grids_add(camera->services->grids, camera->config.name, &sample);
    if (error == 0)
        note_change(camera);
    return error;
}

/* ---- what the store of grids asks ---- */

static bool has_camera(void *context, const char *name)
{
    const struct fleet *fleet = context;
    return fleet_find(fleet, name) || config_camera_is_known(fleet->services->config, name);
}

static void grid_was_read(void *context, const char *name)
{
    struct camera *camera = fleet_find(context, name);
    if (camera)
        note_change(camera);
}

static void all_were_read(void *context)
{
    fleet_look_after_grids(context);
}

struct grids_owner fleet_grids_owner(struct fleet *fleet)
{
    return (struct grids_owner){
        .is_wanted = has_camera, .loaded = grid_was_read, .ready = all_were_read, .context = fleet};
}

void fleet_look_after_grids(struct fleet *fleet)
{
    const struct services *services = fleet->services;
    if (!fleet->stopping)
        grids_look(services->grids, services->config->grid_keep_days * CLOCK_S_PER_DAY,
                   clock_wall_ns() / CLOCK_NS_PER_S);
}

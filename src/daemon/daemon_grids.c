/* What the region grids want to know of the cameras, and the other way round. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "daemon/daemon.h"

enum { DAY_S = 86400 };

static bool is_wanted(void *context, const char *camera)
{
    return daemon_camera(context, camera) != NULL;
}

static void loaded(void *context, const char *name)
{
    struct camera *camera = daemon_camera(context, name);
    if (camera)
        camera_grid_changed(camera);
}

static void ready(void *context)
{
    daemon_grids_look(context);
}

int daemon_grids_new(struct daemon *daemon)
{
    const struct grids_owner owner = {
        .is_wanted = is_wanted, .loaded = loaded, .ready = ready, .context = daemon};
    char *helper = daemon_program("camd-grid");
    const int error =
        helper ? grids_new(&daemon->grids, daemon->loop, daemon->config->state_dir, helper, &owner) : -ENOMEM;
    free(helper);
    return error;
}

void daemon_grids_look(struct daemon *daemon)
{
    if (!daemon->stopping)
        grids_look(daemon->grids, daemon->config->grid_keep_days * DAY_S, clock_wall_ns() / CLOCK_NS_PER_S);
}

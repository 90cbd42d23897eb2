/* A camera's on_event: which program is started for its events, and as which user. */
#include <unistd.h>

#include "config/config_command.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/fleet_private.h"

/* Only root can start it as another user; others start it as who they are. */
static bool event_program(void *context, struct event_program *program)
{
    const struct config_camera *config = &((const struct camera *)context)->config;
    program->words = NULL;
    program->user = geteuid() == 0 ? config->event_user : NULL;
    program->timeout_ms = config->on_event_timeout_ms;
    /* it was split before, when the configuration was read: only memory can be short */
    return config->on_event && !config_command_split(config->on_event, &program->words);
}

static void event_command_idle(void *context)
{
    struct camera *camera = context;
    fleet_camera_changed(camera->fleet, camera);
}

void camera_command_init(struct camera *camera)
{
    const struct event_command_owner owner = {
        .program = event_program, .idle = event_command_idle, .context = camera};
    event_command_init(&camera->command, camera->services->launcher, camera->services->log_pool,
                       camera->config.name, &owner);
}

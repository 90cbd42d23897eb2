#include "daemon/camera/services.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "config/config.h"
#include "daemon/disk/overrides.h"
#include "daemon/events/events.h"

void services_emit(const struct services *services, const char *event, const char *camera, json_t *fields)
{
    events_emit(services->events, event, camera, fields, clock_wall_ns());
}

const char *services_worker_user(const struct services *services)
{
    return services->worker.is_there ? services->config->worker_user : NULL;
}

static bool is_known(void *context, const char *camera)
{
    return config_camera_is_known(context, camera);
}

void services_look_after_overrides(const struct services *services)
{
    enum { DAY_S = 86400 };
    overrides_look(services->overrides, services->config->grid_keep_days * DAY_S,
                   clock_wall_ns() / CLOCK_NS_PER_S, is_known, services->config);
}

char *services_program(const char *name)
{
    const char *directory = getenv("CAMD_LIBEXECDIR");
    return text_format("%s/%s", directory ? directory : CAMD_LIBEXECDIR, name);
}

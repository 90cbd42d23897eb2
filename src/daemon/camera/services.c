#include "daemon/camera/services.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "daemon/events/events.h"

void services_emit(const struct services *services, const char *event, const char *camera, json_t *fields)
{
    events_emit(services->events, event, camera, fields, clock_wall_ns());
}

char *services_program(const char *name)
{
    const char *directory = getenv("CAMD_LIBEXECDIR");
    return text_format("%s/%s", directory ? directory : CAMD_LIBEXECDIR, name);
}

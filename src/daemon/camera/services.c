#include "daemon/camera/services.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/libexec.h"
#include "base/log.h"
#include "config/config.h"
#include "daemon/disk/overrides.h"
#include "daemon/events/events.h"
#include "daemon/supervise/launcher.h"
#include "daemon/supervise/program_files.h"
#include "daemon/supervise/worker_process.h"

void services_emit(const struct services *services, const char *event, const char *camera, json_t *fields)
{
    events_emit(services->events, event, camera, fields, clock_wall_ns());
}

struct history_bounds services_history_bounds(const struct config *config)
{
    const bool fits = config->events_max_mb <= HISTORY_MB_MAX;
    if (!fits)
        log_warning(NULL,
                    "events_max_mb: %" PRId64
                    " MB: a process of 32 bits has no room for more than %d MB, which "
                    "are used",
                    config->events_max_mb, HISTORY_MB_MAX);
    return (struct history_bounds){.keep_days = config->events_keep_days,
                                   .max_mb = fits ? config->events_max_mb : HISTORY_MB_MAX};
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
    overrides_look(services->overrides, services->config->grid_keep_days * CLOCK_S_PER_DAY,
                   clock_wall_ns() / CLOCK_NS_PER_S, is_known, services->config);
}

static bool is_ours(const char *program)
{
    const char *slash = strrchr(program, '/');
    char *own = slash ? libexec_program(slash + 1) : NULL;
    const bool is_same = own && strcmp(own, program) == 0;
    free(own);
    return is_same;
}

bool services_worker_is_older(const struct worker_process *worker)
{
    if (worker_pid(worker) == 0 || !is_ours(worker->program))
        return false;
    const int64_t now_ms = clock_monotonic_ms();
    const int64_t started_ms = clock_wall_ns() / CLOCK_NS_PER_MS - (now_ms - worker->started_ms);
    return program_files_changed_ms(worker->child.launcher->files, worker->program, now_ms) > started_ms;
}

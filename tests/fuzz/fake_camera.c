#include "fake_camera.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/sys.h"
#include "daemon/camera/fleet.h"
#include "daemon/events/events.h"
#include "daemon/log/log_pool.h"
#include "daemon/segments/shm_store_private.h"
#include "daemon/supervise/launcher.h"

enum { WIDTH = 64, HEIGHT = 48, SLOTS = 4 };

static struct services fake_services;
static struct fleet *fleet;
static struct camera *camera;

static void prepare(void)
{
    const struct config_setting settings[] = {{"input", "lavfi:testsrc"}};
    struct config *config;
    struct config_problems problems = {.count = 0};
    struct config_camera made;
    log_open("/dev/null", LOG_STYLE_TIMED, LOG_DEBUG);
    fake_services.loop = ev_loop_new(EVBACKEND_EPOLL);
    if (!fake_services.loop || config_standard(&config) < 0)
        abort();
    fake_services.config = config;
    if (config_camera_make(config, "front", settings, 1, &made, &problems) < 0 ||
        launcher_new(&fake_services.launcher, fake_services.loop, "/nonexistent", NULL) < 0 ||
        events_new(&fake_services.events, 1, NULL, NULL) < 0 ||
        log_pool_new(&fake_services.log_pool, LOG_POOL_BYTES, NULL, NULL) < 0 ||
        fleet_new(&fleet, &fake_services, &(struct fleet_listener){0}) < 0 ||
        camera_new(&camera, fleet, &made) < 0)
        abort();
    config_camera_fini(&made);
}

struct camera *fake_camera(void)
{
    if (!camera)
        prepare();
    return camera;
}

int fake_camera_ctl(void)
{
    static struct shm_store *store;
    if (store)
        return store->ctl_fd;
    store = calloc(1, sizeof(*store) + (SEGMENT_FRAME0 + SLOTS) * sizeof(struct segment));
    if (!store)
        abort();
    store->width = WIDTH;
    store->height = HEIGHT;
    store->slots = SLOTS;
    store->segment_count = SEGMENT_FRAME0 + SLOTS;
    store->generation = store->first_frame_id = 1;
    store->info_fd = -1;
    store->ctl_fd = sys_memfd("ctl");
    if (store->ctl_fd < 0)
        abort();
    camera->store = store;
    camera->store_ready = true;
    return store->ctl_fd;
}

/*
 * How camd ends: the cameras stop, and their workers go; what happened and was learnt reaches the disk. Both have their
 * deadline, after which it ends all the same, and says what it has left behind.
 */
#include <ev.h>
#include <stdint.h>

#include "base/log.h"
#include "base/notify.h"
#include "base/sys.h"
#include "base/timer.h"
#include "config/config.h"
#include "daemon/camera/camera.h"
#include "daemon/camera/fleet.h"
#include "daemon/camera/services.h"
#include "daemon/daemon_private.h"
#include "daemon/disk/overrides.h"
#include "daemon/disk/persist.h"
#include "daemon/grids/grids.h"
#include "daemon/history/history.h"
#include "daemon/host/respawn.h"

#define DISK_PATIENCE_S 6.0 /* after workers that nothing ends */

static void look_at_disk(struct ev_loop *loop, ev_prepare *watcher, int events)
{
    const struct daemon *daemon = watcher->data;
    (void)events;
    /* what clients have asked for since the cameras ended is an event, too */
    history_finish(daemon->services.history);
    if (!persist_busy(daemon->services.persist) && !grids_busy(daemon->services.grids) &&
        !history_busy(daemon->services.history))
        ev_break(loop, EVBREAK_ALL);
}

static void disk_is_late(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct daemon *daemon = timer->data;
    (void)events;
    daemon->gave_up = true;
    log_error(NULL, "the disk of %s does not answer: what happened and was learnt at last may not be stored",
              daemon->services.config->state_dir);
    ev_break(loop, EVBREAK_ALL);
}

/* It is on its way to the disk while other things are done. */
void daemon_fleet_ended(void *context)
{
    const struct daemon *daemon = context;
    overrides_finish(daemon->services.overrides);
    grids_finish(daemon->services.grids);
    history_finish(daemon->services.history);
    daemon_end_left_behind(daemon);
}

/* What has yet to reach the disk is bounded by its own deadlines, and by what is left of that of the stop. */
static void await_disk(struct daemon *daemon)
{
    ev_set_cb(&daemon->stop_timer, disk_is_late);
    ev_prepare_start(daemon->services.loop, &daemon->disk_watcher);
    look_at_disk(daemon->services.loop, &daemon->disk_watcher, 0);
}

void daemon_fleet_stopped(void *context)
{
    struct daemon *daemon = context;
    daemon->gave_up = false;
    await_disk(daemon);
}

/* Some are not, and nothing ends them. */
static void workers_are_late(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct daemon *daemon = timer->data;
    (void)events;
    daemon->gave_up = true;
    fleet_log_left_behind(daemon->fleet);
    timer_start_s(loop, timer, DISK_PATIENCE_S);
    daemon_fleet_ended(daemon);
    await_disk(daemon);
}

void daemon_stop(struct daemon *daemon, const char *why)
{
    const char said = RESPAWN_STOPPING;
    if (daemon->stopping)
        return;
    daemon->stopping = true;
    if (daemon->parent_fd >= 0)
        sys_write(daemon->parent_fd, &said, 1);
    daemon_end_upgrade(daemon);
    log_notice(NULL, "stopping: %s", why);
    notify_stopping(&daemon->notify);
    services_emit(&daemon->services, "daemon_stopping", NULL, NULL);
    ev_prepare_init(&daemon->disk_watcher, look_at_disk);
    ev_init(&daemon->stop_timer, workers_are_late);
    daemon->disk_watcher.data = daemon->stop_timer.data = daemon;
    int64_t longest_ms = fleet_stop(daemon->fleet) + CAMERA_STOP_EXTRA_MS; /* without cameras all is done */
    timer_start_ms(daemon->services.loop, &daemon->stop_timer, longest_ms);
}

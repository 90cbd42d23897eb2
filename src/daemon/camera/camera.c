#include "daemon/camera/camera.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/timer.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/detector_private.h"
#include "daemon/camera/fleet_private.h"
#include "daemon/segments/shm_blocks.h"

static void stop_tracker_now(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct camera *camera = timer->data;
    (void)loop;
    (void)events;
    if (!camera->want_up && camera_tracker(camera)->automaton.want_up)
        worker_stop(camera_tracker(camera), camera->stop_deadline_ms);
}

static bool may_run(const struct camera *camera)
{
    return camera->enabled && !camera->leaving && !camera->bad_file && !camera->fleet->stopping;
}

void camera_start(struct camera *camera)
{
    if (!may_run(camera))
        return;
    camera->want_up = true;
    ev_timer_stop(camera->services->loop, &camera->stop_timer);
    detector_count_need(camera); /* its model loads while capture connects */
    worker_event(camera_capture(camera), AUTOMATON_EVENT_START);
    if (camera->store_ready)
        worker_event(camera_tracker(camera), AUTOMATON_EVENT_START);
}

/* Neither worker runs, or will: what it had is there for others. */
void camera_give_back(struct camera *camera)
{
    ev_timer_stop(camera->services->loop, &camera->stop_timer);
    ev_timer_stop(camera->services->loop, &camera->stream_timer);
    camera_segments_drop(camera);
    fleet_stop_waiting(camera);
    fleet_return_descriptors(camera);
}

void camera_stop(struct camera *camera)
{
    int64_t stop_ms = camera->config.stop_timeout_ms;
    if (!camera->want_up)
        return;
    camera->want_up = false;
    camera->stop_deadline_ms = clock_monotonic_ms() + stop_ms;
    worker_stop(camera_capture(camera), camera->stop_deadline_ms);
    /* a deaf capture must not make the tracker wait for its own turn: half the time is capture's alone */
    if (camera_tracker(camera)->automaton.want_up)
        timer_start_ms(camera->services->loop, &camera->stop_timer, stop_ms / 2);
    if (camera_is_down(camera))
        camera_give_back(camera);
}

void camera_restart(struct camera *camera)
{
    if (!may_run(camera))
        return;
    camera->want_up = true;
    /* whatever is wrong with its segments goes with them; and there may be room for more slots now */
    camera->store_is_stale = true;
    worker_event(camera_capture(camera), AUTOMATON_EVENT_RESTART);
    if (camera->store_ready)
        worker_event(camera_tracker(camera), AUTOMATON_EVENT_RESTART);
}

void camera_restart_worker(struct camera *camera, enum worker_kind kind)
{
    if (may_run(camera) && camera->want_up)
        worker_event(&camera->workers[kind], AUTOMATON_EVENT_RESTART);
}

void camera_kick(struct camera *camera)
{
    for (int kind = 0; kind < WORKER_KINDS; kind++)
        worker_event(&camera->workers[kind], AUTOMATON_EVENT_KICK);
}

bool camera_finish(struct camera *camera)
{
    return camera_is_down(camera) && !camera_commands_stop(camera);
}

bool camera_is_removed(const struct camera *camera)
{
    return camera->removals == 0;
}

void camera_set_enabled(struct camera *camera, bool enabled)
{
    camera->enabled = enabled;
    fleet_count_size(camera->fleet, camera);
}

void camera_stop_learning(struct camera *camera)
{
    camera->learns_nothing = true;
}

void camera_set_ptz(struct camera *camera, bool moving)
{
    camera->ptz_moving = moving;
    if (camera->store_ready)
        shm_blocks_set_ptz(camera->store, moving, clock_monotonic_ns());
}

/* ---- life ---- */

int camera_new(struct camera **result, struct fleet *fleet, const struct config_camera *config)
{
    struct camera *camera = calloc(1, sizeof(*camera));
    if (!camera)
        return -ENOMEM;
    if (config_camera_copy(&camera->config, config) < 0) {
        free(camera);
        return -ENOMEM;
    }
    camera->fleet = fleet;
    camera->services = fleet->services;
    TAILQ_INIT(&camera->listeners);
    camera->node = (struct name_node){.name = camera->config.name, .item = camera};
    camera->added_ms = clock_monotonic_ms();
    camera->frame_event = camera->space_event = camera->answer_event = -1;
    ev_timer_init(&camera->stop_timer, stop_tracker_now, 0.0, 0.0);
    camera->stop_timer.data = camera;
    camera_segments_init(camera);
    camera_frames_init(camera);
    camera_stream_init(camera);
    camera_notice_init(camera);
    camera_grid_init(camera);
    for (int kind = 0; kind < WORKER_KINDS; kind++)
        worker_init(&camera->workers[kind], camera->services->launcher, camera->services->log_pool,
                    (enum worker_kind)kind, camera->config.name, &camera_worker_owner, camera);
    if (camera_set_programs(camera) < 0) {
        camera_free(camera);
        return -ENOMEM;
    }
    *result = camera;
    return 0;
}

void camera_free(struct camera *camera)
{
    detector_leave(camera);
    ev_timer_stop(camera->services->loop, &camera->stop_timer);
    ev_timer_stop(camera->services->loop, &camera->grid_timer);
    ev_timer_stop(camera->services->loop, &camera->stream_timer);
    camera_segments_free(camera);
    fleet_stop_waiting(camera);
    camera_notice_fini(camera);
    camera_commands_free(camera);
    camera_password_free(camera);
    open_objects_clear(&camera->open_objects);
    camera_health_forget(camera);
    for (int kind = 0; kind < WORKER_KINDS; kind++) {
        worker_fini(&camera->workers[kind]);
        free(camera->programs[kind]);
    }
    config_camera_fini(&camera->config);
    camera_forget_runtime(camera);
    free(camera->bad_file);
    free(camera);
}

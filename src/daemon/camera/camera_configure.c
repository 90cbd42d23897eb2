/* Another configuration of a camera that may be running: who has to hear of what. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/libexec.h"
#include "base/log.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/detector_private.h"
#include "daemon/camera/fleet_private.h"
#include "daemon/supervise/launcher.h"

/* The users that its programs run as are looked up now, and not when the first event comes. */
static void meet_users(const struct camera *camera)
{
    struct launcher *launcher = camera->services->launcher;
    if (geteuid() != 0)
        return;
    launcher_meet_user(launcher, camera->config.event_user);
    launcher_meet_user(launcher, services_worker_user(camera->services));
}

int camera_set_programs(struct camera *camera)
{
    const char *own[WORKER_KINDS] = {camera->config.capture, camera->config.tracker};
    static const char *const names[WORKER_KINDS] = {"camd-capture", "camd-tracker"};
    for (int kind = 0; kind < WORKER_KINDS; kind++) {
        char *program = own[kind] ? strdup(own[kind]) : libexec_program(names[kind]);
        if (!program)
            return -ENOMEM;
        free(camera->programs[kind]);
        camera->programs[kind] = program;
        camera->workers[kind].program = program;
        camera->workers[kind].user = own[kind] ? services_worker_user(camera->services) : NULL;
    }
    meet_users(camera);
    return 0;
}

static void send_config(struct camera *camera)
{
    for (int kind = 0; kind < WORKER_KINDS; kind++) {
        if (camera_has_process(camera, (enum worker_kind)kind))
            worker_send_message(&camera->workers[kind],
                                json_pack("{s:s, s:o}", "type", "config", "config",
                                          camera_worker_config(camera, (enum worker_kind)kind)),
                                NULL, 0);
    }
}

/* What a change asks of whom, the bits that mean more first; further things to do are further rows. */
static void apply_segments(struct camera *camera)
{
    /* those of the old size may be under way: nothing runs yet that would have to be restarted */
    if (camera_capture(camera)->automaton.state == AUTOMATON_CREATING)
        camera_segments_ensure(camera);
    else
        worker_event(camera_capture(camera), AUTOMATON_EVENT_RESTART);
}

static void apply_capture(struct camera *camera)
{
    worker_event(camera_capture(camera), AUTOMATON_EVENT_RESTART);
}

static void apply_tracker(struct camera *camera)
{
    if (camera->store_ready)
        worker_event(camera_tracker(camera), AUTOMATON_EVENT_RESTART);
}

static void apply_policy(struct camera *camera)
{
    for (int kind = 0; kind < WORKER_KINDS; kind++)
        worker_policy_changed(&camera->workers[kind]);
}

static const struct {
    unsigned int bit;
    void (*apply)(struct camera *camera);
} applications[] = {
    {CONFIG_APPLY_SEGMENTS, apply_segments},
    {CONFIG_APPLY_CAPTURE, apply_capture},
    /* new segments may be for another detector, which a tracker that goes on has to hear of */
    {CONFIG_APPLY_TRACKER, apply_tracker},
    {CONFIG_APPLY_LIVE | CONFIG_APPLY_SEGMENTS, send_config},
    {CONFIG_APPLY_POLICY, apply_policy},
};

unsigned int camera_configure(struct camera *camera, struct config_camera *config)
{
    unsigned int bits = config_camera_compare(&camera->config, config);
    if (bits & CONFIG_APPLY_SEGMENTS)
        camera->store_is_stale = true;
    config_camera_fini(&camera->config);
    camera->config = *config;
    detector_choose(camera);
    fleet_count_size(camera->fleet, camera);
    if (camera_set_programs(camera) < 0)
        log_error(camera->config.name, "memory is short: its workers' programs stay those of before");
    for (size_t i = 0; camera->want_up && i < sizeof(applications) / sizeof(applications[0]); i++) {
        if (bits & applications[i].bit)
            applications[i].apply(camera);
    }
    return bits;
}

void camera_detector_changed(struct camera *camera, unsigned int bits)
{
    if (bits & CONFIG_APPLY_SEGMENTS) {
        camera->store_is_stale = true;
        if (camera->want_up)
            apply_segments(camera);
    }
    if (bits & (CONFIG_APPLY_LIVE | CONFIG_APPLY_SEGMENTS) && camera->want_up)
        send_config(camera);
}

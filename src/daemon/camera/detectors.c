/* The fleet's detectors: which there are, and who uses them. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/camera/camera_private.h"
#include "daemon/camera/detector_private.h"
#include "daemon/camera/fleet_private.h"

/* ---- who uses it ---- */

/* Makes it when it is new; NULL when it can't be made. */
static struct detector *ensure(struct fleet *fleet, const struct config_detector *config)
{
    struct detector *detector = fleet_find_detector(fleet, config->name);
    if (detector)
        return detector;
    int error =
        fleet->detector_count < FLEET_DETECTORS_MAX ? detector_new(&detector, fleet, config) : -ENOSPC;
    if (error == -ENOSPC)
        log_error(config->name, "detector: too many are in use: cameras that name it go on without");
    else if (error < 0)
        log_error(config->name, "detector: cannot be set up: %s: cameras that name it go on without",
                  strerror(-error));
    if (error < 0)
        return NULL;
    TAILQ_INSERT_TAIL(&fleet->detectors, detector, in_fleet);
    fleet->detector_count++;
    return detector;
}

/* Starts it when somebody needs it, else stops it. */
static void update(struct detector *detector)
{
    bool wanted = detector->needed_by > 0;
    if (wanted == detector->worker.automaton.want_up)
        return;
    if (wanted)
        worker_event(&detector->worker, AUTOMATON_EVENT_START);
    else
        worker_stop(&detector->worker,
                    clock_monotonic_ms() + detector->services->config->defaults.stop_timeout_ms);
}

static void count_need(struct camera *camera, bool needs)
{
    if (!camera->detector || camera->needs_detector == needs)
        return;
    camera->needs_detector = needs;
    if (needs)
        camera->detector->needed_by++;
    else
        camera->detector->needed_by--;
    update(camera->detector);
}

void detector_take_over_need(struct camera *camera)
{
    if (camera->needs_detector)
        return;
    camera->needs_detector = true;
    camera->detector->needed_by++;
}

void detector_count_need(struct camera *camera)
{
    if (camera->want_up && !camera->detector)
        detector_choose(camera); /* it could not be made before */
    count_need(camera, camera->want_up || !camera_is_down(camera));
}

void detector_leave(struct camera *camera)
{
    if (!camera->detector)
        return;
    count_need(camera, false);
    detector_look_without(camera->detector, camera);
    TAILQ_REMOVE(&camera->detector->cameras, camera, in_detector);
    camera->detector = NULL;
    fleet_detectors_changed(camera->fleet); /* nobody may use it any more */
}

void detector_choose(struct camera *camera)
{
    const struct config_detector *config =
        config_detector_find(camera->services->config, camera->config.detector);
    struct detector *detector =
        config && config_detector_has_process(config) ? ensure(camera->fleet, config) : NULL;
    if (detector == camera->detector)
        return;
    detector_leave(camera);
    camera->detector = detector;
    if (detector)
        TAILQ_INSERT_TAIL(&detector->cameras, camera, in_detector);
    count_need(camera, camera->want_up || !camera_is_down(camera));
}

void detectors_configure(struct fleet *fleet)
{
    struct detector *detector;
    TAILQ_FOREACH(detector, &fleet->detectors, in_fleet) {
        const struct config_detector *config =
            config_detector_find(fleet->services->config, detector->config.name);
        if (config)
            detector_configure(detector, config);
    }
}

/* ---- which there are ---- */

static void forget(struct fleet *fleet, struct detector *detector)
{
    TAILQ_REMOVE(&fleet->detectors, detector, in_fleet);
    fleet->detector_count--;
    detector_free(detector);
}

void detectors_free_unused(struct fleet *fleet)
{
    struct detector *next;
    for (struct detector *detector = TAILQ_FIRST(&fleet->detectors); detector; detector = next) {
        next = TAILQ_NEXT(detector, in_fleet);
        if (TAILQ_EMPTY(&detector->cameras) && detector->worker.automaton.state == AUTOMATON_DOWN)
            forget(fleet, detector);
    }
}

void detectors_free(struct fleet *fleet)
{
    while (!TAILQ_EMPTY(&fleet->detectors))
        forget(fleet, TAILQ_FIRST(&fleet->detectors));
}

bool detectors_are_down(const struct fleet *fleet)
{
    const struct detector *detector;
    TAILQ_FOREACH(detector, &fleet->detectors, in_fleet) {
        if (detector->worker.automaton.state != AUTOMATON_DOWN)
            return false;
    }
    return true;
}

struct detector *fleet_find_detector(const struct fleet *fleet, const char *name)
{
    struct detector *detector;
    TAILQ_FOREACH(detector, &fleet->detectors, in_fleet) {
        if (strcmp(detector->config.name, name) == 0)
            break;
    }
    return detector;
}

struct detector *fleet_first_detector(const struct fleet *fleet)
{
    return TAILQ_FIRST(&fleet->detectors);
}

struct detector *fleet_next_detector(const struct detector *detector)
{
    return TAILQ_NEXT(detector, in_fleet);
}

static struct camera *staying(struct camera *camera)
{
    while (camera && camera->leaving)
        camera = TAILQ_NEXT(camera, in_detector);
    return camera;
}

struct camera *detector_first_camera(const struct detector *detector)
{
    return staying(TAILQ_FIRST(&detector->cameras));
}

struct camera *detector_next_camera(const struct camera *camera)
{
    return staying(TAILQ_NEXT(camera, in_detector));
}

/*
 * detector.h - one detector: its process, the cameras that it serves, and what their trackers hear of it
 *
 * A detector runs while a camera that names it is wanted or still has workers. It is a worker like the others, with the
 * same automaton: ready when its model is loaded, started anew after a failure, and stalled when a request has waited
 * for its answer_timeout without any answer. Trackers are told when it is down, so that what it had taken is theirs
 * again (contract 1 in camd/shm.h), and when it is up.
 */
#ifndef CAMD_DAEMON_CAMERA_DETECTOR_H
#define CAMD_DAEMON_CAMERA_DETECTOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "daemon/supervise/worker_process.h"

struct camera;
struct daemon;

struct detector {
    struct daemon *daemon;
    struct config_detector config; /* own copy */
    struct worker_process worker;
    char *program;
    int request_event;     /* the trackers signal it; one for all of them, as long as the detector is known */
    bool is_up;            /* as trackers were told */
    uint64_t seen_answers; /* the stall guard's last look: all answers' numbers, added up */
};

/* The detector that the camera uses, or NULL: none, or one without a process. Makes it when it is new. */
struct detector *detector_of(const struct camera *camera);
/* Starts those that are used, stops the others. To be called whenever cameras start, stop, come or go. */
void detectors_update(struct daemon *daemon);

/* The camera's segments are there, or not any more: the detector gets them, or drops them. */
void detector_attach(struct camera *camera);
void detector_detach(struct camera *camera);
/* The camera's tracker has just got its segments: it hears how the detector is. */
void detector_tell(struct camera *camera);

/*
 * Other sections: restarts the processes that have to be. To be called after the daemon has the new configuration.
 * Returns how many detectors changed.
 */
int detectors_configure(struct daemon *daemon);

/* Asked for by camctl. NULL when no camera uses one of that name. */
struct detector *detector_find(const struct daemon *daemon, const char *name);

/* For the shutdown, when all cameras are down: true when no detector has a process any more. */
bool detectors_stop(struct daemon *daemon);
void detectors_free(struct daemon *daemon);

/* For `status`: an array, one object a detector. */
json_t *detectors_status(const struct daemon *daemon);

#endif

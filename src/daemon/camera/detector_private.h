/* detector_private.h - what cameras and the fleet do with detectors, for this room only */
#ifndef CAMD_DAEMON_CAMERA_DETECTOR_PRIVATE_H
#define CAMD_DAEMON_CAMERA_DETECTOR_PRIVATE_H

#include <sys/queue.h>

#include "config/config.h"
#include "daemon/camera/detector.h"
#include "daemon/camera/fleet_private.h"

/* The stall guard goes through all cameras, some of them in a turn of the loop. */
struct detector_look {
    bool is_under_way;
    struct camera *next; /* NULL: all have been looked at */
    uint64_t answers;    /* all answers' numbers, added up */
    int64_t oldest_ns;   /* of the requests that wait; INT64_MAX: none */
};

struct detector {
    struct services *services;
    struct fleet *fleet;
    TAILQ_ENTRY(detector) in_fleet;
    struct config_detector config; /* own copy */
    struct worker_process worker;
    char *program;
    int request_event;
    bool is_up;                 /* as trackers were told */
    struct camera_list cameras; /* whose configuration names it, those that are leaving included */
    size_t needed_by;           /* of them, those that are wanted or still have workers */
    struct detector_look look;
    uint64_t seen_answers; /* of the last look that ended */
};

/* 0 or -errno. */
int detector_new(struct detector **detector, struct fleet *fleet, const struct config_detector *config);
/* It must not have a process any more. */
void detector_free(struct detector *detector);
/* Another section of its name: it is restarted when it has to be. */
void detector_configure(struct detector *detector, const struct config_detector *config);

/* The camera leaves the detector: a look that is under way goes on without it. To be called while it is still in the list. */
void detector_look_without(struct detector *detector, const struct camera *camera);

/* ---- detector_handoff.c ---- */

/* For an upgrade: all of it but its configuration; and the same in the next program, after detector_new. 0 or -errno. */
json_t *detector_hand_over(struct detector *detector);
int detector_take_over(struct detector *detector, const json_t *record);

/* ---- detectors.c ---- */

/* The camera is served by the detector that its configuration names now, which is made when it is new; or by none. */
void detector_choose(struct camera *camera);
/* The camera goes: it is served by none. */
void detector_leave(struct camera *camera);
/* The same in an upgrade, where it runs already: nothing is started for it. */
void detector_take_over_need(struct camera *camera);
/* Counts the camera among those that keep its detector running, or not any more: starts and stops that. */
void detector_count_need(struct camera *camera);

/* The camera's segments are there, or not any more: the detector gets them, or drops them. */
void detector_attach(struct camera *camera);
void detector_detach(struct camera *camera);
/* The camera's tracker has just got its segments: it hears how the detector is. */
void detector_tell(struct camera *camera);
/* Trackers signal it; one for all cameras of the detector, as long as it is known. */
int detector_request_event(const struct detector *detector);

/* Other sections: restarts the processes that have to be. To be called when the services have the new configuration. */
void detectors_configure(struct fleet *fleet);
/* Those that no camera names any more and that are down. */
void detectors_free_unused(struct fleet *fleet);
bool detectors_are_down(const struct fleet *fleet);
/* All of them; their cameras are gone. */
void detectors_free(struct fleet *fleet);

#endif

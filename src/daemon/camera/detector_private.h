/* detector_private.h - what cameras and the fleet do with detectors, for this room only */
#ifndef CAMD_DAEMON_CAMERA_DETECTOR_PRIVATE_H
#define CAMD_DAEMON_CAMERA_DETECTOR_PRIVATE_H

#include "daemon/camera/detector.h"

struct fleet;

/* The camera is served by the detector that its configuration names now, which is made when it is new; or by none. */
void detector_choose(struct camera *camera);
/* The camera goes: it is served by none. */
void detector_leave(struct camera *camera);
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

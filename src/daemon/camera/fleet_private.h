/* fleet_private.h - the inside of the fleet, for this room only */
#ifndef CAMD_DAEMON_CAMERA_FLEET_PRIVATE_H
#define CAMD_DAEMON_CAMERA_FLEET_PRIVATE_H

#include <ev.h>
#include <sys/queue.h>

#include "config/config.h"
#include "daemon/camera/fleet.h"

/* What /dev/shm as a whole is too small for. */
enum shm_shortage { SHM_IS_ENOUGH, SHM_WITHOUT_SPARE, SHM_WITHOUT_RESERVE };

TAILQ_HEAD(camera_list, camera);
TAILQ_HEAD(detector_list, detector);

struct fleet {
    struct services *services;
    struct fleet_listener listener;
    struct camera_list cameras; /* in the order they were added */
    struct camera_list leaving;
    LIST_HEAD(, fleet_cursor) cursors; /* that are open */
    void *by_name;                     /* all of both: a name_index */
    size_t count;                      /* of cameras */
    struct budget_sum sizes;           /* of the cameras that are enabled */
    size_t counted;                    /* how many those are */
    size_t with_descriptors;           /* cameras that have claimed theirs */
    uint64_t growing_bytes;            /* that workers which are starting will take */
    struct memory memory;              /* as it was at memory_ms */
    int64_t memory_ms;                 /* when it was looked at, monotonic; 0: never */
    enum shm_shortage shm_shortage;    /* as it was told last */
    struct camera_list waiting;        /* for room */
    struct camera_list changed;        /* what to look after at the end of the turn */
    bool detectors_changed;            /* the same of detectors, of which there are few */
    ev_timer turn_end; /* never started: it is pending while there is something to look after */
    struct detector_list detectors;
    size_t detector_count;
    bool stopping;
    bool ended, stopped;              /* and told */
    size_t left_to_end, left_to_stop; /* cameras, of those that there were when stopping began */
};

/* To be looked after at the end of the turn. */
void fleet_camera_changed(struct fleet *fleet, struct camera *camera);
void fleet_detectors_changed(struct fleet *fleet);

/* ---- fleet_room.c ---- */

/* The camera's size, or whether it counts, has changed: the budget's sum follows. */
void fleet_count_size(struct fleet *fleet, struct camera *camera);
/* Its segments or its workers' states have changed: what these will still take is kept free for them. */
void fleet_count_growth(struct camera *camera);
/* Segments are about to be made: how much memory there is, which is looked at once a second otherwise, has to be true now. */
void fleet_look_at_memory(struct fleet *fleet);
/* The descriptors that a camera keeps open are its own from now on, until it is down. False: too few are left. */
bool fleet_claim_descriptors(struct camera *camera);
void fleet_return_descriptors(struct camera *camera);
/* The camera failed for want of room: it tries again when there is some. */
void fleet_wait_for_room(struct camera *camera);
void fleet_stop_waiting(struct camera *camera);
/* Segments or a camera went away: those that wait try again. */
void fleet_room_freed(struct fleet *fleet);

/* ---- fleet.c ---- */

/* A camera that stands for a file which can't be used: it has a name, the defaults, and where that file is; NULL: not known. */
int fleet_add_placeholder(struct fleet *fleet, const char *name, const char *file, unsigned int line,
                          struct camera **camera);

#endif

/*
 * fleet.h - all cameras and their detectors
 *
 * One camera has a name at a time: it keeps it until its last process is gone, so that a camera that is removed leaves
 * first and is then forgotten. What has to be looked after when a camera changes is put on a list then, and done at
 * the end of the loop's turn, when nobody is in the middle of something with it: a change costs the same with ten
 * cameras and with a thousand.
 */
#ifndef CAMD_DAEMON_CAMERA_FLEET_H
#define CAMD_DAEMON_CAMERA_FLEET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "config/config.h"
#include "daemon/camera/explanation.h"
#include "daemon/grids/grids.h"
#include "daemon/host/memory.h"
#include "daemon/segments/budget.h"
#include "daemon/segments/shm_instance.h"

struct camera;
struct config_bad_file;
struct config_camera;
struct detector;
struct fleet;
struct services;

/* What the room above hears of all, at the end of a turn; of one camera see camera_listen. */
struct fleet_listener {
    /* A camera that was removed has left: nothing more can come of it. */
    void (*left)(void *context);
    /*
     * After fleet_stop, each once: no worker of any camera or detector is left, so that nothing happens to them any more;
     * and then their segments are gone, too.
     */
    void (*ended)(void *context);
    void (*stopped)(void *context);
    void *context;
};

/* listener is copied. 0 or -ENOMEM. */
int fleet_new(struct fleet **fleet, struct services *services, const struct fleet_listener *listener);
/* No process may be left, or it is left behind. Nobody is told. NULL is fine. */
void fleet_free(struct fleet *fleet);

/* Starts the cameras with autostart. */
void fleet_start(struct fleet *fleet);
/* Stops all; `stopped` tells when it is done. Returns the most that this should take, in ms. */
int64_t fleet_stop(struct fleet *fleet);
bool fleet_is_stopping(const struct fleet *fleet);
/* Says in the log which workers could not be stopped. */
void fleet_log_left_behind(const struct fleet *fleet);

/* ---- cameras ---- */

/* NULL: there is none of that name, or it is leaving. */
struct camera *fleet_find(const struct fleet *fleet, const char *name);
/* A camera of that name that was removed and still has workers; NULL: none. */
struct camera *fleet_find_leaving(const struct fleet *fleet, const char *name);
/* In the order in which they were added, without those that are leaving; NULL after the last one. */
struct camera *fleet_first(const struct fleet *fleet);
struct camera *fleet_next(const struct camera *camera);
size_t fleet_count(const struct fleet *fleet);

/* The same over many turns of the loop, in which cameras come and go. */
struct fleet_cursor {
    LIST_ENTRY(fleet_cursor) in_fleet;
    struct camera *next; /* NULL: there is none any more */
};
void fleet_cursor_open(struct fleet *fleet, struct fleet_cursor *cursor);
/* NULL after the last one. */
struct camera *fleet_cursor_next(struct fleet_cursor *cursor);
void fleet_cursor_close(struct fleet_cursor *cursor);

/*
 * A camera of this configuration (copied), not started. camera may be NULL. 0, -ENOMEM, or -EBUSY: one of that name
 * is there or leaving.
 */
int fleet_add(struct fleet *fleet, const struct config_camera *config, struct camera **camera);
/*
 * A camera that stands for a file of cameras_dir which a start went on without: it is `failed`, says what is wrong,
 * and goes with the next reload. As fleet_add.
 */
int fleet_add_bad_file(struct fleet *fleet, const struct config_bad_file *bad);
/* Stops it. It can't be found by its name any more, and is freed when its workers are gone. */
void fleet_remove(struct fleet *fleet, struct camera *camera);
/*
 * The camera of that name that is leaving is added again, as the configuration has it then, when it has left. False
 * when it is its file that is being removed.
 */
bool fleet_add_again(struct fleet *fleet, const char *name);

/* Something happened to the camera's files in /dev/shm; NULL: to any camera's. */
void fleet_check_segments(struct fleet *fleet, struct camera *camera);

/* ---- room ---- */

/* The budget of the cameras that there are. */
void fleet_budget(struct fleet *fleet, struct budget *budget);

/* What there is for one camera: the same answer for `add`, for `shm`, and when it starts. */
struct fleet_room {
    struct budget_size size; /* for which it is */
    struct budget budget;    /* that camera counted in */
    struct shm_space shm;
    uint64_t needed_bytes;  /* of /dev/shm, for the fewest slots, and what comes on top */
    uint64_t needed_files;  /* the same as files */
    struct memory memory;   /* as of the last second, without what is promised to cameras that start */
    uint64_t workers_bytes; /* of it for this camera's workers; 0: they have it */
    bool memory_is_short;   /* it, and not /dev/shm, says how many slots there are */
    bool files_are_short;   /* how many files /dev/shm may have, and not their size, says so */
    uint32_t slots;         /* that it gets; 0: it can't start */
    struct budget_descriptors descriptors;
    uint64_t descriptors_limit;
    uint64_t descriptors_enough; /* a limit with which all cameras could run */
};

/*
 * For a further camera of this configuration; NULL: of [defaults], and of the usual size, which one of unknown size has, too. 0,
 * or -errno when /dev/shm can't be looked at.
 */
int fleet_room_for_new(struct fleet *fleet, const struct config_camera *config, struct fleet_room *room);
/* For one that there is, if it were started now. */
int fleet_room_for(const struct camera *camera, struct fleet_room *room);
/* What is short does not depend on the size of its pictures: a camera whose size is not known yet cannot start, either. */
bool fleet_room_is_short_of_numbers(const struct fleet_room *room);
/* Why it can't start, and what can be done. */
void fleet_room_explain(const struct fleet_room *room, struct explanation *explanation);

/* ---- detectors ---- */

enum { FLEET_DETECTORS_MAX = CONFIG_DETECTORS_MAX + 2 }; /* those that need no section, too */

/* NULL: no camera uses one of that name. */
struct detector *fleet_find_detector(const struct fleet *fleet, const char *name);
/* Those that are used, in the order in which they were; NULL after the last one. */
struct detector *fleet_first_detector(const struct fleet *fleet);
struct detector *fleet_next_detector(const struct detector *detector);

/* ---- region grids ---- */

/* What the store of grids asks its owner; valid as long as the fleet. */
struct grids_owner fleet_grids_owner(struct fleet *fleet);
/* The configuration is good: the grids of cameras that are not in it any more are to go, in time. */
void fleet_look_after_grids(struct fleet *fleet);

/* ---- fleet_handoff.c ---- */

/* What keeps the fleet from being handed over now, in words (static text); NULL: nothing. */
const char *fleet_is_busy_with(const struct fleet *fleet);
/* The configuration as it runs, cameras that were added at run time included; the caller's to free, with secrets. */
char *fleet_config_text(const struct fleet *fleet, size_t *size);
/* For an upgrade: all cameras and detectors; and the same in the next program, whose fleet has none. 0 or -errno. */
json_t *fleet_hand_over(const struct fleet *fleet);
int fleet_take_over(struct fleet *fleet, const json_t *record);
/* Cameras whose segments the next program could not take over. */
bool fleet_has_left_segments(const struct fleet *fleet);
/* There is no way back to the program of before: what is not used of the record is closed and removed. */
void fleet_commit(const struct fleet *fleet, const json_t *record);

#endif

/*
 * saving.h - what has to be on the disk before a request is answered, and how that went
 *
 * A request may begin several jobs. They outlive it when it is answered before, so both share this. The camera is held
 * by its jobs (camera_hold), so that it does not leave before they have ended, and is told of each end.
 */
#ifndef CAMD_DAEMON_VERBS_SAVING_H
#define CAMD_DAEMON_VERBS_SAVING_H

#include <stdbool.h>

struct camera;
struct saving;

enum saving_job {
    SAVING_FILE, /* its file in cameras_dir */
    SAVING_WISH, /* what enable and disable said */
    SAVING_GRID, /* its region grid */
    SAVING_JOBS,
};

/* Nothing has begun. NULL: memory is short. */
struct saving *saving_new(void);
void saving_release(struct saving *saving);

/*
 * A job was given away: `begun` is 1 when saving_DONE will be called with saving, 0 when there is nothing to do, or
 * -errno when it has failed already.
 */
void saving_note(struct saving *saving, struct camera *camera, enum saving_job job, int begun);
void saving_file_done(void *saving, int error);
void saving_wish_done(void *saving, int error);
void saving_grid_done(void *saving, int error);

/* No job is open. */
bool saving_is_done(const struct saving *saving);
/* How the job went: 0, also when there was nothing to do; -EINPROGRESS: it is open; or -errno. */
int saving_error(const struct saving *saving, enum saving_job job);
/* A job that has ended did not do what it should. */
bool saving_has_failed(const struct saving *saving);

#endif

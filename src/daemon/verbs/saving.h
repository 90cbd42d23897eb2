/*
 * saving.h - what has to be on the disk before a request is answered, and how that went
 *
 * A request may begin several jobs. They outlive it when it is answered before, so both share this. A camera that a job
 * is noted with is held by it (camera_hold), so that it does not leave before the job has ended, and is told of that. Who
 * waits for no camera listens to this instead.
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
/* NULL is fine. */
void saving_release(struct saving *saving);

/*
 * A job was given away: `begun` is 1 when saving_DONE will be called with saving, 0 when there is nothing to do, or
 * -errno when it has failed already. camera: NULL holds none.
 */
void saving_note(struct saving *saving, struct camera *camera, enum saving_job job, int begun);
void saving_file_done(void *saving, int error);
void saving_wish_done(void *saving, int error);
void saving_grid_done(void *saving, int error);

/* To be called when the last open job has ended, in place of who was before; NULL: nobody. */
typedef void saving_ended(void *context);
void saving_listen(struct saving *saving, saving_ended *ended, void *context);
/* No job is open. */
bool saving_is_done(const struct saving *saving);
/* How the job went: 0, also when there was nothing to do; -EINPROGRESS: it is open; or -errno. */
int saving_error(const struct saving *saving, enum saving_job job);
/* A job that has ended did not do what it should. */
bool saving_has_failed(const struct saving *saving);

#endif

/*
 * grids.h - the region grids of all cameras: in memory, and kept in a database in state_dir
 *
 * Everything here returns at once. The database is read and written by a helper process, camd-grid (grid_db.h), one
 * at a time: it is read after the start; what changed is written some time later, together; at the end the rest. While it
 * can't be read or written, grids are learnt all the same and it is tried again now and then; the log says so once. A
 * database that is damaged or something else is set aside as FILE.damaged. One that somebody has removed, or put an older
 * copy in its place, is written again with all that is known.
 *
 * A grid is kept under its camera's name. While no camera of that name is wanted it is kept for some time, which
 * begins when that is first noticed and lasts over restarts. Only grids_look notices: it is to be called when the
 * configuration is known to be good.
 */
#ifndef CAMD_DAEMON_GRIDS_GRIDS_H
#define CAMD_DAEMON_GRIDS_GRIDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "grid/grid.h"

struct grid_record;
struct child;
struct file_watch;
struct launcher;
struct grids;

enum {
    GRIDS_BATCH_S = 30,    /* from a change until it is written */
    GRIDS_RETRY_S = 60,    /* from a failure until the next try */
    GRIDS_RESTART_S = 1,   /* the same after the first time that the helper was killed */
    GRIDS_DEADLINE_S = 30, /* for the helper; then it is killed */
};

struct grids_owner {
    /* True while there is a camera of that name. */
    bool (*is_wanted)(void *context, const char *camera);
    /* A stored grid was read: the camera's is another one than it was. */
    void (*loaded)(void *context, const char *camera);
    /* All stored grids are there: time for grids_look. */
    void (*ready)(void *context);
    void *context;
};

/* Begins to read. helper: the path of camd-grid. The launcher stays the caller's. 0 or -ENOMEM. */
int grids_new(struct grids **grids, struct launcher *launcher, const char *state_dir, const char *helper,
              const struct grids_owner *owner);
/* The database is watched from now on by files, which stays the caller's, outlives the grids, and has grids as the owner of it. */
void grids_watch(struct grids *grids, struct file_watch *files);
/* Something happened to what is watched. */
void grids_touched(struct grids *grids);
/* What is not written is lost: see grids_finish. A helper that runs is left to finish. NULL is fine. */
void grids_free(struct grids *grids);

/* The camera's grid; all zeros when nothing is known. */
void grids_get(const struct grids *grids, const char *camera, struct grid *grid);
/* 0; -ENOBUFS: too many cameras have had a grid, -ENOMEM. */
int grids_add(struct grids *grids, const char *camera, const struct grid_sample *sample);

/*
 * From the loop, never from within a function of this file: the database has what was asked for (0), or it could not be
 * written (-errno), which is tried again.
 */
typedef void grids_done(void *context, int error);

/*
 * Each of these changes the grid in memory at once, and on the disk as soon as it can be. 1: done (may be NULL) will be
 * called; 0: the disk has it already. -ENOBUFS: too many cameras have had a grid; -ENOMEM.
 */

/* Forgets what the camera's grid has learnt. */
int grids_clear(struct grids *grids, const char *camera, grids_done *done, void *context);
/* The same, and nothing of it stays in the database. */
int grids_remove(struct grids *grids, const char *camera, grids_done *done, void *context);
/* The camera has this grid from now on, whatever it had. */
int grids_replace(struct grids *grids, const char *camera, const struct grid *grid, grids_done *done,
                  void *context);
/*
 * The camera has another name: its grid, or that it has none, is kept under that one, instead of what was there. Also
 * -EAGAIN: the stored grids have not been read yet.
 */
int grids_rename(struct grids *grids, const char *camera, const char *name, grids_done *done, void *context);

/* The camera's record, as one of a camera that is there. 0; -EAGAIN: the stored grids have not been read yet; -ENOENT. */
int grids_record(const struct grids *grids, const char *camera, struct grid_record *record);

/*
 * Notes which grids have a camera and which have not; those that have not had one for keep_s are removed. now_s: the
 * wall clock. Looks again by itself, at most once a day, while there is one that may have to go.
 */
void grids_look(struct grids *grids, int64_t keep_s, int64_t now_s);

/* Why grids are not kept over restarts, or NULL while they are (or will be, as far as is known). */
const char *grids_problem(const struct grids *grids);
/* True when the camera's grid is on the disk as it is in memory. */
bool grids_is_stored(const struct grids *grids, const char *camera);

/* Writes what is not written yet, now; what comes later is written at once, too. Tried once only. */
void grids_finish(struct grids *grids);
/* After grids_finish: true while there is still something to write, and hope. */
bool grids_busy(const struct grids *grids);

/* Other times, in seconds, for tests. */
void grids_set_times(struct grids *grids, double batch_s, double retry_s, double deadline_s);

/* ---- grids_handoff.c ---- */

/* No helper reads or writes the database. */
bool grids_is_idle(const struct grids *grids);
/* The one that does; NULL: none. */
const struct child *grids_helper(const struct grids *grids);
/* For an upgrade, when it is idle: all grids, and what of them is not in the database; and back. 0 or -errno. */
json_t *grids_hand_over(const struct grids *grids);
int grids_take_over(struct grids *grids, const json_t *record);

#endif

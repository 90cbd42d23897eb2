/*
 * history.h - the events that are kept over restarts, in a database in state_dir
 *
 * Everything here returns at once. A helper process, camd-events write, runs beside camd and is told each event as it
 * happens; what it has been told it stores within EVENT_BATCH_MS, also when camd is killed. What is asked for another
 * helper, camd-events read, puts into a file in memory, a chunk at a time; few of them run at once, one for a user.
 *
 * While events can't be stored they are kept in memory, as many as events.h says, and it is tried again now and then; the
 * log says so once. A database that is damaged or something else is set aside; what is set aside is never overwritten.
 */
#ifndef CAMD_DAEMON_HISTORY_HISTORY_H
#define CAMD_DAEMON_HISTORY_HISTORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child;
struct events;
struct history;
struct history_reading;
struct launcher;

enum {
    HISTORY_RETRY_S = 60,    /* from a failure until the next try */
    HISTORY_RESTART_S = 1,   /* the same after the first time that the helper was killed */
    HISTORY_DEADLINE_S = 35, /* for a batch to be on the disk, and for a chunk; then the helper is killed */
    HISTORY_READERS_MAX = 2, /* at once */
    HISTORY_PUSH_MAX = 64,   /* events in a turn of the loop */
    /* The helper has the whole file and a quarter more among its addresses, of which a process of 32 bits has 3 GB. */
    HISTORY_MB_MAX = sizeof(void *) > 4 ? 1 << 20 : 1024,
};

struct history_bounds {
    int64_t keep_days; /* 0: nothing is kept */
    int64_t max_mb;
};

/*
 * Begins to store what happens with history_resume. helper: the path of camd-events. The launcher and the events stay
 * the caller's. 0 or -ENOMEM.
 */
int history_new(struct history **history, struct launcher *launcher, struct events *events,
                const char *state_dir, const char *helper, const struct history_bounds *bounds);
/* No reading may be left. The helper is killed, and what it has not stored is lost: see history_finish. NULL is fine. */
void history_free(struct history *history);

/* There is a new event. */
void history_note(struct history *history);
/* Other bounds, as of a reload. */
void history_set_bounds(struct history *history, const struct history_bounds *bounds);

/* False: nothing is kept, so that there is nothing to ask. */
bool history_is_kept(const struct history *history);
/* Number of the newest event of this epoch that is stored; 0: none. */
uint64_t history_stored(const struct history *history);
/* Why events are not kept over restarts, or NULL while they are (or will be, as far as is known). */
const char *history_problem(const struct history *history);

/*
 * Asks for a chunk, for a user, who waits for his own other ones and has his turn among users: query as of
 * event_query.h, stolen. done is called from the loop, never from within a function of this file: with a file of
 * frames, which is the callee's to close, or with fd -1 and -errno. -ENOENT: there is no database. NULL: memory is
 * short.
 */
typedef void history_read_done(void *context, int fd, int error);
struct history_reading *history_read(struct history *history, uid_t user, json_t *query,
                                     history_read_done *done, void *context);
/* Before it is done: it is not called any more. NULL is fine. */
void history_forget(struct history_reading *reading);

/* Stores what has happened and what happens; before the first time nothing is. */
void history_resume(struct history *history);
/*
 * Stores what is there, now, and then nothing until history_resume: at the end, and before an upgrade. Called again it stores
 * what has come since.
 */
void history_finish(struct history *history);
/* After history_finish: true while there is still something to store, and hope. */
bool history_busy(const struct history *history);
/* No helper runs. */
bool history_is_idle(const struct history *history);
/* One that does; NULL: none. */
const struct child *history_helper(const struct history *history);

/* Other times, in seconds, for tests. */
void history_set_times(struct history *history, double retry_s, double deadline_s);

/* For an upgrade, when it is idle; and back. 0 or -errno. */
json_t *history_hand_over(const struct history *history);
int history_take_over(struct history *history, const json_t *record);

#endif

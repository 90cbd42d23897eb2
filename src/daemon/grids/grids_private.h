/* grids_private.h - what grids.c (the grids), grids_store.c (the helper that keeps them) and grids_wait.c (who waits) share */
#ifndef CAMD_DAEMON_GRIDS_GRIDS_PRIVATE_H
#define CAMD_DAEMON_GRIDS_GRIDS_PRIVATE_H

#include <ev.h>
#include <sys/queue.h>

#include "base/name_index.h"
#include "daemon/grids/grid_record.h"
#include "daemon/grids/grids.h"
#include "daemon/supervise/child.h"
#include "daemon/supervise/launcher.h"

struct grid_waiter;
STAILQ_HEAD(grid_waiters, grid_waiter);

/* One camera's. */
struct kept_grid {
    TAILQ_ENTRY(kept_grid) link;
    LIST_ENTRY(kept_grid) in_dirty, in_writing; /* while it is */
    struct name_node node;                      /* in by_name */
    char camera[CAMD_NAME_MAX + 1];
    struct grid_record record;
    bool dirty;                  /* the database has another one */
    bool writing;                /* the helper has this one, or had it when it became dirty again */
    bool stored;                 /* the database has one, as far as is known */
    bool replaced;               /* cleared or removed: whatever is read from the database is not it */
    bool gone;                   /* to be deleted from the database, and then from here */
    struct grid_waiters waiters; /* for it to be on the disk, or gone from there */
};

enum grids_job {
    GRIDS_IDLE,
    GRIDS_LOADING,
    GRIDS_STORING,
    GRIDS_ABANDONED, /* too late: its helper is being killed */
};

struct grids {
    struct launcher *launcher;
    struct ev_loop *loop;
    char *path, *helper_path;
    struct grids_owner owner;
    TAILQ_HEAD(kept_grids, kept_grid) list;
    void *by_name; /* the same: a name_index */
    size_t count;
    /* Those of them that are: a job costs as much as what has changed, however many there are. */
    LIST_HEAD(dirty_grids, kept_grid) dirty;
    LIST_HEAD(writing_grids, kept_grid) writing;
    struct grid_waiters told; /* those who waited, and are to be told how it went */
    double batch_s, retry_s, deadline_s;

    int64_t keep_s;
    ev_timer look_timer; /* active while a grid without a camera waits for its end */

    bool loaded;    /* the database's content is here */
    bool finishing; /* grids_finish */
    bool hurry;     /* the next job may not wait */
    int error;      /* of the last job */
    char *problem;  /* the same in words */
    enum grids_job job;
    int file;                 /* between us and the helper; -1: none */
    uint64_t transaction;     /* of the database (grid_entry.h) that has what is stored; 0: none has */
    struct file_watch *files; /* NULL: the database is not watched */
    int watched;              /* its number there; -1: it is not */
    bool is_soon;             /* the next try: the helper was killed, and the one before was not */
    struct child helper;
    struct child_end end;    /* of the last one, when it came to its end */
    ev_timer start_timer;    /* the next job */
    ev_timer deadline_timer; /* of this one */
};

/* ---- grids.c ---- */

/* The camera's, made when there is none; NULL with *error: -ENOBUFS or -ENOMEM. */
struct kept_grid *grids_make(struct grids *grids, const char *camera, int *error);
struct kept_grid *grids_find(const struct grids *grids, const char *camera);
void grids_drop(struct grids *grids, struct kept_grid *kept);
void grids_mark_dirty(struct grids *grids, struct kept_grid *kept);
void grids_mark_clean(struct kept_grid *kept);

/* ---- grids_wait.c: each is told once, by grid_waiters_tell ---- */

/* NULL: memory is short. */
struct grid_waiter *grid_waiter_new(grids_done *done, void *context);
/* It is the grid's from now on. */
void grid_waiters_add(struct kept_grid *kept, struct grid_waiter *waiter);
bool grid_is_waited_for(const struct kept_grid *kept);
/* Nobody is told. */
void grid_waiters_free(struct grid_waiters *waiters);
/* The grid is given to the helper: those who wait now wait for this. */
void grid_waiters_begin(struct kept_grid *kept);
/* What the helper was given of the grid is on the disk. */
void grid_waiters_stored(struct grids *grids, struct kept_grid *kept);
/* Nothing is, of any grid: those that are waited for are dirty. It is tried again all the same. */
void grid_waiters_failed(struct grids *grids, int error);
/* A job has come to its end, and what it leaves is in order. */
void grid_waiters_tell(struct grids *grids);

/* ---- grids_store.c ---- */

/* 0 or -ENOMEM. */
int grids_store_init(struct grids *grids, const char *state_dir, const char *helper);
void grids_store_fini(struct grids *grids);
/* False: the database, which has not been read yet, is none, so that it has nothing of anybody. */
bool grids_store_may_have(const struct grids *grids);
/* If there is a database it is watched. */
void grids_store_watch(struct grids *grids);
/* Something is dirty: it is written when its time has come. */
void grids_store_later(struct grids *grids);
/* The same, as soon as the helper is free. */
void grids_store_now(struct grids *grids);

#endif

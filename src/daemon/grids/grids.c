/* grids.c - see grids.h: the grids in memory, and how long they are kept */
#include "daemon/grids/grids.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/timer.h"
#include "daemon/disk/absence.h"
#include "daemon/grids/grid_entry.h"
#include "daemon/grids/grids_private.h"

/* ---- the list ---- */

struct kept_grid *grids_find(const struct grids *grids, const char *camera)
{
    return name_index_find(&grids->by_name, camera);
}

struct kept_grid *grids_make(struct grids *grids, const char *camera, int *error)
{
    struct kept_grid *kept = grids_find(grids, camera);
    if (kept)
        return kept;
    if (grids->count >= GRID_ENTRIES_MAX) {
        *error = -ENOBUFS;
        return NULL;
    }
    kept = calloc(1, sizeof(*kept));
    if (!kept) {
        *error = -ENOMEM;
        return NULL;
    }
    memcpy(kept->camera, camera, strlen(camera) + 1); /* a camera's name fits */
    kept->node = (struct name_node){.name = kept->camera, .item = kept};
    STAILQ_INIT(&kept->waiters);
    *error = name_index_add(&grids->by_name, &kept->node);
    if (*error < 0) {
        free(kept);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&grids->list, kept, link);
    grids->count++;
    return kept;
}

void grids_mark_dirty(struct grids *grids, struct kept_grid *kept)
{
    if (!kept->dirty)
        LIST_INSERT_HEAD(&grids->dirty, kept, in_dirty);
    kept->dirty = true;
}

void grids_mark_clean(struct kept_grid *kept)
{
    if (kept->dirty)
        LIST_REMOVE(kept, in_dirty);
    kept->dirty = false;
}

void grids_drop(struct grids *grids, struct kept_grid *kept)
{
    grids_mark_clean(kept);
    if (kept->writing)
        LIST_REMOVE(kept, in_writing);
    name_index_remove(&grids->by_name, &kept->node);
    TAILQ_REMOVE(&grids->list, kept, link);
    grids->count--;
    grid_waiters_free(&kept->waiters);
    free(kept);
}

void grids_get(const struct grids *grids, const char *camera, struct grid *grid)
{
    const struct kept_grid *kept = grids_find(grids, camera);
    *grid = kept ? kept->record.grid : (struct grid){0};
}

/* ---- changes ---- */

int grids_add(struct grids *grids, const char *camera, const struct grid_sample *sample)
{
    int error = 0;
    struct kept_grid *kept = grids_make(grids, camera, &error);
    if (!kept)
        return error;
    kept->gone = false;
    grids_mark_dirty(grids, kept);
    grid_add(&kept->record.grid, sample);
    grids_store_later(grids);
    return 0;
}

int grids_record(const struct grids *grids, const char *camera, struct grid_record *record)
{
    const struct kept_grid *kept = grids_find(grids, camera);
    if (!grids->loaded && !(kept && kept->replaced))
        return -EAGAIN;
    if (!kept || kept->gone)
        return -ENOENT;
    *record = kept->record;
    record->absent_since_s = 0;
    return 0;
}

/*
 * The camera's grid, which is about to change and is to be written at once; done, if any, waits for that. NULL with *error:
 * -ENOBUFS or -ENOMEM.
 */
static struct kept_grid *make_changed(struct grids *grids, const char *camera, grids_done *done,
                                      void *context, int *error)
{
    struct grid_waiter *waiter = done ? grid_waiter_new(done, context) : NULL;
    *error = done && !waiter ? -ENOMEM : 0;
    struct kept_grid *kept = *error == 0 ? grids_make(grids, camera, error) : NULL;
    if (!kept) {
        free(waiter);
        return NULL;
    }
    if (waiter)
        grid_waiters_add(kept, waiter);
    grids_mark_dirty(grids, kept);
    kept->replaced = true;
    kept->gone = false;
    grids_store_now(grids);
    return kept;
}

int grids_replace(struct grids *grids, const char *camera, const struct grid *grid, grids_done *done,
                  void *context)
{
    int error;
    struct kept_grid *kept = make_changed(grids, camera, done, context, &error);
    if (!kept)
        return error;
    kept->record.grid = *grid;
    return 1;
}

int grids_clear(struct grids *grids, const char *camera, grids_done *done, void *context)
{
    /* what has not been read yet may be in the database */
    if (grids->loaded && !grids_find(grids, camera))
        return 0;
    return grids_replace(grids, camera, &(const struct grid){0}, done, context);
}

/* The database has something of the camera, or may have; or somebody waits until it has. */
static bool may_be_stored(const struct grids *grids, const char *camera)
{
    const struct kept_grid *kept = grids_find(grids, camera);
    if (kept && (kept->stored || kept->writing || grid_is_waited_for(kept)))
        return true;
    return !grids->loaded && grids_store_may_have(grids);
}

int grids_remove(struct grids *grids, const char *camera, grids_done *done, void *context)
{
    int error;
    if (!may_be_stored(grids, camera)) {
        struct kept_grid *learnt = grids_find(grids, camera);
        if (learnt)
            grids_drop(grids, learnt);
        return 0;
    }
    struct kept_grid *kept = make_changed(grids, camera, done, context, &error);
    if (!kept)
        return error;
    kept->record.grid = (struct grid){0};
    kept->gone = true;
    return 1;
}

int grids_rename(struct grids *grids, const char *camera, const char *name, grids_done *done, void *context)
{
    int error;
    if (!grids->loaded)
        return -EAGAIN;
    const struct kept_grid *from = grids_find(grids, camera), *earlier = grids_find(grids, name);
    const bool has_grid = from && !from->gone;
    if (!has_grid)
        return earlier && !earlier->gone ? grids_clear(grids, name, done, context) : 0;
    struct kept_grid *to = make_changed(grids, name, done, context, &error);
    if (!to)
        return error;
    to->record = from->record;
    to->record.absent_since_s = 0;
    grids_remove(grids, camera, NULL, NULL); /* one that is there: needs no memory */
    return 1;
}

/* ---- how long ---- */

/* Notes whether the grid has a camera; seconds that it may stay without one, or -1. */
static int64_t look_at(struct grids *grids, struct kept_grid *kept, int64_t now_s)
{
    const int64_t before_s = kept->record.absent_since_s;
    const bool has_camera = grids->owner.is_wanted(grids->owner.context, kept->camera);
    const int64_t left_s = absence_note(&kept->record.absent_since_s, has_camera, grids->keep_s, now_s);
    if (kept->record.absent_since_s != before_s)
        grids_mark_dirty(grids, kept);
    return left_s;
}

static void purge(struct grids *grids, struct kept_grid *kept, int64_t now_s)
{
    log_notice(kept->camera, "its region grid is removed: there has been no such camera for %" PRId64 " days",
               (now_s - kept->record.absent_since_s) / CLOCK_S_PER_DAY);
    grids_remove(grids, kept->camera, NULL, NULL);
}

/* By the wall clock, which may be set meanwhile. */
static void look_in(struct grids *grids, int64_t seconds)
{
    if (grids->count > 0)
        timer_start_s(grids->loop, &grids->look_timer,
                      (double)(seconds < CLOCK_S_PER_DAY ? seconds : CLOCK_S_PER_DAY));
}

void grids_look(struct grids *grids, int64_t keep_s, int64_t now_s)
{
    struct kept_grid *kept, *next;
    int64_t next_s = INT64_MAX;
    bool dirty = false;
    grids->keep_s = keep_s;
    ev_timer_stop(grids->loop, &grids->look_timer);
    if (!grids->loaded || grids->finishing)
        return;
    if (!absence_clock_is_set(now_s)) {
        look_in(grids, CLOCK_S_PER_DAY);
        return;
    }
    for (kept = TAILQ_FIRST(&grids->list); kept; kept = next) {
        next = TAILQ_NEXT(kept, link);
        if (kept->gone)
            continue;
        const int64_t left_s = look_at(grids, kept, now_s);
        if (left_s == 0) {
            purge(grids, kept, now_s); /* it may be no more, and sees to it that it is written otherwise */
            continue;
        }
        if (left_s > 0 && left_s < next_s)
            next_s = left_s;
        dirty = dirty || kept->dirty;
    }
    if (dirty)
        grids_store_later(grids);
    if (next_s < INT64_MAX)
        look_in(grids, next_s);
}

static void look_again(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct grids *grids = timer->data;
    (void)loop;
    (void)events;
    grids_look(grids, grids->keep_s, clock_wall_ns() / CLOCK_NS_PER_S);
}

/* ---- life ---- */

int grids_new(struct grids **result, struct launcher *launcher, const char *state_dir, const char *helper,
              const struct grids_owner *owner)
{
    struct grids *grids = calloc(1, sizeof(*grids));
    if (!grids)
        return -ENOMEM;
    grids->launcher = launcher;
    grids->loop = launcher->loop;
    grids->owner = *owner;
    TAILQ_INIT(&grids->list);
    STAILQ_INIT(&grids->told);
    ev_init(&grids->look_timer, look_again);
    grids->look_timer.data = grids;
    const int error = grids_store_init(grids, state_dir, helper);
    if (error < 0) {
        grids_free(grids);
        return error;
    }
    *result = grids;
    return 0;
}

void grids_free(struct grids *grids)
{
    if (!grids)
        return;
    ev_timer_stop(grids->loop, &grids->look_timer);
    grids_store_fini(grids);
    while (!TAILQ_EMPTY(&grids->list))
        grids_drop(grids, TAILQ_FIRST(&grids->list));
    grid_waiters_free(&grids->told);
    free(grids);
}

/* grids.c - see grids.h: the grids in memory, and how long they are kept */
#include "daemon/grids/grids.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/grids/grid_entry.h"
#include "daemon/grids/grids_private.h"

enum {
    DAY_S = 86400,
    /* A clock before 2024 has not been set since the machine was switched on: no time to reckon from. */
    CLOCK_SET_S = 1704067200,
};

/* ---- the list ---- */

struct kept_grid *grids_find(const struct grids *grids, const char *camera)
{
    struct kept_grid *kept;
    TAILQ_FOREACH(kept, &grids->list, link)
    {
        if (strcmp(kept->camera, camera) == 0)
            return kept;
    }
    return NULL;
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
    TAILQ_INSERT_TAIL(&grids->list, kept, link);
    grids->count++;
    return kept;
}

void grids_drop(struct grids *grids, struct kept_grid *kept)
{
    TAILQ_REMOVE(&grids->list, kept, link);
    grids->count--;
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
    kept->dirty = true;
    grid_add(&kept->record.grid, sample);
    grids_store_later(grids);
    return 0;
}

static int forget(struct grids *grids, const char *camera, bool gone)
{
    int error = 0;
    /* what has not been read yet may be in the database */
    struct kept_grid *kept = grids->loaded ? grids_find(grids, camera) : grids_make(grids, camera, &error);
    if (!kept)
        return error;
    memset(&kept->record.grid, 0, sizeof(kept->record.grid));
    kept->replaced = kept->dirty = true;
    kept->gone = gone;
    grids_store_now(grids);
    return 0;
}

int grids_clear(struct grids *grids, const char *camera)
{
    return forget(grids, camera, false);
}

int grids_remove(struct grids *grids, const char *camera)
{
    return forget(grids, camera, true);
}

/* ---- how long ---- */

/* Notes whether the grid has a camera; seconds that it may stay without one, or -1. */
static int64_t look_at(struct grids *grids, struct kept_grid *kept, int64_t now_s)
{
    int64_t *since_s = &kept->record.absent_since_s;
    if (grids->owner.is_wanted(grids->owner.context, kept->camera)) {
        if (*since_s != 0)
            kept->dirty = true;
        *since_s = 0;
        return -1;
    }
    /* a clock that was set back must not make it stay for ever */
    if (*since_s == 0 || *since_s > now_s) {
        *since_s = now_s;
        kept->dirty = true;
    }
    const int64_t left_s = *since_s + grids->keep_s - now_s;
    return left_s > 0 ? left_s : 0;
}

static void purge(struct grids *grids, struct kept_grid *kept, int64_t now_s)
{
    log_notice(kept->camera, "its region grid is removed: there has been no such camera for %" PRId64 " days",
               (now_s - kept->record.absent_since_s) / DAY_S);
    grids_remove(grids, kept->camera);
}

/* By the wall clock, which may be set meanwhile. */
static void look_in(struct grids *grids, int64_t seconds)
{
    if (grids->count == 0)
        return;
    ev_now_update(grids->loop);
    ev_timer_set(&grids->look_timer, (double)(seconds < DAY_S ? seconds : DAY_S), 0.0);
    ev_timer_start(grids->loop, &grids->look_timer);
}

void grids_look(struct grids *grids, int64_t keep_s, int64_t now_s)
{
    struct kept_grid *kept;
    int64_t next_s = INT64_MAX;
    bool dirty = false;
    grids->keep_s = keep_s;
    ev_timer_stop(grids->loop, &grids->look_timer);
    if (!grids->loaded || grids->finishing)
        return;
    if (now_s < CLOCK_SET_S) {
        look_in(grids, DAY_S);
        return;
    }
    TAILQ_FOREACH(kept, &grids->list, link)
    {
        if (kept->gone)
            continue;
        const int64_t left_s = look_at(grids, kept, now_s);
        if (left_s == 0)
            purge(grids, kept, now_s);
        else if (left_s > 0 && left_s < next_s)
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
    free(grids);
}

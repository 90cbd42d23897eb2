/* grids_wait.c - those who want to know when a grid is on the disk as they asked for it, or that it is not */
#include <errno.h>
#include <stdlib.h>

#include "daemon/grids/grids_private.h"

struct grid_waiter {
    STAILQ_ENTRY(grid_waiter) link;
    grids_done *done;
    void *context;
    bool is_written; /* what it waits for is what the helper has now */
    int error;
};

struct grid_waiter *grid_waiter_new(grids_done *done, void *context)
{
    struct grid_waiter *waiter = calloc(1, sizeof(*waiter));
    if (waiter)
        *waiter = (struct grid_waiter){.done = done, .context = context};
    return waiter;
}

void grid_waiters_add(struct kept_grid *kept, struct grid_waiter *waiter)
{
    STAILQ_INSERT_TAIL(&kept->waiters, waiter, link);
}

bool grid_is_waited_for(const struct kept_grid *kept)
{
    return !STAILQ_EMPTY(&kept->waiters);
}

void grid_waiters_free(struct grid_waiters *waiters)
{
    struct grid_waiter *waiter;
    while ((waiter = STAILQ_FIRST(waiters))) {
        STAILQ_REMOVE_HEAD(waiters, link);
        free(waiter);
    }
}

void grid_waiters_begin(struct kept_grid *kept)
{
    struct grid_waiter *waiter;
    STAILQ_FOREACH(waiter, &kept->waiters, link)
        waiter->is_written = true;
}

/* The older ones come first: those whose grid the helper has are in front of those who came meanwhile. */
void grid_waiters_stored(struct grids *grids, struct kept_grid *kept)
{
    struct grid_waiter *waiter;
    while ((waiter = STAILQ_FIRST(&kept->waiters)) && waiter->is_written) {
        STAILQ_REMOVE_HEAD(&kept->waiters, link);
        waiter->error = 0;
        STAILQ_INSERT_TAIL(&grids->told, waiter, link);
    }
}

void grid_waiters_failed(struct grids *grids, int error)
{
    struct kept_grid *kept;
    struct grid_waiter *waiter;
    LIST_FOREACH(kept, &grids->dirty, in_dirty) {
        STAILQ_FOREACH(waiter, &kept->waiters, link)
            waiter->error = error;
        STAILQ_CONCAT(&grids->told, &kept->waiters);
    }
}

void grid_waiters_tell(struct grids *grids)
{
    struct grid_waiter *waiter;
    while ((waiter = STAILQ_FIRST(&grids->told))) {
        STAILQ_REMOVE_HEAD(&grids->told, link);
        waiter->done(waiter->context, waiter->error);
        free(waiter);
    }
}

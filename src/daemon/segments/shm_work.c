#include "daemon/segments/shm_work.h"

#include <errno.h>
#include <ev.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/clock.h"

enum { TURN_NS = 1000000 };

TAILQ_HEAD(task_list, shm_task);

struct shm_work {
    struct ev_loop *loop;
    struct task_list tasks[SHM_WORK_KINDS];
    ev_timer turn; /* runs while there are tasks */
};

static struct shm_task *first_task(struct shm_work *work)
{
    for (int kind = 0; kind < SHM_WORK_KINDS; kind++) {
        if (!TAILQ_EMPTY(&work->tasks[kind]))
            return TAILQ_FIRST(&work->tasks[kind]);
    }
    return NULL;
}

static void take_out(struct shm_work *work, struct shm_task *task)
{
    TAILQ_REMOVE(&work->tasks[task->kind], task, entry);
    task->is_queued = false;
}

static void do_piece(struct shm_work *work, struct shm_task *task)
{
    int result = task->piece(task->context);
    if (result == 0)
        return;
    take_out(work, task);
    task->done(task->context, result);
}

static void run_again(struct shm_work *work)
{
    ev_timer_set(&work->turn, 0.0, 0.0);
    ev_timer_start(work->loop, &work->turn);
}

static void do_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct shm_work *work = timer->data;
    const int64_t until_ns = clock_monotonic_ns() + TURN_NS;
    struct shm_task *task;
    (void)loop;
    (void)events;
    while ((task = first_task(work)) && clock_monotonic_ns() < until_ns)
        do_piece(work, task);
    if (!task)
        ev_timer_stop(work->loop, &work->turn); /* a task that was queued meanwhile has started it */
    else if (!ev_is_active(&work->turn))
        run_again(work);
}

int shm_work_new(struct shm_work **work, struct ev_loop *loop)
{
    struct shm_work *created = calloc(1, sizeof(*created));
    if (!created)
        return -ENOMEM;
    created->loop = loop;
    for (int kind = 0; kind < SHM_WORK_KINDS; kind++)
        TAILQ_INIT(&created->tasks[kind]);
    ev_timer_init(&created->turn, do_turn, 0.0, 0.0);
    created->turn.data = created;
    *work = created;
    return 0;
}

void shm_work_free(struct shm_work *work)
{
    struct shm_task *task;
    if (!work)
        return;
    while ((task = TAILQ_FIRST(&work->tasks[SHM_WORK_REMOVE])))
        do_piece(work, task);
    while ((task = first_task(work)))
        take_out(work, task);
    ev_timer_stop(work->loop, &work->turn);
    free(work);
}

void shm_work_add(struct shm_work *work, struct shm_task *task)
{
    if (task->is_queued)
        return;
    task->is_queued = true;
    TAILQ_INSERT_TAIL(&work->tasks[task->kind], task, entry);
    if (!ev_is_active(&work->turn))
        run_again(work);
}

void shm_work_cancel(struct shm_work *work, struct shm_task *task)
{
    if (task->is_queued)
        take_out(work, task);
}

bool shm_work_is_idle(const struct shm_work *work)
{
    return !first_task((struct shm_work *)work);
}

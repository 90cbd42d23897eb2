/*
 * shm_work.h - long work on segments in short pieces, so that the loop never stands still for it
 *
 * One queue for all cameras. Each turn of the loop takes pieces until a millisecond has gone. What removes comes before
 * what makes, and what makes is done one after the other: so whoever asks how much room there is when its turn comes
 * sees neither what is about to go nor what another has asked for and not got yet.
 */
#ifndef CAMD_DAEMON_SEGMENTS_SHM_WORK_H
#define CAMD_DAEMON_SEGMENTS_SHM_WORK_H

#include <stdbool.h>
#include <sys/queue.h>

struct ev_loop;
struct shm_work;

enum shm_work_kind { SHM_WORK_REMOVE, SHM_WORK_CHECK, SHM_WORK_MAKE, SHM_WORK_KINDS };

/* In what it works on, which is not to be freed while it is queued. */
struct shm_task {
    TAILQ_ENTRY(shm_task) entry;
    bool is_queued; /* all zero before the first use */
    enum shm_work_kind kind;
    int (*piece)(void *context); /* takes less than a millisecond; 0: there is more to do */
    void (*done)(void *context,
                 int result); /* piece has returned something else. May queue the task again. */
    void *context;
};

/* 0 or -ENOMEM. */
int shm_work_new(struct shm_work **work, struct ev_loop *loop);
/* Does what there is to remove, to its end; the rest is forgotten. NULL is fine. */
void shm_work_free(struct shm_work *work);

/* task's kind, functions and context are set. One that is queued already stays where it is. */
void shm_work_add(struct shm_work *work, struct shm_task *task);
/* Not done any more. One that is not queued is fine. */
void shm_work_cancel(struct shm_work *work, struct shm_task *task);

bool shm_work_is_idle(const struct shm_work *work);

#endif

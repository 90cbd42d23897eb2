#include "daemon/disk/persist.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/file_identity.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/timer.h"
#include "base/whole_file.h"
#include "daemon/disk/helper_words.h"
#include "daemon/disk/unfinished.h"
#include "daemon/supervise/child.h"
#include "daemon/supervise/launcher.h"

enum persist_state {
    PERSIST_QUEUED,
    PERSIST_RUNNING,
    PERSIST_ABANDONED, /* too late: its callback was called, its helper is being killed */
};

struct persist_job {
    struct persist *persist;
    TAILQ_ENTRY(persist_job) link;
    enum persist_state state;
    char *path;
    char *temporary; /* NULL: the file is to be removed */
    char *target;    /* the name that it gets otherwise */
    char *data;      /* NULL once it is in the temporary file */
    size_t size;
    mode_t mode;
    uid_t uid;      /* (uid_t)-1: camd's */
    gid_t gid;      /* (gid_t)-1: camd's */
    char *expected; /* what the file has to be to be replaced; NULL: whatever it is */
    struct child helper;
    ev_timer deadline;
    persist_done *done;
    void *context;
};

struct persist {
    struct launcher *launcher;
    struct ev_loop *loop;
    char *helper;
    double deadline_s;
    ev_timer look; /* never started, only fed: jobs are looked at in the next turn */
    TAILQ_HEAD(persist_jobs, persist_job) jobs;
    unsigned int count, running;
};

/* ---- the end of a job ---- */

/* It may have a camera's password. */
static void job_drop_data(struct persist_job *job)
{
    if (job->data)
        explicit_bzero(job->data, job->size);
    free(job->data);
    job->data = NULL;
}

static void job_free(struct persist_job *job)
{
    job_drop_data(job);
    free(job->path);
    free(job->temporary);
    free(job->expected);
    free(job->target);
    free(job);
}

static void job_remove(struct persist_job *job)
{
    struct persist *persist = job->persist;
    ev_timer_stop(persist->loop, &job->deadline);
    child_fini(&job->helper);
    TAILQ_REMOVE(&persist->jobs, job, link);
    persist->count--;
    job_free(job);
}

static void persist_look_soon(struct persist *persist)
{
    ev_feed_event(persist->loop, &persist->look, EV_CUSTOM);
}

static void job_finish(struct persist_job *job, int error)
{
    struct persist *persist = job->persist;
    persist_done *done = job->state == PERSIST_ABANDONED ? NULL : job->done;
    void *context = job->context;
    if (error < 0 && job->temporary && !job->data)
        sys_unlink(job->temporary);
    job_remove(job);
    persist_look_soon(persist);
    if (done)
        done(context, error);
}

/* The callback learns no more than -ENOPKG. */
static void log_unexecuted(const struct persist_job *job, const struct child_end *end)
{
    char text[256];
    const char *hint = child_hint(end);
    if (end->kind != CHILD_NOT_EXECUTED && !child_end_is_broken(end))
        return;
    child_explain(&job->helper, end, text, sizeof(text));
    log_error(NULL, "%s%s: %s", end->kind == CHILD_NOT_EXECUTED ? "" : "camd-sync ", text,
              hint ? hint : "is camd installed as a whole?");
}

static void job_on_exit(void *context, const struct child_end *end)
{
    struct persist_job *job = context;
    job->persist->running--;
    log_unexecuted(job, end);
    job_finish(job, helper_error(end));
}

static void job_on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct persist_job *job = timer->data;
    (void)loop;
    (void)events;
    if (job->state == PERSIST_QUEUED) {
        job_finish(job, -ETIMEDOUT);
        return;
    }
    /* A helper that hangs in the kernel dies when the disk answers, if ever: the path stays taken until then. */
    persist_done *done = job->done;
    job->state = PERSIST_ABANDONED;
    child_kill(&job->helper);
    if (done)
        done(job->context, -ETIMEDOUT);
}

/* ---- the beginning ---- */

static int job_write_temporary(struct persist_job *job)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    int fd = sys_open(job->temporary, flags, 0600);
    if (fd == -EEXIST) { /* of a daemon that was killed here */
        const int error = sys_unlink(job->temporary);
        fd = error < 0 ? error : sys_open(job->temporary, flags, 0600);
    }
    if (fd < 0)
        return fd;
    int error = whole_file_write_to(fd, job->data, job->size);
    if (error == 0 && job->uid != (uid_t)-1)
        error = sys_fchown(fd, job->uid, job->gid);
    if (error == 0 && job->mode != 0600)
        error = sys_fchmod(fd, job->mode);
    sys_close(&fd);
    if (error < 0)
        sys_unlink(job->temporary);
    return error;
}

static int job_spawn(struct persist_job *job)
{
    struct persist *persist = job->persist;
    char name[] = "camd-sync", remove[] = "--remove", replace[] = "--replace", move[] = "--move";
    char *const writing[] = {name, job->temporary, job->path, NULL};
    char *const removing[] = {name, remove, job->path, NULL};
    char *const moving[] = {name, move, job->path, job->target, NULL};
    char *const replacing[] = {name, replace, job->temporary, job->path, job->expected, NULL};
    const struct child_program program = {
        .path = persist->helper,
        .argv = job->target       ? moving
                : !job->temporary ? removing
                : job->expected   ? replacing
                                  : writing,
        .input = -1,
        .output = -1,
    };
    struct child_end failure;
    const int error = child_start(&job->helper, &program, &failure);
    if (error == 0)
        return 0;
    log_unexecuted(job, &failure);
    return helper_error(&failure);
}

static int job_start(struct persist_job *job)
{
    int error = job->temporary ? job_write_temporary(job) : 0;
    if (error < 0)
        return error;
    job_drop_data(job); /* from here on job_finish removes the temporary file when something fails */
    error = job_spawn(job);
    if (error < 0)
        return error;
    job->state = PERSIST_RUNNING;
    job->persist->running++;
    return 0;
}

static bool job_is_first_of_path(const struct persist_job *job)
{
    const struct persist_job *before;
    TAILQ_FOREACH(before, &job->persist->jobs, link) {
        if (before == job)
            return true;
        if (strcmp(before->path, job->path) == 0)
            return false;
    }
    return true;
}

static void persist_look(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct persist *persist = timer->data;
    struct persist_job *job, *next;
    (void)loop;
    (void)events;
    for (job = TAILQ_FIRST(&persist->jobs); job && persist->running < PERSIST_RUNNING_MAX; job = next) {
        next = TAILQ_NEXT(job, link);
        if (job->state != PERSIST_QUEUED || !job_is_first_of_path(job))
            continue;
        const int error = job_start(job);
        if (error < 0) {
            job_finish(job, error);
            return; /* the callback may have changed the list: looked at again soon */
        }
    }
}

static void job_init(struct persist_job *job, struct persist *persist, persist_done *done, void *context)
{
    job->persist = persist;
    job->state = PERSIST_QUEUED;
    job->done = done;
    job->context = context;
    child_init(&job->helper, persist->launcher, NULL, job_on_exit, job);
    ev_init(&job->deadline, job_on_deadline);
    job->deadline.data = job;
}

/* What is to be done to a file; members that are left out don't apply. */
struct order {
    const char *target;        /* it is moved there */
    const void *data;          /* it is written */
    size_t size;               /* of data */
    mode_t mode;               /* of a file of camd's */
    const struct stat *before; /* of one that is replaced: as it was when it was read */
};

static int job_take_data(struct persist_job *job, const void *data, size_t size)
{
    job->temporary = unfinished_path(job->path);
    job->data = malloc(size + 1); /* an empty file has data, too */
    if (!job->temporary || !job->data)
        return -ENOMEM;
    memcpy(job->data, data, size);
    job->size = size;
    return 0;
}

/* An administrator's file keeps its owner, group and mode, and has to be what it was. */
static int job_take_file(struct persist_job *job, const struct stat *before)
{
    char identity[FILE_IDENTITY_BYTES];
    job->mode = before->st_mode & 07777;
    job->uid = before->st_uid;
    job->gid = before->st_gid;
    job->expected = strdup(file_identity(before, identity));
    return job->expected ? 0 : -ENOMEM;
}

static int job_take_order(struct persist_job *job, const char *path, const struct order *order)
{
    int error = 0;
    job->mode = order->mode;
    job->uid = (uid_t)-1;
    job->gid = (gid_t)-1;
    job->path = strdup(path);
    job->target = order->target ? strdup(order->target) : NULL;
    if (!job->path || (order->target && !job->target))
        error = -ENOMEM;
    if (error == 0 && order->data)
        error = job_take_data(job, order->data, order->size);
    return error == 0 && order->before ? job_take_file(job, order->before) : error;
}

static int persist_add(struct persist *persist, const char *path, const struct order *order,
                       persist_done *done, void *context)
{
    if (order->size > PERSIST_BYTES_MAX)
        return -EFBIG;
    if (persist->count >= PERSIST_JOBS_MAX)
        return -ENOBUFS;
    struct persist_job *job = calloc(1, sizeof(*job));
    const int error = job ? job_take_order(job, path, order) : -ENOMEM;
    if (error < 0) {
        if (job)
            job_free(job);
        return error;
    }
    job_init(job, persist, done, context);
    TAILQ_INSERT_TAIL(&persist->jobs, job, link);
    persist->count++;
    timer_start_s(persist->loop, &job->deadline, persist->deadline_s);
    persist_look_soon(persist);
    return 0;
}

int persist_write(struct persist *persist, const char *path, const void *data, size_t size, mode_t mode,
                  persist_done *done, void *context)
{
    const struct order order = {.data = data ? data : "", .size = size, .mode = mode};
    return persist_add(persist, path, &order, done, context);
}

int persist_replace(struct persist *persist, const char *path, const struct stat *before, const void *data,
                    size_t size, persist_done *done, void *context)
{
    const struct order order = {.data = data, .size = size, .before = before};
    return persist_add(persist, path, &order, done, context);
}

int persist_move(struct persist *persist, const char *path, const char *name, persist_done *done,
                 void *context)
{
    return persist_add(persist, path, &(const struct order){.target = name}, done, context);
}

int persist_remove(struct persist *persist, const char *path, persist_done *done, void *context)
{
    return persist_add(persist, path, &(const struct order){.data = NULL}, done, context);
}

/* ---- the whole ---- */

int persist_new(struct persist **result, struct launcher *launcher, const char *helper)
{
    struct persist *persist = calloc(1, sizeof(*persist));
    if (!persist)
        return -ENOMEM;
    persist->helper = strdup(helper);
    if (!persist->helper) {
        free(persist);
        return -ENOMEM;
    }
    persist->launcher = launcher;
    persist->loop = launcher->loop;
    persist->deadline_s = PERSIST_DEADLINE_S;
    TAILQ_INIT(&persist->jobs);
    ev_init(&persist->look, persist_look);
    persist->look.data = persist;
    *result = persist;
    return 0;
}

void persist_free(struct persist *persist)
{
    if (!persist)
        return;
    while (!TAILQ_EMPTY(&persist->jobs)) {
        struct persist_job *job = TAILQ_FIRST(&persist->jobs);
        child_fini(&job->helper); /* before its temporary file goes */
        if (job->temporary && !job->data)
            sys_unlink(job->temporary);
        job_remove(job);
    }
    ev_clear_pending(persist->loop, &persist->look);
    free(persist->helper);
    free(persist);
}

bool persist_busy(const struct persist *persist)
{
    const struct persist_job *job;
    if (!persist)
        return false;
    TAILQ_FOREACH(job, &persist->jobs, link) {
        if (job->state != PERSIST_ABANDONED)
            return true;
    }
    return false;
}

bool persist_is_idle(const struct persist *persist)
{
    return TAILQ_EMPTY(&persist->jobs);
}

const struct child *persist_helper(const struct persist *persist)
{
    const struct persist_job *job;
    TAILQ_FOREACH(job, &persist->jobs, link) {
        if (child_is_running(&job->helper))
            return &job->helper;
    }
    return NULL;
}

void persist_set_deadline(struct persist *persist, double seconds)
{
    persist->deadline_s = seconds;
}

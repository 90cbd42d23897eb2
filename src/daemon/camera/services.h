/*
 * services.h - what cameras and verbs need of the whole, passed by pointer
 *
 * daemon.c makes all of it, before the first camera, and frees it after the last one. A reload puts another
 * configuration in place: what is kept of it for longer than a turn of the loop has to be a copy.
 */
#ifndef CAMD_DAEMON_CAMERA_SERVICES_H
#define CAMD_DAEMON_CAMERA_SERVICES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/history/history.h"
#include "daemon/host/account.h"

struct config;
struct ev_loop;
struct events;
struct grids;
struct launcher;
struct log_pool;
struct overrides;
struct persist;
struct file_watch;
struct shm_work;
struct worker_process;

struct services {
    struct ev_loop *loop;
    struct config *config;
    const char *config_path;   /* NULL: none */
    gid_t group;               /* (gid_t)-1: none */
    struct account worker;     /* as whom workers run */
    pid_t pid;                 /* camd's own, for good: an upgrade keeps it */
    int64_t started_ms;        /* monotonic */
    uint64_t generation;       /* of the segments made last */
    char *prefix_problem;      /* why shm_prefix is not this camd's alone; NULL: it is */
    struct launcher *launcher; /* of all children */
    struct log_pool *log_pool;
    struct events *events;
    struct file_watch *file_watch;
    struct shm_work *shm_work;
    struct persist *persist;
    struct overrides *overrides;
    struct grids *grids;
    struct history *history;
};

/* An event of now, to all subscribers; fields (may be NULL) are stolen. camera: its name, or NULL. */
void services_emit(const struct services *services, const char *event, const char *camera, json_t *fields);

/* As whom workers that are other people's programs are executed; NULL: as camd. Ours become it by themselves. */
const char *services_worker_user(const struct services *services);

/* How long and how much the configuration wants to keep of events. */
struct history_bounds services_history_bounds(const struct config *config);

/*
 * The configuration is good, and its cameras are about to be added: what enable and disable said of cameras that are
 * not in it any more is to go, in time.
 */
void services_look_after_overrides(const struct services *services);

/*
 * Whether a worker runs an older program than the one that is at its path now, or with older libraries. Asked of programs of
 * camd's own only: those of others may be on a file system that does not answer.
 */
bool services_worker_is_older(const struct worker_process *worker);

#endif

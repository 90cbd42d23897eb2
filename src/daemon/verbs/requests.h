/*
 * requests.h - what the verbs of the control socket do
 *
 * requests.c has the table and the small ones, requests_camera.c adding and removing, requests_reload.c
 * reloading, requests_show.c and requests_logs.c what only shows, requests_grid.c the region grids, status.c the
 * JSON of a camera.
 */
#ifndef CAMD_DAEMON_VERBS_REQUESTS_H
#define CAMD_DAEMON_VERBS_REQUESTS_H

#include <jansson.h>
#include <stdbool.h>

#include "daemon/control/control.h"

struct camera;
struct config_problems;
struct daemon;
struct detector;
struct worker_process;

/* A name that may be anything, a URL by mistake among them, for a message: redacted, then cut. The caller's to free. */
char *request_name_shown(const char *name);

/* A control_handler; context is the daemon. */
void request_handle(void *context, struct control_request *request, enum verb verb, const json_t *body);

typedef void request_function(struct daemon *daemon, struct control_request *request, const json_t *body);

request_function request_add, request_remove, request_reload;
request_function request_grid, request_grid_clear;
request_function request_status, request_events, request_logs, request_subscribe, request_snapshot,
    request_shm, request_version;

/* The camera that the body names, or NULL when an error has been answered. */
struct camera *request_camera(struct daemon *daemon, struct control_request *request, const json_t *body);

/*
 * The detector that the body names as detector:NAME. False: it names none. True and NULL: there is no such one, which
 * has been answered.
 */
bool request_detector(struct daemon *daemon, struct control_request *request, const json_t *body,
                      struct detector **detector);

/*
 * Answers with all problems, one a line. error: CONTROL_USAGE when they are the request's, CONTROL_REFUSED when a
 * file has them.
 */
void request_problems(struct control_request *request, enum control_error error,
                      const struct config_problems *problems, const char *hint);

/* status.c: new references */
json_t *status_daemon(struct daemon *daemon);
json_t *status_camera(struct camera *camera);
json_t *status_worker(const struct worker_process *worker);

#endif

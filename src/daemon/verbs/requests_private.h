/*
 * requests_private.h - what the verbs share, for this room only
 *
 * requests.c has the table of verbs and the short ones; each other requests_*.c begins with the verbs that it has. status.c
 * has the JSON of a camera.
 */
#ifndef CAMD_DAEMON_VERBS_REQUESTS_PRIVATE_H
#define CAMD_DAEMON_VERBS_REQUESTS_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "daemon/camera/camera.h"
#include "daemon/camera/detector.h"
#include "daemon/camera/fleet.h"
#include "daemon/camera/services.h"
#include "daemon/control/control.h"
#include "daemon/disk/persist.h"
#include "daemon/verbs/requests.h"

struct allowed;
struct pending;
struct pending_kind;
struct setting;
struct reading;
struct several;

enum { REQUEST_SETTINGS_MAX = 256 }; /* keys of one request */
/* The longest that something takes to be written, after another thing. */
enum { REQUEST_SAVE_MS = (2 * PERSIST_DEADLINE_S + 1) * 1000 };

/* What the kernel says for the daemon's part of a status. */
struct status_look {
    bool is_done;
    unsigned int turn; /* of the loop, in which that was */
    bool runs_older_program;
    struct budget budget;
    struct fleet_room room;
};

struct requests {
    struct services *services;
    struct fleet *fleet;
    struct requests_owner owner;
    struct rolling *rolling;      /* under way; NULL: none */
    struct allowed *allowed;      /* who may do what beside looking; NULL: nobody */
    LIST_HEAD(, pending) pending; /* those that wait for cameras: pending.c */
    LIST_HEAD(, several) several; /* those for several cameras: several.c */
    /* Those that write a camera's file, in the order in which they came: requests_set.c. */
    TAILQ_HEAD(, setting) settings;
    LIST_HEAD(, reading) readings;  /* those whose answer begins with what is stored: requests_events.c */
    struct status_look status_look; /* status.c */
};

typedef void request_function(struct requests *requests, struct control_request *request, const json_t *body);

request_function request_add, request_set, request_show, request_wait, request_export, request_rename,
    request_remove, request_enable, request_disable, request_reload;
request_function request_grid, request_grid_clear, request_grid_export, request_grid_import, request_zone;
request_function request_status, request_events, request_logs, request_subscribe, request_snapshot,
    request_shm, request_version;

/* A name that may be anything, a URL by mistake among them, for a message: redacted, then cut. The caller's to free. */
char *request_name_shown(const char *name);
/* Whether a camera may be given that name, which no other has; false: the answer says why not. */
bool request_name_is_free(const struct requests *requests, struct control_request *request, const char *name);
/* An answer when memory is short: there is nothing better to say. */
void request_no_memory(struct control_request *request);

/* pending_add for one camera, or for none: NULL; state is taken over. */
void request_answer_later(struct requests *requests, struct control_request *request,
                          const struct pending_kind *kind, void *state, const char *name, int64_t timeout_ms);
/* Old workers are gone, and new segments are there. What starts then depends on the camera, and is not waited for. */
bool request_is_applied(const struct camera *camera);
/* For pending_kind, of those who wait for that alone, with JSON as their state. */
bool request_applied_is_settled(const void *state, const struct camera *camera);
void request_json_release(void *state);
/* Without a process, or wanted again. */
bool request_is_stopped(const struct camera *camera);
/* Those that wait for what is stored are told why they get nothing. */
void request_events_end(struct requests *requests, const char *why);
void request_refuse_bad_file(struct control_request *request, const struct camera *camera);
void request_answer_stuck(struct control_request *request, const struct camera *camera);

/* Answers that no camera has that name, and which name is nearest to it. */
void request_no_camera(const struct requests *requests, struct control_request *request, const char *name);
/* The camera that the body names, or NULL when an error has been answered. */
struct camera *request_camera(struct requests *requests, struct control_request *request, const json_t *body);
/* The same for a name. */
struct camera *request_camera_named(const struct requests *requests, struct control_request *request,
                                    const char *name);

/*
 * The detector that the word names as detector:NAME. False: it names none. True and NULL: there is no such one, which
 * has been answered.
 */
bool request_detector_named(const struct requests *requests, struct control_request *request,
                            const char *word, struct detector **detector);

/*
 * Answers with all problems, one a line. error: CONTROL_USAGE when they are the request's, CONTROL_REFUSED when a
 * file has them.
 */
void request_problems(struct control_request *request, enum control_error error,
                      const struct config_problems *problems, const char *hint);

/* The problems, one a line, the last without its end; the caller's to free. NULL: memory is short. */
char *request_problems_text(const struct config_problems *problems);

/* ---- status.c: each writes one member, "daemon", "camera", "detectors" ---- */

void status_daemon(struct json_writer *writer, struct requests *requests);
void status_camera(struct json_writer *writer, struct camera *camera);
/* names: with those that are shown among them, as detector:NAME; NULL: all. */
void status_detectors(struct json_writer *writer, const struct fleet *fleet, const json_t *names);
/* The frames of a camera since it was added, as its status has them. */
uint64_t status_frames(const struct camera *camera);

#endif

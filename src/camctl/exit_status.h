/*
 * exit_status.h - what went wrong, as one JSON object {"code", "text", "hint"}
 *
 * The daemon's errors have this shape already (camd-ipc(7)); camctl's own get it too, so that there is one
 * way to report both. Functions that can fail for a reason the administrator should read return an exit
 * status and, when it is not STATUS_DONE, a new reference in their last parameter, which is NULL before.
 */
#ifndef CAMD_CAMCTL_EXIT_STATUS_H
#define CAMD_CAMCTL_EXIT_STATUS_H

#include <jansson.h>

/* camctl's exit statuses, as in camctl(1); the daemon's codes map to them by the table in protocol/verbs.h. */
enum status {
    STATUS_DONE = 0,
    STATUS_FAILED = 1, /* refused, or tried without success */
    STATUS_USAGE = 2,
    STATUS_NO_ANSWER = 3, /* no daemon, no answer, or none that is camd's */
    STATUS_DENIED = 4,
    STATUS_NO_CAMERA = 5,
    STATUS_NOT_RUNNING = 7, /* saved but not running yet */
};

/* The code that camctl adds to the daemon's. */
#define FAILURE_NO_ANSWER "no_answer"

/* Stores a new error and returns its exit status. hint may be NULL. */
enum status status_fail(json_t **error, const char *code, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Takes over the error of a reply (borrowed), whatever its shape. */
enum status status_adopt(json_t **error, json_t *reply_error);

#endif

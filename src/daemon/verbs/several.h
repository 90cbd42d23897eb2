/*
 * several.h - one request for several cameras
 *
 * The verb is done to each of them as if it had been asked of that one alone, some at a time, and the answers are put
 * together: {"cameras": [NAME, ...], "outcomes": {NAME: WORDS}, "errors": {NAME: ERROR}}, the last only when there are
 * any.
 */
#ifndef CAMD_DAEMON_VERBS_SEVERAL_H
#define CAMD_DAEMON_VERBS_SEVERAL_H

#include <jansson.h>

#include "daemon/verbs/requests_private.h"

enum {
    SEVERAL_AT_ONCE = 32,  /* being worked on: each may have a helper that waits for the disk */
    SEVERAL_PER_TURN = 16, /* begun in one turn of the loop */
};

/* Takes the request over. names (stolen): of more than one camera. body: as the client sent it. */
void several_begin(struct requests *requests, struct control_request *request, request_function *function,
                   const json_t *body, json_t *names);
/* Answers so; all are borrowed. */
void several_answer(struct control_request *request, json_t *names, json_t *outcomes, json_t *errors);
/* What has not begun does not, and the clients are told why. Each of what has begun has been answered. */
void several_end_all(struct requests *requests, const char *why);

#endif

/* requests.h - answers what clients of the control socket ask for */
#ifndef CAMD_DAEMON_VERBS_REQUESTS_H
#define CAMD_DAEMON_VERBS_REQUESTS_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "protocol/verbs.h"

struct config_problems;
struct control_request;
struct fleet;
struct requests;
struct services;

/* What only the whole can do. */
struct requests_owner {
    void (*stop)(void *context, const char *why);
    /* As reload_configuration. */
    int (*reload)(void *context, struct config_problems *problems, json_t **report);
    /* Answers the request, now or later. */
    void (*upgrade)(void *context, struct control_request *request);
    /* There is something new for answers that wait. */
    void (*wake)(void *context);
    void *context;
};

/* owner is copied. 0 or -ENOMEM. */
int requests_new(struct requests **requests, struct services *services, struct fleet *fleet,
                 const struct requests_owner *owner);
/* Those that wait are told that camd stops. NULL is fine. */
void requests_end(struct requests *requests);
/* What of them would be lost in an upgrade; NULL: nothing. */
const char *requests_are_busy_with(const struct requests *requests);
/* Those that wait are told why they can't any more. */
void requests_answer_all(struct requests *requests, const char *why);
/* Cameras whose segments could not be taken over in an upgrade restart, one after the other. */
void requests_restart_left(struct requests *requests);
/* After requests_end, and when the control socket is gone. */
void requests_free(struct requests *requests);

/* The configuration was taken over: looks up the users that may do something beside looking. NULL is fine. */
void requests_look_up_allowed(struct requests *requests);
/* A control_may; context is the requests. */
bool requests_may(void *context, uid_t uid, enum verb verb, const json_t *body, const char **given);
/* A control_handler; context is the requests. */
void requests_handle(void *context, struct control_request *request, enum verb verb, const json_t *body);

#endif

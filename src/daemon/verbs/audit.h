/* audit.h - who asked for a change: a line in the log and an event, before it is done */
#ifndef CAMD_DAEMON_VERBS_AUDIT_H
#define CAMD_DAEMON_VERBS_AUDIT_H

#include <jansson.h>

#include "protocol/verbs.h"

struct control_request;
struct fleet;
struct services;

/* As a command line of camctl would say it, passwords masked. */
void audit_note(const struct services *services, const struct fleet *fleet,
                const struct control_request *request, enum verb verb, const json_t *body);

#endif

/*
 * relay.h - what camd has to be asked for a request: answered with what it says
 *
 * Only verbs that look, about one camera.
 */
#ifndef CAMD_WEB_RELAY_H
#define CAMD_WEB_RELAY_H

#include <sys/queue.h>

#include "companion/camd_link.h"
#include "web/http.h"

struct relay;
LIST_HEAD(relays, relay); /* that wait for camd */

void relays_init(struct relays *relays);
/* The link is gone, and no answer comes any more. */
void relays_fini(struct relays *relays);

/* Answers the request, now or when camd has answered, with the last part or the result of the verb, as JSON. */
void relay_ask(struct relays *relays, struct camd_link *link, struct http_request *request, const char *verb,
               const char *camera);

#endif

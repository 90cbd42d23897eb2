/*
 * relay.h - what camd has to be asked for a request: answered with what it says
 *
 * Only verbs that look.
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

/* Answers the request, now or when camd has answered. camera: a name of one. */
typedef void relay_function(struct relays *relays, struct camd_link *link, struct http_request *request,
                            const char *camera);

/* The region grid, as the verb has it. */
relay_function relay_grid;
/* {"zones":[{"key","value"}...]}: of its settings the zones and masks alone, since others say where it is. */
relay_function relay_zones;
/* Answers it with all that status knows, for Prometheus; with camd_up 0 alone when camd does not answer. */
void relay_metrics(struct relays *relays, struct camd_link *link, struct http_request *request);

#endif

#include "web/relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* It belongs to camd's answer, since the request may end before; the request knows of it while it lives. */
struct relay {
    struct http_request *request; /* NULL: it has ended */
    char *part;                   /* the last one */
    size_t length;
    LIST_ENTRY(relay) links;
};

void relays_init(struct relays *relays)
{
    LIST_INIT(relays);
}

static void free_relay(struct relay *relay)
{
    LIST_REMOVE(relay, links);
    free(relay->part);
    free(relay);
}

void relays_fini(struct relays *relays)
{
    while (!LIST_EMPTY(relays))
        free_relay(LIST_FIRST(relays));
}

static void forget_request(void *kept)
{
    ((struct relay *)kept)->request = NULL;
}

static void keep_part(struct relay *relay, const struct camd_reply *reply)
{
    char *part = malloc(reply->length);

    if (!part)
        return;
    memcpy(part, reply->text, reply->length);
    free(relay->part);
    relay->part = part;
    relay->length = reply->length;
}

static void answer(struct relay *relay, const struct camd_reply *reply)
{
    if (reply->kind == CAMD_REPLY_ERROR)
        http_answer_busy(relay->request, reply->reason);
    else if (relay->part)
        http_answer_json(relay->request, relay->part, relay->length);
    else
        http_answer_json(relay->request, reply->text, reply->length);
}

static void take(void *context, const struct camd_reply *reply)
{
    struct relay *relay = context;

    if (reply->kind == CAMD_REPLY_PART) {
        keep_part(relay, reply);
        return;
    }
    if (relay->request) {
        answer(relay, reply);
        http_request_keep(relay->request, NULL, NULL);
    }
    free_relay(relay);
}

void relay_ask(struct relays *relays, struct camd_link *link, struct http_request *request, const char *verb,
               const char *camera)
{
    struct relay *relay = calloc(1, sizeof *relay);
    char *parameters = text_format("{\"name\":\"%s\"}", camera); /* a camera's name needs no escaping */

    if (relay && parameters && camd_link_ask(link, verb, parameters, take, relay) == 0) {
        relay->request = request;
        LIST_INSERT_HEAD(relays, relay, links);
        http_request_keep(request, relay, forget_request);
    } else {
        http_answer_busy(request, "camd cannot be asked now.");
        free(relay);
    }
    free(parameters);
}

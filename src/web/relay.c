#include "web/relay.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_queue.h"
#include "base/json.h"
#include "base/text.h"
#include "metrics/metrics.h"

/* It belongs to camd's answer, since the request may end before; the request knows of it while it lives. */
struct relay {
    struct http_request *request; /* NULL: it has ended */
    json_t *collected;            /* of the parts that have come, what is wanted of them */
    LIST_ENTRY(relay) links;
};

void relays_init(struct relays *relays)
{
    LIST_INIT(relays);
}

static void free_relay(struct relay *relay)
{
    LIST_REMOVE(relay, links);
    json_decref(relay->collected);
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

/* The end of what camd has to say: the request has its answer. */
static void end(struct relay *relay)
{
    if (relay->request)
        http_request_keep(relay->request, NULL, NULL);
    free_relay(relay);
}

/*
 * False: camd was not asked, and function is not called. One that answers nothing is not waited for: who asks, such as
 * Prometheus, would give up before.
 */
static bool ask(struct relays *relays, struct camd_link *link, struct http_request *request, const char *verb,
                const char *parameters, camd_link_function *function)
{
    struct relay *relay = camd_link_is_silent(link) ? NULL : calloc(1, sizeof(*relay));
    if (!relay || camd_link_ask(link, verb, parameters, function, relay) < 0) {
        free(relay);
        return false;
    }
    relay->request = request;
    LIST_INSERT_HEAD(relays, relay, links);
    http_request_keep(request, relay, forget_request);
    return true;
}

static void ask_about(struct relays *relays, struct camd_link *link, struct http_request *request,
                      const char *verb, const char *camera, camd_link_function *function)
{
    char *parameters = text_format("{\"name\":\"%s\"}", camera); /* a camera's name needs no escaping */
    if (!parameters || !ask(relays, link, request, verb, parameters, function))
        http_answer_busy(request, "camd cannot be asked now.");
    free(parameters);
}

/* ---- the region grid ---- */

static void take_grid(void *context, const struct camd_reply *reply)
{
    struct relay *relay = context;
    if (reply->kind == CAMD_REPLY_PART)
        return;
    if (relay->request && reply->kind == CAMD_REPLY_OK)
        http_answer_json(relay->request, reply->text, reply->length);
    else if (relay->request)
        http_answer_busy(relay->request, reply->reason);
    end(relay);
}

void relay_grid(struct relays *relays, struct camd_link *link, struct http_request *request,
                const char *camera)
{
    ask_about(relays, link, request, "grid", camera, take_grid);
}

/* ---- zones and masks ---- */

static bool is_drawn(const char *key)
{
    return strncmp(key, "zone.", 5) == 0 || strncmp(key, "mask.", 5) == 0;
}

static void add_zones(struct relay *relay, const struct camd_reply *reply)
{
    json_error_t error;
    json_t *part = json_loadb(reply->text, reply->length, 0, &error), *setting;
    size_t i;
    if (!relay->collected)
        relay->collected = json_pack("{s:[]}", "zones");
    json_array_foreach(json_object_get(part, "settings"), i, setting) {
        const char *key = json_member_string(setting, "key", "");
        if (is_drawn(key))
            json_array_append_new(
                json_object_get(relay->collected, "zones"),
                json_pack("{s:s, s:s}", "key", key, "value", json_member_string(setting, "value", "")));
    }
    json_decref(part);
}

static void answer_zones(const struct relay *relay, const struct camd_reply *reply)
{
    char *text = relay->collected ? json_text(relay->collected) : NULL;
    if (reply->kind == CAMD_REPLY_OK && text)
        http_answer_json(relay->request, text, strlen(text));
    else
        http_answer_busy(relay->request, reply->kind == CAMD_REPLY_OK ? "Memory is short." : reply->reason);
    free(text);
}

static void take_settings(void *context, const struct camd_reply *reply)
{
    struct relay *relay = context;
    if (reply->kind == CAMD_REPLY_PART) {
        add_zones(relay, reply);
        return;
    }
    if (relay->request)
        answer_zones(relay, reply);
    end(relay);
}

void relay_zones(struct relays *relays, struct camd_link *link, struct http_request *request,
                 const char *camera)
{
    ask_about(relays, link, request, "show", camera, take_settings);
}

/* ---- metrics ---- */

static void answer_metrics(struct http_request *request, const json_t *status)
{
    struct byte_queue text;
    byte_queue_init(&text);
    if (metrics_print(status, &text) == 0) {
        const struct http_answer answer = {.status = 200,
                                           .type = METRICS_CONTENT_TYPE,
                                           .body = byte_queue_front(&text),
                                           .bytes = text.length};
        http_answer(request, &answer);
    } else {
        http_answer_busy(request, "Memory is short.");
    }
    byte_queue_fini(&text);
}

/* The parts of status, {"daemon"}, {"detectors"} and a {"camera"} each, as one document. */
static void add_part(struct relay *relay, const struct camd_reply *reply)
{
    json_error_t error;
    json_t *part = json_loadb(reply->text, reply->length, 0, &error),
           *camera = json_object_get(part, "camera");
    if (!relay->collected)
        relay->collected = json_pack("{s:[]}", "cameras");
    if (camera)
        json_array_append(json_object_get(relay->collected, "cameras"), camera);
    else
        json_object_update(relay->collected, part);
    json_decref(part);
}

static void take_status(void *context, const struct camd_reply *reply)
{
    struct relay *relay = context;
    if (reply->kind == CAMD_REPLY_PART) {
        add_part(relay, reply);
        return;
    }
    if (relay->request)
        answer_metrics(relay->request, reply->kind == CAMD_REPLY_OK ? relay->collected : NULL);
    end(relay);
}

void relay_metrics(struct relays *relays, struct camd_link *link, struct http_request *request)
{
    if (!ask(relays, link, request, "status", NULL, take_status))
        answer_metrics(request, NULL);
}

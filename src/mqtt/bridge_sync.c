/* bridge_sync.c - asking camd how everything is: at the start, and whenever events do not tell it */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "mqtt/bridge_private.h"

static const double SOON_S = 0.2;
static const double AGAIN_S = 2; /* after a failure */

static void subscribe(struct bridge *bridge)
{
    const struct camd_place from = bridge->stored.epoch ? bridge->stored : bridge->known;
    if (bridge->is_subscribed)
        return;
    bridge->is_fresh = true;
    bridge->is_subscribed =
        camd_link_subscribe(bridge->link, from.epoch ? &from : NULL, bridge_take, bridge) == 0;
}

static void again(struct bridge *bridge, double after_s)
{
    bridge->sync_timer.repeat = after_s;
    ev_timer_again(bridge->companion->loop, &bridge->sync_timer);
}

/* All has been answered. */
static void finish(struct bridge *bridge)
{
    if (bridge->has_sync_failed) {
        if (bridge->since_ns == 0)
            bridge_set_there(bridge, false);
        again(bridge, AGAIN_S);
        return;
    }
    if (!bridge->is_refused)
        bridge_set_there(bridge, true);
    bridge->is_synced = true;
    bridge->is_report_due = true;
    subscribe(bridge);
    bridge_sweep(bridge);
    if (bridge->wants_sync)
        again(bridge, SOON_S);
}

/* That it has gone, or is silent, is told by the subscription and the link, once there was one. */
static void tell_failed(struct bridge *bridge, const struct camd_reply *reply)
{
    char why[CAMD_LINK_TEXT_BYTES];
    camd_link_explain(reply, why);
    if (camd_link_is_silent(bridge->link) || (bridge->since_ns != 0 && strcmp(reply->code, "lost") == 0))
        log_debug(NULL, "camd does not say how everything is: %s", why);
    else if (bridge_set_trouble(bridge, "does not say how everything is: %s", why))
        log_warning(NULL, "camd at %s does not say how everything is: %s; it is asked again",
                    bridge->settings->common.socket, why);
}

/* The last line of an answer. is_fine: an error that means that there is nothing. */
static void take_end(struct bridge *bridge, const struct camd_reply *reply, bool is_fine)
{
    if (reply->kind == CAMD_REPLY_ERROR && !is_fine) {
        if (!bridge->has_sync_failed)
            tell_failed(bridge, reply);
        bridge->has_sync_failed = true;
    }
    if (--bridge->asked == 0)
        finish(bridge);
    bridge_pump(bridge);
}

/* ---- status ---- */

static void take_daemon(struct bridge *bridge, const json_t *daemon)
{
    const char *prefix = json_member_string(json_object_get(daemon, "shm"), "prefix", NULL);
    bridge->camd_started_ns =
        clock_wall_ns() - (int64_t)(json_member_double(daemon, "uptime_s", 0) * (double)CLOCK_NS_PER_S);
    if (!prefix)
        return;
    free(bridge->segments_prefix);
    bridge->segments_prefix = strdup(prefix);
}

static void on_status(void *context, const struct camd_reply *reply)
{
    struct bridge *bridge = context;
    if (reply->kind != CAMD_REPLY_PART) {
        if (reply->kind == CAMD_REPLY_OK)
            known_cameras_end_status(&bridge->cameras);
        take_end(bridge, reply, false);
        return;
    }
    json_t *part = json_loadb(reply->text, reply->length, 0, NULL);
    if (json_object_get(part, "daemon"))
        take_daemon(bridge, json_object_get(part, "daemon"));
    if (json_object_get(part, "camera"))
        known_cameras_take_status(&bridge->cameras, json_object_get(part, "camera"));
    json_decref(part);
}

/* ---- show ---- */

static void on_show(void *context, const struct camd_reply *reply)
{
    struct bridge *bridge = context;
    if (reply->kind != CAMD_REPLY_PART) {
        take_end(bridge, reply, strcmp(reply->code, "no_camera") == 0);
        return;
    }
    json_t *part = json_loadb(reply->text, reply->length, 0, NULL);
    known_cameras_take_settings(&bridge->cameras, part);
    json_decref(part);
}

/* ---- events ---- */

/* Which objects there are: nobody says so but their events. */
static void on_events(void *context, const struct camd_reply *reply)
{
    struct bridge *bridge = context;
    if (reply->kind != CAMD_REPLY_PART) {
        take_end(bridge, reply, false);
        return;
    }
    json_t *part = json_loadb(reply->text, reply->length, 0, NULL);
    const json_t *event = json_object_get(part, "event");
    if (strcmp(json_member_string(event, "event", ""), "object") == 0)
        known_cameras_take_event(&bridge->cameras, event);
    bridge->known = (struct camd_place){.epoch = (uint64_t)json_member_int(event, "epoch", 0),
                                        .seq = (uint64_t)json_member_int(event, "seq", 0)};
    json_decref(part);
}

/* ---- the whole ---- */

static void ask(struct bridge *bridge, const char *verb, const char *parameters, camd_link_function *function)
{
    if (bridge->has_sync_failed)
        return;
    const int error = camd_link_ask(bridge->link, verb, parameters, function, bridge);
    bridge->has_sync_failed = error < 0;
    if (error == 0)
        bridge->asked++;
    else if (bridge->since_ns == 0) /* not known yet: later it is told by the subscription */
        log_warning(NULL, "not connected to camd at %s: %s; it is tried again",
                    bridge->settings->common.socket, camd_connection_strerror(error));
}

static void on_sync(EV_P_ ev_timer *watcher, int events)
{
    struct bridge *bridge = watcher->data;
    (void)events;
    ev_timer_stop(EV_A_ watcher);
    if (bridge->asked > 0)
        return;
    bridge->has_sync_failed = bridge->wants_sync = false;
    known_cameras_begin_status(&bridge->cameras);
    ask(bridge, "status", NULL, on_status);
    ask(bridge, "show", "{\"all\":true}", on_show);
    if (!bridge->is_subscribed)
        ask(bridge, "events", NULL, on_events);
    if (bridge->has_sync_failed && bridge->asked == 0) {
        bridge_set_there(bridge, false);
        again(bridge, AGAIN_S);
    }
}

void bridge_init_sync(struct bridge *bridge)
{
    ev_timer_init(&bridge->sync_timer, on_sync, 0, SOON_S);
    bridge->sync_timer.data = bridge;
}

void bridge_sync_soon(struct bridge *bridge)
{
    bridge->wants_sync = true;
    if (bridge->asked == 0 && !ev_is_active(&bridge->sync_timer))
        again(bridge, SOON_S);
}

void bridge_discover_node(struct bridge *bridge)
{
    char topic[TOPIC_BYTES];
    if (!bridge->topics.discovery)
        return;
    json_t *discovery = discovery_of_node(&bridge->topics);
    char *text = discovery ? json_text(discovery) : NULL;
    if (text)
        retained_set_text(&bridge->retained, topic_of_discovery(&bridge->topics, NULL, topic), text);
    free(text);
    json_decref(discovery);
}

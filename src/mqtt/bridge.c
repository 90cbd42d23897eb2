/*
 * bridge.c - see bridge.h
 *
 * camd is asked how everything is (bridge_sync.c), then it is subscribed to, from the last event that the broker has
 * acknowledged. An event changes what the broker keeps, and goes into the outbox; when that is full, camd is not
 * read. What is on its way to the broker, and what it says, is in bridge_broker.c.
 */
#include "mqtt/bridge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "mqtt/bridge_private.h"
#include "mqtt/pictures.h"
#include "mqtt/place_file.h"

static const double GONE_S = 3;   /* an upgrade of camd's is over by then: it is not told */
static const double PLACE_S = 1;  /* what was acknowledged is written so often at most */
static const double REPORT_S = 1; /* what the node says of itself is looked at so often */
static const double STOP_S = 2;

enum { ALIVE_REPORTS = 30 }; /* it is published at least every so many looks */

/* ---- from camd ---- */

/* Whether it changes what is known: history of an earlier camd doesn't, nor what was known when camd was asked. */
static bool is_news(const struct bridge *bridge, struct camd_place place)
{
    return place.epoch == bridge->epoch &&
           !(bridge->known.epoch == place.epoch && place.seq <= bridge->known.seq);
}

/* After these, cameras or their settings may be others; or an answer that is on its way may be from before. */
static bool asks_for_sync(const struct bridge *bridge, const char *event)
{
    static const struct {
        const char *event;
        bool only_meanwhile;
    } words[] = {
        {"camera_added", false},  {"camera_renamed", false}, {"camera_changed", false},
        {"reloaded", false},      {"camera_state", true},    {"motion", true},
        {"camera_enabled", true}, {"camera_disabled", true},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].event, event) == 0)
            return !words[i].only_meanwhile || bridge->asked > 0;
    }
    return false;
}

static void keep_event(struct bridge *bridge, const struct camd_reply *reply)
{
    char topic[TOPIC_BYTES];
    if (reply->camera[0])
        topic_of_camera(&bridge->topics, reply->camera, "event", topic);
    else
        topic_of_node(&bridge->topics, "event", topic);
    if (outbox_add(&bridge->outbox, topic, reply->text, reply->length, reply->place) < 0) {
        bridge->lost++;
        log_error(NULL, "memory is short: event %" PRIu64 " is not published", reply->place.seq);
    }
}

static void take_event(struct bridge *bridge, const struct camd_reply *reply)
{
    json_t *event = is_news(bridge, reply->place) ? json_loadb(reply->text, reply->length, 0, NULL) : NULL;
    if (event) {
        known_cameras_take_event(&bridge->cameras, event);
        if (bridge->settings->pictures && bridge->segments_prefix)
            pictures_take_event(&bridge->topics, bridge->segments_prefix, event, &bridge->retained);
        json_decref(event);
        if (asks_for_sync(bridge, reply->event))
            bridge_sync_soon(bridge);
    }
    bridge->is_report_due = true; /* if it changes anything of it */
    keep_event(bridge, reply);
}

/* "17", or null when camd does not know how many there were. */
static void number_or_null(char text[24], uint64_t number)
{
    if (number > 0)
        snprintf(text, 24, "%" PRIu64, number);
    else
        snprintf(text, 24, "null");
}

static void keep_missed(struct bridge *bridge, const struct camd_reply *reply)
{
    char topic[TOPIC_BYTES], text[224], to[24];
    struct camd_place place = reply->place;
    if (place.seq == 0)
        place.seq = reply->missed_from - 1;
    number_or_null(to, reply->missed_to);
    const int length =
        snprintf(text, sizeof(text),
                 "{\"event\":\"missed\",\"epoch\":%" PRIu64 ",\"seq\":%s,\"from\":%" PRIu64 ",\"to\":%s}",
                 place.epoch, to, reply->missed_from, to);
    outbox_add(&bridge->outbox, topic_of_node(&bridge->topics, "event", topic), text, (size_t)length, place);
}

/* Told as an event of its own, in its place among the others. */
static void take_missed(struct bridge *bridge, const struct camd_reply *reply)
{
    const bool is_known = reply->missed_to >= reply->missed_from;
    bridge->lost += is_known ? reply->missed_to - reply->missed_from + 1 : 1;
    if (is_known)
        log_warning(
            NULL,
            "events %" PRIu64 " to %" PRIu64
            " are lost: camd has not kept them for so long (events_keep_days and events_max_mb in camd.ini)",
            reply->missed_from, reply->missed_to);
    else
        log_warning(
            NULL,
            "events are lost, from number %" PRIu64
            " on, and nobody knows how many: camd has not kept them for so long (events_keep_days and events_max_mb in camd.ini)",
            reply->missed_from);
    keep_missed(bridge, reply);
    if (reply->place.epoch == bridge->epoch) {
        known_cameras_forget_objects(&bridge->cameras);
        bridge_sync_soon(bridge);
    }
}

static void take_snapshot(struct bridge *bridge, const struct camd_reply *reply)
{
    ev_timer_stop(bridge->companion->loop, &bridge->gone_timer);
    if (bridge->epoch != 0 && bridge->epoch != reply->place.epoch)
        known_cameras_forget_objects(&bridge->cameras);
    log_notice(NULL, "connected to camd at %s", bridge->settings->common.socket);
    bridge->epoch = reply->place.epoch;
    bridge->is_refused = false;
    if (!camd_link_is_silent(bridge->link))
        bridge_set_there(bridge, true);
    if (!bridge->is_fresh)
        bridge_sync_soon(bridge);
    bridge->is_fresh = false;
}

static void take_lost(struct bridge *bridge, const struct camd_reply *reply)
{
    char why[CAMD_LINK_TEXT_BYTES];
    if (bridge_set_trouble(bridge, "not connected: %s", camd_link_explain(reply, why)))
        log_warning(NULL, "not connected to camd at %s: %s; it is tried again",
                    bridge->settings->common.socket, why);
    bridge->is_fresh = false;
    if (bridge->is_there)
        ev_timer_again(bridge->companion->loop, &bridge->gone_timer);
}

/* What is known of the cameras grows old. */
static void take_refusal(struct bridge *bridge, const struct camd_reply *reply)
{
    char why[CAMD_LINK_TEXT_BYTES];
    if (bridge_set_trouble(bridge, "refuses to tell what happens: %s", camd_link_explain(reply, why)))
        log_error(NULL, "camd at %s refuses to tell what happens: %s; it is asked again",
                  bridge->settings->common.socket, why);
    bridge->is_refused = true;
    bridge->is_fresh = false;
    bridge_set_there(bridge, false);
}

static void take_silence(void *context, bool is_silent)
{
    struct bridge *bridge = context;
    if (!is_silent) {
        log_notice(NULL, "camd answers again");
        bridge_sync_soon(bridge);
        return;
    }
    if (bridge_set_trouble(bridge, "answers nothing"))
        log_warning(
            NULL,
            "camd at %s is there, but answers nothing: is it stopped, or is its machine too busy? Its cameras are offline at the broker until it does; it is asked again",
            bridge->settings->common.socket);
    bridge_set_there(bridge, false);
    bridge_pump(bridge);
}

void bridge_take(void *context, const struct camd_reply *reply)
{
    struct bridge *bridge = context;
    switch (reply->kind) {
    case CAMD_REPLY_SNAPSHOT:
        take_snapshot(bridge, reply);
        break;
    case CAMD_REPLY_EVENT:
        take_event(bridge, reply);
        break;
    case CAMD_REPLY_MISSED:
        take_missed(bridge, reply);
        break;
    case CAMD_REPLY_LOST:
        take_lost(bridge, reply);
        break;
    default:
        take_refusal(bridge, reply);
    }
    bridge_pump(bridge);
}

bool bridge_set_trouble(struct bridge *bridge, const char *format, ...)
{
    char text[BRIDGE_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    const bool is_news = strcmp(text, bridge->trouble) != 0;
    snprintf(bridge->trouble, sizeof(bridge->trouble), "%s", text);
    bridge->is_report_due = true;
    return is_news;
}

void bridge_set_there(struct bridge *bridge, bool is_there)
{
    if (is_there)
        bridge_set_trouble(bridge, "%s", "");
    if (bridge->is_there == is_there && bridge->since_ns != 0)
        return;
    bridge->is_there = is_there;
    bridge->since_ns = clock_wall_ns();
    bridge->is_report_due = true;
    known_cameras_set_there(&bridge->cameras, is_there);
}

static void on_gone(EV_P_ ev_timer *watcher, int events)
{
    struct bridge *bridge = watcher->data;
    (void)events;
    ev_timer_stop(EV_A_ watcher);
    bridge_set_there(bridge, false);
    bridge_pump(bridge);
}

/* ---- what the node says of itself ---- */

/* A connection that is lost for a moment, as in an upgrade, is no trouble yet. */
static const char *trouble_to_tell(const struct bridge *bridge)
{
    return ev_is_active(&bridge->gone_timer) ? "" : bridge->trouble;
}

static json_t *make_report(const struct bridge *bridge)
{
    char time[CLOCK_TEXT_BYTES], since[CLOCK_TEXT_BYTES];
    clock_format_utc(clock_wall_ns(), time);
    clock_format_utc(bridge->is_there && bridge->camd_started_ns ? bridge->camd_started_ns : bridge->since_ns,
                     since);
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:I, s:I, s:I, s:I, s:b}", "node", bridge->topics.node,
                     "version", CAMD_VERSION, "camd", bridge->is_there ? "up" : "down", "since", since,
                     "reason", json_string_lossy(trouble_to_tell(bridge)), "time", time, "cameras",
                     (json_int_t)bridge->cameras.count, "dark",
                     (json_int_t)known_cameras_count_dark(&bridge->cameras), "waiting",
                     (json_int_t)bridge->outbox.count, "lost", (json_int_t)bridge->lost, "stopped",
                     bridge->is_stopping);
}

/* To be freed; NULL: memory is short. */
static char *report_text(const struct bridge *bridge)
{
    json_t *made = make_report(bridge);
    char *text = made ? json_text(made) : NULL;
    json_decref(made);
    return text;
}

static void report(struct bridge *bridge)
{
    char topic[TOPIC_BYTES];
    char *text = report_text(bridge);
    if (text)
        retained_set_text(&bridge->retained, topic_of_node(&bridge->topics, "node", topic), text);
    free(text);
    bridge->looks = 0;
    bridge->reported_dark = known_cameras_count_dark(&bridge->cameras);
    bridge->reported_cameras = bridge->cameras.count;
    bridge->reported_lost = bridge->lost;
    bridge->reported_there = bridge->is_there;
    snprintf(bridge->reported_trouble, sizeof(bridge->reported_trouble), "%s", trouble_to_tell(bridge));
}

static bool has_news_of_itself(const struct bridge *bridge)
{
    return bridge->reported_there != bridge->is_there || bridge->reported_cameras != bridge->cameras.count ||
           bridge->reported_lost != bridge->lost ||
           strcmp(bridge->reported_trouble, trouble_to_tell(bridge)) != 0 ||
           bridge->reported_dark != known_cameras_count_dark(&bridge->cameras);
}

static void on_report(EV_P_ ev_timer *watcher, int events)
{
    struct bridge *bridge = watcher->data;
    (void)loop;
    (void)events;
    const bool is_due = bridge->is_report_due && has_news_of_itself(bridge);
    bridge->is_report_due = false;
    if (!is_due && ++bridge->looks < ALIVE_REPORTS)
        return;
    report(bridge);
    bridge_pump(bridge);
}

/* ---- what was acknowledged, on disk ---- */

static void store_place(struct bridge *bridge)
{
    const struct camd_place place = bridge->outbox.confirmed;
    if (place.epoch == bridge->stored.epoch && place.seq == bridge->stored.seq)
        return;
    const int error = place_file_write(bridge->settings->state_dir, place);
    if (error < 0 && error != bridge->place_error)
        log_error(
            NULL,
            "%s: what the broker has acknowledged cannot be written: %s: after a start, events would come again",
            bridge->settings->state_dir, strerror(-error));
    bridge->place_error = error;
    if (error == 0)
        bridge->stored = place;
}

static void on_place(EV_P_ ev_timer *watcher, int events)
{
    (void)events;
    ev_timer_stop(EV_A_ watcher);
    store_place(watcher->data);
}

void bridge_store_place_soon(struct bridge *bridge)
{
    if (!ev_is_active(&bridge->place_timer))
        ev_timer_again(bridge->companion->loop, &bridge->place_timer);
}

static int read_place(struct bridge *bridge)
{
    const char *directory = bridge->settings->state_dir;
    const int error = place_file_read(directory, &bridge->stored);
    if (error == -EBADMSG)
        log_warning(NULL, "%s/acknowledged.json is damaged: events are published from now on", directory);
    else if (error < 0)
        log_error(NULL, "%s/acknowledged.json: %s: is state_dir a directory that this user may read?",
                  directory, strerror(-error));
    bridge->outbox.confirmed = bridge->stored;
    return error == -EBADMSG ? 0 : error;
}

/* ---- the whole ---- */

static void on_stop(EV_P_ ev_timer *watcher, int events)
{
    const struct bridge *bridge = watcher->data;
    (void)loop;
    (void)events;
    companion_end(bridge->companion, 0);
}

/* Not behind what else is to be kept, for which there may be no time any more. */
static void say_last(struct bridge *bridge, const char *topic, const char *text)
{
    const int message = broker_publish(bridge->broker, topic, text, strlen(text), true);
    if (message > 0)
        bridge->retained_messages[bridge->retained_sent++] = message;
}

void bridge_stop(struct bridge *bridge)
{
    char topic[TOPIC_BYTES];
    bridge->is_stopping = true;
    camd_link_pause(bridge->link, true);
    if (!broker_is_up(bridge->broker)) {
        companion_end(bridge->companion, 0);
        return;
    }
    char *text = report_text(bridge);
    if (text)
        say_last(bridge, topic_of_node(&bridge->topics, "node", topic), text);
    free(text);
    say_last(bridge, bridge->status_topic, "offline");
    ev_timer_start(bridge->companion->loop, &bridge->stop_timer);
}

static void init_timer(struct bridge *bridge, ev_timer *timer, void (*function)(EV_P_ ev_timer *, int),
                       double after_s, double repeat_s)
{
    ev_timer_init(timer, function, after_s, repeat_s);
    timer->data = bridge;
}

static void init_timers(struct bridge *bridge)
{
    init_timer(bridge, &bridge->gone_timer, on_gone, 0, GONE_S);
    init_timer(bridge, &bridge->place_timer, on_place, 0, PLACE_S);
    init_timer(bridge, &bridge->report_timer, on_report, REPORT_S, REPORT_S);
    init_timer(bridge, &bridge->stop_timer, on_stop, STOP_S, 0);
    bridge_init_sync(bridge);
    ev_timer_start(bridge->companion->loop, &bridge->report_timer);
}

static int connect_both(struct bridge *bridge, const char *password)
{
    const struct mqtt_settings *settings = bridge->settings;
    const struct broker_address address = mqtt_address(settings, password);
    struct ev_loop *loop = bridge->companion->loop;
    topic_of_node(&bridge->topics, "status", bridge->status_topic);
    snprintf(bridge->client, sizeof(bridge->client), "camd-%s", bridge->node);
    int error = camd_link_new(&bridge->link, loop, settings->common.socket, CAMD_LINK_SILENCE_S);
    if (error == 0)
        camd_link_watch_silence(bridge->link, take_silence, bridge);
    if (error == 0)
        error = broker_new(&bridge->broker, loop, &address, bridge->client, bridge->status_topic,
                           &bridge_broker_handlers, bridge);
    if (error == 0)
        commands_init(&bridge->commands, settings, &bridge->topics, bridge->broker, bridge->link);
    return error;
}

int bridge_new(struct bridge **result, struct companion *companion, const char *password)
{
    const struct mqtt_settings *settings = companion->settings;
    struct bridge *bridge = calloc(1, sizeof(*bridge));
    int error = bridge ? outbox_init(&bridge->outbox, (size_t)settings->queue_events) : -ENOMEM;
    if (error < 0) {
        free(bridge);
        log_error(NULL, "memory is short");
        return error;
    }
    bridge->companion = companion;
    bridge->settings = settings;
    mqtt_node_name(settings, bridge->node);
    bridge->topics = (struct topics){
        .prefix = settings->prefix, .node = bridge->node, .discovery = settings->discovery_prefix};
    retained_init(&bridge->retained);
    known_cameras_init(&bridge->cameras, &bridge->topics, &bridge->retained,
                       &(struct discovery_wish){.has_pictures = settings->pictures,
                                                .takes_enable = mqtt_takes_command(settings, "enable"),
                                                .takes_motion = mqtt_takes_command(settings, "motion")});
    init_timers(bridge);
    error = read_place(bridge);
    if (error == 0 && (error = connect_both(bridge, password)) < 0)
        log_error(NULL, "cannot begin: %s", strerror(-error));
    if (error < 0) {
        bridge_free(bridge);
        return error;
    }
    bridge_discover_node(bridge);
    bridge_sync_soon(bridge);
    *result = bridge;
    return 0;
}

void bridge_free(struct bridge *bridge)
{
    ev_timer *const timers[] = {&bridge->gone_timer, &bridge->place_timer, &bridge->report_timer,
                                &bridge->stop_timer, &bridge->sync_timer};
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
        ev_timer_stop(bridge->companion->loop, timers[i]);
    store_place(bridge);
    camd_link_free(bridge->link);
    broker_free(bridge->broker);
    known_cameras_fini(&bridge->cameras);
    retained_fini(&bridge->retained);
    outbox_fini(&bridge->outbox);
    free(bridge->segments_prefix);
    free(bridge);
}

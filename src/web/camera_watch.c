#include "web/camera_watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/timer.h"
#include "web/page_files.h"

enum {
    SOON_MS = 200,     /* events often come together */
    PERIOD_MS = 10000, /* rates and counters */
    A_CAMERA_MS = 2,   /* longer between two, with many cameras: the state of all is sent to all viewers */
};

#define LAST_EVENTS "1000" /* about what the log has room for */

/* Events after which the status of cameras is another; those of the first kind, after which there are other cameras. */
static const char *const of_cameras[] = {"camera_added", "camera_removed", "camera_renamed", "reloaded"};
static const char *const of_states[] = {"camera_state", "camera_enabled", "camera_disabled", "camera_changed",
                                        "stream",       "health",         "first_frame",     "worker_state"};

#define IS_IN(words, word) is_in(words, sizeof(words) / sizeof((words)[0]), word)

static bool is_in(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], word) == 0)
            return true;
    }
    return false;
}

/* ---- the state of things, as viewers get it ---- */

bool camera_watch_is_well(const struct camera_watch *watch)
{
    return watch->connected && !watch->is_silent;
}

/* Returns whether that is news. */
static bool set_reason(struct camera_watch *watch, const char *reason)
{
    const bool is_new = strcmp(watch->reason, reason) != 0;
    snprintf(watch->reason, sizeof(watch->reason), "%s", reason);
    return is_new;
}

void camera_watch_show(struct camera_watch *watch)
{
    if (watch->streams->count == 0)
        return;
    json_t *state = camera_list_json(watch->cameras);
    if (state) {
        json_object_set_new(state, "epoch", json_integer((json_int_t)watch->subscribed.epoch));
        json_object_set_new(state, "seq", json_integer((json_int_t)watch->asked_seq));
        json_object_set_new(state, "title", json_string_lossy(watch->title));
        json_object_set_new(state, "page", json_string(page_tag));
        json_object_set_new(state, "connected", json_boolean(camera_watch_is_well(watch)));
        json_object_set_new(state, "reason", json_string_lossy(watch->reason));
    }
    char *text = state ? json_text(state) : NULL;
    if (text)
        event_streams_set_state(watch->streams, text);
    free(text);
    json_decref(state);
}

/* ---- status ---- */

static void ask_status(struct camera_watch *watch);

static void refresh_in(struct camera_watch *watch, int64_t ms)
{
    const int64_t least_ms = (int64_t)watch->cameras->count * A_CAMERA_MS;
    timer_start_ms(watch->loop, &watch->refresh, ms > least_ms ? ms : least_ms);
}

static void refresh(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct camera_watch *watch = timer->data;
    (void)loop;
    (void)events;
    watch->is_old = true;
    if (watch->streams->count > 0 || watch->has_other_cameras)
        ask_status(watch);
}

/* Of the present epoch; 0: none. */
static uint64_t last_seq(const struct camera_watch *watch)
{
    const struct event_log *log = watch->log;
    const struct camd_place *last = log->next > log->first ? &event_log_at(log, log->next - 1)->place : NULL;
    return last && last->epoch == watch->subscribed.epoch ? last->seq : 0;
}

/* Without the subscription, that says why. */
static void be_silent(struct camera_watch *watch, const char *reason)
{
    watch->is_silent = watch->connected;
    if (watch->connected && set_reason(watch, reason))
        log_warning(NULL, "camd at %s does not say how the cameras are: %s: it is asked again",
                    camd_link_socket(watch->link), reason);
    camera_watch_show(watch);
}

/* It failed, and nobody may be there whose coming asks again. */
static void fail_status(struct camera_watch *watch, const char *reason)
{
    watch->asking = false;
    watch->is_old = watch->has_other_cameras = true;
    be_silent(watch, reason);
    refresh_in(watch, PERIOD_MS);
}

static void be_answered(struct camera_watch *watch)
{
    if (watch->is_silent)
        log_info(NULL, "camd answers again");
    watch->is_silent = false;
    if (watch->connected)
        watch->reason[0] = '\0';
}

/* Also when nobody looks, for those who ask whether all is well. */
static void take_silence(void *context, bool is_silent)
{
    struct camera_watch *watch = context;
    if (is_silent) {
        be_silent(watch, camd_connection_strerror(-ETIMEDOUT));
        return;
    }
    be_answered(watch);
    camera_watch_show(watch);
}

/* One that was under way when something changed may be from before; asked_seq tells viewers so. */
static void end_status(struct camera_watch *watch)
{
    watch->asking = false;
    watch->knows_cameras = true;
    be_answered(watch);
    camera_list_end(watch->cameras);
    camera_watch_show(watch);
    if (watch->streams->count > 0 || watch->has_other_cameras)
        refresh_in(watch, watch->is_old ? SOON_MS : PERIOD_MS);
}

static void take_status(void *context, const struct camd_reply *reply)
{
    struct camera_watch *watch = context;
    json_error_t error;
    if (reply->kind == CAMD_REPLY_PART) {
        json_t *part = json_loadb(reply->text, reply->length, 0, &error);
        camera_list_part(watch->cameras, part);
        json_decref(part);
    } else if (reply->kind == CAMD_REPLY_OK) {
        end_status(watch);
    } else {
        fail_status(watch, reply->reason);
    }
}

static void ask_status(struct camera_watch *watch)
{
    if (watch->asking || !watch->connected)
        return;
    watch->is_old = watch->has_other_cameras = false;
    watch->asked_seq = last_seq(watch);
    camera_list_begin(watch->cameras);
    watch->asking = true;
    const int error = camd_link_ask(watch->link, "status", NULL, take_status, watch);
    if (error < 0)
        fail_status(watch, camd_connection_strerror(error));
}

/* It is asked for soon; when it is being asked for, once more then. */
static void status_has_changed(struct camera_watch *watch, bool other_cameras)
{
    const bool first = !watch->is_old || (other_cameras && !watch->has_other_cameras);
    watch->is_old = true;
    watch->has_other_cameras = watch->has_other_cameras || other_cameras;
    if (first && !watch->asking && (other_cameras || watch->streams->count > 0))
        refresh_in(watch, SOON_MS);
}

bool camera_watch_look(struct camera_watch *watch)
{
    if (!watch->connected)
        return false;
    if (watch->streams->count == 0 || watch->is_old)
        ask_status(watch);
    return watch->asking && !watch->is_silent;
}

/* ---- events ---- */

static void add(struct camera_watch *watch, const struct camd_reply *reply, const char *kind)
{
    if (event_log_add(watch->log, &reply->place, kind, reply->text, reply->length) < 0)
        log_warning(NULL, "memory is short: an event is missed");
}

static void be_connected(struct camera_watch *watch)
{
    watch->connected = true;
    watch->is_silent = false;
    watch->reason[0] = '\0';
    camd_link_pause(watch->link, false);
    event_streams_begin(watch->streams);
    ask_status(watch);
}

/* What camd has kept of before: the subscription waits meanwhile, so that the log is in order. */
static void take_history(void *context, const struct camd_reply *reply)
{
    struct camera_watch *watch = context;
    json_error_t error;
    if (reply->kind != CAMD_REPLY_PART) {
        be_connected(watch);
        return;
    }
    json_t *part = json_loadb(reply->text, reply->length, 0, &error), *event = json_object_get(part, "event");
    const struct camd_place place = {(uint64_t)json_member_int(event, "epoch", 0),
                                     (uint64_t)json_member_int(event, "seq", 0)};
    char *text = event ? json_text(event) : NULL;

    /* what came after the subscription's beginning comes by it */
    if (text && (place.epoch != watch->subscribed.epoch || place.seq <= watch->subscribed.seq))
        (void)event_log_add(watch->log, &place, "event", text, strlen(text));
    free(text);
    json_decref(part);
}

static void take_snapshot(struct camera_watch *watch, const struct camd_reply *reply)
{
    const bool first = watch->subscribed.epoch == 0;
    log_info(NULL, "connected to camd");
    watch->subscribed = reply->place;
    if (first && camd_link_ask(watch->link, "events", "{\"last\":" LAST_EVENTS "}", take_history, watch) == 0)
        camd_link_pause(watch->link, true);
    else
        be_connected(watch);
}

static void be_disconnected(struct camera_watch *watch, const char *reason)
{
    watch->connected = false;
    if (set_reason(watch, reason))
        log_warning(NULL, "camd at %s: %s: it is tried again", camd_link_socket(watch->link), reason);
    camera_watch_show(watch);
}

static void be_lost(struct camera_watch *watch, const struct camd_reply *reply)
{
    char reason[CAMD_LINK_TEXT_BYTES];
    be_disconnected(watch, camd_link_explain(reply, reason));
}

static void be_refused(struct camera_watch *watch, const struct camd_reply *reply)
{
    char why[CAMD_LINK_TEXT_BYTES], reason[CAMERA_WATCH_TEXT_BYTES];
    snprintf(reason, sizeof(reason), "camd refuses to tell what happens: %s", camd_link_explain(reply, why));
    be_disconnected(watch, reason);
}

static void take_event(struct camera_watch *watch, const struct camd_reply *reply)
{
    add(watch, reply, "event");
    if (IS_IN(of_cameras, reply->event))
        status_has_changed(watch, true);
    else if (IS_IN(of_states, reply->event))
        status_has_changed(watch, false);
    event_streams_wake(watch->streams);
}

static void take(void *context, const struct camd_reply *reply)
{
    struct camera_watch *watch = context;
    if (reply->kind == CAMD_REPLY_EVENT) {
        take_event(watch, reply);
    } else if (reply->kind == CAMD_REPLY_MISSED) {
        add(watch, reply, "missed");
        event_streams_wake(watch->streams);
    } else if (reply->kind == CAMD_REPLY_SNAPSHOT) {
        take_snapshot(watch, reply);
    } else if (reply->kind == CAMD_REPLY_LOST) {
        be_lost(watch, reply);
    } else {
        be_refused(watch, reply);
    }
}

/* ---- the whole ---- */

int camera_watch_start(struct camera_watch *watch, struct ev_loop *loop, struct camd_link *link,
                       const char *title, struct camera_list *cameras, struct event_log *log,
                       struct event_streams *streams)
{
    *watch = (struct camera_watch){
        .loop = loop,
        .link = link,
        .title = title,
        .cameras = cameras,
        .log = log,
        .streams = streams,
        .is_old = true,
        .reason = "not connected yet",
    };
    ev_timer_init(&watch->refresh, refresh, 0., 0.);
    watch->refresh.data = watch;
    camd_link_watch_silence(link, take_silence, watch);
    return camd_link_subscribe(link, NULL, take, watch);
}

void camera_watch_stop(struct camera_watch *watch)
{
    ev_timer_stop(watch->loop, &watch->refresh);
}

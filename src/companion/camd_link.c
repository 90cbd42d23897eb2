#include "companion/camd_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLIES_A_TURN = 64 }; /* then others of the loop have their turn */

/* Before a subscription that camd has refused is asked for again: twice as long each time. */
static const double AGAIN_S = 1, AGAIN_MOST_S = 60;

struct request {
    int number; /* as camd_connection_ask said */
    camd_link_function *function;
    void *context;
};

struct camd_link {
    struct ev_loop *loop;
    struct camd_connection *subscribed, *asked;
    ev_io subscribed_io, asked_io;
    ev_timer silence; /* begins again with each reply, and with the first of what is asked */
    ev_timer again;   /* while a subscription is refused */
    double again_s;   /* the next wait */
    char *socket;
    bool is_subscribed, is_paused, is_silent;
    bool is_renewed; /* the connection for what is asked, since camd is silent */
    int owed;        /* the last that was asked on that connection, if its answer has not come; else 0 */
    camd_link_function *function;
    void *context;
    camd_link_silence_function *tell_silence; /* or NULL */
    void *silence_context;
    struct request requests[CAMD_LINK_REQUESTS_MAX]; /* in the order in which they were made */
    size_t request_count;
};

/* ---- connections ---- */

static int open_one(struct camd_link *link, struct camd_connection **connection, ev_io *io,
                    void (*callback)(EV_P_ ev_io *, int))
{
    struct camd_connection *made = NULL;
    int error = camd_connection_new(&made, link->socket);
    int descriptor = error < 0 ? error : camd_connection_descriptor(made);
    if (descriptor < 0) {
        camd_connection_free(made);
        return descriptor;
    }
    *connection = made;
    ev_io_init(io, callback, descriptor, EV_READ);
    io->data = link;
    ev_io_start(link->loop, io);
    return 0;
}

/* ---- the subscription ---- */

/* It is over when camd refuses it, but not for good: camd may be short of something, or let us in after a reload. */
static void note_subscribed(struct camd_link *link, const struct camd_reply *reply)
{
    if (reply->kind == CAMD_REPLY_SNAPSHOT)
        link->again_s = AGAIN_S;
    if (reply->kind != CAMD_REPLY_ERROR)
        return;
    link->is_subscribed = false;
    link->again.repeat = link->again_s;
    ev_timer_again(link->loop, &link->again);
    link->again_s = 2 * link->again_s < AGAIN_MOST_S ? 2 * link->again_s : AGAIN_MOST_S;
}

/* How many replies; the caller goes on later when there may be more. */
static int take_subscribed(struct camd_link *link)
{
    const struct camd_reply *reply = NULL;
    int taken = 0;
    while (taken < REPLIES_A_TURN && link->is_subscribed && !link->is_paused &&
           camd_connection_receive(link->subscribed, 0, &reply) > 0) {
        note_subscribed(link, reply);
        link->function(link->context, reply);
        taken++;
    }
    return taken;
}

static void on_subscribed(EV_P_ ev_io *watcher, int events)
{
    (void)events;
    if (take_subscribed(watcher->data) == REPLIES_A_TURN)
        ev_feed_event(EV_A_ watcher, EV_READ);
}

static int subscribe(struct camd_link *link, const struct camd_place *from)
{
    int error = camd_connection_subscribe(link->subscribed, NULL, from);
    if (error < 0)
        return error;
    link->is_subscribed = true;
    ev_feed_event(link->loop, &link->subscribed_io, EV_READ);
    return 0;
}

/* Behind the last event that has come, so that none is missed. */
static void on_again(EV_P_ ev_timer *timer, int events)
{
    struct camd_link *link = timer->data;
    const struct camd_place place = camd_connection_place(link->subscribed);
    (void)events;
    if (subscribe(link, place.epoch ? &place : NULL) == 0)
        ev_timer_stop(EV_A_ timer);
}

int camd_link_subscribe(struct camd_link *link, const struct camd_place *from, camd_link_function *function,
                        void *context)
{
    link->function = function;
    link->context = context;
    return subscribe(link, from);
}

void camd_link_pause(struct camd_link *link, bool is_paused)
{
    if (link->is_paused == is_paused)
        return;
    link->is_paused = is_paused;
    if (is_paused) {
        ev_io_stop(link->loop, &link->subscribed_io);
    } else {
        ev_io_start(link->loop, &link->subscribed_io);
        ev_feed_event(link->loop, &link->subscribed_io, EV_READ);
    }
}

/* ---- what is asked ---- */

static void set_silent(struct camd_link *link, bool is_silent)
{
    if (link->is_silent == is_silent)
        return;
    link->is_silent = is_silent;
    if (!is_silent)
        link->is_renewed = false;
    if (link->tell_silence)
        link->tell_silence(link->silence_context, is_silent);
}

static void remove_request(struct camd_link *link, size_t at)
{
    link->request_count--;
    memmove(&link->requests[at], &link->requests[at + 1],
            (link->request_count - at) * sizeof(link->requests[0]));
}

static void deliver(struct camd_link *link, const struct camd_reply *reply)
{
    if (reply->request == link->owed && reply->kind != CAMD_REPLY_PART)
        link->owed = 0;
    for (size_t i = 0; i < link->request_count; i++) {
        const struct request request = link->requests[i];
        if (request.number != reply->request)
            continue;
        if (reply->kind != CAMD_REPLY_PART)
            remove_request(link, i); /* before: the function may ask again */
        request.function(request.context, reply);
        return;
    }
}

/* No answer will come, or be waited for: whether what was asked has been done is not known. */
static void fail_requests(struct camd_link *link, int problem)
{
    const struct camd_reply lost = {
        .kind = CAMD_REPLY_ERROR,
        .text = "",
        .event = "",
        .camera = "",
        .code = "lost",
        .reason = camd_connection_strerror(problem),
        .hint = "",
        .problem = problem,
    };
    for (size_t left = link->request_count; left > 0 && link->request_count > 0; left--) {
        const struct request request = link->requests[0];
        remove_request(link, 0);
        request.function(request.context, &lost);
    }
}

/* How many replies. */
static int take_asked(struct camd_link *link)
{
    const struct camd_reply *reply = NULL;
    int taken = 0, result = 0;
    while (taken < REPLIES_A_TURN && (result = camd_connection_receive(link->asked, 0, &reply)) > 0) {
        if (taken++ == 0)
            set_silent(link, false);
        deliver(link, reply);
    }
    if (result > 0) {
        ev_feed_event(link->loop, &link->asked_io, EV_READ);
    } else if (result < 0) {
        link->owed = 0; /* before: who gets an error may ask again */
        fail_requests(link, result);
    }
    if (taken > 0 || result < 0)
        ev_timer_again(link->loop, &link->silence);
    return taken;
}

static void on_asked(EV_P_ ev_io *watcher, int events)
{
    (void)loop;
    (void)events;
    take_asked(watcher->data);
}

static int renew_asked(struct camd_link *link)
{
    struct camd_connection *before = link->asked;
    ev_io_stop(link->loop, &link->asked_io);
    int error = open_one(link, &link->asked, &link->asked_io, on_asked);
    if (error < 0) {
        ev_io_start(link->loop, &link->asked_io);
        return error;
    }
    camd_connection_free(before);
    link->is_renewed = true;
    link->owed = 0;
    return 0;
}

/* That it has answered is all that is wanted. */
static void ignore(void *context, const struct camd_reply *reply)
{
    (void)context;
    (void)reply;
}

/*
 * What was asked may still be answered, which nobody waits for any more: the next is asked on another connection, once. That
 * one stays until camd answers: one that is stopped takes no connection, and those that nobody wants any more would fill its
 * queue. Nor is it asked for its version while it owes an answer there, which tells as much. After a pause of this program's
 * own, what has come meanwhile is read first.
 */
static void on_silence(EV_P_ ev_timer *timer, int events)
{
    struct camd_link *link = timer->data;
    (void)events;
    ev_timer_again(EV_A_ timer);
    if (take_asked(link) > 0)
        return;
    if (link->request_count == 0) {
        /* an error: there is no connection, which the subscription tells */
        if (link->owed == 0)
            camd_link_ask(link, "version", NULL, ignore, NULL);
        return;
    }
    set_silent(link, true);
    if (link->is_renewed || renew_asked(link) == 0)
        fail_requests(link, -ETIMEDOUT);
}

int camd_link_ask(struct camd_link *link, const char *verb, const char *parameters,
                  camd_link_function *function, void *context)
{
    if (link->request_count == CAMD_LINK_REQUESTS_MAX)
        return -EBUSY;
    int number = camd_connection_ask(link->asked, verb, parameters);
    if (number < 0)
        return number;
    if (link->request_count == 0)
        ev_timer_again(link->loop, &link->silence);
    link->owed = number;
    link->requests[link->request_count++] =
        (struct request){.number = number, .function = function, .context = context};
    ev_feed_event(link->loop, &link->asked_io, EV_READ);
    return 0;
}

void camd_link_watch_silence(struct camd_link *link, camd_link_silence_function *function, void *context)
{
    link->tell_silence = function;
    link->silence_context = context;
}

bool camd_link_is_silent(const struct camd_link *link)
{
    return link->is_silent;
}

/* ---- the whole ---- */

int camd_link_new(struct camd_link **result, struct ev_loop *loop, const char *socket, double silence_s)
{
    struct camd_link *link = calloc(1, sizeof(*link));
    if (!link)
        return -ENOMEM;
    link->loop = loop;
    link->socket = strdup(socket);
    link->again_s = AGAIN_S;
    ev_timer_init(&link->silence, on_silence, 0., silence_s);
    ev_timer_init(&link->again, on_again, 0., AGAIN_S);
    link->silence.data = link->again.data = link;
    int error = link->socket ? 0 : -ENOMEM;
    if (error == 0)
        error = open_one(link, &link->subscribed, &link->subscribed_io, on_subscribed);
    if (error == 0)
        error = open_one(link, &link->asked, &link->asked_io, on_asked);
    if (error < 0) {
        camd_link_free(link);
        return error;
    }
    ev_timer_again(loop, &link->silence);
    *result = link;
    return 0;
}

const char *camd_link_explain(const struct camd_reply *reply, char text[CAMD_LINK_TEXT_BYTES])
{
    static const char group[] =
        "put the user that this program runs as into camd's group (group in camd.ini), then start it again";
    const bool is_denied = reply->problem == -EACCES || strcmp(reply->code, "denied") == 0;
    const char *reason = reply->reason[0] ? reply->reason : camd_connection_strerror(reply->problem),
               *hint = is_denied ? group : reply->hint;
    snprintf(text, CAMD_LINK_TEXT_BYTES, "%s%s%s", reason, hint[0] ? ": " : "", hint);
    return text;
}

const char *camd_link_socket(const struct camd_link *link)
{
    return link->socket;
}

void camd_link_free(struct camd_link *link)
{
    if (!link)
        return;
    ev_io_stop(link->loop, &link->subscribed_io);
    ev_io_stop(link->loop, &link->asked_io);
    ev_timer_stop(link->loop, &link->silence);
    ev_timer_stop(link->loop, &link->again);
    fail_requests(link, -ENOTCONN);
    camd_connection_free(link->subscribed);
    camd_connection_free(link->asked);
    free(link->socket);
    free(link);
}

#include "web/event_streams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum {
    PING_S = 20,
    RECENT_MOST = 1000,
};

struct event_viewer {
    struct event_streams *streams;
    struct http_request *request;
    bool begun;     /* it has a position in the log */
    bool misses;    /* what was before that, and so it is told first */
    bool is_recent; /* it asked for the last events and has none yet */
    uint64_t position;
    unsigned int state_number; /* of the state that was sent last */
    bool waits;                /* for a state, which comes before all else */
    bool pinged;
    struct shared_text *piece; /* what is being sent, and how much of it was */
    size_t sent;
    TAILQ_ENTRY(event_viewer) links;
};

/* ---- what a viewer gets next ---- */

static struct shared_text *text_of(const char *text)
{
    return text ? shared_text_new(text, strlen(text)) : NULL;
}

static struct shared_text *missed(struct event_viewer *viewer)
{
    viewer->misses = false;
    if (viewer->position < viewer->streams->log->first)
        viewer->position = viewer->streams->log->first;
    return text_of("event: missed\ndata: {}\n\n");
}

static struct shared_text *next_piece(struct event_viewer *viewer)
{
    const struct event_streams *streams = viewer->streams;
    if (viewer->state_number != streams->state_number && streams->state) {
        viewer->state_number = streams->state_number;
        viewer->waits = false;
        return shared_text_keep(streams->state);
    }
    const bool takes_events = viewer->begun && !viewer->waits;
    /* what goes before its first event is not missed */
    if (takes_events && viewer->is_recent && viewer->position < streams->log->first)
        viewer->position = streams->log->first;
    if (takes_events && (viewer->misses || viewer->position < streams->log->first))
        return missed(viewer);
    if (takes_events && viewer->position < streams->log->next) {
        viewer->is_recent = false;
        return shared_text_keep(event_log_at(streams->log, viewer->position++)->text);
    }
    if (viewer->pinged) {
        viewer->pinged = false;
        return text_of("event: ping\ndata: {}\n\n");
    }
    return NULL;
}

static ssize_t take(void *kept, char *buffer, size_t room)
{
    struct event_viewer *viewer = kept;
    if (!viewer->piece) {
        viewer->piece = next_piece(viewer);
        viewer->sent = 0;
    }
    if (!viewer->piece)
        return 0;
    const size_t left = viewer->piece->length - viewer->sent, length = left < room ? left : room;
    memcpy(buffer, viewer->piece->bytes + viewer->sent, length);
    viewer->sent += length;
    if (viewer->sent == viewer->piece->length) {
        shared_text_release(viewer->piece);
        viewer->piece = NULL;
    }
    return (ssize_t)length;
}

/* ---- viewers ---- */

static void end_viewer(void *kept)
{
    struct event_viewer *viewer = kept;
    struct event_streams *streams = viewer->streams;
    TAILQ_REMOVE(&streams->viewers, viewer, links);
    if (--streams->count == 0)
        ev_timer_stop(streams->loop, &streams->ping);
    shared_text_release(viewer->piece);
    free(viewer);
}

/* Whether the request says where the viewer was. */
static bool take_place(const struct http_request *request, struct camd_place *place)
{
    const char *last = http_request_header(request, "Last-Event-ID"),
               *from = http_request_parameter(request, "from");
    return (last && event_log_place_parse(last, place) == 0) ||
           (from && event_log_place_parse(from, place) == 0);
}

static uint64_t recent_of(const struct event_log *log, const struct http_request *request)
{
    const char *recent = http_request_parameter(request, "recent");
    int64_t count;
    if (recent && text_to_int(recent, &count) && count >= 0)
        return event_log_recent(log, count < RECENT_MOST ? (uint64_t)count : RECENT_MOST);
    return log->next;
}

static void begin(struct event_viewer *viewer)
{
    const struct event_log *log = viewer->streams->log;
    struct camd_place place;
    viewer->begun = true;
    if (!take_place(viewer->request, &place)) {
        viewer->position = recent_of(log, viewer->request);
        viewer->is_recent = http_request_parameter(viewer->request, "recent");
        return;
    }
    viewer->position = event_log_behind(log, &place);
    viewer->misses = event_log_misses(log, &place);
}

static struct event_viewer *new_viewer(struct event_streams *streams, struct http_request *request,
                                       bool state_is_old)
{
    struct event_viewer *viewer = calloc(1, sizeof(*viewer));
    if (!viewer)
        return NULL;
    viewer->streams = streams;
    viewer->request = request;
    if (streams->has_history)
        begin(viewer);
    viewer->waits = true;
    viewer->state_number = state_is_old ? streams->state_number : streams->state_number - 1;
    TAILQ_INSERT_TAIL(&streams->viewers, viewer, links);
    if (streams->count++ == 0)
        ev_timer_again(streams->loop, &streams->ping);
    return viewer;
}

bool event_streams_open(struct event_streams *streams, struct http_request *request, bool state_is_old)
{
    struct event_viewer *viewer =
        streams->count < streams->most ? new_viewer(streams, request, state_is_old) : NULL;
    if (!viewer) {
        http_answer_busy(request, "All places for viewers of events are taken; try again in a moment.");
        return false;
    }
    http_request_keep(request, viewer, end_viewer);
    http_answer_stream(request, "text/event-stream", take);
    return true;
}

void event_streams_wake(struct event_streams *streams)
{
    struct event_viewer *viewer;
    TAILQ_FOREACH(viewer, &streams->viewers, links) {
        http_request_wake(viewer->request);
    }
}

void event_streams_begin(struct event_streams *streams)
{
    struct event_viewer *viewer;
    if (streams->has_history)
        return;
    streams->has_history = true;
    TAILQ_FOREACH(viewer, &streams->viewers, links) {
        begin(viewer);
    }
}

void event_streams_set_state(struct event_streams *streams, const char *json)
{
    char *text = text_format("event: state\ndata: %s\n\n", json);
    struct shared_text *state = text_of(text);
    free(text);
    if (!state)
        return;
    shared_text_release(streams->state);
    streams->state = state;
    streams->state_number++;
    event_streams_wake(streams);
}

static void ping(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct event_streams *streams = timer->data;
    struct event_viewer *viewer;
    (void)loop;
    (void)events;
    TAILQ_FOREACH(viewer, &streams->viewers, links) {
        viewer->pinged = true;
    }
    event_streams_wake(streams);
}

void event_streams_init(struct event_streams *streams, struct ev_loop *loop, const struct event_log *log,
                        unsigned int most)
{
    *streams = (struct event_streams){.loop = loop, .log = log, .most = most};
    TAILQ_INIT(&streams->viewers);
    ev_timer_init(&streams->ping, ping, PING_S, PING_S);
    streams->ping.data = streams;
}

void event_streams_fini(struct event_streams *streams)
{
    shared_text_release(streams->state);
}

/*
 * event_streams.h - who watches what happens: one log and one state of things for all, and for each where he is in them
 *
 * A viewer gets the state of all cameras first and whenever it has changed, and the events behind his place; of states only
 * the newest, and of events that the log no longer has a word that they are missed.
 */
#ifndef CAMD_WEB_EVENT_STREAMS_H
#define CAMD_WEB_EVENT_STREAMS_H

#include <ev.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "web/event_log.h"
#include "web/http.h"

struct event_viewer;

struct event_streams {
    struct ev_loop *loop;
    const struct event_log *log;
    unsigned int count, most;
    struct shared_text *state; /* as it is sent; NULL: none yet */
    unsigned int state_number;
    bool has_history; /* the log has what camd kept of before: viewers have their positions in it */
    ev_timer ping;    /* while there are viewers: a proxy ends what says nothing */
    TAILQ_HEAD(, event_viewer) viewers;
};

void event_streams_init(struct event_streams *streams, struct ev_loop *loop, const struct event_log *log,
                        unsigned int most);
/* All requests have ended before. */
void event_streams_fini(struct event_streams *streams);

/*
 * Answers a request with the stream: behind the event that the header Last-Event-ID or the parameter from names, or with the
 * last events of the log, as many as the parameter recent says. state_is_old: what is there need not be sent, a new one
 * is on its way. False: it was refused.
 */
bool event_streams_open(struct event_streams *streams, struct http_request *request, bool state_is_old);

/* What camd has kept of before is in the log: those who came sooner begin now, all others at once. */
void event_streams_begin(struct event_streams *streams);
/* A line of JSON, which all get that have got another one. */
void event_streams_set_state(struct event_streams *streams, const char *json);
/* There are new events in the log. */
void event_streams_wake(struct event_streams *streams);

#endif

/*
 * camera_watch.h - what camd says, kept for the page: the cameras, the events, and whether camd is there at all
 *
 * The events come as they happen. The cameras' status is asked for when an event says that it has changed and somebody
 * looks, and every few seconds while somebody does; without viewers, only which cameras there are is kept up to date.
 */
#ifndef CAMD_WEB_CAMERA_WATCH_H
#define CAMD_WEB_CAMERA_WATCH_H

#include <ev.h>
#include <stdbool.h>

#include "companion/camd_link.h"
#include "web/camera_list.h"
#include "web/event_log.h"
#include "web/event_streams.h"

enum { CAMERA_WATCH_TEXT_BYTES = CAMD_LINK_TEXT_BYTES + 64 };

struct camera_watch {
    struct ev_loop *loop;
    struct camd_link *link;
    const char *title;
    struct camera_list *cameras;
    struct event_log *log;
    struct event_streams *streams;
    bool connected;     /* the subscription runs, and what camd kept of events is in the log */
    bool is_silent;     /* the last status that was asked for did not come, or camd answers nothing at all */
    bool knows_cameras; /* a first status has come */
    char reason[CAMERA_WATCH_TEXT_BYTES]; /* why it is not connected, or silent; "" when all is well */
    bool asking;                          /* for the status */
    bool is_old, has_other_cameras; /* since it was asked for: what it said, and which cameras there are */
    uint64_t asked_seq;             /* the last event before it was asked for */
    struct camd_place subscribed;   /* where the subscription began, at first or again; epoch 0: not yet */
    ev_timer refresh;
};

/* 0 or -errno. What is passed has to outlive it. */
int camera_watch_start(struct camera_watch *watch, struct ev_loop *loop, struct camd_link *link,
                       const char *title, struct camera_list *cameras, struct event_log *log,
                       struct event_streams *streams);
void camera_watch_stop(struct camera_watch *watch);

/* What the page shows is how things are: camd is there, and answers. */
bool camera_watch_is_well(const struct camera_watch *watch);

/* Somebody begins to look: true when a new state of things is asked for on that account. */
bool camera_watch_look(struct camera_watch *watch);
/* The present state of things to all viewers: for one who has come when there was nobody to show it to. */
void camera_watch_show(struct camera_watch *watch);

#endif

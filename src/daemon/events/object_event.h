/*
 * object_event.h - what a tracker says of an object, for subscribers
 *
 * A tracker may be anybody's program: what it sends is copied member by member into the form that camd-ipc(7) promises,
 * bounded, and refused when it is not of that form. Pure.
 */
#ifndef CAMD_DAEMON_EVENTS_OBJECT_EVENT_H
#define CAMD_DAEMON_EVENTS_OBJECT_EVENT_H

#include <jansson.h>

enum {
    OBJECT_EVENT_PATH_MAX = 64,
    OBJECT_EVENT_ZONES_MAX = 32,
};

/*
 * The event's members (new reference), or NULL when the message is none; *problem names the member then (static text).
 */
json_t *object_event_copy(const json_t *message, const char **problem);

#endif

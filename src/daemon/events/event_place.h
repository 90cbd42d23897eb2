/* event_place.h - the number of an event: which epoch, and which one of it */
#ifndef CAMD_DAEMON_EVENTS_EVENT_PLACE_H
#define CAMD_DAEMON_EVENTS_EVENT_PLACE_H

#include <stdint.h>

struct event_place {
    uint64_t epoch, seq;
};

#endif

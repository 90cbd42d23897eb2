/*
 * event_message.h - what camd tells camd-events of an event that is to be stored, and what it hears from it
 *
 * Each is one message on a SOCK_SEQPACKET socket. To it: an event_message, and behind it the camera's name, the word and
 * the text. From it: an event_acknowledgement; first of all one that says nothing but that all that earlier ones were told
 * is on the disk, and the same again while old events are being removed, and when they have been. Both run on one machine,
 * from one build.
 */
#ifndef CAMD_DAEMON_HISTORY_EVENT_MESSAGE_H
#define CAMD_DAEMON_HISTORY_EVENT_MESSAGE_H

#include <stdint.h>

#include "daemon/events/event_place.h"

enum {
    EVENT_CHANNEL_FD = 3,
    EVENT_MESSAGE_BYTES = 192 * 1024,
    EVENT_BATCH_MS = 5000, /* from an event until it is on the disk: so much a power failure takes */
};

struct event_message {
    uint64_t epoch, seq;
    int64_t wall_ns;
    uint32_t camera_length, word_length; /* 0: none */
};

struct event_acknowledgement {
    struct event_place stored; /* up to there all is on the disk */
    uint64_t nameless; /* so many were stored without the name of their camera: too many have events */
    uint64_t relocked; /* so often somebody removed LMDB's file of locks */
    /* The time that events have, which the wall clock has jumped away from; 0: it has not. */
    int64_t doubted_ns;
};

#endif

/*
 * event_query.h - what camd asks camd-events for, and what it gets: a file (in memory) of frames, one after the other
 *
 * The query is a JSON object on standard input: the members of a filter (event_filter.h) and
 *   after   [epoch, seq]: what came behind that event; [0, 0]: all
 *   upto    [epoch, seq]: no event behind that one
 *   counts  the client is told which numbers are gone
 *   first   it is the first query of a reading: names that nobody has, and what is gone, are told, too
 *   last    only so many, the last ones; absent: all
 * Both run on one machine, from one build.
 */
#ifndef CAMD_DAEMON_HISTORY_EVENT_QUERY_H
#define CAMD_DAEMON_HISTORY_EVENT_QUERY_H

#include <stdint.h>

enum {
    EVENT_CHUNK_BYTES = 256 * 1024,     /* of events and gaps: then the rest is another query's */
    EVENT_CHUNK_LOOKED_AT = 128 * 1024, /* events that are looked at for it */
};

enum event_frame_kind {
    EVENT_FRAME_EVENT,  /* epoch, from: its number; its text follows */
    EVENT_FRAME_MISSED, /* epoch, from, to; to 0: nobody knows */
    EVENT_FRAME_GONE, /* from: nanoseconds of the wall clock; the camera's name follows; to not 0: all cameras' */
    EVENT_FRAME_UNKNOWN, /* a name or pattern that nobody has follows */
    EVENT_FRAME_END, /* epoch, from: the last event that was looked at; to: not 0 when there may be more */
    EVENT_FRAME_KINDS,
};

struct event_frame {
    uint32_t kind;
    uint32_t size; /* of what follows */
    uint64_t epoch, from, to;
};

#endif

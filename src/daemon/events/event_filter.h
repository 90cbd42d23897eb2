/*
 * event_filter.h - which events somebody asks for: of which cameras, of which kinds, of which time
 *
 * The daemon filters what it has in memory by it, and camd-events what is on the disk. Requests come from strangers:
 * what a filter costs is bounded, and a camera's name is compared with its names and patterns once. Pure.
 */
#ifndef CAMD_DAEMON_EVENTS_EVENT_FILTER_H
#define CAMD_DAEMON_EVENTS_EVENT_FILTER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "protocol/event_words.h"

enum {
    EVENT_FILTER_NAMES_MAX = 64, /* names and patterns */
    EVENT_FILTER_PATTERNS_MAX = 16,
    EVENT_FILTER_NAME_BYTES = 80,
    EVENT_FILTER_PROBLEM_BYTES = 256,
};

/* All zero is none; see event_filter_read. */
struct event_filter {
    json_t *names;              /* an array; NULL: all, events that are no camera's among them */
    json_t *verdicts;           /* an object: a camera's name and whether it fits */
    uint64_t words;             /* a bit each, 1 << enum event_word */
    int64_t since_ns, until_ns; /* wall clock, both included */
};

/*
 * From the members name, names, type (a word or an array), since and until of a request; those that are absent exclude
 * nothing. 0; -EINVAL, and problem says what is wrong, in words; -ENOMEM.
 */
int event_filter_read(struct event_filter *filter, const json_t *body,
                      char problem[EVENT_FILTER_PROBLEM_BYTES]);
/* The same as members of a request, a new reference; NULL: memory is short. */
json_t *event_filter_write(const struct event_filter *filter);
void event_filter_clear(struct event_filter *filter);

/* camera NULL: the event is no camera's. */
bool event_filter_takes_camera(struct event_filter *filter, const char *camera);
/* Whether one of events that happened between these times may fit, as far as its time goes. */
bool event_filter_takes_time(const struct event_filter *filter, int64_t from_ns, int64_t upto_ns);
bool event_filter_takes(struct event_filter *filter, const char *camera, enum event_word word,
                        int64_t wall_ns);

#endif

/*
 * event_age.h - whether the wall clock is to be believed when it says how old events are. Pure.
 *
 * A clock that is ahead by years, without a battery or by a mistake, would make all events too old at once. It is believed
 * when it is within a year of the time at which it was believed last, or has gone on evenly since the last look: so one
 * that has jumped is believed when it has stayed there for as long as looks are apart.
 */
#ifndef CAMD_DAEMON_HISTORY_EVENT_AGE_H
#define CAMD_DAEMON_HISTORY_EVENT_AGE_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: it was not looked at yet. */
struct event_age {
    bool was_looked_at;
    int64_t wall_ns, monotonic_ns; /* then */
};

/* believed_ns: of an earlier process; 0: not known. */
bool event_age_is_known(struct event_age *age, int64_t believed_ns, int64_t wall_ns, int64_t monotonic_ns);

#endif

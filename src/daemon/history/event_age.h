/*
 * event_age.h - the time by which stored events are too old, whatever the wall clock does. Pure.
 *
 * A clock that is ahead, without a battery or by a mistake, would make all events too old at once. Time is that of the
 * wall clock while that goes on from what it was before. Where it has jumped by more than EVENT_AGE_JUMP_NS, or is so much
 * off after a restart, time goes on by the seconds that have passed, and joins the clock when that is back, or when so much
 * time has passed as events are kept: then the clock may have been right and the machine off, and what was stored before
 * has been kept for long enough by any reckoning.
 */
#ifndef CAMD_DAEMON_HISTORY_EVENT_AGE_H
#define CAMD_DAEMON_HISTORY_EVENT_AGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define EVENT_AGE_JUMP_NS (INT64_C(7) * CLOCK_S_PER_DAY * CLOCK_NS_PER_S)

/* What is to be kept from one look to the next, over restarts, too. All zero: nothing is known. */
struct event_age {
    int64_t time_ns;    /* of the last look */
    int64_t doubted_ns; /* what it was when the clock jumped; 0: the clock is believed */
};

/*
 * A look at the clock. elapsed_ns: since the last one, 0 when another process had that. The time from which on keep_ns
 * counts back; 0: nothing is too old, since the clock was not set since the machine was switched on, or is behind.
 */
int64_t event_age_look(struct event_age *age, int64_t keep_ns, int64_t wall_ns, int64_t elapsed_ns);
/* Of a file that does not say what is known: its oldest and newest events, 0 when there is none. */
void event_age_guess(struct event_age *age, int64_t keep_ns, int64_t oldest_ns, int64_t newest_ns);

#endif

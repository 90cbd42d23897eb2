/*
 * activity.h - whether motion is reported as on
 *
 * On with the first motion, off when there was none for a while, so that subscribers are not told about every
 * step of a person. Pure; the time is CLOCK_MONOTONIC and comes as an argument.
 */
#ifndef CAMD_TRACKER_ACTIVITY_H
#define CAMD_TRACKER_ACTIVITY_H

#include <stdbool.h>
#include <stdint.h>

struct activity {
    bool active;
    int64_t last_ns; /* of the last motion, when active */
};

/* There is motion now. */
void activity_seen(struct activity *activity, int64_t now_ns);
/* Switches off when the last motion is at least delay_ns ago. */
void activity_expire(struct activity *activity, int64_t now_ns, int64_t delay_ns);
/* When activity_expire would switch off; INT64_MAX when it is off. */
int64_t activity_deadline_ns(const struct activity *activity, int64_t delay_ns);

#endif

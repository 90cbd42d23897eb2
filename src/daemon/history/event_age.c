#include "daemon/history/event_age.h"

#include "base/clock.h"
#include "daemon/disk/absence.h"

#define NEAR_NS   (INT64_C(365) * 86400 * CLOCK_NS_PER_S)
#define UNEVEN_NS (INT64_C(300) * CLOCK_NS_PER_S) /* of a clock that is being corrected, in an hour */

static bool is_within(int64_t one_ns, int64_t other_ns, int64_t most_ns)
{
    return one_ns - other_ns <= most_ns && other_ns - one_ns <= most_ns;
}

bool event_age_is_known(struct event_age *age, int64_t believed_ns, int64_t wall_ns, int64_t monotonic_ns)
{
    const struct event_age before = *age;
    *age = (struct event_age){true, wall_ns, monotonic_ns};
    if (!absence_clock_is_set(wall_ns / CLOCK_NS_PER_S))
        return false;
    if (before.was_looked_at)
        return is_within(wall_ns - before.wall_ns, monotonic_ns - before.monotonic_ns, UNEVEN_NS);
    return believed_ns > 0 && is_within(wall_ns, believed_ns, NEAR_NS);
}

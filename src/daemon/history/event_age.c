#include "daemon/history/event_age.h"

#include "daemon/disk/absence.h"

static bool is_near(int64_t one_ns, int64_t other_ns)
{
    return one_ns - other_ns <= EVENT_AGE_JUMP_NS && other_ns - one_ns <= EVENT_AGE_JUMP_NS;
}

static bool is_set(int64_t wall_ns)
{
    return absence_clock_is_set(wall_ns / CLOCK_NS_PER_S);
}

int64_t event_age_look(struct event_age *age, int64_t keep_ns, int64_t wall_ns, int64_t elapsed_ns)
{
    const int64_t expected_ns = age->time_ns > 0 ? age->time_ns + elapsed_ns : wall_ns;
    if (!is_set(wall_ns))
        return 0;
    if (is_near(wall_ns, expected_ns)) {
        *age = (struct event_age){.time_ns = wall_ns};
        return wall_ns;
    }
    if (age->doubted_ns == 0)
        age->doubted_ns = expected_ns;
    age->time_ns = expected_ns;
    if (expected_ns - age->doubted_ns >= keep_ns)
        *age = (struct event_age){.time_ns = wall_ns};
    /* by that time events of a clock that is behind would be too old when they come; and it may jump again */
    return wall_ns < age->time_ns ? 0 : age->time_ns;
}

/* Where they span more than is kept the clock jumped among them: the oldest one was stored first. */
void event_age_guess(struct event_age *age, int64_t keep_ns, int64_t oldest_ns, int64_t newest_ns)
{
    const int64_t time_ns = newest_ns - oldest_ns > keep_ns + EVENT_AGE_JUMP_NS ? oldest_ns : newest_ns;
    *age = (struct event_age){.time_ns = is_set(time_ns) ? time_ns : 0};
}

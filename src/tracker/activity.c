#include "tracker/activity.h"

void activity_seen(struct activity *activity, int64_t now_ns)
{
    activity->active = true;
    activity->last_ns = now_ns;
}

int64_t activity_deadline_ns(const struct activity *activity, int64_t delay_ns)
{
    return activity->active ? activity->last_ns + delay_ns : INT64_MAX;
}

void activity_expire(struct activity *activity, int64_t now_ns, int64_t delay_ns)
{
    if (now_ns >= activity_deadline_ns(activity, delay_ns))
        activity->active = false;
}

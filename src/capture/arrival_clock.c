#include "capture/arrival_clock.h"

#define WINDOW_NS INT64_C(2000000000)

enum {
    PULL = 64,         /* pictures come closer to their arrival by this part of what they are off */
    SHORTEST_STEP = 4, /* and are still so much of their period apart */
};

/* A window ends with the first picture of a burst, so the bursts in it are whole. */
static void learn_period(struct arrival_clock *clock, int64_t arrival_ns)
{
    clock->pictures++;
    if (arrival_ns - clock->since_ns < WINDOW_NS)
        return;
    clock->period_ns = (arrival_ns - clock->since_ns) / clock->pictures;
    clock->since_ns = arrival_ns;
    clock->pictures = 0;
}

static int64_t next_time(const struct arrival_clock *clock, int64_t arrival_ns)
{
    const int64_t due_ns = clock->last_ns + clock->period_ns;
    const int64_t earliest_ns = clock->last_ns + clock->period_ns / SHORTEST_STEP + 1;
    const int64_t time_ns = clock->period_ns > 0 ? due_ns + (arrival_ns - due_ns) / PULL : arrival_ns;
    const int64_t wanted_ns = time_ns > earliest_ns ? time_ns : earliest_ns;
    /* None was taken later than it arrived, as a period would have it that the camera keeps no longer. */
    const int64_t latest_ns = arrival_ns > clock->last_ns ? arrival_ns : clock->last_ns + 1;
    return wanted_ns < latest_ns ? wanted_ns : latest_ns;
}

int64_t arrival_clock_picture(struct arrival_clock *clock, int64_t arrival_ns)
{
    const int64_t off_ns = clock->last_ns - arrival_ns;
    if (!clock->started || off_ns < -ARRIVAL_CLOCK_OFF_NS)
        *clock = (struct arrival_clock){.last_ns = arrival_ns, .since_ns = arrival_ns, .started = true};
    else {
        learn_period(clock, arrival_ns);
        clock->last_ns = next_time(clock, arrival_ns);
    }
    return clock->last_ns;
}

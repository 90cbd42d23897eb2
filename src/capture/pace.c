#include "capture/pace.h"

#include <math.h>

bool pace_is_time(int64_t time_ns)
{
    return time_ns >= -PACE_TIME_MAX_NS && time_ns <= PACE_TIME_MAX_NS;
}

int64_t pace_timeline_packet(struct pace_timeline *timeline, int64_t packet_ns, int64_t period_ns,
                             bool *jumped)
{
    int64_t time_ns;
    *jumped = false;
    if (!pace_is_time(packet_ns)) {
        time_ns = timeline->end_ns;
    } else if (!timeline->anchored) {
        time_ns = timeline->end_ns;
        timeline->offset_ns = time_ns - packet_ns;
        timeline->anchored = true;
    } else {
        time_ns = packet_ns + timeline->offset_ns;
        int64_t step_ns = time_ns - timeline->last_ns;
        if (step_ns > PACE_JUMP_NS || step_ns < -PACE_JUMP_BACK_NS) {
            time_ns = timeline->end_ns;
            timeline->offset_ns = time_ns - packet_ns;
            *jumped = true;
        }
    }
    timeline->last_ns = time_ns;
    if (time_ns + period_ns > timeline->end_ns || *jumped)
        timeline->end_ns = time_ns + period_ns;
    return time_ns;
}

void pace_timeline_restart(struct pace_timeline *timeline)
{
    timeline->anchored = false;
    timeline->last_ns = timeline->end_ns;
}

void pace_selector_init(struct pace_selector *selector, double fps)
{
    *selector = (struct pace_selector){.fps = fps};
}

static int64_t grid_ns(const struct pace_selector *selector, int64_t index)
{
    return (int64_t)llround((double)index * 1e9 / selector->fps);
}

static int64_t grid_index_at(const struct pace_selector *selector, int64_t stream_ns)
{
    return (int64_t)floor((double)stream_ns * selector->fps / 1e9);
}

/* Single frames come early or late, so what counts is the mean distance of the recent ones. */
static void selector_learn_period(struct pace_selector *selector, int64_t stream_ns)
{
    int64_t step_ns = stream_ns - selector->last_ns;
    if (step_ns > 0 && step_ns < PACE_PERIOD_MAX_NS) {
        if (selector->period_ns == 0)
            selector->period_ns = step_ns;
        else
            selector->period_ns += (step_ns - selector->period_ns) / 8;
    }
    selector->last_ns = stream_ns;
}

bool pace_selector_takes(struct pace_selector *selector, int64_t stream_ns)
{
    if (!selector->started) {
        selector->started = true;
        selector->last_ns = stream_ns;
        selector->due = grid_index_at(selector, stream_ns) + 1;
        return true;
    }
    selector_learn_period(selector, stream_ns);

    int64_t step_ns = grid_ns(selector, 1);
    int64_t forgiven_ns = (selector->period_ns < step_ns ? selector->period_ns : step_ns) / 2;
    if (stream_ns < grid_ns(selector, selector->due) - forgiven_ns)
        return false;
    selector->due++;
    /* After a pause, and whenever the stream is slower than the grid, grid points have passed without a frame. */
    if (grid_ns(selector, selector->due) <= stream_ns - forgiven_ns)
        selector->due = grid_index_at(selector, stream_ns) + 1;
    return true;
}

bool pace_selector_passes_over(const struct pace_selector *selector, int64_t stream_ns)
{
    if (!selector->started || selector->period_ns == 0 || stream_ns <= selector->last_ns)
        return false;
    /*
     * The grid point that is due only moves on. What is forgiven can grow until then, by no more than this: every
     * step adds at most an eighth of itself to the period.
     */
    int64_t step_ns = grid_ns(selector, 1);
    int64_t period_ns = selector->period_ns + (stream_ns - selector->last_ns) / 8 + 1;
    int64_t forgiven_ns = (period_ns < step_ns ? period_ns : step_ns) / 2;
    return stream_ns < grid_ns(selector, selector->due) - forgiven_ns;
}

int64_t pace_clock_due(struct pace_clock *clock, int64_t stream_ns, int64_t now_ns)
{
    if (!clock->started)
        *clock = (struct pace_clock){.stream_ns = stream_ns, .monotonic_ns = now_ns, .started = true};

    int64_t due_ns = clock->monotonic_ns + (stream_ns - clock->stream_ns);
    if (now_ns - due_ns > PACE_LATE_NS) {
        clock->monotonic_ns = now_ns;
        clock->stream_ns = stream_ns;
        return now_ns;
    }
    return due_ns;
}

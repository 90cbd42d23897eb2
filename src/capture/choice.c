#include "capture/choice.h"

#define MS INT64_C(1000000)

/* Packets of a file that have the time of the one before: two fields of a picture may share one. */
enum { SHARING_MAX = 1 };

void choice_init(struct choice *choice, double fps)
{
    *choice = (struct choice){0};
    pace_selector_init(&choice->selector, fps);
}

void choice_set_fps(struct choice *choice, double fps)
{
    pace_selector_init(&choice->selector, fps);
    choice->skip.count = 0;
}

void choice_begin(struct choice *choice, enum choice_clock clock, int64_t period_ns)
{
    choice->is_reckoned_anew = choice->has_picture && (choice->is_reckoned_anew || clock != choice->clock);
    choice->clock = clock;
    choice->period_ns = period_ns;
    choice->skip.count = 0;
    choice->sharing = 0;
    choice->own_ns = PACE_UNKNOWN_NS;
    choice->arrival_clock = (struct arrival_clock){0};
    pace_timeline_restart(&choice->timeline);
}

/* Nothing arrives that would say more, so what doesn't rise is as good as missing: each has its period then. */
static bool stands_still(struct choice *choice, int64_t time_ns)
{
    bool is_shared = choice->clock == CHOICE_OWN && pace_is_time(time_ns) && time_ns == choice->own_ns;
    choice->sharing = is_shared ? choice->sharing + 1 : 0;
    choice->own_ns = time_ns;
    return choice->sharing > SHARING_MAX;
}

int64_t choice_packet(struct choice *choice, int64_t time_ns, int64_t arrival_ns, unsigned int *findings)
{
    bool jumped, stands = stands_still(choice, time_ns);
    int64_t continuous_ns = pace_timeline_packet(&choice->timeline, stands ? PACE_UNKNOWN_NS : time_ns,
                                                 choice->period_ns, &jumped);
    *findings = stands ? CHOICE_STANDS : 0;
    if (choice->clock == CHOICE_ARRIVAL)
        arrival_clock_picture(&choice->arrival_clock, arrival_ns);
    choice->arrival_ns = arrival_ns;
    if (jumped && !choice->stream_clock.by_arrival)
        *findings |= CHOICE_JUMPED;
    if (choice->clock == CHOICE_CHECKED && pace_is_time(time_ns) &&
        stream_clock_packet(&choice->stream_clock, continuous_ns, arrival_ns))
        *findings |= CHOICE_CLOCK_IS_BAD;
    return continuous_ns;
}

/* A picture that the decoder keeps back, as it does where they are put in another order, goes by its arrival itself. */
static int64_t time_by_arrival(const struct choice *choice, int64_t arrival_ns)
{
    return arrival_ns == choice->arrival_ns ? choice->arrival_clock.last_ns : arrival_ns;
}

/* The time by which a picture is judged; unknown only in a file. */
static int64_t time_of(const struct choice *choice, int64_t presentation_ns, int64_t arrival_ns)
{
    if (choice->clock == CHOICE_OWN)
        return presentation_ns;
    if (choice->clock == CHOICE_ARRIVAL)
        return time_by_arrival(choice, arrival_ns);
    if (presentation_ns == PACE_UNKNOWN_NS)
        return arrival_ns;
    return stream_clock_time(&choice->stream_clock, presentation_ns, arrival_ns);
}

/* Times that are missing or don't rise are made up, so that stream time always goes on. */
static int64_t stream_time(struct choice *choice, int64_t time_ns)
{
    int64_t stream_ns = choice->has_picture ? choice->last_ns + choice->period_ns : 0;
    if (time_ns != PACE_UNKNOWN_NS) {
        if (!choice->has_picture || choice->is_reckoned_anew)
            choice->start_ns = time_ns - stream_ns;
        choice->is_reckoned_anew = false;
        stream_ns = time_ns - choice->start_ns;
        if (choice->has_picture && stream_ns <= choice->last_ns)
            stream_ns = choice->last_ns + MS;
    }
    choice->last_ns = stream_ns;
    choice->has_picture = true;
    return stream_ns;
}

/* Lets the selector pass over the pictures before that time that were left out. */
static void pass_over_skipped(struct choice *choice, int64_t time_ns)
{
    int64_t skipped_ns;
    while (skip_take_before(&choice->skip, time_ns, &skipped_ns))
        pace_selector_takes(&choice->selector, stream_time(choice, skipped_ns));
}

bool choice_leaves_out(struct choice *choice, int64_t presentation_ns, int64_t arrival_ns)
{
    int64_t time_ns = time_of(choice, presentation_ns, arrival_ns);
    return choice->has_picture && !choice->is_reckoned_anew && time_ns != PACE_UNKNOWN_NS &&
           pace_selector_passes_over(&choice->selector, time_ns - choice->start_ns) &&
           skip_add(&choice->skip, time_ns);
}

bool choice_takes(struct choice *choice, int64_t presentation_ns, int64_t arrival_ns, int64_t *stream_ns)
{
    int64_t time_ns = time_of(choice, presentation_ns, arrival_ns);
    if (time_ns != PACE_UNKNOWN_NS) {
        skip_remove(&choice->skip, time_ns);
        pass_over_skipped(choice, time_ns);
    }
    *stream_ns = stream_time(choice, time_ns);
    return pace_selector_takes(&choice->selector, *stream_ns);
}

void choice_end(struct choice *choice)
{
    pass_over_skipped(choice, INT64_MAX);
}

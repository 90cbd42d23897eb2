#include "capture/stream_clock.h"

#define MS INT64_C(1000000)
#define S  INT64_C(1000000000)

#define SLACK_NS  (500 * MS) /* of the corridor, beside the pauses */
#define PAUSE_NS  (10 * S)   /* how long a pause is remembered, at least */
#define WINDOW_NS (2 * S)    /* what is judged at once, at least */

enum {
    WINDOW_PACKETS = 4,
    WINDOW_SHARE = 4, /* moved by more than a quarter of its length, a window is bad */
    BAD_WINDOWS = 3,  /* a burst or a blocked network spoils one or two of them, and in both directions */
    STANDING_SHARE = 3,
};

#define STANDING_NS (5 * MS) /* packets that come closer together may well be of one time */

static int64_t longer(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* How far stream time may be from arrival: who delivers once in six seconds delivers six seconds at once. */
static int64_t corridor(struct stream_clock *clock, int64_t arrival_ns)
{
    if (arrival_ns - clock->pause_since_ns >= PAUSE_NS) {
        clock->pause_before_ns = clock->pause_ns;
        clock->pause_ns = 0;
        clock->pause_since_ns = arrival_ns;
    }
    clock->pause_ns = longer(clock->pause_ns, arrival_ns - clock->last_ns);
    return SLACK_NS + longer(clock->pause_ns, clock->pause_before_ns);
}

static int direction(int64_t moved_ns)
{
    return moved_ns > 0 ? -1 : 1;
}

/* A third of a window's packets or more. */
static void judge_standing(struct stream_clock *clock)
{
    bool stands = clock->standing * STANDING_SHARE >= clock->packets;
    clock->standing_windows = stands ? clock->standing_windows + 1 : 0;
}

/* In which way the stream's time has lost all credit, if it has. */
static enum stream_clock_fault judge(struct stream_clock *clock, int64_t arrival_ns)
{
    int64_t length_ns = arrival_ns - clock->window_since_ns;
    int64_t moved_ns = clock->moved_ns;
    if (++clock->packets < WINDOW_PACKETS || length_ns < WINDOW_NS)
        return STREAM_CLOCK_GOOD;
    judge_standing(clock);
    clock->packets = clock->standing = 0;
    clock->window_since_ns = arrival_ns;
    clock->moved_ns = 0;
    if (clock->standing_windows >= BAD_WINDOWS)
        return STREAM_CLOCK_STANDS;
    if ((moved_ns < 0 ? -moved_ns : moved_ns) < length_ns / WINDOW_SHARE) {
        clock->bad_windows = 0;
        return STREAM_CLOCK_GOOD;
    }
    if (clock->bad_windows * direction(moved_ns) < 0)
        clock->bad_windows = 0;
    clock->bad_windows += direction(moved_ns);
    if (clock->bad_windows >= BAD_WINDOWS)
        return STREAM_CLOCK_FAST;
    return clock->bad_windows <= -BAD_WINDOWS ? STREAM_CLOCK_SLOW : STREAM_CLOCK_GOOD;
}

static void start(struct stream_clock *clock, int64_t stream_ns, int64_t arrival_ns)
{
    *clock = (struct stream_clock){
        .offset_ns = arrival_ns - stream_ns,
        .last_ns = arrival_ns,
        .last_stream_ns = stream_ns - 1,
        .started = true,
        .pause_since_ns = arrival_ns,
        .window_since_ns = arrival_ns,
    };
}

bool stream_clock_packet(struct stream_clock *clock, int64_t stream_ns, int64_t arrival_ns)
{
    if (clock->by_arrival)
        return false;
    if (!clock->started)
        start(clock, stream_ns, arrival_ns);

    int64_t bound_ns = corridor(clock, arrival_ns);
    int64_t ahead_ns = stream_ns + clock->offset_ns - arrival_ns;
    int64_t move_ns = 0;
    if (ahead_ns > bound_ns)
        move_ns = bound_ns - ahead_ns;
    else if (ahead_ns < -bound_ns)
        move_ns = -bound_ns - ahead_ns;
    clock->offset_ns += move_ns;
    clock->moved_ns += move_ns;
    clock->standing += stream_ns == clock->last_stream_ns && arrival_ns - clock->last_ns > STANDING_NS;
    clock->last_ns = arrival_ns;
    clock->last_stream_ns = stream_ns;
    clock->fault = judge(clock, arrival_ns);
    if (clock->fault == STREAM_CLOCK_GOOD)
        return false;
    clock->by_arrival = true;
    clock->offset_ns = ahead_ns + move_ns; /* time goes on from where it is */
    return true;
}

int64_t stream_clock_time(const struct stream_clock *clock, int64_t stream_ns, int64_t arrival_ns)
{
    return clock->offset_ns + (clock->by_arrival ? arrival_ns : stream_ns);
}

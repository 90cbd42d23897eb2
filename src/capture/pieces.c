#include "capture/pieces.h"

#define S INT64_C(1000000000)

#define PAUSE_NS S /* between two pieces, at least */
#define PIECE_NS S /* how much longer a piece plays than it took to come, at least */

enum {
    ENOUGH = 2,            /* pieces in a row: one alone is what a camera had kept, or a network */
    FASTER_MAX = 125,      /* of a thousand: so much of the time is made up for at most, */
    FASTER_PER_SECOND = 1, /* and that much after a second in which nothing was late */
    FADING = 10, /* of a thousand: what was late is forgotten by so much of the time that was played since */
};

/* What is not used up by then comes without end: its time stamps run faster than it comes. */
#define IN_TIME_MAX_NS (300 * S)

void pieces_begin(struct pieces *pieces, bool is_known)
{
    *pieces = (struct pieces){.is_paced = is_known};
}

static void begin_piece(struct pieces *pieces, int64_t stream_ns, int64_t arrival_ns)
{
    pieces->piece_stream_ns = stream_ns;
    pieces->piece_arrival_ns = arrival_ns;
}

/* It ended with the last packet. What a network had held up is made up for, too, but then comes as fast as it plays. */
static bool was_piece(const struct pieces *pieces)
{
    const int64_t played_ns = pieces->stream_ns - pieces->piece_stream_ns;
    const int64_t came_ns = pieces->arrival_ns - pieces->piece_arrival_ns;
    return played_ns - came_ns >= PIECE_NS && came_ns <= played_ns / 2;
}

static void find_out(struct pieces *pieces, int64_t stream_ns, int64_t arrival_ns)
{
    if (!pieces->started)
        begin_piece(pieces, stream_ns, arrival_ns);
    else if (arrival_ns - pieces->arrival_ns >= PAUSE_NS) {
        pieces->count = was_piece(pieces) ? pieces->count + 1 : 0;
        pieces->is_paced = pieces->count >= ENOUGH;
        pieces->started = false; /* as the first one that is paced */
        begin_piece(pieces, stream_ns, arrival_ns);
    }
}

/* How much sooner the packet is due than by its time stamp. */
static int64_t made_up(const struct pieces *pieces, int64_t step_ns)
{
    const int64_t faster = pieces->in_time_ns / S * FASTER_PER_SECOND;
    return step_ns * (faster < FASTER_MAX ? faster : FASTER_MAX) / 1000;
}

static void fade(struct pieces *pieces, int64_t by_ns)
{
    pieces->behind_ns = pieces->behind_ns > by_ns ? pieces->behind_ns - by_ns : 0;
}

static void pace(struct pieces *pieces, int64_t step_ns, int64_t arrival_ns)
{
    const int64_t saved_ns = made_up(pieces, step_ns);
    pieces->due_ns += step_ns - saved_ns;
    pieces->in_time_ns += step_ns;
    /* More than was saved: what a slow clock makes late by a little each time must not add up. */
    fade(pieces, saved_ns + step_ns * FADING / 1000);
    if (arrival_ns > pieces->due_ns) {
        pieces->behind_ns += arrival_ns - pieces->due_ns;
        pieces->due_ns = arrival_ns;
        pieces->in_time_ns = 0;
    } else if (pieces->behind_ns > PIECES_BEHIND_MAX_NS) {
        const int64_t excess_ns = pieces->behind_ns - PIECES_BEHIND_MAX_NS;
        const int64_t wait_ns = pieces->due_ns - arrival_ns;
        const int64_t cut_ns = excess_ns < wait_ns ? excess_ns : wait_ns;
        pieces->due_ns -= cut_ns;
        pieces->behind_ns -= cut_ns;
    }
}

int64_t pieces_due(struct pieces *pieces, int64_t stream_ns, int64_t arrival_ns)
{
    const int64_t step_ns = stream_ns - pieces->stream_ns;
    if (!pieces->is_paced)
        find_out(pieces, stream_ns, arrival_ns);
    const bool is_hopeless = pieces->in_time_ns > IN_TIME_MAX_NS; /* and stays so: it is not paced any more */
    if (!pieces->is_paced || is_hopeless || !pieces->started || step_ns < 0 || step_ns > PIECES_STEP_MAX_NS)
        pieces->due_ns = arrival_ns;
    else
        pace(pieces, step_ns, arrival_ns);
    pieces->started = true;
    pieces->stream_ns = stream_ns;
    pieces->arrival_ns = arrival_ns;
    return pieces->due_ns;
}

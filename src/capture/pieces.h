/*
 * pieces.h - playing in its own time what a camera delivers a piece at once, as a play list's seconds are
 *
 * Its pictures would come in bursts of some seconds, of which a tracker has to skip most. So each packet is taken when it is
 * due by its time stamp; what is not due yet stays with the camera and in the kernel. When one comes too late, all that
 * follows it is later by as much: by itself the delay becomes what it takes never to run dry. As long as none is too late,
 * time runs a little faster, so that a delay that is longer than that goes away, and a camera's clock may be wrong. Where none
 * is for minutes all the same, time stamps run much faster than packets come, and by them the delay would grow without end:
 * from then on each is taken as it comes.
 *
 * Pure: times come in as arguments, in nanoseconds.
 */
#ifndef CAMD_CAPTURE_PIECES_H
#define CAMD_CAPTURE_PIECES_H

#include <stdbool.h>
#include <stdint.h>

#define PIECES_STEP_MAX_NS   INT64_C(2000000000)  /* packets that are further apart are not waited for */
#define PIECES_BEHIND_MAX_NS INT64_C(15000000000) /* what came later than that is made up for at once */

struct pieces {
    bool is_paced; /* it is known to come by pieces */
    bool started;
    int64_t stream_ns, arrival_ns; /* of the last packet */

    /* As long as it is not known. */
    int64_t piece_stream_ns, piece_arrival_ns; /* of the first packet of what came without a pause */
    unsigned int count;                        /* of them that were pieces, in a row */

    /* Once it is. */
    int64_t due_ns;     /* when the last packet was */
    int64_t in_time_ns; /* by time stamps, since the last one that came too late, or the first one */
    int64_t behind_ns;  /* how much later packets are due than without those that were too late a while ago */
};

/* A stream begins. is_known: it comes by pieces, which else is found out. */
void pieces_begin(struct pieces *pieces, bool is_known);

/*
 * When the next packet, in the order of decoding, is to be taken, on the clock of its arrival and never before that. stream_ns:
 * its own time, without jumps.
 */
int64_t pieces_due(struct pieces *pieces, int64_t stream_ns, int64_t arrival_ns);

#endif

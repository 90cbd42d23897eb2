/*
 * skip.h - which packets nobody will look at, so that they need not be decoded
 *
 * The selector (pace.h) must choose the same pictures as if all were decoded. So a packet is left out only when it is
 * certain that its picture would not be chosen, and the selector is told its time when its turn in the order of
 * presentation comes. Whether the decoder really left it out is seen from what comes out. Pure.
 */
#ifndef CAMD_CAPTURE_SKIP_H
#define CAMD_CAPTURE_SKIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SKIP_TIMES_MAX = 64 }; /* more are decoded */

/* Times of packets that may be left out, rising, until a later picture has come out. */
struct skip {
    int64_t times_ns[SKIP_TIMES_MAX];
    size_t count;
};

/* False: no room, the packet has to be decoded. */
bool skip_add(struct skip *skip, int64_t time_ns);
/* The picture of that time came out all the same, or its packet was bad. */
void skip_remove(struct skip *skip, int64_t time_ns);
/* Takes out the first time below the bound: that picture was left out. False: none. */
bool skip_take_before(struct skip *skip, int64_t bound_ns, int64_t *time_ns);

#endif

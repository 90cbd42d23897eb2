/* frame.h - what the writing and the reading side of the frames share; not part of the library's interface. */
#ifndef CAMD_LIBCAMD_FRAME_H
#define CAMD_LIBCAMD_FRAME_H

#include "camd/segment.h"

/* What is in a slot; false when it is empty or being written. */
bool frame_peek(const struct camd_segments *segments, uint32_t slot, struct camd_frame *frame);
/* The whole frame with the highest id of all slots; false when there is none. */
bool frame_find_newest(const struct camd_segments *segments, struct camd_frame *frame);

/* The tracker's half of the lease: false when the slot's word is another than sequence; then nothing is leased. */
bool frame_lease(const struct camd_segments *segments, uint32_t slot, uint32_t sequence);

/* Counters have one writer, so they need no read-modify-write; camd and others read them at any time. */
static inline void counter_add(uint64_t *counter, uint64_t amount)
{
    __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + amount, __ATOMIC_RELAXED);
}

#endif

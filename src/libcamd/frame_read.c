/*
 * The reading sides of the frames: the tracker's, which leases what it reads (the protocol is explained in
 * frame_write.c), and everybody's, which copies and asks afterwards whether the copy is whole.
 */
#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "libcamd/frame.h"

enum {
    FRAME_COPY_TRIES = 16, /* copies of the newest frame before camd_frame_copy gives up */
};

/* ---- the tracker ---- */

void camd_tracker_begin(struct camd_segments *segments)
{
    struct camd_tracker_block *const tracker = segments->tracker;
    const uint64_t head = __atomic_load_n(&segments->capture->head, __ATOMIC_ACQUIRE);
    __atomic_store_n(&tracker->lease, 0, __ATOMIC_SEQ_CST);
    if (head - tracker->tail > CAMD_QUEUE_DEPTH)
        __atomic_store_n(&tracker->tail, head, __ATOMIC_RELEASE);
}

/* T2..T4 */
bool frame_lease(const struct camd_segments *segments, uint32_t slot, uint32_t sequence)
{
    struct camd_tracker_block *const tracker = segments->tracker;
    __atomic_store_n(&tracker->lease, slot + 1, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (sequence % 2 == 0 &&
        __atomic_load_n(&segments->capture->slots[slot].sequence, __ATOMIC_ACQUIRE) == sequence)
        return true;
    __atomic_store_n(&tracker->lease, 0, __ATOMIC_RELEASE);
    return false;
}

/* Takes the entry at tail, if its slot can be leased; the tail moves on in any case. */
static bool frame_take_entry(const struct camd_segments *segments, uint64_t tail, struct camd_frame *frame)
{
    const struct camd_ring_entry *const entry = &segments->capture->ring[tail % CAMD_RING_SIZE];
    /* Read once, since a capture that was taken over may change it between the check and the use. */
    const uint32_t slot = __atomic_load_n(&entry->slot, __ATOMIC_RELAXED);
    const struct camd_frame taken = {
        .pixels = slot < segments->slots ? segments->frames[slot] : NULL,
        .slot = slot,
        .sequence = __atomic_load_n(&entry->sequence, __ATOMIC_RELAXED),
        .flags = entry->flags,
        .epoch = entry->epoch,
        .frame_id = entry->frame_id,
        .stream_time_ns = entry->stream_time_ns,
        .arrival_ns = entry->arrival_ns,
        .wall_ns = entry->wall_ns,
    };
    const bool is_leased = taken.pixels && frame_lease(segments, slot, taken.sequence);

    __atomic_store_n(&segments->tracker->tail, tail + 1, __ATOMIC_RELEASE);
    if (is_leased)
        *frame = taken;
    return is_leased;
}

int camd_tracker_take(struct camd_segments *segments, struct camd_frame *frame)
{
    struct camd_tracker_block *const tracker = segments->tracker;

    /* Bounded, although a queue is never longer than its depth, since capture could go on adding to it. */
    for (int tries = 0; tries < CAMD_RING_SIZE; tries++) {
        const uint64_t head = __atomic_load_n(&segments->capture->head, __ATOMIC_ACQUIRE);
        const uint64_t tail = __atomic_load_n(&tracker->tail, __ATOMIC_RELAXED);
        if (head == tail)
            return -EAGAIN;
        if (head - tail > CAMD_QUEUE_DEPTH) { /* one of the counters is nonsense: start again from here */
            __atomic_store_n(&tracker->tail, head, __ATOMIC_RELEASE);
            return -EAGAIN;
        }
        if (frame_take_entry(segments, tail, frame))
            return 0;
        counter_add(&tracker->lost, 1);
    }
    return -EAGAIN;
}

bool camd_tracker_release(struct camd_segments *segments, const struct camd_frame *frame)
{
    const bool is_whole = camd_frame_whole(segments, frame);

    /* Release: capture, once it sees this, writes into the slot only after all our loads from it. */
    __atomic_store_n(&segments->tracker->lease, 0, __ATOMIC_SEQ_CST);
    return is_whole;
}

void camd_tracker_progress(struct camd_segments *segments, int64_t now_ns)
{
    counter_add(&segments->tracker->frames, 1);
    __atomic_store_n(&segments->tracker->progress_ns, now_ns, __ATOMIC_RELAXED);
}

/* ---- everybody ---- */

bool frame_peek(const struct camd_segments *segments, uint32_t slot, struct camd_frame *frame)
{
    const struct camd_slot *const header = &segments->capture->slots[slot];
    const uint32_t sequence = camd_sequence_read_begin(&header->sequence);
    if (sequence == 0)
        return false;

    const struct camd_frame seen = {
        .pixels = segments->frames[slot],
        .slot = slot,
        .sequence = sequence,
        .flags = header->flags,
        .epoch = header->epoch,
        .frame_id = header->frame_id,
        .stream_time_ns = header->stream_time_ns,
        .arrival_ns = header->arrival_ns,
        .wall_ns = header->wall_ns,
    };

    if (!camd_sequence_read_valid(&header->sequence, sequence) || seen.frame_id == 0)
        return false;
    *frame = seen;
    return true;
}

bool frame_find_newest(const struct camd_segments *segments, struct camd_frame *frame)
{
    struct camd_frame newest = {.frame_id = 0};
    for (uint32_t slot = 0; slot < segments->slots; slot++) {
        struct camd_frame seen;
        if (frame_peek(segments, slot, &seen) && seen.frame_id > newest.frame_id)
            newest = seen;
    }
    if (newest.frame_id == 0)
        return false;
    *frame = newest;
    return true;
}

int camd_frame_newest(const struct camd_segments *segments, struct camd_frame *frame)
{
    const uint32_t newest = __atomic_load_n(&segments->capture->newest, __ATOMIC_ACQUIRE);
    if (newest >= 1 && newest <= segments->slots && frame_peek(segments, newest - 1, frame))
        return 0;
    /* With all others leased or queued, capture writes into the newest frame's slot: the one before is still there. */
    return frame_find_newest(segments, frame) ? 0 : -EAGAIN;
}

bool camd_frame_whole(const struct camd_segments *segments, const struct camd_frame *frame)
{
    return camd_sequence_read_valid(&segments->capture->slots[frame->slot].sequence, frame->sequence);
}

int camd_frame_copy(const struct camd_segments *segments, void *pixels, struct camd_frame *frame)
{
    for (int tries = 0; tries < FRAME_COPY_TRIES; tries++) {
        struct camd_frame newest;
        if (camd_frame_newest(segments, &newest) < 0)
            continue;
        memcpy(pixels, newest.pixels, segments->frame_bytes);
        if (camd_frame_whole(segments, &newest)) {
            newest.pixels = pixels;
            *frame = newest;
            return 0;
        }
    }
    return -EAGAIN;
}

int camd_frame_copy_of(const struct camd_segments *segments, uint64_t frame_id, void *pixels,
                       struct camd_frame *frame)
{
    for (uint32_t slot = 0; slot < segments->slots; slot++) {
        struct camd_frame seen;
        if (!frame_peek(segments, slot, &seen) || seen.frame_id != frame_id)
            continue;
        memcpy(pixels, seen.pixels, segments->frame_bytes);
        if (camd_frame_whole(segments, &seen)) {
            seen.pixels = pixels;
            *frame = seen;
            return 0;
        }
    }
    return -ENOENT;
}

int camd_frame_range(const struct camd_segments *segments, uint64_t *oldest, uint64_t *newest)
{
    uint64_t lowest = UINT64_MAX, highest = 0;
    for (uint32_t slot = 0; slot < segments->slots; slot++) {
        struct camd_frame seen;
        if (!frame_peek(segments, slot, &seen))
            continue;
        lowest = seen.frame_id < lowest ? seen.frame_id : lowest;
        highest = seen.frame_id > highest ? seen.frame_id : highest;
    }
    if (highest == 0)
        return -EAGAIN;
    *oldest = lowest;
    *newest = highest;
    return 0;
}

uint32_t camd_frame_published(const struct camd_segments *segments)
{
    return __atomic_load_n(&segments->capture->publish, __ATOMIC_ACQUIRE);
}

/* A moment from now on the monotonic clock, which is the one that FUTEX_WAIT_BITSET uses for its absolute time. */
static struct timespec frame_deadline(int64_t timeout_ns)
{
    const long second_ns = 1000000000L;
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    if (timeout_ns > 0) {
        deadline.tv_sec += (time_t)(timeout_ns / second_ns);
        deadline.tv_nsec += (long)(timeout_ns % second_ns);
    }
    if (deadline.tv_nsec >= second_ns) {
        deadline.tv_nsec -= second_ns;
        deadline.tv_sec++;
    }
    return deadline;
}

/* Machines of 32 bits have two: the one that takes times of 64 bits, and an older one. */
static long futex_call(void)
{
#ifdef SYS_futex_time64
    if (sizeof(time_t) > sizeof(long))
        return SYS_futex_time64;
#endif
    return SYS_futex;
}

int camd_frame_wait(const struct camd_segments *segments, uint32_t newest_seen, int64_t timeout_ns)
{
    const uint32_t *const publish = &segments->capture->publish;
    const struct timespec deadline = frame_deadline(timeout_ns);
    while (camd_frame_published(segments) == newest_seen) {
        /* Works on a read-only mapping. EAGAIN: the word had changed already; 0 may also be a false alarm. */
        if (syscall(futex_call(), publish, FUTEX_WAIT_BITSET, newest_seen, &deadline, NULL,
                    FUTEX_BITSET_MATCH_ANY) < 0 &&
            errno != EAGAIN)
            return -errno;
    }
    return 0;
}

/*
 * The writing side of the frames: capture's.
 *
 * A slot that capture may write is neither queued nor leased. Both are the tracker's word, and this is how
 * the two agree without a lock:
 *
 *   capture                                          tracker
 *     C1  read tail (acquire): what is queued          T1  read head (acquire), copy the entry at tail
 *     C2  skip slots that are queued or leased         T2  store the lease
 *     C3  store the slot's odd word                    T3  fence (sequentially consistent)
 *     C4  fence (sequentially consistent)              T4  load the slot's word: another than the entry's?
 *                                                          (then give up)
 *     C5  load the lease: this slot? restore, next     T5  store tail+1 (release)
 *     C6  write the picture                            T6  read the picture, then store lease 0 (release)
 *
 * T5 comes after the lease: as long as capture sees the old tail, the slot is queued, and once it sees the
 * new one (acquire), it also sees the lease. That keeps a living pair apart. C3..C5 and T2..T4 hold whatever
 * the counters say, after the death of either for instance: they are the store-then-load of Dekker's
 * algorithm, and of two sequentially consistent fences one comes first. If it is C4, T4 sees the odd word; if
 * it is T3, C5 sees the lease; both may see the other and step back, but never neither. On C5's way back no
 * byte of the picture was changed, so the word that was found is the right one.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "libcamd/frame.h"

/* How many of the ring's last entries the tracker has not taken yet. A tail that can't be counts as a full queue. */
static uint64_t frame_queue_length(const struct camd_segments *segments)
{
    const uint64_t head = __atomic_load_n(&segments->capture->head, __ATOMIC_RELAXED);
    const uint64_t tail = __atomic_load_n(&segments->tracker->tail, __ATOMIC_ACQUIRE);
    return head - tail > CAMD_QUEUE_DEPTH ? CAMD_QUEUE_DEPTH : head - tail;
}

static bool frame_is_queued(const struct camd_capture_block *capture, uint64_t queue_length, uint32_t slot)
{
    for (uint64_t back = 1; back <= queue_length; back++) {
        if (capture->ring[(capture->head - back) % CAMD_RING_SIZE].slot == slot)
            return true;
    }
    return false;
}

static bool frame_is_leased(const struct camd_segments *segments, uint32_t slot)
{
    return __atomic_load_n(&segments->tracker->lease, __ATOMIC_SEQ_CST) == slot + 1;
}

/* C3..C5. False: the tracker was first, and all is as it was. */
static bool frame_slot_claim(const struct camd_segments *segments, uint32_t slot)
{
    uint32_t *const word = &segments->capture->slots[slot].sequence;
    const uint32_t found = __atomic_load_n(word, __ATOMIC_RELAXED);
    __atomic_store_n(word, found | 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!frame_is_leased(segments, slot))
        return true;
    __atomic_store_n(word, found, __ATOMIC_RELEASE);
    return false;
}

/* Makes a slot whose word is odd one without a frame. */
static void frame_slot_empty(const struct camd_segments *segments, uint32_t slot)
{
    struct camd_slot *const header = &segments->capture->slots[slot];
    camd_sequence_write_begin(&header->sequence);
    header->frame_id = 0;
    header->flags = 0;
    camd_sequence_write_end(&header->sequence);
}

/* After slots were emptied: what is the newest frame now? */
static void frame_newest_correct(const struct camd_segments *segments)
{
    struct camd_frame newest;
    const uint32_t word = frame_find_newest(segments, &newest) ? newest.slot + 1 : 0;
    __atomic_store_n(&segments->capture->newest, word, __ATOMIC_RELEASE);
}

void camd_capture_begin(struct camd_segments *segments, uint64_t first_frame_id)
{
    struct camd_capture_block *const capture = segments->capture;
    uint64_t next_id = __atomic_load_n(&capture->next_frame_id, __ATOMIC_RELAXED);
    struct camd_frame newest;

    /*
     * The predecessor may have died inside of a change, so that words are odd which nobody would make even. A
     * slot that is leased nevertheless keeps its picture: only the header is changed here.
     */
    for (uint32_t slot = 0; slot < segments->slots; slot++) {
        if (__atomic_load_n(&capture->slots[slot].sequence, __ATOMIC_RELAXED) % 2 != 0)
            frame_slot_empty(segments, slot);
    }
    frame_newest_correct(segments);

    if (next_id < first_frame_id)
        next_id = first_frame_id;
    if (frame_find_newest(segments, &newest) && next_id <= newest.frame_id)
        next_id = newest.frame_id + 1;
    __atomic_store_n(&capture->next_frame_id, next_id == 0 ? 1 : next_id, __ATOMIC_RELAXED);
    __atomic_store_n(&capture->epoch, capture->epoch + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&capture->idle, 0, __ATOMIC_RELAXED);
}

int camd_capture_slot_open(struct camd_segments *segments, uint32_t *slot, uint8_t **pixels)
{
    const struct camd_capture_block *const capture = segments->capture;
    const uint32_t newest = __atomic_load_n(&capture->newest, __ATOMIC_RELAXED);
    const uint64_t queue_length = frame_queue_length(segments);

    /* Round the slots from the one after the newest, which so is overwritten last of all. */
    for (uint32_t step = 1; step <= segments->slots; step++) {
        const uint32_t candidate = (newest + segments->slots - 1 + step) % segments->slots;
        if (frame_is_queued(capture, queue_length, candidate) || frame_is_leased(segments, candidate))
            continue;
        if (frame_slot_claim(segments, candidate)) {
            *slot = candidate;
            *pixels = segments->frames[candidate];
            return 0;
        }
    }
    return -EAGAIN;
}

void camd_capture_slot_discard(struct camd_segments *segments, uint32_t slot)
{
    frame_slot_empty(segments, slot);
    frame_newest_correct(segments);
}

static void frame_slot_fill(struct camd_slot *header, uint64_t frame_id, uint32_t epoch,
                            const struct camd_frame_times *times)
{
    header->flags = times->flags;
    header->frame_id = frame_id;
    header->stream_time_ns = times->stream_time_ns;
    header->arrival_ns = times->arrival_ns;
    header->wall_ns = times->wall_ns;
    header->epoch = epoch;
    camd_sequence_write_end(&header->sequence);
}

/* Offers the frame in slot to the tracker; false when its queue is full. */
static bool frame_enqueue(const struct camd_segments *segments, uint32_t slot)
{
    struct camd_capture_block *const capture = segments->capture;
    const struct camd_slot *const header = &capture->slots[slot];
    const uint64_t head = __atomic_load_n(&capture->head, __ATOMIC_RELAXED);
    if (!camd_capture_queue_has_room(segments))
        return false;
    capture->ring[head % CAMD_RING_SIZE] = (struct camd_ring_entry){
        .frame_id = header->frame_id,
        .stream_time_ns = header->stream_time_ns,
        .arrival_ns = header->arrival_ns,
        .wall_ns = header->wall_ns,
        .slot = slot,
        .sequence = header->sequence,
        .epoch = header->epoch,
        .flags = header->flags,
    };
    __atomic_store_n(&capture->head, head + 1, __ATOMIC_RELEASE);
    return true;
}

static int64_t frame_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

uint64_t camd_capture_publish(struct camd_segments *segments, uint32_t slot,
                              const struct camd_frame_times *times, bool *queued)
{
    struct camd_capture_block *const capture = segments->capture;
    const uint64_t frame_id = __atomic_load_n(&capture->next_frame_id, __ATOMIC_RELAXED);

    /* Counted before it is used: a successor, should we be killed in between, leaves an id out but uses none twice. */
    __atomic_store_n(&capture->next_frame_id, frame_id + 1, __ATOMIC_RELEASE);
    frame_slot_fill(&capture->slots[slot], frame_id, capture->epoch, times);
    __atomic_store_n(&capture->newest, slot + 1, __ATOMIC_RELEASE);

    const bool is_queued = frame_enqueue(segments, slot);

    counter_add(&capture->frames, 1);
    counter_add(&capture->skipped, is_queued ? 0 : 1);
    counter_add(&capture->gaps, (times->flags & CAMD_FRAME_GAP) != 0 ? 1 : 0);
    __atomic_store_n(&capture->progress_ns, frame_now_ns(), __ATOMIC_RELAXED);

    /* The waiters are in other processes: not FUTEX_PRIVATE_FLAG. */
    __atomic_store_n(&capture->publish, __atomic_load_n(&capture->publish, __ATOMIC_RELAXED) + 1,
                     __ATOMIC_RELEASE);
    syscall(SYS_futex, &capture->publish, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    *queued = is_queued;
    return frame_id;
}

bool camd_capture_queue_has_room(const struct camd_segments *segments)
{
    return frame_queue_length(segments) < CAMD_QUEUE_DEPTH;
}

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "segments_fixture.h"

/* The three sides of one camera, in one process. */
struct sides {
    struct camd_segment_fds fds;
    struct camd_segments capture, tracker, reader;
};

static int set_up_slots(void **state, uint32_t slots)
{
    struct sides *sides = calloc(1, sizeof(*sides));
    if (!sides)
        return -1;
    fixture_make(&sides->fds, slots);
    fixture_map(&sides->fds, CAMD_ROLE_CAPTURE, &sides->capture);
    fixture_map(&sides->fds, CAMD_ROLE_TRACKER, &sides->tracker);
    fixture_map(&sides->fds, CAMD_ROLE_READER, &sides->reader);
    camd_capture_begin(&sides->capture, 0);
    camd_tracker_begin(&sides->tracker);
    *state = sides;
    return 0;
}

static int set_up(void **state)
{
    return set_up_slots(state, CAMD_SLOTS_MIN);
}

static int set_up_many(void **state)
{
    return set_up_slots(state, CAMD_SLOTS_MAX);
}

static int tear_down(void **state)
{
    struct sides *sides = *state;
    camd_segments_unmap(&sides->capture);
    camd_segments_unmap(&sides->tracker);
    camd_segments_unmap(&sides->reader);
    fixture_close(&sides->fds);
    free(sides);
    return 0;
}

/* Writes a frame whose every byte is fill. */
static uint64_t write_frame(struct sides *sides, uint8_t fill, bool *queued)
{
    const struct camd_frame_times times = {
        .stream_time_ns = fill, .arrival_ns = 100 + fill, .wall_ns = 1000 + fill};
    uint32_t slot;
    uint8_t *pixels;
    bool is_queued;
    assert_int_equal(camd_capture_slot_open(&sides->capture, &slot, &pixels), 0);
    assert_ptr_equal(pixels, sides->capture.frames[slot]);
    memset(pixels, fill, FIXTURE_FRAME_BYTES);

    const uint64_t id = camd_capture_publish(&sides->capture, slot, &times, &is_queued);

    if (queued)
        *queued = is_queued;
    return id;
}

static bool is_filled(const uint8_t *pixels, uint8_t fill)
{
    for (size_t i = 0; i < FIXTURE_FRAME_BYTES; i++) {
        if (pixels[i] != fill)
            return false;
    }
    return true;
}

static void test_a_frame_reaches_tracker_and_reader(void **state)
{
    struct sides *sides = *state;
    const struct camd_frame_times times = {5, 6, 7, CAMD_FRAME_GAP | CAMD_FRAME_DAMAGED};
    static uint8_t copy[FIXTURE_FRAME_BYTES];
    struct camd_frame frame, newest, copied;
    uint64_t oldest, newest_id;
    uint32_t slot;
    uint8_t *pixels;
    bool queued;
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), -EAGAIN);
    assert_int_equal(camd_frame_newest(&sides->reader, &newest), -EAGAIN);
    assert_int_equal(camd_frame_range(&sides->reader, &oldest, &newest_id), -EAGAIN);
    assert_int_equal(camd_frame_copy(&sides->reader, copy, &copied), -EAGAIN);

    assert_int_equal(camd_capture_slot_open(&sides->capture, &slot, &pixels), 0);
    memset(pixels, 42, FIXTURE_FRAME_BYTES);
    assert_int_equal(camd_frame_newest(&sides->reader, &newest), -EAGAIN); /* not before it is published */
    assert_int_equal(camd_capture_publish(&sides->capture, slot, &times, &queued), 1);
    assert_true(queued);

    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), 0);
    assert_int_equal(frame.frame_id, 1);
    assert_int_equal(frame.slot, slot);
    assert_int_equal(frame.epoch, 1);
    assert_int_equal(frame.flags, CAMD_FRAME_GAP | CAMD_FRAME_DAMAGED);
    assert_int_equal(frame.stream_time_ns, 5);
    assert_int_equal(frame.arrival_ns, 6);
    assert_int_equal(frame.wall_ns, 7);
    assert_ptr_equal(frame.pixels, sides->tracker.frames[slot]);
    assert_true(is_filled(frame.pixels, 42));
    assert_int_equal(sides->tracker.tracker->lease, slot + 1);
    assert_true(camd_tracker_release(&sides->tracker, &frame));
    assert_int_equal(sides->tracker.tracker->lease, 0);
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), -EAGAIN);

    assert_int_equal(camd_frame_newest(&sides->reader, &newest), 0);
    assert_int_equal(newest.frame_id, 1);
    assert_int_equal(newest.flags, CAMD_FRAME_GAP | CAMD_FRAME_DAMAGED);
    assert_int_equal(newest.arrival_ns, 6);
    assert_ptr_equal(newest.pixels, sides->reader.frames[slot]);
    assert_true(camd_frame_whole(&sides->reader, &newest));
    assert_int_equal(camd_frame_copy(&sides->reader, copy, &copied), 0);
    assert_ptr_equal(copied.pixels, copy);
    assert_int_equal(copied.frame_id, 1);
    assert_true(is_filled(copy, 42));
    assert_int_equal(camd_frame_copy_of(&sides->reader, 2, copy, &copied), -ENOENT);
    assert_int_equal(camd_frame_range(&sides->reader, &oldest, &newest_id), 0);
    assert_int_equal(oldest, 1);
    assert_int_equal(newest_id, 1);
    memset(copy, 0, sizeof(copy));
    assert_int_equal(camd_frame_copy_of(&sides->reader, 1, copy, &copied), 0);
    assert_int_equal(copied.frame_id, 1);
    assert_ptr_equal(copied.pixels, copy);
    assert_true(is_filled(copy, 42));
}

static void test_counters(void **state)
{
    struct sides *sides = *state;
    const struct camd_capture_block *const block = sides->reader.capture;
    const struct camd_frame_times gap = {.flags = CAMD_FRAME_GAP};
    const uint32_t published = camd_frame_published(&sides->reader);
    uint32_t slot;
    uint8_t *pixels;
    bool queued;
    for (uint8_t i = 0; i < 3; i++)
        (void)write_frame(sides, i, &queued);
    assert_false(queued);
    assert_int_equal(camd_capture_slot_open(&sides->capture, &slot, &pixels), 0);
    (void)camd_capture_publish(&sides->capture, slot, &gap, &queued);
    assert_int_equal(block->frames, 4);
    assert_int_equal(block->skipped, 2);
    assert_int_equal(block->gaps, 1);
    assert_true(block->progress_ns > 0);
    assert_int_equal(camd_frame_published(&sides->reader), published + 4);

    camd_tracker_progress(&sides->tracker, 77);
    assert_int_equal(sides->reader.tracker->frames, 1);
    assert_int_equal(sides->reader.tracker->progress_ns, 77);
}

static void test_the_queue_is_two_deep(void **state)
{
    struct sides *sides = *state;
    struct camd_frame frame;
    bool queued;
    assert_true(camd_capture_queue_has_room(&sides->capture));
    assert_int_equal(write_frame(sides, 1, &queued), 1);
    assert_true(queued && camd_capture_queue_has_room(&sides->capture));
    assert_int_equal(write_frame(sides, 2, &queued), 2);
    assert_true(queued && !camd_capture_queue_has_room(&sides->capture));
    assert_int_equal(write_frame(sides, 3, &queued), 3);
    assert_false(queued);

    /* the tracker gets the queued ones in order, and then what comes after the room was there again */
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), 0);
    assert_int_equal(frame.frame_id, 1);
    assert_true(camd_capture_queue_has_room(&sides->capture));
    assert_int_equal(write_frame(sides, 4, &queued), 4);
    assert_true(queued);
    assert_true(camd_tracker_release(&sides->tracker, &frame));
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), 0);
    assert_int_equal(frame.frame_id, 2);
    assert_true(camd_tracker_release(&sides->tracker, &frame));
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), 0);
    assert_int_equal(frame.frame_id, 4);
    assert_true(is_filled(frame.pixels, 4));
    assert_true(camd_tracker_release(&sides->tracker, &frame));
    assert_int_equal(sides->tracker.tracker->lost, 0);
}

/* With the fewest slots: one leased, two queued, and capture goes on in what is left. */
static void test_leased_and_queued_slots_are_never_written(void **state)
{
    struct sides *sides = *state;
    struct camd_frame leased, second, third;
    (void)write_frame(sides, 1, NULL);
    assert_int_equal(camd_tracker_take(&sides->tracker, &leased), 0);
    (void)write_frame(sides, 2, NULL);
    (void)write_frame(sides, 3, NULL);
    for (uint8_t fill = 4; fill < 100; fill++) {
        struct camd_frame newest;
        bool queued;
        (void)write_frame(sides, fill, &queued);
        assert_false(queued);
        assert_int_equal(camd_frame_newest(&sides->reader, &newest), 0);
        assert_int_equal(newest.frame_id, fill);
        assert_true(is_filled(leased.pixels, 1));
    }
    assert_true(camd_tracker_release(&sides->tracker, &leased));
    assert_int_equal(camd_tracker_take(&sides->tracker, &second), 0);
    assert_true(is_filled(second.pixels, 2));
    assert_true(camd_tracker_release(&sides->tracker, &second));
    assert_int_equal(camd_tracker_take(&sides->tracker, &third), 0);
    assert_true(is_filled(third.pixels, 3));
    assert_true(camd_tracker_release(&sides->tracker, &third));
}

static void test_all_slots_are_used_in_turn(void **state)
{
    struct sides *sides = *state;
    bool used[CAMD_SLOTS_MAX] = {false};

    /* two stay queued, and the others take turns, the newest last */
    (void)write_frame(sides, 0, NULL);
    (void)write_frame(sides, 1, NULL);
    for (uint32_t i = 0; i < CAMD_SLOTS_MAX - 2; i++) {
        struct camd_frame newest;
        (void)write_frame(sides, 2, NULL);
        assert_int_equal(camd_frame_newest(&sides->reader, &newest), 0);
        assert_false(used[newest.slot]);
        used[newest.slot] = true;
    }
}

/* The only free slot may be the newest frame's: while it is written, the frame before it is still to be had.
 */
static void test_there_is_a_newest_frame_while_its_slot_is_written(void **state)
{
    struct sides *sides = *state;
    struct camd_frame leased, newest;
    uint32_t slot;
    uint8_t *pixels;
    (void)write_frame(sides, 1, NULL);
    assert_int_equal(camd_tracker_take(&sides->tracker, &leased), 0);
    for (uint8_t fill = 2; fill <= 4; fill++)
        (void)write_frame(sides, fill, NULL);
    assert_int_equal(camd_frame_newest(&sides->reader, &newest), 0);
    assert_int_equal(newest.frame_id, 4);
    assert_int_equal(camd_capture_slot_open(&sides->capture, &slot, &pixels), 0);
    assert_int_equal(slot, newest.slot);
    assert_int_equal(camd_frame_newest(&sides->reader, &newest), 0);
    assert_int_equal(newest.frame_id, 3);
    assert_true(is_filled(newest.pixels, 3));

    camd_capture_slot_discard(&sides->capture, slot);
    assert_int_equal(camd_frame_newest(&sides->reader, &newest), 0);
    assert_int_equal(newest.frame_id, 3);
    assert_int_equal(sides->reader.capture->newest, newest.slot + 1);
    assert_int_equal(write_frame(sides, 5, NULL), 5);
    assert_int_equal(camd_frame_newest(&sides->reader, &newest), 0);
    assert_int_equal(newest.frame_id, 5);
}

/* A slot that is found leased gets back the very word it had: its picture is whole. */
static void test_a_leased_slot_keeps_its_word(void **state)
{
    struct sides *sides = *state;
    uint32_t slot;
    uint8_t *pixels;
    for (uint8_t fill = 1; fill <= 8; fill++)
        (void)write_frame(sides, fill, NULL);
    for (uint32_t leased = 0; leased < CAMD_SLOTS_MIN; leased++) {
        const uint32_t word = sides->reader.capture->slots[leased].sequence;
        sides->tracker.tracker->tail = sides->reader.capture->head; /* nothing queued */
        sides->tracker.tracker->lease = leased + 1;
        assert_int_equal(camd_capture_slot_open(&sides->capture, &slot, &pixels), 0);
        assert_int_not_equal(slot, leased);
        assert_int_equal(sides->reader.capture->slots[leased].sequence, word);
        camd_capture_slot_discard(&sides->capture, slot);
    }
}

static void test_a_reader_that_is_overtaken_is_told(void **state)
{
    struct sides *sides = *state;
    struct camd_frame newest;
    uint8_t copy[FIXTURE_FRAME_BYTES];
    const size_t half = sizeof(copy) / 2;
    (void)write_frame(sides, 1, NULL);
    assert_int_equal(camd_frame_newest(&sides->reader, &newest), 0);
    memcpy(copy, newest.pixels, half);
    sides->tracker.tracker->tail = sides->reader.capture->head;
    for (uint8_t fill = 2; fill <= 5; fill++) {
        sides->tracker.tracker->tail = sides->reader.capture->head;
        (void)write_frame(sides, fill, NULL);
    }
    memcpy(copy + half, newest.pixels + half, sizeof(copy) - half);
    assert_false(is_filled(copy, 1)); /* it is torn indeed */
    assert_false(camd_frame_whole(&sides->reader, &newest));
}

static void test_a_queued_frame_that_was_overwritten_is_lost(void **state)
{
    struct sides *sides = *state;
    struct camd_slot *slots = sides->capture.capture->slots;
    struct camd_frame frame;
    (void)write_frame(sides, 1, NULL);
    (void)write_frame(sides, 2, NULL);
    slots[sides->capture.capture->ring[0].slot].sequence += 2;
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), 0);
    assert_int_equal(frame.frame_id, 2);
    assert_int_equal(sides->tracker.tracker->lost, 1);
    assert_int_equal(sides->tracker.tracker->tail, 2);
    assert_true(camd_tracker_release(&sides->tracker, &frame));

    /* the same with a slot that is being written: nothing is leased then */
    (void)write_frame(sides, 3, NULL);
    slots[sides->capture.capture->ring[2].slot].sequence |= 1;
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), -EAGAIN);
    assert_int_equal(sides->tracker.tracker->lost, 2);
    assert_int_equal(sides->tracker.tracker->lease, 0);
}

static void test_a_frame_changed_under_the_lease_is_told(void **state)
{
    struct sides *sides = *state;
    struct camd_frame frame;
    (void)write_frame(sides, 1, NULL);
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), 0);
    sides->capture.capture->slots[frame.slot].sequence++;
    assert_false(camd_tracker_release(&sides->tracker, &frame));
    assert_int_equal(sides->tracker.tracker->lease, 0);
}

/* ---- nonsense in the block of the other ---- */

static void test_the_tracker_survives_nonsense_of_capture(void **state)
{
    struct sides *sides = *state;
    struct camd_capture_block *block = sides->capture.capture;
    struct camd_frame frame, newest;
    (void)write_frame(sides, 1, NULL);
    block->ring[0].slot = UINT32_MAX;
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), -EAGAIN);
    assert_int_equal(sides->tracker.tracker->lost, 1);

    (void)write_frame(sides, 2, NULL);
    block->ring[1].slot = CAMD_SLOTS_MIN; /* the first that is not there */
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), -EAGAIN);

    (void)write_frame(sides, 3, NULL);
    block->ring[2].sequence = block->slots[block->ring[2].slot].sequence |= 1;
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), -EAGAIN);

    block->head += 1000;
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), -EAGAIN);
    assert_int_equal(sides->tracker.tracker->tail, block->head);
    block->head -= 500;
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), -EAGAIN);
    assert_int_equal(sides->tracker.tracker->tail, block->head);

    block->newest = CAMD_SLOTS_MIN + 1;
    assert_int_equal(camd_frame_newest(&sides->reader, &newest), 0);
    assert_int_equal(newest.frame_id, 2);
    block->newest = 0;
    assert_int_equal(camd_frame_newest(&sides->reader, &newest), 0);
}

static void test_capture_survives_nonsense_of_the_tracker(void **state)
{
    struct sides *sides = *state;
    struct camd_tracker_block *block = sides->tracker.tracker;
    struct camd_frame frame;
    bool queued;
    block->tail = 1000;
    block->lease = UINT32_MAX;
    for (uint8_t fill = 1; fill <= 20; fill++) {
        (void)write_frame(sides, fill, &queued);
        assert_false(queued);
    }
    /* the tracker's successor, or itself, finds back */
    camd_tracker_begin(&sides->tracker);
    assert_int_equal(block->lease, 0);
    assert_int_equal(block->tail, sides->capture.capture->head);
    assert_int_equal(write_frame(sides, 21, &queued), 21);
    assert_true(queued);
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), 0);
    assert_int_equal(frame.frame_id, 21);
}

/* ---- restarts ---- */

static void test_capture_goes_on_after_its_predecessor(void **state)
{
    struct sides *sides = *state;
    struct camd_frame frame, newest;
    uint32_t slot, newest_slot;
    uint8_t *pixels;
    for (uint8_t fill = 1; fill <= 4; fill++)
        (void)write_frame(sides, fill, NULL);
    newest_slot = sides->capture.capture->newest - 1;
    assert_int_equal(camd_capture_slot_open(&sides->capture, &slot, &pixels), 0);

    const uint32_t odd = sides->capture.capture->slots[slot].sequence;

    assert_int_equal(odd % 2, 1);
    camd_capture_begin(&sides->capture, 3); /* killed, and restarted */
    assert_int_equal(sides->capture.capture->epoch, 2);
    assert_int_equal(sides->capture.capture->slots[slot].sequence, odd + 1);
    assert_int_equal(sides->capture.capture->slots[slot].frame_id, 0);
    assert_int_equal(camd_frame_newest(&sides->reader, &newest), 0);
    assert_int_equal(newest.slot, newest_slot);

    /* what was queued is still there, the next id is a new one, and the epoch tells the starts apart */
    assert_int_equal(write_frame(sides, 5, NULL), 5);
    assert_int_equal(camd_frame_newest(&sides->reader, &newest), 0);
    assert_int_equal(newest.epoch, 2);
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), 0);
    assert_int_equal(frame.frame_id, 1);
    assert_int_equal(frame.epoch, 1);
    assert_true(is_filled(frame.pixels, 1));
    assert_true(camd_tracker_release(&sides->tracker, &frame));
}

/* Killed while it wrote into the newest frame's own slot. */
static void test_the_newest_frame_is_corrected_after_a_kill(void **state)
{
    struct sides *sides = *state;
    struct camd_frame leased, newest;
    uint32_t slot;
    uint8_t *pixels;
    (void)write_frame(sides, 1, NULL);
    assert_int_equal(camd_tracker_take(&sides->tracker, &leased), 0);
    for (uint8_t fill = 2; fill <= 4; fill++)
        (void)write_frame(sides, fill, NULL);
    assert_int_equal(camd_capture_slot_open(&sides->capture, &slot, &pixels), 0);
    assert_int_equal(slot + 1, sides->reader.capture->newest);
    camd_capture_begin(&sides->capture, 0);
    assert_int_not_equal(slot + 1, sides->reader.capture->newest);
    assert_int_equal(camd_frame_newest(&sides->reader, &newest), 0);
    assert_int_equal(newest.frame_id, 3);
}

static void test_ids_go_on(void **state)
{
    struct sides *sides = *state;
    assert_int_equal(write_frame(sides, 1, NULL), 1);
    camd_capture_begin(&sides->capture, 1000); /* the daemon's floor: segments made again */
    assert_int_equal(write_frame(sides, 1, NULL), 1000);
    camd_capture_begin(&sides->capture, 500); /* the block's own counter is higher */
    assert_int_equal(write_frame(sides, 1, NULL), 1001);
    sides->capture.capture->next_frame_id = 0; /* lost: but the slots know */
    camd_capture_begin(&sides->capture, 0);
    assert_int_equal(write_frame(sides, 1, NULL), 1002);
}

static void test_a_tracker_drops_its_predecessors_lease(void **state)
{
    struct sides *sides = *state;
    struct camd_frame frame;
    (void)write_frame(sides, 1, NULL);
    (void)write_frame(sides, 2, NULL);
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), 0);
    camd_tracker_begin(&sides->tracker); /* killed with the lease, and restarted */
    assert_int_equal(sides->tracker.tracker->lease, 0);
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), 0);
    assert_int_equal(frame.frame_id, 2);
}

/* ---- waiting ---- */

static void test_wait_times_out_and_sees_what_is_there(void **state)
{
    struct sides *sides = *state;
    const uint32_t seen = camd_frame_published(&sides->reader);
    assert_int_equal(camd_frame_wait(&sides->reader, seen, 1), -ETIMEDOUT);
    assert_int_equal(camd_frame_wait(&sides->reader, seen, 0), -ETIMEDOUT);
    assert_int_equal(camd_frame_wait(&sides->reader, seen, 1000000), -ETIMEDOUT);
    (void)write_frame(sides, 1, NULL);
    assert_int_equal(camd_frame_wait(&sides->reader, seen, INT64_C(3600) * 1000000000), 0);
    assert_int_equal(camd_frame_wait(&sides->reader, seen + 1, 0), -ETIMEDOUT);
}

/* The child says when it is about to wait, and then gets the frame: were the wake-up missing, it would wait
 * on. */
static void test_a_waiting_reader_is_woken(void **state)
{
    struct sides *sides = *state;
    int status, ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    for (int round = 0; round < 20; round++) {
        const uint32_t seen = camd_frame_published(&sides->reader);
        const pid_t child = fork();
        if (child == 0) {
            (void)!write(ready[1], &byte, 1);
            _exit(camd_frame_wait(&sides->reader, seen, INT64_C(3600) * 1000000000) == 0 ? 0 : 1);
        }
        assert_true(child > 0);
        assert_int_equal(read(ready[0], &byte, 1), 1);
        (void)write_frame(sides, 1, NULL);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    close(ready[0]);
    close(ready[1]);
}

#define WITH_SIDES(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SIDES(test_a_frame_reaches_tracker_and_reader),
        WITH_SIDES(test_counters),
        WITH_SIDES(test_the_queue_is_two_deep),
        WITH_SIDES(test_leased_and_queued_slots_are_never_written),
        cmocka_unit_test_setup_teardown(test_all_slots_are_used_in_turn, set_up_many, tear_down),
        WITH_SIDES(test_there_is_a_newest_frame_while_its_slot_is_written),
        WITH_SIDES(test_a_leased_slot_keeps_its_word),
        WITH_SIDES(test_a_reader_that_is_overtaken_is_told),
        WITH_SIDES(test_a_queued_frame_that_was_overwritten_is_lost),
        WITH_SIDES(test_a_frame_changed_under_the_lease_is_told),
        WITH_SIDES(test_the_tracker_survives_nonsense_of_capture),
        WITH_SIDES(test_capture_survives_nonsense_of_the_tracker),
        WITH_SIDES(test_capture_goes_on_after_its_predecessor),
        WITH_SIDES(test_the_newest_frame_is_corrected_after_a_kill),
        WITH_SIDES(test_ids_go_on),
        WITH_SIDES(test_a_tracker_drops_its_predecessors_lease),
        WITH_SIDES(test_wait_times_out_and_sees_what_is_there),
        WITH_SIDES(test_a_waiting_reader_is_woken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Capture's claim of a slot against the tracker's lease of it, at the worst of moments: the other side acts exactly
 * between the store and the load of this one. The load test of the same thing is in test_torn_frames.c.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "segments_fixture.h"

struct sides {
    struct camd_segment_fds fds;
    struct camd_segments capture, tracker;
};

/* What to do in the next sequentially consistent fence, once. */
static void (*at_fence)(struct sides *sides);
static struct sides *fence_sides;
static unsigned int fences; /* sequentially consistent ones */

void fence_hook(int order)
{
    if (order == __ATOMIC_SEQ_CST) {
        void (*const action)(struct sides * sides) = at_fence;

        fences++;
        at_fence = NULL;
        if (action)
            action(fence_sides);
    }
}

static int set_up(void **state)
{
    struct sides *sides = calloc(1, sizeof(*sides));
    if (!sides)
        return -1;
    fixture_make(&sides->fds, CAMD_SLOTS_MIN);
    fixture_map(&sides->fds, CAMD_ROLE_CAPTURE, &sides->capture);
    fixture_map(&sides->fds, CAMD_ROLE_TRACKER, &sides->tracker);
    camd_capture_begin(&sides->capture, 0);
    camd_tracker_begin(&sides->tracker);
    fence_sides = sides;
    at_fence = NULL;
    fences = 0;
    *state = sides;
    return 0;
}

static int tear_down(void **state)
{
    struct sides *sides = *state;
    camd_segments_unmap(&sides->capture);
    camd_segments_unmap(&sides->tracker);
    fixture_close(&sides->fds);
    free(sides);
    return 0;
}

static void write_frame(struct sides *sides)
{
    const struct camd_frame_times times = {0};
    uint32_t slot;
    uint8_t *pixels;
    bool queued;
    assert_int_equal(camd_capture_slot_open(&sides->capture, &slot, &pixels), 0);
    (void)camd_capture_publish(&sides->capture, slot, &times, &queued);
}

/* ---- the tracker acts while capture claims ---- */

static uint32_t claimed;

/* The one slot whose word is odd is the one being claimed: the tracker leases it now. */
static void lease_what_is_claimed(struct sides *sides)
{
    uint32_t odd = 0;
    for (uint32_t slot = 0; slot < CAMD_SLOTS_MIN; slot++) {
        if (sides->tracker.capture->slots[slot].sequence % 2 != 0) {
            claimed = slot;
            odd++;
        }
    }
    assert_int_equal(odd, 1); /* the store comes before the fence */
    sides->tracker.tracker->lease = claimed + 1;
}

static void test_capture_steps_back_from_a_lease_that_comes_during_its_claim(void **state)
{
    struct sides *sides = *state;
    uint32_t words[CAMD_SLOTS_MIN], slot;
    uint8_t *pixels;
    for (int i = 0; i < 8; i++)
        write_frame(sides);
    for (uint32_t i = 0; i < CAMD_SLOTS_MIN; i++)
        words[i] = sides->capture.capture->slots[i].sequence;
    at_fence = lease_what_is_claimed;
    assert_int_equal(camd_capture_slot_open(&sides->capture, &slot, &pixels), 0);
    assert_null(at_fence);
    assert_int_not_equal(slot, claimed);
    assert_int_equal(sides->capture.capture->slots[claimed].sequence, words[claimed]); /* the word it found */
    assert_int_equal(sides->capture.capture->slots[slot].sequence, words[slot] + 1);
}

static uint32_t leases_wandered;

/* A tracker that is always first: with all slots refused there is none. */
static void lease_every_claim(struct sides *sides)
{
    lease_what_is_claimed(sides);
    leases_wandered++;
    at_fence = lease_every_claim;
}

static void test_a_tracker_that_leases_every_claim_leaves_no_slot(void **state)
{
    struct sides *sides = *state;
    uint32_t slot = 77;
    uint8_t *pixels = NULL;
    leases_wandered = 0;
    at_fence = lease_every_claim;
    assert_int_equal(camd_capture_slot_open(&sides->capture, &slot, &pixels), -EAGAIN);
    assert_int_equal(leases_wandered, CAMD_SLOTS_MIN);
    assert_int_equal(slot, 77);
    assert_null(pixels);
    for (uint32_t i = 0; i < CAMD_SLOTS_MIN; i++)
        assert_int_equal(sides->capture.capture->slots[i].sequence, 0);
}

/* Even for a moment: the tracker, about to release it, would take the odd word for a change under its lease. */
static void test_a_leased_slot_is_not_even_claimed(void **state)
{
    struct sides *sides = *state;
    uint32_t slot;
    uint8_t *pixels;
    sides->tracker.tracker->lease = 1; /* slot 0, the first that capture would take */
    assert_int_equal(camd_capture_slot_open(&sides->capture, &slot, &pixels), 0);
    assert_int_equal(slot, 1);
    assert_int_equal(fences, 1);
}

/* ---- capture acts while the tracker leases ---- */

static void claim_what_is_leased(struct sides *sides)
{
    const uint32_t lease = sides->capture.tracker->lease;
    assert_true(lease >= 1 && lease <= CAMD_SLOTS_MIN); /* the store comes before the fence */
    assert_int_equal(sides->capture.tracker->tail, 0);  /* and the tail moves only after it */
    sides->capture.capture->slots[lease - 1].sequence |= 1;
}

static void test_the_tracker_gives_up_a_slot_that_is_claimed_during_its_lease(void **state)
{
    struct sides *sides = *state;
    struct camd_frame frame;
    write_frame(sides);
    at_fence = claim_what_is_leased;
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), -EAGAIN);
    assert_null(at_fence);
    assert_int_equal(sides->tracker.tracker->lease, 0);
    assert_int_equal(sides->tracker.tracker->tail, 1);
    assert_int_equal(sides->tracker.tracker->lost, 1);
}

/* ---- and with nobody in the way ---- */

static void test_either_side_has_one_fence(void **state)
{
    struct sides *sides = *state;
    struct camd_frame frame;
    write_frame(sides);
    assert_int_equal(fences, 1);
    assert_int_equal(camd_tracker_take(&sides->tracker, &frame), 0);
    assert_int_equal(fences, 2);
    assert_true(camd_tracker_release(&sides->tracker, &frame));
}

#define WITH_SIDES(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SIDES(test_capture_steps_back_from_a_lease_that_comes_during_its_claim),
        WITH_SIDES(test_a_tracker_that_leases_every_claim_leaves_no_slot),
        WITH_SIDES(test_a_leased_slot_is_not_even_claimed),
        WITH_SIDES(test_the_tracker_gives_up_a_slot_that_is_claimed_during_its_lease),
        WITH_SIDES(test_either_side_has_one_fence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

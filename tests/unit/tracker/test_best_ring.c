/* Who has a place for a picture: nobody loses it within a minute of its end, and nobody to a picture that is no better. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tracker/best_ring.h"

enum { COUNT = 4, ROUNDS = 200000, OBJECTS = 12 };

#define SECOND INT64_C(1000000000)
#define NOW    (1000 * SECOND)

static struct best_ring ring;

static int set_up(void **state)
{
    (void)state;
    best_ring_init(&ring, COUNT);
    return 0;
}

/* The object gets a place, if there is one. */
static int put(uint64_t id, float worth, int64_t now_ns)
{
    const int place = best_ring_room(&ring, worth, now_ns);
    if (place != BEST_RING_NONE)
        best_ring_take(&ring, place, id, worth);
    return place;
}

static void fill(float worth)
{
    for (uint64_t id = 1; id <= COUNT; id++)
        assert_int_not_equal(put(id, worth, NOW), BEST_RING_NONE);
}

static void test_everybody_gets_a_place_while_there_are_some(void **state)
{
    (void)state;
    fill(0.1F);
    for (uint64_t id = 1; id <= COUNT; id++)
        for (uint64_t other = 1; other < id; other++)
            assert_int_not_equal(best_ring_find(&ring, id), best_ring_find(&ring, other));
    assert_int_equal(best_ring_find(&ring, COUNT + 1), BEST_RING_NONE);
}

static void test_a_picture_that_is_no_better_takes_nobody_s_place(void **state)
{
    (void)state;
    fill(0.5F);
    assert_int_equal(best_ring_room(&ring, 0.5F, NOW), BEST_RING_NONE);
    assert_int_equal(best_ring_room(&ring, 0.5F * BEST_RING_BETTER, NOW), BEST_RING_NONE);
    assert_int_not_equal(best_ring_room(&ring, 0.61F, NOW), BEST_RING_NONE);
}

static void test_a_better_one_takes_that_of_the_worst(void **state)
{
    (void)state;
    fill(0.5F);
    const int worst = best_ring_find(&ring, 3);

    best_ring_take(&ring, worst, 3, 0.2F);
    assert_int_equal(best_ring_room(&ring, 0.3F, NOW), worst);
    assert_int_equal(best_ring_take(&ring, worst, 9, 0.3F), 3);
    assert_int_equal(best_ring_find(&ring, 3), BEST_RING_NONE);
    assert_int_equal(best_ring_take(&ring, worst, 9, 0.4F), 0); /* its own: nobody has lost it */
}

static void test_what_has_ended_is_kept_for_a_minute(void **state)
{
    (void)state;
    fill(0.1F);
    for (uint64_t id = 1; id <= COUNT; id++)
        best_ring_end(&ring, best_ring_find(&ring, id), NOW + (int64_t)id * SECOND);
    /* not even the best picture takes it sooner */
    assert_int_equal(best_ring_room(&ring, 1.0F, NOW + SECOND + BEST_RING_KEPT_NS - 1), BEST_RING_NONE);
    const int first = best_ring_room(&ring, 0.01F, NOW + SECOND + BEST_RING_KEPT_NS);

    assert_int_equal(first, best_ring_find(&ring, 1));
    assert_int_equal(best_ring_take(&ring, first, 9, 0.01F), 0);
    /* and then the one that ended first, whatever its place */
    assert_int_equal(best_ring_room(&ring, 0.01F, NOW + 1000 * SECOND), best_ring_find(&ring, 2));
}

static void test_what_a_predecessor_left(void **state)
{
    (void)state;
    best_ring_restore(&ring, 0, 5, 0, 0.5F, NOW);                 /* it had not ended: it has now */
    best_ring_restore(&ring, 1, 6, NOW - 30 * SECOND, 0.5F, NOW); /* it had */
    best_ring_restore(&ring, 2, 7, NOW + 9 * SECOND, NAN, NOW);   /* nonsense */
    best_ring_restore(&ring, 3, 8, INT64_MIN, 0.5F, NOW);
    assert_int_equal(best_ring_room(&ring, 1.0F, NOW + 30 * SECOND - 1), BEST_RING_NONE);
    assert_int_equal(best_ring_room(&ring, 1.0F, NOW + 30 * SECOND), 1);
    assert_int_not_equal(best_ring_room(&ring, 1.0F, NOW + 60 * SECOND), BEST_RING_NONE);
    assert_int_equal(best_ring_find(&ring, 7), 2);
}

/* Objects come, are seen better, and end in any order: the promises hold at every moment. */
static void test_properties(void **state)
{
    static int64_t ended_ns[OBJECTS]; /* 0: there */
    static uint64_t ids[OBJECTS];
    uint64_t next_id = 1;
    int64_t now_ns = NOW;
    (void)state;
    srandom(5);
    memset(ended_ns, 0, sizeof(ended_ns));
    for (size_t i = 0; i < OBJECTS; i++)
        ids[i] = next_id++;
    for (int round = 0; round < ROUNDS; round++) {
        const size_t i = (size_t)random() % OBJECTS;
        const float worth = (float)(1 + random() % 100) / 100.0F;
        const struct best_ring before = ring;
        int place = best_ring_find(&ring, ids[i]);
        now_ns += random() % (3 * SECOND);
        if (random() % 5 == 0) {
            if (place != BEST_RING_NONE)
                best_ring_end(&ring, place, now_ns);
            ids[i] = next_id++; /* another object */
            continue;
        }
        if (place == BEST_RING_NONE)
            place = best_ring_room(&ring, worth, now_ns);
        if (place == BEST_RING_NONE)
            continue;
        const struct best_place *old = &before.places[place];
        const uint64_t loser = best_ring_take(&ring, place, ids[i], worth);

        assert_true(old->ended_ns == 0 || now_ns - old->ended_ns >= BEST_RING_KEPT_NS);
        if (old->object_id != 0 && old->object_id != ids[i] && old->ended_ns == 0) {
            assert_int_equal(loser, old->object_id);
            assert_true(worth > old->worth * BEST_RING_BETTER);
            for (uint32_t other = 0; other < COUNT; other++) /* nothing else could be given away */
                assert_true(before.places[other].object_id != 0 &&
                            (before.places[other].ended_ns == 0
                                 ? before.places[other].worth >= old->worth
                                 : now_ns - before.places[other].ended_ns < BEST_RING_KEPT_NS));
        } else {
            assert_int_equal(loser, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_everybody_gets_a_place_while_there_are_some, set_up),
        cmocka_unit_test_setup(test_a_picture_that_is_no_better_takes_nobody_s_place, set_up),
        cmocka_unit_test_setup(test_a_better_one_takes_that_of_the_worst, set_up),
        cmocka_unit_test_setup(test_what_has_ended_is_kept_for_a_minute, set_up),
        cmocka_unit_test_setup(test_what_a_predecessor_left, set_up),
        cmocka_unit_test_setup(test_properties, set_up),
    };
    return cmocka_run_group_tests_name("best ring", tests, NULL, NULL);
}

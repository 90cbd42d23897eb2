/* The slot budget: the reference's vectors, and properties that hold for any machine and any cameras. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "camd/shm.h"
#include "daemon/segments/budget.h"

#define MB UINT64_C(1048576)

enum { PAGE = 4096, ROUNDS = 20000, CAMERAS = 12 };

static const struct budget_size hd = {1280, 720}, full_hd = {1920, 1080};

static uint32_t random_below(uint32_t limit)
{
    return (uint32_t)random() % limit;
}

static struct budget_size random_size(void)
{
    return (struct budget_size){16 + 2 * random_below(2000), 16 + 2 * random_below(2000)};
}

static struct budget_sum sum_of(const struct budget_size *sizes, size_t count)
{
    struct budget_sum sum = {0};
    for (size_t i = 0; i < count; i++)
        budget_add(&sum, sizes[i]);
    return sum;
}

static void compute(struct budget *budget, uint64_t total_bytes, int64_t reserve_mb, uint32_t slots_max,
                    const struct budget_size *sizes, size_t count)
{
    const struct budget_sum sum = sum_of(sizes, count);
    budget_compute(budget, total_bytes, reserve_mb, slots_max, &sum);
}

/* What a camera of this size counts for, in MB. */
static double camera_mb(uint32_t width, uint32_t height)
{
    struct budget_size size = {width, height};
    struct budget with, without;
    compute(&with, 0, 0, 50, &size, 1);
    compute(&without, 0, 0, 50, NULL, 0);
    return (double)(int64_t)((with.camera_sum_mb - without.camera_sum_mb) * 10 + 0.5) / 10;
}

static void test_camera_sizes(void **state)
{
    (void)state;
    /* (w*h*1.5 + 270480) / 2^20 = 1.576, 3.224, 0.891, 12.12 */
    assert_true(camera_mb(1280, 720) == 1.6);
    assert_true(camera_mb(1920, 1080) == 3.2);
    assert_true(camera_mb(768, 576) == 0.9);
    assert_true(camera_mb(3840, 2160) == 12.1);
}

/* Sizes whose MB end exactly in 5 hundredths: 0.75 goes up to 0.8, 11.25 down to 11.2. */
static void test_rounds_half_to_even(void **state)
{
    (void)state;
    assert_int_equal((uint64_t)48 * 7166 * 3 / 2 + 270480, 3 * MB / 4);
    assert_true(camera_mb(48, 7166) == 0.8);
    assert_int_equal((uint64_t)1000 * 7684 * 3 / 2 + 270480, 45 * MB / 4);
    assert_true(camera_mb(1000, 7684) == 11.2);
}

static void test_reference_vector(void **state)
{
    const struct budget_size cameras[] = {hd, hd};
    struct budget budget;
    (void)state;
    compute(&budget, 128 * MB, 50, 50, cameras, 2);
    assert_true(budget.total_mb == 128);
    assert_true(budget.camera_sum_mb == 6.4);
    assert_true(budget.recommended_mb == 178);
    assert_int_equal(budget.slots, 12);
    assert_true(budget.small);
    assert_false(budget.spare_given_up);
    assert_false(budget.reserve_given_up);
}

/* The size it recommends gives the twenty slots that it is for, and a tenth less does not. */
static void test_recommended_size_is_enough(void **state)
{
    const struct budget_size cameras[] = {hd, hd};
    struct budget budget;
    (void)state;
    compute(&budget, 178 * MB, 50, 50, cameras, 2);
    assert_int_equal(budget.slots, 20);
    assert_false(budget.small);
    compute(&budget, 178 * MB - MB / 10, 50, 50, cameras, 2);
    assert_int_equal(budget.slots, 19);
    assert_true(budget.small);
}

static void test_slots_max_bounds_the_wish(void **state)
{
    struct budget budget;
    (void)state;
    compute(&budget, 4096 * MB, 50, 50, &hd, 1);
    assert_int_equal(budget.slots, 50);
    compute(&budget, 4096 * MB, 50, 10, &hd, 1);
    assert_int_equal(budget.slots, 10);
    assert_false(budget.small);
    compute(&budget, 100 * MB, 50, 9, &hd, 1); /* memory would give 10 */
    assert_int_equal(budget.slots, 9);
    assert_false(budget.small); /* the administrator's choice, not want of memory */
    compute(&budget, 4096 * MB, 50, 1000, &hd, 1);
    assert_int_equal(budget.slots, CAMD_SLOTS_MAX);
    compute(&budget, 4096 * MB, 50, 0, &hd, 1);
    assert_int_equal(budget.slots, CAMD_SLOTS_MIN);
}

/* One camera of 1080p: S 3.2 + 3.2 for the spare ones; four slots take 25.6 MB with them, 12.8 without. */
static void test_spare_cameras_go_before_the_reserve(void **state)
{
    struct budget budget;
    (void)state;
    compute(&budget, 50 * MB + 256 * MB / 10 + MB / 20, 50, 50, &full_hd, 1);
    assert_int_equal(budget.slots, 4);
    assert_false(budget.spare_given_up);

    compute(&budget, 75 * MB, 50, 50, &full_hd, 1);
    assert_int_equal(budget.slots, 4);
    assert_true(budget.spare_given_up);
    assert_false(budget.reserve_given_up);

    compute(&budget, 62 * MB, 50, 50, &full_hd, 1);
    assert_int_equal(budget.slots, 4);
    assert_true(budget.spare_given_up);
    assert_true(budget.reserve_given_up);

    compute(&budget, 16 * MB, 50, 50, &full_hd, 1);
    assert_int_equal(budget.slots, 4);
    assert_true(budget.reserve_given_up);
    assert_true(budget.small);
}

static void test_no_cameras(void **state)
{
    struct budget budget;
    (void)state;
    compute(&budget, 128 * MB, 50, 50, NULL, 0);
    assert_true(budget.camera_sum_mb == 3.2);
    assert_int_equal(budget.slots, 24);
    compute(&budget, 0, 50, 50, NULL, 0);
    assert_int_equal(budget.slots, CAMD_SLOTS_MIN);
}

/* Cameras come, change their size and go in any order: what is left counts as if the others had never been. */
static void test_what_is_taken_away_counts_no_more(void **state)
{
    struct budget_size sizes[CAMERAS];
    struct budget_sum sum = {0}, rest;
    (void)state;
    srandom(3);
    for (size_t i = 0; i < CAMERAS; i++) {
        sizes[i] = i % 3 == 0 ? (struct budget_size){0, 0} : random_size();
        budget_add(&sum, sizes[i]);
    }
    for (size_t i = 0; i < CAMERAS / 2; i++)
        budget_remove(&sum, sizes[2 * i]);
    rest = (struct budget_sum){0};
    for (size_t i = 0; i < CAMERAS / 2; i++)
        budget_add(&rest, sizes[2 * i + 1]);
    assert_int_equal(sum.tenths_mb, rest.tenths_mb);
    for (size_t i = 0; i < CAMERAS / 2; i++)
        budget_remove(&sum, sizes[2 * i + 1]);
    assert_int_equal(sum.tenths_mb, 0);
}

/* Best pictures go off what the cameras share, as the reserve does; without them the reference's numbers hold. */
static void test_best_pictures_are_a_term_of_their_own(void **state)
{
    const uint64_t one = budget_best_bytes(16, 64, PAGE);
    struct budget_sum sum = sum_of(&hd, 1);
    struct budget with, without;
    (void)state;
    assert_int_equal(budget_best_bytes(0, 64, PAGE), 0);
    assert_int_equal(one, 16 * 64 * 1024 + PAGE); /* the heads begin another page */
    budget_compute(&without, 256 * MB, 50, 50, &sum);
    for (int i = 0; i < 100; i++)
        budget_add_best(&sum, one);
    budget_compute(&with, 256 * MB, 50, 50, &sum);
    assert_true(without.best_mb == 0.0);
    assert_true(with.best_mb == 100.0); /* 1.004 each, in whole tenths */
    assert_true(with.camera_sum_mb == without.camera_sum_mb);
    assert_true(with.recommended_mb == without.recommended_mb + 100.0);
    assert_int_equal(without.slots, (2560 - 500) / 48);
    assert_int_equal(with.slots, (2560 - 500 - 1000) / 48);
    for (int i = 0; i < 100; i++)
        budget_remove_best(&sum, one);
    budget_compute(&with, 256 * MB, 50, 50, &sum);
    assert_memory_equal(&with, &without, sizeof(with));
}

static void test_unknown_size_counts_as_the_usual_one(void **state)
{
    (void)state;
    assert_true(camera_mb(0, 0) == camera_mb(1280, 720));
}

static void test_camera_bytes(void **state)
{
    (void)state;
    /* info 4256 and a frame of 442368*1.5 = 663552 bytes are whole pages only after rounding up */
    uint64_t fixed = 8192 + CAMD_CTL_BYTES + (sizeof(struct camd_result_ring) + PAGE - 1) / PAGE * PAGE;

    assert_int_equal(budget_camera_bytes(768, 576, 4, PAGE), fixed + 4 * 663552);
    assert_int_equal(budget_camera_bytes(16, 16, 4, PAGE), fixed + 4 * PAGE);
    assert_int_equal(budget_camera_bytes(8192, 8192, 64, PAGE), fixed + UINT64_C(64) * 8192 * 8192 * 3 / 2);
}

static void test_fit(void **state)
{
    uint64_t ten = budget_camera_bytes(1280, 720, 10, PAGE), four = budget_camera_bytes(1280, 720, 4, PAGE);
    (void)state;
    assert_int_equal(budget_fit(1280, 720, 10, ten, 0, PAGE), 10);
    assert_int_equal(budget_fit(1280, 720, 10, ten - 1, 0, PAGE), 9);
    assert_int_equal(budget_fit(1280, 720, 10, ten + 50 * MB, 50, PAGE), 10);
    assert_int_equal(budget_fit(1280, 720, 10, ten + 50 * MB - 1, 50, PAGE), 9);
    /* the reserve goes for the first four slots only */
    assert_int_equal(budget_fit(1280, 720, 10, ten, 50, PAGE), 4);
    assert_int_equal(budget_fit(1280, 720, 10, four, 50, PAGE), 4);
    assert_int_equal(budget_fit(1280, 720, 10, four - 1, 50, PAGE), 0);
    assert_int_equal(budget_fit(1280, 720, 10, 0, 0, PAGE), 0);
}

/* More memory never gives fewer slots, nothing is given up in vain or out of order, the bounds hold. */
static void test_properties(void **state)
{
    (void)state;
    srandom(1);
    for (int round = 0; round < ROUNDS; round++) {
        struct budget_size cameras[CAMERAS];
        size_t count = random_below(CAMERAS + 1);
        uint64_t total = (uint64_t)random_below(2000) * MB + random_below(1048576);
        int64_t reserve = random_below(100);
        uint32_t slots_max = 4 + random_below(70);
        struct budget budget, larger, fewer;
        for (size_t i = 0; i < count; i++)
            cameras[i] = random_size();
        compute(&budget, total, reserve, slots_max, cameras, count);
        compute(&larger, total + random_below(1u << 30), reserve, slots_max, cameras, count);
        compute(&fewer, total, reserve, slots_max, cameras, count ? count - 1 : 0);

        assert_in_range(budget.slots, CAMD_SLOTS_MIN,
                        slots_max < CAMD_SLOTS_MAX ? slots_max : CAMD_SLOTS_MAX);
        assert_true(larger.slots >= budget.slots);
        assert_true(fewer.slots >= budget.slots);
        assert_true(budget.spare_given_up >= budget.reserve_given_up);
        assert_true(budget.spare_given_up >= larger.spare_given_up);
        assert_true(budget.reserve_given_up >= larger.reserve_given_up);
        /* the slots are the most that fit; the thousandth is for the doubles here, tenths are exact */
        if (budget.spare_given_up)
            assert_int_equal(budget.slots, CAMD_SLOTS_MIN);
        else
            assert_true(budget.slots * budget.camera_sum_mb <= budget.total_mb - (double)reserve + 0.001);
        if (!budget.spare_given_up && budget.slots < slots_max && budget.slots < CAMD_SLOTS_MAX)
            assert_true((budget.slots + 1.0) * budget.camera_sum_mb >
                        budget.total_mb - (double)reserve - 0.001);
    }
}

static void test_fit_properties(void **state)
{
    (void)state;
    srandom(2);
    for (int round = 0; round < ROUNDS; round++) {
        struct budget_size size = random_size();
        uint32_t wish = 4 + random_below(61);
        uint64_t free_bytes = (uint64_t)random_below(1000) * MB + random_below(1048576);
        int64_t reserve = random_below(100);
        uint32_t fit = budget_fit(size.width, size.height, wish, free_bytes, reserve, PAGE);
        assert_true(fit == 0 || (fit >= CAMD_SLOTS_MIN && fit <= wish));
        assert_int_equal(fit == 0, budget_camera_bytes(size.width, size.height, 4, PAGE) > free_bytes);
        if (fit > CAMD_SLOTS_MIN)
            assert_true(budget_camera_bytes(size.width, size.height, fit, PAGE) + (uint64_t)reserve * MB <=
                        free_bytes);
        if (fit != 0 && fit < wish)
            assert_true(budget_camera_bytes(size.width, size.height, fit + 1, PAGE) + (uint64_t)reserve * MB >
                        free_bytes);
    }
}

/* ---- descriptors ---- */

enum { CLIENTS = 64 };

static struct budget_descriptors descriptors(uint64_t limit, size_t cameras)
{
    struct budget_descriptors budget;
    budget_descriptors(&budget, limit, CLIENTS, cameras, 0);
    return budget;
}

/* 333 cameras needed 20,000, and an init script's usual hard limit of 4096 ended at 68. */
static void test_cameras_of_usual_limits(void **state)
{
    static const struct {
        uint64_t limit;
        size_t cameras; /* that can run */
    } rows[] = {{1024, 72}, {4096, 328}, {20000, 1653}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(descriptors(rows[i].limit, rows[i].cameras - 1).missing, 0);
        assert_in_range(descriptors(rows[i].limit, rows[i].cameras).missing, 1, BUDGET_CAMERA_DESCRIPTORS);
        assert_int_equal(descriptors(rows[i].limit, 0).slots_max, CAMD_SLOTS_MAX);
    }
}

/* Whatever the limit: what is said to be missing is, what is said to be enough is, and more cameras need more. */
static void test_descriptor_properties(void **state)
{
    (void)state;
    for (uint64_t limit = 0; limit < 3000; limit++) {
        for (size_t cameras = 0; cameras < 250; cameras += 7) {
            struct budget_descriptors budget = descriptors(limit, cameras);
            assert_true(budget.slots_max <= CAMD_SLOTS_MAX);
            assert_int_equal(descriptors(budget_descriptors_enough(CLIENTS, cameras + 1, 0), cameras).missing,
                             0);
            assert_true(descriptors(limit, cameras + 1).missing >= budget.missing);
            assert_int_equal(descriptors(limit, cameras + 1).slots_max, budget.slots_max);
            if (budget.missing > 0)
                assert_true(budget_descriptors_enough(CLIENTS, cameras + 1, 0) > limit);
            else
                assert_true(budget.slots_max >= CAMD_SLOTS_MIN &&
                            BUDGET_CAMERA_DESCRIPTORS * (cameras + 1) + budget.slots_max < limit);
        }
    }
}

/* An unlimited one, which RLIM_INFINITY is, and more cameras than anybody has. */
static void test_descriptors_without_limit(void **state)
{
    (void)state;
    assert_int_equal(descriptors(UINT64_MAX, 1000000).missing, 0);
}

static void test_worth_a_restart(void **state)
{
    (void)state;
    assert_true(budget_is_worth_a_restart(4, 8));
    assert_true(budget_is_worth_a_restart(15, 20));
    assert_false(budget_is_worth_a_restart(4, 4));
    assert_false(budget_is_worth_a_restart(4, 0));
    assert_false(budget_is_worth_a_restart(10, 12)); /* a camera went, which changes little for the others */
    assert_false(budget_is_worth_a_restart(20, 50));
}

/* Segments are memory: what camd and the workers need comes first, and nothing wraps around. */
static void test_memory_is_for_workers_first(void **state)
{
    const struct budget_size sizes[] = {{768, 576}, full_hd, {0, 0}};
    struct budget_sum sum = sum_of(sizes, 3);
    (void)state;
    assert_int_equal(sum.workers_bytes, budget_workers_bytes(768, 576) + budget_workers_bytes(1920, 1080) +
                                            budget_workers_bytes(BUDGET_USUAL_WIDTH, BUDGET_USUAL_HEIGHT));
    budget_remove(&sum, full_hd);
    budget_remove(&sum, (struct budget_size){0, 0});
    assert_int_equal(sum.workers_bytes, budget_workers_bytes(768, 576));
    assert_int_equal(budget_for_segments(100 * MB, 20 * MB), 80 * MB - BUDGET_OWN_BYTES);
    assert_int_equal(budget_for_segments(20 * MB, 20 * MB), 0);
    assert_int_equal(budget_for_segments(0, UINT64_MAX / 2), 0);
    assert_true(budget_for_segments(UINT64_MAX, 20 * MB) >
                UINT64_MAX / 2); /* nobody knows how much there is */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_camera_sizes),
        cmocka_unit_test(test_rounds_half_to_even),
        cmocka_unit_test(test_reference_vector),
        cmocka_unit_test(test_recommended_size_is_enough),
        cmocka_unit_test(test_slots_max_bounds_the_wish),
        cmocka_unit_test(test_spare_cameras_go_before_the_reserve),
        cmocka_unit_test(test_no_cameras),
        cmocka_unit_test(test_what_is_taken_away_counts_no_more),
        cmocka_unit_test(test_best_pictures_are_a_term_of_their_own),
        cmocka_unit_test(test_unknown_size_counts_as_the_usual_one),
        cmocka_unit_test(test_camera_bytes),
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_fit_properties),
        cmocka_unit_test(test_cameras_of_usual_limits),
        cmocka_unit_test(test_descriptor_properties),
        cmocka_unit_test(test_descriptors_without_limit),
        cmocka_unit_test(test_worth_a_restart),
        cmocka_unit_test(test_memory_is_for_workers_first),
    };

    return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}

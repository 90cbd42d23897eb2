#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "detector/turns.h"

enum { CAMERAS = 5 };

static struct turns_camera waits(uint32_t waiting, uint64_t first_id)
{
    struct turns_camera camera = {.waiting = waiting};
    for (uint32_t i = 0; i < CAMD_REQUESTS; i++)
        camera.request_ids[i] = first_id + i;
    return camera;
}

static void assert_turn(struct turns *turns, const struct turns_camera *cameras, uint32_t count,
                        uint32_t camera, uint32_t entry)
{
    struct turn turn;
    assert_true(turns_take(turns, cameras, count, &turn));
    assert_int_equal(turn.camera, camera);
    assert_int_equal(turn.entry, entry);
}

static void nobody_waits(void **state)
{
    (void)state;
    struct turns turns = {0};
    struct turns_camera cameras[CAMERAS] = {{0}};
    struct turn turn = {77, 77};
    assert_false(turns_take(&turns, cameras, CAMERAS, &turn));
    assert_false(turns_take(&turns, cameras, 0, &turn));
    assert_int_equal(turn.camera, 77);
}

static void a_cameras_oldest_request_is_first(void **state)
{
    (void)state;
    struct turns turns = {0};
    struct turns_camera camera = {.waiting = 0xf, .request_ids = {9, 7, 12, 8}};
    static const uint32_t ORDER[] = {1, 3, 0, 2};
    for (size_t i = 0; i < 4; i++) {
        assert_turn(&turns, &camera, 1, 0, ORDER[i]);
        camera.waiting &= ~(1U << ORDER[i]);
    }
}

/* One camera always has all its entries full; a quiet one still is next. */
static void a_busy_camera_does_not_starve_a_quiet_one(void **state)
{
    (void)state;
    struct turns turns = {0};
    struct turns_camera cameras[CAMERAS] = {[0] = waits(0xf, 1)};
    for (int i = 0; i < 10; i++)
        assert_turn(&turns, cameras, CAMERAS, 0, 0);
    cameras[3] = waits(1U << 2, 1000000);
    assert_turn(&turns, cameras, CAMERAS, 3, 2);
    cameras[3].waiting = 0;
    assert_turn(&turns, cameras, CAMERAS, 0, 0);
}

/* Of n cameras that always wait, everybody has one turn in n. */
static void all_have_as_many_turns(void **state)
{
    (void)state;
    struct turns turns = {0};
    struct turns_camera cameras[CAMERAS];
    int served[CAMERAS] = {0};
    for (uint32_t i = 0; i < CAMERAS; i++)
        cameras[i] = waits(1U << i % CAMD_REQUESTS, 100 - i);
    for (int i = 0; i < 100 * CAMERAS; i++) {
        struct turn turn;
        assert_true(turns_take(&turns, cameras, CAMERAS, &turn));
        served[turn.camera]++;
        for (uint32_t k = 0; k < CAMERAS; k++)
            assert_in_range(served[k], i / CAMERAS, i / CAMERAS + 1);
    }
}

/* Random cameras come, go and ask: none that asks is passed over more than once by anybody else. */
static void nobody_is_served_twice_while_another_waits(void **state)
{
    (void)state;
    enum { MOST = 8 };
    srand(11);
    for (int round = 0; round < 200; round++) {
        struct turns turns = {0};
        struct turns_camera cameras[MOST] = {{0}};
        int passed[MOST][MOST] = {{0}}; /* [i][k]: turns of k since i waits */
        uint32_t count = 1 + (uint32_t)rand() % MOST;
        for (int step = 0; step < 100; step++) {
            struct turn turn;
            for (uint32_t i = 0; i < count; i++)
                if (cameras[i].waiting == 0 && rand() % 3 == 0)
                    cameras[i] = waits(1U + (uint32_t)rand() % 15U, (uint64_t)rand());
            if (count > 1 && rand() % 10 == 0) {
                const uint32_t gone = (uint32_t)rand() % count--;
                memmove(&cameras[gone], &cameras[gone + 1], (count - gone) * sizeof(cameras[0]));
                turns_remove(&turns, gone);
                memset(passed, 0, sizeof(passed));
            } else if (count < MOST && rand() % 10 == 0) {
                cameras[count++] = waits(0xf, 1);
                memset(passed, 0, sizeof(passed));
            }
            if (!turns_take(&turns, cameras, count, &turn))
                continue;
            assert_true(turn.camera < count && (cameras[turn.camera].waiting & 1U << turn.entry) != 0);
            cameras[turn.camera].waiting &= ~(1U << turn.entry);
            memset(passed[turn.camera], 0, sizeof(passed[0]));
            for (uint32_t i = 0; i < count; i++)
                if (i != turn.camera && cameras[i].waiting != 0)
                    assert_int_equal(passed[i][turn.camera]++, 0);
        }
    }
}

static void who_is_next_stays_so_when_one_before_goes(void **state)
{
    (void)state;
    struct turns turns = {0};
    struct turns_camera cameras[3] = {waits(1, 1), waits(1, 1), waits(1, 1)};
    assert_turn(&turns, cameras, 3, 0, 0);
    turns_remove(&turns, 0); /* what was 1 and 2 is 0 and 1 */
    assert_turn(&turns, cameras, 2, 0, 0);
    turns_remove(&turns, 1); /* that whose turn it is */
    assert_turn(&turns, cameras, 1, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_waits),
        cmocka_unit_test(a_cameras_oldest_request_is_first),
        cmocka_unit_test(a_busy_camera_does_not_starve_a_quiet_one),
        cmocka_unit_test(all_have_as_many_turns),
        cmocka_unit_test(nobody_is_served_twice_while_another_waits),
        cmocka_unit_test(who_is_next_stays_so_when_one_before_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

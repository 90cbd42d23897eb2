/* What workers write, read without risk; and what camd publishes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/sys.h"
#include "daemon/segments/shm_blocks.h"
#include "daemon/segments/shm_store.h"
#include "grid/grid.h"
#include "leftovers.h"
#include "shm_fixture.h"

enum { PTZ_CHANGES = 20000 };

static void test_blocks_are_read_where_workers_write_them(void **state)
{
    struct shm_store *store = fixture_store();
    uint8_t *ctl = fixture_map_part("ctl", CAMD_CTL_BYTES, PROT_READ | PROT_WRITE);
    struct camd_capture_block *capture = (void *)(ctl + CAMD_BLOCK_CAPTURE), capture_copy;
    struct camd_tracker_block *tracker = (void *)(ctl + CAMD_BLOCK_TRACKER), tracker_copy;
    (void)state;
    capture->frames = 42;
    capture->skipped_fps_milli = 43;
    tracker->tail = 44;
    tracker->motion_time_ns = 45;
    assert_int_equal(shm_blocks_capture(store, &capture_copy), 0);
    assert_int_equal(shm_blocks_tracker(store, &tracker_copy), 0);
    assert_memory_equal(&capture_copy, capture, offsetof(struct camd_capture_block, ring));
    assert_memory_equal(&tracker_copy, tracker, sizeof(tracker_copy));
    munmap(ctl, CAMD_CTL_BYTES);
    shm_store_free(store);
}

/* in and out are opened for a look: a detector that truncates one, or somebody who takes its name, is no harm. */
static void test_exchange_is_read_where_it_stands(void **state)
{
    struct shm_plan plan = fixture_plan();
    struct shm_exchange exchange = {0};
    char path[FIXTURE_PATH_BYTES];
    (void)state;
    plan.input_width = plan.input_height = 32;
    struct shm_store *store = fixture_store_of(&plan);
    size_t fds = count_descriptors();
    struct camd_answer_ring *out = fixture_map_part("out", sizeof(*out), PROT_READ | PROT_WRITE);

    out->answers[2].request_id = 5;
    out->answers[3].generation = 6;
    assert_int_equal(shm_blocks_exchange(store, &exchange), 0);
    assert_int_equal(exchange.requests[3].state, CAMD_REQUEST_FREE);
    assert_int_equal(exchange.answered[2], 5);
    assert_int_equal(exchange.generations[3], 6);
    munmap(out, sizeof(*out));
    fixture_path(fixture.prefix, "front.out", path);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(shm_blocks_exchange(store, &exchange), -ESTALE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0666), 0);
    assert_int_equal(shm_blocks_exchange(store, &exchange), -ESTALE);
    assert_int_equal(exchange.answered[2], 5);
    assert_int_equal(count_descriptors(), fds);
    shm_store_free(store);

    store = fixture_store();
    assert_int_equal(shm_blocks_exchange(store, &exchange), -ENOENT);
    shm_store_free(store);
}

static void test_lease_is_cleared_and_nothing_else(void **state)
{
    struct shm_store *store = fixture_store();
    uint8_t *ctl = fixture_map_part("ctl", CAMD_CTL_BYTES, PROT_READ | PROT_WRITE), expected[CAMD_CTL_BYTES];
    struct camd_tracker_block *tracker = (void *)(expected + CAMD_BLOCK_TRACKER);
    (void)state;
    memset(ctl, 0xa5, CAMD_CTL_BYTES);
    memset(expected, 0xa5, CAMD_CTL_BYTES);
    tracker->lease = 0;
    assert_int_equal(shm_blocks_clear_lease(store), 0);
    assert_memory_equal(ctl, expected, CAMD_CTL_BYTES);
    munmap(ctl, CAMD_CTL_BYTES);
    shm_store_free(store);
}

static void test_truncated_ctl_is_an_error(void **state)
{
    struct shm_store *store = fixture_store();
    struct camd_capture_block capture, capture_kept;
    struct camd_tracker_block tracker, tracker_kept;
    int fd = fixture_open_part("ctl", O_RDWR);
    (void)state;
    memset(&capture, 0x5a, sizeof(capture));
    memset(&tracker, 0x5a, sizeof(tracker));
    capture_kept = capture;
    tracker_kept = tracker;
    assert_int_equal(ftruncate(fd, CAMD_BLOCK_TRACKER + 4), 0);
    assert_int_equal(shm_blocks_tracker(store, &tracker), -EIO);
    assert_int_equal(shm_blocks_clear_lease(store), -EIO);
    assert_int_equal(shm_blocks_capture(store, &capture_kept), 0); /* still whole */
    capture_kept = capture;
    assert_int_equal(ftruncate(fd, 100), 0);
    assert_int_equal(shm_blocks_capture(store, &capture), -EIO);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(shm_blocks_capture(store, &capture), -EIO);
    assert_memory_equal(&capture, &capture_kept, sizeof(capture));
    assert_memory_equal(&tracker, &tracker_kept, sizeof(tracker));
    assert_int_equal(fixture_stat_part("ctl").st_size, 0); /* and was not made longer again */
    assert_false(shm_store_intact(store, NULL));
    close(fd);
    shm_store_free(store);
    fixture_assert_nothing_left();
}

static void test_truncated_info_is_an_error(void **state)
{
    struct shm_store *store = fixture_store();
    int fd = fixture_open_part("info", O_RDWR);
    (void)state;
    assert_int_equal(ftruncate(fd, 100), 0);
    assert_int_equal(shm_blocks_set_ptz(store, true, 1), -EIO);
    assert_int_equal(fixture_stat_part("info").st_size, 100);
    close(fd);
    shm_store_free(store);
    fixture_assert_nothing_left();
}

static void test_ptz_is_published(void **state)
{
    struct shm_store *store = fixture_store();
    struct camd_info *info = fixture_map_part("info", sizeof(*info), PROT_READ), before = *info;
    (void)state;
    assert_int_equal(info->ptz.sequence, 0);
    assert_int_equal(shm_blocks_set_ptz(store, true, 123456789), 0);
    assert_int_equal(info->ptz.sequence, 2);
    assert_int_equal(info->ptz.moving, 1);
    assert_int_equal(info->ptz.changed_ns, 123456789);
    assert_int_equal(shm_blocks_set_ptz(store, false, 123456790), 0);
    assert_int_equal(info->ptz.sequence, 4);
    assert_int_equal(info->ptz.moving, 0);
    before.ptz = info->ptz;
    assert_memory_equal(info, &before, sizeof(before));
    munmap(info, sizeof(*info));
    shm_store_free(store);
}

/* Whichever of its writes fails: readers never take a mixture, and the next change goes through. */
static void test_ptz_after_a_failed_write(void **state)
{
    struct shm_store *store = fixture_store();
    struct camd_info *info = fixture_map_part("info", sizeof(*info), PROT_READ);
    (void)state;
    assert_int_equal(shm_blocks_set_ptz(store, false, 1), 0);
    for (unsigned int n = 1; n <= 4; n++) {
        sys_fault_at(n, EIO);
        assert_int_equal(shm_blocks_set_ptz(store, true, 2), -EIO);
        sys_fault_at(0, 0);
        assert_true(info->ptz.sequence % 2 == 1 || info->ptz.changed_ns == 1);
        assert_int_equal(shm_blocks_set_ptz(store, false, 1), 0);
        assert_int_equal(info->ptz.sequence % 2, 0);
        assert_int_equal(info->ptz.moving, 0);
    }
    munmap(info, sizeof(*info));
    shm_store_free(store);
}

static void test_grid_is_published(void **state)
{
    struct shm_store *store = fixture_store();
    struct camd_info *info = fixture_map_part("info", sizeof(*info), PROT_READ), before = *info;
    struct grid grid = {0};
    (void)state;
    assert_int_equal(info->grid.sequence, 0);
    grid.cells[0][0] = (struct camd_grid_cell){.count = 3, .mean = 0.5f, .deviation = 0.25f};
    grid.cells[7][7] = (struct camd_grid_cell){.count = 4, .mean = 0.125f};
    assert_int_equal(shm_blocks_set_grid(store, &grid), 0);
    assert_int_equal(info->grid.sequence, 2);
    assert_memory_equal(info->grid.cells, grid.cells, sizeof(grid.cells));
    memset(&grid, 0, sizeof(grid));
    assert_int_equal(shm_blocks_set_grid(store, &grid), 0);
    assert_int_equal(info->grid.sequence, 4);
    before.grid.sequence = 4;
    assert_memory_equal(info, &before, sizeof(before)); /* nothing else was touched */
    for (unsigned int n = 1; n <= 4; n++) {
        sys_fault_at(n, EIO);
        grid.cells[1][1].count = 1;
        assert_int_equal(shm_blocks_set_grid(store, &grid), -EIO);
        sys_fault_at(0, 0);
        assert_true(info->grid.sequence % 2 == 1 || info->grid.cells[1][1].count == 0);
        grid.cells[1][1].count = 0;
        assert_int_equal(shm_blocks_set_grid(store, &grid), 0);
        assert_int_equal(info->grid.sequence % 2, 0);
        assert_int_equal(info->grid.cells[1][1].count, 0);
    }
    munmap(info, sizeof(*info));
    shm_store_free(store);
}

static void *change_ptz(void *store)
{
    for (int64_t i = 1; i <= PTZ_CHANGES; i++) {
        if (shm_blocks_set_ptz(store, i % 2 == 1, i) < 0)
            return NULL;
    }
    return store;
}

/* A reader by the rules of shm.h beside a writer: what it accepts is always whole. */
static void test_ptz_is_never_torn(void **state)
{
    struct shm_store *store = fixture_store();
    const struct camd_info *info = fixture_map_part("info", sizeof(*info), PROT_READ);
    const struct camd_ptz *ptz = &info->ptz;
    pthread_t writer;
    void *result;
    int64_t seen = 0;
    (void)state;
    assert_int_equal(pthread_create(&writer, NULL, change_ptz, store), 0);
    while (seen < PTZ_CHANGES) {
        uint32_t begun = __atomic_load_n(&ptz->sequence, __ATOMIC_ACQUIRE);
        uint32_t moving = __atomic_load_n(&ptz->moving, __ATOMIC_RELAXED);
        int64_t changed_ns = __atomic_load_n(&ptz->changed_ns, __ATOMIC_RELAXED);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (begun == 0 || begun % 2 == 1 || __atomic_load_n(&ptz->sequence, __ATOMIC_RELAXED) != begun)
            continue;
        assert_int_equal(changed_ns % 2, moving);
        assert_int_equal(changed_ns, begun / 2);
        assert_true(changed_ns >= seen);
        seen = changed_ns;
    }
    assert_int_equal(pthread_join(writer, &result), 0);
    assert_non_null(result);
    munmap((void *)info, sizeof(*info));
    shm_store_free(store);
}

static void test_reading_fails_cleanly(void **state)
{
    struct shm_store *store = fixture_store();
    struct camd_capture_block capture;
    struct camd_tracker_block tracker;
    (void)state;
    sys_fault_at(1, EIO);
    assert_int_equal(shm_blocks_capture(store, &capture), -EIO);
    sys_fault_at(1, ENOMEM);
    assert_int_equal(shm_blocks_tracker(store, &tracker), -ENOMEM);
    sys_fault_at(1, ENOMEM);
    assert_int_equal(shm_blocks_clear_lease(store), -ENOMEM);
    sys_fault_at(0, 0);
    shm_store_free(store);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_blocks_are_read_where_workers_write_them),
        TEST(test_exchange_is_read_where_it_stands),
        TEST(test_lease_is_cleared_and_nothing_else),
        TEST(test_truncated_ctl_is_an_error),
        TEST(test_truncated_info_is_an_error),
        TEST(test_ptz_is_published),
        TEST(test_ptz_after_a_failed_write),
        TEST(test_grid_is_published),
        TEST(test_ptz_is_never_torn),
        TEST(test_reading_fails_cleanly),
    };

    return cmocka_run_group_tests_name("shm blocks", tests, NULL, NULL);
}

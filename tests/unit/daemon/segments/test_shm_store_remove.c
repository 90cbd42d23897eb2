/* Removing a camera's segments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/sys.h"
#include "daemon/segments/shm_instance.h"
#include "daemon/segments/shm_store.h"
#include "leftovers.h"
#include "shm_fixture.h"

enum { FAULTS_MAX = 1000 };

static void test_readers_learn_that_it_is_gone(void **state)
{
    struct shm_store *store = fixture_store();
    struct camd_info *info = fixture_map_part("info", sizeof(*info), PROT_READ);
    (void)state;
    assert_int_equal(info->state, CAMD_SEGMENTS_LIVE);
    shm_store_free(store);
    assert_int_equal(info->state, CAMD_SEGMENTS_GONE);
    munmap(info, sizeof(*info));
    fixture_assert_nothing_left();
}

/* The reference's "unlink" (test vectors), and more: a camera that is called as another one's slots is left alone. */
enum { LARGE_WIDTH = 2048, LARGE_HEIGHT = 1200, LARGE_BYTES = LARGE_WIDTH * LARGE_HEIGHT * 3 / 2 };

static struct shm_plan large_plan(void)
{
    struct shm_plan plan = fixture_plan();
    plan.width = LARGE_WIDTH;
    plan.height = LARGE_HEIGHT;
    plan.slots = CAMD_SLOTS_MIN;
    return plan;
}

/* How large a slot is that has no name any more: what a step leaves of it. */
static uint64_t size_of_nameless(void)
{
    uint64_t size = 0;
    for (int fd = 3; fd < 64; fd++) {
        struct stat status;
        if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 0)
            size += (uint64_t)status.st_blocks * 512;
    }
    return size;
}

/* Freeing 20 slots of 1080p took 8 ms of one turn, and one of 100 MB 20 ms. */
static void test_large_slots_go_piece_by_piece(void **state)
{
    struct shm_plan plan = large_plan();
    struct shm_store *store = fixture_store_of(&plan);
    uint64_t before = 0;
    unsigned int steps = 1;
    (void)state;
    for (; shm_store_remove_step(store) == 0; steps++) {
        uint64_t now = size_of_nameless();
        assert_true(now >= before || before - now <= 2 * SHM_STORE_PIECE_BYTES);
        assert_true(now <= LARGE_BYTES); /* one at a time */
        before = now;
    }
    assert_true(before <= 2 * SHM_STORE_PIECE_BYTES);
    assert_true(steps >= CAMD_SLOTS_MIN * LARGE_BYTES / (2 * SHM_STORE_PIECE_BYTES));
    assert_int_equal(size_of_nameless(), 0);
    shm_store_free(store);
    fixture_assert_nothing_left();
}

/* Who has a slot mapped keeps what is in it, whatever its size, and dies of nothing. */
static void test_large_slot_that_is_mapped_stays_whole(void **state)
{
    struct shm_plan plan = large_plan();
    struct shm_store *store = fixture_store_of(&plan);
    uint8_t *frame = fixture_map_part("frame1", LARGE_BYTES, PROT_READ);
    (void)state;
    int fd = fixture_open_part("frame2", O_RDONLY);

    shm_store_free(store);
    assert_int_equal(fixture_count_names(fixture.prefix), 0);
    for (size_t i = 0; i < LARGE_BYTES; i += 4096)
        assert_int_equal(frame[i], 0);
    munmap(frame, LARGE_BYTES);
    assert_int_equal(lseek(fd, 0, SEEK_END), LARGE_BYTES);
    close(fd);
    fixture_assert_nothing_left();
}

/* A size that changes while slots are made: what there is of a large one goes in pieces, too. */
static void test_half_made_slot_goes_piece_by_piece(void **state)
{
    struct shm_plan plan = large_plan();
    struct shm_store *store;
    (void)state;
    assert_int_equal(shm_store_new(&store, &plan), 0);
    assert_int_equal(shm_store_step(store), 0); /* ctl */
    assert_int_equal(shm_store_step(store), 0); /* result */
    for (int i = 0; i < 3; i++)
        assert_int_equal(shm_store_step(store), 0);
    assert_int_equal(fixture_stat_part("frame0").st_size, 3 * SHM_STORE_PIECE_BYTES);
    assert_int_equal(shm_store_remove_step(store), 0);
    assert_true(fixture_open_part("frame0", O_RDONLY) < 0);
    assert_int_equal(size_of_nameless(), SHM_STORE_PIECE_BYTES);
    shm_store_free(store);
    fixture_assert_nothing_left();
}

static void test_removing_takes_exactly_its_own(void **state)
{
    static const char *const others[] = {"side.frame0", "front_frame0.info", "front_frame0.frame0", "front"};
    struct shm_store *store = fixture_store();
    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        fixture_make_file(fixture.prefix, others[i], 1);
    shm_store_free(store);
    assert_int_equal(fixture_count_names(fixture.prefix), sizeof(others) / sizeof(others[0]));
    fixture_remove_all(fixture.prefix);
    fixture_assert_nothing_left();
}

static void test_removing_goes_on_after_every_failure(void **state)
{
    unsigned int n = 1;
    bool happened;
    (void)state;
    do {
        struct shm_store *store = fixture_store();
        sys_fault_at(n, EIO);
        shm_store_free(store);
        happened = sys_fault_happened();
        sys_fault_at(0, 0);
        assert_int_equal(count_descriptors(), fixture.fds_before);
        assert_int_equal(shm_instance_sweep(fixture.prefix),
                         happened && n > 1 ? 1 : 0); /* the first call marks info */
        fixture_assert_nothing_left();
    } while (happened && ++n < FAULTS_MAX);
    assert_int_equal(n, FIXTURE_SLOTS + 3 + 2);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_readers_learn_that_it_is_gone),         TEST(test_large_slots_go_piece_by_piece),
        TEST(test_large_slot_that_is_mapped_stays_whole), TEST(test_half_made_slot_goes_piece_by_piece),
        TEST(test_removing_takes_exactly_its_own),        TEST(test_removing_goes_on_after_every_failure),
    };
    return cmocka_run_group_tests_name("shm store: remove", tests, NULL, NULL);
}

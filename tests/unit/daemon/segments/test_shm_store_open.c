/* Opening a camera's segments for those who use them: who may write what, and only the very files that were made. */
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
#include "camd/worker.h"
#include "daemon/segments/shm_blocks.h"
#include "daemon/segments/shm_store.h"
#include "leftovers.h"
#include "shm_fixture.h"

static size_t open_all(const struct shm_store *store, enum shm_side side, int *fds,
                       char names[][SHM_PART_BYTES])
{
    int count = shm_store_open(store, side, fds, names);
    assert_true(count >= 0);
    return (size_t)count;
}

static void close_all(int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sys_close(&fds[i]);
}

/* What a store costs for good, with 64 slots and a detector: a camera may have 12 descriptors in all. */
static void test_a_store_keeps_two_descriptors(void **state)
{
    struct shm_plan plan = fixture_plan();
    (void)state;
    plan.slots = CAMD_SLOTS_MAX;
    plan.input_width = plan.input_height = 32;
    struct shm_store *store = fixture_store_of(&plan);

    assert_int_equal(count_descriptors(), fixture.fds_before + 2);
    shm_store_free(store);
    fixture_assert_nothing_left();
}

static int open_for_capture(const struct shm_store *store)
{
    char names[SHM_STORE_SEGMENTS_MAX][SHM_PART_BYTES];
    int fds[SHM_STORE_SEGMENTS_MAX];
    int count = shm_store_open(store, SHM_SIDE_CAPTURE, fds, names);
    if (count > 0)
        close_all(fds, (size_t)count);
    return count;
}

/* Something else under a segment's name is never given to a worker: it is no segment of ours, or not whole. */
static void test_only_the_very_files_are_opened(void **state)
{
    enum { CASES = 6 };

    (void)state;
    for (int i = 0; i < CASES; i++) {
        struct shm_store *store = fixture_store();
        char path[FIXTURE_PATH_BYTES], problem[SHM_STORE_PROBLEM_BYTES] = "";
        fixture_path(fixture.prefix, "front.frame3", path);
        if (i == 0)
            assert_int_equal(truncate(path, FIXTURE_FRAME_BYTES - 1), 0);
        else
            assert_int_equal(unlink(path), 0);
        if (i == 2)
            fixture_make_file(fixture.prefix, "front.frame3", FIXTURE_FRAME_BYTES);
        else if (i == 3)
            assert_int_equal(mkfifo(path, 0666), 0);
        else if (i == 4)
            assert_int_equal(symlink("/dev/zero", path), 0);
        else if (i == 5)
            assert_int_equal(mkdir(path, 0777), 0);
        assert_int_equal(open_for_capture(store), -ESTALE);
        assert_false(shm_store_intact(store, problem));
        assert_ptr_equal(strstr(problem, path), problem);
        shm_store_free(store);
        assert_int_equal(count_descriptors(), fixture.fds_before);
        fixture_remove_all(fixture.prefix);
    }
}

static void test_opening_fails_cleanly_at_every_call(void **state)
{
    struct shm_store *store = fixture_store();
    size_t fds = count_descriptors();
    unsigned int n = 1;
    int result;
    (void)state;
    do {
        sys_fault_at(n, EMFILE);
        result = open_for_capture(store);
        sys_fault_at(0, 0);
        assert_int_equal(count_descriptors(), fds);
        assert_true(result == -EMFILE || result == FIXTURE_SLOTS + 2);
    } while (result < 0 && ++n < 100);
    assert_int_equal(n, FIXTURE_SLOTS + 2 + 1);
    shm_store_free(store);
}

/* What one worker does to its descriptors must not reach camd's own: with O_APPEND a write of ours would make it longer. */
static void test_a_worker_has_open_files_of_its_own(void **state)
{
    struct shm_store *store = fixture_store();
    char names[SHM_STORE_SEGMENTS_MAX][SHM_PART_BYTES];
    int fds[SHM_STORE_SEGMENTS_MAX];
    size_t count = open_all(store, SHM_SIDE_CAPTURE, fds, names);
    (void)state;
    assert_string_equal(names[1], "ctl");
    assert_int_equal(fcntl(fds[1], F_SETFL, O_APPEND), 0);
    assert_int_equal(shm_blocks_clear_lease(store), 0);
    assert_int_equal(fixture_stat_part("ctl").st_size, CAMD_CTL_BYTES);
    close_all(fds, count);
    shm_store_free(store);
}

/* No worker can write there; whoever else did: the camera's next start, or the restart of a worker, makes new ones. */
static void test_damaged_info_is_not_intact(void **state)
{
    struct shm_store *store = fixture_store();
    struct camd_info *info = fixture_map_part("info", sizeof(*info), PROT_READ | PROT_WRITE);
    char problem[SHM_STORE_PROBLEM_BYTES] = "";
    (void)state;
    assert_int_equal(shm_blocks_set_ptz(store, true, 1), 0);
    assert_true(shm_store_intact(store, NULL));
    info->magic++;
    assert_false(shm_store_intact(store, problem));
    assert_non_null(strstr(problem, "front.info was written to by somebody"));
    info->magic--;
    assert_true(shm_store_intact(store, NULL));
    info->abi_major++;
    assert_false(shm_store_intact(store, NULL));
    info->abi_major--;
    info->slots--;
    assert_false(shm_store_intact(store, NULL));
    munmap(info, sizeof(*info));
    shm_store_free(store);
}

static void test_name_removed_by_somebody(void **state)
{
    struct shm_store *store = fixture_store();
    char path[FIXTURE_PATH_BYTES];
    (void)state;
    assert_true(shm_store_intact(store, NULL));
    fixture_path(fixture.prefix, "front.frame4", path);
    assert_int_equal(unlink(path), 0);
    assert_false(shm_store_intact(store, NULL));
    fixture_make_file(fixture.prefix, "front.frame4",
                      FIXTURE_FRAME_BYTES); /* a stranger's file is not ours to remove */
    assert_false(shm_store_intact(store, NULL));
    shm_store_free(store);
    assert_int_equal(fixture_count_names(fixture.prefix), 1);
    assert_int_equal(unlink(path), 0);
    fixture_assert_nothing_left();
}

static void test_descriptors_of_each_worker(void **state)
{
    struct shm_plan plan = fixture_plan();
    char names[SHM_STORE_SEGMENTS_MAX][SHM_PART_BYTES];
    int fds[SHM_STORE_SEGMENTS_MAX];
    (void)state;
    plan.slots = CAMD_SLOTS_MAX;
    struct shm_store *store = fixture_store_of(&plan);

    for (int tracker = 0; tracker < 2; tracker++) {
        size_t count = open_all(store, tracker ? SHM_SIDE_TRACKER : SHM_SIDE_CAPTURE, fds, names);
        size_t frame = tracker ? 3 : 2;
        assert_int_equal(count, frame + CAMD_SLOTS_MAX);
        assert_true(count <= CAMD_MESSAGE_FDS - 2);
        assert_string_equal(names[0], "info");
        assert_string_equal(names[1], "ctl");
        assert_string_equal(names[frame], "frame0");
        assert_string_equal(names[count - 1], "frame63");
        if (tracker)
            assert_string_equal(names[2], "result");
        for (size_t i = 0; i < count; i++) {
            bool is_frame = i >= frame, is_info = i == 0;
            int writable = is_info || (is_frame && tracker) ? O_RDONLY : O_RDWR;
            struct stat named = fixture_stat_part(names[i]), given;
            assert_int_equal(fcntl(fds[i], F_GETFL) & O_ACCMODE, writable);
            assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
            assert_int_equal(fstat(fds[i], &given), 0);
            assert_int_equal(given.st_ino, named.st_ino);
        }
        close_all(fds, count);
    }
    shm_store_free(store);
    fixture_assert_nothing_left();
}

static uint64_t shm_store_bytes_of(const struct shm_plan *plan)
{
    struct shm_store *store = NULL;
    assert_int_equal(shm_store_new(&store, plan), 0);
    const uint64_t bytes = shm_store_bytes(store);

    shm_store_free(store);
    return bytes;
}

/* in and out: who writes them, how large they are, and what info says of the detector. */
static void test_segments_of_a_detector(void **state)
{
    char labels[2][CAMD_LABEL_BYTES] = {"person", "traffic light"};
    struct shm_plan plan = fixture_plan();
    char names[SHM_STORE_SEGMENTS_MAX][SHM_PART_BYTES];
    int fds[SHM_STORE_SEGMENTS_MAX];
    struct camd_info info;
    uint32_t stride = 0;
    (void)state;
    plan.slots = CAMD_SLOTS_MAX;
    plan.input_width = 33; /* 33*17*3 is 1683: the next one begins at 1728 */
    plan.input_height = 17;
    plan.labels = labels;
    plan.label_count = 2;
    struct shm_store *store = fixture_store_of(&plan);

    size_t count = open_all(store, SHM_SIDE_CAPTURE, fds, names);

    assert_int_equal(count, 2 + CAMD_SLOTS_MAX);
    assert_int_equal(pread(fds[0], &info, sizeof(info), 0), sizeof(info));
    assert_int_equal(info.input_width, 33);
    assert_int_equal(info.input_height, 17);
    assert_int_equal(info.label_count, 2);
    assert_string_equal(info.labels[1], "traffic light");
    close_all(fds, count);

    count = open_all(store, SHM_SIDE_TRACKER, fds, names);
    assert_int_equal(count, 5 + CAMD_SLOTS_MAX);
    assert_true(count <= CAMD_MESSAGE_FDS - 4);
    assert_string_equal(names[count - 2], "in");
    assert_int_equal(fcntl(fds[count - 2], F_GETFL) & O_ACCMODE, O_RDWR);
    assert_int_equal(fcntl(fds[count - 1], F_GETFL) & O_ACCMODE, O_RDONLY);

    close_all(fds, count);

    assert_int_equal(open_all(store, SHM_SIDE_DETECTOR, fds, names), 3);
    assert_string_equal(names[0], "ctl");
    assert_string_equal(names[1], "in");
    assert_string_equal(names[2], "out");
    assert_int_equal(fcntl(fds[0], F_GETFL) & O_ACCMODE, O_RDWR);
    assert_int_equal(fcntl(fds[1], F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_int_equal(fcntl(fds[2], F_GETFL) & O_ACCMODE, O_RDWR);
    assert_int_equal(pread(fds[1], &stride, sizeof(stride), 0), sizeof(stride));
    assert_int_equal(stride, 1728);
    assert_int_equal(fixture_stat_part("in").st_size, CAMD_BLOCK_BYTES + CAMD_REQUESTS * 1728);
    close_all(fds, 3);
    shm_store_free(store);
    fixture_assert_nothing_left();

    plan.input_height = 0;
    assert_int_equal(shm_store_new(&store, &plan), -EINVAL);
}

/* best: with a detector and without one, the tracker's alone, of the size that info says, and counted. */
static void check_segment_of_best_pictures(uint32_t input_width)
{
    struct shm_plan plan = fixture_plan();
    char names[SHM_STORE_SEGMENTS_MAX][SHM_PART_BYTES];
    int fds[SHM_STORE_SEGMENTS_MAX];
    struct camd_info info;
    plan.input_width = plan.input_height = input_width;
    const uint64_t without = shm_store_bytes_of(&plan);

    plan.best_pictures = 3;
    plan.best_max_kb = 17;
    struct shm_store *store = fixture_store_of(&plan);
    size_t count = open_all(store, SHM_SIDE_TRACKER, fds, names);

    assert_string_equal(names[count - 1], "best");
    assert_int_equal(fcntl(fds[count - 1], F_GETFL) & O_ACCMODE, O_RDWR);
    assert_int_equal(pread(fds[0], &info, sizeof(info), 0), sizeof(info));
    assert_int_equal(info.best_count, 3);
    assert_int_equal(info.best_bytes, 17 * 1024);
    struct stat status = fixture_stat_part("best");

    assert_int_equal(status.st_size, 3 * (CAMD_BEST_HEAD_BYTES + 17 * 1024));
    assert_int_equal(status.st_mode, S_IFREG | 0640);
    assert_int_equal((uint64_t)status.st_blocks * 512, shm_store_bytes(store) - without);
    close_all(fds, count);

    count = open_all(store, SHM_SIDE_CAPTURE, fds, names);
    for (size_t i = 0; i < count; i++)
        assert_string_not_equal(names[i], "best");
    close_all(fds, count);
    shm_store_free(store);
    fixture_assert_nothing_left();
}

static void test_segment_of_best_pictures(void **state)
{
    (void)state;
    check_segment_of_best_pictures(0);
    check_segment_of_best_pictures(64);
}

static void test_read_only_descriptors_change_nothing(void **state)
{
    struct shm_store *store = fixture_store();
    char names[SHM_STORE_SEGMENTS_MAX][SHM_PART_BYTES];
    int fds[SHM_STORE_SEGMENTS_MAX];
    (void)state;
    size_t count = open_all(store, SHM_SIDE_TRACKER, fds, names);

    assert_int_equal(count, FIXTURE_SLOTS + 3);
    assert_true(mmap(NULL, FIXTURE_FRAME_BYTES, PROT_WRITE, MAP_SHARED, fds[3], 0) == MAP_FAILED);
    assert_int_equal(ftruncate(fds[3], 0), -1);
    assert_int_equal(pwrite(fds[0], "x", 1, 0), -1);
    close_all(fds, count);
    shm_store_free(store);
}

static void test_no_descriptors_before_all_is_there(void **state)
{
    struct shm_plan plan = fixture_plan();
    struct shm_store *store;
    char names[SHM_STORE_SEGMENTS_MAX][SHM_PART_BYTES];
    int fds[SHM_STORE_SEGMENTS_MAX];
    struct camd_capture_block block;
    (void)state;
    assert_int_equal(shm_store_new(&store, &plan), 0);
    assert_int_equal(shm_store_open(store, SHM_SIDE_CAPTURE, fds, names), 0);
    assert_int_equal(shm_blocks_capture(store, &block), -EBADF);
    assert_int_equal(shm_blocks_set_ptz(store, true, 1), -EBADF);
    for (int i = 0; i < FIXTURE_SLOTS; i++)
        assert_int_equal(shm_store_step(store), 0);
    assert_int_equal(shm_store_open(store, SHM_SIDE_CAPTURE, fds, names), 0);
    assert_true(shm_store_intact(store, NULL));
    shm_store_free(store);
    fixture_assert_nothing_left();
}

static void test_truncated_frame_is_not_intact(void **state)
{
    struct shm_store *store = fixture_store();
    int fd = fixture_open_part("frame3", O_RDWR);
    (void)state;
    assert_int_equal(ftruncate(fd, FIXTURE_FRAME_BYTES - 1), 0);
    assert_false(shm_store_intact(store, NULL));
    assert_int_equal(ftruncate(fd, FIXTURE_FRAME_BYTES), 0);
    assert_true(shm_store_intact(store, NULL));
    close(fd);
    shm_store_free(store);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_store_keeps_two_descriptors),        TEST(test_only_the_very_files_are_opened),
        TEST(test_opening_fails_cleanly_at_every_call),  TEST(test_a_worker_has_open_files_of_its_own),
        TEST(test_damaged_info_is_not_intact),           TEST(test_name_removed_by_somebody),
        TEST(test_descriptors_of_each_worker),           TEST(test_segments_of_a_detector),
        TEST(test_read_only_descriptors_change_nothing), TEST(test_no_descriptors_before_all_is_there),
        TEST(test_truncated_frame_is_not_intact),        TEST(test_segment_of_best_pictures),
    };
    return cmocka_run_group_tests_name("shm store: open", tests, NULL, NULL);
}

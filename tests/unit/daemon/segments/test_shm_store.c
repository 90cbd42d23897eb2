/* One camera's segments: creating, describing, reading, removing; and every call that can fail on the way. */
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
#include "camd/worker.h"
#include "daemon/segments/budget.h"
#include "daemon/segments/shm_store.h"
#include "grid/grid.h"
#include "shm_fixture.h"

enum {
    WIDTH = 96,
    HEIGHT = 64,
    FRAME_BYTES = WIDTH * HEIGHT * 3 / 2,
    SLOTS = 5,
    FAULTS_MAX = 1000,
    PTZ_CHANGES = 20000
};

static char prefix[SHM_STORE_PREFIX_MAX + 1];
static size_t fds_before;

static int set_up(void **state)
{
    (void)state;
    fixture_prefix(prefix);
    fds_before = fixture_count_fds();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sys_fault_at(0, 0);
    fixture_remove_all(prefix);
    return 0;
}

static void assert_nothing_left(void)
{
    assert_int_equal(fixture_count_names(prefix), 0);
    assert_int_equal(fixture_count_fds(), fds_before);
}

static struct shm_plan make_plan(void)
{
    return (struct shm_plan){.prefix = prefix,
                             .camera = "front",
                             .width = WIDTH,
                             .height = HEIGHT,
                             .slots = SLOTS,
                             .generation = 7,
                             .first_frame_id = 1001,
                             .group = (gid_t)-1};
}

static struct shm_store *make_store_of(const struct shm_plan *plan)
{
    struct shm_store *store = NULL;
    int result;

    assert_int_equal(shm_store_new(&store, plan), 0);
    while ((result = shm_store_step(store)) == 0)
        ;
    assert_int_equal(result, 1);
    return store;
}

static struct shm_store *make_store(void)
{
    struct shm_plan plan = make_plan();

    return make_store_of(&plan);
}

static int open_part(const char *part, int flags)
{
    char path[FIXTURE_PATH_BYTES], rest[64];

    snprintf(rest, sizeof(rest), "front.%s", part);
    fixture_path(prefix, rest, path);
    return open(path, flags | O_CLOEXEC);
}

static struct stat stat_part(const char *part)
{
    struct stat status;
    int fd = open_part(part, O_RDONLY);

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    close(fd);
    return status;
}

static void *map_part(const char *part, size_t bytes, int protection)
{
    int fd = open_part(part, protection & PROT_WRITE ? O_RDWR : O_RDONLY);
    void *map;

    assert_true(fd >= 0);
    map = mmap(NULL, bytes, protection, MAP_SHARED, fd, 0);
    assert_true(map != MAP_FAILED);
    close(fd);
    return map;
}

/* ---- creating ---- */

static void test_one_segment_a_step(void **state)
{
    struct shm_plan plan = make_plan();
    struct shm_store *store;
    size_t names = 0;
    int result;

    (void)state;
    assert_int_equal(shm_store_new(&store, &plan), 0);
    assert_nothing_left();
    do {
        assert_true(open_part("info", O_RDONLY) < 0); /* it comes last */
        result = shm_store_step(store);
        names++;
        assert_int_equal(fixture_count_names(prefix), names);
    } while (result == 0);
    assert_int_equal(result, 1);
    assert_int_equal(names, SLOTS + 3);
    stat_part("info");
    assert_int_equal(shm_store_step(store), 1);
    assert_int_equal(fixture_count_names(prefix), names);
    shm_store_free(store);
    assert_nothing_left();
}

static void test_sizes_are_allocated(void **state)
{
    static const struct {
        const char *part;
        size_t bytes;
    } parts[] = {{"info", sizeof(struct camd_info)},
                 {"ctl", CAMD_CTL_BYTES},
                 {"result", sizeof(struct camd_result_ring)},
                 {"frame0", FRAME_BYTES},
                 {"frame1", FRAME_BYTES},
                 {"frame2", FRAME_BYTES},
                 {"frame3", FRAME_BYTES},
                 {"frame4", FRAME_BYTES}};
    struct shm_store *store = make_store();
    uint64_t allocated = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct stat status = stat_part(parts[i].part);

        assert_int_equal(status.st_size, parts[i].bytes);
        assert_true(status.st_blocks * 512 >= status.st_size);
        allocated += (uint64_t)status.st_blocks * 512;
    }
    assert_int_equal(allocated, shm_store_bytes(store));
    assert_int_equal(allocated, budget_camera_bytes(WIDTH, HEIGHT, SLOTS, (uint64_t)sysconf(_SC_PAGESIZE)));
    assert_int_equal(shm_store_width(store), WIDTH);
    assert_int_equal(shm_store_height(store), HEIGHT);
    assert_int_equal(shm_store_slots(store), SLOTS);
    assert_int_equal(shm_store_generation(store), 7);
    assert_int_equal(shm_store_first_frame_id(store), 1001);
    shm_store_free(store);
    assert_nothing_left();
}

static void check_mode(mode_t mask, gid_t group, gid_t expected)
{
    struct shm_plan plan = make_plan();
    mode_t old_mask = umask(mask);

    plan.group = group;
    struct shm_store *store = make_store_of(&plan);

    umask(old_mask);
    static const char *const parts[] = {"info", "ctl", "result", "frame0", "frame4"};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct stat status = stat_part(parts[i]);

        assert_int_equal(status.st_mode, S_IFREG | 0640);
        assert_int_equal(status.st_uid, geteuid());
        assert_int_equal(status.st_gid, expected);
    }
    shm_store_free(store);
    assert_nothing_left();
}

static void test_mode_and_group_whatever_the_umask(void **state)
{
    (void)state;
    check_mode(0, (gid_t)-1, getegid());
    check_mode(0777, getegid(), getegid());
    if (geteuid() == 0)
        check_mode(077, 54321, 54321);
}

static void test_plan_outside_its_limits(void **state)
{
    struct shm_plan plans[12];
    struct shm_store *store = NULL;

    (void)state;
    for (size_t i = 0; i < 12; i++)
        plans[i] = make_plan();
    plans[0].camera = "a/b";
    plans[1].camera = "";
    plans[2].camera = "a.b";
    plans[3].width = CAMD_SIZE_MIN - 2;
    plans[4].width = CAMD_SIZE_MAX + 2;
    plans[5].width = 97;
    plans[6].height = 65;
    plans[7].height = CAMD_SIZE_MAX + 2;
    plans[8].slots = CAMD_SLOTS_MIN - 1;
    plans[9].slots = CAMD_SLOTS_MAX + 1;
    plans[10].prefix = "../";
    plans[11].height = 0;
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(shm_store_new(&store, &plans[i]), -EINVAL);
    assert_null(store);
    shm_store_free(NULL);
}

static void test_info_is_what_readers_expect(void **state)
{
    struct shm_store *store = make_store();
    struct camd_info info, expected = {.magic = CAMD_INFO_MAGIC,
                                       .abi_major = CAMD_ABI_MAJOR,
                                       .abi_minor = CAMD_ABI_MINOR,
                                       .state = CAMD_SEGMENTS_LIVE,
                                       .generation = 7,
                                       .width = WIDTH,
                                       .height = HEIGHT,
                                       .slots = SLOTS,
                                       .frame_bytes = FRAME_BYTES,
                                       .camera = "front"};
    int fd = open_part("info", O_RDONLY);

    (void)state;
    assert_int_equal(pread(fd, &info, sizeof(info), 0), sizeof(info));
    assert_true(info.created_ns > INT64_C(1500000000) * 1000000000);
    expected.created_ns = info.created_ns;
    assert_memory_equal(&info, &expected, sizeof(info));
    assert_memory_equal(&info, "CAMDINFO", 8);
    close(fd);
    shm_store_free(store);
}

/* ---- names that are taken ---- */

static void test_left_over_of_another_size_is_replaced(void **state)
{
    struct camd_info *old;

    (void)state;
    fixture_make_file(prefix, "front.info", sizeof(*old));
    fixture_make_file(prefix, "front.frame0", 10);
    old = map_part("info", sizeof(*old), PROT_READ | PROT_WRITE);
    old->magic = CAMD_INFO_MAGIC;
    old->state = CAMD_SEGMENTS_LIVE;

    struct shm_store *store = make_store();

    assert_int_equal(stat_part("frame0").st_size, FRAME_BYTES);
    assert_int_equal(stat_part("info").st_mode, S_IFREG | 0640);
    assert_int_equal(old->state, CAMD_SEGMENTS_GONE);
    munmap(old, sizeof(*old));
    shm_store_free(store);
    assert_nothing_left();
}

static void test_name_taken_by_a_directory(void **state)
{
    struct shm_plan plan = make_plan();
    struct shm_store *store;
    char path[FIXTURE_PATH_BYTES];
    int result;

    (void)state;
    fixture_path(prefix, "front.frame2", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(shm_store_new(&store, &plan), 0);
    while ((result = shm_store_step(store)) == 0)
        ;
    assert_true(result == -EISDIR || result == -EPERM);
    shm_store_free(store);
    assert_int_equal(fixture_count_names(prefix), 1);
    assert_int_equal(rmdir(path), 0);
    assert_nothing_left();
}

/* A symbolic link is a name like any other: it goes, what it leads to stays as it is. */
static void test_name_taken_by_a_link(void **state)
{
    char path[FIXTURE_PATH_BYTES], target[FIXTURE_PATH_BYTES];
    struct stat status;

    (void)state;
    fixture_make_file(prefix, "victim", 3);
    fixture_path(prefix, "victim", target);
    fixture_path(prefix, "front.info", path);
    assert_int_equal(symlink(target, path), 0);
    struct shm_store *store = make_store();

    assert_int_equal(stat(target, &status), 0);
    assert_int_equal(status.st_size, 3);
    shm_store_free(store);
    assert_int_equal(fixture_count_names(prefix), 1);
}

static void test_new_segments_before_the_old_ones_go(void **state)
{
    struct shm_plan plan = make_plan();
    struct shm_store *old = make_store();

    (void)state;
    plan.width = 2 * WIDTH;
    plan.slots = SLOTS - 1;
    plan.generation = 8;
    struct shm_store *new = make_store_of(&plan);

    assert_false(shm_store_intact(old));
    assert_true(shm_store_intact(new));
    shm_store_free(old);
    assert_true(shm_store_intact(new));
    assert_int_equal(fixture_count_names(prefix), SLOTS - 1 + 3);
    assert_int_equal(stat_part("frame0").st_size, 2 * FRAME_BYTES);
    shm_store_free(new);
    assert_nothing_left();
}

static void test_name_removed_by_somebody(void **state)
{
    struct shm_store *store = make_store();
    char path[FIXTURE_PATH_BYTES];

    (void)state;
    assert_true(shm_store_intact(store));
    fixture_path(prefix, "front.frame4", path);
    assert_int_equal(unlink(path), 0);
    assert_false(shm_store_intact(store));
    fixture_make_file(prefix, "front.frame4", FRAME_BYTES); /* a stranger's file is not ours to remove */
    assert_false(shm_store_intact(store));
    shm_store_free(store);
    assert_int_equal(fixture_count_names(prefix), 1);
    assert_int_equal(unlink(path), 0);
    assert_nothing_left();
}

/* ---- descriptors ---- */

static void test_descriptors_of_each_worker(void **state)
{
    struct shm_plan plan = make_plan();
    char names[SHM_STORE_SEGMENTS_MAX][16];
    int fds[SHM_STORE_SEGMENTS_MAX];

    (void)state;
    plan.slots = CAMD_SLOTS_MAX;
    struct shm_store *store = make_store_of(&plan);

    for (int tracker = 0; tracker < 2; tracker++) {
        size_t count =
            shm_store_descriptors(store, tracker ? SHM_SIDE_TRACKER : SHM_SIDE_CAPTURE, fds, names);
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
            struct stat named = stat_part(names[i]), given;

            assert_int_equal(fcntl(fds[i], F_GETFL) & O_ACCMODE, writable);
            assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
            assert_int_equal(fstat(fds[i], &given), 0);
            assert_int_equal(given.st_ino, named.st_ino);
        }
    }
    shm_store_free(store);
    assert_nothing_left();
}

/* in and out: who writes them, how large they are, and what info says of the detector. */
static void test_segments_of_a_detector(void **state)
{
    char labels[2][CAMD_LABEL_BYTES] = {"person", "traffic light"};
    struct shm_plan plan = make_plan();
    char names[SHM_STORE_SEGMENTS_MAX][16];
    int fds[SHM_STORE_SEGMENTS_MAX];
    struct camd_info info;
    struct shm_exchange exchange;
    uint32_t stride = 0;

    (void)state;
    plan.slots = CAMD_SLOTS_MAX;
    plan.input_width = 33; /* 33*17*3 is 1683: the next one begins at 1728 */
    plan.input_height = 17;
    plan.labels = labels;
    plan.label_count = 2;
    struct shm_store *store = make_store_of(&plan);

    assert_int_equal(shm_store_descriptors(store, SHM_SIDE_CAPTURE, fds, names), 2 + CAMD_SLOTS_MAX);
    assert_int_equal(pread(fds[0], &info, sizeof(info), 0), sizeof(info));
    assert_int_equal(info.input_width, 33);
    assert_int_equal(info.input_height, 17);
    assert_int_equal(info.label_count, 2);
    assert_string_equal(info.labels[1], "traffic light");

    size_t count = shm_store_descriptors(store, SHM_SIDE_TRACKER, fds, names);
    assert_int_equal(count, 5 + CAMD_SLOTS_MAX);
    assert_true(count <= CAMD_MESSAGE_FDS - 4);
    assert_string_equal(names[count - 2], "in");
    assert_int_equal(fcntl(fds[count - 2], F_GETFL) & O_ACCMODE, O_RDWR);
    assert_int_equal(fcntl(fds[count - 1], F_GETFL) & O_ACCMODE, O_RDONLY);

    assert_int_equal(shm_store_descriptors(store, SHM_SIDE_DETECTOR, fds, names), 3);
    assert_string_equal(names[0], "ctl");
    assert_string_equal(names[1], "in");
    assert_string_equal(names[2], "out");
    assert_int_equal(fcntl(fds[0], F_GETFL) & O_ACCMODE, O_RDWR);
    assert_int_equal(fcntl(fds[1], F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_int_equal(fcntl(fds[2], F_GETFL) & O_ACCMODE, O_RDWR);
    assert_int_equal(pread(fds[1], &stride, sizeof(stride), 0), sizeof(stride));
    assert_int_equal(stride, 1728);
    assert_int_equal(stat_part("in").st_size, CAMD_BLOCK_BYTES + CAMD_REQUESTS * 1728);
    assert_int_equal(shm_store_read_exchange(store, &exchange), 0);
    assert_int_equal(exchange.requests[3].state, CAMD_REQUEST_FREE);
    assert_int_equal(ftruncate(fds[2], 0), 0); /* a detector that breaks the rules */
    assert_int_equal(shm_store_read_exchange(store, &exchange), -EIO);
    shm_store_free(store);
    assert_nothing_left();

    plan.input_height = 0;
    assert_int_equal(shm_store_new(&store, &plan), -EINVAL);
}

static void test_read_only_descriptors_change_nothing(void **state)
{
    struct shm_store *store = make_store();
    char names[SHM_STORE_SEGMENTS_MAX][16];
    int fds[SHM_STORE_SEGMENTS_MAX];

    (void)state;
    assert_int_equal(shm_store_descriptors(store, SHM_SIDE_TRACKER, fds, names), SLOTS + 3);
    assert_true(mmap(NULL, FRAME_BYTES, PROT_WRITE, MAP_SHARED, fds[3], 0) == MAP_FAILED);
    assert_int_equal(ftruncate(fds[3], 0), -1);
    assert_int_equal(pwrite(fds[0], "x", 1, 0), -1);
    shm_store_free(store);
}

static void test_no_descriptors_before_all_is_there(void **state)
{
    struct shm_plan plan = make_plan();
    struct shm_store *store;
    char names[SHM_STORE_SEGMENTS_MAX][16];
    int fds[SHM_STORE_SEGMENTS_MAX];
    struct camd_capture_block block;

    (void)state;
    assert_int_equal(shm_store_new(&store, &plan), 0);
    assert_int_equal(shm_store_descriptors(store, SHM_SIDE_CAPTURE, fds, names), 0);
    assert_int_equal(shm_store_read_capture(store, &block), -EBADF);
    assert_int_equal(shm_store_set_ptz(store, true, 1), -EBADF);
    for (int i = 0; i < SLOTS; i++)
        assert_int_equal(shm_store_step(store), 0);
    assert_int_equal(shm_store_descriptors(store, SHM_SIDE_CAPTURE, fds, names), 0);
    assert_true(shm_store_intact(store));
    shm_store_free(store);
    assert_nothing_left();
}

/* ---- what workers wrote ---- */

static void test_blocks_are_read_where_workers_write_them(void **state)
{
    struct shm_store *store = make_store();
    uint8_t *ctl = map_part("ctl", CAMD_CTL_BYTES, PROT_READ | PROT_WRITE);
    struct camd_capture_block *capture = (void *)(ctl + CAMD_BLOCK_CAPTURE), capture_copy;
    struct camd_tracker_block *tracker = (void *)(ctl + CAMD_BLOCK_TRACKER), tracker_copy;

    (void)state;
    capture->frames = 42;
    capture->slots[63].frame_id = 43;
    tracker->tail = 44;
    tracker->motion_time_ns = 45;
    assert_int_equal(shm_store_read_capture(store, &capture_copy), 0);
    assert_int_equal(shm_store_read_tracker(store, &tracker_copy), 0);
    assert_memory_equal(&capture_copy, capture, sizeof(capture_copy));
    assert_memory_equal(&tracker_copy, tracker, sizeof(tracker_copy));
    munmap(ctl, CAMD_CTL_BYTES);
    shm_store_free(store);
}

static void test_lease_is_cleared_and_nothing_else(void **state)
{
    struct shm_store *store = make_store();
    uint8_t *ctl = map_part("ctl", CAMD_CTL_BYTES, PROT_READ | PROT_WRITE), expected[CAMD_CTL_BYTES];
    struct camd_tracker_block *tracker = (void *)(expected + CAMD_BLOCK_TRACKER);

    (void)state;
    memset(ctl, 0xa5, CAMD_CTL_BYTES);
    memset(expected, 0xa5, CAMD_CTL_BYTES);
    tracker->lease = 0;
    assert_int_equal(shm_store_clear_lease(store), 0);
    assert_memory_equal(ctl, expected, CAMD_CTL_BYTES);
    munmap(ctl, CAMD_CTL_BYTES);
    shm_store_free(store);
}

static void test_truncated_ctl_is_an_error(void **state)
{
    struct shm_store *store = make_store();
    struct camd_capture_block capture, capture_kept;
    struct camd_tracker_block tracker, tracker_kept;
    int fd = open_part("ctl", O_RDWR);

    (void)state;
    memset(&capture, 0x5a, sizeof(capture));
    memset(&tracker, 0x5a, sizeof(tracker));
    capture_kept = capture;
    tracker_kept = tracker;
    assert_int_equal(ftruncate(fd, CAMD_BLOCK_TRACKER + 4), 0);
    assert_int_equal(shm_store_read_tracker(store, &tracker), -EIO);
    assert_int_equal(shm_store_clear_lease(store), -EIO);
    assert_int_equal(shm_store_read_capture(store, &capture_kept), 0); /* still whole */
    capture_kept = capture;
    assert_int_equal(ftruncate(fd, 100), 0);
    assert_int_equal(shm_store_read_capture(store, &capture), -EIO);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(shm_store_read_capture(store, &capture), -EIO);
    assert_memory_equal(&capture, &capture_kept, sizeof(capture));
    assert_memory_equal(&tracker, &tracker_kept, sizeof(tracker));
    assert_int_equal(stat_part("ctl").st_size, 0); /* and was not made longer again */
    assert_false(shm_store_intact(store));
    close(fd);
    shm_store_free(store);
    assert_nothing_left();
}

static void test_truncated_frame_is_not_intact(void **state)
{
    struct shm_store *store = make_store();
    int fd = open_part("frame3", O_RDWR);

    (void)state;
    assert_int_equal(ftruncate(fd, FRAME_BYTES - 1), 0);
    assert_false(shm_store_intact(store));
    assert_int_equal(ftruncate(fd, FRAME_BYTES), 0);
    assert_true(shm_store_intact(store));
    close(fd);
    shm_store_free(store);
}

static void test_truncated_info_is_an_error(void **state)
{
    struct shm_store *store = make_store();
    int fd = open_part("info", O_RDWR);

    (void)state;
    assert_int_equal(ftruncate(fd, 100), 0);
    assert_int_equal(shm_store_set_ptz(store, true, 1), -EIO);
    assert_int_equal(stat_part("info").st_size, 100);
    close(fd);
    shm_store_free(store);
    assert_nothing_left();
}

/* ---- what camd writes ---- */

static void test_ptz_is_published(void **state)
{
    struct shm_store *store = make_store();
    struct camd_info *info = map_part("info", sizeof(*info), PROT_READ), before = *info;

    (void)state;
    assert_int_equal(info->ptz.sequence, 0);
    assert_int_equal(shm_store_set_ptz(store, true, 123456789), 0);
    assert_int_equal(info->ptz.sequence, 2);
    assert_int_equal(info->ptz.moving, 1);
    assert_int_equal(info->ptz.changed_ns, 123456789);
    assert_int_equal(shm_store_set_ptz(store, false, 123456790), 0);
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
    struct shm_store *store = make_store();
    struct camd_info *info = map_part("info", sizeof(*info), PROT_READ);

    (void)state;
    assert_int_equal(shm_store_set_ptz(store, false, 1), 0);
    for (unsigned int n = 1; n <= 4; n++) {
        sys_fault_at(n, EIO);
        assert_int_equal(shm_store_set_ptz(store, true, 2), -EIO);
        sys_fault_at(0, 0);
        assert_true(info->ptz.sequence % 2 == 1 || info->ptz.changed_ns == 1);
        assert_int_equal(shm_store_set_ptz(store, false, 1), 0);
        assert_int_equal(info->ptz.sequence % 2, 0);
        assert_int_equal(info->ptz.moving, 0);
    }
    munmap(info, sizeof(*info));
    shm_store_free(store);
}

static void test_grid_is_published(void **state)
{
    struct shm_store *store = make_store();
    struct camd_info *info = map_part("info", sizeof(*info), PROT_READ), before = *info;
    struct grid grid = {0};

    (void)state;
    assert_int_equal(info->grid.sequence, 0);
    grid.cells[0][0] = (struct camd_grid_cell){.count = 3, .mean = 0.5f, .deviation = 0.25f};
    grid.cells[7][7] = (struct camd_grid_cell){.count = 4, .mean = 0.125f};
    assert_int_equal(shm_store_set_grid(store, &grid), 0);
    assert_int_equal(info->grid.sequence, 2);
    assert_memory_equal(info->grid.cells, grid.cells, sizeof(grid.cells));
    memset(&grid, 0, sizeof(grid));
    assert_int_equal(shm_store_set_grid(store, &grid), 0);
    assert_int_equal(info->grid.sequence, 4);
    before.grid.sequence = 4;
    assert_memory_equal(info, &before, sizeof(before)); /* nothing else was touched */
    for (unsigned int n = 1; n <= 4; n++) {
        sys_fault_at(n, EIO);
        grid.cells[1][1].count = 1;
        assert_int_equal(shm_store_set_grid(store, &grid), -EIO);
        sys_fault_at(0, 0);
        assert_true(info->grid.sequence % 2 == 1 || info->grid.cells[1][1].count == 0);
        grid.cells[1][1].count = 0;
        assert_int_equal(shm_store_set_grid(store, &grid), 0);
        assert_int_equal(info->grid.sequence % 2, 0);
        assert_int_equal(info->grid.cells[1][1].count, 0);
    }
    munmap(info, sizeof(*info));
    shm_store_free(store);
}

static void *change_ptz(void *store)
{
    for (int64_t i = 1; i <= PTZ_CHANGES; i++) {
        if (shm_store_set_ptz(store, i % 2 == 1, i) < 0)
            return NULL;
    }
    return store;
}

/* A reader by the rules of shm.h beside a writer: what it accepts is always whole. */
static void test_ptz_is_never_torn(void **state)
{
    struct shm_store *store = make_store();
    const struct camd_info *info = map_part("info", sizeof(*info), PROT_READ);
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

static void test_readers_learn_that_it_is_gone(void **state)
{
    struct shm_store *store = make_store();
    struct camd_info *info = map_part("info", sizeof(*info), PROT_READ);

    (void)state;
    assert_int_equal(info->state, CAMD_SEGMENTS_LIVE);
    shm_store_free(store);
    assert_int_equal(info->state, CAMD_SEGMENTS_GONE);
    munmap(info, sizeof(*info));
    assert_nothing_left();
}

/* ---- every call that can fail ---- */

/* With left-overs in the way the path is longer: they are marked, removed, and opened again. */
static void check_every_fault(bool left_overs, int error)
{
    struct shm_plan plan = make_plan();
    unsigned int n = 1;
    bool happened;

    plan.group = getegid();
    do {
        struct shm_store *store;
        int result;

        if (left_overs) {
            fixture_make_file(prefix, "front.ctl", 1);
            fixture_make_file(prefix, "front.info", 1);
        }
        assert_int_equal(shm_store_new(&store, &plan), 0);
        sys_fault_at(n, error);
        while ((result = shm_store_step(store)) == 0)
            ;
        happened = sys_fault_happened();
        sys_fault_at(0, 0);
        assert_true(result == 1 || (happened && result == -error));
        shm_store_free(store);
        if (left_overs)
            shm_store_sweep(prefix); /* what never became ours */
        assert_nothing_left();
    } while (happened && ++n < FAULTS_MAX);
    assert_true(n > (SLOTS + 3) * 5 && n < FAULTS_MAX);
}

static void test_creating_fails_cleanly_at_every_call(void **state)
{
    (void)state;
    check_every_fault(false, ENOSPC);
    check_every_fault(false, EMFILE);
    check_every_fault(true, EMFILE);
}

/* A failed step can be taken again. */
static void test_creating_goes_on_after_a_failure(void **state)
{
    struct shm_plan plan = make_plan();
    struct shm_store *store;
    int result;

    (void)state;
    assert_int_equal(shm_store_new(&store, &plan), 0);
    for (unsigned int n = 1; n < 8; n++) {
        sys_fault_at(n, ENOMEM);
        result = shm_store_step(store);
        sys_fault_at(0, 0);
        if (result < 0)
            assert_int_equal(result, -ENOMEM);
    }
    while ((result = shm_store_step(store)) == 0)
        ;
    assert_int_equal(result, 1);
    assert_true(shm_store_intact(store));
    assert_int_equal(fixture_count_names(prefix), SLOTS + 3);
    shm_store_free(store);
    assert_nothing_left();
}

/* Removing goes on after a failure: one name at most is left, no descriptor, and the sweep finds the name. */
/* The reference's "unlink" (test vectors), and D7: a camera that is called as another one's slots is left alone. */
static void test_removing_takes_exactly_its_own(void **state)
{
    static const char *const others[] = {"side.frame0", "front_frame0.info", "front_frame0.frame0", "front"};
    struct shm_store *store = make_store();

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        fixture_make_file(prefix, others[i], 1);
    shm_store_free(store);
    assert_int_equal(fixture_count_names(prefix), sizeof(others) / sizeof(others[0]));
    fixture_remove_all(prefix);
    assert_nothing_left();
}

static void test_removing_goes_on_after_every_failure(void **state)
{
    unsigned int n = 1;
    bool happened;

    (void)state;
    do {
        struct shm_store *store = make_store();

        sys_fault_at(n, EIO);
        shm_store_free(store);
        happened = sys_fault_happened();
        sys_fault_at(0, 0);
        assert_int_equal(fixture_count_fds(), fds_before);
        assert_int_equal(shm_store_sweep(prefix), happened && n > 1 ? 1 : 0); /* the first call marks info */
        assert_nothing_left();
    } while (happened && ++n < FAULTS_MAX);
    assert_int_equal(n, SLOTS + 3 + 2);
}

static void test_reading_fails_cleanly(void **state)
{
    struct shm_store *store = make_store();
    struct camd_capture_block capture;
    struct camd_tracker_block tracker;

    (void)state;
    sys_fault_at(1, EIO);
    assert_int_equal(shm_store_read_capture(store, &capture), -EIO);
    sys_fault_at(1, ENOMEM);
    assert_int_equal(shm_store_read_tracker(store, &tracker), -ENOMEM);
    sys_fault_at(1, ENOMEM);
    assert_int_equal(shm_store_clear_lease(store), -ENOMEM);
    sys_fault_at(0, 0);
    shm_store_free(store);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_segment_a_step),
        TEST(test_sizes_are_allocated),
        TEST(test_mode_and_group_whatever_the_umask),
        TEST(test_plan_outside_its_limits),
        TEST(test_info_is_what_readers_expect),
        TEST(test_left_over_of_another_size_is_replaced),
        TEST(test_name_taken_by_a_directory),
        TEST(test_name_taken_by_a_link),
        TEST(test_new_segments_before_the_old_ones_go),
        TEST(test_name_removed_by_somebody),
        TEST(test_descriptors_of_each_worker),
        TEST(test_segments_of_a_detector),
        TEST(test_read_only_descriptors_change_nothing),
        TEST(test_no_descriptors_before_all_is_there),
        TEST(test_blocks_are_read_where_workers_write_them),
        TEST(test_lease_is_cleared_and_nothing_else),
        TEST(test_truncated_ctl_is_an_error),
        TEST(test_truncated_frame_is_not_intact),
        TEST(test_truncated_info_is_an_error),
        TEST(test_ptz_is_published),
        TEST(test_ptz_after_a_failed_write),
        TEST(test_grid_is_published),
        TEST(test_ptz_is_never_torn),
        TEST(test_readers_learn_that_it_is_gone),
        TEST(test_creating_fails_cleanly_at_every_call),
        TEST(test_creating_goes_on_after_a_failure),
        TEST(test_removing_takes_exactly_its_own),
        TEST(test_removing_goes_on_after_every_failure),
        TEST(test_reading_fails_cleanly),
    };

    return cmocka_run_group_tests_name("shm store", tests, NULL, NULL);
}

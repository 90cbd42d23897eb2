/* Making a camera's segments: sizes, rights, contents, names that are taken, and every call that can fail on the way. */
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
#include "daemon/segments/budget.h"
#include "daemon/segments/shm_instance.h"
#include "daemon/segments/shm_store.h"
#include "shm_fixture.h"

enum { FAULTS_MAX = 1000 };

static void test_one_segment_a_step(void **state)
{
    struct shm_plan plan = fixture_plan();
    struct shm_store *store;
    size_t names = 0;
    int result;
    (void)state;
    assert_int_equal(shm_store_new(&store, &plan), 0);
    fixture_assert_nothing_left();
    do {
        assert_true(fixture_open_part("info", O_RDONLY) < 0); /* it comes last */
        result = shm_store_step(store);
        names++;
        assert_int_equal(fixture_count_names(fixture.prefix), names);
    } while (result == 0);
    assert_int_equal(result, 1);
    assert_int_equal(names, FIXTURE_SLOTS + 3);
    fixture_stat_part("info");
    assert_int_equal(shm_store_step(store), 1);
    assert_int_equal(fixture_count_names(fixture.prefix), names);
    shm_store_free(store);
    fixture_assert_nothing_left();
}

/* Size changes of a camera with large pictures stalled the loop for 129 ms: a slot of 100 MB was made in one turn. */
static void test_a_step_allocates_a_piece_at_most(void **state)
{
    struct shm_plan plan = fixture_plan();
    struct shm_store *store;
    uint64_t before = 0;
    int result;
    (void)state;
    plan.width = 2048;
    plan.height = 1200; /* frames of 3.6 MB */
    plan.slots = CAMD_SLOTS_MIN;
    assert_int_equal(shm_store_new(&store, &plan), 0);
    do {
        uint64_t now = 0;
        result = shm_store_step(store);
        for (uint32_t slot = 0; slot < plan.slots; slot++) {
            char part[16];
            struct stat status = {0};
            snprintf(part, sizeof(part), "frame%u", slot);
            int fd = fixture_open_part(part, O_RDONLY);

            if (fd >= 0 && fstat(fd, &status) == 0)
                now += (uint64_t)status.st_blocks * 512;
            close(fd);
        }
        assert_true(now - before <= SHM_STORE_PIECE_BYTES);
        before = now;
    } while (result == 0);
    assert_int_equal(result, 1);
    assert_int_equal(before, 4 * 2048 * 1200 * 3 / 2);
    shm_store_free(store);
    fixture_assert_nothing_left();
}

static void test_sizes_are_allocated(void **state)
{
    static const struct {
        const char *part;
        size_t bytes;
    } parts[] = {{"info", sizeof(struct camd_info)},
                 {"ctl", CAMD_CTL_BYTES},
                 {"result", sizeof(struct camd_result_ring)},
                 {"frame0", FIXTURE_FRAME_BYTES},
                 {"frame1", FIXTURE_FRAME_BYTES},
                 {"frame2", FIXTURE_FRAME_BYTES},
                 {"frame3", FIXTURE_FRAME_BYTES},
                 {"frame4", FIXTURE_FRAME_BYTES}};
    struct shm_store *store = fixture_store();
    uint64_t allocated = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct stat status = fixture_stat_part(parts[i].part);
        assert_int_equal(status.st_size, parts[i].bytes);
        assert_true(status.st_blocks * 512 >= status.st_size);
        allocated += (uint64_t)status.st_blocks * 512;
    }
    assert_int_equal(allocated, shm_store_bytes(store));
    assert_int_equal(allocated, budget_camera_bytes(FIXTURE_WIDTH, FIXTURE_HEIGHT, FIXTURE_SLOTS,
                                                    (uint64_t)sysconf(_SC_PAGESIZE)));
    assert_int_equal(shm_store_width(store), FIXTURE_WIDTH);
    assert_int_equal(shm_store_height(store), FIXTURE_HEIGHT);
    assert_int_equal(shm_store_slots(store), FIXTURE_SLOTS);
    assert_int_equal(shm_store_generation(store), 7);
    assert_int_equal(shm_store_first_frame_id(store), 1001);
    shm_store_free(store);
    fixture_assert_nothing_left();
}

static void check_mode(mode_t mask, gid_t group, gid_t expected)
{
    struct shm_plan plan = fixture_plan();
    mode_t old_mask = umask(mask);
    plan.group = group;
    struct shm_store *store = fixture_store_of(&plan);

    umask(old_mask);
    static const char *const parts[] = {"info", "ctl", "result", "frame0", "frame4"};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct stat status = fixture_stat_part(parts[i]);
        assert_int_equal(status.st_mode, S_IFREG | 0640);
        assert_int_equal(status.st_uid, geteuid());
        assert_int_equal(status.st_gid, expected);
    }
    shm_store_free(store);
    fixture_assert_nothing_left();
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
    struct shm_plan plans[15];
    struct shm_store *store = NULL;
    (void)state;
    for (size_t i = 0; i < 15; i++)
        plans[i] = fixture_plan();
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
    plans[12].best_pictures = 1;
    plans[13].best_pictures = CAMD_BEST_MAX + 1;
    plans[13].best_max_kb = 64;
    plans[14].best_pictures = 1;
    plans[14].best_max_kb = CAMD_BEST_KB_MAX + 1;
    for (size_t i = 0; i < 15; i++)
        assert_int_equal(shm_store_new(&store, &plans[i]), -EINVAL);
    assert_null(store);
    shm_store_free(NULL);
}

static void test_info_is_what_readers_expect(void **state)
{
    struct shm_store *store = fixture_store();
    struct camd_info info, expected = {.magic = CAMD_INFO_MAGIC,
                                       .abi_major = CAMD_ABI_MAJOR,
                                       .abi_minor = CAMD_ABI_MINOR,
                                       .state = CAMD_SEGMENTS_LIVE,
                                       .generation = 7,
                                       .width = FIXTURE_WIDTH,
                                       .height = FIXTURE_HEIGHT,
                                       .slots = FIXTURE_SLOTS,
                                       .frame_bytes = FIXTURE_FRAME_BYTES,
                                       .camera = "front"};
    int fd = fixture_open_part("info", O_RDONLY);

    (void)state;
    assert_int_equal(pread(fd, &info, sizeof(info), 0), sizeof(info));
    assert_true(info.created_ns > INT64_C(1500000000) * 1000000000);
    expected.created_ns = info.created_ns;
    assert_memory_equal(&info, &expected, sizeof(info));
    assert_memory_equal(&info, "CAMDINFO", 8);
    close(fd);
    shm_store_free(store);
}

static void test_left_over_of_another_size_is_replaced(void **state)
{
    struct camd_info *old;
    (void)state;
    fixture_make_file(fixture.prefix, "front.info", sizeof(*old));
    fixture_make_file(fixture.prefix, "front.frame0", 10);
    old = fixture_map_part("info", sizeof(*old), PROT_READ | PROT_WRITE);
    old->magic = CAMD_INFO_MAGIC;
    old->state = CAMD_SEGMENTS_LIVE;

    struct shm_store *store = fixture_store();

    assert_int_equal(fixture_stat_part("frame0").st_size, FIXTURE_FRAME_BYTES);
    assert_int_equal(fixture_stat_part("info").st_mode, S_IFREG | 0640);
    assert_int_equal(old->state, CAMD_SEGMENTS_GONE);
    munmap(old, sizeof(*old));
    shm_store_free(store);
    fixture_assert_nothing_left();
}

/* Somebody's directory in the place of a slot, with or without something in it, as chaos has it: the camera runs. */
static void test_name_taken_by_a_directory(void **state)
{
    char path[FIXTURE_PATH_BYTES], inside[FIXTURE_PATH_BYTES + 8];
    (void)state;
    fixture_path(fixture.prefix, "front.frame2", path);
    snprintf(inside, sizeof(inside), "%s/x", path);
    for (int is_full = 0; is_full < 2; is_full++) {
        assert_int_equal(mkdir(path, 0700), 0);
        assert_true(!is_full || mkdir(inside, 0700) == 0);
        struct shm_store *store = fixture_store();

        assert_int_equal(fixture_stat_part("frame2").st_size, FIXTURE_FRAME_BYTES);
        shm_store_free(store);
        assert_int_equal(fixture_count_names(fixture.prefix),
                         is_full); /* what was in it is still somebody's */
    }
}

static void test_name_taken_by_a_pipe(void **state)
{
    char path[FIXTURE_PATH_BYTES];
    (void)state;
    fixture_path(fixture.prefix, "front.info", path);
    assert_int_equal(mkfifo(path, 0666), 0);
    shm_store_free(fixture_store());
    fixture_assert_nothing_left();
}

/* Another name of somebody's file: the name goes, the file stays as it is, whatever stands in it. */
static void test_name_taken_by_a_hard_link(void **state)
{
    char path[FIXTURE_PATH_BYTES], victim[FIXTURE_PATH_BYTES];
    struct camd_info info = {.magic = CAMD_INFO_MAGIC, .state = CAMD_SEGMENTS_LIVE};
    (void)state;
    fixture_path(fixture.prefix, "victim", victim);
    fixture_path(fixture.prefix, "front.info", path);
    int fd = open(victim, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    assert_int_equal(write(fd, &info, sizeof(info)), sizeof(info));
    assert_int_equal(link(victim, path), 0);
    shm_store_free(fixture_store());
    assert_int_equal(pread(fd, &info, sizeof(info), 0), sizeof(info));
    assert_int_equal(info.state, CAMD_SEGMENTS_LIVE);
    close(fd);
    assert_int_equal(fixture_count_names(fixture.prefix), 1);
}

/* What can't be cleared away is named, with its owner. */
static void test_error_names_what_is_in_the_way(void **state)
{
    struct shm_plan plan = fixture_plan();
    char path[FIXTURE_PATH_BYTES], expected[FIXTURE_PATH_BYTES + 64], problem[SHM_STORE_PROBLEM_BYTES];
    struct shm_store *store;
    int result;
    (void)state;
    fixture_path(fixture.prefix, "front.ctl", path);
    assert_int_equal(symlink("/", path), 0);
    assert_int_equal(shm_store_new(&store, &plan), 0);
    sys_fault_at(2, EPERM); /* as for a user who may not remove it */
    while ((result = shm_store_step(store)) == 0)
        ;
    sys_fault_at(0, 0);
    assert_int_equal(result, -EPERM);
    shm_store_explain(store, result, problem);
    snprintf(expected, sizeof(expected), "%s: a symbolic link of uid %u is in its place", path, geteuid());
    assert_non_null(strstr(problem, expected));
    shm_store_free(store);
}

/* A symbolic link is a name like any other: it goes, what it leads to stays as it is. */
static void test_name_taken_by_a_link(void **state)
{
    char path[FIXTURE_PATH_BYTES], target[FIXTURE_PATH_BYTES];
    struct stat status;
    (void)state;
    fixture_make_file(fixture.prefix, "victim", 3);
    fixture_path(fixture.prefix, "victim", target);
    fixture_path(fixture.prefix, "front.info", path);
    assert_int_equal(symlink(target, path), 0);
    struct shm_store *store = fixture_store();

    assert_int_equal(stat(target, &status), 0);
    assert_int_equal(status.st_size, 3);
    shm_store_free(store);
    assert_int_equal(fixture_count_names(fixture.prefix), 1);
}

static void test_new_segments_before_the_old_ones_go(void **state)
{
    struct shm_plan plan = fixture_plan();
    struct shm_store *old = fixture_store();
    (void)state;
    plan.width = 2 * FIXTURE_WIDTH;
    plan.slots = FIXTURE_SLOTS - 1;
    plan.generation = 8;
    struct shm_store *new = fixture_store_of(&plan);

    assert_false(shm_store_intact(old, NULL));
    assert_true(shm_store_intact(new, NULL));
    shm_store_free(old);
    assert_true(shm_store_intact(new, NULL));
    assert_int_equal(fixture_count_names(fixture.prefix), FIXTURE_SLOTS - 1 + 3);
    assert_int_equal(fixture_stat_part("frame0").st_size, 2 * FIXTURE_FRAME_BYTES);
    shm_store_free(new);
    fixture_assert_nothing_left();
}

/* With left-overs in the way the path is longer: they are marked, removed, and opened again. */
static void check_every_fault(bool left_overs, int error)
{
    struct shm_plan plan = fixture_plan();
    unsigned int n = 1;
    bool happened;
    plan.group = getegid();
    do {
        struct shm_store *store;
        int result;
        if (left_overs) {
            fixture_make_file(fixture.prefix, "front.ctl", 1);
            fixture_make_file(fixture.prefix, "front.info", 1);
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
            shm_instance_sweep(fixture.prefix); /* what never became ours */
        fixture_assert_nothing_left();
    } while (happened && ++n < FAULTS_MAX);
    assert_true(n > (FIXTURE_SLOTS + 3) * 4 && n < FAULTS_MAX);
}

static void test_creating_fails_cleanly_at_every_call(void **state)
{
    (void)state;
    check_every_fault(false, ENOSPC);
    check_every_fault(false, EMFILE);
    check_every_fault(true, EMFILE);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_set_up, fixture_tear_down)

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
        TEST(test_name_taken_by_a_pipe),
        TEST(test_name_taken_by_a_hard_link),
        TEST(test_error_names_what_is_in_the_way),
        TEST(test_a_step_allocates_a_piece_at_most),
        TEST(test_name_taken_by_a_link),
        TEST(test_new_segments_before_the_old_ones_go),
        TEST(test_creating_fails_cleanly_at_every_call),
    };

    return cmocka_run_group_tests_name("shm store: make", tests, NULL, NULL);
}

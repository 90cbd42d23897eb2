/*
 * A full /dev/shm, a real one: a small tmpfs in a mount namespace of the test's own. Skipped where the test
 * may not make one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "daemon/segments/budget.h"
#include "daemon/segments/shm_instance.h"
#include "daemon/segments/shm_store.h"
#include "leftovers.h"
#include "shm_fixture.h"

enum { WIDTH = 640, HEIGHT = 480, FRAME_BYTES = WIDTH * HEIGHT * 3 / 2, SKIPPED = 77 };

static char prefix[SHM_PREFIX_MAX + 1];

/* files: beside the directory itself; 0: any number. */
static void mount_shm_of_files(uint64_t bytes, unsigned int files)
{
    char options[96];
    snprintf(options, sizeof(options), "size=%llu,nr_inodes=%u,mode=1777", (unsigned long long)bytes,
             files > 0 ? files + 1 : 0);
    assert_int_equal(mount("tmpfs", SHM_DIRECTORY, "tmpfs", MS_NOSUID | MS_NODEV, options), 0);
}

static void mount_shm(uint64_t bytes)
{
    mount_shm_of_files(bytes, 0);
}

static int tear_down(void **state)
{
    (void)state;
    return umount2(SHM_DIRECTORY, MNT_DETACH);
}

static uint64_t page_bytes(void)
{
    return (uint64_t)sysconf(_SC_PAGESIZE);
}

static int create(const char *camera, uint32_t slots, struct shm_store **store)
{
    struct shm_plan plan = {.prefix = prefix,
                            .camera = camera,
                            .width = WIDTH,
                            .height = HEIGHT,
                            .slots = slots,
                            .generation = 1,
                            .first_frame_id = 1,
                            .group = (gid_t)-1};
    int result;
    assert_int_equal(shm_store_new(store, &plan), 0);
    while ((result = shm_store_step(*store)) == 0)
        ;
    return result;
}

static void assert_space(uint64_t total_expected, uint64_t free_expected)
{
    struct shm_space space;
    assert_int_equal(shm_instance_space(&space), 0);
    assert_int_equal(space.total_bytes, total_expected);
    assert_int_equal(space.free_bytes, free_expected);
}

/* The budget's number is exact: that many bytes hold the camera, one page less does not, and then all is
 * given back. */
static void test_budget_bytes_are_exact(void **state)
{
    uint64_t bytes = budget_camera_bytes(WIDTH, HEIGHT, 4, page_bytes());
    struct shm_store *store;
    (void)state;
    mount_shm(bytes);
    assert_space(bytes, bytes);
    assert_int_equal(create("front", 4, &store), 1);
    assert_space(bytes, 0);
    shm_store_free(store);
    assert_space(bytes, bytes);
    assert_int_equal(umount(SHM_DIRECTORY), 0);

    size_t fds = count_descriptors();

    mount_shm(bytes - page_bytes());
    assert_int_equal(create("front", 4, &store), -ENOSPC);
    shm_store_free(store);
    assert_space(bytes - page_bytes(), bytes - page_bytes());
    assert_int_equal(fixture_count_names(prefix), 0);
    assert_int_equal(count_descriptors(), fds);
}

static void fill_every_frame(uint32_t slots)
{
    for (uint32_t slot = 0; slot < slots; slot++) {
        char path[FIXTURE_PATH_BYTES], rest[64];
        snprintf(rest, sizeof(rest), "front.frame%u", slot);
        fixture_path(prefix, rest, path);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        void *map = mmap(NULL, FRAME_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

        assert_true(map != MAP_FAILED);
        memset(map, 0x80, FRAME_BYTES);
        munmap(map, FRAME_BYTES);
        close(fd);
    }
}

/* The camera that fits can write all its frames, nobody dies of SIGBUS; the next one is refused and takes
 * nothing. */
static void test_full_for_the_second_camera(void **state)
{
    uint64_t six = budget_camera_bytes(WIDTH, HEIGHT, 6, page_bytes());
    uint64_t four = budget_camera_bytes(WIDTH, HEIGHT, 4, page_bytes());
    struct shm_store *first, *second;
    (void)state;
    mount_shm(six + four - page_bytes());
    assert_int_equal(create("front", 6, &first), 1);
    assert_int_equal(create("back", 4, &second), -ENOSPC);
    shm_store_free(second);
    assert_space(six + four - page_bytes(), four - page_bytes());
    fill_every_frame(6);
    assert_true(shm_store_intact(first, NULL));
    shm_store_free(first);
    assert_int_equal(fixture_count_names(prefix), 0);
}

/* A mount without a limit has no size of its own. */
static void test_space_without_a_limit(void **state)
{
    struct shm_space space = {0};
    (void)state;
    mount_shm(0);
    assert_int_equal(shm_instance_space(&space), 0);
    assert_true(space.total_bytes >= space.free_bytes);
    assert_true(space.free_bytes > 0);
    assert_int_equal(space.free_files, UINT64_MAX);
}

static void assert_files(uint64_t free_expected)
{
    struct shm_space space = {0};
    assert_int_equal(shm_instance_space(&space), 0);
    assert_int_equal(space.free_files, free_expected);
}

/* The number of files is exact, too: with so many the camera is made, with one less it is not. */
static void test_budget_files_are_exact(void **state)
{
    const uint32_t files = budget_camera_files(4, false, false);
    const uint64_t enough = 2 * budget_camera_bytes(WIDTH, HEIGHT, 4, page_bytes());
    struct shm_store *store;
    (void)state;
    mount_shm_of_files(enough, files);
    assert_files(files);
    assert_int_equal(create("front", 4, &store), 1);
    assert_int_equal(shm_store_files(store), files);
    assert_files(0);
    shm_store_free(store);
    assert_files(files);
    assert_int_equal(umount(SHM_DIRECTORY), 0);

    mount_shm_of_files(enough, files - 1);
    assert_int_equal(create("front", 4, &store), -ENOSPC);
    shm_store_free(store);
    assert_files(files - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_budget_bytes_are_exact, tear_down),
        cmocka_unit_test_teardown(test_full_for_the_second_camera, tear_down),
        cmocka_unit_test_teardown(test_space_without_a_limit, tear_down),
        cmocka_unit_test_teardown(test_budget_files_are_exact, tear_down),
    };
    if (unshare(CLONE_NEWNS) < 0) {
        printf("skipped: no mount namespace for a small /dev/shm: %s\n", strerror(errno));
        return SKIPPED;
    }
    if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", SHM_DIRECTORY, "tmpfs", 0, NULL) < 0) {
        printf("skipped: no small /dev/shm: %s\n", strerror(errno));
        return SKIPPED;
    }
    umount(SHM_DIRECTORY);
    fixture_prefix(prefix);
    return cmocka_run_group_tests_name("shm full", tests, NULL, NULL);
}

/* The instance's side: the lock, the sweep, the space. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "daemon/segments/shm_instance.h"
#include "daemon/segments/shm_name.h"
#include "leftovers.h"
#include "shm_fixture.h"

enum { FAULTS_MAX = 100 };

/* ---- the lock ---- */

static int take(int *lock_fd)
{
    char problem[SHM_OBSTACLE_BYTES];
    return shm_instance_lock(fixture.prefix, lock_fd, problem);
}

static void test_lock_excludes_a_second_one(void **state)
{
    int first = -1, second = -1;
    (void)state;
    assert_int_equal(take(&first), 0);
    assert_int_equal(take(&second), -EWOULDBLOCK);
    assert_int_equal(second, -1);
    assert_true(fcntl(first, F_GETFD) & FD_CLOEXEC);
    close(first);
    assert_int_equal(take(&second), 0);
    close(second);
}

static void test_lock_file_stays(void **state)
{
    char path[FIXTURE_PATH_BYTES];
    int fd;
    (void)state;
    fixture_path(fixture.prefix, "lock", path);
    assert_int_equal(take(&fd), 0);
    assert_int_equal(shm_instance_sweep(fixture.prefix), 0);
    close(fd);
    assert_int_equal(access(path, F_OK), 0);
}

static void test_lock_whatever_the_umask(void **state)
{
    mode_t mask = umask(0777);
    int fd = -1;
    (void)state;
    assert_int_equal(take(&fd), 0);
    close(fd);
    assert_int_equal(take(&fd), 0);
    close(fd);
    umask(mask);
}

/* Things that any user can put where the lock belongs, held or not; 0 to CASES - 1. Returns a descriptor to close. */
enum { CASES = 6 };

static int put_in_the_way(int which, const char *path)
{
    int fd = -1;
    if (which < 2)
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    else if (which == 2)
        assert_int_equal(symlink("/etc/passwd", path), 0);
    else if (which == 3)
        assert_int_equal(mkfifo(path, 0666), 0);
    else
        assert_int_equal(mkdir(path, 0777), 0);
    if (which == 1)
        assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    if (which == 5) {
        char inside[FIXTURE_PATH_BYTES + 2];
        snprintf(inside, sizeof(inside), "%s/x", path);
        assert_int_equal(mkdir(inside, 0777), 0);
    }
    assert_int_equal(lchown(path, 65534, 65534), 0);
    return fd;
}

/* Anybody could keep the cameras dark by making /dev/shm/camd.lock before camd's first start. */
static void test_root_takes_the_lock_from_another_user(void **state)
{
    char path[FIXTURE_PATH_BYTES];
    (void)state;
    if (geteuid() != 0)
        skip(); /* only root can give a file away */
    fixture_path(fixture.prefix, "lock", path);
    for (int i = 0; i < CASES; i++) {
        int theirs = put_in_the_way(i, path), ours = -1, second = -1;
        struct stat status;
        assert_int_equal(take(&ours), 0);
        assert_int_equal(lstat(path, &status), 0);
        assert_true(S_ISREG(status.st_mode) && status.st_uid == 0);
        assert_int_equal(status.st_mode & 0777, 0600);
        assert_int_equal(take(&second), -EWOULDBLOCK);
        close(ours);
        if (theirs >= 0)
            close(theirs);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(fixture_count_names(fixture.prefix),
                         i == 5); /* what somebody keeps there was moved */
    }
    assert_int_equal(count_descriptors(), fixture.fds_before);
}

/* Nobody but root can: the error says what is there. In a child that is nobody. */
static void test_others_are_told_what_is_there(void **state)
{
    char path[FIXTURE_PATH_BYTES];
    int status;
    (void)state;
    if (geteuid() != 0)
        skip();
    fixture_path(fixture.prefix, "lock", path);
    fixture_make_file(fixture.prefix, "lock", 0);
    pid_t child = fork();

    if (child == 0) {
        char problem[SHM_OBSTACLE_BYTES];
        int fd = -1;
        if (setresuid(65534, 65534, 65534) < 0)
            _exit(2);
        int result = shm_instance_lock(fixture.prefix, &fd, problem);
        _exit(result == -EACCES && fd == -1 && strcmp(problem, "a file of uid 0") == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_unusable_prefix_is_refused(void **state)
{
    char longest[SHM_PREFIX_MAX + 2], problem[SHM_OBSTACLE_BYTES];
    int fd = -1;
    (void)state;
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(shm_instance_lock(longest, &fd, problem), -ENAMETOOLONG);
    assert_int_equal(shm_instance_sweep(longest), -ENAMETOOLONG);
    assert_int_equal(shm_instance_lock("../x", &fd, problem), -ENAMETOOLONG);
    assert_int_equal(fd, -1);
}

static void check_lock_faults(bool in_place_of_another)
{
    unsigned int n = 1;
    int result;
    do {
        char path[FIXTURE_PATH_BYTES];
        int fd = -1;
        fixture_path(fixture.prefix, "lock", path);
        if (in_place_of_another)
            put_in_the_way(4, path);
        sys_fault_at(n, EIO);
        result = take(&fd);
        bool happened = sys_fault_happened();

        sys_fault_at(0, 0);
        assert_int_equal(result, happened ? -EIO : 0);
        if (happened)
            assert_int_equal(fd, -1);
        else
            close(fd);
        assert_int_equal(count_descriptors(), fixture.fds_before);
        fixture_remove_all(fixture.prefix);
    } while (result < 0 && ++n < FAULTS_MAX);
    assert_true(n > 2 && n < FAULTS_MAX);
}

static void test_lock_fails_cleanly_at_every_call(void **state)
{
    (void)state;
    check_lock_faults(false);
    if (geteuid() == 0)
        check_lock_faults(true);
}

/* ---- the sweep ---- */

static void test_sweep_takes_ours_and_nothing_else(void **state)
{
    static const char *const ours[] = {"front.info", "front.ctl", "front.frame0", "front.frame63",
                                       "b.in",       "b.out",     "b.result"};
    static const char *const foreign[] = {"front.frame64",  "front.frame01", "front.txt", "front",
                                          "front.info.bak", "a.b.info",      ".info"};
    char path[FIXTURE_PATH_BYTES];
    size_t fds = count_descriptors();
    (void)state;
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        fixture_make_file(fixture.prefix, ours[i], 100);
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        fixture_make_file(fixture.prefix, foreign[i], 100);
    fixture_path(fixture.prefix, "link.info", path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    fixture_path(fixture.prefix, "directory.info", path);
    assert_int_equal(mkdir(path, 0700), 0);
    fixture_path(fixture.prefix, "pipe.info", path);
    assert_int_equal(mkfifo(path, 0600), 0);

    assert_int_equal(shm_instance_sweep(fixture.prefix), sizeof(ours) / sizeof(ours[0]));
    assert_int_equal(fixture_count_names(fixture.prefix), sizeof(foreign) / sizeof(foreign[0]) + 3);
    assert_int_equal(shm_instance_sweep(fixture.prefix), 0);
    assert_int_equal(count_descriptors(), fds);
}

/* Those of a prefix that begins with ours are another instance's. */
static void test_sweep_leaves_a_longer_prefix_alone(void **state)
{
    (void)state;
    fixture_make_file(fixture.prefix, "b.front.info", 1);
    fixture_make_file(fixture.prefix, "front.info", 1);
    assert_int_equal(shm_instance_sweep(fixture.prefix), 1);
    assert_int_equal(fixture_count_names(fixture.prefix), 1);
}

static void test_sweep_tells_those_who_have_it_mapped(void **state)
{
    char path[FIXTURE_PATH_BYTES];
    struct camd_info *info;
    (void)state;
    fixture_make_file(fixture.prefix, "front.info", sizeof(*info));
    fixture_path(fixture.prefix, "front.info", path);
    int fd = open(path, O_RDWR | O_CLOEXEC);

    info = mmap(NULL, sizeof(*info), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(info != MAP_FAILED);
    info->magic = CAMD_INFO_MAGIC;
    info->state = CAMD_SEGMENTS_LIVE;
    assert_int_equal(shm_instance_sweep(fixture.prefix), 1);
    assert_int_equal(info->state, CAMD_SEGMENTS_GONE);
    munmap(info, sizeof(*info));
    close(fd);
}

/* One that can't be removed does not keep the others. */
static void test_sweep_goes_on_after_every_failure(void **state)
{
    size_t fds = count_descriptors();
    unsigned int n = 1;
    bool happened;
    (void)state;
    do {
        fixture_make_file(fixture.prefix, "front.info", 1);
        fixture_make_file(fixture.prefix, "front.ctl", 1);
        fixture_make_file(fixture.prefix, "front.frame0", 1);
        sys_fault_at(n, EIO);
        int result = shm_instance_sweep(fixture.prefix);

        happened = sys_fault_happened();
        sys_fault_at(0, 0);
        if (n == 1)
            assert_int_equal(result, -EIO); /* the directory itself */
        else if (result < 0)
            assert_int_equal(fixture_count_names(fixture.prefix), 1);
        else
            assert_int_equal(result, 3);
        assert_int_equal(count_descriptors(), fds);
        shm_instance_sweep(fixture.prefix);
        assert_int_equal(fixture_count_names(fixture.prefix), 0);
    } while (happened && ++n < FAULTS_MAX);
    assert_true(n >= 6 && n < FAULTS_MAX);
}

/* The camd of another user, whose prefix it was, removed one meanwhile: that was told as one to be removed by hand. */
static void test_sweep_passes_what_has_just_gone(void **state)
{
    unsigned int n = 2; /* the first is the directory itself */
    bool happened;
    (void)state;
    do {
        fixture_make_file(fixture.prefix, "front.info", 1);
        sys_fault_at(n, ENOENT);
        int result = shm_instance_sweep(fixture.prefix);

        happened = sys_fault_happened();
        sys_fault_at(0, 0);
        assert_in_range(result, 0, 1);
        shm_instance_sweep(fixture.prefix);
    } while (happened && ++n < FAULTS_MAX);
    assert_true(n > 2 && n < FAULTS_MAX);
}

/* ---- the space ---- */

static void test_space_is_that_of_the_mount(void **state)
{
    struct statvfs mount;
    struct shm_space space = {0};
    (void)state;
    assert_int_equal(shm_instance_space(&space), 0);
    assert_int_equal(statvfs(SHM_DIRECTORY, &mount), 0);
    if (mount.f_blocks != 0)
        assert_int_equal(space.total_bytes, mount.f_blocks * mount.f_frsize);
    assert_true(space.total_bytes > 0);
    assert_true(space.free_bytes <= space.total_bytes);
    assert_true(mount.f_files == 0 ? space.free_files == UINT64_MAX : space.free_files <= mount.f_files);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lock_excludes_a_second_one),
        TEST(test_lock_file_stays),
        TEST(test_lock_whatever_the_umask),
        TEST(test_root_takes_the_lock_from_another_user),
        TEST(test_others_are_told_what_is_there),
        TEST(test_unusable_prefix_is_refused),
        TEST(test_lock_fails_cleanly_at_every_call),
        TEST(test_sweep_takes_ours_and_nothing_else),
        TEST(test_sweep_leaves_a_longer_prefix_alone),
        TEST(test_sweep_tells_those_who_have_it_mapped),
        TEST(test_sweep_goes_on_after_every_failure),
        TEST(test_sweep_passes_what_has_just_gone),
        TEST(test_space_is_that_of_the_mount),
    };

    return cmocka_run_group_tests_name("shm instance", tests, NULL, NULL);
}

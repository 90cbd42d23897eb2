/* The instance's side: the lock, the grammar of names, the sweep, the space. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/sys.h"
#include "daemon/segments/shm_store.h"
#include "shm_fixture.h"

enum { ROUNDS = 200000, FAULTS_MAX = 100 };

static char prefix[SHM_STORE_PREFIX_MAX + 1];

static int set_up(void **state)
{
    (void)state;
    fixture_prefix(prefix);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sys_fault_at(0, 0);
    fixture_remove_all(prefix);
    return 0;
}

/* ---- the lock ---- */

static void test_lock_excludes_a_second_one(void **state)
{
    int first = -1, second = -1;

    (void)state;
    assert_int_equal(shm_store_lock(prefix, &first), 0);
    assert_int_equal(shm_store_lock(prefix, &second), -EWOULDBLOCK);
    assert_int_equal(second, -1);
    assert_true(fcntl(first, F_GETFD) & FD_CLOEXEC);
    close(first);
    assert_int_equal(shm_store_lock(prefix, &second), 0);
    close(second);
}

static void test_lock_file_stays(void **state)
{
    char path[FIXTURE_PATH_BYTES];
    int fd;

    (void)state;
    fixture_path(prefix, "lock", path);
    assert_int_equal(shm_store_lock(prefix, &fd), 0);
    assert_int_equal(shm_store_sweep(prefix), 0);
    close(fd);
    assert_int_equal(access(path, F_OK), 0);
}

static void test_lock_whatever_the_umask(void **state)
{
    mode_t mask = umask(0777);
    int fd = -1;

    (void)state;
    assert_int_equal(shm_store_lock(prefix, &fd), 0);
    close(fd);
    assert_int_equal(shm_store_lock(prefix, &fd), 0);
    close(fd);
    umask(mask);
}

static void test_lock_of_another_user_is_refused(void **state)
{
    char path[FIXTURE_PATH_BYTES];
    size_t fds = fixture_count_fds();
    int fd = -1;

    (void)state;
    fixture_make_file(prefix, "lock", 0);
    fixture_path(prefix, "lock", path);
    if (geteuid() != 0)
        skip(); /* only root can give a file away */
    assert_int_equal(chown(path, 65534, 65534), 0);
    assert_int_equal(shm_store_lock(prefix, &fd), -EACCES);
    assert_int_equal(fd, -1);
    assert_int_equal(fixture_count_fds(), fds);
}

static void test_lock_follows_no_link_and_takes_no_pipe(void **state)
{
    char path[FIXTURE_PATH_BYTES];
    size_t fds = fixture_count_fds();
    int fd = -1;

    (void)state;
    fixture_path(prefix, "lock", path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(shm_store_lock(prefix, &fd), -ELOOP);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(shm_store_lock(prefix, &fd), -EACCES);
    assert_int_equal(fd, -1);
    assert_int_equal(fixture_count_fds(), fds);
}

static void test_unusable_prefix_is_refused(void **state)
{
    char longest[SHM_STORE_PREFIX_MAX + 2];
    int fd = -1;

    (void)state;
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(shm_store_lock(longest, &fd), -ENAMETOOLONG);
    assert_int_equal(shm_store_sweep(longest), -ENAMETOOLONG);
    assert_int_equal(shm_store_lock("../x", &fd), -ENAMETOOLONG);
    assert_int_equal(fd, -1);
}

static void test_lock_fails_cleanly_at_every_call(void **state)
{
    size_t fds = fixture_count_fds();
    unsigned int n = 1;
    int result;

    (void)state;
    do {
        int fd = -1;

        sys_fault_at(n, EIO);
        result = shm_store_lock(prefix, &fd);
        bool happened = sys_fault_happened();

        sys_fault_at(0, 0);
        assert_int_equal(result, happened ? -EIO : 0);
        if (happened)
            assert_int_equal(fd, -1);
        else
            close(fd);
        assert_int_equal(fixture_count_fds(), fds);
    } while (result < 0 && ++n < FAULTS_MAX);
    assert_true(n > 2 && n < FAULTS_MAX);
}

/* ---- the grammar ---- */

static void test_names_by_example(void **state)
{
    static const char *const good[] = {"camd.front.info",    "camd.front.ctl",     "camd.front.result",
                                       "camd.front.in",      "camd.front.out",     "camd.front.frame0",
                                       "camd.front.frame63", "camd.a_frame0.info", "camd.-_9.frame10"};
    static const char *const bad[] = {"camd.lock",
                                      "camd.front",
                                      "camd.front.",
                                      "camd..info",
                                      "camd.front.inf",
                                      "camd.front.infos",
                                      "camd.front.frame",
                                      "camd.front.frame64",
                                      "camd.front.frame00",
                                      "camd.front.frame01",
                                      "camd.front.frame-1",
                                      "camd.front.frame 1",
                                      "camd.front.frame1.",
                                      "camd.front.frame100",
                                      "camd.front.frame4294967297",
                                      "camd.front.frame+1",
                                      "camd.a.b.info",
                                      "camd.fr ont.info",
                                      "camd.front.info.old",
                                      "xcamd.front.info",
                                      "camd2.front.info",
                                      "camdxfront.info",
                                      "front.info",
                                      "camd.front.Info",
                                      "",
                                      "camd."};
    char camera[CAMD_NAME_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(shm_store_parse_name("camd.", good[i], camera));
    assert_string_equal(camera, "-_9");
    snprintf(camera, sizeof(camera), "kept");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(shm_store_parse_name("camd.", bad[i], camera));
    assert_string_equal(camera, "kept");
    assert_true(shm_store_parse_name("camd.", "camd.front.info", NULL));
}

static size_t append_random(char *name, size_t length, const char *letters, size_t count)
{
    for (size_t i = 0; i < count; i++)
        name[length++] = letters[(size_t)random() % strlen(letters)];
    return length;
}

static size_t append(char *name, size_t length, const char *text)
{
    memcpy(name + length, text, strlen(text));
    return length + strlen(text);
}

/* Something near a name: parts that fit or nearly fit, then a few random changes. */
static void random_name(char name[FIXTURE_PATH_BYTES])
{
    static const char letters[] = "abzAZ019_-";
    static const char *const prefixes[] = {"camd.", "camd.", "camd.", "camd", "cam.", "camd.x."};
    static const char *const parts[] = {".info", ".ctl",    ".result",  ".in",      ".out",      ".frame",
                                        "frame", ".frame0", ".frame63", ".frame64", ".frame007", "."};
    size_t length = append(name, 0, prefixes[random() % 6]);

    length = append_random(name, length, letters, (size_t)random() % 44);
    length = append(name, length, parts[random() % 12]);
    if (random() % 3 == 0)
        length = append_random(name, length, "0123456789", (size_t)random() % 4);
    name[length] = '\0';
    for (long changes = random() % 3; changes > 0 && length > 0; changes--)
        name[(size_t)random() % length] = "abc.019_- /frame"[random() % 16];
}

static void test_names_agree_with_a_regular_expression(void **state)
{
    static const char expression[] =
        "^camd\\.([A-Za-z0-9_-]{1,40})\\.(info|ctl|result|in|out|frame([0-9]|[1-5][0-9]|6[0-3]))$";
    regex_t regex;
    size_t matches = 0;

    (void)state;
    srandom(3);
    assert_int_equal(regcomp(&regex, expression, REG_EXTENDED), 0);
    for (int round = 0; round < ROUNDS; round++) {
        char name[FIXTURE_PATH_BYTES], camera[CAMD_NAME_MAX + 1];
        regmatch_t match[2];

        random_name(name);
        bool expected = regexec(&regex, name, 2, match, 0) == 0;

        if (shm_store_parse_name("camd.", name, camera) != expected)
            fail_msg("\"%s\": the regular expression says %d", name, expected);
        if (!expected)
            continue;
        matches++;
        assert_int_equal(strlen(camera), (size_t)(match[1].rm_eo - match[1].rm_so));
        assert_memory_equal(camera, name + match[1].rm_so, strlen(camera));
    }
    regfree(&regex);
    assert_in_range(matches, ROUNDS / 10, ROUNDS * 9 / 10); /* both answers were asked for */
}

/* ---- the sweep ---- */

static void test_sweep_takes_ours_and_nothing_else(void **state)
{
    static const char *const ours[] = {"front.info", "front.ctl", "front.frame0", "front.frame63",
                                       "b.in",       "b.out",     "b.result"};
    static const char *const foreign[] = {"front.frame64",  "front.frame01", "front.txt", "front",
                                          "front.info.bak", "a.b.info",      ".info"};
    char path[FIXTURE_PATH_BYTES];
    size_t fds = fixture_count_fds();

    (void)state;
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        fixture_make_file(prefix, ours[i], 100);
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        fixture_make_file(prefix, foreign[i], 100);
    fixture_path(prefix, "link.info", path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    fixture_path(prefix, "directory.info", path);
    assert_int_equal(mkdir(path, 0700), 0);
    fixture_path(prefix, "pipe.info", path);
    assert_int_equal(mkfifo(path, 0600), 0);

    assert_int_equal(shm_store_sweep(prefix), sizeof(ours) / sizeof(ours[0]));
    assert_int_equal(fixture_count_names(prefix), sizeof(foreign) / sizeof(foreign[0]) + 3);
    assert_int_equal(shm_store_sweep(prefix), 0);
    assert_int_equal(fixture_count_fds(), fds);
}

/* Those of a prefix that begins with ours are another instance's. */
static void test_sweep_leaves_a_longer_prefix_alone(void **state)
{
    (void)state;
    fixture_make_file(prefix, "b.front.info", 1);
    fixture_make_file(prefix, "front.info", 1);
    assert_int_equal(shm_store_sweep(prefix), 1);
    assert_int_equal(fixture_count_names(prefix), 1);
}

static void test_sweep_tells_those_who_have_it_mapped(void **state)
{
    char path[FIXTURE_PATH_BYTES];
    struct camd_info *info;

    (void)state;
    fixture_make_file(prefix, "front.info", sizeof(*info));
    fixture_path(prefix, "front.info", path);
    int fd = open(path, O_RDWR | O_CLOEXEC);

    info = mmap(NULL, sizeof(*info), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(info != MAP_FAILED);
    info->magic = CAMD_INFO_MAGIC;
    info->state = CAMD_SEGMENTS_LIVE;
    assert_int_equal(shm_store_sweep(prefix), 1);
    assert_int_equal(info->state, CAMD_SEGMENTS_GONE);
    munmap(info, sizeof(*info));
    close(fd);
}

/* One that can't be removed does not keep the others. */
static void test_sweep_goes_on_after_every_failure(void **state)
{
    size_t fds = fixture_count_fds();
    unsigned int n = 1;
    bool happened;

    (void)state;
    do {
        fixture_make_file(prefix, "front.info", 1);
        fixture_make_file(prefix, "front.ctl", 1);
        fixture_make_file(prefix, "front.frame0", 1);
        sys_fault_at(n, EIO);
        int result = shm_store_sweep(prefix);

        happened = sys_fault_happened();
        sys_fault_at(0, 0);
        if (n == 1)
            assert_int_equal(result, -EIO); /* the directory itself */
        else if (result < 0)
            assert_int_equal(fixture_count_names(prefix), 1);
        else
            assert_int_equal(result, 3);
        assert_int_equal(fixture_count_fds(), fds);
        shm_store_sweep(prefix);
        assert_int_equal(fixture_count_names(prefix), 0);
    } while (happened && ++n < FAULTS_MAX);
    assert_true(n >= 6 && n < FAULTS_MAX);
}

/* ---- the space ---- */

static void test_space_is_that_of_the_mount(void **state)
{
    struct statvfs space;
    uint64_t total = 0, free_bytes = 0;

    (void)state;
    assert_int_equal(shm_store_space(&total, &free_bytes), 0);
    assert_int_equal(statvfs(SHM_STORE_DIRECTORY, &space), 0);
    if (space.f_blocks != 0)
        assert_int_equal(total, space.f_blocks * space.f_frsize);
    assert_true(total > 0);
    assert_true(free_bytes <= total);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lock_excludes_a_second_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lock_file_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lock_whatever_the_umask, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lock_of_another_user_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lock_follows_no_link_and_takes_no_pipe, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unusable_prefix_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lock_fails_cleanly_at_every_call, set_up, tear_down),
        cmocka_unit_test(test_names_by_example),
        cmocka_unit_test(test_names_agree_with_a_regular_expression),
        cmocka_unit_test_setup_teardown(test_sweep_takes_ours_and_nothing_else, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sweep_leaves_a_longer_prefix_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sweep_tells_those_who_have_it_mapped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sweep_goes_on_after_every_failure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_space_is_that_of_the_mount, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("shm names", tests, NULL, NULL);
}

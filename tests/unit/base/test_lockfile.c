/* test_lockfile.c - locks of files that others remove and replace meanwhile; sys_flock is wrapped to let them */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/lockfile.h"
#include "base/sys.h"
#include "leftovers.h"

int __real_sys_flock(int fd, int operation);
int __wrap_sys_flock(int fd, int operation);

static char path[64];
static unsigned int intrusions; /* how often another one comes between open and flock */
static int others[16];
static unsigned int other_count;

/* What another process does: removes the file, as its lock's holder may, and makes a new one. */
int __wrap_sys_flock(int fd, int operation)
{
    if (intrusions > 0) {
        intrusions--;
        assert_int_equal(unlink(path), 0);
        others[other_count++] = sys_open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    }
    return __real_sys_flock(fd, operation);
}

static int close_others(void **state)
{
    (void)state;
    while (other_count > 0)
        sys_close(&others[--other_count]);
    intrusions = 0;
    unlink(path);
    return 0;
}

static void test_lock_on_a_nameless_file_is_not_taken(void **state)
{
    (void)state;
    const unsigned int before = count_descriptors();
    int fd = -1;
    intrusions = 3;
    assert_int_equal(lockfile_take(path, O_RDWR | O_CREAT, 0600, &fd), 0);
    assert_int_equal(intrusions, 0);
    assert_true(lockfile_is_at(fd, path));
    assert_int_equal(count_descriptors(), before + 3 + 1);
    sys_close(&fd);
}

static void test_endless_replacing_is_somebody_alive(void **state)
{
    (void)state;
    int fd = -1;
    intrusions = 16;
    assert_int_equal(lockfile_take(path, O_RDWR | O_CREAT, 0600, &fd), -EWOULDBLOCK);
    assert_int_equal(fd, -1);
}

static void test_held_lock_is_refused(void **state)
{
    (void)state;
    int first = -1, second = -1;
    assert_int_equal(lockfile_take(path, O_RDWR, 0600, &first), -ENOENT);
    assert_int_equal(lockfile_take(path, O_RDWR | O_CREAT, 0600, &first), 0);
    assert_int_equal(lockfile_take(path, O_RDWR | O_CREAT, 0600, &second), -EWOULDBLOCK);
    assert_int_equal(second, -1);
    sys_close(&first);
    assert_int_equal(lockfile_take(path, O_RDWR, 0600, &second), 0);
    sys_close(&second);
}

int main(void)
{
    snprintf(path, sizeof(path), "/tmp/camd-test-lockfile-%d", (int)getpid());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_lock_on_a_nameless_file_is_not_taken, close_others),
        cmocka_unit_test_teardown(test_endless_replacing_is_somebody_alive, close_others),
        cmocka_unit_test_teardown(test_held_lock_is_refused, close_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

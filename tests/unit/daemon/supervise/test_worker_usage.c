/* How often the kernel is asked for a worker's memory: the clock is the test's, the processes are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <errno.h>

#include "base/process_memory.h"
#include "base/sys.h"
#include "daemon/supervise/worker_usage.h"

static int looks;

/* In place of the kernel: the process of that number has as many KB, and 10 more at each look. */
int process_memory_open(pid_t pid)
{
    return pid == 404 ? -ENOENT : (int)pid;
}

int64_t process_memory_kb(int fd)
{
    return fd + 10 * looks++;
}

void sys_close(int *fd)
{
    *fd = -1;
}

static void test_a_second_look_within_a_second_is_the_first_one(void **state)
{
    struct worker_usage usage = {0};
    (void)state;
    looks = 0;
    assert_int_equal(worker_usage_memory_kb(&usage, 100, 5000), 100);
    assert_int_equal(worker_usage_memory_kb(&usage, 100, 5999), 100);
    assert_int_equal(worker_usage_memory_kb(&usage, 100, 6000), 110);
}

static void test_another_process_is_looked_at_at_once(void **state)
{
    struct worker_usage usage = {0};
    (void)state;
    looks = 0;
    assert_int_equal(worker_usage_memory_kb(&usage, 100, 5000), 100);
    assert_int_equal(worker_usage_memory_kb(&usage, 200, 5001), 210);
}

static void test_one_that_has_gone_has_none(void **state)
{
    struct worker_usage usage = {0};
    (void)state;
    assert_int_equal(worker_usage_memory_kb(&usage, 404, 5000), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_second_look_within_a_second_is_the_first_one),
        cmocka_unit_test(test_another_process_is_looked_at_at_once),
        cmocka_unit_test(test_one_that_has_gone_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

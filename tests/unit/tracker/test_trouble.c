/* When a detector's trouble is told. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tracker/trouble.h"

#define SECOND INT64_C(1000000000)

static void test_a_single_failure_is_told_and_its_end_once_it_is_sure(void **state)
{
    struct trouble trouble = {0};
    (void)state;
    assert_int_equal(trouble_step(&trouble, 0, SECOND), TROUBLE_NO_NEWS);
    assert_int_equal(trouble_step(&trouble, -ETIMEDOUT, 2 * SECOND), TROUBLE_BEGAN);
    assert_int_equal(trouble_step(&trouble, 0, 3 * SECOND), TROUBLE_NO_NEWS);
    assert_int_equal(trouble_step(&trouble, 0, 2 * SECOND + TROUBLE_QUIET_NS), TROUBLE_OVER);
    assert_int_equal(trouble_step(&trouble, 0, 3 * SECOND + TROUBLE_QUIET_NS), TROUBLE_NO_NEWS);
}

/* A detector at its limit filled the log: "did not answer", "answers again", every second and for every camera. */
static void test_trouble_that_comes_and_goes_is_told_once(void **state)
{
    struct trouble trouble = {0};
    int told = 0;
    (void)state;
    for (int second = 0; second < 600; second++)
        told += trouble_step(&trouble, second % 2 == 0 ? -ETIMEDOUT : 0, second * SECOND) != TROUBLE_NO_NEWS;
    assert_int_equal(told, 1);
    assert_int_equal(trouble_step(&trouble, 0, 700 * SECOND), TROUBLE_OVER);
    assert_int_equal(trouble_step(&trouble, -EBUSY, 701 * SECOND), TROUBLE_BEGAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_single_failure_is_told_and_its_end_once_it_is_sure),
        cmocka_unit_test(test_trouble_that_comes_and_goes_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

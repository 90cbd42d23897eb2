/* Users by name and by number. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/user.h"

static void test_by_name_and_number(void **state)
{
    struct user user;
    (void)state;
    assert_int_equal(user_find(&user, "root"), 0);
    assert_int_equal(user.uid, 0);
    user_fini(&user);
    assert_int_equal(user_find(&user, "0"), 0);
    assert_string_equal(user.name, "root");
    user_fini(&user);
}

/* One that no number of 64 bits is was a failure of the user database, after which another start is worth a try. */
static void test_a_number_that_is_too_large_is_nobodys(void **state)
{
    static const char *const names[] = {
        "99999999999999999999", "18446744073709551616", "4294967296", "4294967295", "-1", "0x0", ""};
    struct user user;
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(user_find(&user, names[i]), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_name_and_number),
        cmocka_unit_test(test_a_number_that_is_too_large_is_nobodys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

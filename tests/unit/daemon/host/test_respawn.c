/* How long the parent of --respawn waits; what it does is tested with real processes (tests/integration). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/host/respawn.h"

static void test_waits_double_up_to_a_minute(void **state)
{
    static const int64_t seconds[] = {1, 2, 4, 8, 16, 32, 60, 60};
    (void)state;
    for (unsigned int i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
        assert_int_equal(respawn_wait_ms(i + 1), seconds[i] * 1000);
    assert_int_equal(respawn_wait_ms(UINT32_MAX), RESPAWN_WAIT_MAX_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_waits_double_up_to_a_minute)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

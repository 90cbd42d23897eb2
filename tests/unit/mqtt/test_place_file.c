/* What was acknowledged, on disk: read back, replaced whole, and damaged. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "mqtt/place_file.h"

static void test_is_read_back_and_replaced(void **state)
{
    char directory[] = "/tmp/camd-place.XXXXXX", path[64];
    struct camd_place place = {.epoch = 1, .seq = 1};
    (void)state;
    assert_non_null(mkdtemp(directory));
    assert_int_equal(place_file_read(directory, &place), 0);
    assert_int_equal(place.epoch, 0); /* there is none yet */
    for (uint64_t seq = 0; seq < 3; seq++) {
        assert_int_equal(place_file_write(directory, (struct camd_place){.epoch = 1795800975124, .seq = seq}),
                         0);
        assert_int_equal(place_file_read(directory, &place), 0);
        assert_int_equal(place.epoch, 1795800975124);
        assert_int_equal(place.seq, seq);
    }
    snprintf(path, sizeof(path), "%s/acknowledged.json", directory);
    static const char *const damaged[] = {"", "{", "{\"epoch\":-1,\"seq\":3}", "{\"epoch\":\"x\"}", "[]"};
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(damaged[i], file);
        fclose(file);
        assert_int_equal(place_file_read(directory, &place), -EBADMSG);
    }
    unlink(path);
    rmdir(directory);
    assert_int_equal(place_file_write(directory, place), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_is_read_back_and_replaced)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

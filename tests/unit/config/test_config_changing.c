/* A file that somebody writes while it is read: half of the old one and half of the new one is neither. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sys.h"
#include "config_fixture.h"

static const char text[] = "[camera front]\ninput = /front\n[camera back]\ninput = /back\n";
static bool is_cut_short;

ssize_t __real_sys_read(int fd, void *buffer, size_t size);
ssize_t __wrap_sys_read(int fd, void *buffer, size_t size);

/* As with an editor that begins to write the file again, after its first part was read. */
ssize_t __wrap_sys_read(int fd, void *buffer, size_t size)
{
    char path[256];
    const size_t most = strlen("[camera front]\ninput = /front\n");
    const ssize_t length = __real_sys_read(fd, buffer, is_cut_short && size > most ? most : size);
    if (is_cut_short && length > 0) {
        snprintf(path, sizeof(path), "%s/camd.ini", config_directory);
        assert_int_equal(truncate(path, 0), 0);
    }
    return length;
}

static void test_is_not_used(void **state)
{
    (void)state;
    config_load_good(text);
    assert_int_equal(loaded->camera_count, 2);
    is_cut_short = true;
    assert_int_equal(config_load_text(text), -EINVAL);
    is_cut_short = false;
    ASSERT_PROBLEMS("camd.ini: was changed while it was read: expected it whole; try again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_is_not_used, config_fixture_set_up, config_fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

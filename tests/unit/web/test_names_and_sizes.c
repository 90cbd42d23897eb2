/* By which names the page may be asked for, and how large its pictures are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/host_name.h"
#include "web/picture_width.h"

#define LISTEN "127.0.0.1:8480"

static void test_this_machine_s_names_are_ours_with_any_port(void **state)
{
    static const char *const ours[] = {"localhost",   "LOCALHOST:8480", "127.0.0.1",
                                       "127.0.0.1:1", "[::1]:8480",     "[::1]"};
    static const char *const others[] = {"",
                                         "evil.example",
                                         "localhost.evil.example",
                                         "127.0.0.1.evil.example",
                                         "127.0.0.2",
                                         "xlocalhost",
                                         "[::1",
                                         "[::2]:8480",
                                         "[::1].evil.example",
                                         "[::1]evil:8480",
                                         "localhost:evil.example",
                                         "localhost:8480:1",
                                         "localhost:8480 ",
                                         "::1",
                                         ":8480",
                                         "local"};

    (void)state;
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        assert_true(host_name_is_ours(ours[i], LISTEN, NULL));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(host_name_is_ours(others[i], LISTEN, NULL));
}

static void test_names_of_the_configuration_are_ours(void **state)
{
    (void)state;
    assert_true(host_name_is_ours("cams.example:443", LISTEN, "a.example, cams.example"));
    assert_true(host_name_is_ours("A.Example", LISTEN, "a.example,cams.example"));
    assert_false(host_name_is_ours("example", LISTEN, "a.example, cams.example"));
    assert_false(host_name_is_ours("", LISTEN, "a.example,,"));
}

/* A page at another address of this machine's own was refused under that address. */
static void test_the_address_that_is_listened_at_is_ours(void **state)
{
    (void)state;
    assert_true(host_name_is_ours("127.0.0.2:8480", "127.0.0.2:8480", NULL));
    assert_true(host_name_is_ours("127.0.0.2", "127.0.0.2:8480", NULL));
    assert_false(host_name_is_ours("127.0.0.3:8480", "127.0.0.2:8480", NULL));
    assert_true(host_name_is_ours("[::1]:80", "[::1]:8480", NULL));
}

static void test_a_picture_is_as_wide_as_is_wanted_or_a_step_wider(void **state)
{
    uint32_t width, height;
    (void)state;
    assert_int_equal(picture_width_step(0), 0);
    assert_int_equal(picture_width_step(UINT32_MAX), PICTURE_WIDTHS - 1);
    picture_width_scale(picture_width_step(300), 1920, 1080, &width, &height);
    assert_int_equal(width, 320);
    assert_int_equal(height, 180);
    picture_width_scale(picture_width_step(321), 768, 576, &width, &height);
    assert_int_equal(width, 480);
    assert_int_equal(height, 360);
}

/* No side of any frame that there can be is odd, none, or larger than the frame's. */
static void test_every_size_is_even_and_none_is_larger_than_the_frame(void **state)
{
    (void)state;
    for (uint32_t wide = 16; wide <= 8192; wide += 118) {
        for (uint32_t high = 16; high <= 8192; high += 202) {
            for (size_t step = 0; step < PICTURE_WIDTHS; step++) {
                uint32_t width, height;
                picture_width_scale(step, wide, high, &width, &height);
                assert_true(width >= 2 && width <= wide && width % 2 == 0);
                assert_true(height >= 2 && height <= high && height % 2 == 0);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_this_machine_s_names_are_ours_with_any_port),
        cmocka_unit_test(test_names_of_the_configuration_are_ours),
        cmocka_unit_test(test_the_address_that_is_listened_at_is_ours),
        cmocka_unit_test(test_a_picture_is_as_wide_as_is_wanted_or_a_step_wider),
        cmocka_unit_test(test_every_size_is_even_and_none_is_larger_than_the_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

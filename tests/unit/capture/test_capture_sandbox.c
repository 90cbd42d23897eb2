/* What capture is left with in the sandbox, by the kind of its input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "capture/capture_sandbox.h"

static char none[] = "none", tcp[] = "tcp";

static struct sandbox_wish wish_of(char *input)
{
    const struct settings settings = {.input = input, .hwaccel = none, .rtsp_transport = tcp};
    const struct peers peers = {0};
    struct sandbox_wish wish = {0};
    bool needs_devices = false;
    capture_sandbox_wish(&settings, &peers, &wish, &needs_devices);
    return wish;
}

/*
 * libavdevice is loaded in the sandbox, and its libraries with it. Where libblas is that of OpenBLAS, which makes
 * threads when it is loaded, capture of every pattern was killed.
 */
static void test_libraries_of_patterns_may_make_threads(void **state)
{
    char pattern[] = "lavfi:testsrc2=size=64x48:rate=5", device[] = "/dev/null";
    (void)state;
    assert_true(wish_of(pattern).threads);
    assert_true(wish_of(device).threads);
}

static void test_decoders_of_strangers_make_none(void **state)
{
    char stream[] = "rtsp://192.0.2.7/stream1", still[] = "http://192.0.2.7/picture.jpg",
         file[] = "/clip.mp4";
    (void)state;
    assert_false(wish_of(stream).threads);
    assert_false(wish_of(still).threads);
    assert_false(wish_of(file).threads);
    assert_true(wish_of(stream).connects);
    assert_false(wish_of(file).connects);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_libraries_of_patterns_may_make_threads),
        cmocka_unit_test(test_decoders_of_strangers_make_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

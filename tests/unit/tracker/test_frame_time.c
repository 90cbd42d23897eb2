/* When frames were taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tracker/frame_time.h"

#define MS INT64_C(1000000)

static const int64_t USUAL = 200 * MS;

static struct frame_time clock_state;

static int begin(void **state)
{
    (void)state;
    clock_state = (struct frame_time){0};
    return 0;
}

/* Milliseconds since the last frame. */
static int64_t next(uint32_t epoch, int64_t stream_ms, int64_t arrival_ms)
{
    const struct camd_frame frame = {
        .epoch = epoch, .stream_time_ns = stream_ms * MS, .arrival_ns = arrival_ms * MS};
    int64_t before_ns = clock_state.taken_ns;
    int64_t taken_ns = frame_time_next(&clock_state, &frame, USUAL);
    assert_true(taken_ns == clock_state.taken_ns && taken_ns > before_ns);
    return (taken_ns - before_ns) / MS;
}

/* They arrive as the network likes. */
static void bursts_have_the_times_of_the_stream(void **state)
{
    (void)state;
    next(1, 0, 1000);
    assert_int_equal(next(1, 200, 1210), 200);
    assert_int_equal(next(1, 400, 4000), 200);
    assert_int_equal(next(1, 600, 4001), 200);
    assert_int_equal(next(1, 800, 4001), 200);
    assert_int_equal(next(1, 2000, 4002), 1200); /* some were dropped */
}

static void a_camera_that_sets_its_clock_loses_no_time(void **state)
{
    (void)state;
    next(1, 0, 1000);
    assert_int_equal(next(1, 3600000, 1200), 200);
    assert_int_equal(next(1, 3600200, 1400), 200);
    assert_int_equal(next(1, 100, 1650), 250);
}

static void another_start_of_capture_goes_by_arrival(void **state)
{
    (void)state;
    next(1, 5000, 1000);
    assert_int_equal(next(2, 0, 13000), 12000);
    assert_int_equal(next(2, 200, 13200), 200);
    assert_int_equal(next(3, 400, 14000), 800); /* though its time would fit */
}

/* A capture of another make may leave them out. */
static void without_times_the_usual_time_passes(void **state)
{
    (void)state;
    assert_int_equal(next(0, 0, 0), 200);
    assert_int_equal(next(0, 0, 0), 200);
    assert_int_equal(next(0, 0, 300), 300);
    assert_int_equal(next(0, 0, 300), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(bursts_have_the_times_of_the_stream, begin),
        cmocka_unit_test_setup(a_camera_that_sets_its_clock_loses_no_time, begin),
        cmocka_unit_test_setup(another_start_of_capture_goes_by_arrival, begin),
        cmocka_unit_test_setup(without_times_the_usual_time_passes, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "segments_fixture.h"

struct sides {
    struct camd_segment_fds fds;
    struct camd_segments tracker, reader;
};

static int set_up(void **state)
{
    struct sides *sides = calloc(1, sizeof(*sides));
    if (!sides)
        return -1;
    fixture_make(&sides->fds, CAMD_SLOTS_MIN);
    fixture_map(&sides->fds, CAMD_ROLE_TRACKER, &sides->tracker);
    fixture_map(&sides->fds, CAMD_ROLE_READER, &sides->reader);
    *state = sides;
    return 0;
}

static int tear_down(void **state)
{
    struct sides *sides = *state;
    camd_segments_unmap(&sides->tracker);
    camd_segments_unmap(&sides->reader);
    fixture_close(&sides->fds);
    free(sides);
    return 0;
}

static void write_result(struct sides *sides, uint64_t frame_id)
{
    struct camd_result *result = camd_result_begin(&sides->tracker);
    result->frame_id = frame_id;
    result->flags = CAMD_RESULT_MOTION;
    result->object_count = 0;
    result->region_count = 0;
    result->motion_count = 1;
    result->motion[0] = (struct camd_box){1, 2, 3, (int32_t)frame_id};
    camd_result_publish(&sides->tracker, result);
}

static void assert_newest(struct sides *sides, uint64_t frame_id)
{
    struct camd_result result;
    assert_int_equal(camd_result_newest(&sides->reader, &result), 0);
    assert_int_equal(result.frame_id, frame_id);
    assert_int_equal(result.motion_count, 1);
    assert_int_equal(result.motion[0].y2, frame_id);
}

static void test_the_newest_is_read(void **state)
{
    struct sides *sides = *state;
    struct camd_result result, before;
    memset(&result, 0x5a, sizeof(result));
    before = result;
    assert_int_equal(camd_result_newest(&sides->reader, &result), -EAGAIN);
    assert_int_equal(camd_result_of_frame(&sides->reader, 0, &result), -ENOENT); /* never written is none */
    assert_memory_equal(&result, &before, sizeof(result));
    for (uint64_t id = 1; id <= 3 * CAMD_RESULTS; id++) {
        write_result(sides, id);
        assert_newest(sides, id);
    }
}

static void test_the_last_ones_are_found_by_frame(void **state)
{
    struct sides *sides = *state;
    struct camd_result result;
    for (uint64_t id = 1; id <= CAMD_RESULTS + 3; id++)
        write_result(sides, id * 10);
    for (uint64_t id = 1; id <= CAMD_RESULTS + 4; id++) {
        const bool kept = id > 3 && id <= CAMD_RESULTS + 3;
        assert_int_equal(camd_result_of_frame(&sides->reader, id * 10, &result), kept ? 0 : -ENOENT);
        if (kept)
            assert_int_equal(result.frame_id, id * 10);
    }
}

static void test_one_being_written_is_not_seen(void **state)
{
    struct sides *sides = *state;
    struct camd_result *writing, result;
    for (uint64_t id = 1; id <= CAMD_RESULTS; id++)
        write_result(sides, id);
    writing = camd_result_begin(&sides->tracker);
    assert_int_equal(writing->frame_id, 1); /* the oldest makes room */
    assert_int_equal(camd_result_of_frame(&sides->reader, 1, &result), -ENOENT);
    writing->frame_id = CAMD_RESULTS + 1;
    assert_int_equal(camd_result_of_frame(&sides->reader, CAMD_RESULTS + 1, &result), -ENOENT);
    assert_newest(sides, CAMD_RESULTS);
    writing->motion_count = 1;
    writing->motion[0].y2 = CAMD_RESULTS + 1;
    camd_result_publish(&sides->tracker, writing);
    assert_newest(sides, CAMD_RESULTS + 1);
}

static void test_a_killed_trackers_result_is_taken_over(void **state)
{
    struct sides *sides = *state;
    struct camd_result *abandoned;
    struct camd_result result;
    write_result(sides, 1);
    abandoned = camd_result_begin(&sides->tracker);
    abandoned->frame_id = 2;
    abandoned->object_count = 7; /* killed here */
    assert_newest(sides, 1);

    write_result(sides, 3);
    assert_newest(sides, 3);
    assert_int_equal(camd_result_of_frame(&sides->reader, 2, &result), -ENOENT);
    for (uint32_t i = 0; i < CAMD_RESULTS; i++)
        assert_int_equal(sides->reader.result->results[i].sequence % 2, 0);
}

static void test_counts_are_bounded(void **state)
{
    struct sides *sides = *state;
    struct camd_result *wild = camd_result_begin(&sides->tracker);
    struct camd_result result;
    wild->frame_id = 1;
    wild->object_count = UINT32_MAX;
    wild->motion_count = CAMD_MOTION_MAX + 1;
    wild->region_count = CAMD_REGIONS_MAX;
    camd_result_publish(&sides->tracker, wild);
    assert_int_equal(camd_result_newest(&sides->reader, &result), 0);
    assert_int_equal(result.object_count, CAMD_OBJECTS_MAX);
    assert_int_equal(result.motion_count, CAMD_MOTION_MAX);
    assert_int_equal(result.region_count, CAMD_REGIONS_MAX);
}

static void test_without_the_segment_there_is_none(void **state)
{
    struct sides *sides = *state;
    struct camd_segments capture;
    struct camd_result result;
    fixture_map(&sides->fds, CAMD_ROLE_CAPTURE, &capture);
    assert_int_equal(camd_result_newest(&capture, &result), -ENOENT);
    assert_int_equal(camd_result_of_frame(&capture, 0, &result), -ENOENT);
    camd_segments_unmap(&capture);
}

#define WITH_SIDES(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SIDES(test_the_newest_is_read),
        WITH_SIDES(test_the_last_ones_are_found_by_frame),
        WITH_SIDES(test_one_being_written_is_not_seen),
        WITH_SIDES(test_a_killed_trackers_result_is_taken_over),
        WITH_SIDES(test_counts_are_bounded),
        WITH_SIDES(test_without_the_segment_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The reader of best pictures: what it finds, what it refuses, and that nothing a writer does can harm it. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "camd/client.h"
#include "segments_fixture.h"

enum { COUNT = 4, BYTES = 16 * 1024, READS = 20000, ROUNDS = 20000 };

struct sides {
    struct camd_segment_fds fds;
    struct camd_segments tracker;
    struct camd_best_reader reader;
    uint8_t jpeg[BYTES];
    struct camd_best head;
};

static int set_up(void **state)
{
    struct sides *sides = calloc(1, sizeof(*sides));
    if (!sides)
        return -1;
    fixture_make(&sides->fds, CAMD_SLOTS_MIN);
    fixture_add_best(&sides->fds, COUNT, BYTES);
    fixture_map(&sides->fds, CAMD_ROLE_TRACKER, &sides->tracker);
    assert_int_equal(camd_best_attach(&sides->reader, sides->fds.info, dup(sides->fds.best)), 0);
    *state = sides;
    return 0;
}

static int tear_down(void **state)
{
    struct sides *sides = *state;
    camd_best_close(&sides->reader);
    camd_segments_unmap(&sides->tracker);
    fixture_close(&sides->fds);
    free(sides);
    return 0;
}

static int find(struct sides *sides, uint64_t object_id)
{
    return camd_best_find(&sides->reader, object_id, &sides->head, sides->jpeg);
}

/* A picture of an object, all bytes of which are its number's lowest. */
static void put(const struct camd_segments *tracker, uint32_t i, uint64_t object_id, uint32_t bytes)
{
    struct camd_best *best = camd_best_entry(tracker, i);
    camd_sequence_write_begin(&best->sequence);
    best->object_id = object_id;
    best->frame_id = object_id + 7;
    best->box = (struct camd_box){10, 10, 20, 20};
    best->view = (struct camd_box){0, 0, 64, 48};
    best->width = 64;
    best->height = 48;
    best->jpeg_bytes = bytes;
    memset((uint8_t *)best + CAMD_BEST_HEAD_BYTES, (int)(object_id & 0xff), bytes);
    camd_sequence_write_end(&best->sequence);
}

static void test_a_picture_is_found_by_its_object(void **state)
{
    struct sides *sides = *state;
    assert_int_equal(find(sides, 5), -ENOENT);
    put(&sides->tracker, 0, 5, 100);
    put(&sides->tracker, COUNT - 1, 6, BYTES);
    assert_int_equal(find(sides, 5), 0);
    assert_int_equal(sides->head.jpeg_bytes, 100);
    assert_int_equal(sides->head.frame_id, 12);
    assert_int_equal(find(sides, 6), 0);
    assert_int_equal(sides->head.jpeg_bytes, BYTES);
    assert_int_equal(sides->jpeg[BYTES - 1], 6);
    assert_int_equal(find(sides, 7), -ENOENT);
    struct camd_best heads[COUNT];

    assert_int_equal(camd_best_list(&sides->reader, heads, COUNT), 2);
    assert_int_equal(heads[0].object_id, 5);
    assert_int_equal(heads[1].object_id, 6);
    assert_int_equal(camd_best_list(&sides->reader, heads, 1), 1);
    assert_int_equal(find(sides, 0), -ENOENT);
}

static void test_segments_without_best_pictures(void **state)
{
    struct sides *sides = *state;
    struct camd_best_reader reader;
    struct camd_info info;
    fixture_read_info(&sides->fds, &info);
    info.best_count = 0;
    fixture_write_info(&sides->fds, &info);
    assert_int_equal(camd_best_attach(&reader, sides->fds.info, sides->fds.best), -ENODATA);
    info.best_count = CAMD_BEST_MAX + 1;
    fixture_write_info(&sides->fds, &info);
    assert_int_equal(camd_best_attach(&reader, sides->fds.info, sides->fds.best), -EBADMSG);
    info.best_count = COUNT + 1; /* more than the file has */
    fixture_write_info(&sides->fds, &info);
    assert_int_equal(camd_best_attach(&reader, sides->fds.info, sides->fds.best), -EBADMSG);
    info.abi_major++;
    fixture_write_info(&sides->fds, &info);
    assert_int_equal(camd_best_attach(&reader, sides->fds.info, sides->fds.best), -EPROTO);
}

/* Programs that know of no best pictures leave the descriptor 0: theirs is another one. */
static void test_a_descriptor_of_0_is_none(void **state)
{
    struct sides *sides = *state;
    struct camd_segment_fds old = sides->fds;
    struct camd_segments segments;
    old.best = 0;
    assert_int_equal(camd_segments_map(&segments, &old, CAMD_ROLE_TRACKER), 0);
    assert_null(segments.best);
    assert_int_equal(segments.best_count, 0);
    camd_segments_unmap(&segments);
}

static void test_what_is_being_written_is_not_read(void **state)
{
    struct sides *sides = *state;
    struct camd_best *best = camd_best_entry(&sides->tracker, 1);
    put(&sides->tracker, 1, 5, 100);
    put(&sides->tracker, 2, 6, 100);
    camd_sequence_write_begin(&best->sequence); /* and its writer is killed */
    assert_int_equal(find(sides, 5), -EAGAIN);
    assert_int_equal(find(sides, 6), 0);
    camd_sequence_write_end(&best->sequence);
    assert_int_equal(find(sides, 5), 0);
}

static void test_numbers_that_cannot_be(void **state)
{
    struct sides *sides = *state;
    struct camd_best *best = camd_best_entry(&sides->tracker, 0);
    put(&sides->tracker, 0, 5, 100);
    const struct camd_best good = *best;

#define REFUSED(change)                                                                                      \
    do {                                                                                                     \
        *best = good;                                                                                        \
        change;                                                                                              \
        assert_int_equal(find(sides, 5), -EBADMSG);                                                          \
    } while (0)
    REFUSED(best->jpeg_bytes = 0);
    REFUSED(best->jpeg_bytes = BYTES + 1);
    REFUSED(best->jpeg_bytes = UINT32_MAX);
    REFUSED(best->width = 0);
    REFUSED(best->width = 63);
    REFUSED(best->height = CAMD_SIZE_MAX + 2);
    REFUSED(best->height = 50);  /* more than the view has */
    REFUSED(best->view.x2 = 66); /* more than the frame has */
    REFUSED(best->view.x1 = -1);
    REFUSED(best->view.x2 = INT32_MIN);
    REFUSED(best->view.x2 = best->view.x1);
    REFUSED(best->box.x1 = INT32_MAX);
    REFUSED(best->box.x2 = best->box.x1 - 1);
    REFUSED(best->view.y2 = INT32_MAX);
    REFUSED(best->box.y1 = INT32_MIN);
    *best = good;
    assert_int_equal(find(sides, 5), 0);
}

static void test_a_truncated_segment_is_only_an_error(void **state)
{
    struct sides *sides = *state;
    put(&sides->tracker, 1, 5, 100);
    assert_int_equal(ftruncate(sides->fds.best, CAMD_BEST_HEAD_BYTES + BYTES + CAMD_BEST_HEAD_BYTES + 99), 0);
    assert_int_equal(find(sides, 5), -EBADMSG);
    assert_int_equal(ftruncate(sides->fds.best, 0), 0);
    assert_int_equal(find(sides, 5), -EBADMSG);
}

/* Whatever is in the segment: a result, and numbers that were promised with it. */
static void test_nonsense_is_survived(void **state)
{
    struct sides *sides = *state;
    uint8_t *bytes = sides->tracker.best;
    srandom(9);
    for (int round = 0; round < ROUNDS; round++) {
        const uint32_t i = (uint32_t)random() % COUNT;
        struct camd_best *best = camd_best_entry(&sides->tracker, i);
        if (round % 8 == 0)
            put(&sides->tracker, i, 5, 1 + (uint32_t)random() % BYTES);
        for (long changes = random() % 5; changes > 0; changes--)
            bytes[i * (CAMD_BEST_HEAD_BYTES + BYTES) + (size_t)random() % CAMD_BEST_HEAD_BYTES] =
                (uint8_t)random();
        best->sequence &= round % 3 == 0 ? UINT32_MAX : UINT32_MAX - 1;
        if (find(sides, 5) == 0) {
            assert_int_equal(sides->head.object_id, 5);
            assert_in_range(sides->head.jpeg_bytes, 1, BYTES);
            assert_in_range(sides->head.width, 2, FIXTURE_WIDTH);
            assert_true(sides->head.view.x1 >= 0 && sides->head.view.x2 > sides->head.view.x1);
            assert_true(sides->head.box.y2 <= FIXTURE_HEIGHT);
        }
    }
}

/* A writer that never rests: what is read is one picture or none, and in the end it is read. */
static void test_torn_pictures_are_never_read(void **state)
{
    struct sides *sides = *state;
    const pid_t writer = fork();
    int found = 0;
    assert_true(writer >= 0);
    if (writer == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (uint32_t round = 0;; round++)
            put(&sides->tracker, 2, round % 2 == 0 ? 0x105 : 0x206, BYTES - round % 999);
    }
    while (find(sides, 0x105) == -ENOENT && find(sides, 0x206) == -ENOENT) {
    }
    for (int i = 0; i < READS; i++) {
        const int result = find(sides, 0x105);
        assert_true(result == 0 || result == -EAGAIN || result == -ENOENT);
        if (result != 0)
            continue;
        found++;
        assert_int_equal(sides->head.frame_id, 0x10c);
        for (uint32_t at = 0; at < sides->head.jpeg_bytes; at++) {
            if (sides->jpeg[at] != 0x05)
                fail_msg("byte %u is of another picture", at);
        }
    }
    assert_int_equal(kill(writer, SIGKILL), 0);
    assert_int_equal(waitpid(writer, NULL, 0), writer);
    /* what it left half-written is its successor's to mend */
    struct camd_best *best = camd_best_entry(&sides->tracker, 2);

    camd_sequence_write_begin(&best->sequence);
    camd_sequence_write_end(&best->sequence);
    put(&sides->tracker, 2, 0x105, 10);
    assert_int_equal(find(sides, 0x105), 0);
    print_message("%d of %d reads found the picture whole\n", found, READS);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_picture_is_found_by_its_object),
        TEST(test_segments_without_best_pictures),
        TEST(test_a_descriptor_of_0_is_none),
        TEST(test_what_is_being_written_is_not_read),
        TEST(test_numbers_that_cannot_be),
        TEST(test_a_truncated_segment_is_only_an_error),
        TEST(test_nonsense_is_survived),
        TEST(test_torn_pictures_are_never_read),
    };
    return cmocka_run_group_tests_name("best", tests, NULL, NULL);
}

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "segments_fixture.h"

enum { SLOTS = 5 };

static int set_up(void **state)
{
    struct camd_segment_fds *fds = calloc(1, sizeof(*fds));
    if (!fds)
        return -1;
    fixture_make(fds, SLOTS);
    *state = fds;
    return 0;
}

static int tear_down(void **state)
{
    fixture_close(*state);
    free(*state);
    return 0;
}

static size_t mappings(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    size_t count = 0;
    char line[512];
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps))
        count += strstr(line, "camd-test") != NULL;
    fclose(maps);
    return count;
}

/* ---- whether an address can be stored to, seen by doing it ---- */

static sigjmp_buf fault_return;

static void on_fault(int signal_number)
{
    (void)signal_number;
    siglongjmp(fault_return, 1);
}

static bool can_store(void *address)
{
    struct sigaction action = {.sa_handler = on_fault}, before;
    volatile bool stored = false;
    sigemptyset(&action.sa_mask);
    assert_int_equal(sigaction(SIGSEGV, &action, &before), 0);
    if (sigsetjmp(fault_return, 1) == 0) {
        *(volatile uint8_t *)address = 1;
        stored = true;
    }
    assert_int_equal(sigaction(SIGSEGV, &before, NULL), 0);
    return stored;
}

static void assert_writable(const struct camd_segment_fds *fds, enum camd_role role, bool capture,
                            bool tracker)
{
    struct camd_segments segments;
    fixture_map(fds, role, &segments);
    assert_false(can_store((void *)(uintptr_t)segments.info));
    assert_true(can_store(segments.capture) == capture);
    assert_true(can_store(segments.tracker) == tracker);
    assert_false(can_store(segments.detector));
    for (uint32_t slot = 0; slot < segments.slots; slot++)
        assert_true(can_store(segments.frames[slot]) == capture);
    if (segments.result)
        assert_true(can_store(segments.result) == tracker);
    camd_segments_unmap(&segments);
}

static void test_each_role_writes_its_own_side_only(void **state)
{
    assert_writable(*state, CAMD_ROLE_READER, false, false);
    assert_writable(*state, CAMD_ROLE_CAPTURE, true, false);
    assert_writable(*state, CAMD_ROLE_TRACKER, false, true);
    assert_int_equal(mappings(), 0);
}

static void test_the_numbers_of_info_are_copied(void **state)
{
    struct camd_segments segments;
    fixture_map(*state, CAMD_ROLE_READER, &segments);
    assert_int_equal(segments.width, FIXTURE_WIDTH);
    assert_int_equal(segments.height, FIXTURE_HEIGHT);
    assert_int_equal(segments.slots, SLOTS);
    assert_int_equal(segments.frame_bytes, FIXTURE_FRAME_BYTES);
    assert_int_equal(segments.generation, 1);
    assert_non_null(segments.result);
    assert_null(segments.in);
    assert_null(segments.out);
    /* info, the three blocks of ctl in one or more lines, result, the frames */
    assert_true(mappings() >= 1 + 1 + 1 + SLOTS);
    camd_segments_unmap(&segments);
    assert_null(segments.info);
    assert_int_equal(mappings(), 0);
    camd_segments_unmap(&segments); /* nothing left to do */
}

static void test_two_sides_see_the_same_memory(void **state)
{
    struct camd_segments capture, tracker;
    fixture_map(*state, CAMD_ROLE_CAPTURE, &capture);
    fixture_map(*state, CAMD_ROLE_TRACKER, &tracker);
    capture.capture->epoch = 7;
    tracker.tracker->lost = 8;
    capture.frames[SLOTS - 1][FIXTURE_FRAME_BYTES - 1] = 9;
    assert_int_equal(tracker.capture->epoch, 7);
    assert_int_equal(capture.tracker->lost, 8);
    assert_int_equal(tracker.frames[SLOTS - 1][FIXTURE_FRAME_BYTES - 1], 9);
    camd_segments_unmap(&capture);
    camd_segments_unmap(&tracker);
}

static void test_the_detectors_segments_are_mapped_whole(void **state)
{
    struct camd_segment_fds *fds = *state;
    struct camd_segments segments;
    struct camd_info info;
    const size_t in_bytes = CAMD_BLOCK_BYTES + CAMD_REQUESTS * 64 * 32 * 3;
    fixture_read_info(fds, &info);
    info.input_width = 64;
    info.input_height = 32;
    fixture_write_info(fds, &info);
    fds->in = memfd_create("camd-test", MFD_CLOEXEC);
    fds->out = memfd_create("camd-test", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fds->in, (off_t)in_bytes - 1), 0);
    assert_int_equal(ftruncate(fds->out, sizeof(struct camd_answer_ring)), 0);
    assert_int_equal(camd_segments_map(&segments, fds, CAMD_ROLE_TRACKER), -EBADMSG);
    assert_int_equal(ftruncate(fds->in, (off_t)in_bytes), 0);
    fixture_map(fds, CAMD_ROLE_TRACKER, &segments);
    assert_int_equal(segments.in_bytes, in_bytes);
    assert_int_equal(segments.out_bytes, sizeof(struct camd_answer_ring));
    assert_true(can_store((uint8_t *)segments.in + in_bytes - 1));
    assert_false(can_store(segments.out));
    camd_segments_unmap(&segments);
}

/* ---- segments that are wrong ---- */

static void assert_refused(const struct camd_segment_fds *fds, int error)
{
    struct camd_segments segments, before;
    memset(&segments, 0x5a, sizeof(segments));
    before = segments;
    assert_int_equal(camd_segments_map(&segments, fds, CAMD_ROLE_TRACKER), error);
    assert_memory_equal(&segments, &before, sizeof(segments));
    assert_int_equal(mappings(), 0);
}

static void assert_refused_when_shorter(const struct camd_segment_fds *fds, int fd)
{
    const off_t size = lseek(fd, 0, SEEK_END);
    assert_int_equal(ftruncate(fd, size - 1), 0);
    assert_refused(fds, -EBADMSG);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_refused(fds, -EBADMSG);
    assert_int_equal(ftruncate(fd, size), 0);
}

static void test_truncated_segments_are_refused(void **state)
{
    const struct camd_segment_fds *const fds = *state;
    struct camd_info info;
    fixture_read_info(fds, &info);
    assert_refused_when_shorter(fds, fds->info);
    fixture_write_info(fds, &info);
    assert_refused_when_shorter(fds, fds->ctl);
    assert_refused_when_shorter(fds, fds->result);
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        assert_refused_when_shorter(fds, fds->frames[slot]);

    struct camd_segments segments;

    fixture_map(fds, CAMD_ROLE_TRACKER, &segments);
    camd_segments_unmap(&segments);
}

static void test_absent_descriptors_are_refused(void **state)
{
    struct camd_segment_fds fds = *(struct camd_segment_fds *)*state;
    fds.ctl = -1;
    assert_refused(&fds, -EBADF);
    fds = *(struct camd_segment_fds *)*state;
    fds.info = -1;
    assert_refused(&fds, -EBADF);
    fds = *(struct camd_segment_fds *)*state;
    fds.frames[2] = -1;
    assert_refused(&fds, -EBADF);
}

static void test_a_read_only_descriptor_cant_be_mapped_writable(void **state)
{
    struct camd_segment_fds handed;
    fixture_for_role(*state, CAMD_ROLE_READER, &handed);
    assert_refused(&handed, -EACCES);
    fixture_close(&handed);
}

static void test_wrong_numbers_are_refused(void **state)
{
    const struct camd_segment_fds *const fds = *state;
    struct camd_info good;
    fixture_read_info(fds, &good);
#define ASSERT_REFUSED_WITH(member, value, error)                                                            \
    do {                                                                                                     \
        struct camd_info info = good;                                                                        \
        info.member = value;                                                                                 \
        fixture_write_info(fds, &info);                                                                      \
        assert_refused(fds, error);                                                                          \
    } while (0)
    ASSERT_REFUSED_WITH(magic, 0, -EPROTO);
    ASSERT_REFUSED_WITH(abi_major, CAMD_ABI_MAJOR + 1, -EPROTO);
    ASSERT_REFUSED_WITH(width, 0, -EBADMSG);
    ASSERT_REFUSED_WITH(width, FIXTURE_WIDTH + 1, -EBADMSG);
    ASSERT_REFUSED_WITH(width, FIXTURE_WIDTH + 2, -EBADMSG);
    ASSERT_REFUSED_WITH(width, CAMD_SIZE_MAX + 2, -EBADMSG);
    ASSERT_REFUSED_WITH(height, CAMD_SIZE_MIN - 2, -EBADMSG);
    ASSERT_REFUSED_WITH(height, UINT32_MAX, -EBADMSG);
    ASSERT_REFUSED_WITH(frame_bytes, FIXTURE_FRAME_BYTES + 1, -EBADMSG);
    ASSERT_REFUSED_WITH(frame_bytes, UINT32_MAX, -EBADMSG);
    ASSERT_REFUSED_WITH(slots, SLOTS - 1, -EBADMSG);
    ASSERT_REFUSED_WITH(slots, SLOTS + 1, -EBADMSG);
    ASSERT_REFUSED_WITH(slots, UINT32_MAX, -EBADMSG);
    ASSERT_REFUSED_WITH(input_width, CAMD_SIZE_MAX + 1, -EBADMSG);
    ASSERT_REFUSED_WITH(input_height, UINT32_MAX, -EBADMSG);
#undef ASSERT_REFUSED_WITH
    fixture_write_info(fds, &good);

    /* fewer slots than the ring needs, although all agree */
    struct camd_segment_fds few = *fds;
    struct camd_info info = good;
    few.frame_count = CAMD_SLOTS_MIN - 1;
    info.slots = CAMD_SLOTS_MIN - 1;
    fixture_write_info(fds, &info);
    assert_refused(&few, -EBADMSG);
}

static void test_a_newer_minor_version_is_taken(void **state)
{
    struct camd_segments segments;
    struct camd_info info;
    fixture_read_info(*state, &info);
    info.abi_minor = CAMD_ABI_MINOR + 1;
    fixture_write_info(*state, &info);
    fixture_map(*state, CAMD_ROLE_READER, &segments);
    camd_segments_unmap(&segments);
}

static void test_gone_follows_info(void **state)
{
    struct camd_segments segments;
    struct camd_info info;
    fixture_map(*state, CAMD_ROLE_READER, &segments);
    assert_false(camd_segments_gone(&segments));
    fixture_read_info(*state, &info);
    info.state = CAMD_SEGMENTS_GONE;
    fixture_write_info(*state, &info);
    assert_true(camd_segments_gone(&segments));
    camd_segments_unmap(&segments);
}

/* ---- sequence locks ---- */

static void test_sequence_words(void **state)
{
    uint32_t word = 0;
    (void)state;
    assert_int_equal(camd_sequence_read_begin(&word), 0); /* never written */
    camd_sequence_write_begin(&word);
    assert_int_equal(word, 1);
    assert_int_equal(camd_sequence_read_begin(&word), 0); /* being written */
    camd_sequence_write_end(&word);
    assert_int_equal(word, 2);
    assert_int_equal(camd_sequence_read_begin(&word), 2);
    assert_true(camd_sequence_read_valid(&word, 2));
    camd_sequence_write_begin(&word);
    assert_false(camd_sequence_read_valid(&word, 2));
    camd_sequence_write_end(&word);
    assert_false(camd_sequence_read_valid(&word, 2));
}

static void test_a_killed_writers_word_is_taken_over(void **state)
{
    uint32_t word = 2;
    (void)state;
    camd_sequence_write_begin(&word); /* killed here */
    camd_sequence_write_begin(&word);
    assert_int_equal(word % 2, 1);
    camd_sequence_write_end(&word);
    assert_int_equal(word % 2, 0);
    assert_false(camd_sequence_read_valid(&word, 2));
}

static void test_the_word_is_never_0_again(void **state)
{
    uint32_t word = UINT32_MAX - 1;
    (void)state;
    camd_sequence_write_begin(&word);
    assert_int_equal(word, UINT32_MAX);
    camd_sequence_write_end(&word);
    assert_int_equal(word, 2);
}

static void test_grid_and_ptz(void **state)
{
    struct camd_segments segments;
    struct camd_info info;
    struct camd_grid grid, grid_before;
    struct camd_ptz ptz, ptz_before;
    memset(&grid, 0x5a, sizeof(grid));
    memset(&ptz, 0x5a, sizeof(ptz));
    grid_before = grid;
    ptz_before = ptz;
    fixture_map(*state, CAMD_ROLE_READER, &segments);
    fixture_read_info(*state, &info);

    for (uint32_t word = 0; word < 2; word++) { /* never written, being written */
        info.grid.sequence = word;
        info.ptz.sequence = word;
        fixture_write_info(*state, &info);
        assert_int_equal(camd_grid_read(&segments, &grid), -EAGAIN);
        assert_int_equal(camd_ptz_read(&segments, &ptz), -EAGAIN);
        assert_memory_equal(&grid, &grid_before, sizeof(grid));
        assert_memory_equal(&ptz, &ptz_before, sizeof(ptz));
    }

    info.grid.sequence = 4;
    info.grid.cells[7][1].count = 3;
    info.ptz.sequence = 6;
    info.ptz.moving = 1;
    info.ptz.changed_ns = 12345;
    fixture_write_info(*state, &info);
    assert_int_equal(camd_grid_read(&segments, &grid), 0);
    assert_int_equal(camd_ptz_read(&segments, &ptz), 0);
    assert_int_equal(grid.cells[7][1].count, 3);
    assert_int_equal(ptz.moving, 1);
    assert_int_equal(ptz.changed_ns, 12345);
    camd_segments_unmap(&segments);
}

#define WITH_SEGMENTS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SEGMENTS(test_each_role_writes_its_own_side_only),
        WITH_SEGMENTS(test_the_numbers_of_info_are_copied),
        WITH_SEGMENTS(test_two_sides_see_the_same_memory),
        WITH_SEGMENTS(test_the_detectors_segments_are_mapped_whole),
        WITH_SEGMENTS(test_truncated_segments_are_refused),
        WITH_SEGMENTS(test_absent_descriptors_are_refused),
        WITH_SEGMENTS(test_a_read_only_descriptor_cant_be_mapped_writable),
        WITH_SEGMENTS(test_wrong_numbers_are_refused),
        WITH_SEGMENTS(test_a_newer_minor_version_is_taken),
        WITH_SEGMENTS(test_gone_follows_info),
        cmocka_unit_test(test_sequence_words),
        cmocka_unit_test(test_a_killed_writers_word_is_taken_over),
        cmocka_unit_test(test_the_word_is_never_0_again),
        WITH_SEGMENTS(test_grid_and_ptz),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

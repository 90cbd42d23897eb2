#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <cmocka.h>

#include "camd/client.h"
#include "leftovers.h"

enum { SLOTS = 4, WIDTH = 32, HEIGHT = 16, FRAME_BYTES = 32 * 16 * 3 / 2 };

/* A prefix that is nobody else's. */
static char prefix[40];

/* The linker sends the client's calls here: what happens just before one of them is the test's to choose. */
int __real_shm_open(const char *name, int flags, mode_t mode);
int __wrap_shm_open(const char *name, int flags, mode_t mode);

static void (*before_ctl)(void);

int __wrap_shm_open(const char *name, int flags, mode_t mode)
{
    const size_t length = strlen(name);
    if (before_ctl && length > 4 && strcmp(name + length - 4, ".ctl") == 0) {
        void (*const action)(void) = before_ctl;

        before_ctl = NULL;
        action();
    }
    return __real_shm_open(name, flags, mode);
}

static void name_of(const char *part, char name[128])
{
    snprintf(name, 128, "/%sfront.%s", prefix, part);
}

static void make(const char *part, const void *content, size_t size)
{
    char name[128];
    name_of(part, name);

    const int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    if (content)
        assert_int_equal(pwrite(fd, content, size, 0), size);
    close(fd);
}

static int discard(const char *part)
{
    char name[128];
    name_of(part, name);
    return shm_unlink(name);
}

static void make_info(uint64_t magic, uint16_t abi_major, uint32_t state)
{
    const struct camd_info info = {.magic = magic,
                                   .abi_major = abi_major,
                                   .state = state,
                                   .generation = 1,
                                   .width = WIDTH,
                                   .height = HEIGHT,
                                   .slots = SLOTS,
                                   .frame_bytes = FRAME_BYTES};
    make("info", &info, sizeof(info));
}

static void frame_part(uint32_t slot, char part[16])
{
    snprintf(part, 16, "frame%u", slot);
}

static int set_up(void **state)
{
    unsigned long long number;
    (void)state;
    if (getrandom(&number, sizeof(number), 0) != sizeof(number))
        return -1;
    snprintf(prefix, sizeof(prefix), "camd-test-%016llx.", number);
    make("ctl", NULL, CAMD_CTL_BYTES);
    make("result", NULL, sizeof(struct camd_result_ring));
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        char part[16];
        frame_part(slot, part);
        make(part, NULL, FRAME_BYTES);
    }
    make_info(CAMD_INFO_MAGIC, CAMD_ABI_MAJOR, CAMD_SEGMENTS_LIVE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)discard("info");
    (void)discard("ctl");
    (void)discard("result");
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        char part[16];
        frame_part(slot, part);
        (void)discard(part);
    }
    return 0;
}

static void assert_refused(int error)
{
    struct camd_segments segments, before;
    const size_t descriptors = count_descriptors();
    memset(&segments, 0x5a, sizeof(segments));
    before = segments;
    assert_int_equal(camd_client_attach(&segments, prefix, "front"), error);
    assert_memory_equal(&segments, &before, sizeof(segments));
    assert_int_equal(count_descriptors(), descriptors);
}

static void test_a_camera_is_mapped_by_name(void **state)
{
    struct camd_segments segments;
    const size_t descriptors = count_descriptors();
    (void)state;
    assert_int_equal(camd_client_attach(&segments, prefix, "front"), 0);
    assert_int_equal(segments.width, WIDTH);
    assert_int_equal(segments.slots, SLOTS);
    assert_int_equal(segments.role, CAMD_ROLE_READER);
    assert_non_null(segments.result);
    assert_false(camd_segments_gone(&segments));
    assert_int_equal(count_descriptors(), descriptors);
    camd_segments_unmap(&segments);
}

static void test_no_such_camera(void **state)
{
    struct camd_segments segments;
    (void)state;
    assert_int_equal(camd_client_attach(&segments, prefix, "back"), -ENOENT);
    assert_int_equal(camd_client_attach(&segments, "camd-test-no-such-prefix.", "front"), -ENOENT);
}

static void test_names_outside_the_grammar_are_refused(void **state)
{
    struct camd_segments segments;
    char many[300];
    (void)state;
    assert_int_equal(camd_client_attach(&segments, prefix, ""), -EINVAL);
    assert_int_equal(camd_client_attach(&segments, prefix, "../front"), -EINVAL);
    assert_int_equal(camd_client_attach(&segments, prefix, "front.info"), -EINVAL);
    assert_int_equal(camd_client_attach(&segments, prefix, "12345678901234567890123456789012345678901"),
                     -EINVAL);
    assert_int_equal(camd_client_attach(&segments, prefix, "1234567890123456789012345678901234567890"),
                     -ENOENT);
    assert_int_equal(camd_client_attach(&segments, "a/", "front"), -EINVAL);
    memset(many, 'x', sizeof(many) - 1);
    many[sizeof(many) - 1] = '\0';
    assert_int_equal(camd_client_attach(&segments, many, "front"), -ENAMETOOLONG);
}

static void test_segments_that_are_being_made_are_not_there_yet(void **state)
{
    (void)state;
    assert_int_equal(discard("info"), 0);
    assert_refused(-ENOENT);
    make("info", NULL, 0); /* created, but no size yet */
    assert_refused(-ENOENT);
    assert_int_equal(discard("info"), 0);
    make_info(0, CAMD_ABI_MAJOR, CAMD_SEGMENTS_LIVE); /* the magic is written last */
    assert_refused(-ENOENT);
}

static void test_strangers_and_other_versions_are_refused(void **state)
{
    (void)state;
    assert_int_equal(discard("info"), 0);
    make_info(1, CAMD_ABI_MAJOR, CAMD_SEGMENTS_LIVE);
    assert_refused(-EPROTO);
    assert_int_equal(discard("info"), 0);
    make_info(CAMD_INFO_MAGIC, CAMD_ABI_MAJOR + 1, CAMD_SEGMENTS_LIVE);
    assert_refused(-EPROTO);
}

static void test_segments_that_go_are_stale(void **state)
{
    (void)state;
    assert_int_equal(discard("info"), 0);
    make_info(CAMD_INFO_MAGIC, CAMD_ABI_MAJOR, CAMD_SEGMENTS_GONE);
    assert_refused(-ESTALE);
    assert_int_equal(discard("info"), 0);
    make_info(CAMD_INFO_MAGIC, CAMD_ABI_MAJOR, CAMD_SEGMENTS_LIVE);
    assert_int_equal(discard("frame3"), 0);
    assert_refused(-ESTALE);
    assert_int_equal(discard("ctl"), 0);
    assert_refused(-ESTALE);
}

static void replace_info(void)
{
    assert_int_equal(discard("info"), 0);
    make_info(CAMD_INFO_MAGIC, CAMD_ABI_MAJOR, CAMD_SEGMENTS_LIVE);
}

static void remove_info(void)
{
    assert_int_equal(discard("info"), 0);
}

/* Everything fits together, and yet the frames opened could be those of another making. */
static void test_segments_replaced_while_they_are_opened_are_stale(void **state)
{
    (void)state;
    before_ctl = replace_info;
    assert_refused(-ESTALE);
    assert_null(before_ctl);
    before_ctl = remove_info;
    assert_refused(-ESTALE);
    assert_null(before_ctl);
}

static void test_truncated_segments_are_refused(void **state)
{
    (void)state;
    assert_int_equal(discard("frame2"), 0);
    make("frame2", NULL, FRAME_BYTES - 1);
    assert_refused(-EBADMSG);
}

#define WITH_CAMERA(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CAMERA(test_a_camera_is_mapped_by_name),
        WITH_CAMERA(test_no_such_camera),
        WITH_CAMERA(test_names_outside_the_grammar_are_refused),
        WITH_CAMERA(test_segments_that_are_being_made_are_not_there_yet),
        WITH_CAMERA(test_strangers_and_other_versions_are_refused),
        WITH_CAMERA(test_segments_that_go_are_stale),
        WITH_CAMERA(test_segments_replaced_while_they_are_opened_are_stale),
        WITH_CAMERA(test_truncated_segments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

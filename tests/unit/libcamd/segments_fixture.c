#include "segments_fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static int make_file(size_t size)
{
    const int fd = memfd_create("camd-test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    return fd;
}

void fixture_make(struct camd_segment_fds *fds, uint32_t slots)
{
    fixture_make_sized(fds, slots, FIXTURE_WIDTH, FIXTURE_HEIGHT);
}

void fixture_make_sized(struct camd_segment_fds *fds, uint32_t slots, uint32_t width, uint32_t height)
{
    const uint32_t frame_bytes = width * height / 2 * 3;
    const struct camd_info info = {
        .magic = CAMD_INFO_MAGIC,
        .abi_major = CAMD_ABI_MAJOR,
        .abi_minor = CAMD_ABI_MINOR,
        .state = CAMD_SEGMENTS_LIVE,
        .generation = 1,
        .width = width,
        .height = height,
        .slots = slots,
        .frame_bytes = frame_bytes,
        .camera = "front",
    };

    fds->info = make_file(sizeof(struct camd_info));
    fds->ctl = make_file(CAMD_CTL_BYTES);
    fds->result = make_file(sizeof(struct camd_result_ring));
    fds->in = -1;
    fds->out = -1;
    fds->best = -1;
    for (uint32_t slot = 0; slot < slots; slot++)
        fds->frames[slot] = make_file(frame_bytes);
    fds->frame_count = slots;
    fixture_write_info(fds, &info);
}

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void fixture_add_best(struct camd_segment_fds *fds, uint32_t count, uint32_t bytes)
{
    struct camd_info info;
    fds->best = make_file((size_t)count * (CAMD_BEST_HEAD_BYTES + bytes));
    fixture_read_info(fds, &info);
    info.best_count = count;
    info.best_bytes = bytes;
    fixture_write_info(fds, &info);
}

void fixture_close(struct camd_segment_fds *fds)
{
    close_one(&fds->info);
    close_one(&fds->ctl);
    close_one(&fds->result);
    close_one(&fds->in);
    close_one(&fds->out);
    close_one(&fds->best);
    for (uint32_t slot = 0; slot < fds->frame_count; slot++)
        close_one(&fds->frames[slot]);
}

static int hand_over(int fd, bool writable)
{
    char path[64];
    if (fd < 0)
        return -1;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);

    const int handed = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);

    assert_true(handed >= 0);
    return handed;
}

void fixture_for_role(const struct camd_segment_fds *fds, enum camd_role role,
                      struct camd_segment_fds *handed)
{
    const bool is_capture = role == CAMD_ROLE_CAPTURE;
    const bool is_tracker = role == CAMD_ROLE_TRACKER;
    handed->info = hand_over(fds->info, false);
    handed->ctl = hand_over(fds->ctl, is_capture || is_tracker);
    handed->result = is_capture ? -1 : hand_over(fds->result, is_tracker);
    handed->in = hand_over(fds->in, is_tracker);
    handed->out = hand_over(fds->out, false);
    handed->best = is_tracker ? hand_over(fds->best, true) : -1;
    for (uint32_t slot = 0; slot < fds->frame_count; slot++)
        handed->frames[slot] = hand_over(fds->frames[slot], is_capture);
    handed->frame_count = fds->frame_count;
}

void fixture_map(const struct camd_segment_fds *fds, enum camd_role role, struct camd_segments *segments)
{
    struct camd_segment_fds handed;
    fixture_for_role(fds, role, &handed);
    assert_int_equal(camd_segments_map(segments, &handed, role), 0);
    fixture_close(&handed);
}

void fixture_read_info(const struct camd_segment_fds *fds, struct camd_info *info)
{
    assert_int_equal(pread(fds->info, info, sizeof(*info), 0), sizeof(*info));
}

void fixture_write_info(const struct camd_segment_fds *fds, const struct camd_info *info)
{
    assert_int_equal(pwrite(fds->info, info, sizeof(*info), 0), sizeof(*info));
}

#include "camd/segment.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcamd/segment_info.h"

enum {
    SEGMENT_READ_TRIES = 16, /* copies of a block under a sequence lock before a reader gives up */
    SEGMENT_PARTS = 8,       /* all but the frames */
};

/* ---- mapping ---- */

/* Roles as bits, to say who writes a part. */
enum {
    SEGMENT_BY_CAPTURE = 1 << CAMD_ROLE_CAPTURE,
    SEGMENT_BY_TRACKER = 1 << CAMD_ROLE_TRACKER,
};

static int segment_file_size(int fd, uint64_t *size)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return -errno;
    *size = status.st_size < 0 ? 0 : (uint64_t)status.st_size;
    return 0;
}

int segment_check_size(int fd, uint64_t size)
{
    uint64_t actual = 0;
    const int result = segment_file_size(fd, &actual);
    if (result < 0)
        return result;
    return actual < size ? -EBADMSG : 0;
}

int segment_read_info(int fd, struct camd_info *info)
{
    const size_t head_bytes = offsetof(struct camd_info, ptz);
    const ssize_t length = pread(fd, info, head_bytes, 0);
    if (length < 0)
        return -errno;
    if ((size_t)length < head_bytes)
        return -EBADMSG;
    if (info->magic != CAMD_INFO_MAGIC || info->abi_major != CAMD_ABI_MAJOR)
        return -EPROTO;
    return 0;
}

static bool segment_is_frame_side(uint32_t side)
{
    return side >= CAMD_SIZE_MIN && side <= CAMD_SIZE_MAX && side % 2 == 0;
}

int segment_check_best(const struct camd_info *info)
{
    return info->best_count > CAMD_BEST_MAX || info->best_bytes > CAMD_BEST_KB_MAX * 1024 ? -EBADMSG : 0;
}

size_t segment_best_size(uint32_t count, uint32_t bytes)
{
    return (size_t)count * (CAMD_BEST_HEAD_BYTES + bytes);
}

static int segment_check_numbers(const struct camd_info *info, const struct camd_segment_fds *fds)
{
    if (!segment_is_frame_side(info->width) || !segment_is_frame_side(info->height))
        return -EBADMSG;
    if (info->frame_bytes != info->width * info->height / 2 * 3)
        return -EBADMSG;
    if (info->slots < CAMD_SLOTS_MIN || info->slots > CAMD_SLOTS_MAX || info->slots != fds->frame_count)
        return -EBADMSG;
    if (info->input_width > CAMD_SIZE_MAX || info->input_height > CAMD_SIZE_MAX)
        return -EBADMSG;
    return segment_check_best(info);
}

static bool segment_has_best(const struct camd_info *info, const struct camd_segment_fds *fds)
{
    return info->best_count > 0 && fds->best > 0;
}

static int segment_check_files(const struct camd_info *info, const struct camd_segment_fds *fds)
{
    const uint64_t tensor_bytes = (uint64_t)info->input_width * info->input_height * 3;
    const struct {
        int fd;
        bool may_be_absent;
        uint64_t size;
    } files[] = {
        {fds->info, false, sizeof(struct camd_info)},
        {fds->ctl, false, CAMD_CTL_BYTES},
        {fds->result, true, sizeof(struct camd_result_ring)},
        {fds->in, true, CAMD_BLOCK_BYTES + CAMD_REQUESTS * tensor_bytes},
        {fds->out, true, sizeof(struct camd_answer_ring)},
    };
    int result = 0;

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && result == 0; i++) {
        if (files[i].fd >= 0 || !files[i].may_be_absent)
            result = segment_check_size(files[i].fd, files[i].size);
    }
    if (segment_has_best(info, fds) && result == 0)
        result = segment_check_size(fds->best, segment_best_size(info->best_count, info->best_bytes));
    for (uint32_t slot = 0; slot < info->slots && result == 0; slot++)
        result = segment_check_size(fds->frames[slot], info->frame_bytes);
    return result;
}

/* Maps one part; *address is untouched on failure. A descriptor that is absent is no failure. */
static int segment_map_part(void **address, int fd, off_t offset, size_t size, bool writable)
{
    if (fd < 0)
        return 0;

    void *const mapped =
        mmap(NULL, size, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, offset);

    if (mapped == MAP_FAILED)
        return -errno;
    *address = mapped;
    return 0;
}

/*
 * The parts and who may write them. Every side of ctl is a mapping of its own, so that a stray store of a
 * worker into the block of another is a SIGSEGV in the one that made it.
 */
static int segment_map_parts(struct camd_segments *segments, const struct camd_segment_fds *fds)
{
    void *parts[SEGMENT_PARTS] = {NULL};
    const struct {
        int fd;
        off_t offset;
        size_t size;
        unsigned int writers;
    } plan[SEGMENT_PARTS] = {
        {fds->info, 0, sizeof(struct camd_info), 0},
        {fds->ctl, CAMD_BLOCK_CAPTURE, CAMD_BLOCK_BYTES, SEGMENT_BY_CAPTURE},
        {fds->ctl, CAMD_BLOCK_TRACKER, CAMD_BLOCK_BYTES, SEGMENT_BY_TRACKER},
        {fds->ctl, CAMD_BLOCK_DETECTOR, CAMD_BLOCK_BYTES, 0},
        {fds->result, 0, sizeof(struct camd_result_ring), SEGMENT_BY_TRACKER},
        {fds->in, 0, segments->in_bytes, SEGMENT_BY_TRACKER},
        {fds->out, 0, segments->out_bytes, 0},
        {segments->best_count > 0 ? fds->best : -1, 0,
         segment_best_size(segments->best_count, segments->best_bytes), SEGMENT_BY_TRACKER},
    };
    const unsigned int role = 1U << segments->role;
    int result = 0;

    for (size_t i = 0; i < SEGMENT_PARTS && result == 0; i++)
        result = segment_map_part(&parts[i], plan[i].fd, plan[i].offset, plan[i].size,
                                  (plan[i].writers & role) != 0);
    segments->info = parts[0];
    segments->capture = parts[1];
    segments->tracker = parts[2];
    segments->detector = parts[3];
    segments->result = parts[4];
    segments->in = parts[5];
    segments->out = parts[6];
    segments->best = parts[7];

    for (uint32_t slot = 0; slot < segments->slots && result == 0; slot++) {
        void *pixels = NULL;
        result = segment_map_part(&pixels, fds->frames[slot], 0, segments->frame_bytes,
                                  (SEGMENT_BY_CAPTURE & role) != 0);
        segments->frames[slot] = pixels;
    }
    return result;
}

static int segment_map_size(int fd, size_t *size)
{
    uint64_t actual = 0;
    const int result = fd < 0 ? 0 : segment_file_size(fd, &actual);
    if (result < 0)
        return result;
    if (actual > SIZE_MAX)
        return -EBADMSG;
    *size = (size_t)actual;
    return 0;
}

int camd_segments_map(struct camd_segments *segments, const struct camd_segment_fds *fds, enum camd_role role)
{
    struct camd_segments mapped = {.role = role};
    struct camd_info info;
    int result = segment_read_info(fds->info, &info);
    if (result == 0)
        result = segment_check_numbers(&info, fds);
    if (result == 0)
        result = segment_check_files(&info, fds);
    if (result == 0)
        result = segment_map_size(fds->in, &mapped.in_bytes);
    if (result == 0)
        result = segment_map_size(fds->out, &mapped.out_bytes);
    if (result < 0)
        return result;

    mapped.width = info.width;
    mapped.height = info.height;
    mapped.slots = info.slots;
    mapped.frame_bytes = info.frame_bytes;
    mapped.generation = info.generation;
    if (role == CAMD_ROLE_TRACKER && segment_has_best(&info, fds)) {
        mapped.best_count = info.best_count;
        mapped.best_bytes = info.best_bytes;
    }
    result = segment_map_parts(&mapped, fds);
    if (result < 0) {
        camd_segments_unmap(&mapped);
        return result;
    }
    *segments = mapped;
    return 0;
}

static void segment_unmap_part(const void *address, size_t size)
{
    if (address)
        munmap((void *)(uintptr_t)address, size);
}

void camd_segments_unmap(struct camd_segments *segments)
{
    segment_unmap_part(segments->info, sizeof(struct camd_info));
    segment_unmap_part(segments->capture, CAMD_BLOCK_BYTES);
    segment_unmap_part(segments->tracker, CAMD_BLOCK_BYTES);
    segment_unmap_part(segments->detector, CAMD_BLOCK_BYTES);
    segment_unmap_part(segments->result, sizeof(struct camd_result_ring));
    segment_unmap_part(segments->in, segments->in_bytes);
    segment_unmap_part(segments->out, segments->out_bytes);
    segment_unmap_part(segments->best, segment_best_size(segments->best_count, segments->best_bytes));
    for (uint32_t slot = 0; slot < segments->slots; slot++)
        segment_unmap_part(segments->frames[slot], segments->frame_bytes);
    memset(segments, 0, sizeof(*segments));
}

bool camd_segments_gone(const struct camd_segments *segments)
{
    return __atomic_load_n(&segments->info->state, __ATOMIC_ACQUIRE) != CAMD_SEGMENTS_LIVE;
}

/*
 * ---- sequence locks ----
 *
 * What is guarded is read and written with plain loads and stores; the fences order them against the word:
 *
 *   writer                                   reader
 *     word = odd                               a = word             (acquire: the loads below come after it)
 *     fence (release)                          copy
 *     change                                   fence (acquire)      (the loads above come before it)
 *     word = even      (release)               b = word             whole when a == b and a is even
 *
 * A reader whose copy has anything of a later change synchronises, by the two fences, with the store of that
 * change's odd word, and so can't read the old word after it. A reader that took the even word (release,
 * acquire) sees all of the change before it. A copy with tears is therefore never accepted, on any machine.
 * The word would have to pass through all its 2^31 even values during one copy to come back to where it was.
 */
void camd_sequence_write_begin(uint32_t *word)
{
    /* Odd already: the writer before us was killed. No reader accepts that value, so it can stay. */
    __atomic_store_n(word, __atomic_load_n(word, __ATOMIC_RELAXED) | 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

void camd_sequence_write_end(uint32_t *word)
{
    const uint32_t even = (__atomic_load_n(word, __ATOMIC_RELAXED) | 1) + 1;

    /* 0 means never written, so the count goes around from the last odd value to 2. */
    __atomic_store_n(word, even == 0 ? 2 : even, __ATOMIC_RELEASE);
}

uint32_t camd_sequence_read_begin(const uint32_t *word)
{
    const uint32_t begun = __atomic_load_n(word, __ATOMIC_ACQUIRE);
    return begun % 2 != 0 ? 0 : begun;
}

bool camd_sequence_read_valid(const uint32_t *word, uint32_t begun)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(word, __ATOMIC_RELAXED) == begun;
}

/* ---- what camd publishes in info ---- */

/* Copies a block that starts with its sequence word. */
static int segment_read_guarded(const uint32_t *word, const void *block, void *copy, size_t size)
{
    for (int tries = 0; tries < SEGMENT_READ_TRIES; tries++) {
        const uint32_t begun = camd_sequence_read_begin(word);
        if (begun != 0) {
            memcpy(copy, block, size);
            if (camd_sequence_read_valid(word, begun))
                return 0;
        }
    }
    return -EAGAIN;
}

int camd_grid_read(const struct camd_segments *segments, struct camd_grid *grid)
{
    struct camd_grid copy;
    const struct camd_grid *const shared = &segments->info->grid;
    const int result = segment_read_guarded(&shared->sequence, shared, &copy, sizeof(copy));
    if (result == 0)
        *grid = copy;
    return result;
}

int camd_ptz_read(const struct camd_segments *segments, struct camd_ptz *ptz)
{
    struct camd_ptz copy;
    const struct camd_ptz *const shared = &segments->info->ptz;
    const int result = segment_read_guarded(&shared->sequence, shared, &copy, sizeof(copy));
    if (result == 0)
        *ptz = copy;
    return result;
}

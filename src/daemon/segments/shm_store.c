#include "daemon/segments/shm_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "daemon/segments/budget.h"
#include "daemon/segments/shm_file.h"
#include "grid/grid.h"

enum {
    PATH_BYTES = sizeof(SHM_STORE_DIRECTORY) + SHM_FILE_NAME_BYTES,

    /* where a segment is in struct shm_store */
    SEGMENT_INFO = 0,
    SEGMENT_CTL,
    SEGMENT_RESULT,
    SEGMENT_FRAME0,
};

/* ---- one segment ---- */

struct segment {
    char part[SHM_FILE_PART_BYTES];
    unsigned int writers, readers; /* enum shm_side */
    uint64_t bytes;
    int fd;      /* read-write; -1: not made yet */
    int read_fd; /* read-only */
};

struct shm_store {
    char base[SHM_FILE_NAME_BYTES - SHM_FILE_PART_BYTES + 1]; /* "/<prefix><camera>." */
    char camera[CAMD_NAME_MAX + 1];
    uint32_t width, height, slots;
    uint64_t generation, first_frame_id;
    gid_t group;
    uint32_t ptz_sequence, grid_sequence; /* as they are in info */
    uint32_t input_width, input_height;
    uint32_t label_count;
    char labels[CAMD_LABELS_MAX][CAMD_LABEL_BYTES];
    size_t segment_count;
    size_t created; /* how many of them are there; info is the last to come */
    struct segment segments[SHM_STORE_SEGMENTS_MAX];
};

static void segment_name(const struct shm_store *store, const struct segment *segment,
                         char name[SHM_FILE_NAME_BYTES])
{
    snprintf(name, SHM_FILE_NAME_BYTES, "%s%s", store->base, segment->part);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* True when the segment's name leads to the file that we have open; *status is that file's. */
static bool segment_has_its_name(const struct shm_store *store, const struct segment *segment,
                                 struct stat *status)
{
    char name[SHM_FILE_NAME_BYTES], path[PATH_BYTES];
    struct stat found;

    segment_name(store, segment, name);
    snprintf(path, sizeof(path), "%s%s", SHM_STORE_DIRECTORY, name);
    return fstat(segment->fd, status) == 0 && lstat(path, &found) == 0 && same_file(status, &found);
}

static void segment_remove(const struct shm_store *store, struct segment *segment)
{
    char name[SHM_FILE_NAME_BYTES];
    struct stat status;

    if (segment->fd >= 0 && segment_has_its_name(store, segment, &status)) {
        segment_name(store, segment, name);
        int result = sys_shm_unlink(name);

        if (result < 0)
            log_warning(store->camera, SHM_STORE_DIRECTORY "%s can't be removed: %s; remove it by hand", name,
                        strerror(-result));
    }
    sys_close(&segment->fd);
    sys_close(&segment->read_fd);
}

/* Mode and group are ours to set, whatever the umask; the group first, so that no other one ever gets the rights. */
static int segment_set_up(const struct shm_store *store, struct segment *segment, const char *name)
{
    struct stat own, other;
    int result = 0;

    if (store->group != (gid_t)-1)
        result = sys_fchown(segment->fd, (uid_t)-1, store->group);
    if (result == 0)
        result = sys_fchmod(segment->fd, 0640);
    if (result == 0)
        result = sys_fallocate(segment->fd, 0, (off_t)segment->bytes);
    if (result < 0)
        return result;
    segment->read_fd = sys_shm_open(name, O_RDONLY, 0);
    if (segment->read_fd < 0)
        return segment->read_fd;
    if (fstat(segment->fd, &own) < 0 || fstat(segment->read_fd, &other) < 0)
        return -errno;
    return same_file(&own, &other) ? 0
                                   : -ESTALE; /* somebody with more rights changed the name at this moment */
}

static int segment_open_new(const char *name)
{
    int fd = sys_shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);

    if (fd != -EEXIST)
        return fd;
    shm_file_mark_left_over(name);
    int result = sys_shm_unlink(name);

    if (result < 0 && result != -ENOENT)
        return result;
    return sys_shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
}

static int segment_create(const struct shm_store *store, struct segment *segment)
{
    char name[SHM_FILE_NAME_BYTES];

    segment_name(store, segment, name);
    int fd = segment_open_new(name);

    if (fd < 0)
        return fd;
    segment->fd = fd;
    int result = segment_set_up(store, segment, name);

    if (result < 0)
        segment_remove(store, segment);
    return result;
}

/* ---- one camera's segments ---- */

static bool plan_is_valid(const struct shm_plan *plan)
{
    return shm_store_prefix_is_usable(plan->prefix) && text_is_camera_name(plan->camera) &&
           plan->width >= CAMD_SIZE_MIN && plan->width <= CAMD_SIZE_MAX && plan->width % 2 == 0 &&
           plan->height >= CAMD_SIZE_MIN && plan->height <= CAMD_SIZE_MAX && plan->height % 2 == 0 &&
           plan->slots >= CAMD_SLOTS_MIN && plan->slots <= CAMD_SLOTS_MAX &&
           (plan->input_width == 0) == (plan->input_height == 0) &&
           plan->input_width <= SHM_STORE_INPUT_MAX && plan->input_height <= SHM_STORE_INPUT_MAX &&
           plan->label_count <= CAMD_LABELS_MAX;
}

static uint32_t frame_bytes(const struct shm_store *store)
{
    return store->width * store->height / 2 * 3;
}

static uint32_t tensor_stride(const struct shm_store *store)
{
    return budget_tensor_stride(store->input_width, store->input_height);
}

static bool has_detector(const struct shm_store *store)
{
    return store->input_width > 0;
}

/* Behind the frames. */
static const struct segment *segment_in(const struct shm_store *store)
{
    return &store->segments[SEGMENT_FRAME0 + store->slots];
}

static const struct segment *segment_out(const struct shm_store *store)
{
    return segment_in(store) + 1;
}

static void segment_init(struct shm_store *store, const char *part, uint64_t bytes, unsigned int writers,
                         unsigned int readers)
{
    struct segment *segment = &store->segments[store->segment_count++];

    snprintf(segment->part, sizeof(segment->part), "%s", part);
    segment->bytes = bytes;
    segment->writers = writers;
    segment->readers = readers;
    segment->fd = -1;
    segment->read_fd = -1;
}

static void plan_segments(struct shm_store *store)
{
    const unsigned int capture = SHM_SIDE_CAPTURE, tracker = SHM_SIDE_TRACKER, detector = SHM_SIDE_DETECTOR;

    segment_init(store, "info", sizeof(struct camd_info), 0, capture | tracker);
    segment_init(store, "ctl", CAMD_CTL_BYTES, capture | tracker | detector, 0);
    segment_init(store, "result", sizeof(struct camd_result_ring), tracker, 0);
    for (uint32_t slot = 0; slot < store->slots; slot++) {
        char part[SHM_FILE_PART_BYTES];

        snprintf(part, sizeof(part), "frame%u", slot);
        segment_init(store, part, frame_bytes(store), capture, tracker);
    }
    if (!has_detector(store))
        return;
    segment_init(store, "in", CAMD_BLOCK_BYTES + (uint64_t)CAMD_REQUESTS * tensor_stride(store), tracker,
                 detector);
    segment_init(store, "out", sizeof(struct camd_answer_ring), detector, tracker);
}

int shm_store_new(struct shm_store **store, const struct shm_plan *plan)
{
    if (!plan_is_valid(plan))
        return -EINVAL;
    struct shm_store *created = calloc(1, sizeof(*created));

    if (!created)
        return -ENOMEM;
    snprintf(created->base, sizeof(created->base), "/%s%s.", plan->prefix, plan->camera);
    snprintf(created->camera, sizeof(created->camera), "%s", plan->camera);
    created->width = plan->width;
    created->height = plan->height;
    created->slots = plan->slots;
    created->generation = plan->generation;
    created->first_frame_id = plan->first_frame_id;
    created->group = plan->group;
    created->input_width = plan->input_width;
    created->input_height = plan->input_height;
    created->label_count = plan->label_count;
    if (plan->label_count > 0)
        memcpy(created->labels, plan->labels, plan->label_count * sizeof(created->labels[0]));
    plan_segments(created);
    *store = created;
    return 0;
}

/* The magic comes last: what is behind it can be believed. */
static int info_write(const struct shm_store *store)
{
    const size_t magic_bytes = sizeof(uint64_t);
    int fd = store->segments[SEGMENT_INFO].fd;
    struct camd_info info = {
        .magic = CAMD_INFO_MAGIC,
        .abi_major = CAMD_ABI_MAJOR,
        .abi_minor = CAMD_ABI_MINOR,
        .state = CAMD_SEGMENTS_LIVE,
        .generation = store->generation,
        .width = store->width,
        .height = store->height,
        .slots = store->slots,
        .frame_bytes = frame_bytes(store),
        .input_width = store->input_width,
        .input_height = store->input_height,
        .created_ns = clock_wall_ns(),
        .label_count = store->label_count,
    };

    memcpy(info.labels, store->labels, sizeof(info.labels));
    memcpy(info.camera, store->camera, sizeof(store->camera));
    int result =
        shm_file_write(fd, (const char *)&info + magic_bytes, sizeof(info) - magic_bytes, (off_t)magic_bytes);

    return result < 0 ? result : shm_file_write(fd, &info.magic, magic_bytes, 0);
}

static bool store_is_complete(const struct shm_store *store)
{
    return store->created == store->segment_count;
}

int shm_store_step(struct shm_store *store)
{
    if (store_is_complete(store))
        return 1;
    struct segment *segment = &store->segments[(store->created + 1) % store->segment_count];
    int result = segment_create(store, segment);

    if (result == 0 && segment == &store->segments[SEGMENT_INFO]) {
        result = info_write(store);
        if (result < 0)
            segment_remove(store, segment);
    }
    if (result == 0 && has_detector(store) && segment == segment_in(store)) {
        uint32_t stride = tensor_stride(store);

        result = shm_file_write(segment->fd, &stride, sizeof(stride),
                                offsetof(struct camd_request_ring, tensor_stride));
        if (result < 0)
            segment_remove(store, segment);
    }
    if (result < 0)
        return result;
    store->created++;
    return store_is_complete(store);
}

void shm_store_free(struct shm_store *store)
{
    if (!store)
        return;
    if (store_is_complete(store))
        (void)shm_file_mark_gone(store->segments[SEGMENT_INFO].fd);
    for (size_t i = 0; i < store->segment_count; i++)
        segment_remove(store, &store->segments[i]);
    free(store);
}

uint32_t shm_store_width(const struct shm_store *store)
{
    return store->width;
}

uint32_t shm_store_height(const struct shm_store *store)
{
    return store->height;
}

uint32_t shm_store_slots(const struct shm_store *store)
{
    return store->slots;
}

uint64_t shm_store_generation(const struct shm_store *store)
{
    return store->generation;
}

uint64_t shm_store_bytes(const struct shm_store *store)
{
    uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);

    return budget_camera_bytes(store->width, store->height, store->slots, page_bytes) +
           budget_detection_bytes(store->input_width, store->input_height, page_bytes);
}

uint32_t shm_store_input_width(const struct shm_store *store)
{
    return store->input_width;
}

uint32_t shm_store_input_height(const struct shm_store *store)
{
    return store->input_height;
}

uint64_t shm_store_first_frame_id(const struct shm_store *store)
{
    return store->first_frame_id;
}

size_t shm_store_descriptors(const struct shm_store *store, enum shm_side side, int *fds, char names[][16])
{
    size_t count = 0;

    if (!store_is_complete(store) || (side == SHM_SIDE_DETECTOR && !has_detector(store)))
        return 0;
    for (size_t i = 0; i < store->segment_count; i++) {
        const struct segment *segment = &store->segments[i];

        if (!((segment->writers | segment->readers) & side))
            continue;
        fds[count] = segment->writers & side ? segment->fd : segment->read_fd;
        memcpy(names[count], segment->part, sizeof(segment->part));
        count++;
    }
    return count;
}

bool shm_store_intact(const struct shm_store *store)
{
    for (size_t i = 0; i < store->segment_count; i++) {
        const struct segment *segment = &store->segments[i];
        struct stat status;

        if (segment->fd < 0)
            continue; /* not made yet */
        if (!segment_has_its_name(store, segment, &status) || status.st_size != (off_t)segment->bytes)
            return false;
    }
    return true;
}

/* ---- the workers' blocks ---- */

/* Untouched on failure. */
static int read_block(const struct shm_store *store, void *block, size_t size, off_t offset)
{
    char copy[CAMD_BLOCK_BYTES];
    int result = shm_file_read(store->segments[SEGMENT_CTL].fd, copy, size, offset);

    if (result == 0)
        memcpy(block, copy, size);
    return result;
}

int shm_store_read_capture(const struct shm_store *store, struct camd_capture_block *block)
{
    return read_block(store, block, sizeof(*block), CAMD_BLOCK_CAPTURE);
}

int shm_store_read_tracker(const struct shm_store *store, struct camd_tracker_block *block)
{
    return read_block(store, block, sizeof(*block), CAMD_BLOCK_TRACKER);
}

int shm_store_read_detector(const struct shm_store *store, struct camd_detector_block *block)
{
    return read_block(store, block, sizeof(*block), CAMD_BLOCK_DETECTOR);
}

int shm_store_read_exchange(const struct shm_store *store, struct shm_exchange *exchange)
{
    struct shm_exchange copy;

    if (!store_is_complete(store) || !has_detector(store))
        return -ENOENT;
    int result = shm_file_read(segment_in(store)->fd, copy.requests, sizeof(copy.requests),
                               offsetof(struct camd_request_ring, requests));

    for (int i = 0; i < CAMD_REQUESTS && result == 0; i++) {
        off_t offset = i * (off_t)sizeof(struct camd_answer);

        result = shm_file_read(segment_out(store)->fd, &copy.answered[i], sizeof(copy.answered[i]),
                               offset + (off_t)offsetof(struct camd_answer, request_id));
        if (result == 0)
            result = shm_file_read(segment_out(store)->fd, &copy.generations[i], sizeof(copy.generations[i]),
                                   offset + (off_t)offsetof(struct camd_answer, generation));
    }
    if (result == 0)
        *exchange = copy;
    return result;
}

int shm_store_clear_lease(const struct shm_store *store)
{
    uint32_t lease = 0;
    off_t offset = CAMD_BLOCK_TRACKER + offsetof(struct camd_tracker_block, lease);

    return shm_file_write(store->segments[SEGMENT_CTL].fd, &lease, sizeof(lease), offset);
}

int shm_store_set_ptz(struct shm_store *store, bool moving, int64_t now_ns)
{
    const struct camd_ptz ptz = {.moving = moving, .changed_ns = now_ns};

    return shm_file_write_guarded(store->segments[SEGMENT_INFO].fd, &ptz, sizeof(ptz),
                                  offsetof(struct camd_info, ptz), &store->ptz_sequence);
}

int shm_store_set_grid(struct shm_store *store, const struct grid *grid)
{
    struct camd_grid published = {0};

    _Static_assert(sizeof(published.cells) == sizeof(grid->cells), "the same cells");
    memcpy(published.cells, grid->cells, sizeof(published.cells));
    return shm_file_write_guarded(store->segments[SEGMENT_INFO].fd, &published, sizeof(published),
                                  offsetof(struct camd_info, grid), &store->grid_sequence);
}

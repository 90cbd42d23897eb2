#include "daemon/segments/shm_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sys.h"
#include "base/text.h"
#include "daemon/segments/budget.h"
#include "daemon/segments/shm_store_private.h"

/* ---- the parts ---- */

_Static_assert((int)SEGMENT_FRAME0 == (int)BUDGET_FILES_ALWAYS,
               "what is counted before a camera starts is what is made");

static const struct {
    unsigned int writers, readers; /* enum shm_side */
} parts[SHM_PART_COUNT] = {
    [SHM_PART_INFO] = {0, SHM_SIDE_CAPTURE | SHM_SIDE_TRACKER},
    [SHM_PART_CTL] = {SHM_SIDE_CAPTURE | SHM_SIDE_TRACKER | SHM_SIDE_DETECTOR, 0},
    [SHM_PART_RESULT] = {SHM_SIDE_TRACKER, 0},
    [SHM_PART_FRAME] = {SHM_SIDE_CAPTURE, SHM_SIDE_TRACKER},
    [SHM_PART_IN] = {SHM_SIDE_TRACKER, SHM_SIDE_DETECTOR},
    [SHM_PART_OUT] = {SHM_SIDE_DETECTOR, SHM_SIDE_TRACKER},
    [SHM_PART_BEST] = {SHM_SIDE_TRACKER, 0},
};

static enum shm_part part_of(const struct shm_store *store, size_t index)
{
    if (index < SEGMENT_FRAME0)
        return (enum shm_part)index;
    if (index < store_index_in(store))
        return SHM_PART_FRAME;
    if (store->best_pictures > 0 && index == store->segment_count - 1)
        return SHM_PART_BEST;
    return index == store_index_in(store) ? SHM_PART_IN : SHM_PART_OUT;
}

static void part_name(const struct shm_store *store, size_t index, char name[SHM_PART_BYTES])
{
    enum shm_part part = part_of(store, index);
    if (part == SHM_PART_FRAME)
        snprintf(name, SHM_PART_BYTES, "%s%u", shm_part_word(part), (unsigned int)(index - SEGMENT_FRAME0));
    else
        snprintf(name, SHM_PART_BYTES, "%s", shm_part_word(part));
}

void segment_name(const struct shm_store *store, size_t index, char name[SHM_NAME_BYTES])
{
    char part[SHM_PART_BYTES];
    part_name(store, index, part);
    snprintf(name, SHM_NAME_BYTES, "%s%s", store->base, part);
}

static uint32_t frame_bytes(const struct shm_store *store)
{
    return store->width * store->height / 2 * 3;
}

/* Of one JPEG. */
static uint32_t best_bytes(const struct shm_store *store)
{
    return store->best_max_kb * 1024;
}

uint64_t segment_bytes(const struct shm_store *store, size_t index)
{
    switch (part_of(store, index)) {
    case SHM_PART_INFO:
        return sizeof(struct camd_info);
    case SHM_PART_CTL:
        return CAMD_CTL_BYTES;
    case SHM_PART_RESULT:
        return sizeof(struct camd_result_ring);
    case SHM_PART_FRAME:
        return frame_bytes(store);
    case SHM_PART_IN:
        return CAMD_BLOCK_BYTES +
               (uint64_t)CAMD_REQUESTS * budget_tensor_stride(store->input_width, store->input_height);
    case SHM_PART_OUT:
        return sizeof(struct camd_answer_ring);
    case SHM_PART_BEST:
    case SHM_PART_COUNT:
        break;
    }
    return (uint64_t)store->best_pictures * (CAMD_BEST_HEAD_BYTES + best_bytes(store));
}

bool store_has_detector(const struct shm_store *store)
{
    return store->input_width > 0;
}

size_t store_index_in(const struct shm_store *store)
{
    return SEGMENT_FRAME0 + store->slots;
}

bool store_is_complete(const struct shm_store *store)
{
    return store->created == store->segment_count;
}

size_t store_next_index(const struct shm_store *store)
{
    return (store->created + 1) % store->segment_count;
}

/* ---- a store ---- */

static bool plan_is_valid(const struct shm_plan *plan)
{
    return shm_prefix_is_usable(plan->prefix) && text_is_camera_name(plan->camera) &&
           plan->width >= CAMD_SIZE_MIN && plan->width <= CAMD_SIZE_MAX && plan->width % 2 == 0 &&
           plan->height >= CAMD_SIZE_MIN && plan->height <= CAMD_SIZE_MAX && plan->height % 2 == 0 &&
           plan->slots >= CAMD_SLOTS_MIN && plan->slots <= CAMD_SLOTS_MAX &&
           (plan->input_width == 0) == (plan->input_height == 0) &&
           plan->input_width <= SHM_STORE_INPUT_MAX && plan->input_height <= SHM_STORE_INPUT_MAX &&
           plan->best_pictures <= CAMD_BEST_MAX && plan->best_max_kb <= CAMD_BEST_KB_MAX &&
           (plan->best_pictures == 0 || plan->best_max_kb > 0) && plan->label_count <= CAMD_LABELS_MAX;
}

/* Labels are needed until info is written. */
static int copy_labels(struct shm_store *store, const struct shm_plan *plan)
{
    store->label_count = plan->label_count;
    if (plan->label_count == 0)
        return 0;
    store->labels = malloc(plan->label_count * sizeof(plan->labels[0]));
    if (!store->labels)
        return -ENOMEM;
    memcpy(store->labels, plan->labels, plan->label_count * sizeof(plan->labels[0]));
    return 0;
}

int shm_store_new(struct shm_store **store, const struct shm_plan *plan)
{
    if (!plan_is_valid(plan))
        return -EINVAL;
    const size_t count = budget_camera_files(plan->slots, plan->input_width > 0, plan->best_pictures > 0);
    struct shm_store *created = calloc(1, sizeof(*created) + count * sizeof(created->segments[0]));

    if (!created || copy_labels(created, plan) < 0) {
        free(created);
        return -ENOMEM;
    }
    snprintf(created->base, sizeof(created->base), "/%s%s.", plan->prefix, plan->camera);
    snprintf(created->camera, sizeof(created->camera), "%s", plan->camera);
    created->width = plan->width;
    created->height = plan->height;
    created->slots = plan->slots;
    created->input_width = plan->input_width;
    created->input_height = plan->input_height;
    created->best_pictures = plan->best_pictures;
    created->best_max_kb = plan->best_max_kb;
    created->generation = plan->generation;
    created->first_frame_id = plan->first_frame_id;
    created->group = plan->group;
    created->watch = plan->watch;
    created->owner = plan->owner;
    created->info_fd = created->ctl_fd = created->piece_fd = -1;
    created->segment_count = count;
    for (size_t i = 0; i < count; i++)
        created->segments[i].watch = -1;
    *store = created;
    return 0;
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
           budget_detection_bytes(store->input_width, store->input_height, page_bytes) +
           budget_best_bytes(store->best_pictures, store->best_max_kb, page_bytes);
}

uint32_t shm_store_files(const struct shm_store *store)
{
    return (uint32_t)store->segment_count;
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

/* ---- the very files that were made ---- */

static bool is_segment(const struct shm_store *store, size_t index, const struct stat *status)
{
    return S_ISREG(status->st_mode) && status->st_dev == store->device &&
           status->st_ino == store->segments[index].inode &&
           status->st_size == (off_t)segment_bytes(store, index);
}

int segment_open(const struct shm_store *store, size_t index, int flags)
{
    char name[SHM_NAME_BYTES];
    struct stat status;
    segment_name(store, index, name);
    /* whatever may be there by now: a FIFO would make us wait */
    int fd = sys_shm_open(name, flags | O_NONBLOCK, 0);

    /* nothing, a link, a directory (EINVAL is shm_open's word for it), a socket, somebody's file */
    if (fd == -ENOENT || fd == -ELOOP || fd == -EINVAL || fd == -ENXIO || fd == -EACCES)
        return -ESTALE;
    if (fd >= 0 && (fstat(fd, &status) < 0 || !is_segment(store, index, &status))) {
        sys_close(&fd);
        return -ESTALE;
    }
    return fd;
}

int shm_store_open(const struct shm_store *store, enum shm_side side, int *fds, char names[][SHM_PART_BYTES])
{
    int count = 0;
    if (!store_is_complete(store) || (side == SHM_SIDE_DETECTOR && !store_has_detector(store)))
        return 0;
    for (size_t i = 0; i < store->segment_count; i++) {
        enum shm_part part = part_of(store, i);
        if (!((parts[part].writers | parts[part].readers) & side))
            continue;
        int fd = segment_open(store, i, parts[part].writers & side ? O_RDWR : O_RDONLY);

        if (fd < 0) {
            while (count > 0)
                sys_close(&fds[--count]);
            return fd;
        }
        part_name(store, i, names[count]);
        fds[count++] = fd;
    }
    return count;
}

/* What is wrong with a segment; NULL: nothing. */
static const char *segment_problem(const struct shm_store *store, size_t index, const char *path)
{
    struct stat status;
    if (lstat(path, &status) < 0)
        return errno == ENOENT ? "was removed by somebody" : strerror(errno);
    if (is_segment(store, index, &status))
        return NULL;
    if (status.st_dev == store->device && status.st_ino == store->segments[index].inode)
        return "was truncated by somebody";
    return "was replaced by somebody's file";
}

/* The fixed part, which no worker can write to. */
static bool info_is_intact(const struct shm_store *store)
{
    const size_t bytes = offsetof(struct camd_info, ptz);
    struct camd_info info, expected;
    store_info(store, &expected);
    return sys_pread(store->info_fd, &info, bytes, 0) == (ssize_t)bytes &&
           memcmp(&info, &expected, bytes) == 0;
}

bool shm_store_intact(const struct shm_store *store, char problem[SHM_STORE_PROBLEM_BYTES])
{
    char name[SHM_NAME_BYTES], path[SHM_PATH_BYTES];
    const char *what = NULL;
    for (size_t i = 0; i < store->segment_count && !what; i++) {
        if (store->segments[i].inode == 0)
            continue; /* not made yet */
        segment_name(store, i, name);
        snprintf(path, sizeof(path), "%s%s", SHM_DIRECTORY, name);
        what = segment_problem(store, i, path);
        if (!what && i == SEGMENT_INFO && !info_is_intact(store))
            what = "was written to by somebody";
    }
    if (what && problem)
        snprintf(problem, SHM_STORE_PROBLEM_BYTES, "%s %s", path, what);
    return !what;
}

void store_info(const struct shm_store *store, struct camd_info *info)
{
    *info = (struct camd_info){
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
        .created_ns = store->created_ns,
        .best_count = store->best_pictures,
        .best_bytes = store->best_pictures > 0 ? best_bytes(store) : 0,
        .label_count = store->label_count,
    };
    memcpy(info->camera, store->camera, sizeof(store->camera));
    if (store->labels)
        memcpy(info->labels, store->labels, store->label_count * sizeof(info->labels[0]));
}

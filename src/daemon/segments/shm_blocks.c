#include "daemon/segments/shm_blocks.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>

#include "base/sys.h"
#include "daemon/segments/shm_file.h"
#include "daemon/segments/shm_store_private.h"
#include "grid/grid.h"

/* Untouched on failure. */
static int read_block(const struct shm_store *store, void *block, size_t size, off_t offset)
{
    char copy[CAMD_BLOCK_BYTES];
    int result = shm_file_read(store->ctl_fd, copy, size, offset);
    if (result == 0)
        memcpy(block, copy, size);
    return result;
}

int shm_blocks_capture(const struct shm_store *store, struct camd_capture_block *block)
{
    return read_block(store, block, offsetof(struct camd_capture_block, ring), CAMD_BLOCK_CAPTURE);
}

int shm_blocks_tracker(const struct shm_store *store, struct camd_tracker_block *block)
{
    return read_block(store, block, sizeof(*block), CAMD_BLOCK_TRACKER);
}

int shm_blocks_detector(const struct shm_store *store, struct camd_detector_block *block)
{
    return read_block(store, block, sizeof(*block), CAMD_BLOCK_DETECTOR);
}

static int read_requests(const struct shm_store *store, struct shm_exchange *exchange)
{
    int fd = segment_open(store, store_index_in(store), O_RDONLY);
    if (fd < 0)
        return fd;
    int result = shm_file_read(fd, exchange->requests, sizeof(exchange->requests),
                               offsetof(struct camd_request_ring, requests));

    sys_close(&fd);
    return result;
}

static int read_answers(const struct shm_store *store, struct shm_exchange *exchange)
{
    int fd = segment_open(store, store_index_in(store) + 1, O_RDONLY);
    int result = fd < 0 ? fd : 0;
    for (int i = 0; i < CAMD_REQUESTS && result == 0; i++) {
        off_t offset = i * (off_t)sizeof(struct camd_answer);
        result = shm_file_read(fd, &exchange->answered[i], sizeof(exchange->answered[i]),
                               offset + (off_t)offsetof(struct camd_answer, request_id));
        if (result == 0)
            result = shm_file_read(fd, &exchange->generations[i], sizeof(exchange->generations[i]),
                                   offset + (off_t)offsetof(struct camd_answer, generation));
    }
    sys_close(&fd);
    return result;
}

int shm_blocks_exchange(const struct shm_store *store, struct shm_exchange *exchange)
{
    struct shm_exchange copy;
    if (!store_is_complete(store) || !store_has_detector(store))
        return -ENOENT;
    int result = read_requests(store, &copy);

    if (result == 0)
        result = read_answers(store, &copy);
    if (result == 0)
        *exchange = copy;
    return result;
}

int shm_blocks_clear_lease(const struct shm_store *store)
{
    uint32_t lease = 0;
    off_t offset = CAMD_BLOCK_TRACKER + offsetof(struct camd_tracker_block, lease);
    return shm_file_write(store->ctl_fd, &lease, sizeof(lease), offset);
}

int shm_blocks_set_ptz(struct shm_store *store, bool moving, int64_t now_ns)
{
    const struct camd_ptz ptz = {.moving = moving, .changed_ns = now_ns};
    return shm_file_write_guarded(store->info_fd, &ptz, sizeof(ptz), offsetof(struct camd_info, ptz),
                                  &store->ptz_sequence);
}

int shm_blocks_set_grid(struct shm_store *store, const struct grid *grid)
{
    struct camd_grid published = {0};
    _Static_assert(sizeof(published.cells) == sizeof(grid->cells), "the same cells");
    memcpy(published.cells, grid->cells, sizeof(published.cells));
    return shm_file_write_guarded(store->info_fd, &published, sizeof(published),
                                  offsetof(struct camd_info, grid), &store->grid_sequence);
}
